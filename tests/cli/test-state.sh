# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat runs and leat state: what was, how far a run that was stopped has come, and giving it up; and
# what is refused: a state that is damaged, another's, or of a pipeline that has changed since.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires sqlite3 python3

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/transform-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
state_home=$states/mine
folder=$states/mine/leat
seq 300 | awk 'BEGIN { print "id,name" } { printf "%s,name %d\n", $1 % 5 == 0 ? "x" : $1, $1 }' >in.csv
mkdir out
cat >p.yaml <<'EOT'
leat: 1
name: p
params: {least: {default: "0"}}
extract: {csv: in.csv}
transform: [{map: {id: cast(id as int64), name: name}}, {filter: "id >= cast('${param:least}' as int64)"}]
load: one
loads:
  one: {csv: out/o.csv}
  two: {jsonl: out/o.jsonl}
rejects: {csv: out/r.csv}
max_rejects: 100%
EOT

# stopped [OPTION...]: leaves a run that is not done
stopped()
{
    leat run p.yaml --set batch_rows=5 --set checkpoint=0s --set stop_after=3 "$@" >/dev/null 2>&1
    is "$?" 65 "(a run is stopped)"
}

# ---- before the first run ----

run leat state list
is "$status$out$err" 0 "list: nothing, where there is none"
for command in runs "state show" "state reset" "state forget"; do
    # shellcheck disable=SC2086
    run leat $command p
    is "$status" 74 "$command of what never ran: exit status 74"
    like "$err" "there is no state of a pipeline 'p' in $folder" "$command of what never ran: says where it looked"
done
ok "$([ ! -e "$folder/p.db" ]; echo $?)" "looking makes no state"

# ---- a run that went well ----

run leat run p.yaml
is "$status" 0 "a run: exit status 0"
is "$(stat -c %a "$folder")" 700 "the folder is ours alone"
is "$(cd "$folder" && stat -c '%a %n' -- * | paste -sd ' ')" "600 p.db 600 p.lock 600 p.seq" "so are the files"
run leat state list
is "$out" "$(printf '%-24s %s' p "$PWD/p.yaml")" "list: the name, and whose it is"
run leat state show p
like "$out" "^pipeline p, of $PWD/p.yaml" "show: whose it is"
like "$out" "^state    $folder/p.db$" "show: where it is"
like "$out" "^load one: $PWD/out/o.csv$" "show: the target"
like "$out" "^  nothing is left to be done$" "show: nothing is left to be done"
run leat runs p
is "$status" 0 "runs: exit status 0"
like "$out" "^ +run +started" "runs: has a head"
like "$out" "^ +1  20[0-9]{2}-.*s  done +300 +240 +60  one$" "runs: one that went well"
by_name=$out
run leat runs ./p.yaml
is "$out" "$by_name" "runs: by the file as by the name"
run leat runs "$PWD/p.yaml" --state-dir "$folder"
is "$out" "$by_name" "runs: and in a folder that is named"

# ---- one that failed, and one that could not start ----

run leat run p.yaml --set max_rejects=0
is "$status" 65 "(rejects above the limit)"
run leat run p.yaml --set extract.csv.path=nothere.csv
isnt "$status" 0 "(an input that is missing)"
run leat runs p
like "$out" "^ +2 .* failed, 65 +300 +240 +60 " "runs: one that failed, with its numbers"
like "$out" "^        .*60 rejected, more than max_rejects: allows" "runs: and why"
like "$out" "^ +3 .* failed, $(printf '%s' "$out" | sed -n 's/^ *3 .* failed, \([0-9]*\).*/\1/p') +0 " "runs: one that could not start"
like "$out" "^        .*nothere.csv" "runs: and why"
is "$(printf '%s\n' "$out" | sed -n 's/^ *\([0-9]*\)  20.*/\1/p' | paste -sd ' ')" "3 2 1" "runs: the newest first"
run leat runs p -n 1
is "$(printf '%s\n' "$out" | grep -Ec '^ +[0-9]+  20')" 1 "runs -n 1: one"
run leat runs p --json
printf '%s\n' "$out" >runs.json
run python3 -c '
import json
runs = json.load(open("runs.json"))
print([r["run"] for r in runs], [r["outcome"] for r in runs][1:])
print(runs[2]["report"]["read"], runs[2]["report"]["status"], runs[2]["load"], runs[2]["target"], runs[2]["note"])
print(all(r["pid"] > 0 and r["started"].startswith("20") for r in runs))'
is "$out" "[3, 2, 1] ['failed, 65', 'done']
300 0 one $PWD/out/o.csv None
True" "runs --json: all that is known of each"

