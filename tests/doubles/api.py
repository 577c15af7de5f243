#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A double of an HTTP API of users, with faults that a seed decides, which records every request.

usage: api.py [options]     prints its port on 127.0.0.1, serves until SIGTERM (with --stdin: or till that ends)

What it answers, and by whose rules:

  Users are JSON objects. Their key (--key, default "username") is unique; so is each --alias field,
  compared in small letters.

  POST /users        creates. 201 with {"id", key} and Location; 409 {"error": {"code": "exists"}} if the key
                     is there, {"code": "alias"} if the alias is another's; 400 {"code": "invalid"} if the
                     body is no object, the key is missing or longer than 200, or "email" has no @
  PUT /users/KEY     creates (201) or replaces (200)
  GET /users/KEY     200 with the user, or 404 {"code": "absent"}
  POST /batch        {"users": [...]}: 200 with {"results": [{key, "status", "id" or "error"}, ...]}, a verdict
                     for each in the order given, as POST /users would answer; 413 for more than 1,000
  POST /bulk         {"users": [...]}, each with a "request_id": all of them or none. 200 with {"accepted": N};
                     a request_id that was seen before is left out; 400, 409 or 413 if one is wrong or there
  GET /stats         what has happened so far; GET /dump: all users. Neither is counted, delayed or faulted
  POST /control      {"throttle": 0.5, ...}: changes options below on the way; {"forget": true}: as at the beginning

  Authorization (RFC 6750): with --token, a request without "Bearer TOKEN" gets 401.
  429 (RFC 6585) has Retry-After (RFC 9110, 10.2.3) in whole seconds, unless --retry-after is 0.
  Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) with POST: the first request is worked on and its
  answer kept for --idempotency-ttl seconds (a day); the same key with the same body gets the kept answer
  again and nothing happens; with another body 422; while the first is still worked on 409; with
  --require-idempotency 400 where it is missing. Answers to what was not worked on (401, 429, 400 for the
  missing header, faults below that do nothing) are not kept.
  HTTP/1.1 with keep-alive, bodies with Content-Length only (411 without).

Faults, as shares (0.05 or 5%). Each is decided by the seed, the request's key and how often that key
was called, so that the order of arrival does not matter:

  --throttle P   429, nothing done           --lose P     done, but the connection is reset without an answer
  --lie P        done, but answered 500      --cut P      reset before anything was done
  --fail P       503, nothing done           --foreign P  keys that are there before, as somebody else's:
                                             they have "owner": "somebody else" and no field of ours
  --delay MS     before each answer          --rate N     calls in any one second; those beyond it get 429
  --lag MS       a new user can be read (GET) only after so long

  --log FILE     a line a request: time, method, path, key, idempotency key, status (0: none sent), what was done
