# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract odbc where a driver or a server refuses: what is not there, who we are, what we may, and what changes on the way.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/odbc.sh"
requires sqlite3
odbc_requires postgres mariadb sqlite
server_requires postgres mariadb
odbc_begin
server_start postgres pg
server_start mariadb my
export PASSWORD=$server_password WRONG=wrong-password READER='r;}{=[ x'
pg="connection: '$(odbc_postgres pg)', user: leat, password: '\${env:PASSWORD}'"
my="connection: '$(odbc_mariadb my)', user: leat, password: '\${env:PASSWORD}'"
lite="connection: '$(odbc_sqlite "$PWD/shop.db")'"

server_sql pg <<'END'
set role leat;
create table users (id int primary key, email text, secret text);
insert into users select i, 'u' || i, 's' from generate_series(1, 100) i;
create table hidden (id int);
create view slow as select i as id, pg_sleep(0.02)::text as s from generate_series(1, 1000) i;
create table numbers (id int primary key, x text);
insert into numbers values (1, '1'), (2, 'the-value-of-2'), (3, '3');
create function raise() returns int language plpgsql as 'begin raise exception ''the-value-of-2''; end';
create function w() returns int language plpgsql as 'begin insert into hidden values (1); return 1; end';
reset role;
create role reader login password 'r;}{=[ x';
grant select (id, email) on users to reader;
END
server_sql my --delimiter=// <<'END'
create table users (id int primary key, email text, secret text) //
insert into users select seq, concat('u', seq), 's' from seq_1_to_100 //
create table hidden (id int) //
create view slow as select seq as id, sleep(0.02) as s from seq_1_to_1000 //
create function raise() returns int begin signal sqlstate '45000' set message_text = 'the-value-of-2'; return 1; end //
create user reader@'%' identified by 'r;}{=[ x' // grant select (id, email) on shop.users to reader@'%' //
END
sqlite3 shop.db "create table users (id integer primary key, email text); insert into users select value, 'u' || value from generate_series(1, 100)" 2>/dev/null ||
    sqlite3 shop.db "create table users (id integer primary key, email text); with recursive s(i) as (select 1 union all select i + 1 from s where i < 100) insert into users select i, 'u' || i from s"

pipeline() { printf '%s\n' 'leat: 1' 'name: p' 'extract:' "  odbc: {$1}" 'load: {csv: out.csv}' >p.yaml; }

# refused OPTIONS STATUS REGEX WHAT
refused()
{
    pipeline "$1"
    run leat run p.yaml
    is "$status" "$2" "$4: exit status $2"
    like "$err" "$3" "and says why"
    unlike "$err$out" "$server_password|wrong-password|the-value-of-2" "and no password or value"
    [ ! -e out.csv ]
    ok $? "and nothing is written"
    rm -f out.csv
}

# allowed OPTIONS WHAT
allowed()
{
    pipeline "$1"
    run leat run p.yaml
    is "$status $(grep -c '^[0-9]' out.csv)" "0 100" "$2"
    rm -f out.csv
}

# ---- the connection ----

allowed "$pg, table: users" "PostgreSQL"
allowed "$my, table: users" "MariaDB"
allowed "$lite, table: users" "SQLite"
refused "${pg/PASSWORD/WRONG}, table: users" 69 'cannot connect by ODBC to driver .PostgreSQL Unicode., server 127.0.0.1, port [0-9]+, database shop, as leat: .*check user and password' \
    "PostgreSQL: a wrong password"
