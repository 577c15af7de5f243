#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# run.sh [100k|1m] [PAIRS]: leat against its peers, on one million users if nothing else is said.
#
# Prepares a scratch folder: the users in each form, what the jobs must come to, the peers, the
# small C programs. Then bench.py measures; its table is the last thing printed and stands, with
# every single run in results.json, in that folder. All of it can be given:
#
#   LEAT                 the program (build/leat of this tree)
#   LEAT_BENCH_DIR       the scratch folder (bench/ beside the program)
#   LEAT_BENCH_DATA      a folder with users.csv of the 15 columns of generate and, perhaps, the same
#                        as table `users' in users.db; without it leat generates them
#   LEAT_BENCH_PYTHON    a Python that has polars and duckdb, and connectorx with pyarrow and boto3, if these shall be
#                        peers; without it they are installed by pip
#   LEAT_BENCH_RUNS      runs of each contestant (5)
#   LEAT_BENCH_ONLY      jobs, such as "csv-main one-row", if not all
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
scale=${1:-1m}
pairs=${2:-15}
leat=$(realpath -m "${LEAT:-$here/../../build/leat}")
folder=${LEAT_BENCH_DIR:-$(dirname "$leat")/bench}
export PYTHONDONTWRITEBYTECODE=1
arguments=()

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

say() {
    echo "$*" >&2
}

missing() {
    say "not measured: $*"
    arguments+=(--not-measured "$*")
}

case $scale in
100k) rows=100000 ;;
1m) rows=1000000 ;;
*) fail "how many users? 100k or 1m, not '$scale'" ;;
esac
[ -x "$leat" ] || fail "there is no leat at $leat: build it, or name it in LEAT"
command -v python3 >/dev/null || fail "needs python3"
mkdir -p "$folder"
folder=$(realpath "$folder")

# ---- the users ----

data=$folder/$scale
if [ -n "${LEAT_BENCH_DATA:-}" ]; then
    given=$(realpath "$LEAT_BENCH_DATA")
    users=$given/users.csv
    [ -e "$users" ] || fail "there is no users.csv in $LEAT_BENCH_DATA"
    data=$folder/data-$(cksum <<<"$given" | cut -d' ' -f1)
else
    users=$data/users.csv
fi
mkdir -p "$data"

# made FILE FROM...: whether FILE is there and newer than all it is made from
made() {
    local file=$1 from
    shift
    [ -e "$file" ] || return 1
    for from; do [ "$from" -ot "$file" ] || return 1; done
}

if [ -z "${LEAT_BENCH_DATA:-}" ] && ! made "$users" "$here/users.yaml"; then
    say "generating $rows users"
    "$leat" run --quiet "$here/users.yaml" --state-dir "$folder/state" --param "rows=$rows" --param "out=$users"
fi
made "$data/small.csv" "$users" || { say "cutting off a tenth of them"; "$here/data.py" tenth "$users" "$data/small.csv" >/dev/null; }
made "$data/one.csv" "$users" || "$here/data.py" records "$users" 1 "$data/one.csv"
db=$data/users.db
[ -z "${LEAT_BENCH_DATA:-}" ] || [ ! -e "$given/users.db" ] || db=$given/users.db
[ -e "$db" ] && [ "$db" != "$data/users.db" ] || made "$db" "$users" ||
    { say "making the SQLite file"; "$here/data.py" sqlite "$users" "$db"; }
made "$data/reference.json" "$users" "$here/reference.py" "$here/check.py" ||
    { say "working out what the jobs must come to"; "$here/reference.py" "$users" "$data"; }
made "$data/api.jsonl" "$users" || "$here/data.py" jsonl "$users" 100000 "$data/api.jsonl"
cat "$users" "$db" >/dev/null # into the page cache

# ---- the peers ----

versions="leat $("$leat" --version | sed -n '1s/.* //p')"

# peer NAME COMMAND...: it is there if the command, which prints its version, succeeds
peer() {
    local name=$1 version
    shift
    if ! command -v "$1" >/dev/null; then
        missing "$name ($1 is not there)"
    elif version=$("$@" 2>&1); then
        arguments+=(--peer "$name")
        versions+=", $name $(grep -Eo '[0-9]+(\.[0-9]+)+' <<<"$version" | head -n 1)"
    else
        missing "$name ($(tail -n 1 <<<"$version"))"
    fi
}

python=${LEAT_BENCH_PYTHON:-$folder/venv/bin/python}
if [ -z "${LEAT_BENCH_PYTHON:-}" ] && ! "$python" -c 'import polars, duckdb' 2>/dev/null; then
    say "installing polars and duckdb"
    { python3 -m venv "$folder/venv" && "$python" -m pip install --quiet --disable-pip-version-check polars duckdb; } ||
        say "they could not be installed"
    "$python" -m pip install --quiet --disable-pip-version-check connectorx pyarrow 2>/dev/null || true # only one job wants them
fi
if [ -z "${LEAT_BENCH_PYTHON:-}" ] && ! "$python" -c 'import boto3' 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check boto3 2>/dev/null || true # cognito-api wants it
fi
peer polars "$python" -c 'import polars; print(polars.__version__)'
peer duckdb "$python" -c 'import duckdb; print(duckdb.__version__)'
peer connectorx "$python" -c 'import connectorx, pyarrow; print(connectorx.__version__)'
peer boto3 "$python" -c 'import boto3; print(boto3.__version__)'
peer python python3 --version
peer awk gawk --version
peer miller mlr --version
peer sqlite3 sqlite3 --version
peer mongoexport mongoexport --version

# ---- the programs in C ----

compile() {
    local what=$1 source=$here/$1.c
    shift
    [ -e "$source" ] || source=$here/../doubles/$what.c
    if ! made "$folder/$what" "$source"; then
        ${CC:-cc} -std=gnu17 -O2 -o "$folder/$what" "$source" "$@" >"$folder/$what.log" 2>&1 ||
            { missing "$what.c (it does not compile: $(head -n 1 "$folder/$what.log"))"; return; }
    fi
    arguments+=("--$what" "$folder/$what")
}

compile floor -lsqlite3
# shellcheck disable=SC2046
compile floor-postgres $(pkg-config --cflags --libs libpq 2>/dev/null || echo -lpq)
# shellcheck disable=SC2046
compile floor-mysql $(pkg-config --cflags --libs libmariadb 2>/dev/null || echo -lmariadb)
# shellcheck disable=SC2046
compile floor-mongodb $(pkg-config --cflags --libs libmongoc-1.0 2>/dev/null || echo -lmongoc-1.0)
compile count-alloc -shared -fPIC
compile curl-loop -lcurl
compile httpd

for job in ${LEAT_BENCH_ONLY:-}; do arguments+=(--only "$job"); done
export LEAT=$leat
exec bash "$here/stores.sh" "$users" "$data/api.jsonl" python3 "$here/bench.py" --leat "$leat" --folder "$data" --users "$users" --small "$data/small.csv" \
    --one "$data/one.csv" --api-users "$data/api.jsonl" --db "$db" --python "$python" --versions "$versions" \
    --runs "${LEAT_BENCH_RUNS:-5}" --pairs "$pairs" "${arguments[@]}"
