# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# transform lookup, asking the servers: the same of each, a key found as its collation finds it, and a
# connection that was lost is opened again.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
requires sqlite3 python3

sqlite3 shop.db 'create table users (id integer primary key, email text);
    insert into users select value, case value % 5 when 0 then null else char(97 + value % 26) || value || char(64) || char(120) end
        from generate_series(1, 3000)'
# Of every third user three groups, of the others none.
groups="select value * 3 as uid, 'group ' || g.column1 as name, g.column1 as rank from generate_series(1, 900), (values (3), (1), (2)) as g"
sqlite3 shop.db "create table groups (uid bigint, name text, rank bigint); insert into groups $groups"
sqlite3 shop.db "select json_object('id', u.id, 'groups', json(case when count(g.uid) then json_group_array(g.name) else '[]' end),
    'ranks', json(case when count(g.uid) then json_group_array(g.rank) else '[]' end))
    from users u left join (select * from groups order by uid, rank) g on g.uid = u.id group by u.id order by u.id" >wanted.jsonl

# looks_up NAME STORE [LINE...]: what it finds is what SQLite joins
looks_up()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {sqlite: {path: shop.db, table: users, cursor: id}}' 'transform:' \
        '  - drop: email' "  - lookup: {from: {$2}, on: {uid: id}, take: [{groups: name}, {ranks: rank}], many: list}" "${@:3}" \
        'load: {jsonl: out.jsonl}' 'batch_rows: 300' >p.yaml
    rm -f out.jsonl
    run leat run p.yaml
    is "$status" 0 "$1: exit status 0"
    [ "$status" -eq 0 ] || note "$err"
    same out.jsonl wanted.jsonl "$1: every group of every user"
}

# One key with more records than a batch takes, and 40 that have more together.
sqlite3 shop.db 'create table crowd (id bigint, n bigint); insert into crowd select 5, value from generate_series(1, 5000);
    insert into crowd select 100 + value % 40, value from generate_series(0, 7999)'
sqlite3 shop.db "select 'insert into crowd values ' || group_concat('(' || id || ',' || n || ')') || ';' from crowd group by n / 1000" >crowd.sql

# crowded NAME STORE, which has the table crowd
crowded()
{
    printf '%s\n' 'leat: 1' 'name: c' 'extract: {sqlite: {path: shop.db, query: SELECT id FROM users WHERE id < 150, cursor: id}}' \
        "transform: [{lookup: {from: {$2}, on: id, take: n, many: list}}]" \
        'load: {jsonl: out.jsonl}' 'rejects: {csv: rejects.csv}' 'max_rejects: 1' >c.yaml
    rm -f out.jsonl rejects.csv
    run leat run c.yaml
    is "$status $(cut -d , -f 1,4 rejects.csv | tail -n 1)" '0 5,too_many_found' "$1: a key with too many records is rejected"
    is "$(grep -c '"n":\[[0-9]*\(,[0-9]*\)\{199\}\]' out.jsonl)" 40 "$1: and 40 keys with 200 each have them all"
}

# cut_off NAME PORT STORE: the same, though the connection that asks is cut after 20,000 bytes of answers
cut_off()
{
    mkfifo fifo
    python3 "$top_srcdir/tests/doubles/proxy.py" --to "127.0.0.1:$2" --cut-after 1000000000,20000 --log proxy.log >fifo &
    proxy=$!
    read -r CUT_PORT <fifo
    export CUT_PORT
    looks_up "$1, cut" "$3"
    like "$err" 'lookup: .*trying again in [0-9]+ ms \(1 of 8\)' "$1, cut: it is said that it is asked again"
    kill $proxy
    wait $proxy 2>/dev/null
    is "$(grep -c ' reset$' proxy.log)" 1 "$1, cut: and it was"
    rm fifo proxy.log
}

# ---- PostgreSQL ----

