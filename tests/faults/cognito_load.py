# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Pipelines into a user pool, by the API and by import jobs, against the double of Cognito (tests/doubles/cognito). Some of
the users are there before, as somebody else's. Judged by who is in the pool in the end, attribute by attribute, by
what the double has counted, by the results, and by the books; who must be in the pool is worked out here."""
import csv, json, os

import data
from harness import SOAK, Bench, Served

POOL = "eu-central-1_Faults001"  # as the pipelines name it
MARK, LEGACY = "custom:mark", "custom:legacy_id"
SCHEMA = [{"Name": "legacy_id", "AttributeDataType": "String", "Mutable": True},
          {"Name": "mark", "AttributeDataType": "String", "Mutable": False, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "64"}}]
COUNTED = ("n_messages", "doubled", "touched_foreign", "aliases_taken", "deleted")


def stranger(name, email, **attributes):
    return {"Username": name, "Origin": "foreign", "Attributes": {"email": email, "email_verified": "true", **attributes}}


class CognitoBench(Bench):
    """The double is one for all runs, and forgets what was before each. A part of the users meets somebody: see `meets`."""

    pool = {"Id": POOL, "Name": "faults", "AutoVerifiedAttributes": ["email"], "Schema": SCHEMA}
    most = 60
    words = ()

    def __init__(self, test, name, rows):
        rows = min(rows, self.most)
        super().__init__(test, name, rows)
        self.users = {row["id"]: row for row in data.users(rows)}
        self.begin_server(test, self.words)
        self.sent = data.loaded("cognito" if self.by_file else "csv", rows)
        self.met = {i: how for at, i in enumerate(self.sent) if (how := self.meets(at))}
        self.strangers = [one for i, how in self.met.items() for one in self.strange(self.users[i], how)]

    def begin_server(self, test, words):
        (self.folder / "pool.json").write_text(json.dumps(self.pool))
        self.server = Served("cognito", ["--region", "eu-central-1", "--seed", str(test.seed), "--scale", "1000", "--pools",
                                         str(self.folder / "pool.json"), *words])

    def environment(self, inject):
        env = {name: value for name, value in super().environment(inject).items() if not name.startswith("AWS_")}
        return {**env, "AWS_ENDPOINT_URL": self.server.url, "AWS_ACCESS_KEY_ID": "AKIADOUBLE", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SECRET_ACCESS_KEY": "secret-of-the-double", "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

    def reset(self):
        super().reset()
        self.server.ask("/_double/forget", {})
        self.server.ask("/_double/users", {"pool": POOL, "users": self.strangers})

    # ---- who must be there, and what becomes of whom ----

    def attributes(self, row):
        return {"email": row["email"].strip().lower(), "email_verified": "true", "given_name": row["first_name"].strip(), LEGACY: str(row["id"])}

    def in_groups(self, row, status, **more):
        return shown(row["username"], {**self.attributes(row), **more}, status, row["id"] % 5 != 0, row["roles"].split(",") if row["roles"] else [])

    def wanted_pool(self):
        return sorted([shown(user["Username"], user["Attributes"], "CONFIRMED", True, []) for user in self.strangers] +
                      [self.made(self.users[i]) for i in self.sent if i not in self.met])

    def wanted_verdicts(self):
        """By the id; of those that do not get as far as the load nothing is said here, but they are in the books."""
        return [(i, self.met.get(i, "loaded")) for i in self.sent]

    # ---- what is there ----

    def seen(self):
        return self.server.ask(f"/_double/users?pool={POOL}")

    def snapshot(self, report=None):
        seen, users, stats = super().snapshot(report), self.seen(), self.server.ask(f"/_double/stats?same={LEGACY}")
        results = seen.pop("out/results.jsonl", None)
        marks = [user["Attributes"].get(MARK) for user in users if user["Origin"] == "api"]
        jobs = [job for job in stats["jobs"] if job["Status"] != "Created"]  # a lost reply may leave one that is never started
        return {**seen, "results": results and self.results(results, users), "pool": sorted(map(self.there, users)),
                "counted": {**{name: stats[name] for name in COUNTED}, "marks": len(set(marks)) if all(marks) else "some are missing"},
                "jobs": sorted((job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]) for job in jobs)}

    @staticmethod
    def there(user):
        attributes = {name: value for name, value in user["Attributes"].items() if name != MARK}
        return shown(user["Username"], attributes, user["UserStatus"], user["Enabled"], user["Groups"])

    def results(self, text, users):
        """Key, verdict, and whether the sub is that of the user who has this key."""
        subs, out = {user["Attributes"].get(LEGACY): user["Sub"] for user in users}, []
        for line in text.decode().splitlines():
            said = json.loads(line)
            key, verdict, sub = said["leat:key"], said["leat:verdict"], (said["leat:answer"] or {}).get("sub")
            out.append((int(key), verdict, "no sub" if sub is None else "own sub" if sub == subs.get(key) else "another's sub"))
        return out

    def measure(self):
        super().measure()
        for what, wanted, got in (("pool", self.wanted_pool(), self.expected["pool"]),
                                  ("verdicts", self.wanted_verdicts(), sorted(self.got_verdicts()))):
            if wanted != got:
                self.test.bail(f"{self.name}: the {what} after an undisturbed run is not as it must be: "
                               f"{[one for one in wanted if one not in got][:2]}, but {[one for one in got if one not in wanted][:2]}")
        return self

    def wanted_ids(self):
        return [i for i in self.sent if i not in self.met]

    def loaded_ids(self):
        return sorted(int(user["Attributes"][LEGACY]) for user in self.seen() if user["Origin"] in ("api", "csv"))

    def rejects(self):
        with open(self.out / "rejects.csv", newline="", encoding="utf-8") as file:
            return {int(row["id"]): row["leat:code"] for row in csv.DictReader(file)}


def shown(name, attributes, status, enabled, groups):
    return json.dumps([name, sorted(attributes.items()), status, enabled, sorted(groups)], ensure_ascii=False)


class ByApi(CognitoBench):
    """A name may be a stranger's, or the user may be there just as it would be made, but by somebody else. Some replies
    are lost, and some are an error although the call was worked on: no more than what takes no time to mend."""

    by_file = False
    words = ("--lose", "AdminCreateUser:10%", "--lie", "AdminCreateUser:10%")

    def meets(self, at):
        return {4: "conflict", 11: "already_there"}.get(at % 15)

    def strange(self, row, how):
        if how == "already_there":
            return [{"Username": row["username"], "Origin": "foreign", "Attributes": self.attributes(row)}]
        return [stranger(row["username"], f"stranger{row['id']}@example.org")]

    def made(self, row):
        return self.in_groups(row, "CONFIRMED")

    def got_verdicts(self):
        return [(key, verdict) for key, verdict, _ in self.expected["results"] if key in self.sent]


class ByImport(CognitoBench):
    """In each part of twenty users somebody has the name, and somebody else the address."""

    by_file = True  # in which a quote has no form
    pool = {**CognitoBench.pool, "AliasAttributes": ["email"]}
    most = 65 if SOAK else 42  # three parts, or two
    words = ("--log-shuffle",)

    def meets(self, at):
        return {3: "exists", 7: "refused"}.get(at % 20)

    def strange(self, row, how):
        if how == "exists":
            return [stranger(row["username"], f"stranger{row['id']}@example.org")]
        return [stranger(f"stranger{row['id']}", row["email"].strip().lower())]

    def made(self, row):
        return self.in_groups(row, "RESET_REQUIRED", phone_number_verified="false")

    def got_verdicts(self):
        rejects = self.rejects()
        return [(key, rejects.get(key) if verdict == "rejected" else verdict) for key, verdict, _ in self.expected["results"] if key in self.sent]


BENCHES = {"cognito-api": ByApi, "cognito-import": ByImport}
