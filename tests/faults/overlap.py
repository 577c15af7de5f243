# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 7 of the proof: many runs of one pipeline started at once. The one that works is held at its first rename
until all others have ended, so that none can come after it and work, too."""
import os, re, select, signal, subprocess, time

from harness import Bench, Test, TIMEOUT_S

RUNS = 20


def start_all(bench, n, fifo):
    gate_out, gate_in = os.pipe()
    env = bench.environment({"hold": fifo, "root": str(bench.out)})
    processes = []
    for i in range(n):
        command = ["sh", "-c", 'read -r go; exec "$@" </dev/null', "sh",
                   *[f"report-{i}.json" if word == "report.json" else word for word in bench.command]]
        processes.append(subprocess.Popen(command, cwd=bench.folder, env=env, stdin=gate_out, stdout=subprocess.DEVNULL,
                                          stderr=open(bench.folder / f"stderr-{i}", "wb")))
    os.close(gate_out)
    os.write(gate_in, b"go\n" * n)
    os.close(gate_in)
    return processes


def wait_for_others(bench, processes):
    """Until one is left, or two are held (so both work), or none has ended for a long time."""
    end = time.monotonic() + TIMEOUT_S
    fds = {os.pidfd_open(p.pid): p for p in processes}
    while len(fds) > 1 and len(list(bench.folder.glob("hold.*"))) < 2 and time.monotonic() < end:
        for fd in select.select(list(fds), [], [], 1)[0]:
            fds.pop(fd).wait()
            os.close(fd)
    for fd in fds:
        os.close(fd)
    return list(fds.values())


def release(fifo, process):
    """Lets the one that is held go on, and waits for its end; it may never be held, or be held after another one."""
    end = time.monotonic() + TIMEOUT_S
    while process.poll() is None:
        if time.monotonic() > end:
            process.kill()
        try:
            os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            pass
        time.sleep(0.002)


def once(test, bench, i):
    wrong, fifo = [], str(bench.folder / "hold")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    bench.reset()
    for path in bench.folder.glob("hold.*"):
        path.unlink()
    processes = start_all(bench, RUNS, fifo)
    left = wait_for_others(bench, processes)
    if len(left) != 1:
        wrong.append(f"{len(left)} runs are left in place of one")
    for k, process in enumerate(processes):
        said = (bench.folder / f"stderr-{k}").read_text()
        if process in left:
            continue
        if process.returncode != 75:
            wrong.append(f"one ends with {process.returncode} in place of 75: {said}")
        elif len(left) == 1 and not re.search(rf"\b{left[0].pid}\b.*\bsince\b", said):
            wrong.append(f"one does not say that {left[0].pid} holds the lock, and since when: {said}")
    if i % 2:
        for process in left:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return wrong + bench.finish()
    for process in left:
        release(fifo, process)
        if process.returncode != bench.status:
            wrong.append(f"the one that worked ends with {process.returncode}")
    for k, process in enumerate(processes):
        if process in left and os.path.exists(bench.folder / f"report-{k}.json"):
            os.replace(bench.folder / f"report-{k}.json", bench.report)
    return wrong + bench.differences()


def main():
    test = Test("row 7: many runs at once")
    pipelines = test.pipelines(["csv", "insert"])
    full = 100 // len(pipelines)
    for name in pipelines:
        bench = Bench(test, name, 1000)
        bench.measure()
        bad = done = 0
        for i in test.iterations(-(-test.share(6, 100) // len(pipelines))):
            bad += not test.report(bench, once(test, bench, i), i, 5)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad, f"{name}: {done} of {full} times {RUNS} runs at once: one works, the others end with 75 "
                "and say who holds the lock; every second time it is killed, and the next run goes on")
    test.done()


if __name__ == "__main__":
    main()
