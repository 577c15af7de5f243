#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The servers that other tests start: they start, stop as they are told to, keep their data, let in
# only whom they should, and none is left running.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
requires openssl
server_requires postgres mariadb

# of NAME WHAT: the value of $NAME_WHAT
of() { local variable=$1_$2; printf %s "${!variable}"; }
children() { grep -lsE "^PPid:[[:space:]]+$1\$" /proc/[0-9]*/status | wc -l; }

# try COMMAND...: as `run' does, but in a test of its own, with what is on stdin as its text
try()
{
    { printf '. %q\n. %q\n' "$top_srcdir/tests/lib/tap.sh" "$top_srcdir/tests/servers/servers.sh"; cat; } >try.sh
    run env -u LEAT_KEEP top_srcdir="$top_srcdir" top_builddir="$top_builddir" VERSION="$VERSION" "$@" bash "$PWD/try.sh"
}

# ---- each of them ----

passwords()
{
    local kind=$1
    is "$(server_sql "$kind" -u leat -h 127.0.0.1 <<<'select 41 + 1')" 42 "$kind: leat comes by TCP with the password"
    is "$(server_sql "$kind" -u leat <<<'select 41 + 1')" 42 "$kind: and by the socket"
    server_password=wrong run server_sql "$kind" -u leat -h 127.0.0.1 <<<'select 1'
    isnt "$status" 0 "$kind: but by TCP not with a wrong one"
    like "$err" "(password authentication failed|Access denied)" "$kind: which the server says"
    server_password=wrong run server_sql "$kind" -u leat <<<'select 1'
    isnt "$status" 0 "$kind: nor by the socket"
    run server_sql "$kind" -h 127.0.0.1 <<<'select 1'
    isnt "$status" 0 "$kind: the administrator does not come by TCP"
    server_sql "$kind" -u leat <<<'create table mine (id int primary key, name varchar(20))'
    ok $? "$kind: leat may make tables in shop"
    run server_sql "$kind" -u leat <<<'create database mine'
    isnt "$status" 0 "$kind: but no databases"
}

stops()
{
    local kind=$1 how port pid n=1
    port=$(of "$kind" port)
    server_sql "$kind" <<<"insert into mine values (1, 'Zoë')"
    for how in restart fast immediate kill; do
        pid=$(of "$kind" pid)
        [ "$how" = restart ] || server_stop "$kind" "$how"
        if [ "$how" != restart ]; then
            is "$([ -e "/proc/$pid" ] || echo gone) $(children "$pid")" "gone 0" "$kind: $how: all its processes have ended"
            server_runs "$kind"
            isnt $? 0 "$kind: $how: and it is known not to run"
        fi
        server_restart "$kind"
        is "$(of "$kind" port)" "$port" "$kind: $how: it comes back to its port"
        isnt "$(of "$kind" pid)" "$pid" "$kind: $how: as another process"
        n=$((n + 1))
        server_sql "$kind" <<<"insert into mine values ($n, '$how')"
        is "$(server_sql "$kind" <<<'select count(*) from mine')" "$n" "$kind: $how: with all that was in it"
    done
    is "$(server_sql "$kind" <<<'select name from mine where id = 1')" "Zoë" "$kind: letters come back as they went"
}

for kind in postgres mariadb; do
    server_start "$kind"
    server_runs "$kind"
    ok $? "$kind: runs"
    kill -0 "$(of "$kind" pid)"
    ok $? "$kind: with the process id that is said"
    like "$(of "$kind" port)" '^[12][0-9]{4}$' "$kind: on a port that the system gives to nobody"
    [ -e "$(of "$kind" socket)" ] && [ -d "$(of "$kind" folder)" ] && [ -s "$(of "$kind" log)" ]
    ok $? "$kind: its socket, folder and log are there"
    is "$(of "$kind" socket | wc -c | awk '{ print $1 < 80 }')" 1 "$kind: the path of the socket is short"
    passwords "$kind"
    stops "$kind"
done

is "$(stat -c %a "$postgres_socket")" 700 "nobody else comes to the sockets"

# ---- settings, and two at a time ----

