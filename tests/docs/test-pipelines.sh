# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Everything in pipelines/ runs as it is, and ./bootstrap demo shows what it should.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/cognito/double.sh"
cp -R "$top_srcdir/pipelines" .
chmod -R u+w pipelines
mkdir -p build/demo

# The demo first: it makes the shop that others read.
run env LEAT="$LEAT" bash pipelines/demo.sh
is "$status" 0 "the demo ends well"
like "$out" '^  read +10,000$' "it shows the books"
like "$out" 'the books balance' "which balance"
like "$out" '^,Mei-Lin,' "the first lines of the import file"
like "$out" 'email is not an e-mail address' "rejects with their reasons"
like "$out" 'leat run pipelines/main-job.yaml --load plain' "and the way on"
is "$err" "" "and has nothing to complain about"
is "$(grep -c . build/demo/users.csv)" "$(($(grep -o '"loaded":[0-9]*' build/demo/report.json | grep -o '[0-9]*') + 1))" \
    "the import file has a line for each user loaded, and a header"
is "$(wc -l <build/demo/users.csv.lines)" "$(($(wc -l <build/demo/users.csv) - 1))" "and a line map"
unlike "$(cat build/demo/rejects.csv)" 'password_hash|\$2[aby]\$' "no password hash is in the reject file"
run env LEAT="$LEAT" DEMO="$scratch/elsewhere" bash pipelines/demo.sh
is "$status" 0 "the demo works in another folder"
[ -s elsewhere/users.csv ]
ok $? "and leaves its files there"

run leat run pipelines/main-job.yaml --load plain
is "$status" 0 "--load swaps the load"
like "$(head -n 1 build/demo/users-plain.csv)" '^cognito:username,email,' "and nothing else changes"

# The shop in a server, for those that read it there.
shop_in_postgres()
{
    server_start postgres pg
    server_sql pg -u leat -c 'create table users (id bigint primary key, email text, email_verified text, first_name text,
        last_name text, phone text, country text, status text, updated_at timestamptz)'
    sqlite3 -csv build/demo/shop.db 'select id, email, email_verified, first_name, last_name, phone, country, status, updated_at from users' |
        server_sql pg -u leat -c '\copy users from pstdin csv'
    export SHOP_URL="postgresql://leat:$server_password@127.0.0.1:$pg_port/shop"
}

shop_in_mysql()
{
    server_start mariadb my
    {
        echo 'create table users (id bigint primary key, email varchar(200), email_verified boolean, first_name varchar(100),
            last_name varchar(100), phone varchar(50), country char(2), status varchar(20), updated_at datetime(6));'
        sqlite3 -cmd '.mode insert users' build/demo/shop.db "select id, email, lower(email_verified) in ('t', 'true', '1', 'yes'),
            first_name, last_name, phone, country, status, replace(updated_at, 'Z', '') from users"
    } | server_sql my -u leat
    printf '%s\n' '[client]' 'host = 127.0.0.1' "port = $my_port" 'user = leat' "password = $server_password" >my.cnf
    export SHOP_CNF=$PWD/my.cnf
}

shop_in_mongodb()
{
    mongodb_start mo
    sqlite3 build/demo/shop.db "select json_object('_id', id, 'email', email, 'email_verified', email_verified,
        'name', json_object('first', first_name, 'last', last_name), 'phone', phone, 'address', json_object('country', country),
        'status', status, 'updated_at', json_object('\$date', replace(updated_at, ' ', 'T'))) from users" | mongodb_put mo users
    export SHOP_URL=${mo_url}$mo_database
}

# The SQLite driver, and the shop as it is.
shop_in_odbc()
{
    mkdir odbc
    cp /usr/share/sqliteodbc/unixodbc.ini odbc/odbcinst.ini
    : >odbc/odbc.ini
    export ODBCSYSINI=$PWD/odbc ODBCINI=$PWD/odbc/odbc.ini
}

# The pool of the pipeline, with some users in it.
pool_in_double()
{
    [ -e "$top_builddir/plugins/.libs/extract-cognito.so" ] || { note "cognito-backup, shop-to-pool: not built"; return 1; }
    [ -z "${double_url-}" ] || return 0
    cat >pool.json <<'END'
{"Id": "eu-central-1_AbCdEfGhI", "Name": "shop", "AutoVerifiedAttributes": ["email"], "Schema": [
 {"Name": "legacy_id", "AttributeDataType": "String", "Mutable": true}, {"Name": "mig_id", "AttributeDataType": "String", "Mutable": true}]}
END
    double_start --scale 0 --pools pool.json
    double_post users '{"pool": "eu-central-1_AbCdEfGhI", "generate": 100}'
}

# shop_in KIND SERVER: false where it is not built
shop_in()
{
    [ -e "$top_builddir/plugins/.libs/extract-$1.so" ] || { note "from-$1: not built"; return 1; }
    if [ "$1" = odbc ]; then
        [ -e /usr/share/sqliteodbc/unixodbc.ini ] || { note "from-odbc: no driver (apt-get install libsqliteodbc)"; return 1; }
        shop_in_odbc
        return
    fi
    [ "$1" = mongodb ] && [ "${LEAT_TEST_MONGODB_URL-}" ] || server_there "$2" || [ "${CI-}" = true ] || { note "from-$1: no server"; return 1; }
    "shop_in_$1"
}

for pipeline in pipelines/*.yaml; do
    name=$(basename "$pipeline" .yaml)
    case $name in
    from-postgres) shop_in postgres postgres || continue ;;
    from-mysql) shop_in mysql mariadb || continue ;;
    from-mongodb) shop_in mongodb mongodb || continue ;;
    cognito-backup | shop-to-pool) pool_in_double || continue ;;
    from-odbc) shop_in odbc '' || continue ;;
    esac
    run leat check "$pipeline"
    is "$status" 0 "leat check takes $name"
    if grep -q '^tests:' "$pipeline"; then
        run leat test "$pipeline"
        is "$status" 0 "its tests pass"
        [ "$status" -eq 0 ] || note "$out"
    fi
    run leat preview "$pipeline"
    is "$status" 0 "leat preview shows it"
    run leat plan "$pipeline"
    is "$status" 0 "leat plan plans it"
    [ "$name" != make-shop ] || rm build/demo/shop.db
    run leat run "$pipeline"
    is "$status" 0 "it runs"
    is "$out$err" "" "silently, without a terminal"
done
for other in build/users-from-{mysql,mongodb}.csv; do
    [ ! -e build/users-from-postgres.csv ] || [ ! -e "$other" ] || same build/users-from-postgres.csv "$other" "$other is that from postgres"
done
[ ! -e build/users-of-pool.jsonl ] || is "$(grep -c '"groups":\[' build/users-of-pool.jsonl)" 100 "cognito-backup has all users of the pool"
is "$(cat build/members.csv)" 'member;name;email;joined;plan
1;Ada Lovelace;ada@example.org;2023-01-15;gold
2;Babbage, Charles;charles@example.org;2023-02-15;silver
6;"Grace ""Amazing"" Hopper";grace@example.org;2023-06-02;none' "csv-to-csv writes what it should"
is "$(wc -l <build/members-rejected.csv)" 3 "and rejects two"
is "$(grep -c . build/tags.csv)" 8 "every-transform makes seven records"
done_testing
