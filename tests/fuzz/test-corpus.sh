# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Replays the corpus of each fuzz target: whatever once broke a parser stays mended.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

[ -n "${FUZZ_TARGETS// /}" ] || skip_all "no fuzz targets"

for target in $FUZZ_TARGETS; do
    name=${target##*/fuzz-}
    mapfile -d '' files < <(find "$top_srcdir/tests/fuzz/corpus/$name" -type f -print0 2>/dev/null | sort -z)
    if [ "${#files[@]}" -eq 0 ]; then
        fail "fuzz-$name has a corpus"
        continue
    fi
    run ${LEAT_VALGRIND-} "$top_builddir/$target" "${files[@]}"
    is "$status" 0 "fuzz-$name takes its ${#files[@]} inputs"
done
done_testing
