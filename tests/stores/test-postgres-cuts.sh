# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections to PostgreSQL that are cut: out of it and into it, at many places.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/cuts.sh"
needs load-postgres
starts
connects
sql <<'END'
create table users (id bigint primary key, name text);
insert into users select i, 'user ' || i from generate_series(1, 2000) as i;
create table target (id bigint primary key, name text);
END
printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' \
    "extract: {postgres: {port: '\${env:DB_PORT}', table: users, cursor: id}}" 'load: {csv: out.csv}' >p.yaml
{ echo id,name; seq 2000 | sed 's/.*/&,user &/'; } >wanted.csv
anew() { rm -f out.csv; }
judge() { cmp -s wanted.csv out.csv; }
cuts down "$pg_port" "out of it" 0 1 9 100 400 500 600 800 1000 2000 5000 10000 20000 33333 50000 60000 70000 80000
cuts up "$pg_port" "out of it" 0 1 8 100 200 400 500 600 650 700

printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' 'extract: {csv: {path: wanted.csv, fields: {id: int64}}}' \
    "load: {postgres: {port: '\${env:DB_PORT}', table: target}}" >p.yaml
anew() { sql <<<'truncate target; drop table if exists leat_commits' 2>/dev/null; }
judge() { [ "$(sql <<<'select count(*), count(distinct id) from target')" = "2000|2000" ]; }
cuts up "$pg_port" "into it" 0 1 8 100 300 500 700 900 1000 1500 2000 3000 5000 10000 20000 30000 33333 36000 37000
cuts down "$pg_port" "into it" 0 1 9 100 400 500 600 700 800 1000 1500 2000 3000 4000
done_testing
