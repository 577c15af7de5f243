# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat against Python, on random data:
#
#   differential.py csv SEED N LEAT      N CSV files of random dialects: leat's records are those of the
#                                        csv module, and those that were written
#   differential.py sqlite SEED N LEAT   N tables, SQLite to CSV to SQLite: the same table
#
# Case I of seed S depends on S and I alone: `differential.py csv S:I 1 LEAT' repeats it and keeps
# its files in the folder it is run in.
import concurrent.futures
import csv
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

LENGTHS = [0, 1, 2, 3, 5, 15, 16, 17, 31, 62, 63, 64, 65, 127, 128, 129, 200]


def run(leat, folder, pipeline):
    """None, or what went wrong."""
    with open(os.path.join(folder, "p.yaml"), "w", encoding="utf-8") as f:
        json.dump({"leat": "1", "name": "p", **pipeline}, f, ensure_ascii=False)
    done = subprocess.run([leat, "run", os.path.join(folder, "p.yaml"), "--state-dir", os.path.join(folder, "state")], capture_output=True, text=True)
    return None if done.returncode == 0 else "exit status %d: %s" % (done.returncode, done.stderr)


def lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="\n") as f:
        return [json.loads(line) for line in f]


class Dialect:
    def __init__(self, r):
        self.delimiter = r.choice(",,,;|\t:^ ~")
        self.quote = r.choice("\"\"\"'`")
        self.escape = r.choice([None, None, "\\", "!"])
        self.end = r.choice(["\n", "\r\n"])
        self.mark = r.random() < 0.2
        self.special = self.delimiter + self.quote + (self.escape or "")

    def options(self):
        options = {"delimiter": self.delimiter, "quote": self.quote}
        if self.escape:
            options["escape"] = self.escape
        return options

    def read(self, text):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, quotechar=self.quote,
                            doublequote=not self.escape, escapechar=self.escape)
        return list(reader)

    def in_quotes(self, text):
        for c in self.escape or "":
            text = text.replace(c, c + c)
        return self.quote + text.replace(self.quote, (self.escape or self.quote) + self.quote) + self.quote

    def plain(self, text):
        return "".join(self.escape + c if c in self.special else c for c in text) if self.escape else text

    def cell(self, r, text):
        if text is None:
            return ""
        breaks = "\n" in text or "\r" in text or text == ""
        if breaks or (not self.escape and any(c in self.special for c in text)) or r.random() < 0.3:
            return self.in_quotes(text)
        return self.plain(text)


def text(r, d):
    letters = r.choice(["ab", "ab" + d.special, "a" + d.special + "\n", d.quote + "a", "a \u00e9\U0001f600" + d.special + "\r\n"])
    return "".join(r.choice(letters) for _ in range(r.choice(LENGTHS) if r.random() < 0.3 else r.randrange(6)))


def written(r, d):
    """A well-formed file, and what was written."""
    n = r.randrange(1, 6)
    rows = [[None if r.random() < 0.1 else text(r, d) for _ in range(n)] for _ in range(r.randrange(12))]
    if n == 1: # an empty line is a null to leat, and nothing to Python
        rows = [[v or "x"] for [v] in rows]
    body = d.end.join(d.delimiter.join(d.cell(r, v) for v in row) for row in rows)
    return n, body + (d.end if rows and r.random() < 0.7 else ""), rows


def garbage(r, d):
    """Quotes and delimiters anywhere."""
    parts = ["a", "b", d.delimiter, d.delimiter, d.quote, d.quote, d.quote + d.quote, d.end, d.end, "xyz" * r.randrange(30)]
    parts += [d.escape, d.escape] if d.escape else []
    body = "".join(r.choice(parts) for _ in range(r.randrange(60)))
    while d.escape and body.endswith(d.escape):
        body = body[:-1]
    return r.randrange(1, 4), body


def python_rows(d, n, body):
    """What leat is to make of the rows that Python reads: records with '' for null, and a number of rejects."""
    rows = d.read(body)
    unclosed = d.read(body + "\nend")[-1] != ["end"]
    records, rejects = [], 0
    for i, row in enumerate(rows):
        if unclosed and i == len(rows) - 1 or len(row) > n:
            rejects += 1
        elif row or n == 1:
            records.append((row + [""] * n)[:n])
    return records, rejects


