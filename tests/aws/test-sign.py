#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Signatures of kit/aws beside those of botocore, for random requests. Speaks TAP."""
import datetime, hashlib, os, random, string, subprocess, sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tap import equal, ok, run

SEED = int(os.environ.get("LEAT_SEED", "1"))
COUNT = int(os.environ.get("LEAT_COUNT", "3000"))
TOOL = sys.argv[1]
UNRESERVED = string.ascii_letters + string.digits + "-._~"
WORDS = ["", "a", "A", "b", "users", "Prefix", "x-amz", "é", "日本", "a b", "a+b", "a*b", "a/b", "a=b", "a&b", "%", "~", "-._",
         "100%", "ÿ", "\U0001f600", "(x)", "'", "a;b", "a,b", "$", "@", ":"]
VALUES = ["", "x", " x ", "a  b", "\ta\t b ", "a,b", '"a  b"', "application/x-amz-json-1.1", "é", "=", "a" * 300]
NAMES = ["X-Amz-Target", "Content-Type", "x-lower", "X-UPPER", "X-Empty", "Accept", "x_under", "X-A", "X-AA", "X-A-B",
         "x-amz-server-side-encryption", "Range", "!odd", "X-Amz-Meta-~"]


def escaped(text, keep=UNRESERVED):
    return "".join(c if c in keep else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


class Request:
    def __init__(self, rng):
        self.rng = rng
        self.s3 = rng.random() < .3
        self.service = "s3" if self.s3 else rng.choice(["cognito-idp", "sts", "logs", "execute-api", "servicequotas"])
        self.region = rng.choice(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
        self.method = rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
        self.host = rng.choice([f"{self.service}.{self.region}.amazonaws.com", "localhost:8443", "127.0.0.1:5000"])
        self.path = rng.choice(["/", self.random_path(), self.random_path()])
        self.query = rng.choice([None, "", self.random_query(), self.random_query()])
        self.headers = self.random_headers()
        self.body = rng.choice([b"", b"{}", b"Action=AssumeRole&Version=2011-06-15", os_bytes(rng, 1000), b"\0\xff"])
        self.payload = rng.choice([None, "UNSIGNED-PAYLOAD", hashlib.sha256(self.body).hexdigest()]) if self.s3 else None
        self.id = "AKIA" + "".join(rng.choices(string.ascii_uppercase, k=16))
        self.secret = "".join(rng.choices(string.ascii_letters + "+/", k=40))
        self.token = rng.choice([None, "".join(rng.choices(string.ascii_letters + "+/=", k=rng.choice([20, 1200])))])
        self.time = rng.choice([0, 951782400, 1440938160, rng.randrange(2 ** 31), 4102444799])

    def random_path(self):
        parts = [self.rng.choice(WORDS) for _ in range(self.rng.randrange(5))]
        if not self.s3:
            parts += self.rng.choices([".", "..", "", "a"], k=self.rng.randrange(3))
            self.rng.shuffle(parts)
        return "/" + "/".join(escaped(p) for p in parts) + self.rng.choice(["", "/"])

    def random_query(self):
        pairs = []
        for _ in range(self.rng.randrange(1, 6)):
            name = escaped(self.rng.choice(WORDS)) or "n"
            pairs.append(self.rng.choice([name, f"{name}={escaped(self.rng.choice(WORDS))}"]))
        return "&".join(pairs)

    def random_headers(self):
        names = self.rng.sample(NAMES, self.rng.randrange(6))
        if names and self.rng.random() < .2:
            names.append(self.rng.choice(names).upper())
        return [(name, self.rng.choice(VALUES)) for name in names]

    def line(self):
        words = [self.method, self.host, self.path, self.query, self.payload, "1" if self.s3 else None, self.region,
                 self.service, self.id, self.secret, self.token, str(self.time), self.body]
        for name, value in self.headers:
            words += [name, value]
        return "\t".join(["sign"] + [hex_of(w) for w in words])

    def wanted(self):
        """What botocore makes of the same request: the three or four headers that are added."""
        auth = (S3Auth if self.s3 else SigV4Auth)(Credentials(self.id, self.secret, self.token), self.service, self.region)
        url = f"https://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")
        request = AWSRequest(method=self.method, url=url, data=self.body)
        for name, value in self.headers:
            request.headers.add_header(name, value)
        moment = datetime.datetime.fromtimestamp(self.time, datetime.timezone.utc)
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        auth.payload_given = self.payload
        auth._modify_request_before_signing(request)
        canonical = auth.canonical_request(request)
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        auth._inject_signature_to_request(request, signature)
        ours = ["X-Amz-Date"] + (["X-Amz-Security-Token"] if self.token else [])
        ours += ["X-Amz-Content-SHA256"] if self.s3 else []
        added = [f"{name}: {request.headers[name]}" for name in ours]
        given = [f"{name}: {value}" if value else f"{name};" for name, value in self.headers]
        return given + [a.replace("X-Amz-Content-SHA256", "x-amz-content-sha256") for a in added] + \
            ["Expect:", "Authorization: " + request.headers["Authorization"]]


class S3Auth(S3SigV4Auth):
    """The payload's hash is given, as in an upload whose body is not read twice."""

    def payload(self, request):
        return self.payload_given or hashlib.sha256(request.body or b"").hexdigest()


def os_bytes(rng, n):
    return bytes(rng.randrange(256) for _ in range(rng.randrange(n)))


def hex_of(word):
    if word is None:
        return "-"
    word = word if isinstance(word, bytes) else word.encode()
    return word.hex() or "."


def answers(lines):
    done = subprocess.run([TOOL], input="".join(line + "\n" for line in lines), capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-500:], done.stderr[-2000:], file=sys.stderr)
    return [[bytes.fromhex(word).decode() for word in line.split("\t")] if not line.startswith("failed") else [line]
            for line in done.stdout.splitlines()]


def test_random_requests():
    rng = random.Random(SEED)
    requests = [Request(rng) for _ in range(COUNT)]
    got = answers([r.line() for r in requests])
    equal(len(got), COUNT, f"{COUNT} requests are signed (seed {SEED})")
    wrong = [(r.line(), g, r.wanted()) for r, g in zip(requests, got) if g != r.wanted()]
    for line, g, w in wrong[:3]:
        print(f"# {line[:2000]}\n# got:    {g}\n# wanted: {w}")
    equal(len(wrong), 0, "as botocore signs them, each header")
    for name, many in (("S3", [r for r in requests if r.s3]), ("a token", [r for r in requests if r.token]),
                       ("a query", [r for r in requests if r.query]), ("dots", [r for r in requests if "/../" in r.path])):
        ok(len(many) > COUNT / 100, f"{name}: {len(many)} of them")


def one(**what):
    request = Request(random.Random(0))
    request.__dict__.update(dict(headers=[], query=None, path="/", s3=False, payload=None, service="sts", body=b""), **what)
    return request


def test_refusals():
    equal(answers([one(headers=[("X-A", "a\nX-B: b")]).line()])[0][0][:14], "failed -1002: ", "a value with a line end is refused")
    equal(answers([one(region="r" * 300).line()])[0][0][:14], "failed -1002: ", "and a region without end")
    many = one(headers=[(f"X-{i}", "1") for i in range(25)])
    equal(answers([many.line()])[0][0][:14], "failed -1002: ", "and too many headers")
    unsigned = answers([one(id=None, token=None, headers=[("X-A", "1")]).line()])[0]
    equal(unsigned, ["X-A: 1", "Expect:"], "without credentials nothing is signed")


run(test_random_requests, test_refusals)
