#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# stores.sh USERS DOCUMENTS COMMAND...: runs the command with database servers beside it that hold the users of a
# CSV file in a table `users', or of a file of JSON lines in a collection; it is told of them by the environment
# (PGHOST, LEAT_BENCH_PSQL and so on). A server that is not installed, or that no job of LEAT_BENCH_ONLY is
# about, is left out.
users=$1 documents=$2
shift 2
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
top_builddir=${LEAT%/leat}
export TMPDIR=${TMPDIR:-/tmp}
LEAT=${LEAT:?} VERSION=
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
columns='id bigint primary key, username text, email text, email_verified text, first_name text, last_name text,
    phone text, birthdate text, country text, created_at timestamp, updated_at timestamp, status text,
    password_hash text, roles text, address text'

# wanted PLUGIN SERVER
wanted()
{
    case " ${LEAT_BENCH_ONLY:-$1-raw} " in *" $1-"*) ;; *) return 1 ;; esac
    [ -e "$top_builddir/plugins/.libs/extract-$1.so" ] && server_there "$2"
}

if wanted postgres postgres; then
    server_start postgres pg shared_buffers=1GB max_wal_size=4GB autovacuum=off >&2
    server_sql pg -u leat -c "create table users ($columns)" >&2
    server_sql pg -u leat -c '\copy users from pstdin csv header' <"$users" >&2
    server_sql pg -u leat -c 'vacuum analyze users' >&2
    export PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=leat PGPASSWORD=$server_password PGDATABASE=shop LEAT_BENCH_PSQL=$_postgres_bin/psql \
        LEAT_BENCH_POSTMASTER=$pg_pid
fi
if wanted mysql mariadb; then
    server_start mariadb my innodb_buffer_pool_size=1G innodb_log_file_size=512M >&2
    names=$(head -n 1 "$users")
    {
        echo "create table users (${columns//timestamp/datetime});"
        echo "load data local infile '$users' into table users character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' escaped by ''"
        echo "ignore 1 lines (@${names//,/, @}) set $(sed -E 's/[a-z_]+/&=nullif(@&, "")/g' <<<"$names");"
        echo 'analyze table users;'
    } | server_sql my -u leat --local-infile >&2
    export LEAT_BENCH_MYSQL_PORT=$my_port LEAT_BENCH_MYSQL_PASSWORD=$server_password
    LEAT_BENCH_MARIADB="$_mariadb_client --no-defaults --default-character-set=utf8mb4 --host=127.0.0.1 --port=$my_port --user=leat
        --password=$server_password shop"
    export LEAT_BENCH_MARIADB
fi
if wanted mongodb mongodb; then
    mongodb_start mo >&2
    sed 's/^{"id":/{"_id":/' "$documents" | mongodb_put mo users >&2
    export LEAT_BENCH_MONGODB_URL=$mo_url LEAT_BENCH_MONGODB_DATABASE=$mo_database
fi
"$@"
exit
