# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Signature Version 4, as IAM User Guide "Create a signed AWS API request" and S3 API Reference "Authenticating
Requests" say, by hmac and hashlib alone. Who knows which key is in credentials.py."""
import hashlib, hmac
from collections import namedtuple
from functools import lru_cache
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()
SAFE = "-_.~"

Claim = namedtuple("Claim", "key date region service signed signature stamp expires token", defaults=(None, None))


@lru_cache(maxsize=256)
def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_query(query, without=()):
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name, value = unquote(name), unquote(value)
        if name not in without:
            pairs.append((quote(name, safe=SAFE), quote(value, safe=SAFE)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_path(path, service):
    """S3 signs the path as it is meant, the others encode it once more; theirs is "/" in all we answer."""
    return quote(unquote(path), safe=SAFE + "/") if service == "s3" else quote(path or "/", safe=SAFE + "/")


def canonical_request(method, path, query, headers, signed, payload):
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed)
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(signed)}\n{payload}"


def signature(secret, claim, canonical):
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    text = f"{ALGORITHM}\n{claim.stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = signing_key(secret, claim.date, claim.region, claim.service)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def claim_of(request):
    """What the header Authorization claims; None where there is none, ValueError where it is none of this kind."""
    text = request.headers.get("authorization")
    if not text:
        return None
    kind, _, rest = text.partition(" ")
    if kind != ALGORITHM:
        raise ValueError("algorithm")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    key, date, region, service, end = parts["Credential"].rsplit("/", 4)
    if end != "aws4_request":
        raise ValueError("scope")
    return Claim(key, date, region, service, parts["SignedHeaders"].split(";"), parts["Signature"],
                 request.headers.get("x-amz-date", ""), None, request.headers.get("x-amz-security-token"))


def presigned_claim(request):
    """The same of the query of a presigned URL."""
    query = dict((unquote(n), unquote(v)) for n, _, v in (part.partition("=") for part in request.query.split("&")))
    if "X-Amz-Signature" not in query:
        return None
    key, date, region, service, end = query["X-Amz-Credential"].rsplit("/", 4)
    if query["X-Amz-Algorithm"] != ALGORITHM or end != "aws4_request":
        raise ValueError("scope")
    return Claim(key, date, region, service, query["X-Amz-SignedHeaders"].split(";"), query["X-Amz-Signature"],
                 query["X-Amz-Date"], int(query["X-Amz-Expires"]), query.get("X-Amz-Security-Token"))


def right(request, claim, secret, payload):
    """Whether the claim's signature is the one that the secret makes of this request."""
    if any(name not in request.headers for name in claim.signed) or "host" not in claim.signed:
        return False
    query = canonical_query(request.query, ("X-Amz-Signature",) if claim.expires is not None else ())
    canonical = canonical_request(request.method, canonical_path(request.path, claim.service), query,
                                  request.headers, claim.signed, payload)
    return hmac.compare_digest(signature(secret, claim, canonical), claim.signature)


def presign(method, host, path, headers, key, secret, region, stamp, expires, token=None):
    """The query of a presigned URL for S3."""
    signed = sorted({"host", *headers})
    query = {"X-Amz-Algorithm": ALGORITHM, "X-Amz-Credential": f"{key}/{stamp[:8]}/{region}/s3/aws4_request",
             "X-Amz-Date": stamp, "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": ";".join(signed)}
    if token:
        query["X-Amz-Security-Token"] = token
    text = "&".join(f"{quote(n, safe=SAFE)}={quote(v, safe=SAFE)}" for n, v in sorted(query.items()))
    claim = Claim(key, stamp[:8], region, "s3", signed, "", stamp)
    canonical = canonical_request(method, quote(path, safe=SAFE + "/"), text, {"host": host, **headers}, signed, "UNSIGNED-PAYLOAD")
    return f"{text}&X-Amz-Signature={signature(secret, claim, canonical)}"
