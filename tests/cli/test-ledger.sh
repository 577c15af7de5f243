# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The ledger: what is called once, asked for, sent again or taken back, over runs that fail, are killed,
# changed and repeated. The target is a log of the calls (tests/plugins/load-calls.c).
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires sqlite3

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/load-calls.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# begin [LINE...]: a new state, and a source of these records
begin()
{
    n_states=$((n_states + 1))
    state_home=$states/ledger-$n_states
    rm -f calls rejects.csv results.csv s.db
    source_is "$@"
}
source_is() { { echo "id,value,does"; printf '%s\n' "$@"; } >in.csv; }

# file EXTRACT [LINE...]: the pipeline
file()
{
    local extract=$1
    shift
    printf '%s\n' 'leat: 1' 'name: p' "extract: $extract" 'load: {calls: calls}' 'rejects: {csv: rejects.csv}' "$@" >p.yaml
}
go() { run leat run --plugin-dir "$plugins" --json p.yaml "$@"; }
calls() { sort calls | tr '\n' ',' | sed 's/,$//'; }

# ends STATUS READ LOADED ALREADY_THERE REJECTED CONFLICT UNKNOWN NAME: how the last run ended
ends()
{
    is "$status $(counted read) $(counted loaded) $(counted already_there) $(counted rejected) $(counted conflict) $(counted unknown)" \
        "$1 $2 $3 $4 $5 $6 $7" "$8: status, read, loaded, already there, rejected, conflict, unknown"
}
csv='{csv: {path: in.csv}}'

# ---- once, and not again ----

begin 1,a,ok 2,b,ok
file "$csv"
go
ends 0 2 2 0 0 0 0 "the first run"
go
ends 0 2 0 2 0 0 0 "the same again"
is "$(calls)" "send 1 a,send 2 b" "each was sent once"

# What the target has is what was sent before, so who asked for it must hear of it.
source_is 1,a,ok 2,B,ok
go
ends 65 2 0 1 0 1 0 "a record that has changed"
like "$err$out" "1 in conflict" "a record that has changed: says so"
is "$(calls)" "send 1 a,send 2 b" "a record that has changed: is not sent"

# ---- a conflict and a rejection leave nothing to be asked for ----

begin 1,a,conflict 2,b,refused 3,c,ok
file "$csv" "max_rejects: 5"
go
ends 0 3 1 0 1 1 0 "a conflict and a rejection"
go
ends 0 3 0 1 1 1 0 "the next day: the same"
file "$csv" "max_rejects: 1"
go
ends 65 3 0 1 1 1 0 "conflicts count with the rejects"

# ---- unknown: asked for ----

begin 1,a,unclear 2,b,ok
file "$csv"
go
ends 65 2 1 0 0 0 1 "an unclear call"
like "$err" "1 records have an unknown outcome.*find:" "an unclear call: says what would help"
source_is 1,a,ok 2,b,ok
go
ends 0 2 1 1 0 0 0 "the next run asks"
is "$(calls)" "ask 1 a,send 1 a,send 2 b" "the next run asks, and sends nothing"
rm calls
begin 1,a,die 2,b,ok
file "$csv"
go
is "$status" 137 "killed behind a call"
go
is "$(calls)" "ask 1 a,send 1 a" "killed behind a call: it is asked for"

# ---- a load that fails: what was never sent is sent later, without a question ----

begin 1,a,ok 2,b,lost 3,c,ok 4,d,ok
file "$csv"
go
is "$status" 75 "a target that goes away"
is "$(calls)" "send 1 a,send 2 b" "a target that goes away: two calls were made"
sed -i 's/lost/ok/' in.csv
rm calls
go
is "$(calls)" "ask 2 b,send 3 c,send 4 d" "run again: asks for the one that is unclear, and sends what was not sent"
is "$(counted loaded)" 4 "run again: all are loaded"

# ---- what --restart gives up, before the first checkpoint ----

begin 1,a,ok 2,b,ok 3,c,lost 4,d,ok
file "$csv"
go
is "$status" 75 "a target that goes away, before a checkpoint"
sed -i 's/lost/ok/' in.csv
rm calls
go --restart
like "$err" "--restart: giving up run 1\. By the ledger 2 of its records are in .*calls: they are not sent again\. Of 1 more" \
    "--restart: says what the ledger knows"
ends 0 4 2 2 0 0 0 "--restart: what was done is there already"
is "$(calls)" "ask 3 c,send 4 d" "--restart: and is not done again"

# ---- stop_after that is reached when all has been read ----

begin
for i in $(seq 1 200); do echo "$i,v,ok"; done >>in.csv
for i in $(seq 201 210); do echo "$i,v,refused"; done >>in.csv
file "$csv" "stop_after: 5"
go
is "$status" 65 "stop_after behind the last record: exit status 65"
like "$err" "more rejects than stop_after: allows.*run again to go on from there" "stop_after behind the last record: says so"
rm calls
file "$csv" "stop_after: 50" "max_rejects: 50"
go
is "$status $(calls)" "0 " "run again, with a higher limit: nothing is sent twice"
is "$(counted loaded) $(counted rejected)" "200 10" "run again: the books are those of both"

# ---- two records of one key, with a stop between them ----

