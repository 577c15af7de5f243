# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Stored passwords for tests of cognito_password(), and their judge.

    stored-passwords.py make FOLDER            writes samples of our own, computed here
    stored-passwords.py take FILE FOLDER       writes those of a file of frameworks' samples, see its README
    stored-passwords.py judge FOLDER           reads what leat has made of them

FOLDER gets one NAME.jsonl (fields id, stored) a declaration, NAME.declaration with its text, and truth.json. The
pipeline writes NAME.out.jsonl: id, hash, verdict, algorithm. Hashes are verified by hashlib, crypt(3) and libargon2,
from Cognito's forms alone; a wrong password must be refused.
"""
import base64
import collections
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os
import struct
import sys

PASSWORD = "correct-Horse7"
WRONG = "correct-Horse8"


def library(name):
    path = ctypes.util.find_library(name)
    if not path:
        sys.exit(f"lib{name} is not installed")
    return ctypes.CDLL(path)


# ---- verification ----

def crypt(password, setting):
    crypt_library = library("crypt")
    crypt_library.crypt.restype = ctypes.c_char_p
    return crypt_library.crypt(password.encode(), setting.encode()).decode()


def unbase64(text):
    if "=" in text:
        raise ValueError("padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def verifies(algorithm, value, password):
    """Whether Cognito's form of a hash verifies a password."""
    if algorithm == "BCRYPT":
        return hmac.compare_digest(crypt(password, value), value)
    if algorithm == "ARGON2ID":
        verify = library("argon2").argon2id_verify
        verify.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
        return verify(value.encode(), password.encode(), len(password.encode())) == 0
    if algorithm == "PBKDF2_SHA256":
        empty, name, iterations, salt, key = value.split("$")
        assert empty == "" and name == "pbkdf2-sha256" and iterations.isdigit()
        key = unbase64(key.replace(".", "+"))
        return key == hashlib.pbkdf2_hmac("sha256", password.encode(), unbase64(salt.replace(".", "+")),
                                          int(iterations), len(key))
    n, r, p, salt, key = value.split("$")
    assert (salt + key).lower() == salt + key
    return bytes.fromhex(key) == hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r),
                                                p=int(p), dklen=len(key) // 2, maxmem=1 << 28)


# ---- samples of our own ----

SALT = bytes(range(0xF0, 0x100))                # base64 of it has a +
TEXT_SALT = "aSaltOfLetters16"


def b64(raw):
    return base64.b64encode(raw).decode()


def bare(raw):
    return b64(raw).rstrip("=")


def pbkdf2(salt, size=32, iterations=1000, digest="sha256"):
    return hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), salt, iterations, size)


def scrypt(salt, size=32, n=1024, r=8, p=1):
    return hashlib.scrypt(PASSWORD.encode(), salt=salt, n=n, r=r, p=p, dklen=size)


def argon2(kind=2, m=64, t=1, p=1, size=32, salt=SALT):
    room = ctypes.create_string_buffer(512)
    number, text, n = ctypes.c_uint32, ctypes.c_char_p, ctypes.c_size_t
    compute = library("argon2").argon2_hash
    compute.argtypes = [number, number, number, text, n, text, n, text, n, text, n, ctypes.c_int, number]
    rc = compute(t, m, p, PASSWORD.encode(), len(PASSWORD), salt, len(salt), None, size, room, 512, kind, 19)
    assert rc == 0, rc
    return room.value.decode()


