# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load mongodb against a server (tests/servers/mongodb.sh says which): what it writes, what the server refuses, and
# what is there after a crash. FerretDB cannot update a hundred documents that are there in one command, so batches
# are small.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/stores/cuts.sh"
[ -e "$top_builddir/plugins/.libs/load-mongodb.so" ] || skip_all "load mongodb is not built (apt-get install libmongoc-dev)"
. "$top_srcdir/tests/stores/midway.sh"
needs_probe
requires python3
[ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_requires mongodb
mongodb_start m
export m_url m_database
ferretdb=$([ -z "${_mongodb_server-}" ] && [ -z "${LEAT_TEST_MONGODB_URL-}" ] && echo yes)
at="url: '\${env:m_url}', database: $m_database"

# pipeline NAME EXTRACT LOAD [LINE...]
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: $2" "load: {mongodb: {$at, $3}}" 'batch_rows: 20' \
        'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' "${@:4}" >p.yaml
}
rejected() { python3 -c 'import json, sys; [print(r["leat:key"], r["leat:code"], r["leat:reason"]) for r in map(json.loads, open("rejects.jsonl"))]'; }
# found COLLECTION: its documents as JSON, one a line, in order of _id
found()
{
    mongodb_command m <<<"{\"find\": \"$1\", \"sort\": {\"_id\": 1}, \"batchSize\": 5000}" |
        python3 -c 'import json, sys; [print(json.dumps(d)) for d in json.load(sys.stdin)["cursor"]["firstBatch"]]'
}
state() { found "$1" | python3 -c 'import json, sys; d = [json.loads(x) for x in sys.stdin]; print(len(d), len({x.get("id", x["_id"]) for x in d}), sum(x.get("name") == "old" for x in d))'; }
unique() { mongodb_command m <<<"{\"createIndexes\": \"$1\", \"indexes\": [{\"key\": {\"$2\": 1}, \"name\": \"$2_1\", \"unique\": true}]}" >/dev/null; }
drop() { mongodb_command m <<<"{\"drop\": \"$1\"}" >/dev/null 2>&1; }

# ---- there and back ----

mongodb_put m users <<'END'
{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "name": "Zoë \"the\" fox", "note": "", "n": {"$numberLong": "3"}, "address": {"city": "Sète", "zip": ["1", 2, {"$numberLong": "9007199254740993"}, 0.5, null, true]}, "at": {"$date": "2024-02-29T12:00:00.125Z"}, "b": {"$binary": {"base64": "AAH/", "subType": "00"}}, "ref": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}}, "share": 0.1}
{"_id": {"$oid": "507f1f77bcf86cd799439012"}, "name": null, "note": "a\u0000b", "n": {"$numberLong": "9007199254740993"}, "address": {}, "at": {"$date": {"$numberLong": "-1"}}, "b": null, "ref": null, "share": 1.5e300}
END
for mode in insert upsert overwrite; do
    pipeline copy-$mode "{mongodb: {$at, collection: users, cursor: _id}}" \
        "collection: copy_$mode, mode: $mode, fields: {_id: objectid, ref: uuid}"
    run leat run p.yaml
    is "$status" 0 "$mode: documents are written back"
    if [ $mode = upsert ]; then sort_keys='sort_keys=True'; else sort_keys=; fi
    for c in users copy_$mode; do
        found $c | python3 -c "import json, sys; [print(json.dumps(json.loads(x), $sort_keys)) for x in sys.stdin]" >$c.json
    done
    same users.json copy_$mode.json "$mode: and are the same"
done
pipeline nested "{mongodb: {$at, collection: users, cursor: _id, fields: {_id: text, address.city: text, n: int64}, sample: 0}}" \
    "collection: nested, nulls: leave_out, fields: {_id: objectid, n: {type: double, path: counts.n}}"
run leat run p.yaml
is "$(found nested | paste -sd ' ')" \
    '{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "address": {"city": "S\u00e8te"}, "counts": {"n": 3.0}}' \
    "paths become documents, and a null is left out"
like "$(rejected)" '507f1f77bcf86cd799439012 conversion_failed is a whole number that no double holds' "what is not exact is rejected"

