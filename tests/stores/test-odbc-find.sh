# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract odbc, asked for single records by key.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/odbc.sh"
plugin=$top_builddir/plugins/.libs/extract-odbc.so
[ -x "$top_builddir/tests/stores/find" ] || skip_all "tests/stores/find is not built (apt-get install libcmocka-dev)"
requires sqlite3
odbc_requires postgres mariadb sqlite
server_requires postgres mariadb
odbc_begin
server_start postgres pg
server_start mariadb my
odbc_dsn pg "Driver=PostgreSQL Unicode" Servername=127.0.0.1 "Port=$pg_port" Database=shop Username=leat "Password=$server_password"
odbc_dsn my "Driver=MariaDB Unicode" SERVER=127.0.0.1 "PORT=$my_port" DATABASE=shop UID=leat "PWD=$server_password"
odbc_dsn lite Driver=SQLite3 "Database=$PWD/shop.db"

server_sql pg -u leat <<'END'
create table t (id bigint primary key, a varchar(20), c char(4), u uuid, by bytea, d numeric(20,4));
insert into t values (1, 'a', 'x', '00112233-4455-6677-8899-aabbccddeeff', '\x00ff0001', 1.5), (2, 'A', 'y', null, '\x5c783431', -2),
    (3, 'a ', 'z', null, null, null), (4, 'á😀', null, null, null, 1.5);
create table many (id bigint primary key, name varchar(20));
insert into many select i * 2, 'n' || i from generate_series(1, 3000) i;
create table owned (user_id int, what varchar(20), primary key (user_id, what));
insert into owned values (1, 'x'), (1, 'y'), (2, 'z');
create view slow as select id, pg_sleep(0.05)::text as s from many;
END
server_sql my -u leat <<'END'
create table t (id bigint primary key, a varchar(20) collate utf8mb4_unicode_ci, l varchar(20) character set latin1, u uuid,
    bn binary(4), d decimal(20,4), ub bigint unsigned, e enum('z','a'), y year, b bit(9), key(a), key(l));
insert into t values (1, 'a', 'é', '00112233-4455-6677-8899-aabbccddeeff', x'00ff0001', 1.5, 18446744073709551615, 'z', 2024, 257),
    (2, 'A', 'E', null, x'5c783431', -2, 9223372036854775808, 'a', 1999, 0), (3, 'a ', '?', null, null, null, null, null, null, null),
    (4, 'á', '€', null, null, 1.5, 5, 'a', 2024, 1);
create table many (id bigint primary key, name varchar(20));
insert into many select seq * 2, concat('n', seq) from seq_1_to_3000;
END
sqlite3 shop.db <<'END'
create table t (id integer primary key, a text collate nocase, b blob);
insert into t values (1, 'a', x'00ff'), (2, 'A', 'text'), (3, 'á😀', null);
END

# found DSN OPTIONS FIELDS KEYS WANTED WHAT: of what is found the first field; then a digit a key
found()
{
    # shellcheck disable=SC2086
    run "$top_builddir/tests/stores/find" "$plugin" "{dsn: $1, $2}" $3 <<<"$4"
    is "$(cut -d '|' -f 1 <<<"$out" | tr '\n' ' ')" "$5 " "$1: $6"
}

for dsn in pg my; do
    found $dsn 'table: t' id $'1\n99\n3\n\\N\n1\n-9223372036854775808' '0: 1 2: 3 4: 1 101010' "numbers, one of them twice, one null"
    found $dsn 'query: "SELECT id, d FROM t WHERE id < 4"' d $'1.50\n-2\n1.50001\n99999999999999999999999999999999999999999999999999999999999999999999' \
        '0: 1 1: 2 1100' "decimals; what the column could not hold"
    found $dsn 'query: "SELECT id, a FROM t"' a $'a\nA\na \n\nzz' '0: 1 1: 2 2: 3 11100' "texts that are nearly equal"
    run "$top_builddir/tests/stores/find" "$plugin" "{dsn: $dsn, table: many}" id < <(seq 6000)
    is "$(wc -l <"$out_file") $(tail -n 1 "$out_file" | fold -w 1 | grep -c 1)" "3001 3000" "$dsn: 6000 keys, half of which are there"
    run env FIND_TIMES=2 "$top_builddir/tests/stores/find" "$plugin" "{dsn: $dsn, table: many}" id <<<2
    is "$out" $'0: 2|n1\n1\n0: 2|n1\n1' "$dsn: asked twice"
done
found pg 'table: t' u $'00112233-4455-6677-8899-AABBCCDDEEFF\nnonsense\n' '0: 1 100' "a UUID, and what is none"
found pg 'query: "SELECT id, c, a FROM t"' 'c a' $'x   \ta\nz   \ta\ny   \tA' '0: 1 2: 2 101' "two fields, one padded"
found pg 'query: "SELECT id, a FROM t"' a 'á😀' '0: 4 1' "a text beyond the first plane"
found pg 'query: "SELECT id, by FROM t"' by $'\\x00ff0001\n\\x41\n\\x5c783431' '0: 1 2: 2 101' "bytes"
found pg 'query: "SELECT what, user_id FROM owned"' user_id $'2\n1\n3' '0: z 1: x 1: y 110' "several records of one key"
found pg 'query: "SELECT id, a FROM t WHERE a <> '"''"'"' a a '0: 1 1' "in a query"
run env FIND_PATIENCE_MS=300 "$top_builddir/tests/stores/find" "$plugin" "{dsn: pg, query: 'SELECT id, s FROM slow'}" id < <(seq 2 2 200)
like "$out" 'no answer in time' "a search that takes longer than it may"
found my 'query: "SELECT id, l, a FROM t"' 'l a' $'é\ta\n?\ta \nł\tA\n€\tá' '0: 1 1: 3 3: 4 1101' "two fields, one in latin1; what latin1 does not have"
found my 'query: "SELECT id, bn FROM t"' bn $'\\x00ff0001\n\\x41\n\\x5c783431' '0: 1 2: 2 101' "bytes"
found my 'table: t' ub $'18446744073709551615\n18446744073709551616\n5.0\n5.5\n-5' '0: 1 2: 4 10100' "unsigned numbers"
found my 'table: t' 'e y' $'z\t2024\na\t1999\na\t2000' '0: 1 1: 2 110' "a word of a list, and a year"
found my 'table: t' b $'257\n0\n7' '0: 1 1: 2 110' "bits"
found lite 'table: t' id $'1\n99\n\\N\n3' '0: 1 3: 3 1001' "numbers"
found lite 'query: "SELECT id, a FROM t"' a $'a\nA\ná😀\n' '0: 1 1: 2 2: 3 1110' "texts that NOCASE takes for equal"
found lite 'query: "SELECT id, b FROM t"' b $'\\x00ff\n\\x00' '0: 1 10' "bytes"
done_testing