# ---- a run that is stopped ----

rm -f out/*
stopped
run leat state show p
like "$out" "^  run 4, begun 20.*, is not done$" "show: a run that is not done"
like "$out" "^    books     read  [0-9]+$" "show: how far it has come"
like "$out" "^    kept      .*/out/\.o\.csv\..*\.kept" "show: what it keeps"
unlike "$out" "name [0-9]" "show: no value"
run leat state show p.yaml
like "$out" "is not done" "show: by its file"

# A pipeline that has changed meanwhile.
changed()
{
    local name=$1 said=$2
    shift 2
    run leat run p.yaml "$@"
    is "$status" 78 "$name: exit status 78"
    like "$err" "the pipeline has changed since the run that was stopped" "$name: says what is wrong"
    like "$err" "$said" "$name: says what has changed"
    like "$err" "Change it back to go on, or begin anew with .leat run --restart" "$name: says what to do"
}
cp p.yaml p.before
cp in.csv other.csv
changed "another input" "extract.csv was 'in.csv', is '.*other.csv'" --set extract.csv=other.csv
sed -i 's/name: name}/name: upper(name)}/' p.yaml
changed "another expression" "stage 1.map.name was 'name', is 'upper\(name\)'"
sed -i '/^rejects:/d' p.yaml
changed "no rejects" "rejects is gone, it was 'csv'"
cp p.before p.yaml
changed "another parameter" "two of them: stage 2.filter has another value of [$]\{param:least\}\. Change it back" --param least=10
run leat run p.yaml -v --set batch_rows=7 --set memory=64MiB --json
is "$status" 0 "how it is done may change: goes on"
like "$err" "going on with run 4" "how it is done may change: says so"
like "$out" '"read":300.*"loaded":240.*"rejected":60' "how it is done may change: to its end"
is "$(ls -A out | paste -sd ' ')" "o.csv r.csv" "how it is done may change: nothing is left over"

# ---- --restart, reset, forget ----

stopped
run leat run p.yaml --restart --param least=10
is "$status" 0 "--restart: begins anew, as what has changed"
like "$err" "--restart: giving up run [0-9]+, which had read [0-9]+ records and loaded [0-9]+ into $PWD/out/o.csv" "--restart: says what it gives up"
is "$(ls -A out | paste -sd ' ')" "o.csv r.csv" "--restart: what was kept is gone"

