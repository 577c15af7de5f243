# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The four forms of password_hash, their bounds (Developer Guide, "Importing users into user pools from a CSV file"),
and whether a password is the one: by crypt(3), hashlib and libargon2."""
import base64
import ctypes
import hashlib
import hmac
import re
from functools import lru_cache

MAX_COST, MAX_N, MAX_R, MAX_P, MAX_MEMORY, MAX_TIME, MAX_LANES, MAX_ITERATIONS = 12, 65536, 8, 1, 19456, 2, 1, 600000
KEY_BYTES = 32
ALGORITHMS = ("BCRYPT", "SCRYPT", "ARGON2ID", "PBKDF2_SHA256")
SALT = b"double"

BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}")
SCRYPT = re.compile(r"([1-9]\d{0,9})\$([1-9]\d{0,4})\$([1-9]\d{0,4})\$((?:[0-9a-fA-F]{2})+)\$((?:[0-9a-fA-F]{2})+)")
ARGON2ID = re.compile(r"\$argon2id\$v=(16|19)\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")
PBKDF2 = re.compile(r"\$pbkdf2-sha256\$([1-9]\d{0,9})\$([A-Za-z0-9+./]+)\$([A-Za-z0-9+./]+)")


class Bounds:
    """The points that no source settles: the sign of PBKDF2's alphabet ("+", "." or "both"), whether keys of other
    lengths are taken, the smallest cost of bcrypt."""

    def __init__(self, sign="+", any_key=False, min_cost=4):
        self.sign, self.any_key, self.min_cost = sign, any_key, min_cost


def unpadded(text):
    """Bytes of base64 without padding, in either alphabet; ValueError if its length is none."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


def bcrypt_wrong(text, bounds):
    match = BCRYPT.fullmatch(text)
    if not match:
        return "malformed"
    return None if bounds.min_cost <= int(match[1]) <= MAX_COST else "out of bounds"


def scrypt_wrong(text, bounds):
    match = SCRYPT.fullmatch(text)
    if not match:
        return "malformed"
    n, r, p = (int(match[i]) for i in (1, 2, 3))
    if n < 2 or n & (n - 1) or not bounds.any_key and len(match[5]) != 2 * KEY_BYTES:
        return "malformed"
    return None if n <= MAX_N and r <= MAX_R and p <= MAX_P else "out of bounds"


def argon2id_wrong(text, bounds):
    match = ARGON2ID.fullmatch(text)
    if not match:
        return "malformed"
    m, t, p = (int(match[i]) for i in (2, 3, 4))
    try:
        salt, key = unpadded(match[5]), unpadded(match[6])
    except ValueError:
        return "malformed"
    if len(salt) < 8 or len(key) < 4 or m < 8 * p:      # RFC 9106, 3.1; libargon2 wants a salt of 8
        return "malformed"
    return None if m <= MAX_MEMORY and t <= MAX_TIME and p <= MAX_LANES else "out of bounds"


def pbkdf2_wrong(text, bounds):
    match = PBKDF2.fullmatch(text)
    if not match:
        return "malformed"
    other = {"+": ".", ".": "+"}.get(bounds.sign)
    if other and (other in match[2] or other in match[3]):
        return "malformed"
    try:
        key = unpadded(match[3])
        unpadded(match[2])
    except ValueError:
        return "malformed"
    if not bounds.any_key and len(key) != KEY_BYTES:
        return "malformed"
    return None if int(match[1]) <= MAX_ITERATIONS else "out of bounds"


WRONG = dict(zip(ALGORITHMS, (bcrypt_wrong, scrypt_wrong, argon2id_wrong, pbkdf2_wrong)))


def wrong(algorithm, text, bounds):
    """None if a job of this algorithm takes the string, else why not."""
    return WRONG[algorithm](text, bounds)


# ---- sign-in ----

@lru_cache(maxsize=None)
def library(name):
    return ctypes.CDLL(name)


def bcrypt_is(text, password):
    crypt = library("libcrypt.so.1").crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, (ctypes.c_char_p, ctypes.c_char_p)
    made = crypt(password, text.encode())
    return made is not None and hmac.compare_digest(made, text.encode())


def scrypt_is(text, password):
    n, r, p, salt, key = text.split("$")
    made = hashlib.scrypt(password, salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=len(key) // 2, maxmem=1 << 28)
    return hmac.compare_digest(made, bytes.fromhex(key))


def argon2id_is(text, password):
    """libargon2 reads and verifies the string by itself."""
    verify = library("libargon2.so.1").argon2id_verify
    verify.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
    return verify(text.encode(), password, len(password)) == 0


def pbkdf2_is(text, password):
    _, _, rounds, salt, key = text.split("$")
    made = hashlib.pbkdf2_hmac("sha256", password, unpadded(salt), int(rounds), len(unpadded(key)))
    return hmac.compare_digest(made, unpadded(key))


IS = dict(zip(ALGORITHMS, (bcrypt_is, scrypt_is, argon2id_is, pbkdf2_is)))


def keep_password(password):
    """What is kept of a password that was set, or of an imported one after its first sign-in."""
    return hashlib.blake2b(password.encode(), key=SALT, digest_size=16).digest()


def keep_hash(algorithm, text):
    return algorithm, text


def is_password(secret, password):
    if isinstance(secret, tuple):
        return IS[secret[0]](secret[1], password.encode())
    return secret is not None and hmac.compare_digest(secret, keep_password(password))
