# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A field of 100 MB (and of 20 MB of stranger kinds): a reject, or an error that says what to do; the records before and behind it
# go on, and memory stays bounded. What is wanted can be had by max_record.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

# huge KIND: the file, a piece at a time
huge()
{
    python3 - "$1" <<'END'
import sqlite3, sys
kind = sys.argv[1]
mb = 100 if kind in ("plain", "quoted", "lines", "text", "column", "blob") else 20
def write(path, before, piece, behind):
    with open(path, "wb") as f:
        f.write(before)
        for _ in range(mb):
            f.write(piece)
        f.write(behind)
x = b"x" * (1 << 20)
lines = b"line of text, 32 bytes, in all.\n" * (1 << 15)
if kind == "plain": write("in.csv", b"id,n\n1,a\n2,", x, b"\n3,c\n")
if kind == "quoted": write("in.csv", b'id,n\n1,a\n2,"', x, b'"\n3,c\n')
if kind == "lines": write("in.csv", b'id,n\n1,a\n2,"', lines, b'"\n3,c\n')
if kind == "unclosed": write("in.csv", b'id,n\n1,a\n2,"', lines, b"\n3,c\n")
if kind == "commas": write("in.csv", b"id,n\n1,a\n2", b"," * (1 << 20), b"\n3,c\n")
if kind == "quotes": write("in.csv", b'id,n\n1,a\n2,"', b'"' * (1 << 20), b'"\n3,c\n')
if kind == "nul": write("in.csv", b"id,n\n1,a\n2,", b"\0" * (1 << 20), b"\n3,c\n")
if kind == "header": write("in.csv", b"id,", x, b"\n3,c\n")
if kind == "text": write("in.jsonl", b'{"id":1,"n":"a"}\n{"id":2,"n":"', x, b'"}\n{"id":3,"n":"c"}\n')
if kind == "deep": write("in.jsonl", b'{"id":1,"n":"a"}\n{"id":2,"n":', b"[" * (1 << 20), b'}\n{"id":3,"n":"c"}\n')
if kind == "digits": write("in.jsonl", b'{"id":1,"n":"a"}\n{"id":2,"n":', b"1" * (1 << 20), b'}\n{"id":3,"n":"c"}\n')
if kind == "key": write("in.jsonl", b'{"id":1,"n":"a"}\n{"id":2,"', x, b'":1}\n{"id":3,"n":"c"}\n')
if kind == "nothing": write("in.jsonl", b'{"id":1,"n":"a"}\n', x, b"")
if kind in ("column", "blob", "small"):
    db = sqlite3.connect("in.db")
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, n)")
    value = "x" * (mb << 20) if kind == "column" else bytes(mb << 20) if kind == "blob" else "b"
    db.executemany("INSERT INTO t VALUES(?, ?)", [(1, "a"), (2, value), (3, "c")])
    db.commit()
END
}

# moved NAME EXTRACT [LINE...]: runs it; $peak is the most memory that it took, in MiB
moved()
{
    local extract=$2
    shift 2
    {
        printf 'leat: 1\nname: p\nextract: {%s}\nload: {csv: out/o.csv}\nrejects: {csv: rejects.csv}\nmax_rejects: 1\n' "$extract"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >p.yaml
    rm -rf out rejects.csv
    mkdir out
    measured run --json p.yaml
}

# within NAME MIB
within()
{
    if sanitized; then
        skip "$1: memory" "a sanitizer takes its own"
    else
        ok "$([ "$peak" -lt "$2" ]; echo $?)" "$1: in less than $2 MiB ($peak)"
    fi
}

# rejects KIND EXTRACT MIB: the record is rejected by its size, its neighbours are loaded
rejects()
{
    huge "$1"
    moved "$1" "$2"
    ended "$1" 0 3 2 1
    is "$(rejected)" ":record_too_large" "$1: by its code"
    is "$(cut -d, -f1 out/o.csv | tr '\n' ' ')" "id 1 3 " "$1: its neighbours are loaded"
    ok "$([ "$(stat -c %s rejects.csv)" -lt 100000 ]; echo $?)" "$1: the reject file stays small"
    like "$(tr -d '\0' <rejects.csv | cut -c 1-400)" "max_record" "$1: the reason says what to do"
    within "$1" "$3"
    rm -f in.*
}

for kind in plain quoted lines commas quotes nul; do
    rejects $kind 'csv: in.csv' 32
done
for kind in text deep digits key; do
    rejects $kind 'jsonl: in.jsonl' 64
done
for kind in column blob; do # SQLite itself holds one row
    rejects $kind 'sqlite: {path: in.db, table: t}' 128
done

huge unclosed
moved unclosed 'csv: in.csv'
is "$status$(ls -A out)" 65 "unclosed: ends the run, and nothing is written"
like "$err" "the quote in line 3 \(byte [0-9]+\) is not closed" "unclosed: says where"
within unclosed 32
huge header
moved header 'csv: in.csv'
refused header "the first line of .*in.csv is no CSV: it has no end within 4 MiB"
within header 64
huge nothing
moved nothing 'jsonl: in.jsonl'
ended "no end of a line" 0 2 1 1
within "no end of a line" 64

# ---- where it is wanted ----

huge quoted
moved wanted 'csv: in.csv' 'max_record: 128MiB' 'memory: 64MiB'
ended wanted 0 3 3 0
python3 -c 'assert open("out/o.csv").read().split("\n")[2] == "2," + "x" * (100 << 20)'
ok $? "wanted: unchanged"
rm -f in.csv out/o.csv
for kind in text column; do
    huge $kind
    [ $kind = text ] && extract='jsonl: in.jsonl' || extract='sqlite: {path: in.db, table: t}'
    moved "wanted, $kind" "$extract" 'max_record: 128MiB' 'memory: 64MiB' 'transform: [{set: {n: "upper(n)"}}]'
    ended "wanted, $kind" 0 3 3 0
    python3 -c 'assert open("out/o.csv").read().split("\n")[1:] == ["1,A", "2," + "X" * (100 << 20), "3,C", ""]'
    ok $? "wanted, $kind: as it should be"
    rm -rf in.* out/o.csv
done

# ---- what an expression would make ----

huge small
moved lpad 'sqlite: {path: in.db, table: t}' "transform: [{map: {id: id, n: \"lpad(n, case when id = 2 then 100000000 else 1 end, 'x')\"}}]"
ended lpad 0 3 2 1
is "$(rejected)" "n:out_of_range" "lpad: by its code"
within lpad 64
moved replace 'sqlite: {path: in.db, table: t}' "transform: [{map: {id: id, n: \"case when id = 2 then lpad(n, 100000, 'x') else n end\"}}, \
{map: {id: id, n: \"replace(n, 'x', n)\"}}]"
ended replace 0 3 2 1
within replace 128
done_testing
