# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections to MariaDB that are cut, at many places.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/cuts.sh"
needs extract-mysql
starts
connects
sql <<'END'
create table users (id bigint primary key, name text);
insert into users select seq, concat('user ', seq) from seq_1_to_2000;
END
printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' \
    "extract: {mysql: {${connection}port: '\${env:DB_PORT}', table: users, cursor: id}}" 'load: {csv: out.csv}' >p.yaml
{ echo id,name; seq 2000 | sed 's/.*/&,user &/'; } >wanted.csv
anew() { rm -f out.csv; }
judge() { cmp -s wanted.csv out.csv; }
# Each connection that is to speak with the server follows one that only looks whom it would speak with.
spared=2
cuts down "$my_port" "before it speaks" 0 1 50 103
spared=3
cuts down "$my_port" "out of it" 0 1 4 50 103 110 200 300 500 800 1000 1500 2000 3000 5000 10000 20000 30000 36000 36170
cuts up "$my_port" "out of it" 0 1 4 50 100 200 300 400 500 600 700 800 830
done_testing
