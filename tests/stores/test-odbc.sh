# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract odbc by the drivers for PostgreSQL, MariaDB and SQLite: each type, and what is read.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/odbc.sh"
. "$top_srcdir/tests/stores/types.sh"
requires python3 sqlite3
odbc_requires postgres mariadb sqlite
server_requires postgres mariadb
odbc_begin
server_start postgres pg
server_start mariadb my
export PASSWORD=$server_password
user="user: leat, password: '\${env:PASSWORD}'"
declare -A to=([postgres]="connection: '$(odbc_postgres pg)', $user" [mariadb]="connection: '$(odbc_mariadb my)', $user" \
    [sqlite]="connection: '$(odbc_sqlite "$PWD/shop.db")'")
sql()
{
    case $1 in
    postgres) server_sql pg -u leat "${@:2}" ;;
    mariadb) server_sql my -u leat "${@:2}" ;;
    sqlite) sqlite3 "${@:2}" shop.db ;;
    esac
}
kinds="postgres mariadb sqlite"

# pipeline KIND NAME OPTIONS [LINE...]: p.yaml, by ODBC to JSON Lines
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $2" "extract: {odbc: {${to[$1]}, $3}}" 'load: {jsonl: {path: out.jsonl}}' \
        'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' "${@:4}" >p.yaml
    rm -f out.jsonl rejects.jsonl
}

# ---- types ----

postgres_settings="set datestyle = 'ISO'; set timezone = 'UTC'; set intervalstyle = 'iso_8601'; set lc_monetary = 'C';"
# The servers' own texts.
texts()
{
    local settings="set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';"
    case $1 in
    postgres)
        { echo "$postgres_settings"; types texts odbc-postgres; } | sql postgres
        ;;
    mariadb)
        grep -v '^#' "$top_srcdir/tests/stores/odbc-mariadb-types.tsv" | cut -f 1 >type-of
        types texts odbc-mariadb 'CAST(%s AS CHAR)' >as-text
        types texts odbc-mariadb 'HEX(%s)' >as-digits
        paste type-of as-text as-digits | awk -F '\t' -v settings="$settings" \
            'BEGIN { print settings } { print $1 ~ /^(bit|binary|varbinary|.*blob)/ ? $3 : $2 }' | sql mariadb
        ;;
    sqlite) types texts odbc-sqlite | sql sqlite ;;
    esac
}
{ echo "set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';"; types sql odbc-mariadb; } | sql mariadb
{ types_setup odbc-postgres; echo "$postgres_settings"; types sql odbc-postgres; } | sql postgres
types sql odbc-sqlite | sql sqlite
mkdir locales
for locale in tr_TR.UTF-8 de_DE.UTF-8; do
    localedef -i "${locale%.*}" -f UTF-8 "locales/$locale" >/dev/null 2>&1 || locales_fail=1
done
for kind in $kinds; do
    texts $kind >texts
    pipeline $kind matrix 'table: matrix, cursor: id'
    run leat run p.yaml
    is "$status" 0 "$kind: the matrix of types is read"
    types_compare odbc-$kind out.jsonl rejects.jsonl texts
    mv out.jsonl matrix.jsonl
    mv rejects.jsonl matrix-rejects.jsonl
    pipeline $kind query 'query: SELECT * FROM matrix, cursor: id'
    run leat run p.yaml
    same matrix.jsonl out.jsonl "$kind: and by a query the same"
    pipeline $kind rows 'table: matrix, cursor: id, block: 1'
    run leat run p.yaml
    same matrix.jsonl out.jsonl "$kind: row by row the same"
    pipeline $kind blocks 'table: matrix, cursor: id, block: 7'
    run leat run p.yaml
    same matrix.jsonl out.jsonl "$kind: seven rows at once the same"
    same matrix-rejects.jsonl rejects.jsonl "$kind: and the same rejects"
    for locale in tr_TR.UTF-8 de_DE.UTF-8; do
        if [ -z "${locales_fail-}" ]; then
            pipeline $kind $locale 'table: matrix, cursor: id'
            run env LOCPATH="$PWD/locales" LC_ALL=$locale "$LEAT" run p.yaml
            same matrix.jsonl out.jsonl "$kind: under $locale the same"
        else
            skip "$kind: under $locale the same" "localedef cannot make it (apt-get install locales)"
        fi
    done
