# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of faults share. Read after tests/lib/tap.sh; ends the test.
#
#   drives DRIVER [ARGUMENT...]   runs tests/faults/DRIVER.py, which speaks TAP itself. What the
#                                 test was called with goes to it, too: --help says what it takes
#   injects                       builds the shim (inject.c) for it
#   stores                        starts a server of each database that a pipeline is for, where there is one
#   in_memory [always]            works on a tmpfs, if there is one with room, which is many times as fast: for
#                                 faults that do not ask the disk. Without `always' only if counts are reduced,
#                                 since where a random moment lies depends on how long the disk takes
#
# Counts are small in `make check', smaller still under a sanitizer, and whole with LEAT_SOAK=1
# (`make soak'); LEAT_SEED is where all that is random begins. Both are printed, with the command
# that replays a failure.
faults=$top_srcdir/tests/faults
arguments=("$@")
memory=

# The shim; without its malloc where a sanitizer has one of its own.
injects()
{
    local alloc=-DINJECT_ALLOC
    requires "${CC%% *}"
    sanitized tsan && skip_all "ThreadSanitizer and a shim before the C library do not go together"
    sanitized && alloc=
    # shellcheck disable=SC2086
    $CC -O2 -shared -fPIC $alloc -o inject.so "$faults/inject.c" -ldl >cc.log 2>&1 || skip_all "cannot build inject.c: $(head -1 cc.log)"
    ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
    LEAT_SHIM=$PWD/inject.so
    export LEAT_SHIM ASAN_OPTIONS
}

# Each with what its pipeline and store_load.py have to know.
stores()
{
    local plugin kind
    . "$top_srcdir/tests/servers/servers.sh"
    for plugin in extract-odbc load-postgres load-mysql load-mongodb; do
        kind=${plugin#*-}
        case " ${arguments[*]} " in
        *" --pipeline $kind "*) ;;
        *" --pipeline "*) continue ;;
        esac
        [ ! -e "$top_builddir/plugins/.libs/$plugin.so" ] || "_store_$kind"
    done
}

# In CI nothing is left out.
_store_there()
{
    [ "${CI-}" != true ] || server_requires "$1"
    server_there "$1"
}

_store_odbc()
{
    . "$top_srcdir/tests/stores/odbc.sh"
    odbc_there sqlite || return 0
    odbc_begin
    export LEAT_FAULT_ODBC=1
}

_store_postgres()
{
    _store_there postgres || return 0
    server_start postgres pg
    LEAT_FAULT_POSTGRES="$_postgres_bin/psql -X -w -q -v ON_ERROR_STOP=1 -At -F '	'"
    export LEAT_FAULT_POSTGRES PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=leat PGPASSWORD=$server_password PGDATABASE=shop
}

_store_mysql()
{
    _store_there mariadb || return 0
    server_start mariadb my
    server_sql my <<<"grant all on \`bench\\_%\`.* to leat@'%'"
    LEAT_FAULT_MYSQL="$_mariadb_client --no-defaults --batch --skip-column-names --default-character-set=utf8mb4
        --socket=$my_socket --user=leat --password=$server_password"
    export LEAT_FAULT_MYSQL LEAT_FAULT_PORT=$my_port LEAT_FAULT_PASSWORD=$server_password
}

_store_mongodb()
{
    [ -n "${LEAT_TEST_MONGODB_URL-}" ] || _store_there mongodb || return 0
    mongodb_start mo
    export LEAT_FAULT_MONGODB=$top_builddir/tests/servers/mongodb-put LEAT_FAULT_URL=$mo_url LEAT_FAULT_DATABASE=$mo_database
}

in_memory()
{
    local free
    [ -z "${LEAT_SOAK-}" ] || [ "${1-}" = always ] || return 0
    [ -w /dev/shm ] || return 0
    free=$(df -Pk /dev/shm | awk 'END { print $4 }')
    [ "$free" -ge 131072 ] || return 0
    memory=$(mktemp -d "/dev/shm/leat-${0##*/}.XXXXXX") || return 0
    trap 'rm -rf "$memory"; _tap_cleanup' EXIT
}

drives()
{
    local driver=$1
    shift
    case $(uname -s) in Linux) ;; *) skip_all "needs Linux" ;; esac
    sanitized && export LEAT_SANITIZED=1
    cd "${memory:-.}" || exit 1
    top_srcdir=$top_srcdir top_builddir=$top_builddir LEAT=$LEAT LEAT_SCRIPT=$top_srcdir/tests/faults/${0##*/} PYTHONDONTWRITEBYTECODE=1 \
        python3 "$faults/$driver.py" "$@" "${arguments[@]}"
    exit
}

CC=${CC:-cc}
requires python3 sqlite3
