# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The CPU time of a PostgreSQL server: of its first process and of the backends that this has waited for.

A backend counts once it has ended. What lives as long as the server (checkpointer, writers) never does.
"""
import glob
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_S, PAUSE_S = 60, 0.01


def stat(pid):
    """The fields of /proc/PID/stat behind the name, from `state`, which is the third; none if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def title(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Postmaster:
    def __init__(self, pid, user):
        self.pid, self.user = pid, user

    def serves(self):
        """Whether a child is a backend of the user's, or has no title: not yet, or it has ended and was not waited for."""
        pids = (path.split("/")[2] for path in glob.glob("/proc/[0-9]*"))
        titles = [title(pid) for pid in pids if stat(pid)[1:2] == [str(self.pid)]]
        return any(text.startswith(f"postgres: {self.user} ") or not text.startswith("postgres: ") for text in titles)

    def cpu(self):
        end = time.monotonic() + PATIENCE_S
        while self.serves():
            if time.monotonic() > end:
                raise RuntimeError("the PostgreSQL server still has a client")
            time.sleep(PAUSE_S)
        return sum(map(int, stat(self.pid)[11:15])) / TICKS
