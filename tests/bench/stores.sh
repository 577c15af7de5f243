#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# stores.sh USERS COMMAND...: runs the command with database servers beside it that hold the users of a CSV
# file in a table `users`; it is told of them by the environment (PGHOST and so on). A server that is not
# installed is left out.
users=$1
shift
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
top_builddir=${LEAT%/leat}
export TMPDIR=${TMPDIR:-/tmp}
LEAT=${LEAT:?} VERSION=
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
columns='id bigint primary key, username text, email text, email_verified text, first_name text, last_name text,
    phone text, birthdate text, country text, created_at timestamp, updated_at timestamp, status text,
    password_hash text, roles text, address text'
if server_there postgres; then
    server_start postgres pg shared_buffers=1GB max_wal_size=4GB autovacuum=off >&2
    server_sql pg -u leat -c "create table users ($columns)" >&2
    server_sql pg -u leat -c '\copy users from pstdin csv header' <"$users" >&2
    server_sql pg -u leat -c 'vacuum analyze users' >&2
    export PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=leat PGPASSWORD=$server_password PGDATABASE=shop LEAT_BENCH_PSQL=$_postgres_bin/psql
fi
"$@"
exit
