# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 12 of the proof: bugs that are planted into a copy of the source, one after the other; the harness must go red
on each, and be green on the copy without one (with the reduced counts, the other rows are that). A bug is a
piece of the source and what stands there instead; only what it touches is built anew."""
import collections, os, re, shutil, subprocess, sys
from pathlib import Path

from harness import COGNITO_PIPELINES, SOAK, Test

# `always`: also with the reduced counts.
Mutant = collections.namedtuple("Mutant", "name file old new caught_by always", defaults=(False,))

MUTANTS = [
    Mutant("acknowledge before fsync", "plugins/kit/file/file.c", "o->part && fsync(o->fd) < 0", "o->part && o->fd < 0",
           "test-power.sh --pipeline csv --count 400", True),
    Mutant("rename before fsync", "plugins/kit/file/file.c",
           "        rc = leat_output_finish(o, err);\n        if (rc == 0 && o->part) {",
           "        leat_output_flush(o);\n        rc = leat_output_check(o, err);\n        if (rc == 0 && o->part) {",
           "test-power.sh --pipeline nocursor --count 400", True),
    Mutant("names without an fsync of their folder", "core/delivery/publish.c", "rc = leat_file_sync_folder(file->final);",
           "rc = 0;", "test-power.sh --pipeline csv --count 400"),
    Mutant("checkpoint past a hole", "core/delivery/delivery.c", "    if (origin->host->has_position)\n        leat_delivery_position(d, "
           "origin->host->partition, origin->host->position.p);\n",
           "    struct leat_batch *newest = d->n ? open_at(d, d->n - 1)->batch : origin;\n    if (newest->host->has_position)\n"
           "        leat_delivery_position(d, newest->host->partition, newest->host->position.p);\n",
           "test-kill.sh --pipeline csv --pipeline insert --count 40", True),
    Mutant("lost reject", "core/engine/checkpoint.c", "        if (!sink || leat_sink_has_transactions(sink) != transactions",
           "        if ((i == 0 && !last) || !sink || leat_sink_has_transactions(sink) != transactions",
           "test-kill.sh --pipeline csv --pipeline cognito --count 80", True),
    Mutant("unlocked state", "core/delivery/lock.c", "while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {", "while (lock->fd < 0) {",
           "test-overlap.sh --pipeline csv --count 2", True),
    Mutant("not cut back to the checkpoint", "plugins/kit/file/file.c", "if (ftruncate(o->fd, n) < 0 || lseek(o->fd, n, SEEK_SET) < 0)",
           "if (lseek(o->fd, 0, SEEK_END) < 0)", "test-kill.sh --pipeline csv --pipeline jsonl --count 80"),
    Mutant("books that begin anew", "core/engine/resume.c", "    restore_books(run);\n", "    if (run->plan->n_stages < 0)\n        restore_books(run);\n",
           "test-kill.sh --pipeline csv --pipeline jsonl --count 40"),
    Mutant("a token nobody asks for", "core/engine/resume.c", "        if (rc == 0 && seqs[i] < *ret)\n            *ret = seqs[i];\n", "",
           "test-kill-syscalls.sh --pipeline plain --pipeline sides --count 200"),
    Mutant("rows without their token", "plugins/load/postgres/postgres.c", "            rc = commits_put(p, stage, token, err);\n",
           "            rc = 0;\n", "test-kill.sh --pipeline postgres --count 40"),
    Mutant("rows of MariaDB without their token", "plugins/load/mysql/mysql.c", "            rc = commits_put(p, token, err);\n",
           "            rc = 0;\n", "test-kill-syscalls.sh --pipeline mysql --count 120"),
    Mutant("a place with itself behind it", "plugins/kit/sql/text.c", "    add_comparison(out, sql, n - 1, \">\");\n",
           "    add_comparison(out, sql, n - 1, \">=\");\n", "test-kill.sh --pipeline mysql --count 20"),
    Mutant("the same of documents", "plugins/extract/mongodb/cursor.c", "append_compared(c, i, \"$gt\", &item);",
           "append_compared(c, i, \"$gte\", &item);", "test-kill-syscalls.sh --pipeline mongodb --count 40"),
    Mutant("a seal nobody breaks", "core/delivery/seal.c", "if (small != (uint64_t)sealed_small(s))", "if (small && s->path == NULL)",
           "test-state-damage.sh --pipeline csv --pipeline cognito --count 400"),
    Mutant("an index nobody looks into", "core/delivery/state.c", "PRAGMA integrity_check(1)", "PRAGMA quick_check(1)",
           "test-state-damage.sh --pipeline csv --pipeline upsert --count 800"),
    Mutant("a log that may lose its end", "core/delivery/count.c", "return s->n_counted > s->n_commits ?",
           "return s->n_counted < 0 ?", "test-state-damage.sh --pipeline insert --pipeline plain --count 800"),
    Mutant("a state that is written though it was refused", "core/delivery/state.c", "        sqlite3_close(s->db);\n        s->db = NULL;\n    }\n",
           "    }\n", "test-state-damage.sh --pipeline csv --count 40"),
    Mutant("a random key", "core/delivery/record-id.c", "        memcpy(ret->bytes, sum, sizeof ret->bytes);\n",
           "        extern int RAND_bytes(unsigned char *bytes, int n);\n        RAND_bytes((unsigned char *)ret->bytes, sizeof ret->bytes);\n",
           "test-kill.sh --pipeline http-key --count 12", True),
    Mutant("exists means done", "plugins/kit/flow/settle.c", "return exists(f, job, outcome == FLOW_THERE",
           "return f ? finish(f, job, LEAT_ALREADY_THERE) : exists(f, job, outcome == FLOW_THERE",
           "test-http.sh --pipeline http --count 600", True),
    Mutant("error means failed", "plugins/load/http/judge.c", "        return FLOW_UNCLEAR;\n    if (status == 408)",
           "        return FLOW_REJECTED;\n    if (status == 408)", "test-http.sh --pipeline http --count 600", True),
    Mutant("a random user name", "plugins/kit/cognito_user/request.c",
           '        leat_put_member(&call->body, "Username", username ? username : "", n);\n',
           '        {\n            static unsigned char salt[4];\n            char name[200];\n\n'
           '            if (!salt[0] && RAND_bytes(salt, sizeof salt) != 1)\n                return -1;\n'
           '            (void)snprintf(name, sizeof name, "%.*s-%02x%02x", (int)n, username, salt[0] |= 1, salt[1]);\n'
           '            leat_put_member(&call->body, "Username", name, strlen(name));\n        }\n',
           "test-kill.sh --pipeline cognito-api --count 20", True),
    Mutant("a user who exists is ours", "plugins/kit/cognito_user/judge.c",
           'has_code(call, "AliasExistsException"))\n        return FLOW_EXISTS;',
           'has_code(call, "AliasExistsException"))\n        return FLOW_LOADED;',
           "test-kill.sh --pipeline cognito-api --count 20"),
    Mutant("a user is refused by an error", "plugins/kit/cognito_user/judge.c", "    case LEAT_AWS_RETRY:\n        return FLOW_UNCLEAR;",
           "    case LEAT_AWS_RETRY:\n        return FLOW_REJECTED;", "test-kill.sh --pipeline cognito-api --count 20"),
    Mutant("there already, but loaded by the next run", "core/engine/intents.c", "was->run == run->work && !was->there", "was->run == run->work",
           "test-kill.sh --pipeline cognito-api --count 30"),
    Mutant("the header of an import is no line", "plugins/load/cognito_import/log.c", "    return can_be(lines, 1) ? 1 : can_be(lines, 2) ? 2 : 0;",
           "    return 1;", "test-import-large.sh --count 300"),
    Mutant("import jobs of nobody's", "plugins/load/cognito_import/jobs.c", "    if (*work) {\n", "    if (*work && !jobs->sets) {\n",
           "test-kill.sh --pipeline cognito-import --count 12"),
    Mutant("an import job that nobody looks for", "plugins/load/cognito_import/jobs.c", "    struct job *job = find_same(jobs);\n",
           "    struct job *job = jobs->sets ? NULL : find_same(jobs);\n", "test-kill-recovery.sh --pipeline cognito-import --count 6"),
    Mutant("the files of an import are left", "plugins/load/cognito_import/cognito_import.c", "        sets_remove(&c->sets);\n",
           "        (void)c;\n", "test-kill-syscalls.sh --pipeline cognito-import --count 120"),
]

# Which plugin a pipeline, by a part of its name, cannot do without.
NEEDS = {**COGNITO_PIPELINES, "import-large": "load-cognito_import", "http": "load-http", "postgres": "load-postgres",
         "mysql": "load-mysql", "mongodb": "extract-mongodb"}


class Copy:
    """A copy of the source and of what was built of it, in which make finds only what is mutated to be new."""

    def __init__(self, test):
        top, build = Path(os.environ["top_srcdir"]).resolve(), Path(os.environ["top_builddir"]).resolve()
        srcdir = re.search(r"^srcdir = (.*)$", (build / "Makefile").read_text(), re.M)[1]
        if top == build:
            test.skip("needs a build outside the source tree")
        self.source = test.scratch / "source"
        shutil.copytree(top, self.source, symlinks=True, ignore=lambda folder, names: {
            name for name in names if folder == str(top) and (name.startswith(("_", "build-", ".")) or name in ("build", build.name))
            and name != "build-aux"})
        if os.path.isabs(srcdir):
            self.build, self.told = test.scratch / "build", [f"{name}={self.source}" for name in ("top_srcdir", "srcdir", "VPATH", "abs_top_srcdir")]
        else:  # as many folders deep
            self.build, self.told = self.source.joinpath(*["_mutants"] * srcdir.count("..")), []
        shutil.copytree(build, self.build, symlinks=True, ignore=lambda folder, names: {
            name for name in names if name.startswith(("_", "failed-")) or name.endswith((".log", ".trs")) or
            (Path(folder) == build / "tests" and name in ("tmp", ".libs")) or (Path(folder) == build and name in ("log", "demo", top.name))})
        (self.build / "tests/tmp").mkdir(exist_ok=True)
        self.make("leat", *self.plugins())

    def make(self, *targets):
        env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "TESTS")}
        # Neither the pages nor the index of functions are of interest here, nor what a bug leaves unused.
        done = subprocess.run(["make", "-o", "plugins/index.stamp", "CFLAGS=-O2 -g -Wno-error", *self.told, *targets], cwd=self.build,
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print("Bail out! make fails:", " ".join(done.stdout.splitlines()[-3:]), flush=True)
            sys.exit(1)

    def plugins(self):
        text = (self.build / "Makefile").read_text().replace("\\\n", " ")
        words = re.search(r"^plugin_LTLIBRARIES = (.*)$", text, re.M)[1]
        for name in set(re.findall(r"\$\((\w+)\)", words)):
            value = re.search(rf"^{name} = (.*)$", text, re.M)
            words = words.replace(f"$({name})", value[1] if value else "")
        return [word for word in words.split() if word.endswith(".la")]

    def harness(self, words):
        """True if it is red, be it that a run is wrong that was let alone; False if green, None if it came to no end; and
        what it has said."""
        env = {name: value for name, value in os.environ.items()
               if name not in ("LEAT", "LEAT_SOAK", "LEAT_SEED", "TMPDIR", "LEAT_SHIM", "MAKEFLAGS", "MAKELEVEL")}
        script, *arguments = words.split()
        done = subprocess.run(["bash", str(self.source / "tests/faults" / script), *arguments],
                              env={**env, "top_srcdir": str(self.source), "top_builddir": str(self.build)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        whole = re.search(r"^1\.\.[1-9]|^Bail out! .*undisturbed run", done.stdout, re.M)
        return bool(re.search(r"^not ok|^Bail out!", done.stdout, re.M)) if whole else None, done.stdout

    def plant(self, mutant):
        """The text before, to be put back; None if the mutant's piece does not stand there once."""
        path = self.source / mutant.file
        before = path.read_text()
        if before.count(mutant.old) != 1:
            return None
        path.chmod(0o644)
        path.write_text(before.replace(mutant.old, mutant.new))
        return before


