#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Runs one program and says what it took, as one line of JSON on standard output.

usage: measure.py STDOUT STDERR PROGRAM [ARGUMENT...]

  wall     seconds from fork to the end
  cpu      user and system seconds of the program and of all its children that it waited for
  rss_mib  peak resident memory of the largest process among them
  status   exit status, negative for a signal

A process of its own, with no module that is not needed, because Linux counts the memory of the
process that forks as memory of the one forked: what is smaller than this one (about 9 MiB) cannot
be seen.
"""
import os
import sys
import time


def run(stdout, stderr, command):
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 1)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def main():
    stdout, stderr, *command = sys.argv[1:]
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        run(stdout, stderr, command)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - begin
    print('{"wall": %.6f, "cpu": %.6f, "rss_mib": %.2f, "status": %d}' % (
        wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)))


main()
