# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Pipelines out of a database server, and into it where they load there. The server is the shell test's (common.sh:
stores), which says in LEAT_FAULT_NAME by which command it is asked."""
import json, os, re, shlex, subprocess

import data
from harness import HERE, Bench


class StoreBench(Bench):
    """A bench with users, and people, of its own in a server."""

    most = 6000

    def __init__(self, test, name, rows, options=()):
        rows = min(rows, self.most)
        super().__init__(test, name, rows, options)
        self.schema = f"bench_{rows}"
        pipeline = self.folder / "p.yaml"
        text = pipeline.read_text().replace("@SCHEMA@", self.schema)
        pipeline.write_text(text)
        self.loads_there = re.search(rf"\nload:\s+{{?{name}:", text)
        self.ask = shlex.split(os.environ[f"LEAT_FAULT_{name.upper()}"])
        self.make(data.users(rows))

    def tell(self, words, text):
        """What the server says to it."""
        end = subprocess.run([*self.ask, *words], input=text, capture_output=True, text=True, check=False)
        if end.returncode:
            self.test.bail(f"{self.name}: {text[:60]}: {end.stderr}")
        return end.stdout

    def reset(self):
        super().reset()
        if self.loads_there:
            self.reset_people([(i, f"before{i}@example.org", "before") for i in data.before(self.rows)])

    def snapshot(self, report=None):
        seen = super().snapshot(report)
        return {**seen, "people": self.people()} if self.loads_there else seen

    def wanted_ids(self):
        return data.loaded("insert", self.rows) if self.loads_there else super().wanted_ids()

    def loaded_ids(self):
        return sorted(row[0] for row in self.people()) if self.loads_there else super().loaded_ids()


class SqlBench(StoreBench):
    """The command takes SQL from its standard input and gives a line a row, with tabs."""

    drop = {"postgres": "DROP SCHEMA IF EXISTS {} CASCADE; CREATE SCHEMA {};", "mysql": "DROP DATABASE IF EXISTS {}; CREATE DATABASE {};"}

    def make(self, users):
        self.tell([], self.drop[self.name].replace("{}", self.schema) +
                  f"CREATE TABLE {self.schema}.users (id bigint PRIMARY KEY, username varchar(100), email varchar(100), "
                  "first_name varchar(100), last_name varchar(100), status varchar(100), roles varchar(100));"
                  f"CREATE TABLE {self.schema}.people (id bigint PRIMARY KEY, email varchar(100), name varchar(200));"
                  f"INSERT INTO {self.schema}.users VALUES {values(user.values() for user in users)};")

    def reset_people(self, rows):
        self.tell([], f"DROP TABLE IF EXISTS {self.schema}.leat_commits; DELETE FROM {self.schema}.people;"
                  f"INSERT INTO {self.schema}.people VALUES {values(rows)};")

    def people(self):
        lines = self.tell([], f"SELECT id, email, name FROM {self.schema}.people ORDER BY id").splitlines()
        return [(int(line.split("\t")[0]), line) for line in lines]


def values(rows):
    def literal(value):
        return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
    return ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)


class MongodbBench(StoreBench):
    """The command is mongodb-put; every document has all keys but `roles', and some have that."""

    most = 150  # FerretDB takes its time

    def put(self, collection, documents):
        self.tell([*self.where(), collection], "".join(json.dumps(document) + "\n" for document in documents))

    def where(self):
        return [os.environ["LEAT_FAULT_URL"], os.environ["LEAT_FAULT_DATABASE"]]

    def make(self, users):
        self.put(f"{self.schema}_users", ({"_id" if key == "id" else key: value for key, value in user.items() if key != "roles" or value}
                                          for user in users))

    def reset_people(self, rows):
        self.put("leat_commits", [])
        self.put(f"{self.schema}_people", (dict(zip(("_id", "email", "name"), row)) for row in rows))

    def people(self):
        command = {"find": f"{self.schema}_people", "sort": {"_id": 1}, "batchSize": self.rows * 2}
        found = json.loads(self.tell(["--command", *self.where()], json.dumps(command) + "\n"))["cursor"]["firstBatch"]
        return [(person["_id"], json.dumps(person)) for person in found]


# ODBC reads the file that is there for all.
BENCHES = {"odbc": Bench, "postgres": SqlBench, "mysql": SqlBench, "mongodb": MongodbBench}


def store_pipelines(test):
    """Those of whose server there is one."""
    names = sorted(p.stem for p in (HERE / "pipelines").iterdir() if p.stem in BENCHES)
    missing = [name for name in names if f"LEAT_FAULT_{name.upper()}" not in os.environ]
    if missing:
        test.note("without a server: " + ", ".join(missing) + " are left out")
    return [name for name in names if name not in missing]
