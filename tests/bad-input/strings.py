# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Strings that break programs, written and read back by Python's own modules.
#
#   strings.py write FILE [LINES]   a table (n, value, copy) of our own strings, or of the lines of
#                                   the file LINES; CSV, JSON lines or SQLite by the name's end
#   strings.py check FILE [LINES]   the same table is in FILE: each value, exactly, in order
#   strings.py names FILE           a table whose fields have such names
#   strings.py named FILE           the same names are in FILE
#   strings.py count                how many of our own there are
#   strings.py parameters COMMAND... runs it with --param p=STRING for each that can stand there, and
#                                   looks into o.jsonl for one record {"value": STRING} and no more
import csv
import json
import os
import sqlite3
import subprocess
import sys

OURS = [
    # SQL, shells, templates, formats
    "'", "''", "\"", "\"\"", "\"\"\"", "`", "\\", "\\\\", "\\\"", "\\'", "\\n", "\\0", "';", "'; DROP TABLE t; --",
    "' OR '1'='1", "\" OR \"\"=\"", "Robert'); DROP TABLE Students;--", "1; SELECT 1", "/* */", "-- x", "?1", ":a", "@a",
    "$(touch owned)", "`touch owned`", "; touch owned", "| touch owned", "&& touch owned", "${HOME}", "$HOME", "$$",
    "${env:HOME}", "${param:p}", "${file:/etc/passwd}", "$${x}", "%s%n%x", "%d", "{0}", "{{7*7}}", "<%= 7 %>", "~", "~root",
    "../../etc/passwd", "/dev/null", "CON", "a\tb", "-rf", "--help", "*", "?", "[a]", "!x", "#x", "a #b", "a: b", "- a", "&a", "*a",
    # CSV, JSON, YAML, XML
    ",", ",,", "a,b", "a;b", "a|b", "\"a\",\"b\"", "a\"b", "a\"\"b", "\"a\"b", "a\nb", "a\r\nb", "a\rb", "\n", "\r", "\r\n", "\n\n",
    "\"\n\"", "\",\n", "id,name\n1,x\n", "{\"a\": 1}", "[1, 2]", "{", "}", "[", "\\u0000", "\\ud800", "null", "NULL", "\\N",
    "true", "<![CDATA[x]]>", "<script>alert(1)</script>", "&amp;", "<!-- -->",
    # what a spreadsheet would run
    "=cmd", "=1+1", "+1", "-1", "@SUM(1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1",
    # what looks like a number, a date or nothing
    "0", "00", "007", "-0", "+0", "0x10", "0b1", "0o7", "1e5", "1e999", "1E-400", "1_000", "1,000", "1.", ".5", "1.0", "1.10",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "NaN", "nan", "inf",
    "Infinity", "-Infinity", "1/2", "1-2", "MAR1", "2024-02-30", "1/1/1970", "12:34", "1e1", "00:00", "08123", "+49 30 123456", "no",
    "NO", "yes", "on", "off", "y", "t", "f", "None", "undefined", "N/A", "",  " ", "  ", "\t", " a", "a ", "\u00a0", "\u3000", "\v", "\f",
    # Unicode
    "\u00e9", "e\u0301", "\u0301", "a" + "\u0301" * 500, "\u1e9e\u00df", "\u0130\u0131iI", "\ufb01", "\u03a3\u03c3\u03c2", "\u200b", "a\u200bb",
    "\u200d", "\u2060", "\u00ad", "\ufeff", "\ufeffa", "a\ufeffb", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\ufffd", "\u0085",
    "\u2028", "\u2029", "a\u2028b", "\u202eabc", "\u202aabc\u202c", "\u2066abc\u2069", "\u200fabc", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u05e9\u05dc\u05d5\u05dd abc 123", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u65e5\u672c\u8a9e", "\ud55c\uad6d\uc5b4",
    "\u1112\u1161\u11ab", "\u0e01\u0e33", "\U00020000", "\u0915\u094d\u0937", "\ue000", "\U000f0000", "Z\u0351\u036b\u0343a\u0329\u034dl\u0321",
    # control characters and lengths
    "\0", "a\0b", "\0\0", "".join(map(chr, range(1, 32))), "\x7f", "\x80", "".join(map(chr, range(0x80, 0xa0))), "\x1b[31mred\x1b[0m", "\x08\x08",
    "\x1b]0;title\x07", "\x9b31m", "x" * 15, "x" * 16, "x" * 17, "x" * 63, "x" * 64, "x" * 65, "\"" * 63, "\"" * 64, "\"" * 65, "," * 64,
    "x" * 63 + "\"", "x" * 62 + "\"\"", "x" * 64 + "\n", "\u00e9" * 5000, "x" * 100000, "\" ,\n" * 20000,
]


