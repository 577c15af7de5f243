# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A test that no list names is never run, and nobody misses it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

# Another tree can be looked at, so that the guard can be seen to fail.
cd "${LEAT_TREE:-$top_srcdir}" || exit 1
unlisted=
for test in tests/*/test-*.sh; do
    grep -qE "^[[:space:]]*$test( |\$)" tests/local.mk doc/local.mk || unlisted="$unlisted $test"
done
is "$unlisted" "" "each test of tests/ stands in a list of a local.mk"
unlisted=
for test in tests/unit/test-*.c; do
    grep -qE "tests/unit/$(basename "$test" .c)( |\$)" tests/local.mk tests/unit/local.mk || unlisted="$unlisted $test"
done
is "$unlisted" "" "and each unit test"
done_testing
