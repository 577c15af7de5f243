# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The mongodb extract against a server (tests/servers/mongodb.sh says which): what it reads is what is
# there, wherever a run was stopped, and whatever became of the server.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
requires python3 openssl
[ -e "$top_builddir/plugins/.libs/extract-mongodb.so" ] || skip_all "the mongodb extract is not built"
plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/transform-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
[ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_requires mongodb
mongodb_start m

export m_url m_database state_home=$states/mine
before=0

# extract OPTIONS [LINE...]: makes p.yaml, which reads into out/o.csv
extract()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {mongodb: {url: '\${env:m_url}', database: $m_database, $1}}" \
        'load: {csv: out/o.csv}' >p.yaml
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" >>p.yaml
}

begin_anew() { rm -rf out "$state_home"; mkdir out; before=0; }

# reads NAME OPTIONS [LINE...]: a run from the start that goes well
reads()
{
    local name=$1
    shift
    begin_anew
    extract "$@"
    run leat run --json p.yaml
    is "$status" 0 "$name: exit status 0"
}

n_of() { printf '%s' "$out" | sed -E "s/.*\"$1\":([0-9]+).*/\1/"; }

# refused NAME STATUS OPTIONS REGEX: a run that ends with it, and says why
refused()
{
    begin_anew
    extract "$3"
    run leat run p.yaml
    is "$status" "$2" "$1: exit status $2"
    like "$err" "$4" "$1: says why"
}

# ---- what is there ----

