# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Records into an HTTP API, beside a bare loop over libcurl that posts the same lines to the same server.

With a delay of the server's, what counts is how near one comes to requests at once ÷ delay; without
one, what a request costs. Whole processes are measured, with start, connections and end. The three
take turns, the order changes, and ratios are those of a turn: a busy machine slows all of them. The
server is tests/doubles/httpd.c, on the same machine; what it has counted must be the lines.
"""
import itertools
import json
import os
import shutil
import statistics
import subprocess
import urllib.request

import figures

HERE = os.path.dirname(os.path.abspath(__file__))
AT_ONCE, DELAYS = (16, 64), (5, 20)
DELAYED_S = 4         # of a run with a delay, where nothing holds it up
MOST_REQUESTS = 100_000
BARE, KEY, LEDGER = "bare loop over libcurl", "leat, idempotency: key", "leat, idempotency: ledger"


class Server:
    def __init__(self, program, delay_ms):
        self.process = subprocess.Popen([program, str(delay_ms)], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/users"

    def requests(self):
        with urllib.request.urlopen(self.url.replace("/users", "/stats")) as answer:
            return json.load(answer)["requests"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def lines(bench, n):
    """A file with the first n users, and how many these are."""
    path = bench.path(f"api-{n}.jsonl")
    with open(bench.options.api_users, "rb") as source, open(path, "wb") as target:
        taken = list(itertools.islice(source, n))
        target.writelines(taken)
    return path, len(taken)


def commands(bench, server, users, at_once):
    def leat(idempotency):
        command = [bench.options.leat, "run", "--quiet", os.path.join(HERE, "api.yaml"), "--state-dir",
                   bench.path("state-api")]
        for what in (f"users={users}", f"url={server.url}", f"at_once={at_once}", f"idempotency={idempotency}"):
            command += ["--param", what]
        return command
    return {BARE: [bench.options.curl_loop, users, server.url, str(at_once)], KEY: leat("key"), LEDGER: leat("ledger")}


def run(bench, server, contestant, n):
    """One run with a state of its own: what the ledger knows to be done is not sent again."""
    shutil.rmtree(bench.path("state-api"), ignore_errors=True)
    before = server.requests()
    bench.run_once(contestant)
    sent = server.requests() - before - 1  # that this question is a request, too
    if sent != n:
        bench.wrong.append(f"api: {contestant.name} made {sent} requests of {n} lines")


def race(bench, contestant, delay_ms, at_once):
    """Who took what, as rows of the table."""
    n = min(MOST_REQUESTS, DELAYED_S * 1000 * at_once // delay_ms) if delay_ms else MOST_REQUESTS
    users, n = lines(bench, n)
    with Server(bench.options.httpd, delay_ms) as server:
        racing = [contestant(name, command) for name, command in commands(bench, server, users, at_once).items()]
        for i in range(bench.options.runs):
            for c in racing if i % 2 == 0 else racing[::-1]:
                run(bench, server, c, n)
                bench.say(f"api, {delay_ms} ms, {at_once} at once, {i + 1}/{bench.options.runs}, {c.name}: "
                          f"{n / c.runs[-1]['wall']:,.0f}/s, {c.runs[-1]['cpu'] / n * 1e6:.1f} µs")
    return [{"delay_ms": delay_ms, "at_once": at_once, "name": c.name, "n": n, "runs": c.runs,
             "per_second": n / figures.median_of(c.runs, "wall"), "rss_mib": figures.median_of(c.runs, "rss_mib"),
             "cpu_us": figures.median_of(c.runs, "cpu") / n * 1e6} for c in racing]


def ratio(rows, name, what, upside_down=False):
    """The median of the ratios of the turns, of one against the bare loop."""
    bare, other = (next(row for row in rows if row["name"] == wanted)["runs"] for wanted in (BARE, name))
    return statistics.median(b[what] / o[what] if upside_down else o[what] / b[what] for b, o in zip(bare, other))


def judge_delayed(bench, rows, delay_ms, at_once):
    """Where the bare loop does not come near it either, the machine is too busy to tell."""
    share = {row["name"]: row["per_second"] / (at_once / delay_ms * 1000) for row in rows}
    bench.goal(f"API, {delay_ms} ms, {at_once} at once: requests a second of {at_once} ÷ {delay_ms} ms", "≥ 0.90 ×",
               f"{share[KEY]:.3f} × (bare loop {share[BARE]:.3f} ×, with the ledger {share[LEDGER]:.3f} ×)",
               True if share[KEY] >= 0.90 else None if share[BARE] < 0.92 else False)


def judge_undelayed(bench, rows, at_once):
    for name, bounds in ((KEY, (0.75, 1.5)), (LEDGER, None)):
        fast, cpu = ratio(rows, name, "wall", upside_down=True), ratio(rows, name, "cpu")
        text = f"API, no delay, {at_once} at once, {name}: "
        bench.goal(text + "requests a second against the bare loop", f"≥ {bounds[0]:.2f} ×" if bounds else "stated",
                   f"{fast:.2f} ×", not bounds or fast >= bounds[0])
        bench.goal(text + "CPU time a request against it", f"≤ {bounds[1]:.2f} ×" if bounds else "stated",
                   f"{cpu:.2f} ×", not bounds or cpu <= bounds[1])


def allocations(bench, contestant):
    """What a request more takes from the heap."""
    counter, counts = bench.path("allocations"), {}
    sizes = [lines(bench, n) for n in (MOST_REQUESTS // 10, MOST_REQUESTS)]
    for users, n in sizes:
        with Server(bench.options.httpd, 0) as server:
            for name, command in commands(bench, server, users, AT_ONCE[-1]).items():
                run(bench, server, contestant(name, ["env", "LD_PRELOAD=" + bench.options.count_alloc,
                                                     "LEAT_COUNT_ALLOC=" + counter, *command]), n)
                counts.setdefault(name, []).append(int(open(counter).read()))
    more = sizes[1][1] - sizes[0][1]
    each = ", ".join(f"{name} {(large - small) / more:.2f}" for name, (small, large) in counts.items())
    bench.goal("API: heap allocations a request", "stated", each, True)


def table(rows):
    ideal = [f"{row['at_once'] * 1000 / row['delay_ms']:,.0f}" if row["delay_ms"] else "" for row in rows]
    return figures.table(["delay ms", "at once", "", "requests/s", "of at most", "CPU µs a request", "peak RSS MiB"],
                         [[str(row["delay_ms"]), str(row["at_once"]), row["name"], f"{row['per_second']:,.0f}", most,
                           f"{row['cpu_us']:.1f}", f"{row['rss_mib']:.0f}"] for row, most in zip(rows, ideal)])


def measure(bench, contestant):
    if not (bench.options.httpd and bench.options.curl_loop):
        raise RuntimeError("httpd.c or curl-loop.c was not compiled")
    all_rows = bench.results["api"] = []
    for delay_ms, at_once in itertools.product((0, *DELAYS), AT_ONCE):
        rows = race(bench, contestant, delay_ms, at_once)
        all_rows += rows
        if delay_ms:
            judge_delayed(bench, rows, delay_ms, at_once)
        else:
            judge_undelayed(bench, rows, at_once)
    if bench.options.count_alloc:
        allocations(bench, contestant)
