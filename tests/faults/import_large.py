# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""An import of many users in three parts, one after the other, with a user in each part who is there already and one who is
refused: every verdict is the right user's, whatever line the log begins with and in whatever order it comes."""
import itertools, json, time

from cognito_load import LEGACY, POOL, ByImport, shown, stranger
from harness import COGNITO_PIPELINES, HERE, Test

FULL, PARTS, TRIAL, PAGE = 1_200_000, 3, 10, 20_000


class Large(ByImport):
    timeout_s = 7200

    def __init__(self, test, rows, first_line):
        self.test, self.name, self.rows, self.part = test, "import-large", rows, -(-rows // PARTS)
        self.folder = test.scratch / f"large-{rows}-{first_line}"
        self.out, self.state = self.folder / "out", self.folder / "state"
        for folder in (self.folder, self.folder / "in", self.out):
            folder.mkdir()
        (self.folder / "p.yaml").write_text((HERE / f"pipelines/{self.name}.yaml").read_text().replace("@PART@", str(self.part)))
        self.report, self.stderr = self.folder / "report.json", test.scratch / f"{self.folder.name}.stderr"
        self.command = [test.leat, "run", "p.yaml", "--state-dir", "state", "--report", "report.json"]
        self.met = dict(self.chosen(test.rng("large", rows, first_line)))
        self.begin_server(test, ["--log-shuffle", "--header-is-line", str(first_line)])
        with open(self.folder / "in/users.csv", "w", encoding="utf-8") as file:
            file.write("id,username,email,name\n")
            file.writelines('{id},{username},{email},"{name}"\n'.format(**self.user(i)) for i in range(1, rows + 1))
        self.server.ask("/_double/users", {"pool": POOL, "users": [self.strange(i, how) for i, how in self.met.items()]})

    def chosen(self, rng):
        """Two of each part, none of those that are tried first."""
        for part in range(PARTS):
            low, high = part * self.part + 1 + (TRIAL if part == 0 else 0), min((part + 1) * self.part, self.rows)
            yield from zip(rng.sample(range(low, high + 1), 2), ("exists", "refused"))

    def made(self, user):
        attributes = {**self.attributes({**user, "first_name": user["name"]}), "phone_number_verified": "false"}
        return shown(user["username"], attributes, "RESET_REQUIRED", True, [])

    @staticmethod
    def user(i):
        return {"id": i, "username": f"u{i * 7919 % 99999989:08d}", "email": f"user{i}@example.org", "name": f"Zoë, {i % 1000}"}

    def strange(self, i, how):
        user = self.user(i)
        return stranger(*((user["username"], f"stranger{i}@example.org") if how == "exists" else (f"stranger{i}", user["email"])))

    # ---- judging ----

    def wrong_verdicts(self):
        """Of each user, in the order in which they stand in the file."""
        rejects = self.rejects()
        with open(self.out / "results.jsonl", encoding="utf-8") as file:
            for i, line in itertools.zip_longest(range(1, self.rows + 1), file):
                said = line and json.loads(line)
                wanted = "rejected" if i in self.met else "loaded"
                if not said or said["leat:key"] != str(i) or said["leat:verdict"] != wanted:
                    yield f"record {i} is not {wanted}, but {said}"
        if rejects != self.met:
            yield f"rejects are {rejects} in place of {self.met}"

    def wrong_users(self):
        """Each user of the pool has the attributes of the record it stands for, and nobody else is there."""
        n, strangers = 0, {one["Username"] for one in itertools.starmap(self.strange, self.met.items())}
        for at in range(0, self.rows + len(self.met), PAGE):
            for user in self.server.ask(f"/_double/users?pool={POOL}&from={at}&count={PAGE}"):
                if user["Username"] in strangers and user["Origin"] == "foreign":
                    continue
                n += 1
                i = int(user["Attributes"].get(LEGACY, 0))
                if i in self.met or self.there(user) != self.made(self.user(i)):
                    yield f"{user['Username']} is not as record {i} is"
        if n != self.rows - len(self.met):
            yield f"{n} users are there in place of {self.rows - len(self.met)}"

    def wrong_jobs(self):
        stats = self.server.ask(f"/_double/stats?same={LEGACY}")
        jobs = sorted(stats["jobs"], key=lambda job: job["StartDate"])
        done = [(job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]) for job in jobs]
        sizes = [min(self.part, self.rows - part * self.part) for part in range(PARTS)]
        wanted = [(TRIAL, 0, 0), *((size - 2 - (0 if part else TRIAL), 1, 1) for part, size in enumerate(sizes))]
        if done != wanted or any(job["Status"] != "Succeeded" for job in jobs):
            yield f"the jobs are {done} in place of {wanted}"
        if any(after["StartDate"] < before["CompletionDate"] for before, after in itertools.pairwise(jobs)):
            yield "two jobs were at work at once"
        if stats["n_messages"] or stats["doubled"] or stats["mau"] or stats["touched_foreign"]:
            yield f"{stats['n_messages']} messages, {len(stats['doubled'])} doubled, {stats['mau']} active users"

    def wrong(self):
        books = self.books() or {}
        if not books.get("balanced") or (books["read"], books["loaded"], books["rejected"]) != (self.rows, self.rows - len(self.met), len(self.met)):
            yield f"books: {books}"
        for found in (self.wrong_verdicts(), self.wrong_users(), self.wrong_jobs()):
            yield from itertools.islice(found, 5)


def main():
    test = Test("an import of many users")
    if not test.has(COGNITO_PIPELINES["cognito-import"]):
        test.skip("no load-cognito_import")
    rows = test.share(1200, FULL)
    for first_line in (1, 0) if rows < FULL else (test.rng("first line").choice((1, 0)),):
        begun, bench = time.monotonic(), Large(test, rows, first_line)
        with bench.server:
            end = bench.run()
            wrong = list(bench.wrong()) if end.status == 0 else [f"ends with {end.status}: {end.error[-600:]}"]
        for line in wrong:
            test.note(line)
        lines = "the header" if first_line else "from the first user"
        test.ok(not wrong, f"{rows} of {FULL} users in {PARTS} parts and a trial, the log counts {lines}: every verdict is the "
                f"right user's ({end.seconds:.0f} s, with all else {time.monotonic() - begun:.0f} s)")
    test.done()


if __name__ == "__main__":
    main()
