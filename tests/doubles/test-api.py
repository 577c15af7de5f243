#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Tests of the double of an HTTP API: its rules without a network, then the wire. Speaks TAP."""
import collections, http.client, json, socket, subprocess, sys
from pathlib import Path

import api
from tap import equal, ok, run

clock = [100.0]


def make(*words):
    return api.Api(api.options(list(words)), now=lambda: clock[0])


def ask(double, method, path, body=None, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    request = api.Request(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
    return double.answer(request)[0]


def codes(double, *requests):
    return [ask(double, *request).status for request in requests]


def test_users():
    double = make("--alias", "email")
    ada = {"username": "ada", "email": "Ada@Example.org", "marker": "m1"}
    first = ask(double, "POST", "/users", ada)
    equal((first.status, first.body["username"], first.headers["Location"]), (201, "ada", "/users/ada"), "a user is created")
    equal(ask(double, "GET", "/users/ada").body, {**ada, "id": first.body["id"]}, "and read as it was sent, with its id")
    again = ask(double, "POST", "/users", {**ada, "marker": "m2"})
    equal((again.status, again.body["error"]["code"]), (409, "exists"), "the same key again is a conflict")
    equal(ask(double, "GET", "/users/ada").body["marker"], "m1", "which changes nothing")
    other = ask(double, "POST", "/users", {"username": "bob", "email": "ada@example.ORG"})
    equal((other.status, other.body["error"]["code"]), (409, "alias"), "so is the address of another, however it is spelt")
    equal(codes(double, ("GET", "/users/bob"), ("GET", "/users/nobody"), ("DELETE", "/users"), ("GET", "/else")),
          [404, 404, 405, 404], "what is not there is said not to be")
    equal(codes(double, ("POST", "/users", b"{"), ("POST", "/users", {"email": "a@b"}), ("POST", "/users", []),
                ("POST", "/users", {"username": "x", "email": "nobody"}), ("POST", "/users", {"username": "x" * 201})),
          [400] * 5, "what is no user is refused")
    equal(codes(double, ("PUT", "/users/ada", {"marker": "m3"}), ("PUT", "/users/new", {"marker": "n"})), [200, 201], "PUT replaces or creates")
    equal(ask(double, "GET", "/users/ada").body["id"], first.body["id"], "and keeps the id")
    equal(codes(double, ("GET", "/users/a%20b"), ("PUT", "/users/a%20b", {}), ("GET", "/users/a%20b")), [404, 201, 200], "keys in paths are decoded")
    equal({k: double.said()[k] for k in ("created", "replaced", "users", "doubled", "touched", "did")},
          {"created": 3, "replaced": 1, "users": 3, "doubled": [], "touched": [],
           "did": {"created": 3, "read": 4, "exists": 2, "absent": 3, "refused": 7, "replaced": 1}}, "all of it is counted")


def test_doubles_are_seen():
    double = make("--same", "legacy_id")
    for i, name in enumerate(("r1", "r2", "r3")):
        ask(double, "POST", "/users", {"username": name, "legacy_id": i // 2})
    equal(double.said()["doubled"], ["0"], "one record under two keys is seen as doubled")
    double = make()
    request = api.Request("POST", "/users", {}, b"{}")
    double.begin(request, "a")
    double.begin(request, "b")
    double.begin(request, "a")
    equal(double.said()["together"], 1, "two requests of one key at the same time are seen")


def test_idempotency():
    double, body = make("--idempotency-ttl", "60"), {"username": "ada"}
    first = ask(double, "POST", "/users", body, idempotency_key="k1")
    again = ask(double, "POST", "/users", body, idempotency_key="k1")
    equal((again.status, again.body, again.headers.get("Idempotent-Replayed")), (201, first.body, "true"), "the same key: the same answer again")
    equal(double.said()["created"], 1, "and nothing is done")
    equal(ask(double, "POST", "/users", {"username": "bob"}, idempotency_key="k1").status, 422, "the same key with another body is refused")
    equal(ask(double, "POST", "/users", body, idempotency_key="k2").status, 409, "another key: an ordinary conflict")
    equal(ask(double, "POST", "/users", body, idempotency_key="k2").status, 409, "which is kept, too")
    clock[0] += 61
    equal(ask(double, "POST", "/users", body, idempotency_key="k1").status, 409, "a key that has expired is a new one")
    double.begin(api.Request("POST", "/users", {"idempotency-key": "k1"}, b""), "ada")
    answer = ask(double, "POST", "/users", body, idempotency_key="k1")
    equal((answer.status, answer.body["error"]["code"]), (409, "being_worked_on"), "while the first is on its way: 409")
    double = make("--require-idempotency")
    equal(codes(double, ("POST", "/users", body), ("GET", "/users/ada"), ("PUT", "/users/ada", {})), [400, 404, 201],
          "where it is required, only POST needs it")


def test_batch():
    double = make()
    answer = ask(double, "POST", "/batch", {"users": [{"username": "a"}, {"username": "a"}, {"email": "x"}, 7, {"username": "b"}]})
    equal([one["status"] for one in answer.body["results"]], [201, 409, 400, 400, 201], "a batch: a verdict for each")
    equal(codes(double, ("POST", "/batch", {}), ("POST", "/batch", {"users": [{}] * 1001})), [400, 413], "a batch that is none, or too large")
    double = make("--throttle", "30%")
    left, calls = [f"u{i}" for i in range(500)], 0
    while left and calls < 50:
        answer, calls = ask(double, "POST", "/batch", {"users": [{"username": key} for key in left]}), calls + 1
        if answer.status == 200:
            left = [one["username"] for one in answer.body["results"] if one["status"] == 429]
    equal((left, double.said()["users"]), ([], 500), "throttled ones of a batch come through when sent again")
    ok(calls > 2, "after some were throttled")


def test_bulk():
    double = make()
    users = [{"username": f"u{i}", "request_id": f"r{i}"} for i in range(5)]
    equal([ask(double, "POST", "/bulk", {"users": part}).status for part in (users[:3], users[:3], users[1:])], [200] * 3,
          "in bulk: what was seen before is left out")
    equal((double.said()["created"], double.said()["users"]), (5, 5), "and each is created once")
    new = {"username": "new", "request_id": "r9"}
    equal(codes(double, ("POST", "/bulk", {"users": [new, {"username": "u1", "request_id": "other"}]}), ("GET", "/users/new"),
                ("POST", "/bulk", {"users": [new, {"username": "x"}]}), ("GET", "/users/new")), [409, 404, 400, 404], "all or none")


def settled(double, keys, method="POST"):
    """Sends each until it is created or there; what was said on the way."""
    said = collections.Counter()
    for key in keys:
        for _ in range(50):
            answer = ask(double, method, "/users", {"username": key})
            said[answer.status if answer else 0] += 1
            if answer and answer.status in (201, 409):
                break
    return said


def test_faults():
    keys = [f"user{i}" for i in range(20000)]
    double = make("--throttle", "5%", "--lose", "0.05", "--lie", "3%", "--foreign", "0.2%", "--seed", "7")
    said, stats = settled(double, keys), double.said()
    foreign = {key for key in keys if double.is_foreign(key)}
    ok(30 <= len(foreign) == stats["foreign"] <= 50, f"0.2 % are somebody else's: {len(foreign)}")
    equal((stats["users"], stats["touched"]), (len(keys) - len(foreign), []), "all others are created, once; the foreign are not touched")
    requests = stats["requests"]
    ok(0.045 < said[429] / requests < 0.055, f"5 % are throttled: {said[429]} of {requests}")
    ok(0.045 < said[0] / requests < 0.055, f"5 % are lost: {said[0]}")
    ok(0.025 < said[500] / requests < 0.035, f"3 % are lies: {said[500]}")
    equal((stats["did"]["created, lost"] > 900, stats["did"]["created, lied"] > 500), (True, True), "these were done all the same")
    backwards = make("--throttle", "5%", "--lose", "0.05", "--lie", "3%", "--foreign", "0.2%", "--seed", "7")
    equal(settled(backwards, keys[::-1]), said, "the same seed: the same faults, in whatever order they come")
    equal(ask(double, "GET", f"/users/{min(foreign)}").body.get("owner") if (double.control({"throttle": 0, "lose": 0, "lie": 0})) else 0,
          "somebody else", "a foreign one says whose it is")
    ask(double, "PUT", f"/users/{min(foreign)}", {})
    equal(double.said()["touched"], [min(foreign)], "and is missed when it is overwritten")
    double.control({"forget": True})
    said = double.said()
    equal((said["users"], said["touched"], settled(double, keys)[201], double.said()["doubled"]), (0, [], len(keys) - len(foreign), []),
          "told to forget, it is as at the beginning")
    equal(codes(make("--throttle", "1", "--retry-after", "3"), ("GET", "/users/x")), [429], "reading is throttled, too")
    equal(ask(make("--throttle", "1", "--retry-after", "3"), "GET", "/users/x").headers, {"Retry-After": "3"}, "Retry-After")
    equal(ask(make("--lie", "1"), "GET", "/users/x").status, 404, "there is no lie about what is read")
    for fault, status in (("fail", 503), ("cut", 0)):
        double = make(f"--{fault}", "100%")
        answer = ask(double, "POST", "/users", {"username": "a"})
        equal((answer.status if answer else 0, double.said()["users"]), (status, 0), f"--{fault} does nothing")


def test_idempotency_mends():
    double, keys = make("--lose", "20%", "--lie", "20%", "--throttle", "10%"), [f"u{i}" for i in range(500)]
    wrong = 0
    for key in keys:
        for _ in range(50):
            answer = ask(double, "POST", "/users", {"username": key}, idempotency_key=f"k-{key}")
            if answer and answer.status not in (429, 500):
                wrong += answer.status != 201
                break
    equal((wrong, double.said()["created"], double.said()["users"] == 500), (0, 500, True),
          "with an idempotency key, what was lost or lied about is created in the end, for the client too")


def test_rate():
    double = make("--rate", "5")
    equal(codes(double, *[("GET", "/users/x")] * 7), [404] * 5 + [429] * 2, "calls beyond the rate are throttled")
    clock[0] += 1.01
    equal(codes(double, ("GET", "/users/x")), [404], "a second later they are not")
    equal((double.said()["over_rate"], double.said()["peak_second"]), (2, 7), "both are counted")


def test_token_and_lag():
    double = make("--token", "secret")
    equal([ask(double, "GET", "/users/x").status, ask(double, "GET", "/users/x", authorization="Bearer wrong").status,
           ask(double, "GET", "/users/x", authorization="Bearer secret").status], [401, 401, 404], "a token")
    double = make("--lag", "500")
    equal(codes(double, ("POST", "/users", {"username": "a"}), ("GET", "/users/a")), [201, 404], "a new user cannot be read at once")
    clock[0] += 0.6
    equal(codes(double, ("GET", "/users/a")), [200], "but a little later")


# ---- the wire ----

class Server:
    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, str(Path(api.__file__)), *words], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def call(connection, method, path, body=None, **headers):
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def test_wire():
    with Server("--log", "log.tsv", "--delay", "5") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        equal([call(connection, "POST", "/users", {"username": f"Zoë {i}"})[0] for i in range(20)], [201] * 20, "one connection, many requests")
        equal(call(connection, "GET", "/stats")[1]["connections"], 1, "it is kept alive")
        equal(call(connection, "GET", "/users/Zo%C3%AB%201")[1]["username"], "Zoë 1", "UTF-8 comes through")
        raw = socket.create_connection(("127.0.0.1", server.port))
        raw.sendall(b"GET /users/a HTTP/1.1\r\nHost: x\r\n\r\nGET /users/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        equal(read_all(raw).count(b"HTTP/1.1 404"), 2, "requests that come at once are answered in turn, then it is closed")
        raw = socket.create_connection(("127.0.0.1", server.port))
        raw.sendall(b"POST /users HTTP/1.1\r\nContent-Length: 16\r\nExpect: 100-continue\r\n\r\n")
        equal(raw.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n", "100-continue")
        raw.sendall(b'{"username": ')
        raw.sendall(b'"q"}')
        ok(raw.recv(1000).startswith(b"HTTP/1.1 400"), "a body in pieces, which is one byte short")
        raw.close()
        for head, status in ((b"nonsense\r\n\r\n", b"400"), (b"POST /users HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
                             (b"POST /users HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
                             (b"POST /users HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"), (b"x" * 70000, b"400")):
            raw = socket.create_connection(("127.0.0.1", server.port))
            raw.sendall(head)
            ok(read_all(raw).startswith(b"HTTP/1.1 " + status), f"{head[:40]!r} is refused with {status.decode()}")
        equal(call(connection, "POST", "/control", {"lose": 1})[0], 200, "faults are changed on the way")
        try:
            call(connection, "POST", "/users", {"username": "lost"})
            ok(False, "a lost reply is a reset connection")
        except (ConnectionResetError, http.client.RemoteDisconnected):
            ok(True, "a lost reply is a reset connection")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        ok("lost" in call(connection, "GET", "/dump")[1], "the user is there all the same")
        requests = call(connection, "GET", "/stats")[1]["requests"]
    lines = Path("log.tsv").read_text(encoding="utf-8").splitlines()
    equal(len(lines), requests, "each request has a line in the log, also after SIGTERM")
    equal(lines[0].split("\t")[1:], ["POST", "/users", '"Zo\\u00eb 0"', "-", "201", "created"], "method, path, key, status, what was done")
    equal([line.split("\t")[5:] for line in lines if '"lost"' in line], [["0", "created,lost"]], "and that the answer was lost")


def read_all(raw):
    got = b""
    while True:
        try:
            piece = raw.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raw.close()
            return got
        got += piece


run(test_users, test_doubles_are_seen, test_idempotency, test_batch, test_bulk, test_faults, test_idempotency_mends, test_rate,
    test_token_and_lag, test_wire)
