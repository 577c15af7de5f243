# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Files of a shape that nobody wanted: quotes that are never closed, rows with too few or too many
# fields, line ends of all kinds, byte order marks, files with nothing in them, or but a header.
# (The common cases of these are golden ones in tests/cases too; here are their borders.)
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3

csv() { printf '%b' "$1" >in.csv; }
loaded() { sed 1d out/o.csv | tr '\n' '|'; }

# from_csv NAME OPTIONS STATUS READ LOADED REJECTED: a run over in.csv with these options.
from_csv()
{
    moves "csv: {path: in.csv$2}" 'csv: out/o.csv'
    ended "$1" "$3" "$4" "$5" "$6"
}

# ---- a quote that is never closed ----

csv 'id,name\n1,a\n2,"b'
from_csv "unclosed at the end" '' 0 2 1 1
is "$(rejected)" ":unclosed_quote" "unclosed at the end: by its code"
like "$(cat rejects.csv)" 'the quote opened here is not closed before the end of the file \(line 3, byte 15\)",,"2,""b"' \
    "unclosed at the end: where it begins, and its bytes"
from_csv "unclosed, lenient" ', strict: false' 0 2 1 1
csv 'id,name\n1,a\n2,"'
from_csv "nothing behind the quote" '' 0 2 1 1
csv 'id,name\n1,a\n2,"b""'
from_csv "a doubled quote at the end" '' 0 2 1 1
csv 'id,name\n1,a\n2,"b\\"\n'
from_csv "an escaped quote at the end" ', escape: "\\"' 0 2 1 1
csv 'id,name\n1,a\n2,"b\\'
from_csv "an escape at the end" ', escape: "\\"' 0 2 1 1
csv 'id,name\n1,a\n2,"b\n3,c\n4,d\n'
from_csv "unclosed in the middle" '' 0 2 1 1
like "$(tr '\n' '|' <rejects.csv)" '"2,""b[|]3,c[|]4,d[|]"[|]$' "unclosed in the middle: all that it takes with it can be seen"
csv 'id,name\n1,a\n2,"b\n3,"c",x\n4,d\n'
from_csv "unclosed, and another quote behind" '' 0 3 2 1
is "$(rejected) $(loaded)" ":bad_quote 1,a|4,d|" "unclosed, and another quote behind: reading goes on"
csv 'id,"name\n1,a\n2,b\n'
moves 'csv: in.csv' 'csv: out/o.csv'
refused "unclosed in the first line" "the first line of .* is no CSV: .*not closed"
{ printf 'id,name\n1,a\n2,"b\n'; seq 300000 | sed 's/$/,x/'; } >in.csv
moves 'csv: in.csv' 'csv: out/o.csv' 'max_rejects: 50%'
is "$status" 65 "unclosed, with 300,000 lines behind: is no single reject, but the end of the run"
like "$err" "in.csv: the quote in line 3 \(byte 15\) is not closed before the end of the file" "and it says where"
is "$(ls -A out)" "" "and nothing is written"

# ---- rows with too few or too many fields ----

csv 'id,name,mail\n1,a,m\n2\n3,c\n4,d,m,\n5,e,m,x,y\n,\n,,\n7,g,m'
from_csv "ragged rows" '' 0 8 3 5
is "$(rejected)" ":too_few_fields :too_few_fields :too_many_fields :too_many_fields :too_few_fields" "ragged rows: by their codes"
like "$(cat rejects.csv)" '^5,e,m,csv,,too_many_fields,"has 5 fields instead of 3 \(line 6, byte 33\)",5,"5,e,m,x,y"$' \
    "ragged rows: with what they are, why, and where"
is "$(loaded)" "1,a,m|,,|7,g,m|" "ragged rows: the others go on"
from_csv "ragged rows, lenient" ', strict: false' 0 8 6 2
is "$(loaded)" "1,a,m|2,,|3,c,|,,|,,|7,g,m|" "ragged rows, lenient: what is missing is null"
is "$(rejected)" ":too_many_fields :too_many_fields" "ragged rows, lenient: what is too much is still a reject"
csv 'id\n1\n\n""\n2,x\n'
from_csv "one field" '' 0 4 3 1
is "$(cat out/o.csv)" $'id\n1\n\n""' "one field: an empty line is a null, two quotes are an empty text"
csv 'id,name\n\n1,a\n\n\r\n  \n2,b\n\n'
from_csv "empty lines" '' 0 3 2 1
is "$(rejected)" ":too_few_fields" "empty lines: are none, a line of spaces is one"
python3 -c 'print("id,name\n1,a\n" + "," * 900000 + "\n2,b")' >in.csv
from_csv "900,000 fields too many" '' 0 3 2 1
is "$(rejected)" ":too_many_fields" "900,000 fields too many: by its code"
csv 'id;name\n1;a\n2;b,c\n'
from_csv "the wrong delimiter" '' 0 2 1 1
csv 'id,name,id\n1,a,2\n'
moves 'csv: in.csv' 'csv: out/o.csv'
refused "a name twice" "fields 1 and 3 are both named 'id'"
csv 'id,,x\n1,a,2\n'
moves 'csv: in.csv' 'csv: out/o.csv'
refused "a field without a name" "field 2 has no name"
csv '1,a\n2,b\n'
moves 'csv: {path: in.csv, names: [id, name, mail]}' 'csv: out/o.csv'
refused "more names than fields" "3 names are given, and the first line of .* has 2 fields"

# The same in JSON: what is missing is null, what is more is seen, what is no record is a reject.
printf '%s\n' '{"id":1,"name":"a"}' '{"id":2}' '{}' '{"id":3,"name":"c","more":[1]}' '[1,2]' 'null' '"x"' '{"id":4,"name":"d"' \
    '{"id":5,"id":6}' '{"id":7,}' '{"id":8} {"id":9}' "{'id':10}" '{"id":11,"name":"e"}' >in.jsonl