# Each value of the matrix, out as each type, in and out again.
python3 - "$top_srcdir/tests/servers/mongodb-types.jsonl" "$ferretdb" >types.jsonl <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
for i, r in enumerate(rows):
    if r.get("ferretdb", True) or not sys.argv[2]:
        print(json.dumps({"_id": i, "v": r["v"]}))
END
mongodb_put m types <types.jsonl
for type in json text bool int64 float64 decimal date timestamp bytes; do
    if [ $type = decimal ] && [ -n "$ferretdb" ]; then
        skip "matrix: as $type there and back" "FerretDB has no Decimal128"
        continue
    fi
    source="cursor: _id, fields: {_id: int64, v: {type: $type}}"
    pipeline there "{mongodb: {$at, collection: types, $source}}" "collection: back_$type"
    run leat run p.yaml
    printf '%s\n' 'leat: 1' 'name: q' "extract: {mongodb: {$at, collection: types, $source}}" 'load: {csv: one.csv}' 'max_rejects: 100%' >q.yaml
    run leat run q.yaml
    sed "s/collection: types/collection: back_$type/; s/one.csv/two.csv/" q.yaml >r.yaml
    run leat run r.yaml
    rejected | grep -v 'conversion_failed is not' >lost
    is "$(wc -l <one.csv) $(cat lost)" "$(wc -l <two.csv) " "matrix: as $type: all that was read is there"
    same one.csv two.csv "matrix: as $type there and back"
    rm -f one.csv two.csv
done

# ---- what becomes of documents that are there ----

seq 1 60 | awk 'BEGIN { print "_id,name" } { print $1 ",name " $1 }' >in.csv
sed 1s/_id/id/ in.csv >by-id.csv
extract='{csv: {path: in.csv, fields: {_id: int64}}}'
old() { mongodb_put m "$1" <<<"$(for i in 1 21 41; do echo "{\"_id\": {\"\$numberLong\": \"$i\"}, \"name\": \"old\", \"more\": 7}"; done)"; }
old t
pipeline insert "$extract" 'collection: t'
run leat run --json p.yaml
is "$status $(state t)" "0 60 60 3" "insert: what is there stays, all others are written"
is "$(rejected | cut -d' ' -f1,2 | paste -sd ' ')" "1 constraint_unique 21 constraint_unique 41 constraint_unique" "and what is there is rejected"
like "$(rejected)" 'with the same .* is there' "with a reason"
run leat run --json p.yaml
like "$out" '"already_there":57' "insert once more: what is there and the same is there already"
is "$(rejected | wc -l) $(state t)" "3 60 60 3" "and nothing is doubled"
old t
pipeline upsert "$extract" 'collection: t, mode: upsert'
run leat run p.yaml
is "$(state t) $(found t | grep -c '"more"')" "60 60 0 3" "upsert: what is there is updated, and keeps its other fields"
old t
pipeline overwrite "$extract" 'collection: t, mode: overwrite'
run leat run p.yaml
is "$(state t) $(found t | grep -c '"more"')" "60 60 0 0" "overwrite: nothing is left of what is there"
printf '_id,name\n1,\n' >null.csv
for nulls in keep leave_out; do
    old t
    pipeline null-$nulls '{csv: {path: null.csv, fields: {_id: int64}}}' "collection: t, mode: upsert, nulls: $nulls" \
        "transform: [{set: {name: \"nullif(name, '')\"}}]"
    run leat run p.yaml
    is "$(found t | sed -n 1p)" "$([ $nulls = keep ] && echo '{"_id": 1, "name": null, "more": 7}' || echo '{"_id": 1, "more": 7}')" \
        "upsert: nulls: $nulls"
done
printf '_id,name\n1,a\n2,b\n1,c\n,d\n' >twice.csv
for mode in upsert overwrite insert; do
    drop t
    pipeline twice-$mode '{csv: {path: twice.csv, fields: {_id: int64}}}' "collection: t, mode: $mode"
    run leat run p.yaml
    is "$(found t | paste -sd ' ')" "{\"_id\": 1, \"name\": \"$([ $mode = insert ] && echo a || echo c)\"} {\"_id\": 2, \"name\": \"b\"}" \
        "$mode: of two with one key the $([ $mode = insert ] && echo first || echo last) counts"
    like "$(rejected)" 'null_key' "$mode: a null in it is rejected"
done

# ---- another key ----

by_id='{csv: {path: by-id.csv, fields: {id: int64}}}'
for mode in insert upsert overwrite; do
    drop t
    pipeline key-$mode "$by_id" "collection: t, mode: $mode, key: id"
    run leat run p.yaml
    run leat run p.yaml
    is "$status $(state t)" "0 60 60 0" "$mode: a key that is not _id: each once, also when it comes again"
    mongodb_put m t <<<'{"_id": 1, "id": {"$numberLong": "1"}}'
    run leat run p.yaml
    is "$status" 78 "$mode: without a unique index: exit status 78"
    like "$err" 'createIndex' "$mode: and what to do"
done
drop t
pipeline nokey "$by_id" 'collection: t'
run leat run p.yaml
is "$status" 78 "without _id and key: exit status 78"
like "$err" 'needs a field _id, or .key: FIELD' "and why"
pipeline view "$extract" 'collection: nowhere, create: false'
run leat run p.yaml
is "$status" 78 "a collection that is not to be made"
like "$err" 'there is no collection nowhere' "and says so"

# ---- what the server refuses ----

for which in 1 60 30 all; do
    drop t
    unique t name
    case $which in
    all) sed '2,$s/,name.*/,name 1/' in.csv >bad.csv ;;
    *) sed "s/,name $which\$/,name x/" in.csv >bad.csv ;;
    esac
    [ $which = all ] && theirs='name 1' || theirs='name x'
    mongodb_command m <<<"{\"insert\": \"t\", \"documents\": [{\"_id\": 1000, \"name\": \"$theirs\"}]}" >/dev/null
    for mode in insert upsert overwrite; do
        mongodb_command m <<<'{"delete": "t", "deletes": [{"q": {"_id": {"$lt": 1000}}, "limit": 0}]}' >/dev/null
        pipeline refused-$which-$mode '{csv: {path: bad.csv, fields: {_id: int64}}}' "collection: t, mode: $mode"
        run leat run p.yaml
        if [ $which = all ]; then
            is "$status $(state t | cut -d' ' -f1) $(rejected | wc -l)" "0 1 60" "$mode: a server that refuses every record"
        else
            is "$status $(state t | cut -d' ' -f1) $(rejected | cut -d' ' -f1)" "0 60 $which" "$mode: one that refuses record $which"
        fi
        unlike "$(rejected | cut -d' ' -f3-)" 'name [0-9x]' "$mode: and no value is in the reason"
    done
