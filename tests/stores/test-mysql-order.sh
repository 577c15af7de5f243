# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract mysql in the order of a cursor: runs that are killed, runs that read what has changed, a server
# that goes away in the middle, and texts that a collation takes for equal.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs extract-mysql
. "$top_srcdir/tests/stores/orders.sh"
starts
connects

order_users
all_orders
changed_order

# ---- each type as a cursor ----

sql <<'END'
create table kinds (id int, i bigint, u bigint unsigned, t tinyint(1), b bit(64), d decimal(65,30), x double, da date,
    dt datetime(6), ts timestamp(6) null, tm time(6), y year, bn binary(4), vb varbinary(20), l varchar(20) character set latin1,
    e enum('z','b','a'), s set('z','b','a'), uu uuid, ip inet6, primary key (id));
insert into kinds select seq, 9007199254740992 + seq, 18446744073709550615 + seq, seq mod 2,
    18446744073709550615 + seq, 12345678901234567890 + seq * 0.000000000000000000000000000001, seq / 3, date '1000-01-01' + interval seq day,
    timestamp '1969-12-31 23:59:59.999990' + interval seq microsecond, timestamp '2024-10-27 00:00:00' + interval seq microsecond,
    sec_to_time(seq) - interval 1 hour, 1901 + seq mod 250, unhex(lpad(hex(seq * 4000000), 8, '0')), unhex(hex(seq)),
    convert(concat(char(224 + seq mod 20 using latin1), seq) using latin1), elt(1 + seq mod 3, 'a', 'b', 'z'), elt(1 + seq mod 3, 'a', 'b', 'z,a'),
    concat(lpad(hex(seq * 4000000), 8, '0'), '-0000-0000-0000-', lpad(hex(1000 - seq), 12, '0')), concat('2001:db8::', hex(seq))
    from seq_1_to_1000;
update kinds set dt = '0000-00-00', da = '2024-00-10', ts = '0000-00-00' where id = 7;
END
for column in i u t b d x da dt ts tm y bn vb l e s uu ip; do
    after_kill "kind_$column" "table: kinds, cursor: [$column, id]" "a cursor of $column"
    is "$(ids | sort -n | cksum) $(ids | wc -l)" "$(sql <<<'select id from kinds where id <> 7' | cksum) 999" "a cursor of $column: all of them"
done

# ---- texts that a collation takes for equal ----

sql <<'END'
create table words (word varchar(20) collate utf8mb4_general_ci, l varchar(20) character set latin1, n int);
insert into words values ('a', 'a', 1), ('A', 'A', 2), ('a ', 'a ', 3), ('á', 'á', 4), ('', '', 5), (' ', ' ', 6), ('ß', 'ß', 7), ('s', 's', 8);
create table codes (code varchar(20) collate utf8mb4_unicode_ci primary key, n int);
insert into codes select concat(elt(1 + seq mod 4, 'a', 'B', 'ä', 'Ö'), seq), seq from seq_1_to_1000;
END
for column in word l; do
    probe= pipeline "words_$column" "table: words, cursor: $column"
    run leat_run
    is "$(sed 1d out.csv | wc -l)" 8 "texts that $column takes for equal are all read"
done
sql <<<"create table longs (n int, w varchar(2000)); insert into longs select seq, concat(repeat('x', 1500), 1 + 7919 * seq mod 997) from seq_1_to_900"
probe= pipeline longs 'query: "SELECT w, n FROM longs", cursor: w'
run leat_run
is "$(sed 1d out.csv | cut -d, -f1 | cksum)" "$(sed 1d out.csv | cut -d, -f1 | LC_ALL=C sort | cksum)" "texts that differ behind their 1024th byte are in order, too"
after_kill codes 'table: codes, cursor: code' "by a unique index, in its own order"
is "$(ids | tr '\n' ' ')" "$(sql <<<'select code from codes order by code' | tr '\n' ' ')" "which is the collation's"

# ---- by the index ----

explain()
{
    sql --table <<<"explain select * from users as leat where $1"
}
unlike "$(explain "leat.changed >= cast('2024-01-01 01:00:00' as datetime(6)) and (leat.changed > cast('2024-01-01 01:00:00' as datetime(6)) or leat.id > cast('7' as signed)) and leat.changed is not null order by leat.changed, leat.id limit 5")" \
    'filesort| ALL ' "the place is found by the index, and nothing is sorted"
done_testing
