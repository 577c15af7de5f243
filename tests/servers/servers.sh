# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Real database servers for tests. A test reads this file after tests/lib/tap.sh:
#
#   . "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
#   . "$top_srcdir/tests/servers/servers.sh"
#   server_requires postgres
#   server_start postgres pg statement_timeout=2s
#   server_sql pg <<<"create table users as select generate_series(1, 10) as id; grant select on users to leat"
#   run leat run p.yaml --param port="$pg_port"           # as user leat with $server_password
#   server_restart pg
#   done_testing
#
#   server_requires KIND...    skip_all where a server is not installed; with CI=true in the environment
#                              the test fails instead. Goes before the first assertion
#   server_there KIND          whether it is installed
#   server_start KIND [NAME] [OPTION=VALUE...]
#                              a server of its own, empty but for the database `shop'. KIND is postgres or
#                              mariadb, NAME is KIND unless given, the options are settings of the server.
#                              Files named by its ssl options are copied to where it may read them
#   server_stop NAME [HOW]     smart, fast (if nothing is said), immediate: as PostgreSQL has them; MariaDB
#                              knows no smart, and is killed to stop immediately. kill: all its processes, at once
#   server_restart NAME [OPTION=VALUE...]
#                              same folder, same port; with further options. Stops it (fast) if it runs
#   server_runs NAME           whether it does
#   server_sql NAME [-u USER] [-d DATABASE] [ARGUMENT...]
#                              the server's own client, psql or mariadb, as leat_admin in shop; SQL from stdin
#                              or by the client's options. Output unaligned, without headings, in UTF-8.
#                              Goes by the socket; `-h 127.0.0.1' among the arguments: by TCP
#   server_database NAME DATABASE [ENCODING [LOCALE]]
#                              one more database of leat's; for MariaDB a character set and a collation
#   server_certificates FOLDER ca.pem and, each with its .key, what it has signed: good.pem (localhost and
#                              127.0.0.1), expired.pem, other-host.pem; and self-signed.pem, which it has not
#
# server_start sets ${NAME}_port (on 127.0.0.1), ${NAME}_socket (postgres: the folder, mariadb: the file),
# ${NAME}_pid, ${NAME}_folder (the data) and ${NAME}_log. Users: leat, who owns shop and needs $server_password
# however he comes, and leat_admin, who may do everything, and comes by the socket alone. Nothing is ever
# synced to disk: a server outlives `kill', not a crash of the machine.
#
# What does not start or stop within a minute ends the test, with the end of the server's log. All that was
# started is stopped at the end, and when the test itself is killed. Subshells do not start servers: what they
# set is lost, and the server ends with them.
#
# $server_wrap, an array, stands before the server's command when it is started: (prlimit --fsize=1000000).
# LEAT_TEST_POSTGRES, LEAT_TEST_MARIADB: folders with the programs of another installation.

server_password=s3cret-of-leat
server_wrap=()
declare -A _server_kind=() _server_since=()     # by name: what it is; when the process ${NAME}_pid began
_server_home=                                   # data and logs of this test's servers
_server_sockets=                                # a short path, as a socket's may have 107 bytes

. "$top_srcdir/tests/servers/postgres.sh"
. "$top_srcdir/tests/servers/mariadb.sh"
. "$top_srcdir/tests/servers/mongodb.sh"
. "$top_srcdir/tests/servers/certificates.sh"

# No setting of the user's reaches a client.
for _server_variable in "${!PG@}" "${!MYSQL_@}" "${!MARIADB_@}"; do
    unset "$_server_variable"
done

# Servers refuse to run as root: nobody runs them then.
_server_owner=
_server_as=()
if [ "$(id -u)" -eq 0 ]; then
    _server_owner=$(id -u nobody):$(id -g nobody)
    _server_as=(--reuid "${_server_owner%:*}" --regid "${_server_owner#*:}" --clear-groups)
fi

_server_own() { [ -z "$_server_owner" ] || chown -R "$_server_owner" "$@"; }

# Ends the test, which is of no use without its server.
_server_fail()
{
    local log=$1
    shift
    [ ! -s "$log" ] || { note "the end of the log:"; tail -n 30 "$log" | sed 's/^/#   /'; }
    echo "Bail out! $*"
    exit 1
}

# ---- is it there ----

server_there() { command -v setpriv >/dev/null && command -v flock >/dev/null && "_$1_find"; }