done
drop t
mongodb_put m t <<<'{"_id": 1, "address": "a text"}'
printf '_id,address.city\n1,Lyon\n2,Nice\n' >way.csv
pipeline way '{csv: {path: way.csv, fields: {_id: int64}}}' 'collection: t, mode: upsert'
run leat run p.yaml
is "$(rejected | cut -d' ' -f1,2) $(found t | wc -l)" "1 constraint_type 2" "a path through a text is rejected, and the next is written"
unlike "$(rejected)" 'a text|Lyon' "without the values"
python3 -c 'print("_id,x"); print("1,a"); print("2," + "x" * (3 << 20)); print("3,c")' >large.csv
pipeline large '{csv: {path: large.csv, fields: {_id: int64}}}' 'collection: large' 'transform: [{set: {a: x, b: x, c: x, d: x, e: x, f: x}}]' 'max_record: 8MiB' 'memory: 128MiB'
run leat run p.yaml
is "$(rejected | cut -d' ' -f1,2) $(found large | wc -l)" "2 record_too_large 2" "a document of more than 16 MiB is rejected alone"

# ---- the options ----

refused() { # OPTIONS STATUS REGEX WHAT
    pipeline refused "$extract" "$1"
    run leat run p.yaml
    is "$status" "$2" "$4: exit status $2"
    like "$err" "$3" "$4: and says why"
}
pipeline micro '{csv: {path: micro.csv, fields: {_id: int64, at: {type: timestamp, timezone: UTC}, wall: timestamp}}}' 'collection: micro'
printf '_id,at,wall\n1,1969-12-31 23:59:59.999999Z,2024-02-29 12:00:00.5\n2,2024-02-29 12:00:00.125Z,\n' >micro.csv
run leat run p.yaml
is "$(rejected | cut -d' ' -f1-4) $(found micro | cut -d, -f1,2)" "1 conversion_failed has microseconds, {\"_id\": 2, \"at\": {\"\$date\": \"2024-02-29T12:00:00.125Z\"}" "microseconds are rejected"
sed -i 's/collection: micro/collection: micro, microseconds: cut/' p.yaml
run leat run p.yaml
is "$(found micro | sed -n 1p)" '{"_id": 1, "at": {"$date": {"$numberLong": "-1"}}, "wall": "2024-02-29 12:00:00.500000"}' "or cut, and wall time is text"
refused 'collection: t, fields: {name: objectid}' 0 'constraint|' "an ObjectId that is none is a reject"
is "$(rejected | grep -c 'is no ObjectId')" 60 "each"
refused 'collection: t, fields: {_id: objectid}' 78 'cannot become objectid' "a type that does not fit"
refused 'collection: t, fields: {name: {path: "_id.x"}}' 78 'stands within another field' "a path within another"
refused 'collection: t, fields: {name: {path: "a..b"}}' 78 'is no path' "no path"
refused 'collection: t, fields: {name: {path: "$a"}}' 78 'operator' "an operator"
refused 'collection: t, fields: {name: {path: "a.0"}}' 78 'element of a list' "an element of a list"
m_url_kept=$m_url
m_url="mongodb://leat:s3cret-word@127.0.0.1:1/"
refused 'collection: t' 69 'cannot reach .*t at 127\.0\.0\.1:1 as user leat: .*check host, port' "no server"
unlike "$err$out" s3cret-word "and no password"
if [ -z "${LEAT_TEST_MONGODB_URL-}" ]; then
    m_url="${m_url_kept}?w=0"
    refused 'collection: t' 78 'w=0' "a write that is not answered"
