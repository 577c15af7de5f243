# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract postgres in partitions: every row once, in one snapshot, also where a run goes on, and refused where
# the order of the records decides.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/midway.sh"
needs extract-postgres
starts
connects
needs_probe

sql <<'END'
create table numbers (id bigint primary key, x text);
insert into numbers select case when i < 5000 then i else i * 1000000007 end, 'x' || i from generate_series(1::bigint, 20000) as i;
analyze numbers;
create table words (w text, n int, primary key (w, n));
insert into words select md5((i % 3000)::text) || case when i % 7 = 0 then 'ä''\"' else '' end, i from generate_series(1, 20000) as i;
create table holes (id int, u uuid unique);
insert into holes select i, case when i % 10 > 0 then gen_random_uuid() end from generate_series(1, 3000) as i;
create table empty (id int primary key);
create table one (id int primary key);
insert into one values (7);
create view few as select id from numbers where id < 100;
END

# in_parts N TABLE CURSOR [LINE...]: p.yaml, which reads it in so many partitions
in_parts()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {postgres: {table: $2, cursor: $3, partitions: $1}}" 'load: {jsonl: out.jsonl}' \
        'rejects: {csv: rejects.csv}' 'max_rejects: 100%' "${@:4}" >p.yaml
    rm -f out.jsonl rejects.csv
}

# all_of TABLE [WHERE]: what must come out, in any order
all_of() { sql -A -t -c "select json_strip_nulls(row_to_json(t)) from $1 as t ${2-}" | LC_ALL=C sort >wanted; }

for table in 'numbers id' 'words [w,n]' 'empty id' 'one id' 'few id'; do
    read -r name cursor <<<"$table"
    all_of "$name"
    for n in 1 2 3 16; do
        in_parts "$n" "$name" "$cursor"
        run leat run p.yaml
        is "$status" 0 "$name in $n: exit status 0"
        [ "$status" = 0 ] || note "$err"
        LC_ALL=C sort out.jsonl >got
        same got wanted "$name in $n: every row once"
    done
done
sql <<<"analyze words"
all_of words
in_parts 4 words '[w, n]'
run leat run p.yaml
LC_ALL=C sort out.jsonl >got
same got wanted "words, which the server knows"

in_parts 3 holes u
run leat run p.yaml
is "$status $(wc -l <out.jsonl) $(wc -l <rejects.csv)" "0 2700 301" "nulls are read, and rejected, by one of them"
run leat preview p.yaml
is "$status" 0 "a preview reads by one"
run leat plan p.yaml
like "$out" '1\. postgres: 3 workers' "the plan shows how many"
like "$out" 'come in no order' "and says that there is no order"

in_parts 4 numbers id "transform: [{filter: \"x = 'x19999'\"}]"
run leat preview p.yaml
like "$out" 'x19999' "and reads all of them for what few records pass"

# ---- one snapshot ----

sql <<<"create table pairs (id bigint primary key, o bigint); insert into pairs select i, i from generate_series(1, 20000) as i; analyze pairs"
server_sql pg -u leat >/dev/null 2>&1 <<'END' &
do $$ declare i bigint := 0; begin loop i := i + 1;
    insert into pairs values (-i, i), (1000000 + i, i); commit; exit when i = 2000000; end loop; end $$
END
writer=$!
enough() { [ "$(sql -c 'select count(*) from pairs where id < 0')" -gt 500 ]; }
until_true $writer enough
in_parts 4 pairs id
for i in 1 2 3; do
    run leat run p.yaml --restart
    is "$status" 0 "while another writes, $i: exit status 0"
    python3 - >odd <<'END'
import json
rows = [json.loads(line) for line in open("out.jsonl")]
low = {r["o"] for r in rows if r["id"] < 0}
high = {r["o"] for r in rows if r["id"] > 1000000}
print(len(low ^ high), len(low) > 500)
END
    is "$(cat odd)" "0 True" "all partitions see the same"
done
server_sql pg <<<"select pg_terminate_backend(pid) from pg_stat_activity where usename = 'leat' and query like 'do %'" >/dev/null
wait $writer

# ---- a run that goes on ----

in_parts 3 numbers id 'transform: [{probe: slow}]' 'checkpoint: 0s' 'batch_rows: 50'
all_of numbers
slow=
for far in 200 600 1000; do
    once has_come_far kill_it
    is "$status" 137 "killed when more than $far records are safe"
done
sql <<<"insert into numbers select 5000 + i, 'late' from generate_series(1, 9000) as i; analyze numbers" # other statistics
run leat_run
is "$status" 0 "goes on: exit status 0"
[ "$status" = 0 ] || note "$err"
grep -v '"late"' out.jsonl | LC_ALL=C sort >got
same got wanted "every row once in the end"

# ---- by an order ----

sql <<<"create view crowd as select n as id, w as email, n % 10 as rank from words"
sql -A -t -c "select json_strip_nulls(row_to_json(t)) from (select id, email, rank from (select *, row_number() over
    (partition by email order by rank desc, id) as place from crowd) c where place = 1) as t" | LC_ALL=C sort >wanted
in_parts 3 crowd id 'validate: [{dedupe: {key: email, order: rank, keep: last}}]'
for i in 1 2 3; do
    run leat run p.yaml --restart
    is "$status" 0 "dedupe by an order, $i: exit status 0"
    LC_ALL=C sort out.jsonl >got
    same got wanted "dedupe by an order, $i: who wins"
done

# ---- what does not go together ----

# wrong OPTIONS REGEX WHAT [LINE...]
wrong()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {postgres: {$1}}" 'load: {csv: out.csv}' "${@:4}" >p.yaml
    run leat check p.yaml
    is "$status" 78 "$3: exit status 78"
    like "$err" "$2" "$3"
}
wrong 'table: numbers, cursor: id, partitions: 2' "dedupe: what it lets through hangs on the order.*in 2 partitions" "dedupe" 'validate: [{dedupe: x}]'
like "$err" 'help: give it  order: FIELD' "and what to do"
wrong 'table: numbers, cursor: id, partitions: 2' "rules: what it lets through hangs on the order" "unique" 'validate: [{rules: {x: {unique: true}}}]'
like "$err" 'help: .*dedupe: .key: FIELD, order: FIELD' "and what to do"
wrong "query: 'select 1 as id', cursor: id, partitions: 2" "a query is not divided" "a query"
wrong 'table: numbers, partitions: 2' "needs a cursor" "no cursor"
wrong 'table: numbers, cursor: id, incremental: true, partitions: 2' "read in its order" "incremental"
wrong 'table: numbers, cursor: id, partitions: 65' "must be from 1 to 64" "too many"

done_testing