if [ -e "$top_builddir/plugins/.libs/extract-postgres.so" ] && { [ "${CI-}" = true ] || server_there postgres; }; then
    server_requires postgres
    server_start postgres pg
    server_sql pg -u leat <<<"create table groups as select value * 3 as uid, 'group ' || g.column1 as name, g.column1 as rank
        from generate_series(1, 900) as value, (values (3), (1), (2)) as g; create index on groups (uid)"
    export PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=leat PGPASSWORD=$server_password PGDATABASE=shop
    looks_up postgres 'postgres: {query: "SELECT CAST(uid AS bigint) AS uid, name, rank FROM groups"}'
    looks_up "postgres, a table" 'postgres: {table: groups}'
    { echo 'create table crowd (id bigint, n bigint); create index on crowd (id);'; cat crowd.sql; } | server_sql pg -u leat
    crowded postgres 'postgres: {table: crowd}'
    cut_off postgres "$pg_port" "postgres: {port: '\${env:CUT_PORT}', table: groups}"
    server_sql pg -u leat <<<"create collation anyhow (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table people (email text collate anyhow primary key, name text); insert into people values ('B1@X', 'b'), ('C2@x', 'c')"
    printf '%s\n' 'leat: 1' 'name: q' 'extract: {sqlite: {path: shop.db, query: "SELECT id, email FROM users WHERE id < 4", cursor: id}}' \
        'transform: [{lookup: {from: {postgres: {table: people}}, on: email, take: name}}]' 'load: {csv: out.csv}' >q.yaml
    run leat run q.yaml
    is "$(cat out.csv)" $'id,email,name\n1,b1@x,b\n2,c2@x,c\n3,d3@x,' "postgres: what is equal the collation says"
    server_sql pg -u leat <<<"create view slow as select uid, name, rank, pg_sleep(0.05)::text as zz from groups;
        create table heavy as select 7::bigint as id, repeat('x', 1000) as what from generate_series(1, 100000)"
    printf '%s\n' 'leat: 1' 'name: r' 'extract: {sqlite: {path: shop.db, query: "SELECT id FROM users", cursor: id}}' \
        'transform: [{lookup: {from: {postgres: {table: slow}}, on: {uid: id}, take: zz, many: first, timeout: 500ms}}]' 'load: {csv: out.csv}' >r.yaml
    run leat run r.yaml
    is "$status" 74 "postgres: an answer that takes longer than it may"
    like "$err" 'lookup: the server gives no answer in time' "and it is said"
    sed -i 's/table: slow/table: heavy/; s/{uid: id}/id/; s/take: zz/take: what/; s/, timeout: 500ms//' r.yaml
    echo 'max_rejects: 1' >>r.yaml
    echo 'rejects: {csv: rejects.csv}' >>r.yaml
    sanitized && limit=unlimited || limit=400000 # a sanitizer maps more than there is
    run bash -c "ulimit -v $limit; exec \"\$LEAT\" run r.yaml"
    is "$status $(cut -d, -f1,4 rejects.csv | tail -n 1)" '0 7,too_many_found' "postgres: 100 MB of records of one key are not fetched"
    export PGPASSWORD=wrong
    run leat run q.yaml
    is "$status" 69 "postgres: who is refused is told before a record moves"
    like "$err" 'lookup: postgres: cannot connect to PostgreSQL at 127.0.0.1 .*check user and password' "by the stage that asks"
    export PGPASSWORD=$server_password
else
    skip "what PostgreSQL has" "extract postgres is not built, or there is no server (apt-get install libpq-dev postgresql)"
fi

# ---- MariaDB ----

if [ -e "$top_builddir/plugins/.libs/extract-mysql.so" ] && { [ "${CI-}" = true ] || server_there mariadb; }; then
    server_requires mariadb
    server_start mariadb my
    server_sql my -u leat <<<"create table grp (uid bigint, name varchar(20), \`rank\` int, key (uid));
        insert into grp select s.seq * 3, concat('group ', r.seq), r.seq from seq_1_to_900 as s, seq_1_to_3 as r order by r.seq desc"
    export MY_PASSWORD=$server_password
    looks_up mariadb "mysql: {host: 127.0.0.1, port: $my_port, user: leat, password: '\${env:MY_PASSWORD}', database: shop, table: grp}"
    { echo 'create table crowd (id bigint, n bigint, key (id));'; cat crowd.sql; } | server_sql my -u leat
    crowded mariadb "mysql: {host: 127.0.0.1, port: $my_port, user: leat, password: '\${env:MY_PASSWORD}', database: shop, table: crowd}"
    cut_off mariadb "$my_port" "mysql: {host: 127.0.0.1, port: '\${env:CUT_PORT}', user: leat, password: '\${env:MY_PASSWORD}', database: shop, table: grp}"
else
    skip "what MariaDB has" "extract mysql is not built, or there is no server (apt-get install libmariadb-dev mariadb-server-core)"
fi

# ---- MongoDB ----

if [ -e "$top_builddir/plugins/.libs/extract-mongodb.so" ] &&
    { [ "${CI-}" = true ] || [ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_there mongodb; }; then
    [ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_requires mongodb
    mongodb_start m
    export m_url
    sqlite3 shop.db "select json_object('uid', uid, 'name', name, 'rank', rank) from groups" | mongodb_put m groups
    looks_up mongodb "mongodb: {url: '\${env:m_url}', database: $m_database, collection: groups, fields: {uid: int64, name: text, rank: int64}}"
    sqlite3 shop.db "select json_object('id', id, 'n', n) from crowd" | mongodb_put m crowd
    crowded mongodb "mongodb: {url: '\${env:m_url}', database: $m_database, collection: crowd, fields: {id: int64, n: int64}}"
else
    skip "what MongoDB has" "extract mongodb is not built, or there is no server (install Go 1.24 or newer, or put a mongod on the PATH)"
fi

# ---- ODBC ----

if [ -e "$top_builddir/plugins/.libs/extract-odbc.so" ] && . "$top_srcdir/tests/stores/odbc.sh" && odbc_there sqlite; then
    odbc_begin
    sqlite3 shop.db 'create index groups_uid on groups (uid); create index crowd_id on crowd (id)'
    looks_up odbc "odbc: {connection: 'Driver=SQLite3;Database=$PWD/shop.db', table: groups}"
    crowded odbc "odbc: {connection: 'Driver=SQLite3;Database=$PWD/shop.db', table: crowd}"
else
    skip "what ODBC has" "extract odbc is not built, or there is no driver (apt-get install unixodbc-dev libsqliteodbc)"
fi

done_testing