done

# ---- what is read ----

declare -A odd=([postgres]='"Odd "".name"' [mariadb]='`Odd ``.name`' [sqlite]='"Odd "".name"') \
    name=([postgres]="'\"Odd \"\".name\"'" [mariadb]="'\`Odd \`\`.name\`'" [sqlite]="'\"Odd \"\".name\"'")
sql postgres <<<"create view ns as select i as n from generate_series(1, 1000) i; set client_min_messages = error; create schema other; create table other.users (id int primary key); insert into other.users values (7)"
sql mariadb <<<"create view ns as select seq as n from seq_1_to_1000"
server_database my other
sql mariadb -d other <<<"create table users (id int primary key); insert into users values (7)"
sql sqlite <<<"create view ns as with recursive s(i) as (select 1 union all select i + 1 from s where i < 1000) select i as n from s"
for kind in $kinds; do
    email="'u' || n || '@example.com'"
    [ $kind != mariadb ] || email="concat('u', n, '@example.com')"
    sql $kind <<END
create table ${odd[$kind]} (id int primary key, leat int);
insert into ${odd[$kind]} values (1, 2);
create table users (id bigint primary key, email varchar(100), n int not null, pad text);
insert into users select n, $email, n % 7, '' from ns;
END
    pipeline $kind "odd_$kind" "table: ${name[$kind]}"
    run leat run p.yaml
    is "$(cat out.jsonl)" '{"id":1,"leat":2}' "$kind: a name with a quote and a dot"
    pipeline $kind "view_$kind" 'table: ns, cursor: n'
    run leat run p.yaml
    is "$(wc -l <out.jsonl)" 1000 "$kind: a view"
    pipeline $kind "order_$kind" 'query: "SELECT id, email FROM users ORDER BY n, id DESC"'
    run leat run p.yaml
    is "$(sed 's/,.*//; 3q' out.jsonl | tr '\n' ' ')" '{"id":994 {"id":987 {"id":980 ' "$kind: the order of a query without a cursor"
    pipeline $kind "bound_$kind" "query: \"SELECT id, \${param:x} AS x, \${param:y} AS y FROM users WHERE email <> \${param:no} -- all of them;\", cursor: id" \
        "params: {x: {default: 'a\\b''\"é😀'}, y: {default: ''}, no: {default: \"x' OR 'a' = 'a\"}}"
    run leat run p.yaml
    is "$(wc -l <out.jsonl) $(head -n 1 out.jsonl)" '1000 {"id":1,"x":"a\\b'"'"'\"é😀","y":""}' "$kind: values come back as they went"
    pipeline $kind "literal_$kind" "query: \"SELECT id FROM users WHERE email = '\${param:x}'\"" "params: {x: {default: a}}"
    run leat run p.yaml
    is "$status" 78 "$kind: a variable within a text: exit status 78"
    pipeline $kind "preview_$kind" 'table: users'
    run leat preview p.yaml
    like "$out" 'u1@example.com' "$kind: preview shows a bare table"
done
for kind in postgres mariadb; do
    pipeline $kind "other_$kind" 'table: other.users'
    run leat run p.yaml
    is "$(cat out.jsonl)" '{"id":7}' "$kind: a table of another schema or database"
done
server_database pg latin1 LATIN1 C
server_database my latin1 latin1
for kind in postgres mariadb; do
    sql $kind -d latin1 <<<"create table t (id int primary key, x varchar(20), y text); insert into t values (1, 'plain', ''), (2, 'Zoë', 'Zoë')"
    to[$kind]=${to[$kind]/atabase=shop/atabase=latin1}
    to[$kind]=${to[$kind]/DATABASE=shop/DATABASE=latin1}
    pipeline $kind "latin1_$kind" 'table: t, cursor: [x, id]'
    run leat run p.yaml
    is "$(cat out.jsonl)" $'{"id":2,"x":"Zoë","y":"Zoë"}\n{"id":1,"x":"plain","y":""}' "$kind: a database in another encoding"
done

done_testing
