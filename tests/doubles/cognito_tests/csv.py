# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The dialect of the file, and what fails a row and what a job."""
from tap import equal, ok

from .client import POOL, Double, Failed, person, run_job, table

WIDE = {"Id": POOL, "Name": "double", "AutoVerifiedAttributes": ["email"], "Schema": [
    {"Name": "tier", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "9"}},
    {"Name": "note"}, {"Name": "family_name", "Required": True}]}


def row_of(d, name):
    return next((user["Attributes"] for user in d.get("users", pool=POOL) if user["Username"] == name), None)


def test_values():
    with Double("--scale", "0", pools=[WIDE]) as d:
        more = {"family_name": "L", "name": "  Ada\\, Countess ", "birthdate": "02/28/1990", "updated_at": "1470957431", "email_verified": "TRUE",
                "phone_number": "+12345550100", "custom:tier": "3", "custom:note": "naïve ✓", "phone_number_verified": "false"}
        equal(run_job(d, table(d, [person("ada", **more)]))[0], ("Succeeded", 1, 0, 0), "a row with everything")
        equal(row_of(d, "ada"), {"email": "ada@example.org", "email_verified": "true", "family_name": "L", "name": "Ada, Countess",
                                 "birthdate": "1990-02-28", "updated_at": "1470957431", "phone_number": "+12345550100",
                                 "phone_number_verified": "false", "custom:tier": "3", "custom:note": "naïve ✓"},
              "commas are freed, white space trimmed, dates turned")
        equal(d.pool("AdminGetUser", Username="ada")["UserStatus"], "RESET_REQUIRED", "the user needs a password")
        mau = d.get("stats")["mau"]
        equal(run_job(d, table(d, [person("eve", family_name="L")]))[0][0], "Succeeded", "another job")
        equal(d.get("stats")["mau"], mau, "an import makes nobody active")


BAD = {"no family name": {"family_name": ""}, "nothing verified": {"email_verified": "false"}, "verified, but no address": {"email": ""},
       "no name": {"cognito:username": ""}, "a name with a blank": {"cognito:username": "a b"}, "a long name": {"cognito:username": "x" * 129},
       "an ISO date": {"birthdate": "1990-02-28"}, "no such day": {"birthdate": "02/30/1990"}, "a bare number": {"phone_number": "0123"},
       "a bad boolean": {"email_verified": "yes"}, "MFA in a pool without": {"cognito:mfa_enabled": "true"}, "a number too large": {"custom:tier": "10"},
       "a value too long": {"custom:note": "é" * 1025}, "a lone backslash": {"name": "a\\b"}, "a quote": {"name": 'a"b'}, "a tab": {"name": "a\tb"},
       "a bare comma": {"name": "a,b"}, "no address": {"email": "nobody"}, "a row too long": {f: "x" * 2000 for f in (
           "name", "given_name", "middle_name", "nickname", "profile", "picture", "website", "address", "zoneinfo")}}


def test_bad_rows():
    with Double("--scale", "0", "--fail-share", "1", pools=[WIDE]) as d:
        for number, (name, wrong) in enumerate(BAD.items()):
            rows = [person(f"good{number}", family_name="L"), {**person(f"bad{number}", family_name="L"), **wrong}]
            equal(run_job(d, table(d, rows))[0], ("Succeeded", 1, 0, 1), f"fails alone: {name}")
        equal({user["Username"][:4] for user in d.get("users", pool=POOL)}, {"good"}, "none of them is made")
        d.tell("control", {"undocumented": "literal"})
        equal(run_job(d, table(d, [person("q", family_name='"a"\\b')]))[0], ("Succeeded", 1, 0, 0), "a switch takes signs as they are")
        equal(row_of(d, "q")["family_name"], '"a"\\b', "literally")


