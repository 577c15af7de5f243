# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat and Python's csv module read the same out of 2,000 random CSV files, well-formed ones and
# garbage, of random dialects; and random tables survive the way from SQLite to CSV and back.
# LEAT_SEED=N makes other bytes.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

seed=${LEAT_SEED:-20261121}
note "LEAT_SEED=$seed"
n=2000
tables=100
if sanitized; then # some ten times slower
    n=150
    tables=20
fi

# Each output is synced to disk: memory is a quicker one.
shm=$(mktemp -d /dev/shm/leat-test.XXXXXX 2>/dev/null) && trap 'rm -rf "$shm"; _tap_cleanup' EXIT
differential() { TMPDIR=${shm:-$PWD} python3 "$top_srcdir/tests/bad-input/differential.py" "$@" "$LEAT"; }

differential csv "$seed" $n
ok $? "$n random CSV files are read as Python reads them"
differential sqlite "$seed" $tables
ok $? "$tables random tables are the same after SQLite, CSV, SQLite"
done_testing
