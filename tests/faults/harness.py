# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What all drivers of the proof share: pipelines that are run, disturbed, run again, and compared.

    test = Test("row 1: ...")              TAP, the seed, how many of how many
    bench = Bench(test, "csv", 6000)       one pipeline over so many users, in a folder of its own
    bench.reset()                          as before the first run
    end = bench.run(kill_s=0.01)           once; killed after so long, if it has not ended
    wrong = bench.finish()                 again until it ends by itself; what differs from an undisturbed run

The promise under test: the same command, run again until it exits with its usual status, leaves what an
undisturbed run leaves: the same bytes in the same files, the same rows, the same books, nothing else.
"""
import argparse, collections, json, os, random, select, shlex, shutil, signal, sqlite3, struct, subprocess, sys, time
import urllib.request
from pathlib import Path

import data

PIPELINES = ["csv", "jsonl", "cognito", "insert", "plain", "upsert", "nocursor", "sides"]
API_PIPELINES = ["http", "http-key", "http-bulk"]  # api_load.py has the bench for these
COGNITO_PIPELINES = {"cognito-api": "load-cognito_api", "cognito-import": "load-cognito_import"}  # cognito_load.py
BOOKS = ("pipeline load status read made loaded already_there filtered duplicate rejected conflict unknown "
         "left_out pending balanced error").split()
HERE = Path(__file__).resolve().parent
SOAK = bool(os.environ.get("LEAT_SOAK"))
SANITIZED = bool(os.environ.get("LEAT_SANITIZED"))  # a quarter of the reduced counts: each run takes five times as long
TIMEOUT_S = 60

End = collections.namedtuple("End", "status killed error seconds")


class Test:
    """TAP, and what every row prints."""

    def __init__(self, row, more=None):
        parser = argparse.ArgumentParser(description=row)
        parser.add_argument("--seed", type=int, help="where all that is random begins")
        parser.add_argument("--pipeline", action="append", choices=sorted(p.stem for p in (HERE / "pipelines").iterdir()), help="only this one")
        parser.add_argument("--iteration", type=int, help="only this one: replays a failure")
        parser.add_argument("--count", type=int, help="so many, in place of the usual number")
        parser.add_argument("--repeat", type=int, default=1, help="each iteration so often (times differ a little)")
        if more:
            more(parser)
        self.args = parser.parse_args()
        self.row, self.n, self.failures, self.told_how = row, 0, 0, False
        seed = self.args.seed if self.args.seed is not None else os.environ.get("LEAT_SEED")
        self.seed = int(seed) if seed is not None else time.time_ns() % 1000000 if SOAK else 1
        self.scratch = Path.cwd()
        self.leat = os.environ["LEAT"]
        self.shim = os.environ.get("LEAT_SHIM")
        kind = "whole" if SOAK else "those under a sanitizer" if SANITIZED else "the reduced ones"
        self.note(f"{row}; seed {self.seed}; counts are {kind}")

    def note(self, text):
        for line in str(text).splitlines():
            print("#", line, flush=True)

    def ok(self, good, name):
        self.n += 1
        self.failures += not good
        print("ok" if good else "not ok", self.n, "-", name, flush=True)
        return good

    def rng(self, *parts):
        return random.Random("/".join(map(str, (self.seed, *parts))))

    def share(self, reduced, full):
        """How many this time; the caller prints it beside `full`."""
        return self.args.count or (full if SOAK else max(1, reduced // 4) if SANITIZED else reduced)

    def has(self, plugin):
        return (Path(self.leat).parent / f"plugins/.libs/{plugin}.so").exists()

    def has_http(self):
        return self.has("load-http")

    def pipelines(self, names=None, with_api=False, with_stores=False, with_cognito=False):
        names = names or PIPELINES
        if with_stores:
            from store_load import store_pipelines
            names = [*names, *store_pipelines(self)]
        if with_api and self.has_http():
            names = [*names, *API_PIPELINES]
        elif with_api:
            self.note("built without load-http: " + ", ".join(API_PIPELINES) + " are left out")
        if with_cognito:
            names = [*names, *(name for name, plugin in COGNITO_PIPELINES.items() if self.has(plugin))]
            self.note("".join(f"built without {plugin}: {name} is left out\n" for name, plugin in COGNITO_PIPELINES.items()
                              if not self.has(plugin)))
        return [p for p in names if not self.args.pipeline or p in self.args.pipeline]

    def iterations(self, n):
        one = self.args.iteration
        return [one] * self.args.repeat if one is not None else range(n)

    def until(self, wanted, enough):
        """The iterations, and more of them, ten times as many at most, until `enough` says that some have struck."""
        for i in self.iterations(10 * wanted):
            if self.args.iteration is None and i >= wanted and enough():
                return
            yield i

    def replay(self, pipeline, iteration, repeat=1):
        """Says how to see a failure again."""
        self.replay_with("--pipeline", pipeline, "--iteration", str(iteration), *(["--repeat", str(repeat)] if repeat > 1 else []))

    def replay_with(self, *words):
        command = ["env", f"top_builddir={os.environ['top_builddir']}", *(["LEAT_SOAK=1"] if SOAK else []), "bash",
                   os.environ["LEAT_SCRIPT"], "--seed", str(self.seed), *words]
        if self.args.count:
            command += ["--count", str(self.args.count)]
        self.note(f"seed {self.seed}, replay: {shlex.join(command)}")
        self.told_how = True

    def report(self, bench, wrong, iteration, repeat=1):
        """Says what went wrong in an iteration; true if nothing did."""
        if wrong:
            for line in wrong:
                self.note(f"{bench.name}, iteration {iteration}: {' '.join(line.split())}")
            self.replay(bench.name, iteration, repeat)
            self.keep(bench, wrong)
        return not wrong

    def keep(self, bench, why):
        """Leaves a copy of what is wrong beside the other leavings of the tests, one a script."""
        to = Path(os.environ["TMPDIR"]) / ("failed-" + Path(os.environ["LEAT_SCRIPT"]).stem)
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(bench.folder, to, symlinks=True, ignore=shutil.ignore_patterns("hold"))
        (to / "why").write_text("\n".join(why) + "\n")
        self.note(f"kept in {to}")

    def skip(self, why):
        print("1..0 # SKIP", why, flush=True)
        sys.exit(0)

    def bail(self, why):
        print("Bail out!", " ".join(why.split()), flush=True)
        sys.exit(1)

    def done(self):
        if self.failures and not self.told_how:
            self.replay_with()
        print(f"1..{self.n}")
        sys.exit(0)


class Served:
    """A double of tests/doubles, as long as it is needed."""

    def __init__(self, program, words):
        self.process = subprocess.Popen([sys.executable, str(HERE.parent / "doubles" / program), "--stdin", *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # it ends when we do
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, path, body=None):
        said = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url + path, said) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Bench:
    """One pipeline in a folder of its own: in/ is read, out/ is written, state/ is the state."""

    timeout_s = TIMEOUT_S
    status = None  # with which an undisturbed run ends

    def __init__(self, test, name, rows, options=()):
        self.test, self.name, self.rows = test, name, rows
        self.folder = test.scratch / f"{name}-{rows}"
        self.out, self.state = self.folder / "out", self.folder / "state"
        self.folder.mkdir()
        data.write_inputs(self.folder / "in", rows)
        data.write_targets(self.folder / "before", name, rows)
        text = (HERE / "pipelines" / f"{name}.yaml").read_text().replace("@PART@", str(max(rows // 5, 1)))
        (self.folder / "p.yaml").write_text(text)
        self.report, self.stderr = self.folder / "report.json", test.scratch / f"{self.folder.name}.stderr"
        self.command = [test.leat, "run", "p.yaml", "--state-dir", "state", "--report", "report.json", *options]
        if name == "plain":
            self.command += ["--param", f"rows={rows}"]
        self.expected = None

    def reset(self):
        for folder in (self.out, self.state):
            shutil.rmtree(folder, ignore_errors=True)
        self.report.unlink(missing_ok=True)
        shutil.copytree(self.folder / "before", self.out)

    # ---- running ----

    def environment(self, inject):
        env = dict(os.environ)
        if inject:
            (self.folder / "stat").unlink(missing_ok=True)
            env.update({f"LEAT_INJECT_{key.upper()}": str(value) for key, value in inject.items()},
                       LD_PRELOAD=self.test.shim, LEAT_INJECT_STAT=str(self.folder / "stat"))
        return env

    def start(self, inject=None, command=None):
        return subprocess.Popen(command or self.command, cwd=self.folder, env=self.environment(inject),
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=open(self.stderr, "wb"))

    def run(self, kill_s=None, inject=None, number=signal.SIGKILL, command=None):
        begun = time.monotonic()
        process = self.start(inject, command)
        fd = os.pidfd_open(process.pid)
        killed = False
        if kill_s is not None and not select.select([fd], [], [], kill_s)[0]:
            process.send_signal(number)
            killed = True
        stuck = not select.select([fd], [], [], self.timeout_s)[0]
        if stuck:
            process.kill()
        status = process.wait()
        os.close(fd)
        if status == -signal.SIGKILL and self.has_left():
            status = self.status
        killed = killed and status == -number
        error = self.stderr.read_text(errors="replace")
        return End("stuck" if stuck else status, killed, error, time.monotonic() - begun)

    def stat(self):
        """What the shim has seen: calls counted, calls struck, each kind, the first that was struck."""
        raw = (self.folder / "stat").read_bytes()
        numbers = struct.unpack_from("16Q", raw)
        return numbers[0], numbers[1], numbers[2:], raw[128:].split(b"\0")[0].decode(errors="replace")

    # ---- what is there ----

    def has_left(self):
        """True if its last deed, an 'e' in NAME.seq, is done: it was killed on its way out, and needs no other run."""
        left = self.status is not None and any(b"e" in seq.read_bytes() for seq in self.state.glob("*.seq"))
        return left and self.said_done() is not None

    def said_done(self):
        """The report of the last run, if the state says that it ended. A run may be killed between the commit
        that ends it and its exit: to run once more would then be another run."""
        files = [f for f in self.state.glob("*.db*") if not f.name.endswith("-shm")] if self.state.is_dir() else []
        if not files:
            return None
        look = self.folder / "look"
        shutil.rmtree(look, ignore_errors=True)
        look.mkdir()
        for file in files:
            shutil.copy(file, look / file.name)
        db = sqlite3.connect(next(look.glob("*.db")))
        try:
            row = db.execute("SELECT status, report FROM run ORDER BY id DESC LIMIT 1").fetchone()
        except sqlite3.DatabaseError:
            row = None
        finally:
            db.close()
        return json.loads(row[1]) if row and row[0] in (0, 65) and row[1] else None

    def books(self, report=None):
        try:
            report = report or json.loads(self.report.read_text())
        except (OSError, ValueError):
            return None
        return {key: report.get(key) for key in BOOKS}

    def snapshot(self, report=None):
        seen = {"books": self.books(report)}
        for path in sorted(self.out.rglob("*")):
            seen[f"out/{path.relative_to(self.out)}"] = rows_of(path) if path.suffix == ".db" else path.read_bytes()
        seen["names in state"] = sorted(p.name for p in self.state.glob("*") if not p.name.endswith(("-wal", "-shm")))
        return seen

    # ---- judging ----

    def wanted_ids(self):
        """What the load must hold; None where leat makes up the records."""
        return data.loaded(self.name, self.rows)

    def loaded_ids(self):
        return data.read_loaded(self.name, self.out) if self.wanted_ids() is not None else None

    def measure(self):
        """An undisturbed run is what all others are held against; it is held against data.py."""
        times = []
        for _ in range(3):
            self.reset()
            end = self.run()
            if end.status not in (0, 65):
                self.test.bail(f"an undisturbed run of {self.name} ends with {end.status}: {end.error}")
            snapshot = self.snapshot()
            if self.expected is not None and snapshot != self.expected:
                self.test.bail(f"two undisturbed runs of {self.name} differ: {compare(self.expected, snapshot)}")
            self.expected, self.status = snapshot, end.status
            times.append(end.seconds)
        self.seconds = min(times)
        ids, got = self.wanted_ids(), self.loaded_ids()
        if got != ids:
            self.test.bail(f"{self.name}: an undisturbed run does not load what it must: {lost(ids, got)}")
        return self

    def finish(self, again=True):
        """Runs it until it has ended as usual; says what is wrong then. A run that was killed after it was done is
        not done again: its result must be there before, and after. (After a boot, `again` False, it would be.)"""
        report = self.said_done()
        wrong = self.differences(report) if report else []
        if wrong or report and not again:
            return [f"the state says it is done: {line}" for line in wrong]
        end = self.run()
        if end.status != self.status:
            return [f"run again, it ends with {end.status} in place of {self.status}: {end.error[-600:]}"]
        return self.differences()

    def differences(self, report=None):
        got = self.snapshot(report)
        if report:
            got["names in state"] = self.expected["names in state"]
        wrong = compare(self.expected, got)
        if wrong and self.wanted_ids() is not None:
            try:
                wrong.append(lost(self.wanted_ids(), self.loaded_ids()))
            except (OSError, sqlite3.Error, ValueError, KeyError, TypeError) as error:
                wrong.append(f"the load cannot be read: {error}")
        return wrong


def rows_of(path):
    """All that a database holds but what leat keeps there for itself, and whether it is whole."""
    db = sqlite3.connect(path)
    try:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                                           "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '%leat%' ORDER BY name")]
        return {"whole": db.execute("PRAGMA integrity_check").fetchone()[0],
                **{t: sorted(db.execute(f'SELECT * FROM "{t}"').fetchall(), key=repr) for t in tables}}
    except sqlite3.DatabaseError as error:
        return {"whole": str(error)}
    finally:
        db.close()


def compare(expected, got):
    """What differs, a line each."""
    wrong = []
    for name in sorted(expected.keys() | got.keys()):
        a, b = expected.get(name), got.get(name)
        if a == b:
            continue
        if name not in got:
            wrong.append(f"{name} is missing")
        elif name not in expected:
            wrong.append(f"{name} is left over")
        elif isinstance(a, list):
            wrong.append(f"{name} differs: " + lost(a, b))
        elif isinstance(a, bytes):
            wrong.append(f"{name} differs: {len(b)} bytes in place of {len(a)}; "
                         + lost(a.splitlines(), b.splitlines()))
        elif isinstance(a, dict) and isinstance(b, dict):
            wrong += [f"{name}: {key}: " + (lost(a.get(key) or [], b.get(key) or []) if isinstance(a.get(key), list)
                                            else f"{b.get(key)} in place of {a.get(key)}")
                      for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)]
        else:
            wrong.append(f"{name}: {b} in place of {a}")
    return wrong


def lost(wanted, got):
    a, b = collections.Counter(map(str, wanted)), collections.Counter(map(str, got))
    missing, more = sum((a - b).values()), sum((b - a).values())
    doubled = sum(min(n, b[key] - n) for key, n in a.items() if 0 < n < b[key])
    return f"{missing} lost, {doubled} doubled, {more - doubled} others" if missing or more else "all are there, in another order"
