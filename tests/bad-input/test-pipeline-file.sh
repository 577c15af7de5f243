# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Pipeline files with unknown, misspelt and duplicate keys on every level, with tabs, and of 10 MB.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

printf 'a,b\n1,2\n' >in.csv

# ---- misspelt keys: all in one go, each with what was meant ----

cat >p.yaml <<'END'
leat: 1
name: k
nmae: x
extract: {csv: {path: in.csv, heder: true, fields: {b: {tpye: text}}}}
transfrom: []
transform:
  - filter: a = '1'
    wokers: 2
  - {fitler: a = '2'}
validate:
  - dedupe: {key: a, keap: first}
load: {csv: {path: out.csv, delimter: ";"}}
max_reject: 2
params: {p: {defualt: 3}}
what_is_this: 1
END
run leat check p.yaml
is "$status" 78 "misspelt keys: exit status 78"
for place in "3:1 name" "4:31 header" "4:57 type" "5:1 transform" "8:5 workers" "9:6 filter" "11:22 keep" "12:29 delimiter" \
    "13:1 max_rejects" "14:14 default"; do
    like "$(printf '%s' "$err" | grep -A 3 "^p.yaml:${place% *}: error: ")" "help: did you mean '${place#* }'\?" \
        "misspelt: ${place#* } was meant"
done
like "$(printf '%s' "$err" | grep -A 3 '^p.yaml:15:1: error: a pipeline has no .what_is_this')" "help: there are: leat name" \
    "an unknown key like no other: what there is"
like "$err" "^leat: p.yaml: 11 mistakes" "and no mistake is made up"

# ---- a key twice: on the top, in options, in a list of fields ----

twice()
{
    printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml
    run leat check p.yaml
    is "$status" 78 "twice: exit status 78"
}
twice 'extract: {csv: in.csv}' 'load: {csv: out.csv}' 'load: {csv: other.csv}'
like "$err" "^p.yaml:5:1: error: the key 'load' stands twice; the first is in line 4" "twice: a section"
twice 'extract: {csv: {path: in.csv, strict: true, path: b.csv}}' 'load: {csv: out.csv}'
like "$err" "^p.yaml:3:45: error: the key 'path' stands twice" "twice: an option"
twice 'extract: {csv: in.csv}' 'transform:' '  - map:' '      x: a' '      y: b' '      x: b' 'load: {csv: out.csv}'
like "$err" "^p.yaml:8:7: error: the key 'x' stands twice; the first is in line 6" "twice: a field"
twice 'extract: {csv: in.csv}' 'transform: [{filter: a is null, filter: b is null}]' 'load: {csv: out.csv}'
like "$err" "^p.yaml:4:33: error: the key 'filter' stands twice" "twice: a stage"

# ---- tabs ----

# tabbed NAME STATUS TEXT: a file of this text, with \t for tabs.
tabbed()
{
    printf "leat: 1\nname: p\n$3" >p.yaml
    run leat check p.yaml
    is "$status" "$2" "a tab $1: exit status $2"
    [ "$2" = 0 ] || like "$err" "^p.yaml:[0-9]+:1: error: .*a tab cannot indent.*" "a tab $1: says so"
    [ "$2" = 0 ] || like "$err" "help: use spaces" "a tab $1: says what to type instead"
}
tabbed "before a key" 78 'extract:\n\tcsv: in.csv\nload: {csv: o.csv}\n'
tabbed "before a list" 78 'extract: {csv: in.csv}\ntransform:\n\t- filter: a is null\nload: {csv: o.csv}\n'
tabbed "in the middle of a mapping" 78 'extract: {csv: in.csv}\ntransform:\n  - map:\n      x: a\n\ty: b\nload: {csv: o.csv}\n'
tabbed "behind a colon" 0 'extract:\t{csv: in.csv}\nload: {csv: o.csv}\n'
tabbed "before a comment" 0 'extract: {csv: in.csv}\nload: {csv: o.csv}\t# the end\n'
tabbed "in an expression" 0 "extract: {csv: in.csv}\ntransform:\n  - filter:\ta\t=\t'1'\nload: {csv: o.csv}\n"
tabbed "in quotes" 0 'extract: {csv: in.csv}\ntransform: [{filter: "a = '"'\\\\t'"'"}]\nload: {csv: o.csv}\n'

# ---- 10 MB: an answer within seconds, in memory of that order ----

big()
{
    local peak
    python3 - "$1" >p.yaml <<'END'
import json, sys
def chain(*stages):
    print("leat: 1\nname: p\nextract: {csv: in.csv}\nload: {csv: out.csv}\ntransform:")
    for stage in stages:
        print("  - " + stage)
def words(n):
    return "a in (" + ",".join("'word%d'" % i for i in range(n)) + ")"
kind = sys.argv[1]
if kind == "good":
    chain(*['filter: "%s"' % words(80000)] * 10)
elif kind == "json":
    print(json.dumps({"leat": 1, "name": "p", "extract": {"csv": "in.csv"}, "load": {"csv": "out.csv"},
                      "transform": [{"filter": words(80000)}] * 10}, indent=1))
elif kind == "fields":
    chain("map:\n" + "\n".join("      field_%07d: a" % i for i in range(420000)))
elif kind == "expression":
    chain("filter: " + "a or " * 2000000 + "a")
elif kind == "name":
    print("leat: 1\nname: %s\nextract: {csv: in.csv}\nload: {csv: out.csv}" % ("n" * 10000000))
elif kind == "path":
    print("leat: 1\nname: p\nextract: {csv: %s}\nload: {csv: out.csv}" % ("n" * 10000000))
elif kind == "wrong":
    chain(*["filter: no_%d and nothing" % i for i in range(499)])
    print("#" * 10000000)
END
    [ "$(wc -c <p.yaml)" -gt 9000000 ] || fail "$1: is not of 10 MB"
    limit=60 measured check p.yaml
    is "$status" "$2" "10 MB, $1: exit status $2"
    [ -z "$3" ] || like "$err" "$3" "10 MB, $1: says why"
    ok "$([ "$(wc -c <"$err_file")" -lt 100000 ]; echo $?)" "10 MB, $1: in few words"
    sanitized || ok "$([ "$peak" -lt 320 ]; echo $?)" "10 MB, $1: in less than 320 MiB ($peak)"
}
big good 0 ""
big json 0 ""
big fields 78 "map: has more than 10000 fields"
like "$err" "^leat: p.yaml: 1 mistake$" "10 MB, fields: said once"
big expression 78 "^p.yaml:6:[0-9]+: error: the expression is longer than"
big name 78 "the name names files"
big path 78 "cannot read|too long"
big wrong 78 "there is no field"
run leat run p.yaml
is "$status" 78 "and run says no more than check"
done_testing
