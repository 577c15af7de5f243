# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 5 of the proof: the N-th call of a kind fails, once or from then on. The run ends by itself, with a status that is
documented and a reason, or as if nothing had been; a failed fsync ends it always; and the next run makes it good."""
import collections, shutil

from api_load import bench_of
from harness import COGNITO_PIPELINES, Bench, Test

STATUSES = (64, 65, 69, 70, 74, 75, 78)
# Which calls fail with what. EINTR for ever is no fault that a kernel has.
CALLS = [("write,pwrite,ftruncate", ("EIO", "ENOSPC")), ("fsync,fdatasync", ("EIO", "ENOSPC")),
         ("rename,unlink,mkdir", ("EACCES", "EIO", "ENOSPC")), ("open", ("EMFILE", "EACCES", "EIO", "ENOSPC")),
         ("read,pread", ("EIO",)), ("flock", ("EIO",)), ("write,pwrite,read,pread,open,flock,fsync,fdatasync", ("EINTR",))]


def judge(bench, end, usual):
    """What is wrong with how it ended; nothing yet about what it has left."""
    if end.status == "stuck" or end.status < 0:
        return [f"ends by {'being stuck' if end.status == 'stuck' else f'signal {-end.status}'}: {end.error[-600:]}"]
    if end.status != usual and end.status not in STATUSES:
        return [f"ends with {end.status}: {end.error[-600:]}"]
    if end.status != usual and not end.error.strip():
        return [f"ends with {end.status} and does not say why"]
    return []


def sync_ignored(bench, end, error, at):
    """A run that goes well although an fsync of its file failed. SQLite takes no notice of that of a folder, nor of
    those with which it tidies up its write-ahead log at the very end, after each commit had one of its own."""
    counted, _, _, what = bench.stat()
    kind, _, path = what.partition(" ")
    tidying = path.startswith(str(bench.state)) and counted - at <= 3
    return (end.status == bench.status and kind in ("fsync", "fdatasync") and error != "EINTR" and
            not path.endswith(("/out", "/state")) and not tidying)


def left_over(line):
    return line.endswith("is left over") or line.startswith(("names in state", "all are there"))


def then_good(bench, end):
    """The run itself, if it went well, and otherwise the next one has the result. A file that could not be
    removed, or not be looked for, may be left by the first; that of a load into a pool also by the next, which may
    have no more to do than to give files their names."""
    if end.status != bench.status and bench.name not in COGNITO_PIPELINES:
        return bench.finish()
    wrong = bench.finish() if end.status != bench.status else bench.differences()
    return [line for line in wrong if not (bench.stat()[3].startswith(("unlink", "alloc")) and left_over(line))]


def one_call(bench, calls, error, at, times):
    bench.reset()
    inject = {"calls": calls, "do": error, "at": at, "times": times, "root": bench.folder}
    end = bench.run(inject=inject)
    wrong = judge(bench, end, bench.status)
    if not wrong and sync_ignored(bench, end, error, at):
        wrong = ["goes well although an fsync has failed"]
    if not wrong:
        wrong = then_good(bench, end)
    return end, wrong and [f"{error} at call {at} of {calls}{'' if times else ' and all after it'}: {bench.stat()[3]}", *wrong]


def points_of(bench):
    """All that can be done to one run."""
    points = []
    for calls, errors in CALLS:
        bench.reset()
        bench.run(inject={"calls": calls, "at": 0, "root": bench.folder})
        n = bench.stat()[0]
        points += [(calls, error, at, times) for error in errors for times in ((1,) if error == "EINTR" else (1, 0))
                   for at in range(1, n + 1)]
    return points


def calls(test):
    for name in test.pipelines(with_cognito=True):
        bench = bench_of(test, name, 100).measure()
        points = points_of(bench)
        step = max(1, len(points) // test.share(10 if name in COGNITO_PIPELINES else 40, len(points)))
        chosen = range(test.rng("error", name).randrange(step), len(points), step)
        bad, done, ends = 0, 0, collections.Counter()
        for i in test.iterations(0) if test.args.iteration is not None else chosen:
            end, wrong = one_call(bench, *points[i])
            ends[end.status] += 1
            bad += not test.report(bench, wrong, i)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad, f"{name}: {done} of {len(points)} calls that failed: a clean end, and the next run is right "
                f"(ended with {', '.join(f'{s}: {n}' for s, n in sorted(ends.items(), key=str))})")


# ---- allocations ----

def interrupted(bench):
    """A state to go on from, kept beside."""
    bench.reset()
    bench.run(inject={"calls": "fsync,fdatasync", "do": "kill", "at": 12, "root": bench.folder})
    for folder in (bench.out, bench.state):
        shutil.copytree(folder, bench.folder / f"stopped-{folder.name}")


def go_back(bench):
    bench.reset()
    for folder in (bench.out, bench.state):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(bench.folder / f"stopped-{folder.name}", folder)


def scenarios(test):
    """(name, bench, how to begin, command or None for a run)"""
    all_of_them = []
    for name in test.pipelines():
        bench = Bench(test, name, 100).measure()
        interrupted(bench)
        all_of_them += [(f"{name}", bench, bench.reset, None), (f"{name}, going on", bench, go_back, None)]
    if all_of_them:
        bench = all_of_them[0][1]
        all_of_them += [(" ".join(words), bench, bench.reset, [test.leat, *words]) for words in
                        (["check", "p.yaml"], ["plan", "p.yaml"], ["preview", "p.yaml"], ["plan", "--json", "p.yaml"])]
    return all_of_them


def one_allocation(bench, begin, command, at, times):
    begin(bench) if begin is go_back else begin()
    end = bench.run(inject={"calls": "alloc", "do": "ENOMEM", "at": at, "times": times}, command=command)
    wrong = judge(bench, end, 0 if command else bench.status)
    if not wrong and not command:
        wrong = bench.finish() if end.status != bench.status else bench.differences()
    return end, wrong and [f"no memory at allocation {at}{'' if times else ' and all after it'}", *wrong]


def allocations(test):
    for number, (name, bench, begin, command) in enumerate(scenarios(test)):
        begin(bench) if begin is go_back else begin()
        bench.run(inject={"calls": "alloc", "at": 0}, command=command)
        n = bench.stat()[0]
        points = [(at, times) for at in range(1, n + 1) for times in (1, 0)]
        wanted = test.share(12, 300)
        chosen = test.rng("alloc", name).sample(range(len(points)), min(wanted, len(points)))
        bad, done, ends = 0, 0, collections.Counter()
        for i in test.iterations(0) if test.args.iteration is not None else chosen:
            if i >= len(points):
                continue
            end, wrong = one_allocation(bench, begin, command, *points[i])
            ends[end.status] += 1
            bad += not test.report(bench, wrong, i)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad, f"{name}: {done} of {len(points)} times without memory at one of {n} allocations or from it on: "
                f"a clean end (ended with {', '.join(f'{s}: {k}' for s, k in sorted(ends.items(), key=str))})")


def main():
    test = Test("row 5: calls that fail", lambda parser: parser.add_argument("what", choices=("calls", "alloc")))
    (calls if test.args.what == "calls" else allocations)(test)
    test.done()


if __name__ == "__main__":
    main()
