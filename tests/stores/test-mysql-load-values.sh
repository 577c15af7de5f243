# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load mysql and what is in the records: each type there and back, and what a server would change without a word.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/types.sh"
. "$top_srcdir/tests/stores/loads.sh"
needs load-mysql
[ -e "$top_builddir/plugins/.libs/extract-mysql.so" ] || skip_all "extract mysql is not built (apt-get install libmariadb-dev)"
starts
connects

# ---- there and back ----

{ echo "set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';"; types sql mysql; } | sql
n_columns=$(types columns mysql | wc -l)
same_rows()
{
    local i pairs=
    for ((i = 1; i <= n_columns; i++)); do
        pairs+="${pairs:+ and }m.c$i <=> c.c$i and hex(m.c$i) <=> hex(c.c$i)"
    done
    sql <<<"select m.id from $1 as m join $2 as c on c.id = m.id where not ($pairs)"
}
for mode in insert 'merge, key: id'; do
    sql <<<'drop table if exists copy; create table copy like matrix'
    pipeline "back-${mode%,*}" "{mysql: {option_file: my.cnf, table: matrix, cursor: id}}" "table: copy, mode: $mode"
    run leat run p.yaml
    is "$status" 0 "${mode%,*}: the matrix of types is written back"
    is "$(rejected | grep -v conversion_failed)" "" "all that was read"
    is "$(sql <<<'select count(*) from copy')" "$(($(sql <<<'select count(*) from matrix') - $(rejected | wc -l)))" "each row"
    is "$(same_rows matrix copy)" "" "the same, to the byte"
done
pipeline made "{mysql: {option_file: my.cnf, table: matrix, cursor: id}}" 'table: made, key: id'
run leat run p.yaml
is "$status" 0 "into a table that is made"
is "$(rejected | grep -v conversion_failed | cut -d' ' -f2 | paste -sd ' ')" "constraint_type constraint_type" \
    "all that was read, but for whole numbers of 65 digits, for DECIMAL(65,30) has room for 35"
pipeline read '{mysql: {option_file: my.cnf, table: made, cursor: id}}' 'table: made_again, key: id'
run leat run p.yaml
is "$status $(rejected | wc -l) $(sql <<<'select count(*) from made') $(same_rows made made_again)" "0 0 $(sql <<<'select count(*) from made') " \
    "whose types are read back as the same"
pipeline lines '{mysql: {option_file: my.cnf, table: matrix, cursor: id}}' 'table: none'
sed -i 's/^load: .*/load: {jsonl: {path: matrix.jsonl}}/' p.yaml
run leat run p.yaml
sed -i 's/table: matrix/table: made/; s/matrix.jsonl/made.jsonl/' p.yaml
run leat run p.yaml
is "$(python3 - <<'END'
import json, re
def read(path): return {r["id"]: r for r in map(lambda s: json.loads(s, parse_float=str), open(path))}
def plain(v):
    if isinstance(v, str) and re.fullmatch(r"-?\d+\.\d{30}", v): v = v.rstrip("0").rstrip(".")
    if isinstance(v, str) and re.fullmatch(r"-?\d+\.\d+", v): v = v.rstrip("0").rstrip(".")
    if isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:.*Z", v): v = v[:-1]
    return str(v) if isinstance(v, int) and not isinstance(v, bool) else v
a, b = read("matrix.jsonl"), read("made.jsonl")
print(len(a.keys() ^ b.keys()), [(i, c) for i in a if i in b for c in a[i] if plain(a[i][c]) != plain(b[i][c])])
END
)" "2 []" "and yields the same values, but that an instant is wall time in UTC"

# ---- what would be changed ----

