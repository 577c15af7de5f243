# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What reaches a terminal: no control character of a value or a name, and no mark that turns the
# direction of writing; in a graph no text that the language would read; no line that wraps.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

# No byte below a blank but line ends and tabs, no C1 control, no mark of direction.
tame() { python3 -c '
import sys
bad = [c for c in open(sys.argv[1], "rb").read().decode("utf-8") if c not in "\n\t" and (c < " " or "\x7f" <= c <= "\x9f" or c in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")]
sys.exit(bool(bad))' "$1"; }
is_tame() { tame "$out_file"; ok $? "$1: standard output"; tame "$err_file"; ok $? "$1: standard error"; }

# ---- preview ----

python3 - <<'END'
import json
with open("in.jsonl", "w") as f:
    for text in "red\0z", "\x1b[31mred\x07", "\x9b31mred", "\u202egnp.exe\u202c", "\u2066a\u2069\u200e\u200f", "a\tb\nc", "null", "", '"x"', None, "\u00e9":
        f.write(json.dumps({"s": text, "e\x1b[2J\u202e": 1}) + "\n")
END
printf '%s\n' 'leat: 1' 'name: p' 'extract: {jsonl: {path: in.jsonl, fields: {s: text, "e\e[2J\u202e": int64}}}' 'load: {csv: o.csv}' >p.yaml
run leat preview p.yaml -n 20
is "$status" 0 "preview: exit status 0"
is_tame "preview"
like "$out" '^red\\x00z ' "preview: a text behind a NUL is not lost"
like "$out" '^\\x1b\[31mred\\x07 ' "preview: escapes are shown"
like "$out" '^\\u009b31mred ' "preview: C1 controls too"
like "$out" '^\\u202egnp.exe\\u202c ' "preview: marks that turn the direction too"
like "$out" '^\\u2066a\\u2069\\u200e\\u200f ' "preview: all of them"
like "$out" '^a\\tb\\nc ' "preview: a line end does not tear the table"
like "$out" '^"null" ' 'preview: the text null is "null"'
like "$out" '^"" ' 'preview: an empty text is ""'
like "$out" '^""x"" ' "preview: a text in quotes is in quotes once more"
like "$out" '^null ' "preview: null is null"
like "$out" '^s +e\\x1b\[2J\\u202e$' "preview: the names of fields"

# ---- names and ids elsewhere ----

for command in plan "plan -vv" "check -vv" "run -vv"; do
    # shellcheck disable=SC2086
    run leat $command p.yaml
    is "$status" 0 "$command: exit status 0"
    is_tame "$command"
done
printf '%s\n' 'leat: 1' 'name: p' 'extract: {jsonl: {path: in.jsonl, fields: {s: text, "e\e[2J\u202e": int64}}}' 'transform: [{filter: "\"e\e[2J\u202f\" = 1"}]' \
    'load: {csv: o.csv}' >q.yaml
run leat check q.yaml
is "$status" 78 "check, a mistake: exit status 78"
is_tame "check, a mistake"
cat >>p.yaml <<'END'
tests:
  - name: "t\e[2J"
    input: [{s: "x\e[31m\u202e"}]
    output: [{s: "y\e[31m\u009b"}]
END
run leat test p.yaml
is "$status" 65 "test: exit status 65"
is_tame "test"
like "$out" "line 8: s should be 'y\\\\x1b\[31m\\\\u009b', and is 'x\\\\x1b\[31m\\\\u202e'" "test: shows both values"
run leat "$(printf 'fly\033[2J')"
is_tame "a command"
run leat run "--nix$(printf '\033[2J')"
is_tame "an option"
run leat check "$(printf 'no\033[2Jfile\n.yaml')"
is_tame "a file"

# ---- columns ----

printf '%s\n' 'id,Größe (cm),名前' '1,2,3' >wide.csv
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: wide.csv}' 'load: {csv: o.csv}' >wide.yaml
run leat plan wide.yaml
is "$(python3 -c '
import sys, unicodedata
width = lambda s: sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in s)
print({width(l[:l.index(" text")].rstrip("\n")) for l in sys.stdin if l.endswith(" text\n")})' <"$out_file")" "{30}" "plan: types stand below one another"

# ---- graph ----

cat >g.yaml <<'END'
leat: 1
name: p
extract: {generate: 3}
transform: [{map: {id: id}, id: "a\"b]<x>\\`#&\e\u009b\u202e\n"}]
load: {"null": {}}
END
run leat graph g.yaml
is "$status" 0 "graph: exit status 0"
is_tame "graph"
like "$out" '^  s1\["a#quot;b\]#lt;x#gt;#92;#96;#35;#amp;#92;x1b#92;u009b#92;u202e#92;n<br/>transform map"\]$' "graph: Mermaid's own escapes"
run leat graph --format dot g.yaml
is_tame "graph --format dot"
like "$out" '^  s1 \[label="a\\"b]<x>\\\\`#&\\\\x1b\\\\u009b\\\\u202e\\\\n\\ntransform map"\];$' "graph --format dot: quotes and backslashes are escaped"
if command -v dot >/dev/null; then
    dot -Tplain "$out_file" >/dev/null
    ok $? "graph --format dot: Graphviz reads it"
fi

# ---- progress ----

printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 30000000}' \
    'transform: [{map: {id: id, a: "sha256(username || email)"}, id: "größe größe größe größe"}, {filter: id > 0}]' 'load: {"null": {}}' >w.yaml
# on_terminal TERM COLUMNS: what a terminal gets in a second
on_terminal()
{
    python3 - "$1" "$2" "$LEAT" run w.yaml >screen <<'END'
import fcntl, os, pty, select, signal, struct, sys, termios, time
term, columns, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    time.sleep(0.2)
    signal.signal(signal.SIGINT, signal.SIG_DFL) # who runs the tests in the background may ignore it
    os.environ.pop("TERM", None)
    if term:
        os.environ["TERM"] = term
    os.execv(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
end, seen, signalled = time.time() + 1.5, b"", False
while True:
    if not signalled and time.time() > end:
        os.kill(pid, signal.SIGINT)
        signalled = True
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
END
}
widest() { python3 -c '
import re, sys
text = open("screen", "rb").read().decode().split("p -> null")[0]
print(max(len(l) for l in re.sub("\x1b\\[[0-9]*[AJ]", "", text).replace("\r", "").split("\n")))'; }
on_terminal xterm 30
ok "$([ "$(widest)" -le 30 ]; echo $?)" "30 columns: no line is longer ($(widest))"
like "$(tr -d '\033' <screen)" "\[4A" "30 columns: as many rows up as were drawn"
on_terminal xterm 200
like "$(cat screen)" "slowest: .*MiB in use" "200 columns: the lines are whole"
for term in dumb ""; do
    on_terminal "$term" 80
    unlike "$(tr '\033' '~' <screen)" "~" "TERM=$term: the cursor is left alone"
    like "$(cat screen)" "read" "TERM=$term: the books at the end"
done
done_testing
