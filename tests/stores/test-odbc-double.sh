# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract odbc by a driver of our own, tests/doubles/odbc-double.c: types that only SQL Server has, texts that are
# none, and drivers that cut values in all the ways there are.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/odbc.sh"
double=$top_builddir/tests/doubles/.libs/odbc-double.so
[ -e "$double" ] || skip_all "tests/doubles/odbc-double is not built (make check does)"
requires python3
odbc_begin
printf '[double]\nDriver=%s\n' "$double" >>odbc/odbcinst.ini

# reads FAULT OPTIONS: from the double to out.jsonl
reads()
{
    printf '%s\n' 'leat: 1' "name: double" "extract: {odbc: {connection: 'Driver=double;Fault=$1', $2}}" \
        'load: {jsonl: {path: out.jsonl}}' 'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' >p.yaml
    rm -f out.jsonl rejects.jsonl
    run leat run p.yaml
}
long=x$(printf '😀%.0s' $(seq 10000))
first='{"id":1,"b":true,"t":255,"u":18446744073709551615,"d":0.5,"m":12.5000,"r":1.1,"f":0.1,"da":"2024-02-29","dt":"2024-02-29 12:00:00.123456","dto":"2024-02-29 10:00:00.123456Z","tm":"12:34:56.1234567","g":"00112233-4455-6677-8899-aabbccddeeff","n":"Zoë"'
second='{"id":2,"b":false,"t":0,"u":0,"d":100,"m":-922337203685477.5808,"r":16777216,"f":1e+300,"da":"0001-01-01","dt":"9999-12-31 23:59:59","dto":"2024-02-29 17:45:00Z","tm":"00:00:00.0000000","g":"00000000-0000-0000-0000-000000000000","n":"😀"'

for fault in none nototal; do
    reads $fault 'table: t'
    is "$status" 0 "$fault: the table is read"
    is "$(sed -n 1p out.jsonl)" "$first,\"x\":\"<a/>\",\"l\":\"$long\",\"z\":\"/1/\"}" "$fault: each type, and a long text in pieces"
    is "$(sed -n 2p out.jsonl)" "$second,\"x\":\"\",\"l\":\"\",\"z\":\"\"}" "$fault: empty is not null"
done
like "$(sed -n 1p rejects.jsonl)" '"n":"a\\u0000b".*"leat:field":"dt".*conversion_failed.*12:00:00.1234567' "what is finer than microseconds is rejected; a NUL stays"
like "$(sed -n 2p rejects.jsonl)" '"leat:field":"n".*invalid_utf8' "and so is half a pair"
reads none 'table: t, fields: {dt: text}'
is "$(sed -n 3p out.jsonl | grep -o '"dt":"[^"]*"')" '"dt":"2024-02-29 12:00:00.1234567"' "declared as a text it is read as it is"
run leat plan p.yaml
like "$out" 'z is of a type that is not known' "the plan says of a type that it does not know it"
reads none 'table: blocks'
is "$(head -n 2 out.jsonl)" "$first}
$second}" "in a block the same"
for fault in secret liar short; do
    reads $fault 'table: blocks'
    is "$status" 65 "$fault: a value that the driver cuts: exit status 65"
    like "$err" 'block: 1' "$fault: and what to do"
    reads $fault 'table: blocks, block: 1'
    is "$status $(sed -n 1p out.jsonl | grep -o '"n":.*')" '0 "n":"longer than it is described, and by more than its buffer has"}' "$fault: row by row it is whole"
done
reads lost 'table: t'
is "$status" 69 "a connection that is lost before anything was handed on: exit status 69"
like "$err" 'Communication link failure \(08S01\).*cursor' "and says so"
reads none 'table: t, cursor: n'
is "$status" 78 "a text as a cursor, where nobody knows how it is compared"
like "$err" 'unique index' "and what would help"
done_testing
