# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract postgres against a real server: each type, the order, and what goes wrong.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/types.sh"
needs extract-postgres
starts
connects

# ---- types ----

settings="set datestyle = 'ISO'; set timezone = 'UTC'; set intervalstyle = 'iso_8601'; set lc_monetary = 'C';"
{ types_setup postgres; echo "$settings"; types sql postgres; } | sql
{ echo "$settings"; types texts postgres; } | sql >texts
reads_matrix 'query: SELECT * FROM matrix ORDER BY id'
reads_encoding LATIN1 Zoë id C
reads_encoding EUC_JP 日本 id C
reads_encoding SQL_ASCII Zoë id C
sql -d db_SQL_ASCII <<<"insert into t values (3, E'\\xe9')"
pipeline SQL_ASCII 'database: db_SQL_ASCII, table: t, cursor: id'
run leat run p.yaml
like "$(cat rejects.jsonl)" '"leat:code":"invalid_utf8"' "what is no UTF-8 in SQL_ASCII is rejected"
is "$(wc -l <out.jsonl)" 2 "and the others are read"

# ---- what is read ----

sql <<'END'
create schema sales;
create table sales."Odd "".name" (id int primary key, "a b" text);
insert into sales."Odd "".name" values (1, 'x');
create table users (id bigint primary key, email text, changed timestamptz, n int not null);
insert into users select i, 'u' || i || '@example.com', '2024-01-01'::timestamptz + i / 10 * interval '1 minute', i % 7
    from generate_series(1, 1000) as i;
create view grown as select * from users where id > 500;
END
pipeline odd "table: 'sales.\"Odd \"\".name\"'"
run leat run p.yaml
is "$(cat out.jsonl)" '{"id":1,"a b":"x"}' "a name with a quote and a dot, in a schema"
pipeline view 'table: grown'
run leat run p.yaml
is "$(wc -l <out.jsonl)" 500 "a view"
pipeline query "query: \"SELECT id FROM users WHERE id > \${param:from} AND email <> \${param:no} -- all; of them;\", cursor: id" \
    "params: {from: {default: 990}, no: {default: \"x' OR 'a' = 'a\"}}"
run leat run p.yaml
is "$(wc -l <out.jsonl)" 10 "a query with values that are bound, and a comment at its end"
run leat plan p.yaml
is "$status" 0 "its plan"
pipeline literal "query: \"SELECT id FROM users WHERE email = '\${param:x}'\"" "params: {x: {default: a}}"
run leat run p.yaml
is "$status" 78 "a variable within a text: exit status 78"
like "$err" 'leave the quotes away' "and says what to do"
pipeline twice 'query: "SELECT id, id FROM users"'
run leat run p.yaml
like "$err" 'two columns are called id' "two columns of one name"
pipeline write "query: \"DELETE FROM users RETURNING id\""
run leat run p.yaml
isnt "$status" 0 "a query that writes is refused"
is "$(echo 'select count(*) from users' | sql)" 1000 "and nothing is gone"
pipeline preview 'table: users'
run leat preview p.yaml
like "$out" 'u1@example.com' "preview shows a bare table"
run leat plan p.yaml
is "$status" 0 "its plan"

done_testing