rm -f out/*
stopped
isnt "$(ls -A out)" "" "(it keeps something)"
rm -f out/r.csv # the copy to look at
run leat state reset p
is "$status$out$err" 0 "reset: silent"
is "$(ls -A out)" "" "reset: what was kept is gone"
run leat state show p
like "$out" "nothing is left to be done" "reset: nothing is left to be done"
run leat runs p -n 100
like "$out" "^ +1 .* done " "reset: the history stays"
run leat run p.yaml --json
is "$status" 0 "after a reset: a run"
unlike "$out" "goes_on_with" "after a reset: begins at the start"
like "$out" '"read":300' "after a reset: and reads everything"
run leat state reset p.yaml
run leat run p.yaml --json
like "$out" '"read":300' "after a reset of what was done: as well"

# Of one load alone.
stopped
stopped --load two
run leat state reset p --load two
is "$status" 0 "reset --load: exit status 0"
is "$(ls -A out | grep -c 'kept$')" 2 "reset --load: what the other keeps stays"
run leat run p.yaml -v
like "$err" "going on with run" "reset --load: and goes on"
run leat run p.yaml -v --load two
like "$err" "beginning at the start: there is no run into .*o.jsonl by the load two" "reset --load: this one begins at the start"
run leat state reset p --load tow
is "$status" 64 "reset --load of what never ran: exit status 64"
like "$err" "there was no run with the load 'tow'" "reset --load of what never ran: says so"

stopped
rm -f out/r.csv
run leat state forget p.yaml
is "$status$out$err" 0 "forget: silent"
is "$(ls "$folder")" "p.lock" "forget: nothing is known any more"
is "$(ls -A out | grep -c kept)" 0 "forget: what was kept is gone"
run leat runs p
is "$status" 74 "forget: nor is there a history"

# ---- another file of the same name ----

run leat run p.yaml
mkdir moved
cp p.yaml in.csv moved
mkdir moved/out
run leat run moved/p.yaml
is "$status" 78 "another file of the same name: exit status 78"
like "$err" "the name 'p' is that of another pipeline file: .* belongs to $PWD/p.yaml, and this is $PWD/moved/p.yaml" "another file of the same name: names both"
is "$(ls moved/out)" "" "another file of the same name: loads nothing"
run leat run moved/p.yaml --state-dir moved/state
is "$status" 0 "another file of the same name: has another state"
run leat state forget p
run leat run moved/p.yaml
is "$status" 0 "another file of the same name: runs once the first is forgotten"
run leat state forget p

# ---- damage ----

# damaged NAME STATUS SAID: what leat does about a state that it cannot read
damaged()
{
    local name=$1 wanted=$2 said=$3
    run leat run p.yaml
    is "$status" "$wanted" "$name: exit status $wanted"
    like "$err" "$said" "$name: says so"
    run leat run p.yaml --restart
    is "$status" "$wanted" "$name: --restart does not replace it either"
    run leat state list
    like "$out" "^p +.*$said" "$name: list says so"
    run leat runs p
    like "$err" "$said" "$name: so does runs"
}
run leat run p.yaml
sqlite3 "$folder/p.db" "UPDATE run SET status = 1"
damaged "a history that was changed" 74 "the state $folder/p.db is damaged .*leat state forget p"
run leat state forget p
is "$status" 0 "a history that was changed: forget does what the message says"
run leat run p.yaml
is "$status" 0 "a history that was changed: and a run begins anew"
for at in 0 15 16 19 23; do # of the head, by which SQLite knows its files
    printf '\245' | dd of="$folder/p.db" bs=1 seek=$at conv=notrunc 2>/dev/null
    damaged "byte $at is damaged" 74 "the state $folder/p.db is damaged .*leat state forget p"
    run leat state forget p
    is "$status$err" 0 "byte $at is damaged: forget does what the message says"
    run leat run p.yaml
    is "$status" 0 "byte $at is damaged: and a run begins anew"
done
dd if=/dev/zero of="$folder/p.db" bs=4096 count=1 conv=notrunc 2>/dev/null
damaged "a first page that is lost" 74 "the state $folder/p.db is damaged .*leat state forget p"
run leat state forget p
run leat run p.yaml
is "$status" 0 "a first page that is lost: forget does what the message says"
sqlite3 "$folder/p.db" "PRAGMA user_version = -5"
damaged "a version that is none" 74 "the state $folder/p.db is damaged \(its version is none\).*leat state forget p"
run leat state forget p
run leat run p.yaml
rm "$folder/p.db"
damaged "a database that is gone" 74 "its last commits are missing.*leat state forget p"
run leat state forget p
is "$status" 0 "a database that is gone: forget does what the message says"
run leat run p.yaml
is "$status" 0 "a database that is gone: and a run begins anew"
run leat state forget p
sqlite3 "$folder/p.db" "CREATE TABLE photos (name); INSERT INTO photos VALUES ('beach')"
cp "$folder/p.db" photos.db
damaged "a database of somebody else's" 74 "$folder/p.db is an SQLite file, but no state of leat's; it was left as it is"
for command in reset forget; do
    run leat state $command p
    is "$status" 74 "a database of somebody else's: $command leaves it alone"
    same photos.db "$folder/p.db" "a database of somebody else's: byte for byte"
done
rm -f "$folder"/p.*

# ---- files that others may read ----

run leat run p.yaml
chmod 644 "$folder"/p.*
run leat run p.yaml
is "$status" 0 "files that others may read: exit status 0"
like "$err" "^leat: warning: others than its user could read or write the state $folder/p.db; it is closed to them now$" \
    "files that others may read: says so"
is "$(cd "$folder" && stat -c '%a' -- p.db p.seq | paste -sd ' ')" "600 600" "files that others may read: mended"
run leat run p.yaml
is "$status$err" 0 "files that others may read: that is said once"
rm -f "$folder"/p.*

# ---- where an incremental run has come to ----

sqlite3 in.db "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, at INT NOT NULL); INSERT INTO t VALUES (4711, 1)"
printf '%s\n' 'leat: 1' 'name: inc' 'extract: {sqlite: {path: in.db, table: t, cursor: [at, id], incremental: true}}' \
    'load: {sqlite: {path: out.db, table: t, mode: upsert, key: id}}' >inc.yaml
run leat run inc.yaml
is "$status$err" 0 "incremental: a run"
run leat state show inc
like "$out" "^  the place to which the last incremental run has come is kept" "incremental: show says that the place is kept"
unlike "$out" 4711 "incremental: and not which it is"
run leat plan inc.yaml
unlike "$out" "anew" "incremental: a load that adds to what is there"
sed 's/^load: .*/load: {csv: inc.csv}/' inc.yaml >file.yaml
run leat check file.yaml
is "$status" 0 "incremental, into a file: exit status 0"
like "$err" "^note: csv: the extract is incremental, and each run writes $PWD/inc.csv anew: it will hold what that run has read" \
    "incremental, into a file: check says what each run does"
