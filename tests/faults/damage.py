# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 8 of the proof: the state flipped and cut at many places. A later run is refused with an instruction, or its
result is right; and where it is refused, what it says to do helps."""
import collections, shutil, re

from harness import Bench, Test

# What a refused run is told to do: one of these commands.
INSTRUCTION = re.compile(r"leat state (forget|reset)|--restart|[Pp]ut back|Move it away")


def snapshots(bench):
    """States to be damaged: killed early, killed late, after a run that failed, so that all is in the database and nothing in
    SQLite's log, which has sums of its own, and after one that went well."""
    made = []
    bench.reset()
    bench.run(inject={"calls": "fsync,fdatasync", "at": 0, "root": bench.folder})
    n = bench.stat()[0]
    bench.reset()
    bench.run(inject={"calls": "write,pwrite", "at": 0, "root": bench.out})
    n_writes = bench.stat()[0]
    for label, calls, do, at, root in (("early", "fsync,fdatasync", "kill", n // 4, bench.folder), ("late", "fsync,fdatasync", "kill", n * 3 // 4, bench.folder),
                                       ("failed", "write,pwrite", "EIO", n_writes * 2 // 3, bench.out), ("done", "fsync", "kill", 0, bench.folder)):
        bench.reset()
        bench.run(inject={"calls": calls, "do": do, "at": at, "root": root})
        to = bench.folder / f"stopped-{label}"
        for folder in (bench.out, bench.state):
            shutil.copytree(folder, to / folder.name)
        made.append((label, to))
    return made


def restore(bench, snapshot):
    for folder in (bench.out, bench.state):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(snapshot / folder.name, folder)
    bench.report.unlink(missing_ok=True)


def damage(bench, rng):
    """Does one thing to one file of the state; says what."""
    files = [p for p in sorted(bench.state.iterdir()) if p.stat().st_size and not p.name.endswith(("-shm", ".lock"))]
    path = rng.choice(files)
    raw = bytearray(path.read_bytes())
    n = len(raw)
    how = rng.choice(("bit", "bit", "byte", "digit", "digit", "zeros", "cut", "gone", "swap"))
    at = rng.randrange(len(raw))
    if how == "digit":  # of what is written there as text, such as a place in a file
        at = rng.choice([match.start() for match in re.finditer(rb"[0-9]", raw)] or [at])
        raw[at] = ord("0") + (raw[at] - ord("0") + rng.randrange(1, 10)) % 10
    if how == "bit":
        raw[at] ^= 1 << rng.randrange(8)
    elif how == "byte":
        raw[at] = (raw[at] + rng.randrange(1, 256)) % 256
    elif how == "zeros":
        raw[at:at + 512] = bytes(len(raw[at:at + 512]))
    elif how == "swap":
        other = rng.randrange(len(raw))
        raw[at:at + 64], raw[other:other + 64] = raw[other:other + 64], raw[at:at + 64]
    elif how == "cut":
        del raw[at:]
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(raw)
    return f"{path.name}: {how}" + (f" at {at} of {n}" if how != "gone" else "")


def one(bench, snapshot, label, rng):
    restore(bench, snapshot)
    what = f"{label}, {damage(bench, rng)}"
    end = bench.run()
    if end.status == bench.status:
        # A run that follows one that was done is another run: for files it gives the same, into a database it cannot.
        wrong = bench.differences() if label != "done" or bench.name not in ("insert", "plain", "sides") else []
        return "right", what, wrong
    if end.status not in (74, 78) or not INSTRUCTION.search(end.error):
        return "refused", what, [f"ends with {end.status}: {end.error[-600:]}"]
    again = bench.run()
    if again.status not in (74, 78):
        return "refused", what, [f"refused once, and run again it ends with {again.status}"]
    if bench.name in ("insert", "plain", "sides"):
        return "refused", what, []
    return "refused", what, as_told(bench, end)


def as_told(bench, end):
    """What can be repeated is right once the state has been given up, as the message says."""
    if "Move it away" in end.error:
        (bench.state / f"faults-{bench.name}.db").unlink()
        end = bench.run()
    if end.status == bench.status:
        return bench.differences()
    word = re.search(r"leat state (forget|reset)", end.error)
    if word:
        told = bench.run(command=[bench.test.leat, "state", word[1], f"faults-{bench.name}", "--state-dir", "state"])
        if told.status != 0:
            return [f"`leat state {word[1]}` ends with {told.status}: {told.error[-600:]}"]
    again = bench.run(command=bench.command + ([] if word else ["--restart"]))
    if again.status != bench.status:
        return [f"after that it ends with {again.status}: {again.error[-600:]}"]
    return bench.differences()


def main():
    test = Test("row 8: a damaged state")
    pipelines = test.pipelines(["csv", "cognito", "insert", "plain", "upsert"])
    full = 2000 // len(pipelines)
    for name in pipelines:
        bench = Bench(test, name, 500).measure()
        made = snapshots(bench)
        bad, done, ends = 0, 0, collections.Counter()
        for i in test.iterations(-(-test.share(200, 2000) // len(pipelines))):
            rng = test.rng("damage", name, i)
            label, snapshot = rng.choice(made)
            how, what, wrong = one(bench, snapshot, label, rng)
            ends[how] += 1
            bad += not test.report(bench, wrong and [what, *wrong], i)
            done += 1
            if bad >= 5:
                break
        test.ok(not bad, f"{name}: {done} of {full} damages: {ends['refused']} refused, {ends['right']} right, none wrong")
    test.done()


if __name__ == "__main__":
    main()
