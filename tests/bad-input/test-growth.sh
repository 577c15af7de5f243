# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Stages that make large fields of small ones: the extract takes smaller batches, so that the
# run stays near its memory.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

{
    printf '%s\n' 'leat: 1' 'name: p' 'memory: 8MiB' 'extract: {generate: {rows: 6000}}' 'transform:'
    for i in $(seq 40); do
        printf "  - set: {f%d: \"rpad(coalesce(email, 'x'), 2000, 'x')\"}\n" "$i"
    done
    printf '%s\n' '  - map: {id: id, n: length(f1) + length(f40)}' 'load: {csv: out/o.csv}'
} >p.yaml
mkdir out
measured run --json p.yaml
ended "40 fields of 2 kB each" 0 6000 6000 0
is "$(sed 1d out/o.csv | cut -d, -f2 | sort -u)" 4000 "40 fields of 2 kB each: they are what they should be"
is "$(sed 1d out/o.csv | cut -d, -f1 | sort -nu | wc -l)" 6000 "40 fields of 2 kB each: every record is there"
if sanitized; then
    skip "memory" "a sanitizer takes its own"
else
    ok "$([ "$peak" -lt 64 ]; echo $?)" "memory: $peak MiB, where each full batch would take 160"
fi
done_testing
