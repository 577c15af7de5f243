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

order_users
all_orders
changed_order
explain=$(echo "set enable_seqscan = off; set enable_bitmapscan = off; explain select * from users as leat where leat.changed >= '2024-01-01' and (leat.changed > '2024-01-01' or leat.id > 7) and leat.changed is not null order by leat.changed, leat.id" | sql)
like "$explain" 'Index Scan using users_changed_id_idx' "the place is found by the index"
unlike "$explain" 'Sort' "and nothing is sorted"
done_testing