def crypt64(raw):
    alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    bits = int.from_bytes(raw, "little")
    return "".join(alphabet[bits >> 6 * i & 63] for i in range((len(raw) * 8 + 5) // 6))


def keycloak(algorithm, iterations, key, salt, nested=True, **more):
    secret = {"value": b64(key), "salt": b64(salt), "additionalParameters": {}}
    credential = {"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": more}
    write = json.dumps if nested else lambda value: value
    return json.dumps({"type": "password", "secretData": write(secret), "credentialData": write(credential)})


def aspnet(digest, iterations, name):
    return b64(struct.pack(">BIII", 1, digest, iterations, 16) + SALT + pbkdf2(SALT, 32, iterations, name))


def own_samples():
    """(group, kind, stored, verdict, algorithm); what goes must verify PASSWORD."""
    letter = crypt(PASSWORD, "$2b$04$" + "A" * 21 + "O")
    sha = crypt(hashlib.sha256(PASSWORD.encode()).hexdigest(), "$2b$04$" + "B" * 21 + "u")
    yield "plain", "bcrypt", letter, "as_is", "BCRYPT"
    for name in "axy":
        yield "plain", "bcrypt", crypt(PASSWORD, f"$2{name}$05$" + "C" * 21 + "e"), "as_is", "BCRYPT"
    for prefix in ("{bcrypt}", "{CRYPT}", "{BLF-CRYPT}", "bcrypt$"):
        yield "plain", "bcrypt behind a prefix", prefix + letter, "transcode", "BCRYPT"
    yield "plain", "bcrypt", letter.replace("$04$", "$13$"), "over_bound", "BCRYPT"
    for prefix in ("bcrypt_sha256$", "$wp"):
        yield "plain", "bcrypt over a digest", prefix + sha, "wrapped_refuse", "BCRYPT"
    yield "plain", "bcrypt over a digest", "$bcrypt-sha256$v=2,t=2b,r=4$" + sha[7:29] + "$" + sha[29:], \
        "wrapped_refuse", "BCRYPT"
    for damaged in (letter[:-1], letter + ".", letter.replace("$04$", "$4$"), letter.replace("$04$", "$03$"),
                    letter.replace("$04$", "$32$"), letter.replace("$2b", "$2c"), letter[:40] + "=" + letter[41:],
                    letter[1:], "{bcrypt}", "{bcrypt" + letter, letter + "\n", " " + letter):
        yield "plain", "damaged bcrypt", damaged, "malformed", "BCRYPT"
    for nothing in ("", " ", "!", "!" + letter, "*", "*0", "!!", "NULL", "x"):
        yield "plain", "no password", nothing, "not_importable", None

    key = pbkdf2(TEXT_SALT.encode())
    django = f"pbkdf2_sha256$1000${TEXT_SALT}${b64(key)}"
    yield "plain", "Django pbkdf2", django, "transcode", "PBKDF2_SHA256"
    yield "plain", "Django pbkdf2", django.replace("$1000$", "$600001$"), "over_bound", "PBKDF2_SHA256"
    for damaged in (django[:-1], django[:-2], django + "$", django.replace("$1000$", "$01000$"),
                    django.replace("$1000$", "$$"), django.replace("$1000$", "$-1$"), django.replace("$1000$", "$0$"),
                    django.replace(TEXT_SALT, ""), django.replace("$1000$", "$99999999999999999999$"),
                    django.upper(), django[:64]):
        yield "plain", "damaged Django pbkdf2", damaged, "malformed", "PBKDF2_SHA256"
    yield "plain", "Django pbkdf2", f"pbkdf2_sha1$1000${TEXT_SALT}${b64(pbkdf2(SALT, 20, 1000, 'sha1'))}", \
        "not_importable", None
    yield "plain", "Werkzeug pbkdf2", f"pbkdf2:sha256:1000${TEXT_SALT}${key.hex()}", "transcode", "PBKDF2_SHA256"
    yield "plain", "Werkzeug pbkdf2", f"pbkdf2:sha512:1000${TEXT_SALT}${key.hex()}", "not_importable", None
    yield "plain", "Werkzeug pbkdf2", f"pbkdf2:sha256${TEXT_SALT}${key.hex()}", "malformed", "PBKDF2_SHA256"

    key = pbkdf2(SALT, 64)
    form = f"$pbkdf2-sha256$1000${bare(SALT)}${bare(key[:32])}"
    yield "plain", "pbkdf2", form, "as_is", "PBKDF2_SHA256"
    yield "plain", "passlib pbkdf2", form.replace("+", "."), "transcode", "PBKDF2_SHA256"
    yield "plain", "pbkdf2 of 64 bytes", f"$pbkdf2-sha256$1000${bare(SALT)}${bare(key)}", "transcode", "PBKDF2_SHA256"
    yield "plain", "PHC pbkdf2", form.replace("$1000$", "$i=1000,l=32$"), "transcode", "PBKDF2_SHA256"
    yield "plain", "PHC pbkdf2", form.replace("$1000$", "$i=1000,l=64$"), "malformed", "PBKDF2_SHA256"
    yield "plain", "LDAP pbkdf2", "{PBKDF2-SHA256}" + form[len("$pbkdf2-sha256$"):].replace("+", "."), "transcode", \
        "PBKDF2_SHA256"
    yield "plain", "damaged pbkdf2", form + "=", "malformed", "PBKDF2_SHA256"
    yield "plain", "damaged pbkdf2", form[1:], "malformed", "PBKDF2_SHA256"
    yield "dot", "pbkdf2, declared as with a dot", form, "transcode", "PBKDF2_SHA256"
    yield "dot", "pbkdf2, declared as with a dot", form.replace("+", "."), "as_is", "PBKDF2_SHA256"
    yield "dot", "bcrypt of a low cost", letter, "not_importable", "BCRYPT"
    yield "dot", "a salt of another size", django.replace(TEXT_SALT, "short"), "not_importable", "PBKDF2_SHA256"

    yield "plain", "ASP.NET v3", aspnet(1, 1000, "sha256"), "transcode", "PBKDF2_SHA256"
    yield "plain", "ASP.NET v3", aspnet(2, 1000, "sha512"), "not_importable", None
    yield "plain", "ASP.NET v3", aspnet(1, 1000, "sha256")[:40], "malformed", "PBKDF2_SHA256"
    yield "plain", "ASP.NET v2", b64(b"\0" + SALT + pbkdf2(SALT, 32, 1000, "sha1")), "not_importable", None
    for nested in (True, False):
        for size in (32, 64):
            yield "plain", "Keycloak pbkdf2", keycloak("pbkdf2-sha256", 1000, key[:size], SALT, nested), "transcode", \
                "PBKDF2_SHA256"
        yield "plain", "Keycloak pbkdf2", keycloak("pbkdf2-sha512", 1000, key, SALT, nested), "not_importable", None
        yield "plain", "Keycloak pbkdf2", keycloak("pbkdf2-sha256", 600001, key, SALT, nested), "over_bound", \
            "PBKDF2_SHA256"
    yield "plain", "Keycloak pbkdf2", keycloak("pbkdf2-sha256", 1000, key, SALT)[:-1], "malformed", "PBKDF2_SHA256"
    yield "plain", "Firebase", json.dumps({"localId": "u", "passwordHash": b64(key), "salt": b64(SALT)}), \
        "not_importable", None
    spring = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, 310000, 32)
    yield "plain", "Spring pbkdf2 with its id", "{pbkdf2@SpringSecurity_v5_8}" + (SALT + spring).hex(), "transcode", \
        "PBKDF2_SHA256"
    yield "plain", "Spring pbkdf2", (SALT + key[:32]).hex(), "not_importable", None
    yield "spring", "Spring pbkdf2, declared", (SALT + key[:32]).hex(), "transcode", "PBKDF2_SHA256"
    yield "spring", "Spring pbkdf2, declared", hashlib.md5(b"x").hexdigest(), "not_importable", None
    secret = (SALT + hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT + b"a secret; n=1", 1000, 32))
    yield "secret", "Spring pbkdf2 with a secret, declared", b64(secret), "transcode", "PBKDF2_SHA256"
    yield "secret", "Spring pbkdf2 with a secret, declared", letter, "as_is", "BCRYPT"

    long_key = scrypt(TEXT_SALT.encode(), 64)
    yield "plain", "Django scrypt", f"scrypt$1024${TEXT_SALT}$8$1${b64(long_key)}", "transcode", "SCRYPT"
    yield "plain", "Django scrypt", f"scrypt$1024${TEXT_SALT}$8$5${b64(long_key)}", "over_bound", "SCRYPT"
    yield "plain", "Django scrypt", f"scrypt$1024${TEXT_SALT}$8$1${b64(long_key)[:-2]}", "malformed", "SCRYPT"
    yield "plain", "Werkzeug scrypt", f"scrypt:1024:8:1${TEXT_SALT}${long_key.hex()}", "transcode", "SCRYPT"
    yield "plain", "Werkzeug scrypt", f"scrypt:1025:8:1${TEXT_SALT}${long_key.hex()}", "malformed", "SCRYPT"
    long_key = scrypt(SALT, 64)
    yield "plain", "PHC scrypt", f"$scrypt$ln=10,r=8,p=1${bare(SALT)}${bare(long_key[:32])}", "transcode", "SCRYPT"
    yield "plain", "PHC scrypt", f"$scrypt$ln=17,r=8,p=1${bare(SALT)}${bare(long_key[:32])}", "over_bound", "SCRYPT"
    yield "plain", "Spring scrypt", f"$a0801${b64(SALT)}${b64(long_key[:32])}", "transcode", "SCRYPT"
    yield "plain", "Spring scrypt", f"{{scrypt@SpringSecurity_v5_8}}$a0801${b64(SALT)}${b64(long_key)}", "transcode", \
        "SCRYPT"
    yield "plain", "scrypt", f"1024$8$1${SALT.hex()}${long_key[:32].hex()}", "as_is", "SCRYPT"
    yield "plain", "scrypt", f"1024$8$1${SALT.hex()}${long_key.hex()}", "transcode", "SCRYPT"
    for damaged in (f"1024$8$1${SALT.hex()}${long_key.hex()[:63]}", f"$1024$8$1${SALT.hex()}${long_key.hex()}",
                    f"1024$8$0${SALT.hex()}${long_key.hex()}", f"1$8$1${SALT.hex()}${long_key.hex()}",
                    f"1024$8$1$${long_key.hex()}", f"1024$8$1${SALT.hex().upper()}${long_key.hex()}"):
        yield "plain", "damaged scrypt", damaged, "malformed", "SCRYPT"
    seven = "$7$8" + "6...." + "/...." + TEXT_SALT + "$" + crypt64(scrypt(TEXT_SALT.encode()))
    yield "plain", "$7$ scrypt", seven, "transcode", "SCRYPT"
    yield "plain", "$7$ scrypt", "{CRYPT}" + seven, "transcode", "SCRYPT"
    yield "plain", "$7$ scrypt", seven.replace("6....", "U...."), "over_bound", "SCRYPT"
    yield "plain", "$7$ scrypt", seven[:-1], "malformed", "SCRYPT"
    as_text = SALT.hex()
    node = as_text + ":" + scrypt(as_text.encode(), 64).hex()
    yield "plain", "Node scrypt", node, "not_importable", None
    yield "node", "Node scrypt, declared", node, "transcode", "SCRYPT"
    yield "node", "Node scrypt, declared", node[:-2], "malformed", "SCRYPT"
    yield "node", "Node scrypt, declared", ".".join(reversed(node.split(":"))), "not_importable", None
    yield "node", "bcrypt beside it", letter, "as_is", "BCRYPT"
    yield "nest", "Node scrypt, key first", b64(long_key) + "." + b64(SALT), "transcode", "SCRYPT"
    yield "wide", "Node scrypt, over the bound", as_text + ":" + scrypt(SALT, 64, r=16).hex(), "over_bound", "SCRYPT"
    yield "sha512", "Node pbkdf2 of another digest", as_text + ":" + key.hex(), "not_importable", None

    plain = argon2()
    yield "plain", "Argon2id", plain, "as_is", "ARGON2ID"
    yield "plain", "Argon2id", argon2(size=64), "as_is", "ARGON2ID"
    yield "plain", "Argon2id in another order", plain.replace("m=64,t=1,p=1", "p=1,m=64,t=1"), "transcode", "ARGON2ID"
    for prefix in ("argon2", "{ARGON2}", "{argon2@SpringSecurity_v5_8}"):
        yield "plain", "Argon2id behind a prefix", prefix + plain, "transcode", "ARGON2ID"
    for over in ("m=19457,t=1,p=1", "m=64,t=3,p=1", "m=64,t=1,p=2"):
        yield "plain", "Argon2id", plain.replace("m=64,t=1,p=1", over), "over_bound", "ARGON2ID"
    yield "plain", "Argon2id", plain.replace("p=1$", "p=1,data=Y3R4$"), "not_importable", None
    yield "plain", "Argon2i", argon2(kind=1), "not_importable", None
    yield "plain", "Argon2i of Django", "argon2" + argon2(kind=1), "not_importable", None
    for damaged in (plain[:-1], plain[:-3], plain + "=", plain.replace("m=64", "m=064"), plain.replace("t=1", "t=0"),
                    plain.replace("m=64,t=1", "m=64"), plain.replace("m=64", "m=64,m=64"), plain.replace("$v=19", ""),
                    plain.replace("v=19", "v=18"), plain.replace("p=1", "p=9"), plain.replace("argon2id", "ARGON2ID"),
                    plain[:64], plain[1:], plain.replace(bare(SALT), "")):
        yield "plain", "damaged Argon2id", damaged, "malformed", "ARGON2ID"
    raw = unbase64(plain.split("$")[-1])
    yield "plain", "Keycloak Argon2id", keycloak("argon2", 1, raw, SALT, type=["id"], version=["1.3"], memory=["64"],
                                                 parallelism=["1"], hashLength=["32"]), "transcode", "ARGON2ID"
    yield "plain", "Keycloak Argon2id", keycloak("argon2", 5, raw, SALT, type=["id"], version=["1.3"],
                                                 memory=["7168"], parallelism=["1"]), "over_bound", "ARGON2ID"
    yield "plain", "Keycloak Argon2id", keycloak("argon2", 1, raw, SALT, type=["id"], version=["1.3"], memory=["64"],
                                                 parallelism=["1"], hashLength=["16"]), "malformed", "ARGON2ID"

    yield "wrapped", "bcrypt over a digest, declared", sha, "wrapped_refuse", "BCRYPT"
    yield "wrapped", "bcrypt over a digest, declared", "{bcrypt}" + sha, "wrapped_refuse", "BCRYPT"
    yield "wrapped", "Argon2id beside it", plain, "as_is", "ARGON2ID"
    for other in (crypt(PASSWORD, "$6$saltsalt"), crypt(PASSWORD, "$1$saltsalt"), crypt(PASSWORD, "ab"),
                  "{CRYPT}" + crypt(PASSWORD, "$5$saltsalt"), "$P$BsaltsaltsaltsaltsaltsaltsaltsA", "{noop}" + PASSWORD,
                  hashlib.md5(PASSWORD.encode()).hexdigest(), hashlib.sha1(PASSWORD.encode()).hexdigest(),
                  "{SSHA}" + b64(hashlib.sha1(PASSWORD.encode() + SALT).digest() + SALT),
                  "*" + hashlib.sha1(hashlib.sha1(PASSWORD.encode()).digest()).hexdigest().upper(),
                  "md5$salt$" + hashlib.md5(b"salt" + PASSWORD.encode()).hexdigest(), "plain$$" + PASSWORD, PASSWORD):
        yield "plain", "another scheme", other, "not_importable", None


