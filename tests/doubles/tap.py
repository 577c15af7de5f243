# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""TAP for the tests of the doubles: a list of functions that call ok() and equal()."""

_n = 0


def ok(good, name):
    global _n
    _n += 1
    print("ok" if good else "not ok", _n, "-", name, flush=True)


def equal(got, wanted, name):
    ok(got == wanted, name)
    if got != wanted:
        print(f"# got:    {str(got)[:300]!r}\n# wanted: {str(wanted)[:300]!r}")


def skip(name, reason):
    global _n
    _n += 1
    print("ok", _n, "-", name, "# SKIP", reason, flush=True)


def run(*tests):
    for test in tests:
        test()
    print(f"1..{_n}")
