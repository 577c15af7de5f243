# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract mysql, asked for single records by key.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs extract-mysql
[ -x "$top_builddir/tests/stores/find" ] || skip_all "tests/stores/find is not built (apt-get install libcmocka-dev)"
starts
connects
plugin=$top_builddir/plugins/.libs/extract-mysql.so
sql <<'END'
create table t (id bigint primary key, a varchar(20) collate utf8mb4_unicode_ci, l varchar(20) character set latin1, u uuid,
    bn binary(4), d decimal(20,4), ub bigint unsigned, e enum('z','a'), y year, b bit(9),
    key(a), key(l), key(u), key(bn), key(d), key(ub));
insert into t values (1, 'a', 'é', '00112233-4455-6677-8899-aabbccddeeff', x'00ff0001', 1.5, 18446744073709551615, 'z', 2024, 257),
    (2, 'A', 'E', null, x'5c783431', -2, 9223372036854775808, 'a', 1999, 0), (3, 'a ', '?', null, null, null, null, null, null, null),
    (4, 'á', '€', null, null, 1.5, 5, 'a', 2024, 1);
create table many (id bigint primary key, name varchar(20));
insert into many select seq * 2, concat('n', seq) from seq_1_to_3000;
create table owned (user_id int, what varchar(20), primary key(user_id, what));
insert into owned values (1, 'x'), (1, 'y'), (2, 'z');
create view slow as select id, sleep(id * 0 + 0.05) as s from many;
END

# found OPTIONS FIELDS KEYS WANTED WHAT: of what is found the first field; then a digit a key
found()
{
    # shellcheck disable=SC2086
    run "$top_builddir/tests/stores/find" "$plugin" "{option_file: $PWD/my.cnf, database: shop, $1}" $2 <<<"$3"
    is "$(cut -d '|' -f 1 <<<"$out" | tr '\n' ' ')" "$4 " "$5"
}

found 'table: t' id $'1\n99\n3\n\\N\n1\n-9223372036854775808' '0: 1 2: 3 4: 1 101010' "numbers, one of them twice, one null"
found 'query: "SELECT id, a FROM t"' a $'a\nA\na \n\ná\nzz' '0: 1 1: 2 2: 3 4: 4 111010' "texts that the collation takes for equal"
found 'query: "SELECT id, l, a FROM t"' 'l a' $'é\ta\n?\ta \nł\tA\n€\tá' '0: 1 1: 3 3: 4 1101' "two fields, one in latin1; what latin1 does not have"
found 'table: t' u $'00112233-4455-6677-8899-AABBCCDDEEFF\nnonsense\n' '0: 1 100' "a UUID, and what is none"
found 'query: "SELECT id, bn FROM t"' bn $'\\x00ff0001\n\\x41\n\\x5c783431' '0: 1 2: 2 101' "bytes"
found 'query: "SELECT id, d FROM t WHERE id < 4"' d $'1.50\n-2\n1.50001\n99999999999999999999999999999999999999999999999999999999999999999999' \
    '0: 1 1: 2 1100' "decimals; what the column could not hold"
found 'table: t' ub $'18446744073709551615\n18446744073709551616\n5.0\n5.5\n-5' '0: 1 2: 4 10100' "unsigned numbers"
found 'table: t' 'e y' $'z\t2024\na\t1999\na\t2000' '0: 1 1: 2 110' "a word of a list, and a year"
found 'table: t' b $'257\n0\n7' '0: 1 1: 2 110' "bits"
found 'query: "SELECT what, user_id FROM owned"' user_id $'2\n1\n3' '0: z 1: x 1: y 110' "several records of one key"
run "$top_builddir/tests/stores/find" "$plugin" "{option_file: $PWD/my.cnf, database: shop, table: many}" id < <(seq 6000)
is "$(wc -l <"$out_file") $(tail -n 1 "$out_file" | fold -w 1 | grep -c 1)" "3001 3000" "6000 keys, half of which are there"
run env FIND_TIMES=2 "$top_builddir/tests/stores/find" "$plugin" "{option_file: $PWD/my.cnf, database: shop, table: many}" id <<<2
is "$out" $'0: 2|n1\n1\n0: 2|n1\n1' "asked twice"
run env FIND_PATIENCE_MS=300 "$top_builddir/tests/stores/find" "$plugin" "{option_file: $PWD/my.cnf, database: shop, query: 'SELECT id, s FROM slow'}" id < <(seq 2 2 200)
like "$out" 'no answer in time' "a search that takes longer than it may"

# By the index: a full scan of so many rows for each key would be seen.
server_sql my <<<"set global general_log = 1, global log_output = 'TABLE'"
found 'query: "SELECT id, a FROM t"' a 'a' '0: 1 1' "a text"
statement=$(server_sql my -d mysql <<<"select replace(convert(argument using utf8mb4), '\\n', ' ') from general_log where argument like 'SELECT leat.*%' order by event_time desc limit 1")
like "$(server_sql my --table <<<"explain $statement")" '\| t +\| ref ' "is found by its index"

done_testing
