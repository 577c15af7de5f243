# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract mysql and servers that mean ill, or mean nothing any more.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
[ -e "$top_builddir/plugins/.libs/extract-mysql.so" ] || skip_all "extract mysql is not built (apt-get install libmariadb-dev)"
requires python3

has_port() { [ -s told ]; }
stop_server() { [ -z "$hostile" ] || kill "$hostile" 2>/dev/null; }
hostile=
at_exit stop_server

# against HOW HOST: a server of that kind, and a pipeline that reads from it under that address
against()
{
    stop_server
    : >told
    python3 "$top_srcdir/tests/stores/hostile-mysql.py" "$1" >told 2>&1 &
    hostile=$!
    until_true $hostile has_port
    printf '%s\n' 'leat: 1' 'name: p' \
        "extract: {mysql: {host: $2, port: $(head -n 1 told), tls: disable, user: leat, password: '\${env:PASSWORD}', database: shop, table: users}}" \
        'load: {csv: out.csv}' >p.yaml
}
export PASSWORD=s3cret-of-leat

for host in 127.0.0.1 0.0.0.0; do
    against file $host
    run leat run p.yaml
    isnt "$status" 0 "a server that asks for a file, at $host"
    like "$(cat told)" "^file b''" "is asked for none of it"
    unlike "$(cat told)" 'root:' "and gets none"
done
against clear 0.0.0.0
run leat run p.yaml
is "$status" 69 "a server that wants the password itself: exit status 69"
unlike "$(cat told)" "$PASSWORD" "does not get it"
like "$err" 'not safe' "and it is said why"

has_come() { grep -q "$1" told; }
for how in silent stops tls; do
    against $how 127.0.0.1
    [ $how != tls ] || sed -i 's/tls: disable/tls: require/' p.yaml
    "$LEAT" run p.yaml >"$out_file" 2>"$err_file" &
    pid=$!
    until_true $pid has_come "$([ $how = silent ] && echo connected || echo answered)"
    since=$SECONDS
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    is "$status" 143 "a server that is $how: the run can be stopped"
    note "after $((SECONDS - since)) s"
done

done_testing