mongodb_put m users <<'EOF'
{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "name": "Zoë \"the\" fox", "note": "", "n": 3, "address": {"city": "Sète", "zip": ["1", 2]}, "at": {"$date": "2024-02-29T12:00:00Z"}}
{"_id": {"$oid": "507f1f77bcf86cd799439012"}, "name": null, "n": {"$numberLong": "9007199254740993"}, "good": true}
{"_id": {"$oid": "507f1f77bcf86cd799439013"}, "note": "a,b\nc", "n": -1, "address": {"city": ""}, "good": false}
EOF
cat >wanted.csv <<'EOF'
_id,name,note,n,address,at,good
507f1f77bcf86cd799439011,"Zoë ""the"" fox","",3,"{""city"":""Sète"",""zip"":[""1"",2]}",2024-02-29 12:00:00Z,
507f1f77bcf86cd799439012,,,9007199254740993,,,true
507f1f77bcf86cd799439013,,"a,b
c",-1,"{""city"":""""}",,false
EOF
reads "everything as it comes" "collection: users, cursor: _id"
same wanted.csv out/o.csv "everything as it comes: exactly the documents, with null apart from empty"

reads "declared fields" "collection: users, cursor: _id, fields: {n: int64, city: {path: address.city, type: text}}, rest: more"
cat >wanted.csv <<'EOF'
n,city,more
3,Sète,"{""_id"":""507f1f77bcf86cd799439011"",""name"":""Zoë \""the\"" fox"",""note"":"""",""address"":{""city"":""Sète"",""zip"":[""1"",2]},""at"":""2024-02-29T12:00:00Z""}"
9007199254740993,,"{""_id"":""507f1f77bcf86cd799439012"",""name"":null,""good"":true}"
-1,"","{""_id"":""507f1f77bcf86cd799439013"",""note"":""a,b\nc"",""address"":{""city"":""""},""good"":false}"
EOF
same wanted.csv out/o.csv "declared fields: a path, and the rest as one object"

reads "left out" "collection: users, fields: {n: int64}, sample: 0"
is "$(paste -sd ' ' out/o.csv)" "n 3 9007199254740993 -1" "left out: only what is declared"
like "$err" "11 values of undeclared fields were left out" "left out: but it is told"

reads "filter and projection" "collection: users, filter: '{\"n\": {\"\$lt\": {\"\$numberLong\": \${param:n}}}}', projection: '{\"n\": 1}', cursor: _id" \
    "params: {n: {default: '4'}}"
is "$(paste -sd ' ' out/o.csv)" "_id,n 507f1f77bcf86cd799439011,3 507f1f77bcf86cd799439013,-1" \
    "filter and projection: with a variable as a value"

reads "pipeline" "collection: users, pipeline: '[{\"\$group\": {\"_id\": \"\$good\", \"n\": {\"\$sum\": 1}}}, {\"\$match\": {\"_id\": {\"\$ne\": null}}}]', cursor: _id"
is "$(paste -sd ' ' out/o.csv)" "_id,n false,1 true,1" "pipeline: what comes out of it, in order"

run leat preview p.yaml
is "$status" 0 "preview: exit status 0"
like "$out" '^true +1' "preview: shows it"
extract "collection: users"
run leat plan p.yaml
like "$out" 'about 3 rows' "plan: says how many there are"
like "$out" 'address +json' "plan: shows the fields of the sample"
like "$out" 'the first 3 documents showed the fields' "plan: and where they are from"

# ---- the matrix of types ----

# Each value that this server keeps, against what tests/servers/mongodb-types.jsonl says of it.
cat >types.py <<'EOF'
import csv, json, sys
ferretdb, what = sys.argv[2] == "ferretdb", sys.argv[3]
rows = [json.loads(line) for line in open(sys.argv[1])]
rows = [r for r in rows if r.get("ferretdb", True) or not ferretdb]
if what == "put":
    for i, r in enumerate(rows):
        print(json.dumps({"_id": i, "v": r["v"]}))
else:
    bad = 0
    got = {int(r[0]): r[1] for r in list(csv.reader(open(sys.argv[4], newline="")))[1:]}
    for i, r in enumerate(rows):
        wanted = r[what] or "" if what in r else None
        if got.get(i) != wanted:
            bad += 1
            print(f"{r['name']} as {what} is {got.get(i)!r}, not {wanted!r}")
    print(len(rows), "values,", bad, "wrong")
EOF
which=$([ -n "${_mongodb_server-}" ] || [ -n "${LEAT_TEST_MONGODB_URL-}" ] && echo mongod || echo ferretdb)
types() { python3 types.py "$top_srcdir/tests/servers/mongodb-types.jsonl" "$which" "$@"; }
types put >types.jsonl
mongodb_put m types <types.jsonl
for type in json text bool int64 float64 decimal date timestamp bytes; do
    reads "types" "collection: types, cursor: _id, fields: {_id: int64, v: {type: $type}}" 'max_rejects: 100%'
    types "$type" out/o.csv >types.out
    like "$(tail -n 1 types.out)" '^[4-9][0-9] values, 0 wrong$' "types: as $type: $(tail -n 1 types.out)"
    grep -v ' values, ' types.out | sed 's/^/# /'
done

# ---- what does not fit ----

mongodb_put m odd <<'EOF'
{"_id": 1, "age": 7}
{"_id": 2, "age": "seven"}
{"_id": 3, "age": [7]}
EOF
reads "misfits" "collection: odd, cursor: _id, fields: {age: int64}" "rejects: {csv: out/r.csv}" "max_rejects: 2"
is "$(cut -d, -f1 out/o.csv | paste -sd ' ')" "age 7" "misfits: are rejected"
is "$(sed 1d out/r.csv | cut -d, -f4-6,8 | paste -sd ' ')" \
    'age,conversion_failed,is not a whole number of 64 bits (fields can declare another type),seven age,conversion_failed,is not a whole number of 64 bits (fields can declare another type),[7]' \
    "misfits: with the value"
reads "misfits into the rest" "collection: odd, cursor: _id, fields: {age: int64}, rest: more, on_misfit: rest"
is "$(sed 1d out/o.csv | paste -sd ' ')" '7,"{""_id"":1}" ,"{""_id"":2,""age"":""seven""}" ,"{""_id"":3,""age"":[7]}"' \
    "misfits into the rest: the record goes on"

# ---- mistakes and refusals ----

refused "no such collection" 78 "collection: usres" "there is no collection usres in the database $m_database \(it has: .*users"
refused "no such operator" 78 "collection: users, filter: '{\"n\": {\"\$foo\": 1}}'" "unknown operator"
refused "no JSON" 78 "collection: users, filter: '{\"n\": 1'" "is no JSON: at character 8 it has"
refused "a pipeline that writes" 78 "collection: users, pipeline: '[{\"\$out\": \"x\"}]'" 'writes, by its stage \$out'
refused "a cursor that is not unique" 78 "collection: odd2, cursor: a" "there is no collection odd2"
mongodb_put m mixed <<'EOF'
{"_id": 1, "a": 1}
{"_id": "x", "a": 1}
{"_id": 2, "a": [1]}
EOF
refused "a cursor that is not unique" 78 "collection: mixed, cursor: a, filter: '{\"_id\": {\"\$ne\": 2}}'" \
    "two documents of .* have the same cursor \(a\)"
refused "a cursor with several types" 78 "collection: mixed, cursor: _id" "_id, a field of the cursor, has values of several types"
refused "a cursor with a list" 78 "collection: mixed, cursor: [a, _id]" "a, a field of the cursor, has a value in .* that has no one place"

as_url() { m_url=$1 refused "$2" "$3" "collection: users" "$4"; }
as_url 'mongodb://ann:s3cr3t@db.example.org/' "a remote host without TLS" 78 'db\.example\.org is reached over a network, .* add tls=true'
as_url 'mongodb://ann:s3cr3t@127.0.0.1/?tls=true&tlsAllowInvalidCertificates=true' "a certificate that nobody checks" 78 'lets anybody on the way pass'
as_url 'mongodb://ann:s3cr3t@127.0.0.1:1/' "a server that is not there" 69 'cannot reach .*users at 127\.0\.0\.1:1 as user ann: connection refused.*check host, port and firewall'
for bad in 'ann:x@s3cr3t@127.0.0.1' 'ann:1/s3cr3t@127.0.0.1' 'ann:1?s3cr3t@127.0.0.1' 'ann:s3cr3t@%zz@127.0.0.1'; do
    as_url "mongodb://$bad/" "a password that is not escaped" 78 'this is no URL of MongoDB'
    unlike "$err" "s3cr3t" "and is not shown"
done

# ---- stopped, and gone on with ----

n=3000
mongodb_put m many --numbers $n
{ echo _id,name,even; seq $n | awk '{ printf "%d,name %d,%s\n", $1, $1, $1 % 2 ? "false" : "true" }'; } >wanted.csv
reads "many" "collection: many, cursor: _id"
same wanted.csv out/o.csv "many: more than one reply holds"

# ---- records by key ----

mongodb_put m keys <<'EOF'
{"_id": 1, "in": {"k": {"$oid": "507f1f77bcf86cd799439011"}}}
{"_id": 2, "in": {"k": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}}}}
{"_id": 3, "in": {"k": "text"}}
{"_id": 4, "in": {"k": "text"}}
{"_id": 5, "in": {"k": "507f1f77bcf86cd799439011"}}
{"_id": 6, "in": {"k": ""}}
{"_id": 7, "in": {"k": null}}
{"_id": 8}
EOF
if [ -x "$top_builddir/tests/servers/mongodb-find" ]; then
    run "$top_builddir/tests/servers/mongodb-find" "$m_url" "$m_database"
    is "$status" 0 "records by key: all tests of mongodb-find"
    printf '%s\n' "$out" "$err" | sed 's/^/# /'
else
    skip "records by key" "mongodb-find is not built"
fi

# A batch takes 20 ms, as in tests/cli/test-resume.sh.
slow=(--set batch_rows=10 --set checkpoint=0s)
extract "collection: many, cursor: _id" "transform: [{probe: slow}]"
leat_run() { XDG_STATE_HOME=$state_home "$LEAT" run --plugin-dir "$plugins" p.yaml "$@"; }
read_so_far() { XDG_STATE_HOME=$state_home "$LEAT" state show p 2>/dev/null | sed -n 's/^ *books *read *//p'; }
has_come_far() { local now; now=$(read_so_far); [ "${now:-0}" -gt $((before + 100)) ]; }

start_slowly()
{
    XDG_STATE_HOME=$state_home env --default-signal=TERM "$LEAT" run --plugin-dir "$plugins" p.yaml "${slow[@]}" >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" has_come_far || note "$(cat "$err_file")"
}

ends()
{
    status=0
    wait "$pid" 2>/dev/null || status=$?
    err=$(cat "$err_file")
}

for signal in TERM KILL; do
    begin_anew
    for round in 1 2; do
        start_slowly
        kill "-$signal" "$pid"
        ends
        is "$status" "$((128 + $(kill -l "$signal")))" "$signal, round $round: is stopped by it"
        before=$(read_so_far)
    done
    run leat_run --json
    is "$status" 0 "$signal: run again: exit status 0"
    like "$out" "\"read\":$n," "$signal: all is read, once"
    same wanted.csv out/o.csv "$signal: and the file is that of a run that was left alone"
done

# ---- incremental runs ----

mongodb_put m news <<'EOF'
{"_id": 1, "at": {"$date": "2024-01-01T00:00:00Z"}}
{"_id": 2, "at": {"$date": "2024-01-02T00:00:00Z"}}
{"_id": 3}
EOF
begin_anew
extract "collection: news, cursor: [at, _id], incremental: true, fields: {_id: int64, at: timestamp}" "max_rejects: 100%"
ids() { sed 1d out/o.csv | cut -d, -f1 | paste -sd ' '; }
run leat run --json p.yaml
is "$(ids) $(n_of rejected)" "1 2 1" "incremental: the first run reads everything"
run leat run --json p.yaml
is "$(ids) $(n_of rejected)" " 1" "incremental: the second one what has no place, which is rejected again"
mongodb_command m >/dev/null <<'EOF'
{"insert": "news", "documents": [{"_id": 4, "at": {"$date": "2024-01-02T00:00:00Z"}}, {"_id": 5, "at": {"$date": "2024-01-01T23:58:00Z"}}, {"_id": 0, "at": {"$date": "2024-01-03T00:00:00Z"}}]}
EOF
cp -a "$state_home" late
run leat run --json p.yaml
is "$(ids) $(n_of rejected)" "4 0 1" "incremental: then what is behind the last one, by the whole cursor"
rm -rf "$state_home"
mv late "$state_home"
run leat run --json --set extract.mongodb.lag=5m p.yaml
is "$(ids) $(n_of rejected)" "5 2 4 0 1" "incremental: and with a lag what came late"
like "$err$out" '.' "incremental: says something"

# ---- a cursor whose types change behind its back ----

mongodb_put m turn --numbers 500
begin_anew
extract "collection: turn, cursor: _id, fields: {_id: text}, sample: 0" "transform: [{probe: slow}]"
start_slowly
kill -KILL "$pid"
ends
mongodb_command m >/dev/null <<<'{"insert": "turn", "documents": [{"_id": "x"}]}'
run leat_run
is "$status" 78 "a text behind numbers: a run that goes on does not pass it over: exit status 78"
like "$err" "_id, a field of the cursor, has values of several types" "and says why"

# ---- a server that goes away ----

if [ -z "${LEAT_TEST_MONGODB_URL-}" ]; then
    extract "collection: many, cursor: _id" "transform: [{probe: slow}]"
    begin_anew
    start_slowly
    server_stop m kill
    says_again() { grep -q 'trying again' "$err_file"; }
    until_true "$pid" says_again
    server_restart m
    ends
    is "$status" 0 "killed and back: the run goes on: exit status 0"
    like "$err" "mongodb: cannot (reach|read) .*many.*; trying again in [0-9]+ ms" "killed and back: says so"
    same wanted.csv out/o.csv "killed and back: each document once, in order"

    begin_anew
    start_slowly
    server_stop m kill
    ends
    is "$status" 75 "killed and gone: exit status 75"
    like "$err" "cannot reach .*many at 127\.0\.0\.1:$m_port: .*check host, port" "killed and gone: says what to check"
    server_restart m
    run leat_run --json
    is "$status" 0 "killed and gone: the next run: exit status 0"
    same wanted.csv out/o.csv "killed and gone: completes it"

    extract "collection: many" "transform: [{probe: slow}]"
    sed -i 's|^load:.*|load: {probe: {mode: take, path: out/taken}}|' p.yaml
    begin_anew
    XDG_STATE_HOME=$state_home "$LEAT" run --plugin-dir "$plugins" p.yaml "${slow[@]}" >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" test -s out/taken
    server_stop m kill
    ends
    is "$status" 75 "without a cursor: exit status 75"
    like "$err" "with a cursor, \`cursor: _id', the run could go on" "without a cursor: says how it could go on"
    server_restart m

    # a server that says nothing any more does not hold a run up that is to stop: it has had the first reply, and
    # waits for the second one
    m_url="${m_url}?socketTimeoutMS=3600000"
    begin_anew
    extract "collection: many, cursor: _id" "transform: [{probe: slow}]"
    start_slowly
    kill -STOP "$m_pid"
    has_read_the_reply() { [ "$(read_so_far)" -ge 1990 ]; } # the last batch of it may have no checkpoint yet
    until_true "$pid" has_read_the_reply
    kill -TERM "$pid"
    has_ended() { ! kill -0 "$pid" 2>/dev/null; }
    until_true "$m_pid" has_ended
    ok $? "a server that hangs: the run ends all the same"
    kill -KILL "$pid" 2>/dev/null
    kill -CONT "$m_pid"
    ends
    is "$status" 143 "a server that hangs: as one that was stopped"
    like "$err" '^ +read +[12],[0-9]{3}$' "a server that hangs: in good order, by itself"
else
    skip "a server that goes away" "LEAT_TEST_MONGODB_URL is not ours to stop"
fi

# ---- TLS ----

if [ -z "${LEAT_TEST_MONGODB_URL-}" ]; then
    server_certificates certificates
    for name in good expired other-host self-signed; do
        mongodb_start tls ssl_certificate="certificates/$name.pem" ssl_key="certificates/$name.key"
        m_url="${tls_url}?tls=true&tlsCAFile=$PWD/certificates/ca.pem"
        if [ "$name" = good ]; then
            m_database=shop refused "TLS: $name" 78 "collection: users" "there is no collection users in the database shop"
            m_url="$tls_url" refused "TLS: not asked for" 69 "collection: users" "cannot reach"
            m_url="${tls_url}?tls=true" refused "TLS: an authority that is not known" 69 "collection: users" "cannot reach .*certificate.*tlsCAFile"
        else
            refused "TLS: $name" 69 "collection: users" "cannot reach .*check that the server speaks TLS, and that its certificate is valid, for this host"
        fi
    done
fi
done_testing
