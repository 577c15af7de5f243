# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Pipelines that nobody writes by hand: some thousand fields, parameters, loads, mistakes. An answer
# within seconds, in words that can be read, and no crash; what is right runs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

printf 'id,n\n1,a\n2,b\n' >in.csv
limit=10
! sanitized || limit=60

# answers NAME STATUS REGEX COMMAND: p.yaml is made by the Python on standard input
answers()
{
    local start
    { printf 'head = "leat: 1\\nname: p\\nextract: {csv: in.csv}\\nload: {csv: out/o.csv}\\n"\n'
      printf 'def each(text, n, between=", "): return between.join(text %% ((i,) * text.count("%%")) for i in range(n))\n'
      cat; } | python3 - >p.yaml
    rm -rf out
    mkdir out
    start=$SECONDS
    run timeout 120 "$LEAT" "$4" p.yaml
    is "$status" "$2" "$1: exit status $2"
    ok "$([ $((SECONDS - start)) -le $limit ]; echo $?)" "$1: within seconds"
    [ -z "$3" ] || like "$(cut -c 1-2000 "$err_file")" "$3" "$1: says so"
    ok "$([ "$(wc -c <"$err_file")" -lt 100000 ]; echo $?)" "$1: in few words ($(wc -c <"$err_file") bytes)"
}

# ---- many fields ----

answers "a map of 9,000 fields" 0 "" run <<'END'
print(head + "transform: [{map: {%s}}]" % each("f%d: n", 9000))
END
is "$(head -1 out/o.csv | tr ',' '\n' | wc -l) $(sed -n 3p out/o.csv | cut -c 1-6)" "9000 b,b,b," "a map of 9,000 fields: all come out"
answers "a map of more fields than are taken" 78 "map: has more than 10000 fields" check <<'END'
print(head + "transform: [{map: {%s}}]" % each("f%d: n", 10001))
END
for stage in drop select; do
    answers "$stage of 8,998 of them" 0 "" run <<END
print(head + "transform: [{map: {%s}}, {$stage: [%s]}]" % (each("f%d: n", 9000), each("f%d", 8998)))
END
    is "$(head -1 out/o.csv | tr ',' '\n' | wc -l)" "$([ $stage = drop ] && echo 2 || echo 8998)" "$stage of 8,998 of them: the others stay"
    answers "$stage of an unknown one among them" 78 "^p.yaml:5:[0-9]+: error: $stage: there is no field 'f_4000' here" check <<END
print(head + "transform: [{map: {%s}}, {$stage: [%s, f_4000, %s]}]" % (each("f%d: n", 9000), each("f%d", 4000), each("f500%d", 9)))
END
    is "$(tail -1 "$err_file")" "leat: p.yaml: 1 mistake" "$stage of an unknown one among them: it alone"
    answers "$stage of nothing but unknown ones" 78 "there is no field 'x0' here" check <<END
print(head + "transform: [{map: {%s}}, {$stage: [%s]}]" % (each("f%d: n", 9000), each("x%d", 9000)))
END
done
answers "select of one of them 9,000 times" 78 "'f1' is named twice" check <<'END'
print(head + "transform: [{map: {%s}}, {select: [%s]}]" % (each("f%d: n", 9000), ", ".join(["f1"] * 9000)))
END
answers "rename of them, and of one that is not there" 78 "there is no field 'nothere' here" check <<'END'
print(head + "transform: [{map: {%s}}, {rename: {%s, nothere: x}}]" % (each("f%d: n", 9000), each("f%d: g%d", 9000)))
END
answers "rename of them all" 0 "" run <<'END'
print(head + "transform: [{map: {%s}}, {rename: {%s}}]" % (each("f%d: n", 9000), each("f%d: g%d", 9000)))
END
answers "rules for them all" 0 "" run <<'END'
print(head + "transform: [{map: {%s}}]\nvalidate: [{rules: {%s}}]" % (each("f%d: n", 9000), each("f%d: {required: true, max_length: 3}", 9000)))
END
answers "rules for as many that are not there" 78 "there is no field 'x0'" check <<'END'
print(head + "transform: [{map: {%s}}]\nvalidate: [{rules: {%s}}]" % (each("f%d: n", 9000), each("x%d: {required: true}", 9000)))
END
answers "a map of as many that are not there" 78 "there is no field .x0." check <<'END'
print(head + "transform: [{map: {%s}}, {map: {%s}}]" % (each("f%d: n", 9000), each("g%d: x%d", 9000)))
END
answers "five such maps in a row" 0 "" run <<'END'
print(head + "transform:\n" + "".join("  - {map: {%s}}\n" % each("f%d: n" if k == 0 else "f%d: f%d", 4000) for k in range(5)))
END
answers "a dedupe by them all" 0 "" run <<'END'
print(head + "transform: [{map: {%s}}]\nvalidate: [{dedupe: {key: [%s]}}]" % (each("f%d: n", 9000), each("f%d", 9000)))
END
answers "an extract of as many, which it has not" 78 "" check <<'END'
print(head.replace("in.csv", "{path: in.csv, fields: {%s}}" % each("c%d: int64", 9000)))
END
python3 -c 'print(",".join("c%d" % i for i in range(9000))); print(",".join("1" for i in range(9000)))' >wide.csv
answers "a file of as many" 0 "" run <<'END'
print(head.replace("in.csv", "wide.csv"))
END
same wide.csv out/o.csv "a file of as many: unchanged"

