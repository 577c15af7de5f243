#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Measures leat against its peers; run.sh prepares everything and calls it.

Contestants of a job run in turn (A B C, A B C, ...), so that what slows the machine down slows all
of them. Figures are medians, ratios are ratios of medians. Every output is checked against the
reference (reference.py). A goal that is not met is said and is no failure; a wrong output of leat is.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys

import api
import cognito_api
import durability
import figures
from postmaster import Postmaster

HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = ("csv-main", "sqlite-main", "sqlite-raw", "memory", "one-row", "pass-through", "allocations",
        "durability", "api", "cognito-api", "postgres-raw", "postgres-main", "mysql-raw", "mysql-main", "mongodb-raw")
TABLES = ("csv-main", "sqlite-main", "sqlite-raw", "postgres-raw", "postgres-main", "mysql-raw", "mysql-main", "mongodb-raw")
QUERY = "SELECT * FROM users"  # that of sqlite-main.yaml
MIN_PAIRS, MAX_PAIRS = 15, 3   # of the pass-through stage: at least; times those asked for, if still unclear
MILLION = 1_000_000


# In place of postgres-*.yaml's `postgres: {'. Where the server is, stores.sh says.
MYSQL = ("mysql: {host: 127.0.0.1, port: '${env:LEAT_BENCH_MYSQL_PORT}', user: leat, "
         "password: '${env:LEAT_BENCH_MYSQL_PASSWORD}', database: shop, ")


class NotHere(Exception):
    """What a job needs is not installed."""


class Contestant:
    """A program with its arguments; `check` says what its output is held against, None: nothing; it is that
    of the job, or of the job `like`."""

    def __init__(self, name, command, out=None, rejects=None, check=None, to_stdout=False, like=None):
        self.name, self.command, self.out, self.rejects, self.check = name, command, out, rejects, check
        self.like = like
        self.stdout = out if to_stdout else None
        self.runs = []

    def files(self):
        """All that it has written: parts and line maps, too."""
        return glob.glob(glob.escape(os.path.splitext(self.out)[0]) + "*") if self.out else []

    def remove_files(self):
        for old in self.files():
            os.unlink(old)


