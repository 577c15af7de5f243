# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat plan --json: the plan as one document, for programs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

json() { python3 -c "import json, sys; d = json.load(sys.stdin); s = d['stages']; sys.exit(not ($1))" <"$out_file"; }

printf 'id,t\n1,2024-01-01\n' >in.csv
cat >p.yaml <<'END'
leat: 1
name: p
extract: {csv: {path: in.csv, fields: {id: int64, t: {type: timestamp, timezone: Europe/Paris}}}}
transform:
  - {map: {id: id, local: t, utc: "cast('2024-01-01 00:00:00Z' as timestamp)"}, id: "na\"me"}
validate:
  - rules: {id: {min: 0}}
load: {csv: o.csv}
rejects: {csv: r.csv}
END
run leat plan --json p.yaml
is "$status $err" "0 " "exit status 0, and silent"
json 'd["forecast"] is None'
ok $? "no forecast of a load that cannot tell what it will do"
json 'd["pipeline"] == "p" and d["load"] == "csv" and d["memory"] == 32 << 20'
ok $? "pipeline, load and memory"
json '[(x["kind"], x["plugin"], x["id"]) for x in s[:3]] == [("extract", "csv", "csv"), ("transform", "map", "na\"me"), ("validate", "rules", "rules")] and s[3]["kind"] == "load"'
ok $? "stages in their order, with kind, plugin and id"
json 's[0]["fields"] == [{"name": "id", "type": "int64", "class": "pii"}, {"name": "t", "type": "timestamp", "class": "pii", "timezone": "Europe/Paris"}]'
ok $? "the fields that come out, with type, class and time zone"
json 'any(f["name"] == "utc" and f["timezone"] is None for f in s[1]["fields"])'
ok $? "an instant has no time zone"
json 's[2]["fields"] == s[1]["fields"]'
ok $? "a stage that keeps the fields has them too"
json 'all(x["segment"] >= 1 and x["workers"] >= 1 for x in s) and [x["segment"] for x in s] == sorted(x["segment"] for x in s)'
ok $? "the segment of each stage, and its workers"
json 'all(set(x["estimates"]) == {"rows", "bytes", "calls"} and x["notes"] == [] and x["left_out"] == [] for x in s)'
ok $? "estimates, notes and what is left out"
json 's[3]["target"].endswith("/o.csv") and d["rejects"]["plugin"] == "csv" and d["rejects"]["target"].endswith("/r.csv") and d["results"] is None'
ok $? "where it goes"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: {rows: 12}}' 'transform: [{map: {"cognito:username": username, email: email, what: id}}]' \
    'load: {cognito_csv: {path: o.csv}}' >p.yaml
run leat plan --json p.yaml
is "$status" 0 "another load: exit status 0"
json 's[0]["estimates"]["rows"] == 12 and s[0]["estimates"]["calls"] is None'
ok $? "an estimate, and null where there is none"
json '[x["field"] for x in s[2]["left_out"]] == ["what"] and s[2]["left_out"][0]["what_becomes_of_it"]'
ok $? "what the load does not carry, and what becomes of it"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 3}' 'load: {nil: {}}' >p.yaml
run leat plan --json p.yaml
is "$status$out" 78 "a wrong file: exit status 78, and no document"
done_testing