moves 'jsonl: in.jsonl' 'csv: out/o.csv'
ended "JSON lines of all shapes" 0 13 5 8
is "$(cut -d, -f1 out/o.csv | tr '\n' ' ')" "id 1 2  3 11 " "JSON lines of all shapes: the good ones, in order"
is "$(rejected)" ":bad_json :bad_json :bad_json :bad_json :duplicate_key :bad_json :bad_json :bad_json" "JSON lines of all shapes: the codes"
like "$(cat rejects.csv)" 'has an object without its closing brace \(line 8, byte [0-9]+\)",,"\{""id"":4,""name"":""d"""$' \
    "JSON lines of all shapes: why, where, and what"

# ---- line ends and byte order marks ----

for mark in '' '\xef\xbb\xbf'; do
    for end in '\n' '\r\n'; do
        for last in '' "$end"; do
            for header in 'id,name' '"id","name"'; do
                csv "$mark$header${end}1,a${end}2,\"b\"${end}3,\"c${end}d\"$last"
                moves 'csv: in.csv' 'csv: out/o.csv'
                is "$status$(cat -A out/o.csv | tr '\n' '|')" "0$(printf '%b' "id,name\n1,a\n2,b\n3,\"c${end}d\"\n" | cat -A | tr '\n' '|')" \
                    "CSV: mark '$mark', line end '$end', at the end '$last', header $header"
            done
        done
    done
done
csv 'id,name\r\n1,a\n2,b\r\n3,"c\nd"\r\n4,e'
from_csv "line ends of both kinds" '' 0 4 4 0
is "$(cat -A out/o.csv | tr '\n' '|')" 'id,name$|1,a$|2,b$|3,"c$|d"$|4,e$|' "line ends of both kinds: each is one"
csv 'id,name\r1,a\r2,b\r'
moves 'csv: in.csv' 'csv: out/o.csv'
refused "lines that end in CR alone" "carriage return; if each line ends with one"
csv 'id,name\n1,a\rb\n'
from_csv "a CR inside a value" '' 0 1 1 0
is "$(cat -A out/o.csv | tail -1)" '1,"a^Mb"$' "a CR inside a value: is one of its characters"
csv 'id,name\n1,\xef\xbb\xbfa\n'
from_csv "a mark inside the file" '' 0 1 1 0
is "$(od -An -tx1 out/o.csv | tr -d ' \n')" "69642c6e616d650a312cefbbbf610a" "a mark inside the file: is a character"
for mark in '' '\xef\xbb\xbf'; do
    for end in '\n' '\r\n'; do
        printf '%b' "$mark{\"id\":1}$end$end{\"id\":2}$end  ${end}{\"id\":3}" >in.jsonl
        moves 'jsonl: in.jsonl' 'csv: out/o.csv'
        is "$status$(tr '\n' '|' <out/o.csv)" "0id|1|2|3|" "JSON lines: mark '$mark', line end '$end', blank lines"
    done
done

# ---- nothing, or but a header ----

for bytes in '' '\xef\xbb\xbf'; do
    csv "$bytes"
    moves 'csv: in.csv' 'csv: out/o.csv'
    refused "an empty CSV file '$bytes'" "is empty, and its first line should hold the names"
    from_csv "an empty CSV file '$bytes' with names" ', header: false, names: [id, name]' 0 0 0 0
    is "$(cat out/o.csv)" "id,name" "an empty CSV file '$bytes' with names: makes one with a header"
    cp in.csv in.jsonl
    moves 'jsonl: in.jsonl' 'csv: out/o.csv'
    refused "an empty file of JSON lines '$bytes'" "shows no fields; say which there are with fields"
    moves 'jsonl: {path: in.jsonl, fields: {id: int64}}' 'csv: out/o.csv'
    ended "an empty file of JSON lines '$bytes' with fields" 0 0 0 0
    is "$(cat out/o.csv)" "id" "an empty file of JSON lines '$bytes' with fields: makes one with a header"
done
csv '\n\n\n'
moves 'csv: in.csv' 'csv: out/o.csv'
refused "a file of line ends" "has no name"
for header in 'id,name' 'id,name\n' 'id,name\r\n' '\xef\xbb\xbfid,name\r\n' 'id,name\n\n\n'; do
    csv "$header"
    from_csv "but a header '$header'" '' 0 0 0 0
    is "$(cat out/o.csv)" "id,name" "but a header '$header': makes another"
done
moves 'csv: in.csv' 'jsonl: out/o.jsonl'
is "$status $(stat -c %s out/o.jsonl)" "0 0" "but a header, to JSON lines: an empty file"
moves 'csv: in.csv' 'sqlite: {path: out/o.db, table: t}'
is "$status$(sqlite3 out/o.db 'SELECT count(*), (SELECT group_concat(name) FROM pragma_table_info("t")) FROM t')" "00|id,name" \
    "but a header, to SQLite: an empty table"
moves 'csv: in.csv' 'cognito_csv: {path: out/o.csv}' \
    'transform: [{map: {"cognito:username": name, email: name, email_verified: "true", phone_number_verified: "false", "cognito:mfa_enabled": "false"}}]'
is "$status" 0 "but a header, to a Cognito CSV: exit status 0"
like "$(head -1 out/o.csv)" "cognito:username" "but a header, to a Cognito CSV: has its header"
sqlite3 in.db 'CREATE TABLE t(id INTEGER, name TEXT)'
moves 'sqlite: {path: in.db, table: t}' 'csv: out/o.csv'
is "$status$(cat out/o.csv)" "0id,name" "an empty table"
done_testing
