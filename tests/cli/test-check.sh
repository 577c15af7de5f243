# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat check: every mistake of a file in one go, each with file, line, column and what to type
# instead; and files that are not what they should be at all.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

printf 'id,email,name\n1,a@x.io,Ada\n' >in.csv
cat >ten.yaml <<'END'
leat: 1
name: ten mistakes
extrakt: {csv: in.csv}
extract: {csv: {path: in.csv, delimeter: ","}}
transform:
  - map:
      id: id
      email: lowr(email)
      name: nam || 'x'
      born: 1 + true
  - filter: id +
validate:
  - dedupe: {key: emial}
  - rulse: {id: {required: true}}
load: {csv: {path: out.csv, header: maybe}}
max_rejects: lots
END
run leat check ten.yaml
is "$status" 78 "ten mistakes: exit status 78"
n=$(printf '%s\n' "$err" | grep -cE '^ten\.yaml:[0-9]+:[0-9]+: error: ')
ok "$([ "$n" -ge 10 ]; echo $?)" "ten mistakes: ten errors with file, line and column ($n)"
n=$(printf '%s\n' "$err" | grep -cE '^  help: ')
ok "$([ "$n" -ge 8 ]; echo $?)" "ten mistakes: nearly each says what to type instead ($n)"
for part in "2:7: error: the name" "3:1: error: a pipeline has no 'extrakt'" "4:31: error: extract csv has no 'delimeter'" \
    "8:14: error: .*lowr" "9:13: error: .*nam" "10:15: error: " "11:[0-9]+: error: " \
    "13:19: error: .*emial" "14:5: error: there is no validate plugin 'rulse'" "15:37: error: load csv: header must be true or false" \
    "16:14: error: max_rejects is not a number"; do
    like "$err" "^ten\.yaml:$part" "ten mistakes: $part"
done
for near in extract delimiter lower name rules email; do
    like "$err" "help: (did you mean '$near|is $near(\(\))? meant)" "ten mistakes: '$near' is what was meant"
done
is "$out" "" "ten mistakes: nothing on standard output"
is "$(ls)" "in.csv"$'\n'"ten.yaml" "ten mistakes: nothing is written"
run leat run ten.yaml
is "$status" 78 "run of the same file: exit status 78"

printf 'leat: 1\nname: good\nextract: {csv: in.csv}\nload: {csv: out.csv}\n' >good.yaml
run leat check good.yaml
is "$status" 0 "a good file: exit status 0"
is "$err" "" "a good file: is silent on standard error"
is "$(ls out.csv* 2>/dev/null)" "" "a good file: nothing is written"

# ---- places within values that YAML folds or escapes ----

cat >places.yaml <<'END'
leat: 1
name: places
extract: {csv: in.csv}
transform:
  - map:
      a: |
        lower(
           emial)
      b: >-
        concat(email,
          uper(email))
      c: 'concat(''x'', emial)'
      d: "concat(\"email\", emial)"
      ü: "concat('üü', emial)"
      e: concat(email,
          emial)
      f: id +
load: {csv: out.csv}
END
run leat check places.yaml
is "$(printf '%s\n' "$err" | sed -nE 's/^places.yaml:([0-9]+:[0-9]+): error: .*/\1/p' | paste -sd ' ')" \
    "8:12 11:11 12:25 13:29 14:24 16:11 17:14" "each error stands where the expression is wrong"

# ---- no pipeline at all ----

