# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections into MariaDB that are cut, at many places.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/cuts.sh"
needs load-mysql
starts
connects
{ echo id,name; seq 2000 | sed 's/.*/&,user &/'; } >in.csv
# The host is named, or the connection would be tried in vain first, as to one that is not local.
printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' 'extract: {csv: {path: in.csv, fields: {id: int64}}}' \
    "load: {mysql: {${connection}host: 127.0.0.1, port: '\${env:DB_PORT}', table: target}}" >p.yaml
# No key keeps a row from being there twice.
sql <<<'create table target (id bigint, name varchar(100))'
anew() { sql <<<'delete from target; drop table if exists leat_commits'; }
judge() { [ "$(sql <<<'select count(*), count(distinct id) from target')" = $'2000\t2000' ]; }
cuts up "$my_port" "into it" 0 1 4 50 100 200 400 800 1100 1300 1500 1700 2000 2400 3000 5000 10000 20000 30000 33333 38000
cuts down "$my_port" "into it" 0 1 4 50 100 200 300 400 450 500 550 600 700 800 1000 1200 1400 1600 1800
done_testing