"""
import argparse, asyncio, collections, hashlib, json, signal, socket, struct, time
from urllib.parse import unquote

REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 411: "Length Required", 413: "Content Too Large", 422: "Unprocessable Content",
           429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
MAX_HEAD, MAX_BODY, MAX_BATCH = 64 << 10, 16 << 20, 1000
FAULTS = ("throttle", "fail", "cut", "lose", "lie")

Request = collections.namedtuple("Request", "method path headers body")
Answer = collections.namedtuple("Answer", "status body headers done", defaults=({}, ""))


def share(text):
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def error(status, code, done="", **headers):
    return Answer(status, {"error": {"code": code}}, headers, done)


class Api:
    """The rules, without a network. `now` is a clock that tests may replace."""

    def __init__(self, options, now=time.monotonic):
        self.o, self.now = options, now
        self.log = open(options.log, "a", buffering=1 << 16, encoding="utf-8") if options.log else None
        self.working, self.in_flight = set(), collections.Counter()  # idempotency keys, keys: not sent yet
        self.window = collections.deque()
        self.forget()

    def forget(self):
        """As at the beginning, but for what is on its way."""
        self.users, self.aliases = {}, {}           # key -> user; (field, value) -> key
        self.bulked = set()                         # request_id of what came by /bulk
        self.kept = {}                              # idempotency key -> (until, fingerprint, answer)
        self.calls = collections.Counter()          # how often each key was called
        self.stats, self.did = collections.Counter(), collections.Counter()
        self.foreign, self.touched = set(), set()
        self.together = self.n_ids = 0

    # ---- chance ----

    def chance(self, what, key):
        """From 0 to 1, the same whenever the same is asked."""
        digest = hashlib.blake2b(f"{self.o.seed}/{what}/{key}".encode(), digest_size=8).digest()
        return struct.unpack("Q", digest)[0] / 2**64

    def is_foreign(self, key):
        return self.o.foreign > 0 and self.chance("foreign", key) < self.o.foreign

    def fault(self, method, key):
        """At most one of the faults, or None."""
        n = self.calls[key] = self.calls[key] + 1
        dice = self.chance(f"fault {n}", key)
        for name in FAULTS:
            p = getattr(self.o, name)
            if dice < p:
                return None if name == "lie" and method == "GET" else name
            dice -= p
        return None

    def over_rate(self):
        now, window = self.now(), self.window
        window.append(now)
        while window[0] <= now - 1:
            window.popleft()
        self.stats["peak_second"] = max(self.stats["peak_second"], len(window))
        return self.o.rate and len(window) > self.o.rate

    # ---- users ----

    def meet(self, key):
        """Somebody else's user is there from the beginning; it is made when first asked for."""
        if key not in self.users and key not in self.foreign and self.is_foreign(key):
            self.foreign.add(key)
            self.users[key] = {self.o.key: key, "id": self.new_id(), "owner": "somebody else", "made": -1e9}

    def new_id(self):
        self.n_ids += 1
        return f"{self.chance('id', self.n_ids):.16f}"[2:]

    def wrong(self, user):
        key = user.get(self.o.key) if isinstance(user, dict) else None
        if not isinstance(key, str) or not key or len(key) > 200:
            return True
        return "@" not in str(user.get("email", "@"))

    def put(self, user):
        key, old = user[self.o.key], self.users.get(user[self.o.key])
        if key in self.foreign:
            self.touched.add(key)
        self.users[key] = {**user, "id": old["id"] if old else self.new_id(), "made": self.now()}
        for field in self.o.alias:
            if user.get(field):
                self.aliases[field, str(user[field]).lower()] = key
        self.stats["replaced" if old else "created"] += 1
        return Answer(200 if old else 201, {"id": self.users[key]["id"], self.o.key: key},
                      {"Location": f"/users/{key}"}, "replaced" if old else "created")

    def create(self, user):
        if self.wrong(user):
            return error(400, "invalid", "refused")
        self.meet(user[self.o.key])
        if user[self.o.key] in self.users:
            return error(409, "exists", "exists")
        if any(user.get(f) and (f, str(user[f]).lower()) in self.aliases for f in self.o.alias):
            return error(409, "alias", "exists")
        return self.put(user)

    def get(self, key):
        self.meet(key)
        user = self.users.get(key)
        if not user or self.now() - user["made"] < self.o.lag / 1000:
            return error(404, "absent", "absent")
        return Answer(200, {k: v for k, v in user.items() if k != "made"}, {}, "read")

    def replace(self, key, user):
        if not isinstance(user, dict) or self.wrong({**user, self.o.key: key}):
            return error(400, "invalid", "refused")
        self.meet(key)
        return self.put({**user, self.o.key: key})

    def batch(self, body):
        users = body.get("users") if isinstance(body, dict) else None
        if not isinstance(users, list):
            return error(400, "invalid", "refused")
        if len(users) > MAX_BATCH:
            return error(413, "too_many", "refused")
        results = []
        for user in users:
            key = user.get(self.o.key) if isinstance(user, dict) else None
            n = self.calls["in a batch", key] = self.calls["in a batch", key] + 1
            throttled = self.chance(f"batch {n}", key) < self.o.throttle
            one = error(429, "throttled") if throttled else self.create(user)
            self.stats["throttled_in_batch"] += throttled
            results.append({self.o.key: key, "status": one.status, **one.body})
        return Answer(200, {"results": results}, {}, "batch")

    def bulk(self, body):
        users = body.get("users") if isinstance(body, dict) else None
        if not isinstance(users, list) or any(self.wrong(user) or not user.get("request_id") for user in users):
            return error(400, "invalid", "refused")
        if len(users) > MAX_BATCH:
            return error(413, "too_many", "refused")
        new = {user["request_id"]: user for user in users if user["request_id"] not in self.bulked}
        for user in new.values():
            self.meet(user[self.o.key])
        if any(user[self.o.key] in self.users for user in new.values()):
            return error(409, "exists", "exists")
        for name, user in new.items():
            self.bulked.add(name)
            self.put(user)
        return Answer(200, {"accepted": len(users)}, {}, "bulk")

    # ---- requests ----

    def work(self, request, body):
        method, path = request.method, request.path
        if path == "/users" and method == "POST":
            return self.create(body)
        if path == "/batch" and method == "POST":
            return self.batch(body)
        if path == "/bulk" and method == "POST":
            return self.bulk(body)
        if path.startswith("/users/") and method == "GET":
            return self.get(unquote(path[7:]))
        if path.startswith("/users/") and method == "PUT":
            return self.replace(unquote(path[7:]), body)
        return error(405 if path in ("/users", "/batch", "/bulk") else 404, "no_such_thing", "refused")

    def replayed(self, request):
        """The kept answer, a refusal, or None: to be worked on."""
        name = request.headers.get("idempotency-key")
        if request.method != "POST":
            return None
        if name is None:
            return error(400, "idempotency_key_missing", "refused") if self.o.require_idempotency else None
        until, fingerprint, answer = self.kept.get(name, (float("-inf"), None, None))
        if until <= self.now():
            return None
        if fingerprint != hashlib.sha256(request.path.encode() + b"\n" + request.body).digest():
            return error(422, "idempotency_key_reused", "refused")
        if name in self.working:
            return error(409, "being_worked_on", "refused")
        return answer._replace(done="replayed", headers={**answer.headers, "Idempotent-Replayed": "true"})

    def keep(self, request, answer):
        name = request.headers.get("idempotency-key")
        if name is not None and request.method == "POST":
            self.kept[name] = (self.now() + self.o.idempotency_ttl,
                               hashlib.sha256(request.path.encode() + b"\n" + request.body).digest(), answer)

    def key_of(self, request, body):
        if request.path.startswith("/users/"):
            return unquote(request.path[7:])
        if isinstance(body, dict) and isinstance(body.get(self.o.key), str):
            return body[self.o.key]
        return hashlib.sha256(request.body).hexdigest()[:16]

    def answer(self, request):
        """What is sent, or None for a reset connection; and the key, for end()."""
        try:
            body = json.loads(request.body) if request.body else None
        except ValueError:
            body = None
        key = self.key_of(request, body)
        over = self.over_rate()
        self.stats["requests"] += 1
        self.stats[request.method] += 1
        fault = self.fault(request.method, key)
        again = {"Retry-After": str(self.o.retry_after)} if self.o.retry_after else {}
        if self.o.token and request.headers.get("authorization") != f"Bearer {self.o.token}":
            answer, sent = error(401, "unauthorized", "refused"), True
        elif over or fault == "throttle":
            self.stats["over_rate"] += bool(over)
            answer, sent = error(429, "throttled", "throttled", **again), True
        elif fault == "fail":
            answer, sent = error(503, "unavailable", "failed", **again), True
        elif fault == "cut":
            answer, sent = Answer(0, None, {}, "cut"), False
        else:
            answer = self.replayed(request)
            if answer is None:
                answer = self.work(request, body)
                self.keep(request, answer)
            sent = fault != "lose"
            if fault == "lie":
                answer = Answer(500, {"error": {"code": "internal"}}, {}, answer.done + ", lied")
            elif fault == "lose":
                answer = answer._replace(done=answer.done + ", lost")
        self.record(request, key, answer, sent)
        return (answer if sent else None), key

    def record(self, request, key, answer, sent):
        self.did[answer.done] += 1
        if self.log:
            print(f"{self.now():.6f}", request.method, request.path, json.dumps(key),
                  request.headers.get("idempotency-key", "-"), answer.status if sent else 0,
                  answer.done.replace(" ", "") or "-", sep="\t", file=self.log)

    # Two requests of one key on their way at the same time are a fault of the client's.
    def begin(self, request, key):
        self.working.add(request.headers.get("idempotency-key"))
        self.in_flight[key] += 1
        self.together += self.in_flight[key] > 1

    def end(self, request, key):
        self.working.discard(request.headers.get("idempotency-key"))
        self.in_flight[key] -= 1
        if not self.in_flight[key]:
            del self.in_flight[key]

    # ---- what has happened ----

    def said(self):
        if self.log:
            self.log.flush()
        ours = [user for key, user in self.users.items() if key not in self.foreign]
        same = collections.Counter(str(u[self.o.same]) for u in ours if self.o.same and self.o.same in u)
        calls = [n for key, n in self.calls.items() if isinstance(key, str)]
        return {**self.stats, "did": dict(self.did), "users": len(ours), "foreign": len(self.foreign), "touched": sorted(self.touched),
                "doubled": sorted(value for value, n in same.items() if n > 1), "together": self.together,
                "keys_called": len(calls), "most_calls_of_a_key": max(calls, default=0)}

    def control(self, body):
        if body == {"forget": True}:
            self.forget()
            return Answer(200, {"forgotten": True})
        for name, value in (body or {}).items():
            if not hasattr(self.o, name):
                return error(400, "invalid")
            setattr(self.o, name, value)
        return Answer(200, {"changed": len(body or {})})

    def aside(self, request):
        """What is not part of the API under test; None: it is."""
        if request.path == "/stats":
            return Answer(200, self.said())
        if request.path == "/dump":
            return Answer(200, {k: {f: v for f, v in u.items() if f != "made"} for k, u in self.users.items()})
        if request.path == "/control":
            return self.control(json.loads(request.body or b"{}"))
        return None