server_start postgres pg work_mem=3MB "search_path=it's, a\\b" default_transaction_read_only=on
is "$(server_sql pg -c 'show work_mem' -c 'show search_path')" "3MB"$'\n'"it's, a\\b" "postgres: settings arrive, whatever is in them"
run server_sql pg <<<'create table t (id int)'
like "$err" "in a read-only transaction" "postgres: and do what they are for"
server_start mariadb db read_only=on init_connect="set @a = 'x\\\\y'"
is "$(server_sql db -u leat <<<'select @a')" 'x\\y' "mariadb: settings arrive, whatever is in them"
run server_sql db -u leat <<<'create table t (id int)'
like "$err" "--read-only" "mariadb: and do what they are for"
for kind in postgres mariadb; do
    name=pg
    [ "$kind" = postgres ] || name=db
    isnt "$(of $name port)" "$(of $kind port)" "$kind: a second one has a port of its own"
    run server_sql "$name" <<<'select * from mine'
    like "$err" "(does not exist|doesn't exist)" "$kind: and tables of its own"
done
server_restart pg work_mem=5MB
is "$(server_sql pg -c 'show work_mem' -c 'show default_transaction_read_only')" "5MB"$'\n'on "postgres: started again with another setting, it keeps the rest"
server_restart db read_only=off
is "$(server_sql db <<<'select @@read_only, @@init_connect')" 0$'\t'"set @a = 'x\\\\\\\\y'" \
    "mariadb: started again with another setting, it keeps the rest"

server_restart pg default_transaction_read_only=off
server_database pg latin LATIN1
is "$(server_sql pg -u leat -d latin <<<"show server_encoding; select 'é', octet_length('é')")" "LATIN1"$'\n'"é|1" "postgres: a database in another encoding"
server_database db latin latin1 latin1_german2_ci
is "$(server_sql db -u leat -d latin <<<"create table t (a varchar(9)); insert into t values ('é'); select a, length(a), collation(a) from t")" \
    "é"$'\t'"1"$'\t'"latin1_german2_ci" "mariadb: a database in another character set"

# A transaction that was open when the server was killed never was.
mkfifo waits
server_sql postgres >open.out 2>open.err <waits &
client=$!
exec {to_client}>waits
echo "begin; insert into mine values (99, 'never'); select 'open';" >&"$to_client"
until_true "$client" grep -q open open.out
ok $? "postgres: a transaction is open"
server_stop postgres kill
echo "commit;" >&"$to_client"
exec {to_client}>&-
wait "$client"
isnt $? 0 "postgres: its client notices that the server was killed"
unlike "$(cat open.err)" "FATAL" "postgres: which did not come to say so"
server_restart postgres
is "$(server_sql postgres <<<'select count(*) from mine where id = 99')" 0 "postgres: and nothing of it is left"

server_wrap=(prlimit --fsize=100000000)
server_restart pg
is "$(awk '/Max file size/ { print $4 }' "/proc/$pg_pid/limits")" 100000000 "a command stands before the server's where one is given"
server_wrap=()

# ---- certificates ----

server_certificates certificates
verify() { openssl verify -CAfile certificates/ca.pem "$@" 2>&1; }
like "$(verify -verify_ip 127.0.0.1 -verify_hostname localhost certificates/good.pem)" 'good.pem: OK' "the good certificate is good"
like "$(verify certificates/expired.pem)" 'certificate has expired' "the expired one has expired"
like "$(verify certificates/self-signed.pem)" 'self.signed' "the self-signed one is nobody's"
like "$(verify certificates/other-host.pem)" 'other-host.pem: OK' "that of another host is right"
like "$(verify -verify_hostname localhost certificates/other-host.pem)" 'hostname mismatch' "but for another host"

