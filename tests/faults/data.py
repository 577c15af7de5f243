# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What the pipelines of the proof read, and which of it each must have loaded.

The users are made here and not by leat, and what becomes of them is worked out here from the rules
that the pipelines state: so a mistake that an undisturbed run makes, too, does not go unseen.
"""
import csv, json, random, sqlite3
from pathlib import Path

COLUMNS = "id username email first_name last_name status roles".split()
INTO_SQLITE = ("insert", "upsert")  # those whose load is a table with a key, in which some are already


def users(n, seed=11):
    """Rows as dirty as they must be for every verdict to occur; a row depends on its number and the seed."""
    rng, made = random.Random(seed), []
    for i in range(1, n + 1):
        email = f"user{i}@example.org"
        dice = rng.random()
        if dice < 0.01:
            email = "nobody"
        elif dice < 0.015:
            email = None
        elif dice < 0.04 and made:
            email = made[rng.randrange(len(made))]["email"]
        if email and rng.random() < 0.2:
            email = f" {email.upper()} "
        first = rng.choice(["Ada", "Zoë", "Łukasz", "A, B", 'Jo "J"' if rng.random() < 0.3 else "Jo", "Jean\u2010Luc"])
        made.append({"id": i, "username": f"u{(i * 7919) % 999983:06d}", "email": email, "first_name": first,
                     "last_name": rng.choice(["O'Hara", "Núñez", "Smith", "x" * rng.randrange(60)]) or None,
                     "status": "deleted" if rng.random() < 0.05 else "active",
                     "roles": ",".join(rng.sample(["user", "editor", "owner"], rng.randrange(4))) or None})
    return made


def write_inputs(folder, n):
    rows = users(n)
    folder.mkdir()
    with open(folder / "users.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        out.writerows([["" if row[c] is None else row[c] for c in COLUMNS] for row in rows])
    with open(folder / "users.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    db = sqlite3.connect(folder / "users.db")
    db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, email TEXT, first_name TEXT, "
               "last_name TEXT, status TEXT, roles TEXT)")
    db.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", [[row[c] for c in COLUMNS] for row in rows])
    db.commit()
    db.close()


def before(n):
    """Ids that stand in the target before the run, for INTO_SQLITE: some of ours, some not."""
    return [*range(20, n, 40), *range(n + 1000, n + 1020)]


def write_targets(folder, name, n):
    """What an output folder holds before the run."""
    folder.mkdir()
    if name in INTO_SQLITE:
        db = sqlite3.connect(folder / "users.db")
        db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT)")
        db.executemany("INSERT INTO users VALUES (?, ?, 'before')", [(i, f"before{i}@example.org") for i in before(n)])
        db.commit()
        db.close()
    elif name != "plain" and not name.startswith("http"):
        Path(folder / f"users.{'jsonl' if name == 'jsonl' else 'csv'}").write_text("what was there before\n")


# ---- which records must have been loaded ----

def loaded(name, n):
    """The ids that the load must hold, with repetitions; None where leat makes up the records."""
    if name == "plain":
        return None
    rows, seen, ids = users(n), set(), []
    if name == "nocursor":
        rows.sort(key=lambda row: row["username"])
    if name in INTO_SQLITE:
        ids = list(before(n))
    there = set(ids)
    for row in rows:
        email = (row["email"] or "").strip().lower()
        if row["status"] == "deleted":
            continue
        if name == "jsonl":
            ids += [row["id"]] * len((row["roles"] or "").split(",")) if row["roles"] and "@" in email else []
            continue
        if "@" not in email:
            continue
        if name != "sides" and email in seen:
            continue
        seen.add(email)
        if (name == "cognito" and '"' in row["first_name"]) or row["id"] in there:
            continue
        ids.append(row["id"])
    return sorted(ids)


def read_loaded(name, folder):
    """The ids that stand in the load's output."""
    if name in INTO_SQLITE:
        db = sqlite3.connect(folder / "users.db")
        ids = [row[0] for row in db.execute("SELECT id FROM users")]
        db.close()
    elif name == "jsonl":
        ids = [json.loads(line)["id"] for line in open(folder / "users.jsonl", encoding="utf-8")]
    elif name == "cognito":
        ids = [int(line.rsplit(",", 1)[1]) for part in folder.glob("users*.csv")
               for line in open(part, encoding="utf-8").read().splitlines()[1:]]
    else:
        ids = [int(row["id"]) for row in csv.DictReader(open(folder / "users.csv", newline="", encoding="utf-8"))]
    return sorted(ids)
