# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load postgres against a real server: what it writes, what the server refuses, and what is there after a crash.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/types.sh"
. "$top_srcdir/tests/stores/loads.sh"
needs load-postgres
starts
connects
loads

# ---- there and back ----

{ types_setup postgres; types sql postgres; } | sql
# What extract postgres turns into JSON comes back as the text that the server has for it.
as_text=$(types columns postgres | grep -E $'\t(.*\[\]|place)$' | sed 's/\t.*/: text/' | paste -sd , )
sql <<<'create table copy (like matrix)'
pipeline back "{postgres: {table: matrix, cursor: id, fields: {$as_text}}}" 'table: copy'
run leat run p.yaml
is "$status" 0 "the matrix of types is written back"
misfits=$(rejected | wc -l)
is "$(rejected | grep -vc conversion_failed)" 0 "all that was read"
is "$(sql <<<'select count(*) from copy')" "$(($(sql <<<'select count(*) from matrix') - misfits))" "each row"
is "$(sql <<<'select m.id from matrix as m join copy as c on c.id = m.id where m::text is distinct from c::text')" "" "the same, to the letter"
pipeline made "{postgres: {table: matrix, cursor: id, fields: {$as_text}}}" 'table: made, key: id'
run leat run p.yaml
is "$status" 0 "into a table that is made"
pipeline read '{postgres: {table: made, cursor: id}}' 'table: made_again, key: id'
run leat run p.yaml
is "$(sql <<<'select m.id from made as m join made_again as c on c.id = m.id where m::text is distinct from c::text')" "" \
    "whose types are read back as the same"

# ---- what becomes of rows that are there ----

seq 1 2500 | awk 'BEGIN { print "id,name" } { print $1 ",name " $1 }' >in.csv
extract='{csv: {path: in.csv, fields: {id: int64}}}'
state() { sql <<<"select count(*), count(distinct id), count(*) filter (where name = 'old') from t"; }
old() { sql <<<"drop table if exists t; create table t (id bigint $1, name text, more int default 7); insert into t select i, 'old' from generate_series(1, 3000, 1000) as i"; }
old 'primary key'
pipeline insert "$extract" 'table: t'
run leat run p.yaml
is "$(state)" "2500|2500|3" "insert: what is there stays, all others are written"
is "$(rejected | cut -d' ' -f1,2 | paste -sd ' ')" "1 constraint_unique 1001 constraint_unique 2001 constraint_unique" "and what is there is rejected"
like "$(rejected)" 'violates unique constraint "t_pkey"' "with the server's own reason"
is "$(sql <<<'select count(*) from t where more = 7')" 2500 "other columns get their default"
old 'primary key'
pipeline upsert "$extract" 'table: t, mode: upsert, key: id'
run leat run p.yaml
is "$(state)" "2500|2500|0" "upsert: what is there is updated"
old ''
pipeline upsert2 "$extract" 'table: t, mode: upsert, key: id'
run leat run p.yaml
is "$status" 78 "upsert without a unique index: exit status 78"
like "$err" 'CREATE UNIQUE INDEX.*mode: merge' "and what to do"
pipeline merge "$extract" 'table: t, mode: merge, key: id'
run leat run p.yaml
is "$(state)" "2500|2500|0" "merge does without"
run leat run p.yaml
is "$(state)" "2500|2500|0" "and again"
old 'primary key'
pipeline replace "$extract" 'table: t, mode: replace'
run leat run p.yaml
is "$(state)" "2500|2500|0" "replace: nothing is left of what was there"
sql <<<"insert into t values (99999, 'old')"
printf '%s\n' 'leat: 1' 'name: replace2' "extract: $extract" 'transform: [{probe: fail}]' 'load: {postgres: {table: t, mode: replace}}' >p.yaml
run leat run --plugin-dir "$plugins" p.yaml
isnt "$status" 0 "a run that fails"
is "$(state)" "2501|2501|1" "leaves all as it was"
printf 'id,name\n1,a\n2,b\n1,c\n,d\n' >twice.csv
for mode in upsert merge; do
    old 'primary key'
    sql <<<'delete from t'
    pipeline twice-$mode '{csv: {path: twice.csv, fields: {id: int64}}}' "table: t, mode: $mode, key: id"
    run leat run p.yaml
    is "$(sql <<<'select id, name from t order by id' | paste -sd ' ')" "1|c 2|b" "$mode: of two with one key the last counts"
    like "$(rejected)" 'null_key' "and a null in it is rejected"