# ---- many parameters ----

answers "30,000 parameters" 0 "" run <<'END'
print(head + "params: {%s}\ntransform: [{filter: 'n <> ${param:p29999}'}]" % each("p%d: {default: x}", 30000))
END
answers "3,000 uses of 30,000 parameters" 0 "" run <<'END'
print(head + "params: {%s}\ntransform: [{map: {%s}}]" % (each("p%d: {default: x}", 30000), each("f%d: '${param:p2%d}'", 3000)))
END
answers "3,000 uses of none of them" 78 "the parameter 'q0' is not declared" check <<'END'
print(head + "params: {%s}\ntransform: [{map: {%s}}]" % (each("p%d: {default: x}", 30000), each("f%d: '${param:q%d}'", 3000)))
END
like "$err" "help: did you mean .\{param:p[0-9]+\}|declare it under params:" "3,000 uses of none of them: says what to do"
answers "an expression of 3,000 of them" 78 "" check <<'END'
print(head + "params: {%s}\ntransform: [{filter: '%s'}]" % (each("p%d: {default: x}", 30000), each("n <> ${param:p%d}", 3000, " and ")))
END
answers "one scalar of 30,000 of them" 78 "" check <<'END'
print(head.replace("out/o.csv", "'out/%s'" % each("${param:p%d}", 30000, "")) + "params: {%s}" % each("p%d: {default: x}", 30000))
END
answers "30,000 that are not set" 78 "environment variable 'LEAT_X0' is not set" check <<'END'
print(head + "params: {%s}" % each("p%d: {default: '${env:LEAT_X%d}'}", 30000))
END

# ---- many of everything else ----

answers "50,000 loads" 0 "" run <<'END'
print(head.replace("load: {csv: out/o.csv}", "load: a49999") + "loads: {%s}" % each("a%d: {csv: out/o%d.csv}", 50000))
END
is "$(ls out)" "o49999.csv" "50,000 loads: the one that is meant"
answers "50,000 loads, and another name" 78 "loads: has no 'b1'" check <<'END'
print(head.replace("load: {csv: out/o.csv}", "load: b1") + "loads: {%s}" % each("a%d: {csv: out/o%d.csv}", 50000))
END
answers "20,000 tests" 0 "" test <<'END'
print(head + "tests: [%s]" % each("{name: t%d, input: [{id: %d}], output: [{id: %d}]}", 20000))
END
is "$(grep -c '^ok ' "$out_file")" 20000 "20,000 tests: all pass"
answers "500 stages with an id each" 0 "" check <<'END'
print(head + "transform: [%s]" % each("{filter: 'true', id: s%d}", 500))
END
answers "500 stages with the same id" 78 "another stage has the id 's'" check <<'END'
print(head + "transform: [%s]" % ", ".join(["{filter: 'true', id: s}"] * 500))
END
answers "100,000 unknown options" 78 "has no 'o0'" check <<'END'
print(head.replace("in.csv", "{path: in.csv, %s}" % each("o%d: 1", 100000)))
END
answers "an enum of 100,000 values" 0 "" run <<'END'
print(head + "validate: [{rules: {n: {enum: [a, %s, b]}}}]" % each("v%d", 100000))
END
answers "an option nested 200 deep" 78 "" check <<'END'
print(head.replace("in.csv", "{path: %s}" % ("[" * 200 + "]" * 200)))
END
done_testing
