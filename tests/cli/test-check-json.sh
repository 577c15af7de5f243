# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat check --json: one document with every mistake and its place, for editors and CI.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

file() { printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 3}' "$@" >p.yaml; }
# json EXPRESSION: the document is one, d, and this is true of it
json() { python3 -c "import json, sys; d = json.load(sys.stdin); m = d['mistakes']; sys.exit(not ($1))" <"$out_file"; }

file 'load: {"null": {}}'
run leat check --json p.yaml
is "$status $err" "0 " "a right file: exit status 0, and silent"
json 'd == {"file": "p.yaml", "mistakes": []}'
ok $? "a right file: no mistakes"

file 'transform:' '  - filter: lenght(email) > 3' '  - select: [id, emial]' 'load: {"null": {}}'
run leat check --json p.yaml
is "$status" 78 "two mistakes: exit status 78"
is "$err" "" "two mistakes: nothing beside the document"
json 'd["file"] == "p.yaml" and [(x["line"], x["column"]) for x in m] == [(5, 13), (6, 18)]'
ok $? "two mistakes: each at its place, in the order of the file"
json '"lenght" in m[0]["text"] and "length" in m[0]["help"] and "emial" in m[1]["text"] and "email" in m[1]["help"]'
ok $? "two mistakes: each with a text and help"
json 'all(set(x) == {"line", "column", "text", "help"} for x in m)'
ok $? "two mistakes: and nothing else"

file 'load: {"null": {}}'
run leat check --json --set load.null.x=1 p.yaml
json 'm and m[0]["line"] is None and "--set load.null.x=1: " in m[0]["text"]'
ok $? "a mistake on the command line: has no place in the file, and says where it stands"
run leat check --json nowhere.yaml
is "$status" 74 "no such file: exit status 74"
json 'd["file"] == "nowhere.yaml" and len(m) == 1 and m[0]["line"] is None and "No such file" in m[0]["text"]'
ok $? "no such file: is a mistake without a place"
is "$err" "" "no such file: nothing beside the document"
mkdir plugins
: >plugins/load-broken.so
file 'load: {broken: {}}'
run leat check --json --plugin-dir plugins p.yaml
is "$status" 70 "a broken plugin: exit status 70"
json 'len(m) == 1 and m[0]["line"] == 4'
ok $? "a broken plugin: a mistake where it is named"
printf 'id\n1\n' >in.csv
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' 'load: {csv: o/o.csv}' >p.yaml
mkdir o
: >o/o.csv
run leat check --json --connect p.yaml
is "$status" 0 "--connect: exit status 0"
json 'm == []'
ok $? "--connect: no mistakes"
{ printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 3}' 'transform:'; seq -f '  - filter: x%.0f = 1' 120; echo 'load: {"null": {}}'; } >p.yaml
run leat check --json p.yaml
json 'len(m) == 101 and "20 more" in m[-1]["text"] and m[-1]["line"] is None'
ok $? "more mistakes than anybody reads: the rest is counted"
file 'load: {"null": {}}' '"a\u009bb": 1'
run leat check --json p.yaml
json '"\x9b" in m[0]["text"]'
ok $? "a control character in a key: is in the text"
unlike "$out" "$(printf '\302\233')" "a control character in a key: but not as it is"
run leat check --json
is "$status$out" 64 "no file: exit status 64, and no document"
done_testing