refused "${my/PASSWORD/WRONG}, table: users" 69 'server 127.0.0.1, port [0-9]+, database shop, as leat: .*check user and password' "MariaDB: a wrong password"
refused "${pg/shop/nowhere}, table: users" 69 'database nowhere, .*check the name of the database' "PostgreSQL: an unknown database"
refused "${my/shop/nowhere}, table: users" 69 'database nowhere, .*(check the name|check user)' "MariaDB: an unknown database"
refused "${lite/shop/nowhere}, table: users" 69 'nowhere.db' "SQLite: no such file"
[ ! -e nowhere.db ]
ok $? "and none is made"
refused "${pg/$pg_port/1}, table: users" 69 'port 1, .*is the server running' "PostgreSQL: no server"
refused "${my/$my_port/1}, table: users" 69 'port 1, .*is the server running' "MariaDB: no server"
refused "dsn: nowhere, table: users" 69 'to data source nowhere: .*is it in odbc.ini' "an unknown data source"
refused "connection: 'Driver={No Such};Server=x', table: users" 69 'to driver .No Such., server x: .*odbcinst' "an unknown driver"
printf '[Gone]\nDriver=/nowhere/libgone.so\n' >>odbc/odbcinst.ini
refused "connection: 'Driver=Gone;Server=x', table: users" 69 "driver Gone, .*is the driver's package installed" "a driver whose file is missing"
refused "connection: 'Driver=SQLite3;Database=shop.db;pwd=x', table: users" 78 'PWD does not belong here' "a password in the connection"
refused "connection: 'Driver=SQLite3;nonsense', table: users" 78 'no list of KEY=VALUE' "what is no connection string"
refused "connection: 'Server=x', table: users" 78 'names no Driver' "no driver"
refused "dsn: a, connection: 'Driver=SQLite3', table: users" 78 'leave one of them out' "two"
refused "table: users" 78 'dsn: NAME' "none"
odbc_dsn shop "Driver=PostgreSQL Unicode" Servername=127.0.0.1 "Port=$pg_port" Database=shop Username=leat "Password=$server_password"
allowed 'dsn: shop, table: users' "all from a data source"
allowed "dsn: shop, user: leat, password: '\${env:PASSWORD}', table: users" "user and password go before it"
allowed "dsn: shop, connection: 'Database=shop;Fetch=7', table: users" "and so do words beside it"
refused "dsn: shop, user: reader, password: '\${env:READER}', table: users" 69 'permission denied' "a password with all that means something"
pipeline "dsn: shop, user: reader, password: '\${env:READER}', query: 'SELECT id, email FROM users'"
run leat run p.yaml
is "$status" 0 "the columns that one may see"
pipeline "${my/user: leat/user: reader}, query: 'SELECT id, email FROM users'"
sed -i 's/env:PASSWORD/env:READER/' p.yaml
run leat run p.yaml
is "$status" 0 "MariaDB: the same"
rm -f out.csv
pipeline 'dsn: nowhere, table: users'
run leat check p.yaml
is "$status" 0 "check does not ask"
like "$out$err" 'was not asked|--connect' "and says so"
run leat check --connect p.yaml
isnt "$status" 0 "check --connect does"

# ---- what may be read ----

for kind in pg my lite; do
    refused "${!kind}, table: user_s" 78 'user_s' "$kind: an unknown table"
    refused "${!kind}, table: users, cursor: idd" 78 'no column idd' "$kind: an unknown column of the cursor"
    refused "${!kind}, query: 'SELECT nope FROM users'" 78 'nope' "$kind: an unknown column"
    refused "${!kind}, query: 'SELEC 1'" 78 'fails|columns' "$kind: what is no SQL"
    refused "${!kind}, query: 'SELECT id, id FROM users'" 78 'two columns are called id|uplicate' "$kind: two columns of one name"
    refused "${!kind}, query: 'SELECT id FROM users WHERE id = ?'" 78 'leave the quotes away' "$kind: a mark of its own"
    for write in "DELETE FROM users" "INSERT INTO users (id) VALUES (2000)" "DROP TABLE users"; do
        refused "${!kind}, query: '$write'" 78 '.' "$kind: a query that writes is refused: ${write%% *}"
    done
    allowed "${!kind}, table: users, cursor: id" "$kind: and nothing is gone"
done
refused "$pg, query: 'SELECT w() AS w'" 78 'read-only' "not even by a function"
refused "$pg, table: hidden, user: reader" 78 'user' "an option that stands there twice"
refused "$my, query: 'SELECT id FROM mysql.user'" 69 "denied" "MariaDB: a table that one may not see"
refused "$pg, query: 'SELECT CAST(x AS integer) AS n FROM numbers'" 65 'invalid input syntax' "a value that the query cannot take"
refused "$pg, query: 'SELECT raise() AS n'" 65 'raised an error of its own' "an error that the database makes up"
refused "$my, query: 'SELECT raise() AS n'" 65 'raised an error of its own' "MariaDB: the same"
for kind in pg my; do
    pipeline "${!kind}, table: slow, timeout: 1s"
    run leat run p.yaml
    is "$status" 74 "$kind: a statement that takes too long: exit status 74"
    rm -f out.csv