OWN = {
    "plain": "",
    "dot": "cognito alphabet=. min_cost=5 salt_bytes=16",
    "spring": "pbkdf2 digest=sha256 iterations=1000 form=salt+key salt_bytes=16 key_bytes=32",
    "secret": "pbkdf2 digest=sha256 iterations=1000 form=salt+key salt_bytes=16 key=base64 key_bytes=32 "
              "secret=a secret; n=1",
    "node": "scrypt n=1024 r=8 p=1 form=salt:key salt=text key_bytes=64",
    "nest": "scrypt n=1024 r=8 p=1 form=key.salt salt=base64 key=base64 key_bytes=64",
    "wide": "scrypt n=1024 r=16 p=1 form=salt:key salt=hex key_bytes=64",
    "sha512": "pbkdf2 digest=sha512 iterations=1000 form=salt:key salt=hex key_bytes=64",
    "wrapped": "bcrypt over=digest",
}


# ---- the frameworks' samples ----

def declaration(sample):
    """What the sample needs to have declared, in leat's words."""
    d = sample.get("needs_declaration")
    if not d:
        return "bcrypt over=pepper" if sample.get("undetectable") else ""
    size = d.get("keylen", 32)
    scheme = f"scrypt n={d['N']} r={d['r']} p={d['p']}" if "N" in d else \
        f"pbkdf2 digest={d['digest']} iterations={d['iterations']}"
    if "saltlen" in d:
        return f"{scheme} form=salt+key salt_bytes={d['saltlen']} key={d['encoding']} key_bytes={size}" + \
            (f" secret={d['secret']}" if d.get("secret") else "")
    form = "key.salt" if "." in sample["stored"] else "salt:key"
    return f"{scheme} form={form} salt={'text' if d['salt'] == 'ascii_of_hex' else 'hex'} key_bytes={size}"