done

# ---- what the server refuses ----

refused() { sql <<<"drop table if exists t; create table t (id bigint primary key, name text, $1)"; }
for which in 1 2500 1250 all; do
    case $which in all) refused 'check (id < 0)' ;; *) refused "check (id <> $which)" ;; esac
    for mode in insert upsert merge; do
        sql <<<'truncate t'
        pipeline refused-$which-$mode "$extract" "table: t, mode: $mode, key: id"
        run leat run p.yaml
        if [ $which = all ]; then
            is "$(sql <<<'select count(*) from t') $(rejected | grep -c constraint_check)" "0 2500" "$mode: a table that refuses every row"
        else
            is "$(sql <<<'select count(*) from t') $(rejected)" "2499 $which constraint_check new row for relation \"t\" violates check constraint \"t_id_check\"" \
                "$mode: one that refuses row $which"
        fi
    done
done
sql <<'END'
drop table if exists t;
create table parent (id bigint primary key);
insert into parent values (1);
create table t (id smallint primary key, name varchar(5) not null, parent bigint references parent deferrable initially deferred);
create function refuse() returns trigger language plpgsql as $$ begin
    if new.name = 'skip' then return null; end if;
    if new.name = 'boom' then raise exception 'not "%"', new.name; end if;
    return new; end $$;
create trigger refuse before insert on t for each row execute function refuse();
END
cat >bad.csv <<'END'
id,name,parent
1,ok,1
2,,1
3,toolong,1
4,ok,2
99999,ok,1
6,skip,1
7,boom,1
x,ok,1
9,ok,
END
pipeline bad '{csv: {path: bad.csv}}' 'table: t' 'transform: [{set: {name: "nullif(name, '"''"')"}}]'
run leat run p.yaml
is "$(sql <<<'select id from t order by id' | paste -sd ' ')" "1 9" "each row is refused alone"
is "$(rejected | cut -d' ' -f1,2 | paste -sd ,)" \
    "2 constraint_not_null,3 constraint_type,4 constraint_foreign_key,99999 constraint_type,6 constraint_trigger,7 constraint_trigger,x constraint_type" \
    "for its own reason"
unlike "$(rejected | cut -d' ' -f3-)" '99999|boom|"x"' "which holds no value"
like "$(sed -n 1p rejects.jsonl)" '"leat:field":"name"' "and names the field, where the server does"

# ---- after a crash ----

has_begun() { [ "$(server_sql pg <<<"select count(*) from pg_stat_activity where state = 'idle in transaction'")" -ge 1 ]; }
head -n 801 in.csv >short.csv
slowly="{csv: {path: short.csv, fields: {id: int64}}}"
for mode in insert 'upsert, key: id' 'merge, key: id' replace; do
    refused 'more int'
    rm -rf "$states/mine"
    enough=
    [ "$mode" != replace ] || enough=has_begun # all in one transaction
    crash "$slowly" "table: t, mode: $mode" kill_it
    [ "${mode%%,*}" = replace ] || like "$(sql <<<'select count(*) from t')" '^[1-7][0-9]+$' "$mode: killed: a part is there"
    run leat_again
    is "$status $(state)" "0 800|800|0" "$mode: run again: each record once"
done
enough=
sql <<<'drop table t; create table t (id bigint, name text)'
rm -rf "$states/mine"
crash "$slowly" 'table: t' kill_it
run leat_again
is "$status $(state)" "0 800|800|0" "without a key, too"
refused 'more int'
rm -rf "$states/mine"
crash "$slowly" 'table: t' server_stop pg immediate
is "$status" 75 "a server that dies: exit status 75"
like "$err" 'undone, and the next run|run again to go on' "and what becomes of the records"
server_restart pg
run leat_again
is "$status $(state)" "0 800|800|0" "run again: each record once"

# ---- two at a time ----