done

# ---- a stop while the server is at work ----

stopped()
{
    local kind=$1 has_ended
    "$LEAT" run p.yaml >"$out_file" 2>"$err_file" &
    pid=$!
    until_true $pid "asked_$kind" 1
    kill -TERM $pid
    has_ended() { ! kill -0 $pid 2>/dev/null; }
    until_true $$ has_ended || kill -KILL $pid
    status=0
    wait $pid || status=$?
    is "$status" 143 "$kind: stopped while the server is at work: exit status 143"
    until_true $$ "asked_$kind" 0
    ok $? "and the server leaves it off"
    rm -f out.csv
}
asked_pg() { [ "$(server_sql pg <<<"select count(*) from pg_stat_activity where usename = 'leat' and state = 'active' and query like '%pg_sleep(600)%'")" = "$1" ]; }
asked_my() { [ "$(server_sql my <<<"select count(*) from information_schema.processlist where user = 'leat' and info like '%sleep(600)%'")" = "$1" ]; }
pipeline "$pg, query: 'SELECT CAST(pg_sleep(600) AS text) AS x'"
stopped pg
pipeline "$my, query: 'SELECT sleep(600) AS x'"
stopped my

# ---- a stop while the server says nothing ----

server_sql pg -u leat <<<"create table wide as select i as id, repeat('x', 2000)::varchar(2000) as x from generate_series(1, 3000) i"
server_sql my -u leat <<<"create table wide (id int primary key, x varchar(2000)); insert into wide select seq, repeat('x', 2000) from seq_1_to_3000"

# A server's processes, of which none goes on when the first does not.
signal_all()
{
    kill "-$1" "$2"
    # shellcheck disable=SC2046
    kill "-$1" $(grep -lsE "^PPid:[[:space:]]+$2\$" /proc/[0-9]*/status | sed 's|[^0-9]||g') 2>/dev/null
}

# silent KIND WHAT COMMAND...: the server is frozen once the command succeeds. It ends without the core's last resort,
# 35 s after the stop.
silent()
{
    local kind=$1 what=$2 server=$1_pid has_ended end
    shift 2
    find . -name '*out.csv*' -delete
    "$LEAT" run --restart --plugin-dir "$top_builddir/tests/plugins/.libs" --set batch_rows=10 --set checkpoint=0s p.yaml \
        >"$out_file" 2>"$err_file" &
    pid=$!
    until_true $pid "$@"
    at_exit signal_all CONT "${!server}" 2>/dev/null
    signal_all STOP "${!server}"
    kill -TERM $pid
    end=$((SECONDS + 25))
    has_ended() { ! kill -0 $pid 2>/dev/null || [ $SECONDS -ge $end ]; }
    until_true $$ has_ended
    ! kill -KILL $pid 2>/dev/null
    ok $? "$kind: $what, and the server says nothing: it ends within 25 s"
    signal_all CONT "${!server}"
    status=0
    wait $pid || status=$?
    is "$status" 143 "with exit status 143"
}
written() { [ -n "$(find . -name '*out.csv*' -size +0)" ]; }
for kind in pg my; do
    sleep='sleep(600)'
    [ $kind = my ] || sleep='CAST(pg_sleep(600) AS text)'
    pipeline "${!kind}, query: 'SELECT $sleep AS x'"
    silent $kind "stopped while it asks" "asked_$kind" 1
    pipeline "${!kind}, table: wide, cursor: id"
    echo 'transform: [{probe: slow}]' >>p.yaml
    silent $kind "stopped between two rows" written
done
find . -name '*out.csv*' -delete

# ---- what changes on the way ----

server_sql pg -u leat <<<"alter table users add column late text"
pipeline "$pg, table: users, cursor: id"
run leat run --restart p.yaml
is "$(head -n 1 out.csv)" "id,email,secret,late" "a new column is read by the next run"
rm -f out.csv
done_testing