def one(test, copy, mutant):
    before = copy.plant(mutant)
    if before is None:
        test.ok(False, f"{mutant.name}: its piece does not stand in {mutant.file} (the source has changed: change the mutant)")
        return
    copy.make("leat", *copy.plugins())
    red, said = copy.harness(mutant.caught_by)
    (copy.source / mutant.file).write_text(before)
    if not test.ok(red is True, f"{mutant.name}: caught by {mutant.caught_by}"):
        test.note(said)
        test.replay_with("--name", mutant.name)
    else:
        told = [line.lstrip("# ") for line in said.splitlines() if "iteration" in line or line.startswith(("Bail out!", "not ok"))]
        test.note((told or said.splitlines())[0][:300])


def main():
    test = Test("row 12: planted bugs", lambda parser: parser.add_argument("--name", help="only this one"))
    built = [m for m in MUTANTS if all(test.has(plugin) for name, plugin in NEEDS.items() if name in m.caught_by)]
    chosen = [m for m in built if (test.args.name == m.name if test.args.name else SOAK or m.always)]
    copy = Copy(test)
    for words in sorted({m.caught_by for m in chosen}) if SOAK or test.args.name else []:
        red, said = copy.harness(words)
        if not test.ok(red is False, f"without a bug: {words} is green"):
            test.note(said)
    gone = [m.name for m in MUTANTS if (copy.source / m.file).read_text().count(m.old) != 1]
    test.ok(not gone, " ".join(["the piece that each changes stands in the source", *(f"(not: {name})" for name in gone)]))
    for mutant in chosen:
        one(test, copy, mutant)
    left = [m.name for m in MUTANTS if m not in chosen]
    test.note(f"{len(chosen)} of {len(MUTANTS)} bugs" + (f"; not now: {', '.join(left)}" if left and not test.args.name else ""))
    test.done()


if __name__ == "__main__":
    main()
