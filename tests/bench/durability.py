# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What durability costs: the main job with a checkpoint every 2 s beside the same run with one at its end.

It needs a run that is long enough for a few of them, so it has ten times the users of the other jobs.
The order changes from pair to pair; ratios are those of the pairs, and their median counts.
"""
import os
import re
import statistics
import subprocess

import figures

TIMES = 10
PAIRS, PAIRS_BY_KEY = 9, 3  # the speed of a machine that others use varies more than the goal
LOADS = {"file": "", "SQLite": "load:\n  sqlite: {path: '${param:out}', table: users}\n",
         # Keys in no order: each transaction changes pages all over the index, and has to keep what stood there.
         "SQLite by key": "load:\n  sqlite: {path: '${param:out}', table: users, key: 'cognito:username'}\n"}


def users(bench):
    """Ten times as many as the others have; made once."""
    path, rows = bench.path("users-durability.csv"), TIMES * bench.reference["records"]
    if not os.path.exists(path):
        bench.say(f"generating {rows:,} users")
        bench.measure(bench.leat("users.yaml", path + ".new", rows=rows))
        os.rename(path + ".new", path)
    return path


def pipeline(bench, name, load, every):
    def change(text):
        if LOADS[load]:
            text = re.sub(r"(?m)^load:\n(?:  .*\n)+", LOADS[load], text)
        return text + f"\ncheckpoint: {every}\n"
    return bench.variant(f"{name}-{every}", change)


def checkpoints(bench, contestant):
    """How long each took, in milliseconds, as -v says it."""
    contestant.remove_files()
    said = subprocess.run([*contestant.command, "-v"], check=True, capture_output=True, text=True).stderr
    return [float(ms) for ms in re.findall(r"checkpoint [0-9]+: .* after ([0-9.]+) ms", said)]


def of_load(bench, load, n, contestant):
    name = f"durability-{load.lower().replace(' ', '-')}"
    source, pair = users(bench), []
    for every in ("1h", "2s"):
        out, rejects = bench.path(f"{name}-{every}.out"), bench.path(f"{name}-{every}-rejects.txt")
        command = bench.leat(pipeline(bench, name, load, every), out, users=source, rejects=rejects)
        pair.append(contestant(f"leat, {load}, checkpoint: {every}", command, out, rejects))
    ratios = {"wall": [], "cpu": []}
    for i in range(n):
        for c in pair if i % 2 == 0 else pair[::-1]:
            bench.run_once(c)
        for what in ratios:
            ratios[what].append(pair[1].runs[-1][what] / pair[0].runs[-1][what])
        bench.say(f"{name} pair {i + 1}: wall {ratios['wall'][-1]:.3f}, CPU {ratios['cpu'][-1]:.3f}")
    taken = checkpoints(bench, pair[1])
    for c in pair:
        c.remove_files()
    bench.results[name] = {"ratios": ratios, "checkpoints_ms": taken,
                           **{c.name: {w: figures.median_of(c.runs, w) for w in ("wall", "cpu")} for c in pair}}
    for what, bound in (("cpu", 1.05), ("wall", 1.10)):
        median = statistics.median(ratios[what])
        bench.goal(f"checkpoints every 2 s, to {load}: {what} time against one at the end, median of {n} pairs",
                   f"≤ {bound:.2f} ×", f"{median:.3f} × ({min(ratios[what]):.3f}–{max(ratios[what]):.3f})",
                   bench.at_scale(median <= bound))
    bench.goal(f"checkpoints every 2 s, to {load}: what they took", "stated",
               f"{len(taken)} in {pair[1].runs[-1]['wall']:.1f} s: {', '.join(f'{ms:.0f}' for ms in taken)} ms", True)


def measure(bench, contestant):
    for load in LOADS:
        of_load(bench, load, PAIRS_BY_KEY if "key" in load else max(PAIRS, bench.options.runs), contestant)
