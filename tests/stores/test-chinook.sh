# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A sample shop that others have made, in the databases that it was made for: its customers come out of each
# as the same file, byte for byte.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
requires_data chinook
kinds=
[ ! -e "$top_builddir/plugins/.libs/extract-postgres.so" ] || kinds="postgres"
[ ! -e "$top_builddir/plugins/.libs/extract-mysql.so" ] || kinds="$kinds mysql"
[ "$kinds" ] || skip_all "no extract from a server is built"

# names FIELD,...: camel case, from snake case
camel='CustomerId FirstName LastName Company Address City State Country PostalCode Phone Fax Email SupportRepId'
snake='customer_id first_name last_name company address city state country postal_code phone fax email support_rep_id'

# customers NAME EXTRACT FIELDS
customers()
{
    local map= i=0 names=($camel)
    for field in $3; do
        map+="${names[i]}: \"\\\"$field\\\"\", "
        i=$((i + 1))
    done
    printf '%s\n' 'leat: 1' "name: $1" "extract: {$2}" "transform: [{map: {${map%, }}}]" "load: {csv: {path: $1.csv}}" >"$1.yaml"
    run leat run "$1.yaml"
    is "$status" 0 "the customers from $1"
}

customers sqlite "sqlite: {path: '$data/chinook.sqlite', table: Customer, cursor: CustomerId}" "$camel"
is "$(wc -l <sqlite.csv)" 60 "59 of them"
for kind in $kinds; do
    case $kind in
    postgres)
        server_start postgres pg
        # N'Edinburgh ' is of type char(n) to PostgreSQL, which takes the blank away before it is stored; the
        # table of SQLite has it.
        sed "s/, N'/, '/g" "$data/chinook-postgres.sql" | server_sql pg -d postgres >/dev/null 2>pg.err
        server_sql pg -d chinook -c 'grant select on all tables in schema public to leat'
        export PGPASSWORD=$server_password
        customers postgres "postgres: {host: 127.0.0.1, port: $pg_port, user: leat, database: chinook, table: customer, cursor: customer_id}" "$snake"
        ;;
    mysql)
        server_start mariadb my
        server_sql my <"$data/chinook-mysql.sql" >/dev/null 2>my.err
        server_sql my <<<"grant select on Chinook.* to leat@'%'" 2>/dev/null || server_sql my <<<"grant select on Chinook.* to leat@localhost"
        export PASSWORD=$server_password
        customers mysql "mysql: {host: 127.0.0.1, port: $my_port, user: leat, password: '\${env:PASSWORD}', database: Chinook, table: Customer, cursor: CustomerId}" "$camel"
        ;;
    esac
    same sqlite.csv "$kind.csv" "the same, byte for byte"
done
done_testing