# wrong NAME REGEX: p.yaml is refused with 78, in one error that says so.
wrong()
{
    run leat check p.yaml
    is "$status" 78 "$1: exit status 78"
    like "$err" "$2" "$1: says so"
}
: >p.yaml
wrong "an empty file" "does not say which version"
printf 'leat: 1\nextract:\n\tcsv: in.csv\n' >p.yaml
wrong "a tab" "^p.yaml:3:1: error: .*a tab cannot indent"
printf 'leat: 1\nname: p\nname: q\nextract: {csv: in.csv}\nload: {csv: o.csv}\n' >p.yaml
wrong "a key twice" "^p.yaml:3:1: error: the key 'name' stands twice; the first is in line 2"
printf 'leat: 1\nname: p\0q\nextract: {csv: in.csv}\nload: {csv: o.csv}\n' >p.yaml
wrong "a NUL byte" "^p.yaml:2:"
printf 'leat: 1\nname: \xff\xfe\n' >p.yaml
wrong "no UTF-8" "^p.yaml:2:.*UTF-8|UTF-8"
head -c 100000 /dev/urandom >p.yaml
wrong "random bytes" "^p.yaml:[0-9]+:[0-9]+: error: "
cp "$LEAT" p.yaml
wrong "a program" "^p.yaml:|^leat: "
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' "transform:" "  - filter: name = 'a' # b' or true" 'load: {csv: o.csv}' >p.yaml
run leat check p.yaml
is "$status" 0 "a comment behind an expression: is one"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' "transform:" "  - filter: name = 'a #1'" 'load: {csv: o.csv}' >p.yaml
run leat check p.yaml
is "$status" 78 "an expression that YAML cuts at ' #': exit status 78"
like "$err" "help: YAML takes ' #' for a comment; quote the whole value: \"name = 'a #1'\"" "and the error shows it quoted rightly"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' "transform:" "  - {map: {a: concat(name, email)}}" 'load: {csv: o.csv}' >p.yaml
run leat check p.yaml
is "$status" 78 "an expression that YAML cuts at a comma: exit status 78"
like "$err" "comma" "and the error says so"

# ---- large ones: soon, and in little memory ----

big() { if command -v prlimit >/dev/null; then timeout 60 prlimit --as=$((1 << 30)) "$LEAT" "$@"; else timeout 60 "$LEAT" "$@"; fi; }
limits=1
! sanitized || limits= # it reserves terabytes
[ -n "$limits" ] || big() { timeout 120 "$LEAT" "$@"; }

{ cat good.yaml; head -c 10000000 /dev/zero | tr '\0' '#'; echo; } >p.yaml
run big check p.yaml
is "$status" 0 "a comment of 10 MB"
{ cat good.yaml; echo 'transform:'; yes '  - filter: id is not null' | head -n 400; } >p.yaml
run big check p.yaml
is "$status" 0 "400 stages"
{ cat good.yaml; echo 'transform:'; yes '  - filter: id is not null' | head -n 300000; } >p.yaml
run big check p.yaml
is "$status" 78 "300,000 stages: exit status 78"
{ cat good.yaml; echo 'transform:'; printf '  - filter: "id in ('; seq 1 100000 | sed "s/.*/'&',/" | tr -d '\n'; echo "'x')\""; } >p.yaml
run big check p.yaml
like "$status" "^(0|78)$" "a list of 100,000 words: an answer, whichever"
{ cat good.yaml; echo 'params:'; seq 1 20000 | sed 's/.*/  p&: {default: x}/'; } >p.yaml
run big check p.yaml
is "$status" 0 "20,000 parameters"
{ cat good.yaml; seq 1 400000 | sed 's/.*/unknown_key_&: 1/'; } >p.yaml
run big check p.yaml
is "$status" 78 "a mapping of 400,000 keys: exit status 78"
ok "$([ "$(wc -c <"$err_file")" -lt 100000000 ]; echo $?)" "a mapping of 400,000 keys: and an error of a size"
head -c 20000000 /dev/zero | tr '\0' '#' >p.yaml
run big check p.yaml
is "$status" 74 "a file of 20 MB: exit status 74"
like "$err" "too large|large" "a file of 20 MB: says so"
printf '%010000d' 0 | tr 0 '[' >p.yaml
wrong "10,000 brackets" "nested too deeply"
{ cat good.yaml; printf 'transform: [{filter: "'; printf '%05000d' 0 | tr 0 '('; echo '"}]'; } >p.yaml
wrong "5,000 open parentheses" "^p.yaml:"
done_testing