def csv_case(leat, folder, seed):
    r = random.Random("csv " + seed)
    d = Dialect(r)
    rows = None
    strict = r.random() < 0.6
    if strict:
        n, body, rows = written(r, d)
    else:
        n, body = garbage(r, d)
    names = ["f%d" % i for i in range(n)]
    path = os.path.join(folder, "in.csv")
    with open(path, "w", newline="", encoding="utf-8-sig" if d.mark else "utf-8") as f:
        f.write(d.delimiter.join(names) + d.end + body)
    error = run(leat, folder, {"extract": {"csv": {"path": "in.csv", "strict": strict, **d.options()}},
                               "load": {"jsonl": "o.jsonl"}, "rejects": {"jsonl": "r.jsonl"}, "max_rejects": "100%",
                               "batch_rows": r.choice([1, 2, 3, 2048])})
    if error:
        return error
    got = [list(x.values()) for x in lines(folder, "o.jsonl")]
    rejects = len(lines(folder, "r.jsonl"))
    records, n_rejects = python_rows(d, n, body)
    if [[v or "" for v in row] for row in got] != records or rejects != n_rejects:
        return "leat: %s and %d rejects; Python: %s and %d" % (ascii(got), rejects, ascii(records), n_rejects)
    if rows is not None and got != rows:
        return "leat: %s; written: %s" % (ascii(got), ascii(rows))
    return None


INTEGERS = [0, 1, -1, 2**31, -2**31 - 1, 2**53, 2**53 + 1, 2**63 - 1, -2**63]
REALS = [0.0, -0.0, 0.1, 1 / 3, 1e15, 1e16, 1e22, 1e23, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
         float("inf"), float("-inf"), 123456789.123456789, -1e-7]


def value(r, kind):
    if r.random() < 0.15:
        return None
    if kind == "INTEGER":
        return r.choice(INTEGERS) if r.random() < 0.5 else r.randrange(-1000, 1000)
    if kind == "REAL":
        return r.choice(REALS) if r.random() < 0.5 else r.uniform(-1, 1) * 10 ** r.randrange(-20, 20)
    if kind == "BLOB":
        return bytes(r.randrange(256) for _ in range(r.randrange(20)))
    if kind == "BOOLEAN":
        return r.randrange(2)
    return "".join(r.choice("ab ,;\"'\\\n\r\t\0\u00e9\U0001f600=01.-") for _ in range(r.choice(LENGTHS) if r.random() < 0.2 else r.randrange(8)))


def sqlite_case(leat, folder, seed):
    r = random.Random("sqlite " + seed)
    types = {"INTEGER": "int64", "REAL": "float64", "TEXT": "text", "BLOB": "bytes", "BOOLEAN": "bool"}
    kinds = [r.choice(list(types)) for _ in range(r.randrange(1, 25))]
    names = ["%s %d" % (r.choice(["a", "select", "\u00fc", "a\"b", "x.y", "'q'"]), i) for i in range(len(kinds))]
    rows = [tuple(value(r, k) for k in kinds) for _ in range(r.randrange(30))]
    db = sqlite3.connect(os.path.join(folder, "in.db"))
    db.execute("CREATE TABLE t(%s)" % ", ".join('"%s" %s' % (n.replace('"', '""'), k) for n, k in zip(names, kinds)))
    db.executemany("INSERT INTO t VALUES(%s)" % ", ".join("?" * len(kinds)), rows)
    db.commit()
    wanted = db.execute("SELECT * FROM t ORDER BY rowid").fetchall()
    db.close()
    batch_rows = r.choice([1, 7, 2048])
    error = run(leat, folder, {"extract": {"sqlite": {"path": "in.db", "table": "t"}}, "load": {"csv": "o.csv"}, "batch_rows": batch_rows}) or \
        run(leat, folder, {"extract": {"csv": {"path": "o.csv", "fields": {n: types[k] for n, k in zip(names, kinds)}}},
                           "load": {"sqlite": {"path": "o.db", "table": "t"}}, "batch_rows": batch_rows})
    if error:
        return error
    db = sqlite3.connect(os.path.join(folder, "o.db"))
    cursor = db.execute("SELECT * FROM t ORDER BY rowid")
    got_names, got = [c[0] for c in cursor.description], cursor.fetchall()
    db.close()
    same_types = all(type(a) is type(b) for x, y in zip(got, wanted) for a, b in zip(x, y))
    if got != wanted or got_names != names or not same_types:
        return "leat: %s %s; wanted: %s %s" % (got_names, ascii(got), names, ascii(wanted))
    return None


def main(kind, seed, n, leat):
    case = {"csv": csv_case, "sqlite": sqlite_case}[kind]
    if ":" in seed:
        error = case(leat, ".", seed)
        print(error or "all is well")
        return bool(error)

    def one(i):
        folder = tempfile.mkdtemp()
        try:
            return case(leat, folder, "%s:%d" % (seed, i))
        finally:
            shutil.rmtree(folder)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for i, error in enumerate(pool.map(one, range(int(n)))):
            if error:
                failed += 1
                if failed <= 5:
                    print("# case %s:%d: %s" % (seed, i, error[:1500]))
    print("# %d of %s failed" % (failed, n))
    return bool(failed)


sys.exit(main(*sys.argv[1:]))