class Bench:
    def __init__(self, options):
        self.options, self.folder = options, options.folder
        self.reference = json.load(open(self.path("reference.json")))
        self.results, self.goals, self.not_measured, self.wrong = {}, [], list(options.not_measured), []

    def path(self, name):
        return os.path.join(self.folder, name)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    # ---- running ----

    def measure(self, command, stdout=None):
        stdout, stderr = stdout or self.path("stdout"), self.path("stderr")
        done = subprocess.run([sys.executable, "-I", "-S", os.path.join(HERE, "measure.py"), stdout, stderr, *command],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def run_once(self, contestant, postmaster=None):
        contestant.remove_files()
        os.sync()  # what the one before has written is not to be paid for by this one
        before = postmaster.cpu() if postmaster else 0
        run = self.measure(contestant.command, contestant.stdout)
        if postmaster:
            run["server_cpu"] = postmaster.cpu() - before
        if run["status"] != 0:
            complaint = open(self.path("stderr"), errors="replace").read().strip()[-400:]
            raise RuntimeError(f"{contestant.name}: exit status {run['status']}: {complaint}")
        contestant.runs.append(run)
        return run

    def leat(self, pipeline, out, **params):
        command = [self.options.leat, "run", "--quiet", pipeline if os.path.isabs(pipeline) else
                   os.path.join(HERE, pipeline), "--state-dir", self.path("state"), "--param", "out=" + out]
        for name, value in params.items():
            command += ["--param", f"{name}={value}"]
        return command

    def race(self, job, contestants, n, postmaster=None):
        """Runs all in turn n times; one that fails is out, and named. With what each costs that server."""
        racing = list(contestants)
        for i in range(n):
            for c in list(racing):
                try:
                    run = self.run_once(c, postmaster)
                except RuntimeError as failed:
                    racing.remove(c)
                    self.not_measured.append(f"{job}: {failed}")
                    if c.name.startswith("leat"):
                        self.wrong.append(str(failed))
                    continue
                self.say(f"{job} {i + 1}/{n} {c.name}: {run['wall']:.2f} s, CPU {run['cpu']:.2f} s, {run['rss_mib']:.0f} MiB")
        results = {}
        for c in racing:
            results[c.name] = {what: figures.median_of(c.runs, what) for what in c.runs[0] if what != "status"}
            walls = [run["wall"] for run in c.runs]
            results[c.name].update(wall_min=min(walls), wall_max=max(walls), runs=c.runs, output=self.verdict(job, c))
            c.remove_files()
        self.results[job] = results
        return results

    # ---- checking ----

    def helper(self, *command):
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def found(self, contestant):
        """The figures of an output as its reader sees them, and what the reader complains of."""
        if contestant.check == "cognito":
            parts = sorted(glob.glob(glob.escape(os.path.splitext(contestant.out)[0]) + "*.csv"),
                           key=lambda p: int((re.search(r"-([0-9]+)\.csv$", p) or [0, 1])[1]))
            status, out, complaint = self.helper(os.path.join(HERE, "..", "tools", "read-cognito-csv.py"), "--lines",
                                                 "--keys", self.path("cognito.keys"), *parts)
            read = re.search(r"rows=([0-9]+) cols=[0-9]+ sha=([0-9a-f]+)", out)
            if status != 0 or not read:
                return {}, complaint or out
            with open(parts[0], encoding="utf-8") as first:
                header = first.readline().rstrip("\n").split(",")
            result = {"header": header, "rows": int(read[1]), "sha": read[2]}
            status, out, complaint = self.helper(os.path.join(HERE, "check.py"), "--ids", contestant.rejects)
            return (dict(result, **json.loads(out)), "") if status == 0 else ({}, complaint)
        arguments = [f for f in (contestant.out, contestant.rejects) if f]
        status, out, complaint = self.helper(os.path.join(HERE, "check.py"), *arguments)
        return (json.loads(out), "") if status == 0 else ({}, complaint)

    def verdict(self, job, contestant):
        if not contestant.check:
            return ""
        wanted = self.reference[contestant.like or job]
        found, complaint = self.found(contestant)
        wrong = [f"{k} {found.get(k)} and not {v}" for k, v in wanted.items() if found.get(k) != v]
        if not wrong:
            return "as the reference"
        self.say(f"{job} {contestant.name}: WRONG: {', '.join(wrong)}\n{complaint[-2000:]}")
        if contestant.name.startswith("leat"):
            self.wrong.append(f"{job}: {', '.join(wrong)}")
        return "WRONG: " + ", ".join(wrong)

    # ---- goals ----

    def goal(self, what, bound, measured, met):
        self.goals.append({"goal": what, "bound": bound, "measured": measured,
                           "verdict": "not measured" if met is None else "met" if met else "not met"})

    def at_scale(self, met):
        """What must not grow has to have been given the time to."""
        return met if self.reference["records"] >= MILLION else None

    def ratio_goal(self, job, peer, what, bound, text):
        results = self.results[job]
        if "leat" in results and peer in results:
            ratio = results["leat"][what] / results[peer][what]
            self.goal(text, f"≤ {bound:.2f} ×", f"{ratio:.2f} ×", ratio <= bound)
        else:
            self.goal(text, f"≤ {bound:.2f} ×", f"{peer} or leat did not run", None)

    def memory_goal(self, job, text):
        keys = self.reference["csv-main" if job == "csv-main" else "sqlite-main"]["rows"]
        bound = 64 + 64 * keys / 2 ** 20
        if "leat" in self.results[job]:
            peak = max(run["rss_mib"] for run in self.results[job]["leat"]["runs"])
            self.goal(text, f"≤ {bound:.0f} MiB (64 MiB + 64 bytes for each of {keys:,} keys)", f"{peak:.0f} MiB",
                      peak <= bound)

    # ---- the jobs ----

    def csv_main(self):
        o = self.options

        def peer(name, program):
            out, rejects = self.path(f"csv-main-{name}.csv"), self.path(f"csv-main-{name}-rejects.txt")
            return Contestant(name, [*program, o.users, out, rejects], out, rejects, "main")

        out, rejects = self.path("csv-main-leat.csv"), self.path("csv-main-leat-rejects.txt")
        leat = self.leat("csv-main.yaml", out, users=o.users, rejects=rejects)
        peers = [peer(name, [o.python, os.path.join(HERE, "peers", f"{name}-main.py")] if kind == "module" else
                      [sys.executable, os.path.join(HERE, "peers", f"{name}-main.py")] if kind == "python" else
                      [os.path.join(HERE, "peers", f"{name}-main.sh")])
                 for name, kind in (("polars", "module"), ("duckdb", "module"), ("python", "python"), ("awk", "shell"),
                                    ("miller", "shell")) if name in o.peers]
        self.race("csv-main", [Contestant("leat", leat, out, rejects, "main"), *peers], o.runs)
        self.ratio_goal("csv-main", "polars", "wall", 0.7, "CSV → main job → CSV: wall time against Polars")
        self.ratio_goal("csv-main", "polars", "cpu", 0.5, "CSV → main job → CSV: CPU time against Polars")
        self.memory_goal("csv-main", "CSV → main job → CSV: peak memory")

    def sqlite_main(self):
        o = self.options
        out, rejects = self.path("sqlite-main-leat.csv"), self.path("sqlite-main-leat-rejects.txt")
        contestants = [Contestant("leat", self.leat("sqlite-main.yaml", out, users=o.db, rejects=rejects), out, rejects,
                                  "cognito")]
        if o.floor:
            contestants.append(Contestant("bare loop in C", [o.floor, o.db, QUERY]))
        self.race("sqlite-main", contestants, o.runs)
        self.ratio_goal("sqlite-main", "bare loop in C", "wall", 1.8,
                        "SQLite → main job → Cognito CSV: wall time against a bare loop over the query (wished: 1.5)")
        self.memory_goal("sqlite-main", "SQLite → main job → Cognito CSV: peak memory")

    def sqlite_raw(self):
        o = self.options
        out, theirs = self.path("sqlite-raw-leat.csv"), self.path("sqlite-raw-sqlite3.csv")
        contestants = [Contestant("leat", self.leat("sqlite-raw.yaml", out, users=o.db), out, None, "raw")]
        if "sqlite3" in o.peers:
            contestants.append(Contestant("sqlite3 -csv", ["sqlite3", "-header", "-csv", o.db, QUERY], theirs, None,
                                          "raw", to_stdout=True))
        self.race("sqlite-raw", contestants, o.runs)
        self.ratio_goal("sqlite-raw", "sqlite3 -csv", "wall", 0.6,
                        "SQLite → CSV: wall time against `sqlite3 -csv` (wished: 0.4)")

    # The servers are those of stores.sh.

    def server(self, variable, title):
        if not os.environ.get(variable):
            raise NotHere(f"there is no {title} server, or leat has not been built for it")
        return os.environ[variable]

    def postgres_raw(self):
        psql = self.server("LEAT_BENCH_PSQL", "PostgreSQL")
        out, theirs, parts = (self.path(f"postgres-raw-{name}.csv") for name in ("leat", "psql", "parts"))
        divided = self.variant("postgres-raw-parts", lambda text: text.replace("table: users", "table: users, cursor: id, partitions: 2"),
                               "postgres-raw")
        self.race("postgres-raw", [
            Contestant("leat", self.leat("postgres-raw.yaml", out), out, None, "raw", like="sqlite-raw"),
            Contestant("leat, partitions: 2", self.leat(divided, parts), parts, None, "raw", like="sqlite-raw"),
            Contestant("psql COPY csv", [psql, "-X", "-c", f"\\copy users to '{theirs}' csv header"], theirs, None, "raw", like="sqlite-raw"),
            Contestant("psql SELECT, to nowhere", [psql, "-X", "-A", "-t", "-o", os.devnull, "-c", QUERY])],
            self.options.runs, Postmaster(int(os.environ["LEAT_BENCH_POSTMASTER"]), os.environ["PGUSER"]))
        self.ratio_goal("postgres-raw", "psql COPY csv", "wall", 0.9, "PostgreSQL → CSV: wall time against psql's COPY")
        self.ratio_goal("postgres-raw", "psql SELECT, to nowhere", "server_cpu", 1.1, "PostgreSQL → CSV: the server's CPU time against a plain SELECT")

    def postgres_main(self):
        o = self.options
        self.server("LEAT_BENCH_PSQL", "PostgreSQL")
        contestants = self.main_and_floor("postgres-main", "postgres-main.yaml", o.floor_postgres)
        if "connectorx" in o.peers:
            out, rejects = self.path("postgres-main-connectorx.csv"), self.path("postgres-main-connectorx-rejects.txt")
            contestants.append(Contestant("ConnectorX, Polars", [o.python, os.path.join(HERE, "peers", "connectorx-main.py"),
                                                                 QUERY + " ORDER BY id", out, rejects], out, rejects, "main", like="csv-main"))
        self.race("postgres-main", contestants, o.runs)
        text = "PostgreSQL → main job → Cognito CSV: "
        self.ratio_goal("postgres-main", "bare loop in C", "wall", 1.35, text + "wall time against a bare loop over the query")
        self.ratio_goal("postgres-main", "ConnectorX, Polars", "wall", 0.5, text + "wall time against ConnectorX with Polars, which writes a plain CSV")
        self.memory_goal("postgres-main", text + "peak memory")

    def main_and_floor(self, job, pipeline, floor):
        out, rejects = self.path(f"{job}-leat.csv"), self.path(f"{job}-leat-rejects.txt")
        contestants = [Contestant("leat", self.leat(pipeline, out, rejects=rejects), out, rejects, "cognito", like="sqlite-main")]
        if floor:
            contestants.append(Contestant("bare loop in C", [floor, QUERY + " ORDER BY id"]))
        return contestants

    def mysql_raw(self):
        client = self.server("LEAT_BENCH_MARIADB", "MariaDB")
        out, theirs = self.path("mysql-raw-leat.csv"), self.path("mysql-raw-mariadb.tsv")
        pipeline = self.variant("mysql-raw", lambda text: text.replace("postgres: {", MYSQL), "postgres-raw")
        self.race("mysql-raw", [
            Contestant("leat", self.leat(pipeline, out), out, None, "raw", like="sqlite-raw"),
            Contestant("mariadb --batch", [*client.split(), "--batch", "-e", QUERY], theirs, to_stdout=True)], self.options.runs)
        self.ratio_goal("mysql-raw", "mariadb --batch", "wall", 0.7, "MariaDB → CSV: wall time against `mariadb --batch`")

    def mysql_main(self):
        self.server("LEAT_BENCH_MARIADB", "MariaDB")
        pipeline = self.variant("mysql-main", lambda text: text.replace("postgres: {", MYSQL), "postgres-main")
        self.race("mysql-main", self.main_and_floor("mysql-main", pipeline, self.options.floor_mysql), self.options.runs)
        text = "MariaDB → main job → Cognito CSV: "
        self.ratio_goal("mysql-main", "bare loop in C", "wall", 1.6, text + "wall time against a bare loop over the query")
        self.memory_goal("mysql-main", text + "peak memory")

    def mongodb_raw(self):
        """Of 100,000 users, whose _id is their id."""
        o = self.options
        url, database = self.server("LEAT_BENCH_MONGODB_URL", "MongoDB"), os.environ["LEAT_BENCH_MONGODB_DATABASE"]
        out, theirs = self.path("mongodb-raw-leat.csv"), self.path("mongodb-raw-mongoexport.jsonl")
        status, found, _ = self.helper(os.path.join(HERE, "check.py"), o.small if self.reference["records"] >= MILLION else o.users)
        self.reference["mongodb-raw"] = wanted = json.loads(found) if status == 0 else {}
        wanted["header"] = ["_id", *wanted["header"][1:]]
        contestants = [Contestant("leat", self.leat("mongodb-raw.yaml", out), out, None, "raw")]
        if "mongoexport" in o.peers:
            contestants.append(Contestant("mongoexport", ["mongoexport", "--quiet", "--uri", url, "--db", database, "--collection", "users",
                                                          "--sort", '{"_id": 1}', "--out", theirs], theirs))
        if o.floor_mongodb:
            contestants.append(Contestant("bare loop in C", [o.floor_mongodb, url, database, "users"]))
        self.race("mongodb-raw", contestants, o.runs)
        text = f"MongoDB → CSV, {wanted['rows']:,} documents: the client's CPU time against "
        self.ratio_goal("mongodb-raw", "mongoexport", "cpu", 1.0, text + "mongoexport")
        self.ratio_goal("mongodb-raw", "bare loop in C", "cpu", 4.0, text + "a bare loop over the documents")

    def variant(self, name, change, of="csv-main"):
        """A job with a change, as a file of its own."""
        text = open(os.path.join(HERE, f"{of}.yaml")).read()
        changed = change(text)
        if changed == text:
            raise RuntimeError(f"{name}: {of}.yaml no longer has the line to change")
        path = self.path(f"variant-{name}.yaml")
        with open(path, "w") as out:
            out.write(changed.replace(f"name: bench-{of}", f"name: bench-{name}"))
        return path

    def peaks(self, name, pipeline, n):
        peaks = {}
        for size, users in (("small", self.options.small), ("large", self.options.users)):
            out, rejects = self.path(f"{name}.csv"), self.path(f"{name}-rejects.txt")
            c = Contestant(f"leat {name} {size}", self.leat(pipeline, out, users=users, rejects=rejects), out, rejects)
            peaks[size] = [self.run_once(c)["rss_mib"] for _ in range(n)]
            c.remove_files()
        return peaks

    def memory(self):
        no_dedupe = self.variant("no-dedupe", lambda text: re.sub(r"\n  - dedupe:.*", "", text))
        peaks = self.peaks("no-dedupe", no_dedupe, 3)
        small, large = max(peaks["small"]), max(peaks["large"])
        self.results["memory"] = peaks
        n = self.reference["records"]
        self.goal(f"without dedupe: peak memory at {n // 10:,} and at {n:,} records", "within 2 MiB, ≤ 64 MiB",
                  f"{small:.1f} and {large:.1f} MiB", self.at_scale(large - small <= 2 and large <= 64))

    def one_row(self):
        out, rejects = self.path("one-row.csv"), self.path("one-row-rejects.txt")
        c = Contestant("leat one row", self.leat("csv-main.yaml", out, users=self.options.one, rejects=rejects), out,
                       rejects)
        walls = sorted(self.run_once(c)["wall"] * 1000 for _ in range(30))
        median = figures.statistics.median(walls)
        self.results["one-row"] = {"wall_ms": walls}
        c.remove_files()
        self.goal("a whole run over one row: wall time, median of 30", "≤ 20 ms",
                  f"{median:.1f} ms ({walls[0]:.1f}–{walls[-1]:.1f})", median <= 20)

    def pass_through(self):
        """Written to /dev/null, because what writing a file costs varies by more than the goal."""
        o, ratios = self.options, []
        names = open(o.users, encoding="utf-8").readline().strip()
        more = self.variant("pass-through", lambda text: text.replace(
            "\ntransform:\n", f"\ntransform:\n  - select: [{names}]\n    workers: 1\n"))
        nothing = os.devnull
        pair = [Contestant(name, self.leat(pipeline, nothing, users=o.users, rejects=nothing))
                for name, pipeline in (("leat without", "csv-main.yaml"), ("leat with", more))]
        while len(ratios) < MAX_PAIRS * o.pairs:
            turn = pair if len(ratios) % 2 == 0 else pair[::-1]  # so that coming second is no advantage
            for c in turn:
                self.run_once(c)
            ratios.append(pair[1].runs[-1]["cpu"] / pair[0].runs[-1]["cpu"])
            low, high = figures.sign_test_interval(ratios)
            self.say(f"pass-through pair {len(ratios)}: {ratios[-1]:.3f}, median in {low:.3f}..{high:.3f}")
            if len(ratios) >= o.pairs and high - low <= 0.03:
                break
        median = figures.statistics.median(ratios)
        self.results["pass-through"] = {"ratios": ratios, "median": median, "interval": [low, high]}
        unclear = high - low > 0.03 or len(ratios) < MIN_PAIRS
        interval = f"interval {(low - 1) * 100:+.1f}..{(high - 1) * 100:+.1f} %"
        self.goal(f"a pass-through stage more: CPU time, median of {len(ratios)} pairs", "≤ + 3 %",
                  f"not measured ({interval})" if unclear else f"{(median - 1) * 100:+.1f} % ({interval})",
                  None if unclear else median <= 1.03)
        self.check_variant("pass-through", more)

    def check_variant(self, name, pipeline):
        out, rejects = self.path(f"{name}.csv"), self.path(f"{name}-rejects.txt")
        c = Contestant(f"leat {name}", self.leat(pipeline, out, users=self.options.users, rejects=rejects), out, rejects,
                       "main")
        self.run_once(c)
        self.verdict("csv-main", c)
        c.remove_files()

    def allocations_of(self, name, pipeline, sources):
        counts, counter = [], self.path("allocations")
        for users in sources:
            out, rejects = self.path(f"{name}.csv"), self.path(f"{name}-rejects.txt")
            c = Contestant(f"leat {name}", ["env", "LD_PRELOAD=" + self.options.count_alloc,
                                            "LEAT_COUNT_ALLOC=" + counter,
                                            *self.leat(pipeline, out, users=users, rejects=rejects)], out, rejects)
            self.run_once(c)
            counts.append(int(open(counter).read()))
            c.remove_files()
        return counts

    def allocations(self):
        if not self.options.count_alloc:
            return
        small, large = self.allocations_of("allocations", "csv-main.yaml", (self.options.small, self.options.users))
        n = self.reference["records"]
        more = n - n // 10
        self.results["allocations"] = {"small": small, "large": large}
        self.goal(f"heap allocations for {more:,} more records", "≤ 0.01 a record",
                  f"{large - small:,} ({small:,} and {large:,} in all): {(large - small) / more:.5f} a record",
                  self.at_scale((large - small) / more <= 0.01))

    def durability(self):
        durability.measure(self, Contestant)

    def api(self):
        api.measure(self, Contestant)

    def cognito_api(self):
        if not os.path.exists(os.path.join(os.path.dirname(self.options.leat), "plugins/.libs/load-cognito_api.so")):
            raise NotHere("leat has not been built with libcurl")
        cognito_api.measure(self, Contestant)

    # ---- the end ----

    def report(self):
        lines = [f"{self.reference['records']:,} users, {os.path.getsize(self.options.users) / 1e6:.0f} MB of CSV; "
                 f"{os.cpu_count()} cores; {self.options.versions}"]
        for job in TABLES:
            if "leat" in self.results.get(job, {}):
                lines += ["", f"**{job}**", "", figures.contestants_table(self.results[job], "leat")]
        if self.results.get("api"):
            lines += ["", "**api**", "", api.table(self.results["api"])]
        if self.results.get("cognito-api"):
            lines += ["", "**cognito-api**", "", cognito_api.table(self.results["cognito-api"])]
        lines += ["", figures.goals_table(self.goals)]
        lines += [""] * bool(self.not_measured) + ["not measured: " + what for what in self.not_measured]
        return "\n".join(lines) + "\n"

    def run(self):
        for job in JOBS:
            if self.options.only and job not in self.options.only:
                self.not_measured.append(f"{job}: not asked for")
                continue
            try:
                getattr(self, job.replace("-", "_"))()
            except NotHere as missing:
                self.not_measured.append(f"{job}: {missing}")
            except RuntimeError as failed:
                self.not_measured.append(f"{job}: {failed}")
                self.wrong.append(str(failed))
        text = self.report()
        with open(self.path("results.md"), "w") as out:
            out.write(text)
        with open(self.path("results.json"), "w") as out:
            json.dump({"records": self.reference["records"], "cores": os.cpu_count(), "versions": self.options.versions,
                       "jobs": self.results, "goals": self.goals, "not_measured": self.not_measured,
                       "wrong": self.wrong}, out, indent=1)
        print(text)
        for what in self.wrong:
            print(f"WRONG: {what}")
        return 1 if self.wrong else 0


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, help_text in (("leat", "the program"), ("folder", "scratch folder with reference.json"),
                            ("users", "CSV file"), ("small", "a tenth of it"), ("one", "one record of it"),
                            ("db", "the same in SQLite"), ("python", "a Python with the modules of the peers"),
                            ("floor", "floor.c, compiled"), ("floor-postgres", "the same for PostgreSQL"),
                            ("floor-mysql", "the same for MariaDB"), ("floor-mongodb", "the same for MongoDB"), ("count-alloc", "count-alloc.c, compiled"),
                            ("curl-loop", "curl-loop.c, compiled"), ("httpd", "tests/doubles/httpd.c, compiled"),
                            ("api-users", "JSON lines for the API"),
                            ("versions", "of the peers, for the report")):
        p.add_argument("--" + name, default="", help=help_text)
    p.add_argument("--runs", type=int, default=5, help="runs of each contestant")
    p.add_argument("--pairs", type=int, default=15, help="pairs for the pass-through stage")
    p.add_argument("--peer", dest="peers", action="append", default=[], help="a peer that is there")
    p.add_argument("--not-measured", action="append", default=[], help="what is missing, for the report")
    p.add_argument("--only", action="append", choices=JOBS, help="only this job")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(Bench(options()).run())
