# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What servers.sh has to know of MariaDB.

_mariadb_title()   { echo MariaDB; }
_mariadb_package() { echo mariadb-server-core mariadb-client-core; }
_mariadb_version() { "$_mariadb_server" --no-defaults --version; }

# Sets $_mariadb_server, $_mariadb_install and $_mariadb_client.
_mariadb_find()
{
    local path=${LEAT_TEST_MARIADB-$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec}
    _mariadb_server=$(PATH=$path type -P mariadbd) && _mariadb_install=$(PATH=$path type -P mariadb-install-db) \
        && _mariadb_client=$(PATH=$path type -P mariadb)
}

# Of all the users that the installation makes none is left who could come without a password.
_mariadb_make()
{
    local options=(--no-defaults --datadir="$1" --innodb-log-file-size=8M --innodb-flush-method=nosync --innodb-use-native-aio=0)
    (_server_exec "$1" KILL "$_mariadb_install" "${options[@]}" --auth-root-authentication-method=normal --skip-test-db \
        --skip-name-resolve --force) || return 1
    (_server_exec "$1" KILL "$_mariadb_server" "${options[@]}" --bootstrap) <<EOF
use mysql;
delete from global_priv where user != 'mariadb.sys';
flush privileges;
create user leat_admin@localhost;
grant all on *.* to leat_admin@localhost with grant option;
create user leat@'%' identified by '$server_password';
create database shop character set utf8mb4;
grant all on shop.* to leat@'%';
EOF
}

_mariadb_prepare()
{
    local name=$1 folder=$_server_home/$1
    printf -v "${name}_socket" %s "$_server_sockets/$name"
    mkdir -m 700 "$folder.tmp" && _server_own "$folder.tmp"
    cat >"$folder.cnf" <<EOF
[mariadbd]
datadir = "$folder"
tmpdir = "$folder.tmp"
socket = "$_server_sockets/$name"
pid_file = "mariadbd.pid"
bind_address = 127.0.0.1
skip_name_resolve
character_set_server = utf8mb4
innodb_flush_method = nosync
innodb_use_native_aio = off
innodb_log_file_size = 8M
innodb_buffer_pool_size = 32M
innodb_buffer_pool_dump_at_shutdown = off
innodb_buffer_pool_load_at_startup = off
innodb_temp_data_file_path = ibtmp1:3M:autoextend
EOF
}

_mariadb_option() { printf '%s = "%s"\n' "$2" "${3//\\/\\\\}" >>"$_server_home/$1.cnf"; }

_mariadb_command() { printf '%s\n' "$_mariadb_server" --defaults-file="$_server_home/$1.cnf"; }

_mariadb_ready() { _mariadb_sql "$1" leat_admin shop -e 'do 0' 2>/dev/null; }

_mariadb_port_taken() { echo 'Bind on TCP/IP port.*in use'; }

_mariadb_signal() { if [ "$1" = immediate ]; then echo KILL; else echo TERM; fi; }

_mariadb_forget() { :; }

_mariadb_sql()
{
    local port=$1_port socket=$1_socket user=$2 database=$3 password=()
    shift 3
    [ "$user" = leat_admin ] || password=(--password="$server_password")
    # A --port would mean TCP.
    MYSQL_TCP_PORT=${!port} "$_mariadb_client" --no-defaults --batch --skip-column-names --default-character-set=utf8mb4 \
        --socket="${!socket}" --user="$user" "${password[@]}" --database="$database" "$@"
}

_mariadb_database()
{
    server_sql "$1" -e "create database \`$2\` character set ${3:-utf8mb4}${4:+ collate $4}; grant all on \`$2\`.* to leat@'%'"
}