# trap_value TYPE VALUE STATUS-CODE-STORED [FIELD-TYPE [HOW]]: what becomes of a record with that value
n=0
trap_value()
{
    n=$((n + 1))
    sql <<<"create table trap$n (id int primary key, x $1)"
    printf '%s\n' "{\"id\": 1, \"x\": $2}" '{"id": 2, "x": null}' >trap.jsonl
    pipeline "trap$n" "{jsonl: {path: trap.jsonl, fields: {id: int64, x: ${4:-text}}}}" "table: trap$n"
    run leat run p.yaml
    is "$status $(rejected | grep '^1 ' | cut -d' ' -f2) $(sql <<<"select ${5-x} from trap$n where id = 1")" "$3" "$1: ${4:-text} $2"
    [ ${#2} -lt 5 ] || unlike "$(rejected | grep '^1 ' | cut -d' ' -f3-)" "$(printf '%s' "$2" | tr -d '"' | sed 's/[].[*^$+?(){}|\\]/./g')" "whose reason has no value"
}
t="0 constraint_type "
trap_value 'int' '"1.5"' "$t"
trap_value 'int' '1.5' "$t" float64
trap_value 'int' '1.5' "$t" decimal
trap_value 'int' '"15e-1"' "$t"
trap_value 'int' '"12abc"' "$t"
trap_value 'int' '""' "$t"
trap_value 'int' '"2.00"' '0  2'
trap_value 'int' '2147483648' "$t" int64
trap_value 'int unsigned' '-1' "$t" int64
trap_value 'tinyint' '300' "$t" int64
trap_value 'decimal(5,2)' '1.239' "$t" decimal
trap_value 'decimal(5,2)' '1.230' '0  1.23' decimal
trap_value 'decimal(5,2)' '1000' "$t" decimal
trap_value 'double(7,2)' '1.239' "$t" decimal
trap_value 'double' '9007199254740993' "$t" int64
trap_value 'double' '9007199254740992' '0  9007199254740992' int64 'cast(x as decimal(20))'
trap_value 'double' '"1e-400"' "$t"
trap_value 'double' '"1e400"' "$t"
trap_value 'float' '1e-60' "$t" float64
trap_value 'float' '16777217' "$t" int64
trap_value 'float' '0' '0  0' float64
trap_value 'varchar(3)' '"abcd"' "$t"
trap_value 'varchar(3)' '"abc "' "$t"
trap_value 'varchar(3)' '"日本é"' '0  日本é'
trap_value 'varchar(9) character set latin1' '"日本"' "$t"
trap_value 'tinytext' "\"$(printf 'x%.0s' {1..256})\"" "$t"
trap_value 'datetime' '"2024-02-29 12:34:56.5"' "$t" timestamp
trap_value 'datetime' '"2024-02-29 12:34:56.500000"' "$t"
trap_value 'datetime' '"2024-02-29 12:34:56.000"' '0  2024-02-29 12:34:56'
trap_value 'datetime(3)' '"2024-02-29 12:34:56.123456"' "$t" timestamp
trap_value 'datetime(3)' '"2024-02-29 12:34:56.123"' '0  2024-02-29 12:34:56.123' timestamp
trap_value 'datetime' '"+12024-02-29 12:34:56"' "$t" timestamp
trap_value 'date' '"-0024-02-29"' "$t" date
trap_value 'date' '"2024-02-29 12:34:56"' "$t" timestamp
trap_value 'date' '"2024-02-29 00:00:00.000001"' "$t" timestamp
trap_value 'date' '"0000-00-00"' "$t"
trap_value 'date' '"2024-02-00"' "$t"
trap_value 'date' '"2024-02-31"' "$t"
trap_value 'date' '""' "$t"
trap_value 'timestamp null' '"2024-02-29 12:34:56+02:00"' '0  2024-02-29 10:34:56' timestamp
trap_value 'timestamp null' '"1969-12-31 23:59:59Z"' "$t" timestamp
trap_value 'time' '"12:34:56.5"' "$t"
trap_value 'time' '"839:00:00"' "$t"
trap_value 'year' '5' "$t" int64
trap_value 'year' '"05"' "$t"
trap_value 'year' '"0"' '0  0000'
trap_value 'year' '2156' "$t" int64
trap_value "enum('a','b','7')" '"2"' "$t"
trap_value "enum('a','b','7')" '2' "$t" int64
trap_value "enum('a','b','7')" '" +2 "' "$t"
trap_value "enum('a','b','7')" '"7"' '0  7'
trap_value "enum('a','b''7''')" '"7"' "$t"
trap_value "enum('a','b')" '"c"' "$t"
trap_value "enum('a','b')" '""' "$t"
trap_value "set('a','b')" '"3"' "$t"
trap_value "set('a','b')" '"a,c"' "$t"
trap_value 'bit(9)' '"5"' '0  5' text x+0
trap_value 'bit(9)' '512' "$t" int64
trap_value 'bit(64)' '-1' "$t" int64
trap_value 'bit(9)' '"x"' "$t"
trap_value 'boolean' '"true"' "$t"
trap_value 'boolean' 'true' '0  1' bool
trap_value 'varchar(9)' 'true' '0  true' bool
trap_value 'json' '"{"' '0 constraint_check '
trap_value 'json' 'true' '0  true' bool
trap_value 'uuid' '"x"' "$t"
trap_value 'point' '"x"' "$t"

# What no null may become, and what an id is.
sql <<<"create table counts (id int primary key auto_increment, at timestamp not null default '2001-01-01', n int)"
printf '%s\n' '{"id": 0, "at": "2024-01-01 00:00:00Z"}' '{"id": null, "at": "2024-01-01 00:00:00Z"}' '{"id": 3, "at": null}' >counts.jsonl
pipeline counts '{jsonl: {path: counts.jsonl, fields: {id: int64, at: timestamp}}}' 'table: counts'
run leat run p.yaml
is "$(sql <<<'select id, at from counts')" $'0\t2024-01-01 00:00:00' "an id of 0 stays 0"
is "$(rejected | cut -d' ' -f2- | sort | uniq -c | sed 's/^ *//')" "2 constraint_not_null must not be null: the server would make up a value" \
    "and a null does not become what the server makes up"
pipeline counts2 '{jsonl: {path: counts.jsonl, fields: {id: int64, at: timestamp}}}' 'table: counts' 'transform: [{select: [at]}]'
run leat run p.yaml
is "$(sql <<<'select count(*) from counts')" 3 "where it is left out, the server may"
sql <<<"create table sums (a int primary key, b int as (a + 1) stored, c int as (a + 2))"
printf 'a,b,c\n1,7,7\n' >sums.csv
pipeline sums '{csv: {path: sums.csv, fields: {a: int64}}}' 'table: sums'
run leat run p.yaml
is "$status $(sql <<<'select * from sums')" $'0 1\t2\t3' "generated columns are left out"

# ---- what would break out ----

python3 - <<'END'
import json
nasty = ["'", "''", "\\", "\\'", "\\\\'", "'; drop table nasty; -- ", "\0", "\x1a", "a\\0b", "%_", "\"`", "é'日😀\\", "\n\r\t", "x'41'", ""]
with open("nasty.jsonl", "w") as f:
    for i, x in enumerate(nasty):
        print(json.dumps({"id": i, "x": x, "e": x}), file=f)
END
sql <<<'create table nasty (id int primary key, x varchar(100), e blob)'
pipeline nasty '{jsonl: {path: nasty.jsonl, fields: {id: int64}}}' 'table: nasty'
run leat run p.yaml
is "$status $(rejected)" "0 " "what looks like SQL is written"
is "$(sql <<<'select id, lower(hex(x)), lower(hex(e)) from nasty order by id' | tr '\t' ' ')" \
    "$(python3 -c 'import json; [print(r["id"], r["x"].encode().hex(), r["e"].encode().hex()) for r in map(json.loads, open("nasty.jsonl"))]')" "as it is"
server_restart my sql_mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES default_time_zone=+05:30 character_set_server=latin1 lc_messages=de_DE \
    init_connect="set autocommit = 0, completion_type = 1, sql_notes = 0, max_error_count = 0, character_set_client = latin1"
sql <<<'delete from nasty; commit'
pipeline nasty2 '{jsonl: {path: nasty.jsonl, fields: {id: int64}}}' 'table: nasty'
run leat run p.yaml
is "$(sql <<<'select id, lower(hex(x)), lower(hex(e)) from nasty order by id' | tr '\t' ' ')" \
    "$(python3 -c 'import json; [print(r["id"], r["x"].encode().hex(), r["e"].encode().hex()) for r in map(json.loads, open("nasty.jsonl"))]')" \
    "whatever the settings of the server"
run leat run p.yaml
is "$(rejected | cut -d' ' -f2- | sort -u)" "constraint_unique Duplicate entry '...' for key 'PRIMARY'" "and its language"
trap_value 'decimal(5,2)' '1.239' "$t" decimal
done_testing