sql <<<"drop table t; create table t (id bigint primary key, name text); insert into t values (5, 'x'), (6, 'x')"
echo "begin; update t set name = 'theirs' where id = 6; select pg_sleep(1); update t set name = 'theirs' where id = 5; commit;" |
    server_sql pg >/dev/null 2>deadlock.err &
other=$!
sleeps() { [ "$(server_sql pg <<<"select count(*) from pg_stat_activity where wait_event = 'PgSleep'")" = 1 ]; }
until_true $other sleeps
head -n 11 in.csv >few.csv
pipeline deadlock '{csv: {path: few.csv, fields: {id: int64}}}' 'table: t, mode: upsert, key: id'
run leat run p.yaml
wait $other
is "$status $(sql <<<'select count(*) from t')" "0 10" "a deadlock with another is tried again, or the other one gives way"

# ---- sinks beside each other ----

sql <<<'drop table t; create schema side; create table side.t (id bigint check (id <> 50), name text)'
pipeline sides '{csv: {path: short.csv, fields: {id: int64}}}' 'table: side.t' 'batch_rows: 50' 'checkpoint: 0ms' \
    'results: {postgres: {table: side.results}}'
run leat run p.yaml
is "$(sql <<<'select (select count(*) from side.t), (select count(*) from side.results), (select count(*) from side.leat_commits)')" \
    "799|800|2" "load and results in one schema note their commits apart"
pipeline both '{csv: {path: short.csv, fields: {id: int64}}}' 'table: side.both' 'results: {postgres: {table: side.both}}'
run leat run p.yaml
is "$status" 78 "two in one table: exit status 78"
like "$err" 'would both write to' "and says so"

# ---- a commit that is late ----

sql <<<'create table side.late (id bigint)'
server_sql pg <<<"alter system set synchronous_standby_names = 'nobody'; select pg_reload_conf()" >/dev/null
rm -rf "$states/mine"
pipeline late '{csv: {path: short.csv, fields: {id: int64}}}' 'table: side.late' 'batch_rows: 100' 'checkpoint: 0ms'
leat_run_itself >"$out_file" 2>"$err_file" &
pid=$!
commits() { [ "$(server_sql pg <<<"select count(*) from pg_stat_activity where wait_event = 'SyncRep'")" -ge 1 ]; }
until_true "$pid" commits
kill -9 "$pid"
wait "$pid" 2>/dev/null
leat_run_itself >"$out_file" 2>"$err_file" &
pid=$!
locks() { [ "$(server_sql pg <<<"select count(*) from pg_locks where locktype = 'advisory' and not granted")" -ge 1 ]; }
until_true "$pid" locks
server_sql pg <<<"alter system reset synchronous_standby_names; select pg_reload_conf()" >/dev/null
status=0
wait "$pid" || status=$?
is "$status $(sql <<<'select count(*), count(distinct id) from side.late')" "0 800|800" \
    "a commit of a run that was killed is waited for: each record once"

# ---- what a trigger holds back ----

sql <<'END'
create table side.held (id bigint primary key, name text);
insert into side.held select i, 'old' from generate_series(1, 3) as i;
create function side.hold() returns trigger language plpgsql as $$ begin
    if new.id = 2 then return null; end if; return new; end $$;
create trigger hold before insert or update on side.held for each row execute function side.hold();
create table side.keys (id bigint primary key);
create trigger hold before insert on side.keys for each row execute function side.hold();
END
printf 'id,name\n1,a\n2,b\n3,c\n' >three.csv
for mode in merge upsert; do
    pipeline held-$mode '{csv: {path: three.csv, fields: {id: int64}}}' "table: side.held, mode: $mode, key: id"
    run leat run p.yaml
    is "$(rejected | cut -d' ' -f1,2)" "2 constraint_trigger" "$mode: an update that a trigger leaves out is rejected"
done
pipeline keys '{csv: {path: three.csv, fields: {id: int64}}}' "table: side.keys, mode: upsert, key: id" 'transform: [{select: [id]}]'
run leat run p.yaml
is "$(rejected | cut -d' ' -f1,2)" "2 constraint_trigger" "also where all fields are key"
run leat run p.yaml
is "$(rejected | cut -d' ' -f1,2)" "2 constraint_trigger" "and the others are there"
done_testing
