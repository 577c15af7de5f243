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
needs_probe

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

state() { sql <<<"select count(*), count(distinct id), count(*) filter (where name = 'old') from t"; }
old() { sql <<<"drop table if exists t; create table t (id bigint $1, name text, more int default 7); insert into t select i, 'old' from generate_series(1, 3000, 1000) as i"; }
taken='duplicate key value violates unique constraint "t_pkey"'
over_rows

# ---- what the server refuses ----

refused() { sql <<<"drop table if exists t; create table t (id bigint primary key, name text, $1)"; }
unchecked='new row for relation "t" violates check constraint "c"'
over_refusals
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
over_each "name: \"nullif(name, '')\"" \
    "2 constraint_not_null,3 constraint_type,4 constraint_foreign_key,99999 constraint_type,7 constraint_trigger,x constraint_type,6 constraint_trigger" \
    6,skip,1
unlike "$(rejected | cut -d' ' -f3-)" '99999|boom|"x"' "which holds no value"
like "$(sed -n 1p rejects.jsonl)" '"leat:field":"name"' "and names the field, where the server does"

# ---- after a crash ----

has_begun() { [ "$(server_sql pg <<<"select count(*) from pg_stat_activity where state = 'idle in transaction'")" -ge 1 ]; }
names 800
state() { sql <<<"select count(*), count(distinct id) from ${1:-t}"; }
anew() { sql <<<"drop table if exists t; create table t (id bigint $1, name text, more int)"; rm -rf "$states/mine"; }
over_crashes

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

sql <<<'create schema side; create table side.t (id bigint check (id <> 50), name text)'
over_sinks

# ---- a commit that is late ----

sql <<<'create table side.late (id bigint)'
server_sql pg <<<"alter system set synchronous_standby_names = 'nobody'; select pg_reload_conf()" >/dev/null
rm -rf "$states/mine"
pipeline late "$extract" 'table: side.late' 'batch_rows: 100' 'checkpoint: 0ms'
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
is "$status $(state side.late)" "0 800|800" \
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