twice()
{
    local i
    begin
    for i in $(seq 1 300); do echo "$i,v$((i % 3)),ok"; done >>in.csv
    for i in 5 6 7; do echo "$i,w,ok"; done >>in.csv
    file "{csv: {path: in.csv}}" "batch_rows: 10" "max_rejects: 100%" "checkpoint: 0s" "$@"
}
twice
go
ends 0 303 300 0 3 0 0 "a key that comes twice"
cp rejects.csv wanted.csv
twice
sed -i '202s/ok/die/' in.csv
go
is "$status" 137 "a key that comes twice: killed between the two"
sed -i '202s/die/ok/' in.csv
go
ends 0 303 300 0 3 0 0 "a key that comes twice, killed between the two"
ok_same() { if cmp -s "$1" "$2"; then pass "$3"; else fail "$3"; diff "$1" "$2" | head -5 | sed 's/^/# /'; fi; }
ok_same rejects.csv wanted.csv "and the rejects are the same"

# ---- changes are sent again, as often as it takes ----

changes='{sqlite: {path: s.db, table: t, cursor: [at, id], incremental: true}}'
begin
sqlite3 s.db "CREATE TABLE t (id TEXT NOT NULL, value TEXT, does TEXT, at INT NOT NULL, PRIMARY KEY (id));
              INSERT INTO t VALUES ('1','a','ok',1), ('2','b','ok',2)"
file "$changes" "transform: [{select: [id, value, does, at]}]"
go
ends 0 2 2 0 0 0 0 "incremental: the first run"
sqlite3 s.db "UPDATE t SET value = 'B', does = 'die', at = 3 WHERE id = '2'"
go
is "$status" 137 "incremental: killed behind an update"
rm calls
sqlite3 s.db "UPDATE t SET does = 'ok' WHERE id = '2'"
go
is "$(calls)" "again 2 B" "incremental: the update is sent again, and not taken for done"
ends 0 1 1 0 0 0 0 "incremental: the update"

# ---- the place of an incremental run belongs to what is read ----

sqlite3 s.db "CREATE TABLE t2 (id TEXT NOT NULL, value TEXT, does TEXT, at INT NOT NULL, PRIMARY KEY (id));
              INSERT INTO t2 VALUES ('9','z','ok',1)"
go --set extract.sqlite.table=t2
is "$status" 78 "incremental, another table: refused"
like "$err" "extract.sqlite.table was 't', is 't2'.*leat state reset p" "incremental, another table: says what to do"
go
ends 0 0 0 0 0 0 0 "incremental, the first table again"

# ---- rejects that are fed again are known to the next run ----

begin 1,a,ok 2,b,refused
file "$csv" "max_rejects: 5"
go
ends 0 2 1 0 1 0 0 "a record is refused"
cp rejects.csv mended.csv
sed -i 's/2,b,[a-z]*,/2,b,ok,/' mended.csv
go --from-rejects mended.csv --set rejects.csv.path=rejects-2.csv
ends 0 1 1 0 0 0 0 "and fed again"
source_is 1,a,ok 2,b,ok
go
ends 0 2 0 2 0 0 0 "the next run knows it"
is "$(grep -c '2 b' calls)" 2 "it was sent twice: refused once, loaded once"

# ---- killed as it left, and the next run cannot start ----

begin 1,a,ok
file "$csv" "results: {sqlite: {path: s.db, table: r}}"
go
is "$status" 0 "a run ends"
printf -- '-' | dd of="$state_home/leat/p.seq" bs=1 seek=20 conv=notrunc 2>/dev/null # as if it had not come to say so
mv in.csv away.csv
go
is "$status" 69 "the next cannot start"
mv away.csv in.csv
go
is "$status $(counted loaded)" "0 1" "the one after it says what the first has done"
like "$err" "run 1 had done everything" "and why"
is "$(sqlite3 s.db 'SELECT count(*) FROM r') $(calls)" "1 send 1 a" "and does nothing"
go
is "$status $(counted loaded) $(counted already_there)" "0 0 1" "the next is a new run"

# ---- what decides over a stopped run ----

# changed NAME MESSAGE: going on with the file as it is now is refused
changed()
{
    go
    is "$status" 78 "$1: refused"
    like "$err" "$2" "$1: says what has changed"
}
begin
for i in $(seq 1 2000); do echo "$i,v,ok"; done >>in.csv
file "$csv" "batch_rows: 100" "checkpoint: 0s" "validate: [{dedupe: {key: id}, id: seen}]"
sed -i '1500s/ok/die/' in.csv
go
is "$status" 137 "a run is killed"
file "$csv" "batch_rows: 100" "checkpoint: 0s" "validate: [{dedupe: {key: id}, id: met}]"
changed "the id of a stage that remembers" "stage 1.id was 'seen', is 'met'"
sed -i '1s/does/did/' in.csv
file "$csv" "batch_rows: 100" "checkpoint: 0s" "validate: [{dedupe: {key: id}, id: seen}]"
changed "the fields of the source" "fields of the extract was .*does text.*, is .*did text"

# ---- to look beside a run ----

begin
for i in $(seq 1 20000); do echo "$i,v,ok"; done >>in.csv
file "$csv" "batch_rows: 1"
leat run --plugin-dir "$plugins" -q p.yaml >/dev/null 2>&1 &
behind=$!
state_now=$states/$BASHPID-none
wrong=
looks=0
while kill -0 $behind 2>/dev/null; do
    XDG_STATE_HOME=$state_home "$LEAT" state show p >look.out 2>look.err
    case $? in 0) looks=$((looks + 1)) ;; *) grep -q 'there is no state' look.err || wrong=$(cat look.err) ;; esac
done
wait $behind
is "$wrong" "" "state show beside a run: never finds damage"
isnt "$looks" 0 "state show beside a run: looked at least once"
done_testing
