# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A store that is another one when it is opened than it was when the run was planned: a column that
# has vanished, a file that is gone; and queries that fail, at once or half way.
#
# The load reads one of its options from a FIFO. It is planned behind the extract and before
# anything is opened, so a run stands still there until we have changed its source.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3 mkfifo

mkfifo gate

# between EXTRACT CHANGE...: plans, changes the source by this command, goes on.
between()
{
    local reader
    printf 'leat: 1\nname: p\nextract: {%s}\nload: {csv: {path: out/o.csv, null: "${file:gate}"}}\n' "$1" >p.yaml
    shift
    rm -rf out
    mkdir out
    timeout 60 "$LEAT" run p.yaml >"$out_file" 2>"$err_file" &
    reader=$!
    exec 3>gate # opens when leat has come to it
    "$@"
    printf 'NULL' >&3
    exec 3>&-
    status=0
    wait $reader || status=$?
    err=$(cat "$err_file")
}

# changed NAME STATUS REGEX: how it ended.
changed()
{
    is "$status" "$2" "$1: exit status $2"
    like "$err" "$3" "$1: says what has changed"
    unlike "$err" "Anna" "$1: shows no value"
    is "$(ls -A out)" "" "$1: nothing is written"
}

# ---- CSV ----

csv() { printf '%b' "$1" >in.csv; }
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' true
is "$status$(cat out/o.csv)" "0$(cat in.csv)" "CSV, nothing changed: runs"
between 'csv: in.csv' csv 'id,mail\n1,a@x\n'
changed "CSV, a column vanished" 65 "in.csv has changed since it was planned: the column 'name' has vanished"
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' csv 'id,first_name,mail\n1,Anna,a@x\n'
changed "CSV, a column renamed" 65 "the column 'name' has vanished"
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' csv 'id,mail,name\n1,a@x,Anna\n'
changed "CSV, columns in another order" 65 "its columns are others, or in another order"
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' csv 'id,name,mail,phone\n1,Anna,a@x,1\n'
changed "CSV, a column more" 65 "its columns are others"
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' csv ''
changed "CSV, emptied" 65 "has no header any more"
csv 'id,name,mail\n1,Anna,a@x\n'
between 'csv: in.csv' rm in.csv
changed "CSV, gone" 69 "in.csv: No such file"

# ---- SQLite ----

db()
{
    rm -f in.db
    sqlite3 in.db "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, mail TEXT); INSERT INTO t VALUES(1, 'Anna', 'a@x');
        CREATE VIEW v AS SELECT id, name FROM t"
}
alter() { sqlite3 in.db "$1"; }
table='sqlite: {path: in.db, table: t}'
query='sqlite: {path: in.db, query: "SELECT id, name FROM t"}'
db
between "$table" true
is "$status$(tail -1 out/o.csv)" "01,Anna,a@x" "SQLite, nothing changed: runs"
between "$table" alter 'ALTER TABLE t DROP COLUMN mail'
changed "table, a column vanished" 65 "the table of .*in.db has changed since the plan was made: column 3 was mail, is gone"
db
between "$table" alter 'ALTER TABLE t RENAME COLUMN name TO first_name'
changed "table, a column renamed" 65 "column 2 was name, is first_name"
db
between "$table" alter 'ALTER TABLE t ADD COLUMN phone TEXT'
changed "table, a column more" 65 "column 4 was not there, is phone"
db
between "$table" alter 'DROP VIEW v; DROP TABLE t'
changed "table, dropped" 78 "no such table: t"
db
between "$query" alter 'DROP VIEW v; ALTER TABLE t DROP COLUMN name'
changed "query, a column vanished" 78 "the query fails: no such column: name"
db
between 'sqlite: {path: in.db, table: v}' alter 'DROP VIEW v; CREATE VIEW v AS SELECT id FROM t'
changed "view, a column vanished" 65 "column 2 was name, is gone"
db
between "$table" rm in.db
changed "database, gone" 69 "in.db: No such file"
db
between "$table" sh -c 'echo "this is a text, and long enough for a header of a database of one hundred bytes, or is it? yes" >in.db'
changed "database, overwritten" 65 "in.db: it is no SQLite database"

# ---- JSON lines: a document may lack any field ----

printf '{"id": 1, "name": "Anna"}\n' >in.jsonl
between 'jsonl: in.jsonl' sh -c 'printf "{\"id\": 1, \"mail\": \"a@x\"}\n" >in.jsonl'
is "$status" 0 "JSON lines, a key vanished: runs"
is "$(cat out/o.csv)" "id,name"$'\n'"1,NULL" "JSON lines, a key vanished: is null"

# ---- queries that fail ----

db
sqlite3 in.db <<'END'
CREATE TABLE u(id INTEGER PRIMARY KEY, doc TEXT, n INTEGER);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO u SELECT i, '{}', i FROM c;
UPDATE u SET doc = '{', n = -9223372036854775808 WHERE id = 4000;
END

