# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What servers.sh has to know of PostgreSQL.

_postgres_title()   { echo PostgreSQL; }
_postgres_package() { echo postgresql; }
_postgres_version() { "$_postgres_bin/postgres" --version; }

# Sets $_postgres_bin. Debian keeps the versions apart, and off the PATH; its psql there is a script that chooses one.
_postgres_find()
{
    local folder
    for folder in ${LEAT_TEST_POSTGRES-$(dirname "$(command -v postgres)" 2>/dev/null) \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/pgsql-*/bin /usr/lib/postgresql*/bin}; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/psql" ] || continue
        _postgres_bin=$folder
        return 0
    done
    return 1
}

_postgres_make()
{
    (_server_exec "$1" KILL "$_postgres_bin/initdb" --pgdata "$1" --username leat_admin --encoding UTF8 --locale C.UTF-8 \
        --wal-segsize 1 --no-sync) || return 1
    cat >"$1/pg_hba.conf" <<'EOF'
local all leat_admin trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
EOF
    # Shared memory in files of the data folder is gone with it, however the server ends.
    cat >>"$1/postgresql.conf" <<'EOF'
listen_addresses = '127.0.0.1'
fsync = off
shared_buffers = 32MB
max_wal_size = 1GB
dynamic_shared_memory_type = mmap
password_encryption = scram-sha-256
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
EOF
    (_server_exec "$1" KILL "$_postgres_bin/postgres" --single -D "$1" postgres) <<EOF
create role leat login password '$server_password'
create database shop owner leat
EOF
}

_postgres_prepare()
{
    printf -v "$1_socket" %s "$_server_sockets"
    _postgres_option "$1" unix_socket_directories "$_server_sockets"
}

_postgres_option()
{
    local folder=$1_folder value=${3//\\/\\\\}
    printf "%s = '%s'\n" "$2" "${value//\'/\'\'}" >>"${!folder}/postgresql.conf"
}

_postgres_command()
{
    local folder=$1_folder
    printf '%s\n' "$_postgres_bin/postgres" -D "${!folder}"
}

_postgres_ready()
{
    local port=$1_port
    "$_postgres_bin/pg_isready" -q -h "$_server_sockets" -p "${!port}" -d shop -U leat_admin
}

_postgres_port_taken() { echo 'could not create any TCP/IP sockets'; }

_postgres_signal()
{
    case $1 in
    smart) echo TERM ;;
    fast) echo INT ;;
    immediate) echo QUIT ;;
    esac
}

# A server that was killed leaves a few bytes of System V memory, whose number is in the file that it leaves too.
_postgres_forget()
{
    local folder=$1_folder memory
    memory=$(sed -n '7s/.* //p' "${!folder}/postmaster.pid" 2>/dev/null)
    [ -z "$memory" ] || ipcrm -m "$memory" 2>/dev/null
}

_postgres_sql()
{
    local port=$1_port user=$2 database=$3
    shift 3
    PGPASSWORD=$server_password PGCLIENTENCODING=UTF8 "$_postgres_bin/psql" -X -w -q -v ON_ERROR_STOP=1 -At \
        -h "$_server_sockets" -p "${!port}" -U "$user" -d "$database" "$@"
}

_postgres_database()
{
    server_sql "$1" -d postgres \
        -c "create database \"$2\" template template0 encoding '${3:-UTF8}' locale '${4:-C}' owner leat"
}
