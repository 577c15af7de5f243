# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The forms and bounds of password_hash, and sign-in with what was imported. With LEAT_TEST_DATA also the hashes that
frameworks made."""
import base64
import json
import os
from pathlib import Path

from cognito import hashes
from tap import equal, ok

from .client import POOL, Double, fails, person, run_job, table

# The guide's own, whose passwords nobody knows.
GUIDE = {"BCRYPT": "$2b$10$CtA.Rcu/szzn9U00wpUjOuN3vrgJRZycv4aOzcP3GzqzO8UDPEFq6",
         "SCRYPT": "65536$8$1$304dbaef7c5e828dc19c98f0600d18fe$4f69c498c12cd102d057356facf8d77e8d42407090491ea32c5b038f5a18c099",
         "ARGON2ID": "$argon2id$v=19$m=19456,t=2,p=1$ko/G5o1ms+ML08P95sQ8DA$AkVbvWSOqz7Hs3qthhWKxicOWnGLN+MBmpwc3emi5VA",
         "PBKDF2_SHA256": "$pbkdf2-sha256$600000$1XZlmwLQ2hhM3JYuCPiArQ$Pfheg9Zi/v5lXU4yyLA0WFUYEd/rlaVbzrM9oMD6IrA"}


def b64(data):
    return base64.b64encode(data).decode().rstrip("=")


# Published: crypt_blowfish; RFC 7914, 12 and 11 (the first 32 bytes of the key); libargon2's own tests.
KNOWN = {"BCRYPT": ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
         "SCRYPT": ("pleaseletmein", "16384$8$1$" + b"SodiumChloride".hex() + "$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"),
         "ARGON2ID": ("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
         "PBKDF2_SHA256": ("Password", f"$pbkdf2-sha256$80000${b64(b'NaCl')}$" + b64(
             bytes.fromhex("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56")))}
MALFORMED = {"BCRYPT": ("", "$2c$10$" + "a" * 53, "$2b$10$" + "a" * 52, "$2b$1$" + "a" * 53, "$2b$10$" + "+" * 53, "{bcrypt}" + GUIDE["BCRYPT"]),
             "SCRYPT": ("65535$8$1$00$" + "0" * 64, "65536$8$1$0$" + "0" * 64, "65536$8$1$00$" + "0" * 128, "65536$8$1$zz$" + "0" * 64,
                        "0$8$1$00$" + "0" * 64, "65536$8$00$" + "0" * 64),
             "ARGON2ID": (GUIDE["ARGON2ID"].replace("id$v", "i$v"), GUIDE["ARGON2ID"].replace("m=19456,t=2,p=1", "m=19456,p=1,t=2"),
                          GUIDE["ARGON2ID"].replace("v=19$", ""), GUIDE["ARGON2ID"] + "=", GUIDE["ARGON2ID"] + "a$"),
             "PBKDF2_SHA256": (GUIDE["PBKDF2_SHA256"] + "=", GUIDE["PBKDF2_SHA256"].replace("256$6", "512$6"), GUIDE["PBKDF2_SHA256"][:-2],
                               GUIDE["PBKDF2_SHA256"].replace("600000", "0"), "pbkdf2_sha256$600000$salt$key")}
OVER = {"BCRYPT": (GUIDE["BCRYPT"].replace("$10$", "$13$"), GUIDE["BCRYPT"].replace("$10$", "$03$")),
        "SCRYPT": tuple(GUIDE["SCRYPT"].replace("65536$8$1", wrong) for wrong in ("131072$8$1", "65536$9$1", "65536$8$2")),
        "ARGON2ID": tuple(GUIDE["ARGON2ID"].replace("m=19456,t=2,p=1", wrong) for wrong in ("m=19457,t=2,p=1", "m=19456,t=3,p=1", "m=19456,t=2,p=2")),
        "PBKDF2_SHA256": (GUIDE["PBKDF2_SHA256"].replace("600000", "600001"),)}


def test_forms():
    strict = hashes.Bounds()
    for algorithm, text in GUIDE.items():
        equal(hashes.wrong(algorithm, text, strict), None, f"{algorithm}: the guide's own is fine")
        equal([hashes.wrong(algorithm, wrong, strict) for wrong in MALFORMED[algorithm]], ["malformed"] * len(MALFORMED[algorithm]), "malformed ones are not")
        equal([hashes.wrong(algorithm, wrong, strict) for wrong in OVER[algorithm]], ["out of bounds"] * len(OVER[algorithm]), "nor those beyond the bounds")
        equal([hashes.wrong(other, text, strict) for other in GUIDE if other != algorithm], ["malformed"] * 3, "nor in another's job")
    plus, dot = f"$pbkdf2-sha256$1$c2FsdA${'+' * 42}A", f"$pbkdf2-sha256$1$c2FsdA${'.' * 42}A"
    equal([hashes.wrong("PBKDF2_SHA256", text, hashes.Bounds(sign)) for sign in ("+", ".", "both") for text in (plus, dot)],
          [None, "malformed", "malformed", None, None, None], "a switch says which sign PBKDF2 has")
    full = "65536$8$1$00$" + "0" * 128
    equal(hashes.wrong("SCRYPT", full, hashes.Bounds(any_key=True)), None, "another takes longer keys")
    equal(hashes.wrong("BCRYPT", KNOWN["BCRYPT"][1], hashes.Bounds(min_cost=10)), "out of bounds", "another wants a smallest cost")


def test_known():
    for algorithm, (password, text) in KNOWN.items():
        secret = hashes.keep_hash(algorithm, text)
        equal([hashes.is_password(secret, password), hashes.is_password(secret, password + "x")], [True, False], f"{algorithm}: a published one verifies")
    data = os.environ.get("LEAT_TEST_DATA")
    samples = Path(data, "password-hashes", "hashes.jsonl") if data else None
    if not samples or not samples.exists():
        return
    for line in samples.read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        said = sample["cognito"]
        if said["password_hash"] and hashes.wrong(said["algorithm"], said["password_hash"], hashes.Bounds()):
            ok(False, f"{sample['id']} is of a form and within the bounds")
    ok(True, "all hashes that frameworks made and Cognito takes are of a form and within the bounds")


def test_import():
    with Double("--scale", "0", "--pool", POOL, "--fail-share", "1") as d:
        sign_in = lambda name, text: fails(d.ask, "InitiateAuth", signed=False, AuthFlow="USER_PASSWORD_AUTH", ClientId="client",  # noqa: E731
                                           AuthParameters={"USERNAME": name, "PASSWORD": text})
        for algorithm, (password, text) in KNOWN.items():
            low, escaped = algorithm.lower(), text.replace(",", "\\,")
            rows = [person(low, password_hash=escaped), person(low + "-none"), person(low + "-bad", password_hash="x" + escaped)]
            result, job = run_job(d, table(d, rows, ["password_hash"]), PasswordHashingAlgorithm=algorithm)
            equal((result, job["PasswordHashingAlgorithm"]), (("Succeeded", 2, 0, 1), algorithm), f"{algorithm}: imported, a bad one is not")
            equal([d.pool("AdminGetUser", Username=name)["UserStatus"] for name in (low, low + "-none")], ["CONFIRMED", "RESET_REQUIRED"],
                  "who has a password is confirmed, who has none needs one")
            kept = {user["Username"]: user["Hash"] for user in d.get("users", pool=POOL)}
            equal((sign_in(low, password + "x"), sign_in(low + "-none", "x")), ("NotAuthorizedException", "PasswordResetRequiredException"),
                  "not with another password, nor without")
            equal((kept[low], sign_in(low, password), {u["Username"]: u["Hash"] for u in d.get("users", pool=POOL)}[low]), (algorithm, None, None),
                  "with the right one, which then is kept natively")
            equal(sign_in(low, password), None, "and goes on to be right")
        d.pool("AdminSetUserPassword", Username="bcrypt", Password="Correct-horse7", Permanent=True)
        equal((sign_in("bcrypt", "U*U"), sign_in("bcrypt", "Correct-horse7")), ("NotAuthorizedException", None), "a new password replaces the hash")
        equal(run_job(d, table(d, [person("late")]), PasswordHashingAlgorithm="BCRYPT")[0][0], "Failed", "an algorithm, but no column: the job fails")
        d.tell("control", {"ineligible": [POOL]})
        make = lambda **more: fails(d.pool, "CreateUserImportJob", JobName="j", CloudWatchLogsRoleArn="arn:aws:iam::123456789012:role/x", **more)  # noqa: E731
        equal((make(PasswordHashingAlgorithm="BCRYPT"), make()), ("InvalidParameterException", None), "a pool may not be one for hashes")