server_requires()
{
    local kind missing
    for kind in "$@"; do
        server_there "$kind" && continue
        missing="no $("_$kind"_title) server: apt-get install $("_$kind"_package)"
        case ${CI-} in
        '' | 0 | false | no) skip_all "$missing" ;;
        *) _server_fail /dev/null "$missing (nothing is skipped in CI)" ;;
        esac
    done
}

# ---- processes ----

# Sets REPLY to when a process began, which tells it from a later one of the same number; false if it has ended.
# One that nobody has waited for yet has ended too, but not while it has other threads.
_server_since()
{
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra stat <<<"${stat##*) }"
    REPLY=${stat[19]}
    [ "${stat[0]}" != Z ] || [ "${stat[17]}" -gt 1 ]
}

server_runs()
{
    local pid=$1_pid
    [ -n "${_server_since[$1]-}" ] && _server_since "${!pid}" && [ "$REPLY" = "${_server_since[$1]}" ]
}

# _server_gone SECONDS PID...: waits until these have ended.
_server_gone()
{
    local pid end=$((SECONDS + $1))
    shift
    for pid in "$@"; do
        while _server_since "$pid"; do
            [ "$SECONDS" -lt "$end" ] || return 1
            sleep 0.01
        done
    done
}

# Becomes a command in a folder: not as root, not with what a test has in its environment; SIGNAL reaches it
# when the test is gone.
_server_exec()
{
    local folder=$1 signal=$2
    shift 2
    cd "$folder" || exit 1
    exec env -i PATH="$PATH" HOME="$folder" TMPDIR="$folder" LC_ALL=C.UTF-8 TZ=UTC0 \
        setpriv "${_server_as[@]}" --pdeathsig "$signal" "$@"
}

# With all its children, and first, or they would see it go and say so to their clients.
_server_kill()
{
    local file pids=()
    kill -STOP "$1" 2>/dev/null || return 0
    for file in $(grep -lsE "^PPid:[[:space:]]+$1\$" /proc/[0-9]*/status); do
        file=${file%/status}
        pids+=("${file##*/}")
    done
    kill -KILL "${pids[@]}" "$1" 2>/dev/null
    _server_gone 60 "${pids[@]}" "$1"
}

# ---- folders ----

# What nobody runs must lie where nobody can go: not in the folder of a user who lets no one in.
_server_make_home()
{
    [ -z "$_server_home" ] || return 0
    local base=$TMPDIR
    setpriv "${_server_as[@]}" test -x "$base" || base=/tmp
    _server_home=$(mktemp -d "$base/${0##*/}.servers.XXXXXX") && _server_sockets=$(mktemp -d /tmp/leat.XXXXXX) \
        || _server_fail /dev/null "cannot make a folder for servers in $base and /tmp"
    chmod 711 "$_server_home"
    _server_own "$_server_sockets"
    at_exit _server_clean
}

# _server_fill KIND FOLDER: fills it from a template, which is made once for a version of the server and of this.
_server_fill()
{
    local kind=$1 folder=$2 store=$top_builddir/tests/servers/tmp wanted log=$_server_home/template.log
    mkdir -p "$store"
    wanted="$("_$kind"_version) $(id -u) $(cat "$top_srcdir/tests/servers/servers.sh" "$top_srcdir/tests/servers/$kind.sh" | cksum)"
    (
        flock 9
        if [ "$(cat "$store/$kind.made" 2>/dev/null)" != "$wanted" ]; then
            rm -rf "${store:?}/$kind" "$store/$kind.made" "$_server_home/template"
            mkdir -m 700 "$_server_home/template" && _server_own "$_server_home/template" \
                && "_$kind"_make "$_server_home/template" 9>&- && cp -a "$_server_home/template" "$store/$kind" \
                && rm -rf "$_server_home/template" && echo "$wanted" >"$store/$kind.made" || exit 1
        fi
        # Whoever has copied a build tree has made the template his own.
        cp -a --reflink=auto "$store/$kind" "$folder" && _server_own "$folder"
    ) 9>"$store/$kind.lock" >"$log" 2>&1 || _server_fail "$log" "cannot make the data of a $kind server"
}

# ---- start and stop ----

