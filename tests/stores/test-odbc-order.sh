# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract odbc in the order of a cursor: runs that are killed, runs that read what has changed, a server
# that goes away in the middle, and texts that a collation takes for equal.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/orders.sh"
. "$top_srcdir/tests/stores/odbc.sh"
requires sqlite3
odbc_requires postgres mariadb sqlite
server_requires postgres mariadb
odbc_begin
server_start postgres pg
server_start mariadb my
export PASSWORD=$server_password
plugin=odbc

# begin KIND CONNECTION: with a state of its own
begin()
{
    note "$1"
    connection="$2, "
    rm -rf "$states/mine" ./*.csv
}

# ---- PostgreSQL ----

begin PostgreSQL "connection: '$(odbc_postgres pg)', user: leat, password: '\${env:PASSWORD}'"
server=pg
sql() { server_sql pg -u leat "$@"; }
order_users
all_orders
sql <<'END'
create table kinds (id int primary key, i bigint, o oid, b bool, n numeric, x double precision, r real, da date, ts timestamp, tz timestamptz,
    tm time, by bytea, c char(20), v varchar(20), t text, u uuid);
insert into kinds select i, 9007199254740992 + i, 4294960000 + i, i % 2 = 0, 12345678901234567890 + i * 0.000000000000000000000000000001, i / 3.0,
    i / 7.0, date '1000-01-01' + i, timestamp '1969-12-31 23:59:59.99999' + i * interval '1 microsecond',
    timestamptz '2024-10-27 00:00:00' + i * interval '1 microsecond', time '00:00' + i * interval '1 second', decode(lpad(to_hex(i), 4, '0'), 'hex'),
    chr(9) || i, chr(224 + i % 20) || i, chr(128512 + i % 20) || i, (lpad(to_hex(i * 2000000), 8, '0') || '-0000-0000-0000-000000000000')::uuid
    from generate_series(1, 1000) i;
create table words (word text, n int);
insert into words values ('a', 1), ('A', 2), ('a ', 3), ('á', 4), ('', 5), (' ', 6), ('ß', 7);
END
for column in i o b n x r da ts tz tm by c v t u; do
    after_kill "kind_$column" "table: kinds, cursor: [$column, id]" "a cursor of $column"
    is "$(ids | sort -n | cksum) $(ids | wc -l)" "$(seq 1000 | cksum) 1000" "a cursor of $column: all of them"
done
probe= pipeline words "table: words, cursor: word"
run leat_run
is "$(sed 1d out.csv | wc -l)" 7 "texts that are nearly equal are all read"

# ---- MariaDB ----

begin MariaDB "connection: '$(odbc_mariadb my)', user: leat, password: '\${env:PASSWORD}'"
server=my
sql() { server_sql my -u leat "$@"; }
order_users
kills_order
ambiguous_order
null_order
incremental_order
returns_order # a run without a cursor has read all before its server goes away: so this driver does
sql <<'END'
create table kinds (id int, i bigint, u bigint unsigned, t tinyint, b bit(64), d decimal(65,30), da date,
    dt datetime(6), ts timestamp(6) null, tm time(6), y year, bn binary(4), vb varbinary(20), l varchar(20) character set latin1,
    e enum('z','b','a'), uu uuid, ip inet6, primary key (id));
insert into kinds select seq, 9007199254740992 + seq, 18446744073709550615 + seq, seq mod 2,
    18446744073709550615 + seq, 12345678901234567890 + seq * 0.000000000000000000000000000001, date '1000-01-01' + interval seq day,
    timestamp '1969-12-31 23:59:59.999990' + interval seq microsecond, timestamp '2024-10-27 00:00:00' + interval seq microsecond,
    sec_to_time(seq) - interval 1 hour, 1901 + seq mod 250, unhex(lpad(hex(seq * 4000000), 8, '0')), unhex(hex(seq)),
    convert(concat(char(224 + seq mod 20 using latin1), seq) using latin1), elt(1 + seq mod 3, 'a', 'b', 'z'),
    concat(lpad(hex(seq * 4000000), 8, '0'), '-0000-0000-0000-', lpad(hex(1000 - seq), 12, '0')), concat('2001:db8::', hex(seq))
    from seq_1_to_1000;
update kinds set dt = '0000-00-00', da = '2024-00-10', ts = '0000-00-00' where id = 7;
create table words (word varchar(20) collate utf8mb4_general_ci, l varchar(20) character set latin1, n int);
insert into words values ('a', 'a', 1), ('A', 'A', 2), ('a ', 'a ', 3), ('á', 'á', 4), ('', '', 5), (' ', ' ', 6), ('ß', 'ß', 7), ('s', 's', 8);
create table longs (n int primary key, w varchar(2000));
create table pages (id int primary key, pad text);
insert into pages select seq, repeat('x', 1000 + seq mod 7) from seq_1_to_40000;
END
for column in i u t b d da dt ts tm y bn vb l e uu ip; do
    after_kill "kind_$column" "table: kinds, cursor: [$column, id]" "a cursor of $column"
    is "$(ids | sort -n | cksum) $(ids | wc -l)" "$(sql <<<'select id from kinds where id <> 7' | cksum) 999" "a cursor of $column: all of them"
done
for column in word l; do
    probe= pipeline "words_$column" "table: words, cursor: $column"
    run leat_run
    is "$(sed 1d out.csv | wc -l)" 8 "texts that $column takes for equal are all read"
done
rm -f out.csv
probe= pipeline longs 'table: longs, cursor: w'
run leat_run
is "$status" 78 "a text that the server would not sort by all of it: exit status 78"
# What the driver keeps of a SELECT is no more than a page; all of it are 40 MB.
probe= pipeline pages 'table: pages, cursor: id'
run leat_run
is "$(ids | cksum)" "$(seq 40000 | cksum)" "a table is read in pages, each record once"

# ---- SQLite ----

begin SQLite "connection: '$(odbc_sqlite "$PWD/shop.db")'"
sql() { sqlite3 shop.db "$@"; }
sql <<'END'
create table users (id integer primary key, name text collate nocase, changed timestamp, born date, i int, b blob, pad text);
with recursive s(i) as (select 1 union all select i + 1 from s where i < 1000)
insert into users select i, case i % 2 when 0 then 'A' else 'a' end || (i / 2), datetime('2024-01-01', '+' || (i / 10) || ' minutes'),
    date('2000-01-01', '+' || i || ' days'), case when i = 7 then 'text' else 9007199254740992 + i end, cast('b' || i as blob), printf('%.10000c', 'x') from s;
create view same as select *, name || '' as grown, id + 0 as n from users;
END
after_kill one 'table: users, cursor: id' "a cursor of one column"
after_kill two 'table: users, cursor: [changed, id]' "of two, the first not unique"
after_kill name 'table: users, cursor: [name, id]' "of texts that NOCASE takes for equal"
after_kill born 'table: users, cursor: [born, id]' "of a date"
after_kill mixed 'table: users, cursor: [i, id]' "of numbers, one of them a text"
is "$(ids | wc -l) $(grep -c conversion_failed rejects.csv)" "999 1" "which is rejected"
after_kill bytes 'table: users, cursor: b' "of bytes"
after_kill view 'query: SELECT * FROM same, cursor: [grown, id]' "of an expression"
is "$(ids | wc -l)" 999 "all of them"
null_sql="insert into users values (2001, 'null 1', null, null, 0, null, ''), (2002, 'null 2', null, null, 0, null, ''), (2003, 'null 3', null, null, 0, null, '')"
sql <<<"update users set i = 1 where id = 7"
null_order
done_testing
