# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract postgres in the order of a cursor: runs that are killed, runs that read what has changed,
# and a server that goes away in the middle.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs extract-postgres
. "$top_srcdir/tests/stores/orders.sh"
starts
connects

sql <<'END'
create table users (id bigint primary key, name text, changed timestamptz, born date, pad text);
insert into users select i, 'user ' || i, '2024-01-01'::timestamptz + i / 10 * interval '1 minute',
    date '2000-01-01' + i, repeat('x', 10000) from generate_series(1, 1000) as i;
create view same as select * from users;
create index on users (changed, id);
END
touch_sql="update users set name = 'changed', changed = timestamptz '2025-01-01' + id * interval '1 second' where id in (5, 500)"
new_sql="insert into users values (1001, 'new', '2025-01-02', null)"
late_sql="insert into users values (1002, 'late', '2025-01-01 23:58:00', null)"
null_sql="insert into users values (2001, 'null 1', null, null), (2002, 'null 2', null, null), (2003, 'null 3', null, null)"
all_orders
changed_order
explain=$(echo "set enable_seqscan = off; set enable_bitmapscan = off; explain select * from users as leat where leat.changed >= '2024-01-01' and (leat.changed > '2024-01-01' or leat.id > 7) and leat.changed is not null order by leat.changed, leat.id" | sql)
like "$explain" 'Index Scan using users_changed_id_idx' "the place is found by the index"
unlike "$explain" 'Sort' "and nothing is sorted"
done_testing