run leat plan file.yaml
like "$out" "^      note: the extract is incremental, and each run writes $PWD/inc.csv anew" "incremental, into a file: and so does plan"
run leat plan --json file.yaml
like "$out" '"notes":\["the extract is incremental' "incremental, into a file: also to programs"
run leat run p.yaml
run leat state show p
unlike "$out" "incremental" "not incremental: show says nothing of it"
rm -f "$folder"/*

# ---- the command line ----

for words in "state" "state lst" "state show" "state show a b" "state list p" "state forget p --load one" "runs" "runs a b"; do
    # shellcheck disable=SC2086
    run leat $words
    is "$status" 64 "leat $words: exit status 64"
    isnt "$err" "" "leat $words: says what it takes"
done
mkdir called
run leat state show called
like "$err" "there is no state of a pipeline 'called'" "a folder that is called so: is no file"
printf 'leat: 1\nextract: {csv: in.csv}\n' >unnamed.yaml
run leat runs unnamed.yaml
is "$status" 78 "a file without a name: exit status 78"
like "$err" "says no name:" "a file without a name: says so"
run env -u HOME -u XDG_STATE_HOME "$LEAT" runs p
is "$status" 74 "neither HOME nor XDG_STATE_HOME: exit status 74"
like "$err" "--state-dir names one" "neither HOME nor XDG_STATE_HOME: says what to do"
run env -u HOME -u XDG_STATE_HOME "$LEAT" run p.yaml --state-dir here
is "$status$(ls here | paste -sd ' ')" "0p.db p.lock p.seq" "--state-dir: works without them"
done_testing
