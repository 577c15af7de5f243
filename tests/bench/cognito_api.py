# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Users with passwords into a user pool by its API, two calls each, beside a script on boto3 with as many threads as leat
has users on their way, and one without threads.

The server is the double of Cognito (tests/doubles/cognito) on the same machine, which answers each call after 20 ms and has
no quotas; it is Python, so what it takes of a core is said, too. The contestants take turns, and ratios are those of a
turn. After each run the double is asked whether every user is there with a password, by no more calls than that takes.
"""
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

import figures
import postmaster

HERE = os.path.dirname(os.path.abspath(__file__))
DOUBLE = os.path.join(HERE, "..", "doubles", "cognito")
POOL, KEY, SECRET = "eu-central-1_Bench0001", "AKIABENCH", "secret-of-the-bench"
DELAY_MS, AT_ONCE = 20, 32
N_USERS, N_ALONE = 4000, 200  # for about five seconds where nothing holds it up; without threads, for about ten
LEAT, THREADS, ALONE = "leat", f"boto3, {AT_ONCE} threads", "boto3, no threads"
CALLS = ("AdminCreateUser", "AdminSetUserPassword")
PAUSE_S, WORKS = 0.01, 0.02   # between looks at the threads; of the process's CPU time, what a thread has that works


class Server:
    """The double, and the environment of those who call it."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, DOUBLE, "--latency", str(DELAY_MS), "--scale", "0", "--region",
                                         "eu-central-1", "--pool", POOL, "--key", f"{KEY}:{SECRET}", "--keep", "0"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        ours = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        self.before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self.set_environment(ours)

    @staticmethod
    def set_environment(ours):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(ours)

    def ask(self, path, body=None):
        with urllib.request.urlopen(f"{self.url}/_double/{path}", body) as answer:
            return json.load(answer)

    def cpu(self):
        return sum(map(int, postmaster.stat(self.process.pid)[11:13])) / postmaster.TICKS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.set_environment(self.before)
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def users(bench, n):
    path = bench.path(f"cognito-{n}.jsonl")
    with open(path, "w", encoding="utf-8") as out:
        for i in range(n):
            out.write(json.dumps({"username": f"user{i}", "email": f"user{i}@example.org", "given_name": f"Ada {i}",
                                  "password": f"Bench-Passw0rd-{i}"}) + "\n")
    return path


def contestants(bench, contestant):
    """Each with how many users it gets."""
    many, few = users(bench, N_USERS), users(bench, N_ALONE)
    leat = [bench.options.leat, "run", "--quiet", os.path.join(HERE, "cognito.yaml"), "--state-dir",
            bench.path("state-cognito"), "--param", f"users={many}", "--param", f"at_once={AT_ONCE}"]
    racing = [(contestant(LEAT, leat), N_USERS)]
    if "boto3" in bench.options.peers:
        script = [bench.options.python, os.path.join(HERE, "peers", "boto3-users.py")]
        racing += [(contestant(THREADS, [*script, many, POOL, str(AT_ONCE)]), N_USERS),
                   (contestant(ALONE, [*script, few, POOL, "1"]), N_ALONE)]
    return racing


def begin(bench, server):
    shutil.rmtree(bench.path("state-cognito"), ignore_errors=True)  # what the ledger knows to be done is not done again
    server.ask("forget", b"{}")


def check(bench, server, name, n):
    calls = server.ask("stats")["calls"]
    confirmed = sum(user["UserStatus"] == "CONFIRMED" for user in server.ask(f"users?pool={POOL}"))
    if confirmed != n or any(calls.get(operation) != n for operation in CALLS):
        bench.wrong.append(f"cognito-api: {name}: {confirmed} users with a password of {n}, by {calls}")


def run(bench, server, c, n):
    begin(bench, server)
    before = server.cpu()
    taken = bench.run_once(c)
    taken["server_cpu"] = server.cpu() - before
    taken["per_second"], taken["share"] = n / taken["wall"], taken["cpu"] / taken["wall"]
    check(bench, server, c.name, n)
    bench.say(f"cognito-api, {c.name}: {taken['per_second']:,.0f} users/s, {taken['share']:.2f} of a core, "
              f"the double {taken['server_cpu'] / taken['wall']:.2f}")


def threads(bench, server, c, n):
    """The CPU seconds of its threads, the busiest first, as far as a look every few milliseconds sees them."""
    begin(bench, server)
    with open(os.devnull, "w") as nothing, subprocess.Popen(c.command, stdout=nothing) as process:
        seen = {}
        while process.poll() is None:
            for task in glob.glob(f"/proc/{process.pid}/task/*"):
                seen[task] = postmaster.stat(f"{process.pid}/task/{os.path.basename(task)}")[11:13] or seen.get(task, [])
            time.sleep(PAUSE_S)
    check(bench, server, c.name, n)
    return sorted((sum(map(int, ticks)) / postmaster.TICKS for ticks in seen.values()), reverse=True)


def row(bench, server, c, n):
    cpu = threads(bench, server, c, n)
    return {"name": c.name, "n": n, "runs": c.runs, "threads": cpu, "working": sum(one > WORKS * sum(cpu) for one in cpu),
            **{what: figures.median_of(c.runs, what) for what in ("wall", "cpu", "share", "per_second", "server_cpu", "rss_mib")}}


def ratio(rows, peer):
    """The median of the ratios of the turns."""
    ours, theirs = rows[LEAT]["runs"], rows[peer]["runs"]
    return statistics.median(a["per_second"] / b["per_second"] for a, b in zip(ours, theirs))


def judge(bench, rows):
    text = f"Cognito API, {DELAY_MS} ms, {AT_ONCE} at once: "
    for peer, bound in ((THREADS, 1.0), (ALONE, None)):
        if peer in rows:
            times = ratio(rows, peer)
            bench.goal(f"{text}users a second against {peer}", f"≥ {bound:.1f} ×" if bound else "stated", f"{times:.1f} ×",
                       not bound or times >= bound)
    ours = rows[LEAT]
    bench.goal(f"{text}CPU time, of one core", "≤ 0.50", f"{ours['share']:.2f}", ours["share"] <= 0.5)
    bench.goal(f"{text}threads that work (have more than {WORKS:.0%} of the CPU time)", "1",
               f"{ours['working']} ({', '.join(f'{one:.2f}' for one in ours['threads'])} s)", ours["working"] == 1)


def table(rows):
    most = AT_ONCE / len(CALLS) / DELAY_MS * 1000
    return (f"Two calls a user; the server is the double of Cognito, {DELAY_MS} ms a call: {AT_ONCE} at once are at most "
            f"{most:,.0f} users a second.\n\n" +
            figures.table(["", "users", "users/s", "CPU s", "of one core", "threads that work", "peak RSS MiB", "the double's share of a core"],
                          [[r["name"], f"{r['n']:,}", f"{r['per_second']:,.0f}", f"{r['cpu']:.2f}", f"{r['share']:.2f}",
                            str(r["working"]), f"{r['rss_mib']:.0f}", f"{r['server_cpu'] / r['wall']:.2f}"] for r in rows.values()]))


def measure(bench, contestant):
    with Server() as server:
        racing = contestants(bench, contestant)
        for i in range(bench.options.runs):
            for c, n in racing if i % 2 == 0 else racing[::-1]:
                run(bench, server, c, n)
        rows = bench.results["cognito-api"] = {c.name: row(bench, server, c, n) for c, n in racing}
    judge(bench, rows)
