# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# ODBC for tests: drivers as their packages describe them, in files of the test's own. Read behind
# tests/lib/tap.sh and tests/servers/servers.sh.
#
#   odbc_requires KIND...      postgres, mariadb, sqlite: skip_all where a driver is not installed; with CI=true in
#                              the environment the test fails instead
#   odbc_there KIND            its driver is; with CI=true it must be
#   odbc_begin                 writes odbcinst.ini, and an empty odbc.ini, and has unixODBC read these
#   odbc_dsn NAME KEY=VALUE... adds a data source to odbc.ini; Driver=NAME is one of the lines
#   odbc_postgres NAME, odbc_mariadb NAME, odbc_sqlite FILE
#                              a connection string for a server that server_start has started, or for a file

[ -e "$top_builddir/plugins/.libs/extract-odbc.so" ] || skip_all "extract odbc is not built (apt-get install unixodbc-dev)"
unset ODBCINI ODBCINSTINI ODBCSYSINI

_odbc_template()
{
    case $1 in
    postgres) echo /usr/share/psqlodbc/odbcinst.ini.template ;;
    mariadb) echo /usr/share/odbc-mariadb/odbcinst.ini.template ;;
    sqlite) echo /usr/share/sqliteodbc/unixodbc.ini ;;
    esac
}

_odbc_package()
{
    case $1 in
    postgres) echo odbc-postgresql ;;
    mariadb) echo odbc-mariadb ;;
    sqlite) echo libsqliteodbc ;;
    esac
}

odbc_there() { [ "${CI-}" != true ] || odbc_requires "$1"; [ -e "$(_odbc_template "$1")" ]; }

odbc_requires()
{
    local kind missing
    for kind in "$@"; do
        [ ! -e "$(_odbc_template "$kind")" ] || continue
        missing="no ODBC driver for $kind: apt-get install $(_odbc_package "$kind")"
        case ${CI-} in
        '' | 0 | false | no) skip_all "$missing" ;;
        *) _server_fail /dev/null "$missing (nothing is skipped in CI)" ;;
        esac
    done
}

odbc_begin()
{
    local kind
    mkdir odbc
    for kind in postgres mariadb sqlite; do
        ! [ -e "$(_odbc_template $kind)" ] || { cat "$(_odbc_template $kind)"; echo; }
    done >odbc/odbcinst.ini
    : >odbc/odbc.ini
    export ODBCSYSINI=$PWD/odbc ODBCINI=$PWD/odbc/odbc.ini
}

odbc_dsn() { { printf '[%s]\n' "$1"; printf '%s\n' "${@:2}"; echo; } >>odbc/odbc.ini; }

odbc_postgres() { local port=$1_port; echo "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=${!port};Database=shop"; }
odbc_mariadb() { local port=$1_port; echo "Driver={MariaDB Unicode};SERVER=127.0.0.1;PORT=${!port};DATABASE=shop"; }
odbc_sqlite() { echo "Driver=SQLite3;Database=$1"; }
