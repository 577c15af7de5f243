# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of PostgreSQL and MariaDB have in common. Read behind tests/lib/tap.sh; reads tests/servers/servers.sh.
#
#   needs PLUGIN                    skip_all unless it is built, extract-mysql, and its server installed. Sets $plugin,
#                                   mysql, and $server, what starts() calls it: pg or my
#   starts [OPTION=VALUE...]        the server, with these settings. sql() then takes SQL from standard input, as the owner
#                                   of shop, and $local is how a pipeline says where it is
#   connects                        pipelines find it by themselves: postgres by the environment, mysql by $connection,
#                                   the first of its options, which names the option file my.cnf
#   session SQL                     another session of the administrator's, $other, which does that and stays
#   session_does SQL, session_ends [SQL]   and does this, too; and ends, with this
#   pipeline NAME OPTIONS [LINE...]   p.yaml, from the database to out.jsonl and rejects.jsonl
#   reads_matrix QUERY              the table `matrix', of which `texts' are the server's own: each type, by the table and by
#                                   the query, and where other languages are spoken; leaves matrix.jsonl
#   reads_encoding ENCODING TEXT CURSOR [LOCALE]   a database of that encoding, db_ENCODING, with a table `t'
#   to_csv OPTIONS                  p.yaml, from the database to out.csv
#   refused OPTIONS STATUS REGEX WHAT   a run that ends with that, says why but no password, and writes nothing
#   allowed OPTIONS WHAT            a run that reads 100 rows
. "$top_srcdir/tests/servers/servers.sh"
connection=

needs()
{
    local package=libpq-dev
    plugin=${1#*-}
    server=pg
    [ "$plugin" = postgres ] || server=my package=libmariadb-dev
    [ -e "$top_builddir/plugins/.libs/$1.so" ] || skip_all "${1/-/ } is not built (apt-get install $package)"
    server_requires "$(_server_of)"
    requires python3
}

_server_of() { if [ "$plugin" = postgres ]; then echo postgres; else echo mariadb; fi; }

starts()
{
    local port=${server}_port
    server_start "$(_server_of)" $server "$@"
    local="host: 127.0.0.1, port: ${!port}, database: shop, user: leat, password: '\${env:PASSWORD}'"
    export PASSWORD=$server_password
}

sql() { server_sql "$server" -u leat "$@"; }

session()
{
    mkfifo session
    server_sql "$server" <session >/dev/null &
    other=$!
    exec 7>session
    rm session
    session_does "$1"
}

session_does() { echo "$1" >&7; }

session_ends()
{
    printf '%s\n' "$@" '\q' >&7
    exec 7>&-
    wait "$other"
}

connects()
{
    if [ "$plugin" = postgres ]; then
        export PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=leat PGPASSWORD=$server_password PGDATABASE=shop
        return
    fi
    connection="option_file: my.cnf, "
    cat >my.cnf <<END
[client]
host = 127.0.0.1
port = $my_port
user = leat
password = "$server_password"
[client-mariadb]
database = shop
END
}

# ---- exactness ----

pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: {$plugin: {$connection$2}}" 'load: {jsonl: {path: out.jsonl}}' \
        'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' "${@:3}" >p.yaml
    rm -f out.jsonl rejects.jsonl
}

reads_matrix()
{
    local locale
    pipeline matrix 'table: matrix, cursor: id'
    run leat run p.yaml
    is "$status" 0 "the matrix of types is read"
    types_compare "$plugin" out.jsonl rejects.jsonl texts
    mv out.jsonl matrix.jsonl
    pipeline query "$1"
    run leat run p.yaml
    same matrix.jsonl out.jsonl "and by a query the same"
    mkdir locales
    for locale in tr_TR.UTF-8 de_DE.UTF-8; do
        if localedef -i "${locale%.*}" -f UTF-8 "locales/$locale" >/dev/null 2>&1; then
            pipeline $locale 'table: matrix, cursor: id'
            run env LOCPATH="$PWD/locales" LC_ALL=$locale "$LEAT" run p.yaml
            same matrix.jsonl out.jsonl "under $locale the same"
        else
            skip "under $locale the same" "localedef cannot make it (apt-get install locales)"
        fi
    done
}

reads_encoding()
{
    server_database "$server" "db_$1" "$1" "${@:4}"
    sql -d "db_$1" <<<"create table t (id int primary key, x varchar(20), y text);
        insert into t values (1, 'plain', ''), (2, '$2', '$2')"
    pipeline "$1" "database: db_$1, table: t, cursor: $3"
    run leat run p.yaml
    is "$(cat out.jsonl)" '{"id":1,"x":"plain","y":""}
{"id":2,"x":"'"$2"'","y":"'"$2"'"}' "a database in $1"
}

# ---- what is refused ----

export WRONG=wrong-password READER=r

to_csv()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract:' "  $plugin: {$1}" 'load: {csv: out.csv}' >p.yaml
    rm -f out.csv
}

refused()
{
    to_csv "$1"
    run leat run p.yaml
    is "$status" "$2" "$4: exit status $2"
    like "$err" "$3" "and says why"
    unlike "$err$out" "$server_password|$WRONG" "and no password"
    [ ! -e out.csv ]
    ok $? "and nothing is written"
}

allowed()
{
    to_csv "$1"
    run leat run p.yaml
    is "$status $(grep -c '^[0-9]' out.csv)" "0 100" "$2"
}
