# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 12 of the proof: bugs that are planted into a copy of the source, one after the other; the harness must go red
on each, and be green on the copy without one. A bug is a piece of the source and what stands there instead."""
import collections, os, re, shutil, subprocess, sys
from pathlib import Path

from harness import Test

Mutant = collections.namedtuple("Mutant", "name file old new caught_by")

MUTANTS = [
    Mutant("acknowledge before fsync", "plugins/kit/file/file.c", "o->part && fsync(o->fd) < 0", "o->part && o->fd < 0",
           "test-power.sh --pipeline csv --count 400"),
    Mutant("rename before fsync", "plugins/kit/file/file.c",
           "        rc = leat_output_finish(o, err);\n        if (rc == 0 && o->part) {",
           "        leat_output_flush(o);\n        rc = leat_output_check(o, err);\n        if (rc == 0 && o->part) {",
           "test-power.sh --pipeline nocursor --count 400"),
    Mutant("names without an fsync of their folder", "core/delivery/publish.c", "rc = leat_file_sync_folder(file->final);",
           "rc = 0;", "test-power.sh --pipeline csv --count 400"),
    Mutant("checkpoint past a hole", "core/delivery/delivery.c", "    d->books.read += origin->n_rows;\n",
           "    d->books.read += origin->n_rows;\n    if (origin->host->has_position)\n"
           "        leat_delivery_position(d, origin->host->partition, origin->host->position.p);\n",
           "test-kill.sh --pipeline csv --pipeline insert --count 80"),
    Mutant("lost reject", "core/engine/checkpoint.c", "        if (!stages[i] || has_transactions(stages[i]) != transactions",
           "        if ((i == 0 && !last) || !stages[i] || has_transactions(stages[i]) != transactions",
           "test-kill.sh --pipeline csv --pipeline cognito --count 80"),
    Mutant("unlocked state", "core/delivery/lock.c", "while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {", "while (lock->fd < 0) {",
           "test-overlap.sh --count 4"),
    Mutant("not cut back to the checkpoint", "plugins/kit/file/file.c", "if (ftruncate(o->fd, n) < 0 || lseek(o->fd, n, SEEK_SET) < 0)",
           "if (lseek(o->fd, 0, SEEK_END) < 0)", "test-kill.sh --pipeline csv --pipeline jsonl --count 80"),
    Mutant("books that begin anew", "core/engine/resume.c", "    restore_books(run);\n", "    if (run->plan->n_stages < 0)\n        restore_books(run);\n",
           "test-kill.sh --pipeline csv --pipeline jsonl --count 40"),
    Mutant("a token nobody asks for", "core/engine/resume.c", "        if (rc == 0 && seq < *ret)\n            *ret = seq;\n", "",
           "test-kill-syscalls.sh --pipeline plain --pipeline sides --count 200"),
    Mutant("a seal nobody breaks", "core/delivery/seal.c", "if (small != (uint64_t)sealed_small(s))", "if (small && s->path == NULL)",
           "test-state-damage.sh --pipeline csv --pipeline cognito --count 800"),
    Mutant("a log that may lose its end", "core/delivery/state.c", "if (strtoll(text, NULL, 10) > s->n_commits)",
           "if (strtoll(text, NULL, 10) < 0)", "test-state-damage.sh --pipeline insert --pipeline plain --count 800"),
    Mutant("a random key", "plugins/load/http", "", "", "test-http.sh"),
    Mutant("exists means done", "plugins/load/http", "", "", "test-http.sh"),
    Mutant("error means failed", "plugins/load/http", "", "", "test-http.sh"),
]
MUTANTS = [m for m in MUTANTS if m.old]
LEFT_OUT = {".git", "build", "autom4te.cache", "_asan", "_tsan", "_coverage", "_mutants"}


class Copy:
    """A copy of the source and its build."""

    def __init__(self, test):
        top = Path(os.environ["top_srcdir"])
        self.source, self.build = test.scratch / "source", test.scratch / "build"
        shutil.copytree(top, self.source, symlinks=True, ignore=lambda folder, names: LEFT_OUT & set(names)
                        if Path(folder) == top else [])
        self.build.mkdir()
        self.must(["../source/configure", "--quiet", "CFLAGS=-O0 -g0"])
        self.make()

    def must(self, command):
        done = subprocess.run(command, cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print("Bail out!", *command, "fails:", " ".join(done.stdout.splitlines()[-3:]), flush=True)
            sys.exit(1)

    def make(self):
        # Neither the pages nor the index of functions are of interest here.
        self.must(["make", "-k", "-j2", "-o", "plugins/index.stamp", "leat", *self.plugins()])

    def plugins(self):
        text = (self.build / "Makefile").read_text()
        found = re.search(r"^plugin_LTLIBRARIES = (.*?[^\\])$", text, re.S | re.M)
        return [word for word in found[1].replace("\\\n", " ").split() if word.endswith(".la")]

    def harness(self, words):
        """True if it is red, False if green, None if it came to no end; and what it has said."""
        env = {**os.environ, "top_srcdir": str(self.source), "top_builddir": str(self.build), "LEAT": str(self.build / "leat")}
        for name in ("LEAT_SOAK", "LEAT_SEED", "TMPDIR", "LEAT_SHIM"):
            env.pop(name, None)
        script, *arguments = words.split()
        env.pop("LEAT")
        done = subprocess.run(["bash", str(self.source / "tests/faults" / script), *arguments], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        whole = re.search(r"^1\.\.[1-9]", done.stdout, re.M)
        return bool(re.search(r"^not ok", done.stdout, re.M)) if whole else None, done.stdout

    def plant(self, mutant):
        """The text before, to be put back; None if the mutant's piece does not stand there once."""
        path = self.source / mutant.file
        before = path.read_text()
        if before.count(mutant.old) != 1:
            return None
        path.write_text(before.replace(mutant.old, mutant.new))
        return before


def one(test, copy, mutant):
    before = copy.plant(mutant)
    if before is None:
        test.ok(False, f"{mutant.name}: its piece does not stand in {mutant.file} (the source has changed: change the mutant)")
        return
    copy.make()
    red, said = copy.harness(mutant.caught_by)
    (copy.source / mutant.file).write_text(before)
    if not test.ok(red is True, f"{mutant.name}: caught by {mutant.caught_by}"):
        test.note(said)
    else:
        test.note(next((line for line in said.splitlines() if "iteration" in line), said.splitlines()[-1])[:300])


def main():
    test = Test("row 12: planted bugs", lambda parser: parser.add_argument("--name", help="only this one"))
    chosen = [m for m in MUTANTS if test.args.name in (None, m.name)]
    copy = Copy(test)
    for words in sorted({m.caught_by for m in chosen}):
        red, said = copy.harness(words)
        if not test.ok(red is False, f"without a bug: {words} is green"):
            test.note(said)
    for mutant in chosen:
        one(test, copy, mutant)
    test.note(f"{len(chosen)} of {len(MUTANTS)} bugs")
    test.done()


if __name__ == "__main__":
    main()
