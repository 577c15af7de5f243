# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Medians, an interval for the median, and tables in Markdown."""
import math
import statistics


def median_of(runs, what):
    return statistics.median(run[what] for run in runs)


def sign_test_interval(values, confidence=0.95):
    """The narrowest interval between two of the values that holds the median with this confidence.

    It assumes nothing of how the values are spread: each lies above the true median with one half.
    """
    ordered, n = sorted(values), len(values)
    tail, k = 0.0, 0
    while k < n // 2:
        tail += math.comb(n, k) / 2 ** n
        if 2 * tail > 1 - confidence:
            break
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def contestants_table(results, first):
    """One row a contestant: what it took, and what `first` takes as a share of that; and what it took of a server,
    where that was measured."""
    rows, of_server = [], "server_cpu" in results[first]
    for name, r in results.items():
        share = ["", ""] if name == first else [f"{results[first][what] / r[what]:.2f}" for what in ("wall", "cpu")]
        rows.append([name, f"{r['wall']:.2f} ({r['wall_min']:.2f}–{r['wall_max']:.2f})", f"{r['cpu']:.2f}",
                     f"{r['rss_mib']:.0f}", *share, *([f"{r['server_cpu']:.2f}"] if of_server else []), r["output"]])
    return table(["", "wall s, median (min–max)", "CPU s", "peak RSS MiB", f"wall: {first} / it", f"CPU: {first} / it",
                  *(["server CPU s"] if of_server else []), "output"], rows)


def goals_table(goals):
    return table(["goal", "bound", "measured", ""],
                 [[g["goal"], g["bound"], g["measured"], g["verdict"]] for g in goals])