def test_bad_files():
    with Double("--scale", "0", pools=[WIDE]) as d:
        good = table(d, [person("u", family_name="L")])
        header = good.split("\n")[0]
        files = {"a BOM": b"\xef\xbb\xbf" + good.encode(), "Latin-1": good.replace("L", "\xe9").encode("latin-1"),
                 "CR LF": good.replace("\n", "\r\n").encode(), "no last newline": good[:-1].encode(), "nothing": b"",
                 "an unknown column": good.replace("name,", "nom,", 1).encode(), "a column twice": good.replace("nickname", "name", 1).encode(),
                 "a column too few": good.replace("nickname,", "", 1).encode(), "hashes without an algorithm": table(
                     d, [person("u", family_name="L")], ["password_hash"]).encode(),
                 "500,001 rows": (header + "\n" + "x\n" * 500001).encode(), "100 MB and a byte": b"x" * 100_000_001}
        for name, data in files.items():
            result, job = run_job(d, data)
            wanted = "too large" if "MB" in name else " "
            ok(result == ("Failed", 0, 0, 0) and wanted in job["CompletionMessage"], f"the job fails: {name}")
        d.tell("control", {"crlf": "accept", "final_newline": "optional", "columns": "some"})
        equal(run_job(d, good.replace("\n", "\r\n")[:-2])[0], ("Succeeded", 1, 0, 0), "switches take CR LF and a line without an end")
        equal(run_job(d, "email,cognito:username,email_verified,family_name\nv@example.org,v,true,L\n")[0], ("Succeeded", 1, 0, 0), "and some columns")
        equal(run_job(d, "email,email_verified,family_name\nv@example.org,true,L\n")[0][0], "Failed", "but never without a name")
        equal(run_job(d, "email,email,email_verified,cognito:username,family_name\n1,v2@example.org,true,v2,L\n")[0][0], "Failed", "nor one twice")
        equal(run_job(d, good.replace("u@", "n@"), PasswordHashingAlgorithm="BCRYPT")[0][0], "Failed", "nor without hashes where there is an algorithm")
        d.tell("control", {"header_hash": True, "columns": "all"})
        ok("password_hash" in d.pool("GetCSVHeader")["CSVHeader"], "the header can have password_hash")
        equal(run_job(d, table(d, [person("w", family_name="L")]))[0], ("Succeeded", 1, 0, 0), "which is blank without an algorithm")


def test_most_rows():
    with Double("--scale", "0", "--fail-least", "1000000", pools=[WIDE]) as d:
        header = ",".join(d.pool("GetCSVHeader")["CSVHeader"])
        equal(run_job(d, header + "\n" + "x\n" * 500000)[0], ("Succeeded", 0, 0, 500000), "500,000 rows are as many as a file may have")


def test_header():
    with Double("--scale", "0", pools=[WIDE]) as d:
        equal(d.pool("GetCSVHeader"), {"UserPoolId": POOL, "CSVHeader": [
            "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
            "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at",
            "cognito:mfa_enabled", "cognito:username", "custom:tier", "custom:note"]}, "the header: 21 columns and the pool's own")


def test_verified_mfa_and_names():
    pools = [{"Id": "us-east-1_none"}, {"Id": "us-east-1_phone", "AutoVerifiedAttributes": ["phone_number"], "MfaConfiguration": "ON"},
             {"Id": "us-east-1_both", "AutoVerifiedAttributes": ["phone_number", "email"]},
             {"Id": "us-east-1_mail", "AutoVerifiedAttributes": ["email"], "UsernameAttributes": ["email"],
              "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}},
             {"Id": "us-east-1_alias", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"]}]
    with Double("--scale", "0", "--fail-share", "1", pools=pools) as d:
        run = lambda pool, *rows: run_job(d, table(d, rows, pool=f"us-east-1_{pool}"), f"us-east-1_{pool}")[0][1:]  # noqa: E731
        try:
            run("none", person("u"))
            ok(False, "a pool that verifies nothing cannot start a job")
        except Failed as why:
            equal(why.type, "PreconditionNotMetException", "a pool that verifies nothing cannot start a job")
        phone = {"phone_number": "+12345550100", "phone_number_verified": "true"}
        equal(run("phone", person("u1"), person("u2", **phone)), (1, 0, 1), "what the pool verifies has to be verified")
        equal(run("phone", person("u3", **phone, **{"cognito:mfa_enabled": "false"}), person("u4", **phone, **{"cognito:mfa_enabled": "true"})),
              (1, 0, 1), "where MFA is a must nobody is without")
        equal([user["Mfa"] for user in d.get("users", pool="us-east-1_phone")], [["SMS_MFA"]] * 2, "blank is as the pool says")
        equal(run("both", person("u1"), person("u2", email_verified="", **phone), person("u3", email_verified="")), (2, 0, 1), "any one of two is enough")
        equal(run("mail", person("u"), {**person("a"), "cognito:username": "a@example.org"}), (1, 0, 1), "where addresses are names, names are addresses")
        user = d.get("users", pool="us-east-1_mail")[0]
        equal((user["Username"] == user["Sub"], user["UserStatus"]), (True, "CONFIRMED"), "and who gets codes by mail needs no password")
        equal(run("mail", {**person("b"), "cognito:username": "A@example.org", "email": ""}), (0, 1, 0), "an address is there once")
        equal(run("alias", person("x"), person("y", email="x@example.org"), person("X"), person("z@example.org")), (1, 1, 2),
              "somebody else's alias fails, a name that is there is skipped, one that looks like an alias fails")