def head_of(raw):
    """Method, path and headers in small letters; ValueError if it is no HTTP/1.1."""
    lines = raw.decode("latin-1").split("\r\n")
    method, path, version = lines[0].split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(line)
        headers[name.lower()] = value.strip()
    return method, path, headers


def wire(answer, close):
    body = json.dumps(answer.body, separators=(",", ":")).encode() if answer.body is not None else b""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Connection(asyncio.Protocol):
    """One request after the other; what comes while one is answered waits in the buffer."""

    def __init__(self, api, loop):
        self.api, self.loop, self.buffer, self.busy, self.continued = api, loop, bytearray(), False, False

    def connection_made(self, transport):
        self.transport = transport
        self.api.stats["connections"] += 1
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.buffer += data
        self.go_on()

    def go_on(self):
        while not self.busy and not self.transport.is_closing():
            request = self.next_request()
            if request is None:
                return
            self.serve(request)

    def next_request(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                self.refuse(400)
            return None
        try:
            method, path, headers = head_of(bytes(self.buffer[:end]))
            n = int(headers.get("content-length", 0))
        except ValueError:
            return self.refuse(400)
        if "transfer-encoding" in headers:
            return self.refuse(411)
        if n > MAX_BODY:
            return self.refuse(413)
        if len(self.buffer) < end + 4 + n:
            if headers.get("expect", "").lower() == "100-continue" and not self.continued:
                self.continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self.buffer[end + 4:end + 4 + n])
        del self.buffer[:end + 4 + n]
        self.continued = False
        return Request(method, path, headers, body)

    def refuse(self, status):
        self.transport.write(wire(error(status, "bad_request"), True))
        self.transport.close()

    def serve(self, request):
        aside = self.api.aside(request)
        if aside:
            self.transport.write(wire(aside, False))
            return
        answer, key = self.api.answer(request)
        close = request.headers.get("connection", "").lower() == "close"
        if not self.api.o.delay:
            self.send(answer, close)
            return
        self.busy = True
        self.api.begin(request, key)
        self.loop.call_later(self.api.o.delay / 1000, self.send_later, request, answer, key, close)

    def send_later(self, request, answer, key, close):
        self.busy = False
        self.api.end(request, key)
        if self.transport.is_closing():
            return
        self.send(answer, close)
        self.go_on()

    def send(self, answer, close):
        if answer is None:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        self.transport.write(wire(answer, close))
        if close:
            self.transport.close()


def options(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--key", default="username")
    parser.add_argument("--alias", action="append", default=[])
    parser.add_argument("--same", help="field whose value no two users may share: counted as doubled")
    parser.add_argument("--token")
    for name in (*FAULTS, "foreign"):
        parser.add_argument(f"--{name}", type=share, default=0.0)
    for name in ("delay", "lag", "rate"):
        parser.add_argument(f"--{name}", type=float, default=0)
    parser.add_argument("--retry-after", type=int, default=1)
    parser.add_argument("--idempotency-ttl", type=float, default=86400)
    parser.add_argument("--require-idempotency", action="store_true")
    parser.add_argument("--log")
    parser.add_argument("--stdin", action="store_true")
    return parser.parse_args(words)


async def serve(api):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(api, loop), "127.0.0.1", api.o.port, backlog=1024)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if api.o.stdin:
        loop.add_reader(0, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()
    api.said()


if __name__ == "__main__":
    asyncio.run(serve(Api(options())))
