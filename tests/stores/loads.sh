# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of loads into databases have in common. Read behind databases.sh.
#
#   pipeline NAME EXTRACT OPTIONS [LINE...]   p.yaml, from EXTRACT into the database, with rejects.jsonl
#   rejected                          key, code and reason of each reject, a line each
#   names N                           in.csv, id and name of so many; $extract reads it
#   crash OPTIONS COMMAND...          a run from $extract that is slow; once it has come far, or $enough says so, calls the
#                                     command (tests/stores/midway.sh)
#
# What each must do with a table t (id bigint, name, ...). For these the caller says how his database has it:
#   over_rows         with rows that are there. `old KEY' makes it anew, its id with that word, and a column `more', by
#                     default 7, with rows 1, 1001, 2001 named `old'; `state' counts: rows|ids|those that are old.
#                     $taken is what the server says of a row that is there
#   over_refusals     with rows that the server refuses. `refused CONSTRAINT' makes it anew; $unchecked is what the
#                     server says where `c' is broken
#   over_each TRANSFORM REASONS [LINE...]   with rows that it refuses for reasons of their own, these lines of CSV too
#   over_crashes      in runs of 800 that do not end well. `anew KEY' makes it, and forgets the runs before; `state'
#                     counts: rows|ids; `has_begun', whether some that cannot be seen are there
#   over_sinks        beside another sink, in tables of `side', whose t does not take 50
. "$top_srcdir/tests/stores/midway.sh"

pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: $2" "load: {$plugin: {$connection$3}}" \
        'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' "${@:4}" >p.yaml
    rm -f rejects.jsonl
}

rejected()
{
    [ ! -e rejects.jsonl ] ||
        python3 -c 'import json; [print(r["leat:key"], r["leat:code"], r["leat:reason"]) for r in map(json.loads, open("rejects.jsonl"))]'
}

names()
{
    seq 1 "$1" | awk 'BEGIN { print "id,name" } { print $1 ",name " $1 }' >in.csv
    extract='{csv: {path: in.csv, fields: {id: int64}}}'
}

enough=
crash()
{
    pipeline crash "$extract" "$1" 'transform: [{probe: slow}]'
    once "${enough:-has_come_far}" "${@:2}"
}

over_rows()
{
    names 2500
    old 'primary key'
    pipeline insert "$extract" 'table: t'
    run leat run p.yaml
    is "$(state)" "2500|2500|3" "insert: what is there stays, all others are written"
    is "$(rejected | cut -d' ' -f1,2 | paste -sd ' ')" "1 constraint_unique 1001 constraint_unique 2001 constraint_unique" "and what is there is rejected"
    is "$(rejected | cut -d' ' -f3- | sort -u)" "$taken" "with the server's own reason, without the value"
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
    sql <<<"insert into t (id, name) values (99999, 'old')"
    pipeline replace2 "$extract" 'table: t, mode: replace' 'transform: [{probe: fail}]'
    run leat run --plugin-dir "$plugins" p.yaml
    isnt "$status" 0 "a run that fails"
    is "$(state)" "2501|2501|1" "leaves all as it was"
    _over_twice
}

_over_twice()
{
    local mode
    printf 'id,name\n1,a\n2,b\n1,c\n,d\n' >twice.csv
    for mode in upsert merge; do
        old 'primary key'
        sql <<<'delete from t'
        pipeline twice-$mode '{csv: {path: twice.csv, fields: {id: int64}}}' "table: t, mode: $mode, key: id"
        run leat run p.yaml
        is "$(sql <<<'select id, name from t order by id' | tr '\t\n' '| ')" "1|c 2|b " "$mode: of two with one key the last counts"
        like "$(rejected)" 'null_key' "and a null in it is rejected"
    done
}

over_refusals()
{
    local which mode
    for which in 1 2500 1250 all; do
        case $which in all) refused 'constraint c check (id < 0)' ;; *) refused "constraint c check (id <> $which)" ;; esac
        for mode in insert upsert merge; do
            sql <<<'delete from t'
            pipeline refused-$which-$mode "$extract" "table: t, mode: $mode, key: id"
            run leat run p.yaml
            if [ $which = all ]; then
                is "$(sql <<<'select count(*) from t') $(rejected | grep -c constraint_check)" "0 2500" "$mode: a table that refuses every row"
            else
                is "$(sql <<<'select count(*) from t') $(rejected)" "2499 $which constraint_check $unchecked" "$mode: one that refuses row $which"
            fi
        done
    done
}

over_each()
{
    printf '%s\n' id,name,parent 1,ok,1 2,,1 3,toolong,1 4,ok,2 99999,ok,1 7,boom,1 x,ok,1 9,ok, "${@:3}" >bad.csv
    pipeline bad '{csv: {path: bad.csv}}' 'table: t' "transform: [{set: {$1}}]"
    run leat run p.yaml
    is "$(sql <<<'select id from t order by id' | paste -sd ' ')" "1 9" "each row is refused alone"
    is "$(rejected | cut -d' ' -f1,2 | paste -sd ,)" "$2" "for its own reason"
}

over_crashes()
{
    local mode
    for mode in insert 'upsert, key: id' 'merge, key: id' replace; do
        anew 'primary key'
        enough=
        [ "$mode" != replace ] || enough=has_begun # all in one transaction
        crash "table: t, mode: $mode" kill_it
        [ "$mode" = replace ] || like "$(sql <<<'select count(*) from t')" '^[1-7][0-9]+$' "$mode: killed: a part is there"
        run leat_run
        is "$status $(state)" "0 800|800" "$mode: run again: each record once"
    done
    enough=
    anew ''
    crash 'table: t' kill_it
    run leat_run
    is "$status $(state)" "0 800|800" "without a key, too"
    anew 'primary key'
    crash 'table: t' server_stop "$server" immediate
    is "$status" 75 "a server that dies: exit status 75"
    like "$err" 'undone, and the next run|run again to go on' "and what becomes of the records"
    server_restart "$server"
    run leat_run
    is "$status $(state)" "0 800|800" "run again: each record once"
}

over_sinks()
{
    pipeline sides "$extract" 'table: side.t' 'batch_rows: 50' 'checkpoint: 0ms' "results: {$plugin: {${connection}table: side.results}}"
    run leat run p.yaml
    is "$(sql <<<'select (select count(*) from side.t), (select count(*) from side.results), (select count(*) from side.leat_commits)' | tr '\t' '|')" \
        "799|800|2" "load and results in one schema note their commits apart"
    pipeline both "$extract" 'table: side.both' "results: {$plugin: {${connection}table: side.both}}"
    run leat run p.yaml
    is "$status" 78 "two in one table: exit status 78"
    like "$err" 'would both write to' "and says so"
}
