# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract mysql against a real server: each type, and what is read.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/types.sh"
needs extract-mysql
starts
connects

# ---- types ----

settings="set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';"
{ echo "$settings"; types sql mysql; } | sql
# Bits and bytes as digits; what else as the server has it.
grep -v '^#' "$top_srcdir/tests/stores/mysql-types.tsv" | cut -f 1 >type-of
types texts mysql 'CAST(%s AS CHAR)' >as-text
types texts mysql 'HEX(%s)' >as-digits
paste type-of as-text as-digits |
    awk -F '\t' -v settings="$settings" 'BEGIN { print settings } { print $1 ~ /^(bit|binary|varbinary|.*blob)/ ? $3 : $2 }' |
    sql >texts
reads_matrix 'query: SELECT * FROM matrix ORDER BY id, cursor: id'
pipeline fields 'table: matrix, fields: {c1: int64, c12: text, c27: text}'
run leat run p.yaml
is "$(sed -n '/"id":3,/s/.*"c1":\([^,]*\),.*/\1/p' out.jsonl)" 2 "a boolean that is declared a number"

server_restart my sql_mode=ORACLE,PAD_CHAR_TO_FULL_LENGTH default_time_zone=+05:30 character_set_server=latin1 \
    init_connect="set sql_select_limit = 3, idle_readonly_transaction_timeout = 1, character_set_results = latin1"
pipeline settings 'table: matrix, cursor: id'
run leat run p.yaml
same matrix.jsonl out.jsonl "whatever the settings of the server, the same"
server_restart my sql_mode= default_time_zone=SYSTEM character_set_server=utf8mb4 init_connect=

reads_encoding latin1 Zoë '[x, id]'
reads_encoding sjis 日本 '[x, id]'
reads_encoding utf8mb3 日本 '[x, id]'

# ---- what is read ----

sql <<'END'
create table `Odd ``.name` (id int primary key, `a b` text, `leat` int);
insert into `Odd ``.name` values (1, 'x', 2);
create table users (id bigint primary key, email varchar(100), changed timestamp null, n int not null, share float);
insert into users select seq, concat('u', seq, '@example.com'), '2024-01-01' + interval seq div 10 minute, seq mod 7, seq / 3
    from seq_1_to_1000;
create view grown as select * from users where id > 500;
create table shapes (id int primary key, at point);
create table zero (id int primary key, born date not null);
insert into zero values (1, 0), (2, '2024-02-29');
END
server_database my other
sql -d other <<<"create table users (id int primary key); insert into users values (7)"
pipeline odd 'table: "`Odd ``.name`"'
run leat run p.yaml
is "$(cat out.jsonl)" '{"id":1,"a b":"x","leat":2}' "a name with a quote and a dot"
pipeline other 'table: other.users'
run leat run p.yaml
is "$(cat out.jsonl)" '{"id":7}' "a table of another database"
pipeline view 'table: grown'
run leat run p.yaml
is "$(wc -l <out.jsonl)" 500 "a view"
pipeline query "query: \"SELECT id FROM users WHERE id > \${param:from} AND email <> \${param:no} -- all; of them;\", cursor: id" \
    "params: {from: {default: 990}, no: {default: \"x' OR 'a' = 'a\"}}"
run leat run p.yaml
is "$(wc -l <out.jsonl)" 10 "a query with values that are bound, and a comment at its end"
run leat plan p.yaml
is "$status" 0 "its plan"
pipeline bound "query: \"SELECT \${param:x} AS x, \${param:y} AS y\"" "params: {x: {default: 'a\\b''\"é😀'}, y: {default: ''}}"
run leat run p.yaml
is "$(cat out.jsonl)" '{"x":"a\\b'"'"'\"é😀","y":""}' "values come back as they went"
pipeline literal "query: \"SELECT id FROM users WHERE email = '\${param:x}'\"" "params: {x: {default: a}}"
run leat run p.yaml
is "$status" 78 "a variable within a text: exit status 78"
like "$err" 'leave the quotes away' "and says what to do"
pipeline comment "query: \"SELECT id FROM users -- \${param:x}\"" "params: {x: {default: a}}"
run leat run p.yaml
is "$status" 78 "a variable within a comment"
pipeline quotes 'query: "SELECT id FROM users WHERE email = \"${param:x}\""' "params: {x: {default: a}}"
run leat run p.yaml
is "$status" 78 "a variable within a text in double quotes"
pipeline mark 'query: "SELECT id FROM users WHERE id = ?"'
run leat run p.yaml
is "$status" 78 "a mark of its own"
pipeline twice 'query: "SELECT id, id FROM users"'
run leat run p.yaml
like "$err" 'two columns are called id' "two columns of one name"
for write in "DELETE FROM users" "INSERT INTO users VALUES (2000, 'x', NULL, 1, 1)" "DROP TABLE users" "SELECT 1 INTO OUTFILE '/tmp/x'"; do
    pipeline write "query: \"$write\""
    run leat run p.yaml
    isnt "$status" 0 "a query that writes is refused: ${write%% *}"
done
is "$(echo 'select count(*) from users' | sql)" 1000 "and nothing is gone"
sql <<<"create function w() returns int begin insert into zero values (3, 0); return 1; end" --delimiter=//
pipeline function 'query: SELECT w() AS w'
run leat run p.yaml
isnt "$status" 0 "not even by a function"
is "$(echo 'select count(*) from zero' | sql)" 2 "and nothing has come"
pipeline order 'query: "SELECT id, email FROM users ORDER BY n, id DESC LIMIT 3"'
run leat run p.yaml
is "$(sed 's/,.*//' out.jsonl | tr '\n' ' ')" '{"id":994 {"id":987 {"id":980 ' "the order of a query without a cursor"
pipeline float 'query: "SELECT id, share FROM users ORDER BY id"'
run leat plan p.yaml
like "$out" 'price of the query.s ORDER BY' "where it is lost, the plan says so"
pipeline shapes 'table: shapes'
run leat run p.yaml
is "$status" 78 "a geometry is refused"
like "$err" 'ST_AsGeoJSON' "and says what to do"
pipeline zone 'table: users, fields: {changed: {timezone: Europe/Paris}}'
run leat run p.yaml
is "$status" 78 "an instant has no timezone"
pipeline zero 'query: SELECT * FROM zero, cursor: [born, id]'
run leat run p.yaml
is "$(cat out.jsonl)$(grep -c conversion_failed rejects.jsonl)" '{"id":2,"born":"2024-02-29"}1' "a date of zeros is read once and is no null"
pipeline preview 'table: users'
run leat preview p.yaml
like "$out" 'u1@example.com' "preview shows a bare table"
run leat plan p.yaml
like "$out" 'about [0-9]+ rows' "its plan knows how many rows there are"

done_testing
