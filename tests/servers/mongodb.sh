# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What servers.sh has to know of MongoDB: a real mongod if one is on the PATH; else FerretDB, which speaks
# its protocol, built out of tests/servers/mongodb once a build tree. Read behind servers.sh.
#
#   mongodb_start [NAME] [OPTION=VALUE...]   as server_start; but if LEAT_TEST_MONGODB_URL is set that server is
#                              used, and none is started. Sets ${NAME}_url and ${NAME}_database too, a database that
#                              no other test uses, and whether the server can be stopped: server_runs NAME
#   mongodb_put NAME COLLECTION [--numbers N]   fills a collection: documents from stdin, one a line
#   mongodb_command NAME <COMMAND               what the server replies
#
# Options: ssl_certificate=FILE and ssl_key=FILE, PEM; then all connections use TLS.

_mongodb_title() { echo MongoDB; }
_mongodb_package() { echo "golang-go (1.24 or newer, here is $(go env GOVERSION 2>/dev/null || echo none)), or put a mongod on the PATH"; }
_mongodb_version() { if [ -n "$_mongodb_server" ]; then "$_mongodb_server" --version; else cksum <"$top_srcdir/tests/servers/mongodb/go.sum"; fi; }

# Sets $_mongodb_server to mongod, or to nothing where FerretDB is to be built.
_mongodb_find()
{
    local version
    [ -x "$top_builddir/tests/servers/mongodb-put" ] || return 1
    _mongodb_server=$(type -P mongod) && return 0
    version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
    [ "$(printf '%s\n' go1.24 "$version" | sort -V | head -n 1)" = go1.24 ]
}

_mongodb_make() { :; }

# Go's caches are the user's own, as with any build: five build trees would else load and compile it five times.
_mongodb_go()
{
    local home
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    (cd "$top_srcdir/tests/servers/mongodb" && HOME=${home:-$HOME} GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
        nice go build -trimpath -buildvcs=false -ldflags '-s -w' -tags ferretdb_no_postgresql -o "$1" .)
}

# Builds what runs if it is not there, or is older than its source.
_mongodb_build()
{
    local program=$top_builddir/tests/servers/ferretdb log=$_server_home/ferretdb.log file
    mkdir -p "$top_builddir/tests/servers"
    (
        flock 9
        for file in "$top_srcdir"/tests/servers/mongodb/{main.go,go.mod,go.sum}; do
            [ "$file" -ot "$program" ] || {
                _mongodb_go "$program.new" 9>&- && mv "$program.new" "$program"
                exit
            }
        done
    ) 9>"$program.lock" >"$log" 2>&1 && return 0
    # Without a network its modules cannot be had.
    case ${CI-} in
    '' | 0 | false | no) [ "$n_tests" -gt 0 ] || skip_all "cannot build FerretDB: $(tail -n 1 "$log"); see tests/servers/mongodb" ;;
    esac
    _server_fail "$log" "cannot build FerretDB out of tests/servers/mongodb"
}

# Where nobody can read the build tree, a copy is run.
_mongodb_prepare()
{
    local folder=$_server_home/$1
    : >"$folder.options"
    _mongodb_program=$_mongodb_server
    [ -z "$_mongodb_program" ] || return 0
    _mongodb_build
    _mongodb_program=$top_builddir/tests/servers/ferretdb
    setpriv "${_server_as[@]}" test -x "$_mongodb_program" && return 0
    cp "$_mongodb_program" "$_server_home/ferretdb" && chmod 755 "$_server_home/ferretdb"
    _mongodb_program=$_server_home/ferretdb
}

_mongodb_option() { printf '%s\n' "$2=$3" >>"$_server_home/$1.options"; }

_mongodb_setting() { sed -n "s/^$2=//p" "$_server_home/$1.options" | tail -n 1; }

_mongodb_command()
{
    local name=$1 folder=$_server_home/$1 certificate key port
    port=$(_mongodb_setting "$name" port)
    certificate=$(_mongodb_setting "$name" ssl_certificate)
    key=$(_mongodb_setting "$name" ssl_key)
    if [ -z "$_mongodb_server" ]; then
        printf '%s\n' "$_mongodb_program" --folder "$folder" --port "$port"
        [ -z "$certificate" ] || printf '%s\n' --tls-certificate "$certificate" --tls-key "$key"
        return
    fi
    printf '%s\n' "$_mongodb_server" --dbpath "$folder" --port "$port" --bind_ip 127.0.0.1 --nounixsocket --quiet
    [ -z "$certificate" ] && return
    cat "$certificate" "$key" >"$folder.pem" && _server_own "$folder.pem"
    printf '%s\n' --tlsMode requireTLS --tlsCertificateKeyFile "$folder.pem"
}

_mongodb_ready()
{
    local port=$1_port
    (exec 3<>"/dev/tcp/127.0.0.1/${!port}") 2>/dev/null
}

_mongodb_port_taken() { echo 'ddress already in use'; }

_mongodb_signal() { if [ "$1" = immediate ]; then echo KILL; else echo TERM; fi; }

_mongodb_forget() { :; }

_mongodb_sql() { _server_fail /dev/null "server_sql: MongoDB knows no SQL; see mongodb_command"; }

_mongodb_database() { :; } # one is there as soon as it is written to

# ---- for tests ----

mongodb_start()
{
    local name=mongodb port
    case ${1-} in '' | *=*) ;; *) name=$1; shift ;; esac
    printf -v "${name}_database" %s "leat_$$_$name"
    if [ -n "${LEAT_TEST_MONGODB_URL-}" ]; then
        printf -v "${name}_url" %s "$LEAT_TEST_MONGODB_URL"
        _mongodb_find || true
        at_exit _mongodb_drop "$name"
        return
    fi
    server_start mongodb "$name" "$@"
    port=${name}_port
    printf -v "${name}_url" %s "mongodb://127.0.0.1:${!port}/"
}

_mongodb_drop() { mongodb_command "$1" <<<'{"dropDatabase": 1}' >/dev/null; }

mongodb_put()
{
    local url=$1_url database=$1_database collection=$2
    shift 2
    "$top_builddir/tests/servers/mongodb-put" "$@" "${!url}" "${!database}" "$collection" >/dev/null
}

mongodb_command()
{
    local url=$1_url database=$1_database
    "$top_builddir/tests/servers/mongodb-put" --command "${!url}" "${!database}"
}
