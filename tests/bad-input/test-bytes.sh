# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Bytes that are no text: invalid UTF-8 is a reject that shows them, and never goes on; a NUL byte
# is a character like any other, in every store that can hold one.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3 iconv

# Every way of being no UTF-8 (RFC 3629), each in a record of its own; the records between are good.
python3 - <<'END'
import sqlite3
bad = [b"\x80", b"a\xffb", b"\xfe", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80",
       b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xc3", b"\xe2\x82",
       b"\xf0\x9f\x98", b"caf\xe9", b"\xe2\x28\xa1", b"x" * 5000 + b"\xc3", b"\xe2\x82\xac" * 100 + b"\xe2\x82"]
rows = []
for i, b in enumerate(bad):
    rows += [(2 * i, ("good é \U0001f600 %d" % i).encode()), (2 * i + 1, b)]
with open("in.csv", "wb") as f:
    f.write(b"id,name\n" + b"".join(b"%d,%s\n" % r for r in rows))
with open("in.jsonl", "wb") as f:
    f.write(b"".join(b'{"id":%d,"name":"%s"}\n' % r for r in rows))
db = sqlite3.connect("in.db")
db.execute("CREATE TABLE t(id INTEGER, name TEXT)")
db.executemany("INSERT INTO t VALUES(?, CAST(? AS TEXT))", rows)
db.commit()
END

for from in 'csv: in.csv' 'jsonl: in.jsonl' 'sqlite: {path: in.db, table: t}'; do
    for to in 'csv: out/o.csv' 'jsonl: out/o.jsonl' 'sqlite: {path: out/o.db, table: t}'; do
        name="invalid UTF-8, ${from%%:*} to ${to%%:*}"
        moves "$from" "$to"
        ended "$name" 0 38 19 19
        is "$(rejected | tr ' ' '\n' | sort -u)" "name:invalid_utf8" "$name: each with its field and code"
        python3 - <<'END'
import glob, sys
for path in glob.glob("out/*"):
    data = open(path, "rb").read()
    if not path.endswith(".db"):
        data.decode("utf-8")
    for b in (b"caf\xe9", b"a\xffb", b"\xe2\x28\xa1"):
        assert b not in data, path
    assert data.count("good é \U0001f600 ".encode()) == 19, path
END
        ok $? "$name: the good ones go on, and no bad byte"
    done
done
iconv -f UTF-8 -t UTF-8 rejects.csv >/dev/null
ok $? "invalid UTF-8: the reject file is valid UTF-8"
like "$(cat rejects.csv)" '^31,caf\\xe9,.*is not valid UTF-8 from byte 4 on' "invalid UTF-8: the bytes can be seen, and where"

# A sequence cut in two by the border of a field is none, even where its halves would fit together.
printf 'id,a,b\n1,x\xc3,\xa9y\n2,x,y\n' >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
ended "a sequence over two fields" 0 2 1 1
printf 'id,a\n1,x\xe2\x82\n\xac,y\n2,z\n' >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
ended "a sequence over two records" 0 3 1 2

printf 'id,a\n1,x\xc3\n2,\xa9y\n3,z\n' >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
ended "a sequence over the same field of two records" 0 3 1 2

# In what is never read as text it does no harm.
printf 'id,a\n1,x\xff\n2,y\n' >in.csv
moves 'csv: {path: in.csv, fields: {a: bytes}}' 'sqlite: {path: out/o.db, table: t}'
ended "any bytes in a field of type bytes" 0 2 2 0
is "$(sqlite3 out/o.db 'SELECT hex(a) FROM t WHERE id = 1')" 78FF "any bytes in a field of type bytes: unchanged"

# ---- names ----

