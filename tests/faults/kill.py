# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Rows 1 to 3 of the proof: kill -9 at random moments, at every call that leaves something, and again in recovery."""
from api_load import bench_of
from harness import COGNITO_PIPELINES, Test

CALLS = "write,pwrite,fsync,fdatasync,rename,unlink,ftruncate,send,open,mkdir"


def random_moments(test):
    """Row 1. A chain of up to six kills, then to the end."""
    pipelines = test.pipelines(with_api=True, with_stores=True, with_cognito=True)
    full = max(100, -(-1000 // len(pipelines)))
    wanted = -(-test.share(160, full * len(pipelines)) // len(pipelines))
    total = 0
    for name in pipelines:
        bench = bench_of(test, name, 6000).measure()
        kills = bad = i = 0
        replayed = test.args.iteration is not None
        while (kills < wanted and i < 10 * wanted and bad < 3) if not replayed else i < test.args.repeat:
            n = test.args.iteration if replayed else i
            rng = test.rng("kill", name, n)
            bench.reset()
            for _ in range(rng.randint(1, 6)):
                end = bench.run(kill_s=rng.random() * bench.seconds * 1.05)
                kills += end.killed
                if not end.killed:
                    break
            wrong = bench.finish() if end.killed else (bench.differences() if end.status == bench.status else
                                                       [f"ends with {end.status}: {end.error[-600:]}"])
            bad += not test.report(bench, wrong, n, 20)
            i += 1
        total += kills
        test.ok(not bad and (kills or replayed), f"{name}: {kills} of {full} kills at random moments in {i} runs of "
                f"{bench.seconds * 1000:.0f} ms: 0 lost, 0 doubled, result equal")
    test.note(f"{total} of {full * len(pipelines)} kills")


def every_call(test):
    """Row 2. At each call of a run of 100 records, before it or half-way through it."""
    for name in test.pipelines(with_api=True, with_stores=True, with_cognito=True):
        bench = bench_of(test, name, 100).measure()
        bench.reset()
        bench.run(inject={"calls": CALLS, "at": 0})
        n = bench.stat()[0]
        points = [(at, how) for at in range(1, n + 1) for how in ("kill", "torn")]
        wanted = test.share(15 if name in COGNITO_PIPELINES else 40, len(points))
        step = max(1, len(points) // wanted)
        offset = test.rng("call", name).randrange(step)
        chosen = range(offset, len(points), step) if test.args.iteration is None else test.iterations(0)
        bad = struck = done = 0
        for i in chosen:
            at, how = points[i]
            bench.reset()
            end = bench.run(inject={"calls": CALLS, "at": at, "do": how})
            struck += end.status == -9
            wrong = bench.finish() if end.status == -9 else (bench.differences() if end.status == bench.status else
                                                             [f"ends with {end.status}: {end.error[-600:]}"])
            wrong = wrong and [f"killed at call {at} of {n} ({how}): {bench.stat()[3] if end.status == -9 else ''}", *wrong]
            bad += not test.report(bench, wrong, i)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad and (struck or test.args.iteration is not None), f"{name}: killed at {done} of {len(points)} points in its {n} calls "
                f"({struck} times, before and within): result equal")


def in_recovery(test):
    """Row 3. Killed, and then three times more while it recovers, by the call or by the clock."""
    pipelines = test.pipelines(with_api=True, with_stores=True, with_cognito=True)
    full = -(-300 // len(pipelines))
    for name in pipelines:
        bench = bench_of(test, name, 3000).measure()
        wanted = -(-test.share(48, 300) // len(pipelines))
        bad = done = deep = 0
        for i in test.until(wanted, lambda: deep):
            rng = test.rng("recovery", name, i)
            bench.reset()
            end = bench.run(kill_s=rng.uniform(0.1, 1) * bench.seconds)
            for _ in range(3):
                if not end.killed and end.status != -9:
                    break
                if rng.random() < 0.7:
                    end = bench.run(inject={"calls": CALLS, "do": "kill", "at": rng.randint(1, 60)})
                else:
                    end = bench.run(kill_s=rng.uniform(0, 0.3) * bench.seconds)
                deep += end.status == -9
            wrong = bench.finish() if end.status == -9 else (bench.differences() if end.status == bench.status else
                                                             [f"ends with {end.status}: {end.error[-600:]}"])
            bad += not test.report(bench, wrong, i, 20)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad and (deep or test.args.iteration is not None), f"{name}: {done} of {full} times killed again during recovery, {deep} kills there: "
                "result equal")


ROWS = {"random": random_moments, "calls": every_call, "recovery": in_recovery}


def main():
    test = Test("kill -9", lambda parser: parser.add_argument("what", choices=ROWS))
    ROWS[test.args.what](test)
    test.done()


if __name__ == "__main__":
    main()
