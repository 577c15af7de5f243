# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 9 of the proof: memory does not grow with the records; descriptors, threads, the state and what is left in
folders do not grow with the runs."""
import os, subprocess, time

from harness import SANITIZED, SOAK, Bench, Test

# More than 10 thousand rows may take this much more: buffers that a short run does not fill.
SLACK_KIB = 24 << 10

PIPELINES = {
    "into a file": """
extract: {generate: {rows: @ROWS@, seed: 1}}
transform:
  - filter: status is distinct from 'deleted'
  - map: {id: id, email: lower(trim(email)), name: "concat_ws(' ', first_name, last_name)"}
validate:
  - rules: {email: {required: true, format: email}}
load: {csv: {path: out/users.csv}}
rejects: {csv: {path: out/rejects.csv}}
results: {csv: {path: out/results.csv}}
""",
    "with a memory of 4 MiB": """
extract: {generate: {rows: @ROWS@, seed: 1}}
transform:
  - select: [id, email]
validate:
  - dedupe: {key: id, memory: 4MiB}
load: {'null': {}}
""",
    "into SQLite": """
extract: {generate: {rows: @ROWS@, seed: 1}}
transform:
  - select: [id, email]
load: {sqlite: {path: out/users.db, table: users, key: id, mode: upsert}}
""",
}


def peak_of(test, text, rows):
    """KiB that a run over so many rows has taken at most, and how it ended."""
    folder = test.scratch / "flat"
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    (folder / "out").mkdir(parents=True)
    (folder / "p.yaml").write_text("leat: 1\nname: flat\ncheckpoint: 200ms\nmemory: 8MiB\nmax_rejects: 100%\n" + text.replace("@ROWS@", str(rows)))
    with open(folder / "stderr", "wb") as error:
        process = subprocess.Popen([test.leat, "run", "p.yaml", "--state-dir", "state"], cwd=folder, stderr=error, stdout=error)
    peak = 0
    while process.poll() is None:
        peak = max(peak, high_water(process.pid))
        time.sleep(0.002)
    return peak, process.returncode, (folder / "stderr").read_text()


def high_water(pid):
    """KiB. (What wait4 says begins with what Python itself had taken.)"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def memory(test):
    sizes = (10_000, 1_000_000, 10_000_000) if SOAK else (10_000, 300_000)
    for name, text in PIPELINES.items():
        peaks, wrong = [], ""
        for rows in sizes:
            peak, status, error = peak_of(test, text, rows)
            peaks.append(peak)
            wrong = wrong or (f"ends with {status}: {error[-300:]}" if status else "")
        flat = not wrong and max(peaks) - peaks[0] <= SLACK_KIB and peaks[-1] <= peaks[len(peaks) // 2] * 1.1 + 2048
        test.ok(flat, f"memory, {name}: " + ", ".join(f"{rows:,} rows {peak / 1024:.0f} MiB" for rows, peak in zip(sizes, peaks))
                + f" (the whole: 10 thousand, 1 million, 10 million) {wrong}")


def look(pid):
    """Descriptors and threads of a process; None once it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return None


def one_run(bench, killed):
    """The most descriptors and threads seen while it runs."""
    process, most, begun = bench.start(), (0, 0), time.monotonic()
    while process.poll() is None:
        seen = look(process.pid)
        most = tuple(map(max, most, seen)) if seen else most
        if killed and time.monotonic() - begun > bench.seconds / 2:
            process.kill()
        time.sleep(0.001)
    return most


def folders(bench):
    return {str(p.relative_to(bench.folder)) for f in (bench.out, bench.state) for p in f.rglob("*")
            if not p.name.endswith(("-wal", "-shm"))}


def runs(test):
    os.environ["LEAT_COREDUMP"] = "1"  # or only root may see what a run has open
    bench = Bench(test, "csv", 1000).measure()
    n = test.share(40, 1000)
    seen = []
    bench.reset()
    for i in range(n):
        seen.append(one_run(bench, killed=i % 3 == 1))
        if i == 5:
            bench.run()
            names, size = folders(bench), state_size(bench)
    bench.run()
    first, last = seen[:n // 4], seen[-(n // 4):]
    fds, threads = [max(s[k] for s in last) - max(s[k] for s in first) for k in (0, 1)]
    # They are looked at now and then, so one may be missed; a run that left one behind would make them as many as runs.
    test.ok(fds <= 4 and threads <= 0, f"{n} of 1000 runs on one state, every third one killed: at most {max(s[0] for s in seen)} "
            f"descriptors and {max(s[1] for s in seen)} threads, in the last quarter no more than in the first")
    test.ok(folders(bench) == names, "nothing is left in the folders " + " ".join(sorted(folders(bench) ^ names)))
    test.ok(state_size(bench) <= size + n * 1024, f"the state grows by a row a run: {size} bytes, then {state_size(bench)}")


def state_size(bench):
    return sum(p.stat().st_size for p in bench.state.iterdir() if p.suffix == ".db" or p.name.endswith("-wal"))


def main():
    test = Test("row 9: flat")
    if SANITIZED:
        test.note("memory is not looked at under a sanitizer")
    else:
        memory(test)
    runs(test)
    test.done()


if __name__ == "__main__":
    main()