printf 'id,caf\xe9\n1,a\n' >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
refused "invalid UTF-8 in a name" "the name of field 2 is not valid UTF-8; say which .encoding:. the file has"
moves 'csv: {path: in.csv, encoding: ISO-8859-1}' 'csv: out/o.csv'
is "$status$(head -1 out/o.csv)" "0id,café" "and so it is read"
printf 'id,na\0me\n1,a\n' >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
refused "a NUL in a name" "the first line of .*in.csv holds a NUL byte"
printf 'id,name\n1,\xc3\xa9\n' | iconv -f UTF-8 -t UTF-16LE >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
refused "UTF-16 without a mark" "say .encoding: UTF-16LE."
moves 'csv: {path: in.csv, encoding: UTF-16LE}' 'csv: out/o.csv'
is "$status$(tail -1 out/o.csv)" "01,é" "and so it is read"
printf 'id,name\n1,\xc3\xa9\n' | iconv -f UTF-8 -t UTF-16 >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
refused "UTF-16 with a mark" "begins like UTF-16; say .encoding: UTF-16."
moves 'csv: {path: in.csv, encoding: UTF-16}' 'csv: out/o.csv'
is "$status$(tail -1 out/o.csv)" "01,é" "and so it is read"
moves 'csv: {path: in.csv, encoding: UTF-17}' 'csv: out/o.csv'
refused "an encoding that is none" "no encoding 'UTF-17'"
printf '{"id":1,"na\\u0000me":2,"n":3}\n' >in.jsonl
moves 'jsonl: in.jsonl' 'csv: out/o.csv'
refused "a NUL in a key of JSON" "line 1 of .*in.jsonl has a key that holds a NUL character.*rest: NAME"
moves 'jsonl: {path: in.jsonl, rest: r}' 'jsonl: out/o.jsonl'
is "$status$(cat out/o.jsonl)" '0{"r":{"id":1,"na\u0000me":2,"n":3}}' "and so it is kept"

# ---- NUL bytes in values ----

python3 - <<'END'
import csv, json, sqlite3
rows = [["1", "\0"], ["2", "a\0b"], ["3", "\0\0\0"], ["4", "\0,\"\n\0"], ["5", "x" * 40 + "\0" + "y" * 40], ["6", "plain"]]
with open("in.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerows([["id", "name"]] + rows)
with open("in.jsonl", "w") as f:
    f.write("".join(json.dumps({"id": r[0], "name": r[1]}) + "\n" for r in rows))
db = sqlite3.connect("nul.db")
db.execute("CREATE TABLE t(id TEXT, name TEXT)")
db.executemany("INSERT INTO t VALUES(?, ?)", rows)
db.commit()
json.dump(rows, open("nul.json", "w"))
END
for from in 'csv: in.csv' 'jsonl: in.jsonl' 'sqlite: {path: nul.db, table: t}'; do
    for to in 'csv: out/o.csv' 'jsonl: out/o.jsonl' 'sqlite: {path: out/o.db, table: t}'; do
        name="NUL bytes, ${from%%:*} to ${to%%:*}"
        moves "$from" "$to" 'transform: [{filter: length(name) > 0}, {map: {id: id, name: "name || '"''"'"}}]'
        ended "$name" 0 6 6 0
        python3 - <<'END'
import json, os, sqlite3
wanted = json.load(open("nul.json"))
if os.path.exists("out/o.db"):
    got = [list(r) for r in sqlite3.connect("out/o.db").execute("SELECT id, name FROM t")]
elif os.path.exists("out/o.jsonl"):
    got = [[r["id"], r["name"]] for r in map(json.loads, open("out/o.jsonl"))]
else: # the csv module of older Pythons reads no NUL bytes
    got = wanted if open("out/o.csv", "rb").read() == open("in.csv", "rb").read() else None
assert got == wanted, got
END
        ok $? "$name: come out as they went in"
    done
done
printf '{"id":1,"name":"a"}\n{"id":2,"name":"a\0b"}\n\0\0\n{"id":3,"name":"c"}\n' >in.jsonl
moves 'jsonl: in.jsonl' 'csv: out/o.csv'
ended "NUL bytes in JSON that are not escaped" 0 4 2 2
is "$(rejected)" ":bad_json :bad_json" "NUL bytes in JSON that are not escaped: are bad JSON"
head -c 100000 /dev/zero >in.csv
moves 'csv: in.csv' 'csv: out/o.csv'
refused "a file of NUL bytes" "holds a NUL byte"
head -c 100000 /dev/zero >in.jsonl
moves 'jsonl: {path: in.jsonl, fields: {id: int64}}' 'csv: out/o.csv'
ended "a file of NUL bytes, as JSON lines" 0 1 0 1
done_testing
