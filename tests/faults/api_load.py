# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 10 of the proof: records into an API (tests/doubles/api.py) that throttles, loses replies, answers an error to what
it has done, and has records of the same key that are not ours; undisturbed, and killed again and again. Judged by what
the API holds and has recorded, by the results, and by the books."""
import csv, shutil, sys

import cognito_load, data, store_load
from harness import API_PIPELINES, HERE, Bench, Served, Test

sys.path.insert(0, str(HERE.parent / "doubles"))
import api  # noqa: E402

FAULTS = {"throttle": "5%", "lose": "5%", "lie": "3%", "foreign": "0.2%"}
CONCURRENCY = 16  # of the pipelines
MODES = {  # pipeline -> what the API does
    "http": FAULTS,
    "http-key": FAULTS,
    "http-bulk": {**FAULTS, "foreign": "0"},
}


class Server(Served):
    """One double, as long as a run and what goes on from it."""

    def __init__(self, folder, seed, **options):
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self.log = folder / f"requests-{len(list(folder.glob('requests-*')))}.tsv"
        words += ["--seed", str(seed), "--same", "legacy_id", "--retry-after", "0", "--log", str(self.log)]
        self.rules = api.Api(api.options([word for word in words if word != "--log" and word != str(self.log)]))
        super().__init__("api.py", words)

    def ids(self):
        """Of the users that are there and ours."""
        return sorted(user["legacy_id"] for user in self.ask("/dump").values() if "legacy_id" in user)


class ApiBench(Bench):
    """A bench whose load is a server's; one that throttles makes it slow."""

    timeout_s = 600
    status = 0

    def __init__(self, test, name, rows):
        super().__init__(test, name, rows)
        self.plain = list(self.command)

    def point_at(self, server, rate=None):
        self.command = [*self.plain, "--param", f"port={server.port}", *(["--param", f"throttled={rate}/s"] if rate else [])]

    def verdicts(self):
        """What each record must end as, by its id."""
        wanted = {}
        for row in data.users(self.rows):
            email = (row["email"] or "").strip()
            wanted[row["id"]] = ("filtered" if row["status"] == "deleted" else "rejected" if "@" not in email else
                                 "conflict" if self.server.rules.is_foreign(row["username"]) else "loaded")
        return wanted

    def judge(self, calls_a_record=1.5):
        """What is wrong, all in all."""
        wrong, wanted = [], self.verdicts()
        with open(self.out / "results.csv", newline="", encoding="utf-8") as file:
            got = [(int(row["leat:key"]), row["leat:verdict"]) for row in csv.DictReader(file)]
        if got != sorted(wanted.items()):
            a, b = set(wanted.items()), set(got)
            wrong.append(f"results: {len(a - b)} of {len(a)} are not as they must be, such as {sorted(b - a)[:3]}; {len(got)} rows")
        counts = {verdict: list(wanted.values()).count(verdict) for verdict in ("filtered", "rejected", "conflict", "loaded")}
        books = self.books() or {}
        if any(books.get(verdict) != n for verdict, n in counts.items()) or not books.get("balanced") or books.get("read") != self.rows:
            wrong.append(f"books: {books} in place of {counts}")
        return wrong + self.judge_server(wanted, calls_a_record)

    def judge_server(self, wanted, calls_a_record):
        wrong, stats = [], self.server.ask("/stats")
        ours = self.server.ids()
        must = sorted(i for i, verdict in wanted.items() if verdict == "loaded")
        if ours != must:
            wrong.append(f"the API holds {len(ours)} in place of {len(must)}: {len(set(must) - set(ours))} lost, "
                         f"{len(ours) - len(set(ours))} doubled, {len(set(ours) - set(must))} others")
        if stats["touched"] or stats["doubled"]:
            wrong.append(f"{len(stats['touched'])} of somebody else's were changed, {len(stats['doubled'])} doubled")
        if stats["together"]:
            wrong.append(f"{stats['together']} times two calls for one key were on their way together")
        if stats.get("over_rate"):
            wrong.append(f"{stats['over_rate']} calls were beyond the rate, at most {stats['peak_second']} in a second")
        self.calls = stats["requests"] / max(1, sum(verdict in ("loaded", "conflict") for verdict in wanted.values()))
        if calls_a_record and self.calls > calls_a_record:
            wrong.append(f"{self.calls:.2f} calls a record, more than {calls_a_record}")
        return wrong


