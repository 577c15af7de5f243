# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections to MongoDB that are cut, at many places.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/cuts.sh"
[ -e "$top_builddir/plugins/.libs/extract-mongodb.so" ] || skip_all "the mongodb extract is not built (apt-get install libmongoc-dev)"
server_requires mongodb
requires python3
unset LEAT_TEST_MONGODB_URL # one of our own, whose port is known
mongodb_start m
mongodb_put m users --numbers 2000
printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' \
    "extract: {mongodb: {url: 'mongodb://127.0.0.1:\${env:DB_PORT}/', database: $m_database, collection: users, cursor: _id}}" \
    'load: {csv: out.csv}' >p.yaml
{ echo _id,name,even; seq 2000 | awk '{ printf "%d,name %d,%s\n", $1, $1, $1 % 2 ? "false" : "true" }'; } >wanted.csv
anew() { rm -f out.csv; }
judge() { cmp -s wanted.csv out.csv; }
cuts down "$m_port" "out of it" 0 1 4 16 100 300 500 700 720 800 1000 2000 5000 10000 20000 33333 50000 80000 100000 100380
cuts up "$m_port" "out of it" 0 1 4 16 100 300 500 600 700 724
done_testing