# tls_postgres, tls_mariadb: asks the server under a name that it must prove
tls_postgres() { PGSSLMODE=verify-full PGSSLROOTCERT=$PWD/certificates/ca.pem server_sql pg -u leat -h localhost -c 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'; }
tls_mariadb()
{
    server_sql db -u leat --protocol=tcp --host=localhost --ssl-ca="$PWD/certificates/ca.pem" --ssl-verify-server-cert \
        -e "select variable_value != '' from information_schema.session_status where variable_name = 'ssl_cipher'"
}
for name in good expired self-signed other-host; do
    server_restart pg ssl=on ssl_cert_file="certificates/$name.pem" ssl_key_file="certificates/$name.key"
    server_restart db ssl_cert="certificates/$name.pem" ssl_key="certificates/$name.key" ssl_ca=certificates/ca.pem
    for kind in postgres mariadb; do
        run "tls_$kind"
        if [ "$name" = good ]; then
            like "$status $out" '^0 (t|1)$' "$kind: the good certificate is accepted"
        else
            like "$status $err" '^[1-9].*(certificate|SSL|TLS)' "$kind: the certificate $name is refused"
        fi
    done
done

# ---- what does not work ----

try LEAT_TEST_POSTGRES=/nowhere CI= <<<'server_start postgres; done_testing'
is "$status $out" "0 1..0 # SKIP no PostgreSQL server: apt-get install postgresql" "without a server a test is skipped, with the remedy"
try LEAT_TEST_MARIADB=/nowhere CI=true <<<'server_requires postgres mariadb; done_testing'
is "$status $out" "1 Bail out! no MariaDB server: apt-get install mariadb-server-core mariadb-client-core (nothing is skipped in CI)" \
    "but in CI it fails"
try CI= <<<'server_start postgres pg work_mem=plenty; echo later'
like "$status $out" 'invalid value for parameter "work_mem"' "postgres: what keeps it from starting is shown"
like "$status ${out##*$'\n'}" '^1 Bail out! the PostgreSQL server pg did not start$' "postgres: and ends the test"
try CI= <<<'server_start mariadb db no_such_setting=1; echo later'
like "$status $out" "unknown variable 'no_such_setting=1'" "mariadb: what keeps it from starting is shown"
like "$status ${out##*$'\n'}" '^1 Bail out! the MariaDB server db did not start$' "mariadb: and ends the test"

# A port that somebody has: another one is found, but not for a server that had it before.
try <<END
_server_make_home
n=0
_postgres_option() { [ "\$2" != port ] || [ \$((n += 1)) -gt 2 ] || set -- "\$1" port $postgres_port
    printf "%s = '%s'\n" "\$2" "\$3" >>"\$_server_home/\$1/postgresql.conf"; }
server_start postgres pg
server_sql pg -c 'show port'
n=0
server_restart pg port=1
END
like "$out" $'\n[12][0-9]{4}\n' "a port that is taken is not insisted on"
like "$status $out" "^1 .*" "unless it is that of a server that starts again"
like "${out##*$'\n'}" "^Bail out! the PostgreSQL server pg did not start$" "which is said"

# ---- the template ----

mkdir -p "$scratch/builddir"
template='top_builddir=$PWD_OUTSIDE/builddir; server_start postgres; ls "$postgres_folder" | grep -c marker'
try PWD_OUTSIDE="$scratch" <<<"$template"
is "$out" 0 "a template is made"
touch "$scratch/builddir/tests/servers/tmp/postgres/marker"
try PWD_OUTSIDE="$scratch" <<<"$template"
is "$out" 1 "and used again"
sed -i 's/[0-9]\.[0-9]*/8.0/' "$scratch/builddir/tests/servers/tmp/postgres.made"
try PWD_OUTSIDE="$scratch" <<<"$template"
is "$out" 0 "but made again for another version of the server"

# ---- nothing is left ----

# A test that writes down what it has: its processes, of the server that was asked something long too, and folders.
cat >both.sh <<'END'
processes() { echo "$postgres_pid $mariadb_pid"; grep -lsE "^PPid:[[:space:]]+$postgres_pid\$" /proc/[0-9]*/status | tr -dc '0-9\n'; }
asleep() { [ "$(server_sql postgres <<<"select count(*) from pg_stat_activity where query = 'select pg_sleep(1000)'")" = 1 ]; }
server_start postgres
server_start mariadb
server_sql postgres -c 'select pg_sleep(1000)' >/dev/null 2>&1 &
until_true $! asleep
processes >"$NOTES/processes"
printf '%s\n' "$_server_home" "$_server_sockets" "$scratch" >"$NOTES/folders"
sed -n '7s/.* //p' "$postgres_folder/postmaster.pid" >"$NOTES/memory"
END
processes_left() { local pid; for pid in $(cat processes); do ! _server_since "$pid" || echo "$pid"; done; }
no_processes_left() { [ -z "$(processes_left)" ]; }
folders_left() { local folder; for folder in $(cat folders); do [ ! -e "$folder" ] || echo "$folder"; done; }
memory_left() { ipcs -m | awk -v id="$(cat memory)" '$2 == id'; }

for end in 'done_testing' 'exit 3' 'server_stop postgres kill; server_stop mariadb kill; done_testing' 'kill -TERM $$; sleep 60'; do
    rm -f processes folders memory
    try NOTES="$PWD" < <(cat both.sh; echo "$end")
    is "$(($(wc -w <processes) > 6)) $(wc -w <folders) $(wc -w <memory)" "1 3 1" "$end: both were running"
    is "$(processes_left)$(folders_left)$(memory_left)" "" "$end: nothing is left"
done

{ try NOTES="$PWD" < <(cat both.sh; echo 'kill -KILL $$'); } 2>/dev/null
until_true $$ no_processes_left
is "$(processes_left)" "" "when a test is killed itself, its servers end"
is "$(memory_left)" "" "and leave no shared memory"
# shellcheck disable=SC2046
rm -rf $(cat folders)
done_testing