server_start()
{
    local kind=$1 name=$1
    shift
    case ${1-} in '' | *=*) ;; *) name=$1; shift ;; esac
    server_requires "$kind"
    _server_make_home
    _server_forget "$name"
    rm -rf "${_server_home:?}/$name" "$_server_home/$name".*
    _server_kind[$name]=$kind
    printf -v "${name}_folder" %s "$_server_home/$name"
    printf -v "${name}_log" %s "$_server_home/$name.log"
    _server_fill "$kind" "$_server_home/$name"
    "_${kind}_prepare" "$name"
    _server_options "$name" "$@"
    _server_launch "$name" 20
}

server_restart()
{
    server_stop "$1"
    _server_options "$@"
    _server_launch "$1" 1
}

# _server_options NAME OPTION=VALUE...: adds them to its settings.
_server_options()
{
    local name=$1 option file
    shift
    for option in "$@"; do
        file=${option#*=}
        case $option in
        ssl[-_]*=*)
            if [ -f "$file" ]; then
                mkdir -p "$_server_home/$name.tls"
                cp -f "$file" "$_server_home/$name.tls/" && chmod 600 "$_server_home/$name.tls/${file##*/}"
                _server_own "$_server_home/$name.tls"
                option=${option%%=*}=$_server_home/$name.tls/${file##*/}
            fi
            ;;
        esac
        "_${_server_kind[$name]}_option" "$name" "${option%%=*}" "${option#*=}"
    done
}

# _server_launch NAME N: with N > 1 on a port of our choice; should somebody else have it, on another.
_server_launch()
{
    local name=$1 kind=${_server_kind[$1]} folder=$_server_home/$1 log=$_server_home/$1.log port before i
    for ((i = 0; i < $2; i++)); do
        if [ "$2" -gt 1 ]; then
            # Below those that the system gives to whoever asks for any, or a stopped server's would be taken.
            port=$((10000 + RANDOM % 20000))
            printf -v "${name}_port" %s "$port"
            "_${kind}_option" "$name" port "$port"
        fi
        before=$(stat -c %s "$log" 2>/dev/null || echo 0)
        _server_begin "$name" "$folder" "$log"
        until_true "$!" "_${kind}_ready" "$name" && return 0
        tail -c +$((before + 1)) "$log" | grep -qE "$("_$kind"_port_taken)" || break
    done
    _server_fail "$log" "the $("_$kind"_title) server $name did not start"
}

_server_begin()
{
    local name=$1 kind=${_server_kind[$1]} command
    mapfile -t command < <("_${kind}_command" "$name")
    _server_exec "$2" "$("_$kind"_signal immediate)" "${server_wrap[@]}" "${command[@]}" >>"$3" 2>&1 </dev/null &
    printf -v "${name}_pid" %s "$!"
    _server_since "$!" && _server_since[$name]=$REPLY
    disown "$!"     # or bash would tell of its end
}

server_stop()
{
    local name=$1 pid=$1_pid how=${2:-fast} kind=${_server_kind[$1]}
    server_runs "$name" || return 0
    case $how in
    kill) _server_kill "${!pid}" ;;
    smart | fast | immediate) kill -s "$("_$kind"_signal "$how")" "${!pid}" && _server_gone 60 "${!pid}" ;;
    *) _server_fail /dev/null "server_stop: no such way to stop: $how" ;;
    esac || _server_fail "$_server_home/$name.log" "the $("_$kind"_title) server $name did not stop"
}

# Stops a server whose data nobody wants any more.
_server_forget()
{
    local name=$1 pid=$1_pid kind=${_server_kind[$1]-}
    [ -n "$kind" ] || return 0
    if server_runs "$name"; then
        kill -s "$("_$kind"_signal immediate)" "${!pid}"
        _server_gone 15 "${!pid}" || _server_kill "${!pid}"
    fi
    "_${kind}_forget" "$name"
    unset "_server_kind[$name]" "_server_since[$name]"
}

_server_clean()
{
    local name
    for name in "${!_server_kind[@]}"; do
        _server_forget "$name"
    done
    rm -rf "$_server_sockets"
    if [ -n "${LEAT_KEEP-}" ]; then note "kept: $_server_home"; else rm -rf "$_server_home"; fi
}

# ---- questions ----

server_sql()
{
    local name=$1 user=leat_admin database=shop
    shift
    while :; do
        case ${1-} in
        -u) user=$2; shift 2 ;;
        -d) database=$2; shift 2 ;;
        *) break ;;
        esac
    done
    "_${_server_kind[$name]}_sql" "$name" "$user" "$database" "$@"
}

server_database() { "_${_server_kind[$1]}_database" "$@"; }