class SteadyApi(ApiBench):
    """The API has none of the faults, only records that are somebody else's, and is one for all runs: so they are all
    alike, and those that were disturbed are held against the others as with any load (rows 1 to 3 and 6)."""

    timeout_s = Bench.timeout_s

    def __init__(self, test, name, rows):
        super().__init__(test, name, rows)
        self.server = Server(self.folder, test.seed, foreign="0" if name == "http-bulk" else "1%")
        self.point_at(self.server)

    def reset(self):
        super().reset()
        self.server.ask("/control", {"forget": True})

    def snapshot(self, report=None):
        stats = self.server.ask("/stats")
        return {**super().snapshot(report), "api": {"users": self.server.ids(), "somebody else's": stats["touched"],
                                                    "there twice": stats["doubled"]}}

    def wanted_ids(self):
        return sorted(i for i, verdict in self.verdicts().items() if verdict == "loaded")

    def loaded_ids(self):
        return self.server.ids()


def bench_of(test, name, rows):
    """The bench for any pipeline."""
    for benches in (store_load.BENCHES, cognito_load.BENCHES):
        if name in benches:
            return benches[name](test, name, rows)
    return SteadyApi(test, name, min(rows, 600)) if name in API_PIPELINES else Bench(test, name, rows)


def undisturbed(test, name, rows):
    bench = ApiBench(test, name, rows)
    with Server(bench.folder, test.seed, **MODES[name]) as bench.server:
        bench.point_at(bench.server)
        bench.reset()
        end = bench.run()
        wrong = bench.judge() if end.status == 0 else [f"ends with {end.status}: {end.error[-600:]}"]
    test.report(bench, wrong, 0)
    test.ok(not wrong, f"{name}: {rows} of 20000 records, of which the API throttles, loses, denies: each ends as it must, "
            f"{getattr(bench, 'calls', 0):.2f} calls a record, {end.seconds:.1f} s")
    bench.seconds = end.seconds
    return bench


def at_a_rate(test, name, rows, rate):
    """Calls that are on their way may come in together, so the API counts that many more to a second."""
    bench = ApiBench(test, name, rows)
    with Server(bench.folder, test.seed, **MODES[name], rate=rate + CONCURRENCY) as bench.server:
        bench.point_at(bench.server, rate)
        bench.reset()
        end = bench.run()
        wrong = bench.judge(None) if end.status == 0 else [f"ends with {end.status}: {end.error[-600:]}"]
        peak = bench.server.ask("/stats")["peak_second"]
    test.report(bench, wrong, 0)
    test.ok(not wrong, f"{name}: {rows} records at {rate}/s: the rate is never exceeded (at most {peak} in a second)")
    shutil.rmtree(bench.folder)


def killed(test, bench, kills, full):
    """One load, killed at random moments until it is through, as often as it takes to have so many."""
    done = i = bad = longest = 0
    while done < kills and bad < 3 and (test.args.iteration is None or i < test.args.repeat):
        n = i if test.args.iteration is None else test.args.iteration
        rng = test.rng("api", bench.name, n)
        with Server(bench.folder, rng.randrange(1000), **MODES[bench.name]) as bench.server:
            bench.point_at(bench.server)
            bench.reset()
            end = bench.run(kill_s=rng.random() * bench.seconds)
            while end.killed:
                done += 1
                end = bench.run(kill_s=rng.uniform(0.01, 0.4) * bench.seconds if done < kills or rng.random() < 0.5 else None)
            longest = max(longest, end.seconds)
            wrong = bench.judge(None) if end.status == 0 else [f"ends with {end.status}: {end.error[-600:]}"]
        bad += not test.report(bench, wrong, n, 10)
        i += 1
    test.ok(not bad and (done or test.args.iteration is not None), f"{bench.name}: {done} of {full} kills in {i} loads of at most {longest:.0f} s: none lost, none doubled, "
            "every foreign one in conflict")


def main():
    test = Test("row 10: an API")
    if not test.has_http():
        test.skip("no load-http")
    rows = test.share(2000, 20000)
    for name in [name for name in MODES if not test.args.pipeline or name in test.args.pipeline]:
        bench = undisturbed(test, name, rows)
        killed(test, bench, test.share(12, -(-200 // len(MODES))), -(-200 // len(MODES)))
    if not test.args.pipeline:
        at_a_rate(test, "http", min(rows, 400), 200)
    test.done()


if __name__ == "__main__":
    main()
