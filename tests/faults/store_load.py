# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Pipelines out of a database server and into it. The server is the shell test's (common.sh: stores), which says in
LEAT_FAULT_NAME how it is asked: a command that takes SQL from its standard input and gives a line a row."""
import os, shlex, subprocess

import data
from harness import HERE, Bench

ROWS = {"postgres": "COPY {schema}.users FROM STDIN (FORMAT csv, HEADER)"}


class StoreBench(Bench):
    """A bench with a schema of its own."""

    def __init__(self, test, name, rows, options=()):
        super().__init__(test, name, rows, options)
        self.schema = f"bench_{rows}"
        pipeline = self.folder / "p.yaml"
        pipeline.write_text(pipeline.read_text().replace("@SCHEMA@", self.schema))
        self.ask = shlex.split(os.environ[f"LEAT_FAULT_{name.upper()}"])
        self.sql(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE; CREATE SCHEMA {self.schema}; "
                 f"CREATE TABLE {self.schema}.users (id bigint PRIMARY KEY, username text, email text, first_name text, "
                 "last_name text, status text, roles text); "
                 f"CREATE TABLE {self.schema}.people (id bigint PRIMARY KEY, email text, name text)")
        self.sql(ROWS[name].format(schema=self.schema), (self.folder / "in/users.csv").read_text())

    def sql(self, text, data_=""):
        end = subprocess.run([*self.ask, "-c", text], input=data_, capture_output=True, text=True, check=False)
        if end.returncode:
            self.test.bail(f"{self.name}: {text[:60]}: {end.stderr}")
        return end.stdout

    def reset(self):
        super().reset()
        rows = ", ".join(f"({i}, 'before{i}@example.org', 'before')" for i in data.before(self.rows))
        self.sql(f"DROP TABLE IF EXISTS {self.schema}.leat_commits; TRUNCATE {self.schema}.people; "
                 f"INSERT INTO {self.schema}.people VALUES {rows}")

    def people(self):
        return self.sql(f"SELECT id, email, name FROM {self.schema}.people ORDER BY id").splitlines()

    def snapshot(self, report=None):
        return {**super().snapshot(report), "people": self.people()}

    def wanted_ids(self):
        return data.loaded("insert", self.rows)

    def loaded_ids(self):
        return sorted(int(line.split("|")[0]) for line in self.people())


def store_pipelines(test):
    """Those of whose server there is one."""
    names = sorted(p.stem for p in (HERE / "pipelines").iterdir() if p.stem in ROWS)
    missing = [name for name in names if f"LEAT_FAULT_{name.upper()}" not in os.environ]
    if missing:
        test.note("without a server: " + ", ".join(missing) + " are left out")
    return [name for name in names if name not in missing]
