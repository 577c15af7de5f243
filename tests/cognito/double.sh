# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Read by the tests beside it, after tap.sh: the double of Cognito (tests/doubles/cognito), and credentials for it.
#
#   double_start [OPTION...]   sets double_url and double_pid; it is stopped when the test ends. The environment then
#                              has its address, a key that it knows, and no AWS settings of whoever runs the test
#   double_get PATH            what it is asked below /_double/, JSON
#   double_post PATH JSON      what it is told there; JSON @FILE: out of a file
#   double_mark                from here on
#   double_count OPERATION     counts the calls

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$top_srcdir/tests/doubles
double_secret=secret-of-the-double

double_start()
{
    local variable
    for variable in $(compgen -e AWS_); do
        unset "$variable"
    done
    mkfifo double.in
    : >double.port
    python3 "$top_srcdir/tests/doubles/cognito" --stdin --region eu-central-1 "$@" <double.in >double.port 2>double.log &
    double_pid=$!
    exec {double_in}>double.in      # it ends with us, whatever becomes of us
    at_exit kill "$double_pid"
    until_true "$double_pid" test -s double.port || { cat double.log >&2; exit 1; }
    double_url=http://127.0.0.1:$(cat double.port)
    export AWS_ENDPOINT_URL=$double_url AWS_ACCESS_KEY_ID=AKIADOUBLE AWS_SECRET_ACCESS_KEY=$double_secret
    export AWS_EC2_METADATA_DISABLED=true
}

_double_ask()
{
    python3 -c 'import sys, urllib.request
url, body = sys.argv[1], None if len(sys.argv) == 2 else sys.argv[2]
body = open(body[1:], "rb").read() if body and body[0] == "@" else body and body.encode()
sys.stdout.buffer.write(urllib.request.urlopen(urllib.request.Request(url, body), timeout=60).read())' "$@"
}
double_get() { _double_ask "$double_url/_double/$1"; }
double_post() { _double_ask "$double_url/_double/$1" "$2" >/dev/null; }
double_mark() { double_get stats >double.mark; }
double_count()
{
    double_get stats | python3 -c 'import json, sys
before, now = json.load(open("double.mark"))["calls"], json.load(sys.stdin)["calls"]
print(now.get(sys.argv[1], 0) - before.get(sys.argv[1], 0))' "$1"
}