# ---- queries that end as one does not expect: read whole, also where leat puts them into one of its own ----

# reads NAME QUERY IDS: with and without a cursor
reads()
{
    local cursor
    for cursor in "" ", cursor: id"; do
        moves "sqlite: {path: in.db, query: \"$2\"$cursor}" 'csv: out/o.csv' "params: {one: '1', two: '2'}"
        is "$status $(cut -d, -f1 out/o.csv | paste -sd ' ')" "0 id $3" "$1${cursor:+, with a cursor}"
    done
}
sqlite3 in.db "CREATE TABLE w(id INTEGER PRIMARY KEY, n TEXT); INSERT INTO w VALUES(1, 'a'), (2, 'b')"
reads "a comment behind it" 'SELECT id, n FROM w -- all of them' "1 2"
reads "a comment of nothing" 'SELECT id, n FROM w --' "1 2"
reads "a comment behind its semicolon" 'SELECT id, n FROM w; -- all of them' "1 2"
reads "a comment with a semicolon" 'SELECT id, n FROM w -- these; and no others' "1 2"
reads "a comment with a parenthesis" 'SELECT id, n FROM w -- :-)' "1 2"
reads "a comment of the other kind" 'SELECT id, n FROM w /* all of them */' "1 2"
reads "comments of both kinds" 'SELECT id, n FROM w; /* all */ -- of them' "1 2"
reads "comments before it and within" '-- first\nSELECT id, -- the key\n n /* and; */ FROM w' "1 2"
# shellcheck disable=SC2016
reads "a comment behind a parameter" 'SELECT id, n FROM w WHERE id = 0 + ${param:two} -- the second' 2
# shellcheck disable=SC2016
reads "two parameters" 'SELECT id, n FROM w WHERE id = 0 + ${param:two} OR id = 0 + ${param:one} -- both' "1 2"
reads "a comment that has no end" 'SELECT id, n FROM w /* all of them' "1 2"
# shellcheck disable=SC2016
reads "a parameter in a comment" 'SELECT id, n FROM w -- WHERE id = ${param:one}\n WHERE id = 0 + ${param:two}' 2
reads "many semicolons" 'SELECT id, n FROM w ;; ;\n ;' "1 2"
reads "a limit" 'SELECT id, n FROM w ORDER BY n DESC LIMIT 1 -- the last' 2
reads "a WITH" 'WITH x AS (SELECT * FROM w) SELECT id, n FROM x -- all of them' "1 2"

# asks NAME QUERY STATUS REGEX
asks()
{
    moves "sqlite: {path: in.db, query: \"$2\"}" 'csv: out/o.csv'
    is "$status" "$3" "$1: exit status $3"
    like "$err" "$4" "$1: says why"
    is "$(ls -A out)" "" "$1: nothing is written"
}
asks "a query of nonsense" "selec 1" 78 "p.yaml:3:[0-9]+: error: .*the query fails: near .selec.: syntax error"
asks "a query of an unknown column" "select id, nope from u" 78 "the query fails: no such column: nope, at character 12"
asks "a query of an unknown table" "select * from nope" 78 "the query fails on .*in.db: no such table: nope"
asks "an empty query" "" 78 "write one that gives the records"
asks "two queries" "select 1; drop table u" 78 "more than one statement"
asks "a query that would write" "delete from u" 78 "the query is no SELECT"
is "$(sqlite3 in.db 'select count(*) from u')" 5000 "and has not written"
asks "the same column twice" "select id, doc, doc from u" 78 "two columns are called doc"
asks "a query that fails at once" "select abs(-9223372036854775808) x" 78 "the query fails.*: integer overflow"
asks "a query that fails half way" "select id, abs(n) x from u" 78 "the query fails.*: integer overflow"
is "$(($(counted loaded) + $(counted pending)))" "$(counted read)" "a query that fails half way: what was read before is accounted for"
asks "a query that fails on a document" "select id, json_extract(doc, '\$.a') x from u" 78 "the query fails.*: malformed JSON"
moves 'sqlite: {path: in.db, table: uu}' 'csv: out/o.csv'
refused "an unknown table" "no such table: uu \(its tables: t, u, v, w\)"
: >empty.db
moves 'sqlite: {path: empty.db, table: t}' 'csv: out/o.csv'
refused "an empty database" "no such table: t \(its tables: none\)"
cp in.db torn.db
python3 -c 'f = open("torn.db", "r+b"); f.seek(20000); f.write(b"U" * 30000)'
moves 'sqlite: {path: torn.db, table: u}' 'csv: out/o.csv'
is "$status" 74 "a torn database: exit status 74"
like "$err" "torn.db: database disk image is malformed" "a torn database: says so"
is "$(ls -A out)" "" "a torn database: nothing is written"
done_testing