def values(path):
    if not path:
        return OURS
    with open(path, "rb") as f:
        return f.read().decode("utf-8").split("\n")


def kind(path):
    return path.rsplit(".", 1)[1]


def write(path, header, rows):
    if kind(path) == "csv":
        with open(path, "w", newline="", encoding="utf-8") as f:
            csv.writer(f, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header] + rows)
    elif kind(path) == "jsonl":
        with open(path, "w", newline="", encoding="utf-8") as f:
            f.writelines(json.dumps(dict(zip(header, r)), ensure_ascii=i % 2 == 0) + "\n" for i, r in enumerate(rows))
    else:
        if os.path.exists(path):
            os.unlink(path)
        db = sqlite3.connect(path)
        name = ['"%s"' % n.replace('"', '""') for n in header]
        db.execute("CREATE TABLE t(%s)" % ", ".join(n + " TEXT" for n in name))
        db.executemany("INSERT INTO t VALUES(%s)" % ", ".join("?" * len(name)), rows)
        db.commit()


def read(path):
    """The header and the rows; a value is a text, a null is None."""
    if kind(path) == "csv":
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f, strict=True))
        return rows[0], rows[1:]
    if kind(path) == "jsonl":
        with open(path, newline="\n", encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
        return list(rows[0]), [list(r.values()) for r in rows]
    cursor = sqlite3.connect(path).execute("SELECT * FROM t ORDER BY rowid")
    return [c[0] for c in cursor.description], [list(r) for r in cursor]


def table(path):
    return ["n", "value", "copy"], [[str(i), v, v] for i, v in enumerate(values(path))]


def names():
    """Without NUL bytes, empty ones, and those that are one to SQLite."""
    seen, kept = set(), []
    for name in OURS:
        key = "".join(c.lower() if c < "\x80" else c for c in name)
        if name and "\0" not in name and key not in seen and len(name) < 1000:
            seen.add(key)
            kept.append(name)
    return kept


def compare(path, header, rows):
    got_header, got = read(path)
    wrong = [(i, a, b) for i, (a, b) in enumerate(zip(got, rows)) if a != b]
    if got_header != header:
        print("# the header differs:", ascii([p for p in zip(got_header, header) if p[0] != p[1]][:3]))
    for i, a, b in wrong[:5]:
        print("# row %d: got %s, wanted %s" % (i, ascii(a)[:300], ascii(b)[:300]))
    if len(got) != len(rows):
        print("# %d rows instead of %d" % (len(got), len(rows)))
    return bool(wrong) or len(got) != len(rows) or got_header != header


def parameters(command):
    tried = wrong = 0
    for value in OURS:
        if "\0" in value or len(value) > 1000:
            continue
        done = subprocess.run(command + ["--param", "p=" + value], capture_output=True)
        good = done.returncode == 0 and read("o.jsonl") == (["value"], [[value]])
        tried, wrong = tried + 1, wrong + (not good)
        if not good:
            print("# %s: %s" % (ascii(value), ascii(done.stderr)[:300]))
    print("# %d tried" % tried)
    return wrong or tried < 200


def main(command, *arguments):
    csv.field_size_limit(1 << 30)
    if command == "write":
        write(arguments[0], *table(arguments[1] if len(arguments) > 1 else None))
    elif command == "check":
        return compare(arguments[0], *table(arguments[1] if len(arguments) > 1 else None))
    elif command == "names":
        write(arguments[0], names(), [["value of " + n for n in names()]])
    elif command == "named":
        return compare(arguments[0], names(), [["value of " + n for n in names()]])
    elif command == "count":
        print(len(OURS))
    elif command == "parameters":
        return parameters(list(arguments))
    return 0


sys.exit(bool(main(*sys.argv[1:])))
