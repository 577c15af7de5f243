# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 6 of the proof: a disk that is really full, of many sizes, and SIGTERM at many moments."""
import os, shutil, signal, subprocess

from api_load import bench_of
from harness import Bench, Test

GRACE_S = 10
PAGE = 4096


# ---- a full disk: test-disk-full.sh runs this in a mount namespace of its own ----

def mounted(bench, size, remount=False):
    """Puts the bench's folder onto a tmpfs which has `size` bytes left beside what is read."""
    if remount:
        subprocess.run(["mount", "-o", "remount,size=64m", str(bench.folder)], check=True)
        return
    aside = bench.folder.with_suffix(".aside")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(bench.folder)], check=True)
    for name in ("in", "before"):
        shutil.copytree(aside / name, bench.folder / name)
    shutil.copy(aside / "p.yaml", bench.folder)
    bench.reset()
    st = os.statvfs(bench.folder)
    used = (st.f_blocks - st.f_bfree) * st.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used + size}", str(bench.folder)], check=True)


def old_outputs(bench):
    """What was there before the run must be there still; or all of the new, if there was no room only to note its end."""
    wrong = []
    for path in (bench.folder / "before").iterdir():
        now = bench.out / path.name
        if path.suffix != ".db" and (not now.exists() or
                                     now.read_bytes() not in (path.read_bytes(), bench.expected[f"out/{path.name}"])):
            wrong.append(f"{path.name} is neither what it was before nor what it is to become")
    return wrong


def one_size(bench, size):
    mounted(bench, size)
    try:
        end = bench.run()
        wrong = []
        if end.status == bench.status:
            wrong = bench.differences()
        elif end.status not in (69, 74, 75) or not end.error.strip():
            wrong = [f"ends with {end.status}: {end.error[-600:]}"]
        else:
            wrong = old_outputs(bench)
        full = end.status != bench.status
        mounted(bench, size, remount=True)
        if full and not wrong:
            wrong = bench.finish()
        return full, end, wrong and [f"{size} bytes of disk, ended with {end.status}: {end.error[-300:]}", *wrong]
    finally:
        subprocess.run(["umount", str(bench.folder)], check=True)


def room_needed(bench):
    """The least that is surely enough: all that there is at the end, twice, and what the state's journal may hold."""
    total = sum(p.stat().st_size for folder in (bench.out, bench.state) for p in folder.rglob("*") if p.is_file())
    return total * 3 // PAGE * PAGE + (256 << 10)


def full_disk(test):
    pipelines = test.pipelines(["csv", "cognito", "insert", "upsert", "sides"])
    full = 100 // len(pipelines)
    for name in pipelines:
        bench = Bench(test, name, 1000).measure()
        top = room_needed(bench)
        shutil.copytree(bench.folder, bench.folder.with_suffix(".aside"), symlinks=True)
        wanted = -(-test.share(30, 100) // len(pipelines))
        bad = done = was_full = 0
        for i in test.iterations(wanted):
            size = PAGE * (1 + test.rng("disk", name, i).randrange(top // PAGE) * (i + 1) // wanted)
            is_full, _, wrong = one_size(bench, size)
            was_full += is_full
            bad += not test.report(bench, wrong, i)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad and (was_full or done < 5),
                f"{name}: {done} of {full} sizes of disk, full {was_full} times: the old outputs stay, a message, "
                "and with more room the next run goes on")


# ---- SIGTERM ----

def terminated(test):
    pipelines = test.pipelines(with_api=True, with_stores=True)
    full = -(-200 // len(pipelines))
    for name in pipelines:
        bench = bench_of(test, name, 3000).measure()
        bad = done = stopped = 0
        for i in test.until(-(-test.share(40, 200) // len(pipelines)), lambda: stopped):
            bench.reset()
            end = bench.run(kill_s=test.rng("term", name, i).random() * bench.seconds, number=signal.SIGTERM)
            wrong = []
            if end.status not in (bench.status, 128 + signal.SIGTERM, -signal.SIGTERM):
                wrong = [f"SIGTERM: ends with {end.status}: {end.error[-600:]}"]
            if end.seconds > GRACE_S + bench.seconds:
                wrong.append(f"SIGTERM: takes {end.seconds:.1f} s to end")
            stopped += end.status != bench.status
            if not wrong:
                wrong = bench.differences() if end.status == bench.status else bench.finish()
            bad += not test.report(bench, wrong, i, 20)
            done += 1
            if bad >= 3:
                break
        test.ok(not bad and (stopped or test.args.iteration is not None),
                f"{name}: {done} of {full} SIGTERMs, {stopped} of them on the way: gone in time, and the next run goes on")


def main():
    test = Test("row 6", lambda parser: parser.add_argument("what", choices=("full", "term")))
    (full_disk if test.args.what == "full" else terminated)(test)
    test.done()


if __name__ == "__main__":
    main()
