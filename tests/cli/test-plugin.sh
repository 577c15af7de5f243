# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat plugin: a bad file hides no other, names are helped with, and what is shown can be used as it is.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

json() { python3 -c "import json, sys; d = json.load(open('$out_file')); sys.exit(not ($1))"; }

run leat plugin list
is "$status" 0 "list: exit status 0"
all=$(wc -l <"$out_file")
mkdir plugins
: >plugins/extract-aaa.so
echo 'no ELF' >plugins/load-zzz.so
run leat plugin list --plugin-dir plugins
is "$status" 70 "a bad plugin: exit status 70"
is "$(wc -l <"$out_file")" "$all" "a bad plugin: the others are listed"
like "$err" "plugins/extract-aaa.so is no shared object" "a bad plugin: is named"
like "$err" "plugins/load-zzz.so is no shared object" "a bad plugin: and the next one"
run leat plugin list --json --plugin-dir plugins
is "$status" 70 "--json, a bad plugin: exit status 70"
json "len(d) == $all"
ok $? "--json, a bad plugin: the others are listed"

run leat plugin show csvv
is "$status" 64 "no such plugin: exit status 64"
like "$err" "there is no plugin 'csvv'; did you mean 'csv'\?" "no such plugin: says which is near"
run leat plugin show laod-csv
like "$err" "did you mean 'load-csv'\?" "no such plugin: by kind and name too"
run leat plugin show fucntions
like "$err" "did you mean 'functions'\?" "no such plugin: or the functions"
run leat plugin show zzzzzzzzzz
unlike "$err" "did you mean" "no such plugin: and nothing near"

run leat plugin show csv --json
json "[x['title'] for x in d] == ['extract csv', 'load csv']"
ok $? "several of a name, --json: a list"
run leat plugin show load-csv --json
json "d['title'] == 'load csv'"
ok $? "one, --json: a schema"
run leat plugin show functions --json
json "len(d) > 50"
ok $? "functions, --json: a list"

# Every example, as it is shown, is an expression, and true.
run leat plugin show functions
python3 - "$out_file" <<'END'
import json, re, sys
lines = open(sys.argv[1]).read().split("\n")
examples = [lines[i + 2].strip() for i in range(len(lines) - 2) if re.match(r"  \S", lines[i])]
with open("p.yaml", "w") as f:
    f.write("leat: 1\nname: p\nextract: {generate: 1}\ntransform:\n  - map:\n")
    f.writelines("      e%d: %s\n" % (i, json.dumps(e)) for i, e in enumerate(examples))
    f.write('load: {jsonl: o.jsonl}\n')
END
like "$out" "^ +length\('José'\) = 4$" "functions: a number stands without quotes"
like "$out" " = cast\('[0-9-]+' as date\)$" "functions: a date is one"
run leat run p.yaml
is "$status" 0 "functions: every example is an expression"
python3 -c 'import json, sys; d = json.load(open("o.jsonl")); sys.exit(not (len(d) > 50 and all(v is True for v in d.values())))'
ok $? "functions: and true"
done_testing
