# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What is odd about SQLite, from end to end: keys that are null, tables that settle conflicts in
# ways of their own, keys of several columns, values of any type in any column, parameters that
# nothing fills, nulls where an incremental run looks, and files that are locked or broken.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3

# column NAME: of the first record in rejects.csv
column() { python3 -c 'import csv, sys; print(next(csv.DictReader(open("rejects.csv", newline="")))[sys.argv[1]])' "$1"; }
# locked FILE COMMAND...: with a lock of another process that lasts until it is done
locked()
{
    local file=$1 how=$2 holder
    shift 2
    rm -f held
    mkfifo held
    python3 - "$file" "$how" <<'END' &
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN " + sys.argv[2])
open("held", "w").close()
open("held").read()
END
    holder=$!
    : <held
    "$@"
    : >held
    wait $holder
    rm -f held
}

# ---- load: keys that are null ----

printf '%s\n' '{"id":1,"v":"a"}' '{"id":null,"v":"x"}' '{"id":2,"v":"b"}' >in.jsonl
jsonl='jsonl: {path: in.jsonl, fields: {id: int64, v: text}}'
for mode in insert upsert; do
    rm -f o.db
    moves "$jsonl" "sqlite: {path: o.db, table: t, key: id, mode: $mode}"
    ended "a null key, $mode" 0 3 2 1
    is "$(rejected)" "id:null_key" "a null key, $mode: is rejected"
    is "$(sqlite3 o.db 'SELECT id || v FROM t' | paste -sd ' ')" "1a 2b" "a null key, $mode: takes no number of its own"
done

# ---- load: tables that settle conflicts themselves ----

printf '%s\n' '{"id":1,"v":"a"}' '{"id":2,"v":"c"}' '{"id":3,"v":"b"}' >in.jsonl
for clause in ignore replace; do
    rm -f o.db
    sqlite3 o.db "CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT $clause, v TEXT); INSERT INTO t VALUES(1, 'old')"
    moves "$jsonl" "sqlite: {path: o.db, table: t}"
    ended "on conflict $clause" 0 3 2 1
    is "$(sqlite3 o.db 'SELECT v FROM t WHERE id = 1')" old "on conflict $clause: what was there is there"
done

rm -f o.db
sqlite3 o.db "CREATE TABLE t(id INT, v TEXT); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.v = 'b' BEGIN
    SELECT RAISE(ROLLBACK, 'no bs'); END"
moves "$jsonl" "sqlite: {path: o.db, table: t}"
is "$status $(counted loaded) $(counted pending)" "74 0 3" "a rollback in a trigger: nothing is loaded"
is "$(sqlite3 o.db 'SELECT count(*) FROM t')" 0 "a rollback in a trigger: and nothing is there"
{ seq -f '{"id":%g,"v":"a"}' 1 30; echo '{"id":31,"v":"b"}'; } >in.jsonl
moves "$jsonl" "sqlite: {path: o.db, table: t}" "batch_rows: 10"
is "$status $(sqlite3 o.db 'SELECT count(*) FROM t')" "74 0" \
    "a rollback behind some batches: all since the last checkpoint is undone"
sqlite3 o.db 'DROP TRIGGER g'
moves "$jsonl" "sqlite: {path: o.db, table: t}" "batch_rows: 10"
is "$status $(sqlite3 o.db 'SELECT count(*), count(DISTINCT id) FROM t')" "0 31|31" \
    "a rollback behind some batches: the next run writes each record once"

# ---- extract: the key of a record ----

rm -f in.db
sqlite3 in.db "CREATE TABLE t(name TEXT, id TEXT, shop TEXT, n INT, PRIMARY KEY(shop, id)) WITHOUT ROWID;
    INSERT INTO t VALUES('Anna', '5', 'a', 'x'), ('Anna', '6', 'a,b', 'y')"
moves 'sqlite: {path: in.db, table: t}' 'csv: out/o.csv'
is "$(cut -d, -f5- rejects.csv | grep -c conversion_failed)" 2 "a key of two columns: both are rejected"
is "$(column leat:key)" "a,5" "a key of two columns: both of them are the key"

# ---- extract: several values that do not fit ----

sqlite3 in.db "CREATE TABLE u(id INTEGER PRIMARY KEY, d DATE, n NUMERIC, ts TIMESTAMP);
    INSERT INTO u VALUES(3, 'bad', 'zz', 'nope')"
moves 'sqlite: {path: in.db, table: u}' 'csv: out/o.csv'
is "$(rejected)" "d:conversion_failed" "three values that do not fit: a reject of the first"
is "$(column leat:raw)" '{"d": "bad", "n": "zz", "ts": "nope"}' "three values that do not fit: all are kept"

# ---- local timestamps: there and back ----

printf '{"at":"2024-07-01 12:00:00","utc":"2024-07-01 12:00:00Z"}\n' >in.jsonl
rm -f o.db
moves 'jsonl: {path: in.jsonl, fields: {at: {type: timestamp, timezone: Europe/Berlin}, utc: {type: timestamp, timezone: UTC}}}' \
    'sqlite: {path: o.db, table: t}'
moves 'sqlite: {path: o.db, table: t}' 'jsonl: out/o.jsonl'
is "$(cat out/o.jsonl)" '{"at":"2024-07-01 12:00:00","utc":"2024-07-01 12:00:00Z"}' "timestamps come back as they were"

# ---- queries: what is no value of ours ----

