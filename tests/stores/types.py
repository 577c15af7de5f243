# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The type matrix of a database, as data: what leat yields for each value of each type.

A matrix, DATABASE-types.tsv, has a line a value, its columns separated by tabs:

    type      of the column, in the words of the database
    case      what the value is: ordinary, minimum, maximum, zero, empty, null, non-ASCII, ...
    literal   the value, in SQL
    text      the server's own text of it, or NULL; `=` where it is the same as what leat yields
    value     what leat yields as JSON Lines, or !CODE for a reject

    types.py sql FILE                 the table `matrix`: a column a type (c1, c2, ...), a row a line (id)
    types.py columns FILE             the columns and their types
    types.py texts FILE [CAST]        SELECTs of the server's own texts, one a line, in order; CAST: how a
                                      value becomes text, with %s for the column
    types.py compare FILE RECORDS REJECTS TEXTS
                                      one line of TAP a value, numbered by the caller
"""
import json
import sys


class Line:
    def __init__(self, number, text):
        self.number = number
        self.type, self.case, self.literal, self.text, self.value = text.split("\t")


def read(path):
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f]
    return [Line(i, line) for i, line in enumerate((x for x in lines if x and not x.startswith("#")), 1)]


def types(lines):
    """Each type once, with its column."""
    return {t: f"c{i}" for i, t in enumerate(dict.fromkeys(line.type for line in lines), 1)}


def sql(path):
    lines = read(path)
    names = types(lines)
    yield "CREATE TABLE matrix (id integer PRIMARY KEY, " + ", ".join(f"{c} {t}" for t, c in names.items()) + ");"
    for line in lines:
        yield f"INSERT INTO matrix (id, {names[line.type]}) VALUES ({line.number}, {line.literal});"


def columns(path):
    for type_, column in types(read(path)).items():
        yield f"{column}\t{type_}"


def texts(path, cast="CAST(%s AS text)"):
    lines = read(path)
    columns = types(lines)
    for line in lines:
        value = cast % columns[line.type]
        yield f"SELECT coalesce({value}, 'NULL') FROM matrix WHERE id = {line.number};"


def parsed(text):
    """A JSON value in which 12.50 is not 12.5."""
    return json.loads(text, parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s))


def by_id(path):
    with open(path, encoding="utf-8") as f:
        return {r["id"][1]: r for r in map(parsed, f)}


def plain(value):
    return value[1] if isinstance(value, tuple) else value


def judge(line, column, records, rejects, text):
    number = str(line.number)
    if line.value.startswith("!"):
        got = "!" + rejects[number]["leat:code"] if number in rejects else records[number][column]
        wanted = line.value
        if number in rejects and rejects[number]["leat:raw"] != line.text:
            got = "raw " + str(rejects[number]["leat:raw"])
    else:
        got = records[number][column] if number in records else "a reject: " + rejects[number]["leat:reason"]
        wanted = parsed(line.value)
    if got != wanted:
        return f"leat yields {got!r} for {wanted!r}"
    wanted = line.text if line.text != "=" else "NULL" if got is None else str(plain(got))
    return None if text == wanted else f"the server writes {text!r}, not {wanted!r}"


def compare(path, records, rejects, server):
    lines = read(path)
    columns = types(lines)
    records, rejects = by_id(records), by_id(rejects)
    with open(server, encoding="utf-8") as f:
        said = f.read().split("\n")
    for line in lines:
        wrong = judge(line, columns[line.type], records, rejects, said[line.number - 1])
        yield ("ok" if wrong is None else "not ok") + f" {line.type}: {line.case}"
        if wrong:
            yield "# " + wrong


if __name__ == "__main__":
    for out in {"sql": sql, "columns": columns, "texts": texts, "compare": compare}[sys.argv[1]](*sys.argv[2:]):
        print(out)
