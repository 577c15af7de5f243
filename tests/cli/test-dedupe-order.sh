# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# dedupe by an order: the same record of each key wins whatever comes first, with all types, after a crash, and
# within the memory of the pipeline.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires sqlite3
plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/transform-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# 20,000 records of 3,000 keys; each column of an order has equal values and nulls.
sqlite3 users.db <<'END'
create table users (id integer primary key, email text, n bigint, d text, f double, t text, day text, at text);
with r as (select value as id, value * 7919 % 3000 as k, value * 104729 % 611 as x from generate_series(1, 20000))
insert into users select id, case k when 5 then null else 'u' || k || char(64) || 'x' end, case x % 13 when 0 then null else x - 300 end,
    case x % 13 when 0 then null else printf('%s%d.%02d', case x % 3 when 0 then '-' else '' end, x % 120, x % 100) end,
    case x % 13 when 0 then null else x / 7.0 - 20 end, case x % 13 when 0 then null else char(97 + x % 26) || x % 11 || 'ä' end,
    case x % 13 when 0 then null else date('2024-01-01', (x - 300) || ' days') end,
    case x % 13 when 0 then null else datetime('2024-01-01', (x * 1000) || ' minutes') end from r;
END
fields='fields: {n: int64, d: decimal, f: float64, t: text, day: date, at: timestamp}'

# wins NAME ORDER KEEP QUERY SQL-ORDER [LINE...]
wins()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {sqlite: {path: users.db, query: \"$4\", $fields}}" \
        "validate: [{dedupe: {key: email, order: $2, keep: $3}}]" 'load: {csv: out.csv}' "${@:6}" >p.yaml
    rm -f out.csv
    run leat run p.yaml --report report.json
    is "$status" 0 "$1: exit status 0"
    [ "$status" = 0 ] || note "$err"
    cut -d, -f1 out.csv | tail -n +2 | sort -n >got
    sqlite3 users.db "select id from (select id, email, row_number() over (partition by email order by $5) as place from users)
        where place = 1 or email is null order by id" >wanted
    same got wanted "$1: who wins"
}

shuffled='select * from users order by id * 7907 % 20011'
for query in 'select * from users order by id' 'select * from users order by id desc' "$shuffled"; do
    wins "$query" n first "$query" 'n is null, n, id'
done
wins "the last" n last "$shuffled" 'n is null, n desc, id'
wins decimals d first "$shuffled" 'd is null, cast(d as real), id'
wins "decimals, the last" d last "$shuffled" 'd is null, cast(d as real) desc, id'
wins floats f first "$shuffled" 'f is null, f, id'
wins texts t first "$shuffled" 't is null, t, id'
wins dates day last "$shuffled" 'day is null, day desc, id'
wins timestamps at first "$shuffled" 'at is null, at, id'
for rows in 1 7 65536; do
    wins "batches of $rows" n first "$shuffled" 'n is null, n, id' "batch_rows: $rows" 'memory: 64MiB'
done
like "$(cat report.json)" "\"duplicate\":$((20000 - $(wc -l <wanted)))," "the others are counted"

printf '%s\n' 'leat: 1' 'name: p' "extract: {sqlite: {path: users.db, query: $shuffled, $fields}}" \
    'validate: [{dedupe: {key: email, order: n, duplicates: reject}}]' 'load: {csv: out.csv}' 'rejects: {csv: rejects.csv}' 'max_rejects: 100%' >p.yaml
run leat run p.yaml
is "$status $(($(wc -l <out.csv) + $(wc -l <rejects.csv) - 2))" "0 20000" "duplicates: reject: every record is in one of the files"
like "$(sed -n 2p rejects.csv)" 'duplicate.*has the key of a record that goes before it' "and says why"

# ---- preview and plan ----

run leat plan p.yaml
like "$out" 'all records are held in memory until the last has come' "plan: says that all are held"
run leat preview p.yaml --rows 20
is "$status" 0 "preview: exit status 0"

refused() # NAME OPTIONS REGEX
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {sqlite: {path: users.db, table: users}}" "validate: [{dedupe: {$2}}]" 'load: {csv: out.csv}' >q.yaml
    run leat check q.yaml
    is "$status" 78 "$1: exit status 78"
    like "$err" "$3" "$1"
}
refused "last without an order" 'key: email, keep: last' 'only by an order can the last be known'
refused "a field that is not there" 'key: email, order: nn' "nn"

# ---- memory ----

sed -i 's/path: users.db, query: .*\(, fields\)/path: users.db, query: "select u.*, printf('\''%.*c'\'', 2000, 120) as filler from users as u"\1/' p.yaml
echo 'memory: 8MiB' >>p.yaml
rm out.csv
run leat run p.yaml
is "$status" 78 "more than half of the memory: exit status 78"
like "$err" 'dedupe: it lets no record through before it has seen all.*8 MiB.*give it more \(.memory:' "and it is said"
ok "$([ ! -e out.csv ]; echo $?)" "and nothing is written"
sed -i 's/^memory: .*/memory: 256MiB/' p.yaml
run leat run p.yaml
is "$status" 0 "with more memory it goes on"

# ---- a stop ----

# Of those read before it none is let through, so that one that is better and comes later still wins.
printf '%s\n' 'leat: 1' 'name: s' "extract: {sqlite: {path: users.db, table: users, cursor: id, $fields}}" 'transform: [{probe: slow}]' \
    'validate: [{dedupe: {key: email, order: id, keep: last}}]' 'load: {sqlite: {path: out.db, table: users, key: id}}' \
    'batch_rows: 500' 'checkpoint: 0s' >s.yaml
state_home=$states/stopped
run leat run --plugin-dir "$plugins" --time-limit 300ms s.yaml
is "$status" 75 "a stop: exit status 75"
run leat run --plugin-dir "$plugins" s.yaml
is "$status" 0 "and with more time it comes to its end"
is "$(sqlite3 out.db 'select id from users order by id')" "$(sqlite3 users.db 'select max(id) from users where email is not null group by email
    union select id from users where email is null order by 1')" "the last of each"

done_testing