# query NAME QUERY REGEX
query()
{
    moves "sqlite: {path: in.db, query: \"$2\"}" 'csv: out/o.csv' "params: {x: t, y: '3'}"
    refused "$1" "$3"
}
query "a parameter without a name" "SELECT * FROM u WHERE id > ?" 'nothing fills, \?: write \$\{param:NAME\}'
query "a parameter with a name" "SELECT * FROM u WHERE id > :since" 'nothing fills, :since: write \$\{param:since\}'
# shellcheck disable=SC2016
{
    query "both kinds" 'SELECT * FROM u WHERE id = ${param:y} AND id > ?' 'nothing fills, \?: write'
    query "a variable as a table" 'SELECT * FROM ${param:x}' \
        'variable 1 of the query, behind `SELECT \* FROM .*cannot stand there.*table: \$\{param:NAME\}'
    query "a variable as a table, the second" 'SELECT * FROM u WHERE id = ${param:y} AND id IN (SELECT id FROM ${param:x})' \
        'variable 2 of the query, behind ` AND id IN \(SELECT id FROM '
    query "a variable as a column" 'SELECT id, ${param:x} FROM u' 'column 2 is a variable.*with AS'
    query "a variable in quotes" "SELECT * FROM u WHERE d = '\${param:x}'" "a variable inside quotes"
    query "a mistake before a variable" 'SELECT nope FROM u WHERE id = ${param:y}' \
        'no such column: nope, at character 8: nope FROM u WHERE id = $'
    moves 'sqlite: {path: in.db, table: "${param:x}"}' 'csv: out/o.csv' 'params: {x: t}'
    is "$status" 0 "a variable as the option table: runs"
}

# ---- the cursor ----

sqlite3 in.db "CREATE TABLE twins(day TEXT, id INTEGER PRIMARY KEY); INSERT INTO twins VALUES('a', 1), ('a', 2)"
moves 'sqlite: {path: in.db, table: twins, cursor: day}' 'csv: out/o.csv'
is "$status" 78 "a cursor that is not unique: exit status 78"
like "$err" 'add a last field that is unique.*cursor: \[day, ID\]' "a cursor that is not unique: says what to add"

# ---- incremental runs: a null where the cursor is ----

sqlite3 changes.db "CREATE TABLE t(at INT, id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1, 1), (2, 2)"
changes='sqlite: {path: changes.db, table: t, cursor: [at, id], incremental: true}'
state_home=$PWD/state
moves "$changes" 'csv: out/o.csv' 'max_rejects: 0'
ended "a null behind the last run, before it" 0 2 2 0
sqlite3 changes.db "INSERT INTO t VALUES(NULL, 3)"
for again in "" ", again"; do
    moves "$changes" 'csv: out/o.csv' 'rejects: {csv: rejects.csv}' 'max_rejects: 0'
    ended "a null behind the last run$again" 65 1 0 1
    is "$(rejected)" ":null_cursor" "a null behind the last run$again: is rejected"
    is "$(column id)" 3 "a null behind the last run$again: and kept"
done
sqlite3 changes.db "INSERT INTO t VALUES(4, 4)"
moves "$changes" 'csv: out/o.csv'
ended "a null among what is new" 0 2 1 1
is "$(rejected)" ":null_cursor" "a null among what is new: is rejected"
moves "$changes" 'csv: out/o.csv'
ended "a null where nothing is new" 0 1 0 1
sqlite3 changes.db "UPDATE t SET at = 5 WHERE id = 3"
moves "$changes" 'csv: out/o.csv' 'max_rejects: 0'
ended "a null that was mended" 0 1 1 0
moves "$changes" 'csv: out/o.csv' 'max_rejects: 0'
ended "a null that was mended, and no more" 0 0 0 0
state_home=

# ---- files that are locked, gone or broken ----

locked in.db EXCLUSIVE moves 'sqlite: {path: in.db, table: t}' 'csv: out/o.csv'
is "$status" 69 "a locked source: exit status 69"
like "$err" "in.db: database is locked" "a locked source: says so"
rm -f o.db
sqlite3 o.db "CREATE TABLE t(id INT)"
locked o.db EXCLUSIVE moves 'sqlite: {path: in.db, query: SELECT id FROM twins}' 'sqlite: {path: o.db, table: t}'
is "$status" 69 "a locked target: exit status 69"
like "$err" "o.db: database is locked" "a locked target: says so"
moves 'sqlite: {path: nowhere.db, table: t}' 'csv: out/o.csv'
is "$status" 69 "a source that is not there: exit status 69"
moves 'sqlite: {path: in.jsonl/in.db, table: t}' 'csv: out/o.csv'
is "$status" 69 "a source that cannot be reached: exit status 69"
cp in.db torn.db
python3 -c 'f = open("torn.db", "r+b"); f.seek(101); f.write(b"U" * 300)'
moves 'sqlite: {path: torn.db, table: t}' 'csv: out/o.csv'
is "$status" 69 "a source whose schema is broken: exit status 69"
like "$err" "malformed" "a source whose schema is broken: says so"
# ---- times in several forms ----

rm -f times.db
sqlite3 times.db "create table t(u text not null, id integer primary key);
    insert into t values ('2024-05-01T10:00:00Z', 1), ('2024-05-01 11:00:00', 3)"
printf '%s\n' 'leat: 1' 'name: times' "extract: {sqlite: {path: times.db, table: t, cursor: [u, id], incremental: true, fields: {u: timestamp}}}" \
    'load: {csv: times.csv}' >times.yaml
run leat run times.yaml
is "$status" 65 "times of which a later one comes before an earlier one: exit status 65"
like "$err" 'in several forms' "says why"
sed -i 's/, incremental: true//' times.yaml
run leat run times.yaml
is "$status" 0 "a run that reads all does not mind"

done_testing