def taken_samples(path):
    """(declaration, truth) of each sample, and of each that needs a declaration once more without one."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            sample = json.loads(line)
            right = sample["cognito"]
            strings = [right["password_hash"], sample.get("alternatives", {}).get("key_full")]
            truth = {"kind": sample["scheme"], "stored": sample["stored"], "algorithm": right["algorithm"],
                     "verdicts": [right["verdict"]] + (sample.get("also_accepted_verdicts") or []),
                     "hashes": [s for s in strings if s]}
            text = declaration(sample)
            yield text, truth
            if sample.get("needs_declaration"):
                yield "", {**truth, "kind": sample["scheme"] + ", undeclared", "algorithm": None, "hashes": [],
                           "verdicts": [sample["undeclared_verdict"]]}


# ---- folders ----

def write(folder, samples):
    """samples: (group, declaration, truth)"""
    truths, files = {}, collections.defaultdict(list)
    for i, (group, text, truth) in enumerate(samples):
        truths[str(i)] = truth
        files[group, text].append({"id": str(i), "stored": truth["stored"]})
    for (group, text), rows in files.items():
        with open(os.path.join(folder, group + ".jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        with open(os.path.join(folder, group + ".declaration"), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(folder, "truth.json"), "w", encoding="utf-8") as file:
        json.dump(truths, file)


def make(folder):
    write(folder, ((group, OWN[group], {"kind": kind, "stored": stored, "verdicts": [verdict], "algorithm": algorithm,
                                        "password": PASSWORD})
                   for group, kind, stored, verdict, algorithm in own_samples()))


def take(path, folder):
    groups = {}
    write(folder, [(groups.setdefault(text, f"group{len(groups)}"), text, truth)
                   for text, truth in taken_samples(path)])


def trouble(truth, got):
    """What is wrong with an answer, or None."""
    goes = got["verdict"] in ("as_is", "transcode")
    if got["verdict"] not in truth["verdicts"]:
        return f"is {got['verdict']}, should be {truth['verdicts'][0]}"
    if got["algorithm"] != truth["algorithm"]:
        return f"has the algorithm {got['algorithm']}"
    if (got["hash"] is not None) != goes:
        return "has a hash and cannot go, or none and can"
    if not goes:
        return None
    if "hashes" in truth:
        return None if got["hash"] in truth["hashes"] else "has another hash"
    if (got["verdict"] == "as_is") != (got["hash"] == truth["stored"]):
        return "is not as it was, or is"
    if not verifies(got["algorithm"], got["hash"], truth["password"]):
        return "does not verify its password"
    return "verifies a wrong password" if verifies(got["algorithm"], got["hash"], WRONG) else None


def judge(folder):
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        truths = json.load(file)
    right, wrong, missing = collections.Counter(), collections.Counter(), set(truths)
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".out.jsonl"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for line in file:
                got = json.loads(line)
                truth = truths[got["id"]]
                what = trouble(truth, got)
                missing.discard(got["id"])
                (wrong if what else right)[truth["kind"]] += 1
                if what:
                    print(f"sample {got['id']}, {truth['kind']}, {what}")
    for kind in sorted(right.keys() | wrong.keys()):
        print(f"{kind}: {right[kind]} right, {wrong[kind]} wrong")
    print(f"all: {sum(right.values())} right, {sum(wrong.values())} wrong, {len(missing)} without an answer")
    sys.exit(1 if wrong or missing or not right else 0)


if __name__ == "__main__":
    {"make": make, "take": take, "judge": judge}[sys.argv[1]](*sys.argv[2:])