fi
m_url=$m_url_kept

# ---- after a crash ----

if [ -z "${LEAT_TEST_MONGODB_URL-}" ]; then
    slow="--set batch_rows=5 --set checkpoint=0s"
    seq 1 300 | awk 'BEGIN { print "_id,name" } { print $1 ",name " $1 }' >short.csv
    far=20
    crash()
    {
        drop t
        rm -rf "$states/mine"
        pipeline crash '{csv: {path: short.csv, fields: {_id: int64}}}' "$1" 'transform: [{probe: slow}]'
        once has_come_far "${@:2}"
    }
    says_again() { grep -q 'trying again' "$err_file"; }
    comes_back() { server_stop m kill; until_true "$pid" says_again; server_restart m; }
    for mode in insert upsert overwrite; do
        crash "collection: t, mode: $mode" kill_it
        like "$(found t | wc -l)" '^[1-9][0-9]+$' "$mode: killed: a part is there"
        run leat_run
        is "$status $(state t) $(wc -l <rejects.jsonl)" "0 300 300 0 0" "$mode: run again: each record once"
    done
    crash 'collection: t' comes_back
    is "$status $(state t)" "0 300 300 0" "a server that is killed and comes back: the run goes on"
    crash 'collection: t' server_stop m kill
    is "$status" 75 "a server that is killed and gone: exit status 75"
    server_restart m
    run leat_run
    is "$status $(state t)" "0 300 300 0" "the next run completes it"

    # ---- connections that are cut ----

    m_url="mongodb://127.0.0.1:\${DB_PORT}/"
    head -n 61 short.csv >few.csv
    pipeline cut '{csv: {path: few.csv, fields: {_id: int64}}}' "collection: t, mode: insert" 'checkpoint: 0ms'
    sed -i "s|url: '[^']*'|url: '\${env:CUT_URL}'|" p.yaml
    anew() { drop t; }
    judge() { [ "$(state t)" = "60 60 0" ]; }
    real_leat=$LEAT
    printf '%s\n' '#!/bin/sh' 'CUT_URL="mongodb://127.0.0.1:$DB_PORT/" exec "$REAL_LEAT" "$@"' >cut-leat
    chmod +x cut-leat
    export REAL_LEAT=$real_leat LEAT=$PWD/cut-leat m_url=$m_url_kept
    cuts up "$m_port" "insert" 0 1 16 100 300 345 400 600 1000 1500 2000 3000
    cuts down "$m_port" "insert" 0 1 16 200 267 268 280 300 313 340 360
fi
done_testing
