# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Faults on order, quotas, and what is recorded."""
import json
import os
import socket
import tempfile
import time

from tap import equal, ok

from .client import POOL, Double, Failed, fails, pairs, person, run_job, table


def there(d, name):
    return name in [user["Username"] for user in d.get("users", pool=POOL)]


def test_each_fault():
    wanted = {"throttle": ("TooManyRequestsException", False), "internal": ("InternalErrorException", False), "cut": ("reset", False),
              "alias": ("AliasExistsException", False), "expired": ("ExpiredTokenException", False), "lose": ("reset", True),
              "lie": ("InternalErrorException", True), "slow": (None, True)}
    with Double("--scale", "0", "--pool", POOL) as d:
        for fault, outcome in wanted.items():
            d.tell("faults", [{"fault": fault, "op": "AdminCreateUser", "n": 2, "ms": 30}])
            equal((fails(d.create, f"{fault}-1"), fails(d.create, fault), there(d, fault)), (None, *outcome), f"the second create meets {fault}")
            equal((fails(d.create, f"{fault}-3"), d.get("stats")["faults"][0]["hit"]), (None, 1), "and it alone")
        d.tell("faults", [{"fault": "error", "type": "NotAuthorizedException", "user": "u", "times": 1}, {"fault": "lie", "type": "CodeDeliveryFailureException"}])
        try:
            d.create("u")
        except Failed as why:
            equal((why.status, why.type), (400, "NotAuthorizedException"), "any error of one's own, for one user")
        equal((fails(d.create, "u"), there(d, "u")), ("CodeDeliveryFailureException", True), "and after the effect")
        d.tell("faults", [{"fault": "unavailable"}])
        status, headers, _ = d.send("POST", "/", b"{}", d.headers(b"{}", "cognito-idp", {
            "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUsers", "Content-Type": "application/x-amz-json-1.1"}))
        equal((status, headers["Content-Type"]), (503, "text/html"), "503 with a page")
        equal(fails(d.tell, "faults", [{"fault": "none"}]), "control", "a rule that is none is refused")


def test_garbage():
    with Double("--scale", "0", "--pool", POOL, "--garbage", "AdminCreateUser:100%") as d:
        seen = set()
        for number in range(24):
            try:
                d.create(f"g{number}")
            except (ConnectionError, ValueError) as why:
                seen.add(type(why).__name__)
            d.close()
        equal((seen, len(d.get("users", pool=POOL))), ({"ConnectionError", "JSONDecodeError"}, 24), "garbage of several kinds, after the effect")


def test_late_effect():
    with Double("--scale", "0", "--pool", POOL) as d:
        d.tell("faults", [{"fault": "late", "op": "AdminCreateUser", "times": 1, "ms": 100}])
        equal(fails(d.create, "late"), "reset", "a request whose connection ends first")
        until = time.monotonic() + 30
        while not there(d, "late") and time.monotonic() < until:
            time.sleep(0.01)
        ok(there(d, "late"), "has its effect later")


def test_shares():
    words = ("--scale", "0", "--pool", POOL, "--throttle", "20%", "--lose", "AdminCreateUser:10%", "--seed", "7")
    outcomes = []
    for order in (range(300), reversed(range(300))):
        with Double(*words) as d:
            outcomes.append({number: fails(d.create, f"u{number}") for number in order})
    equal(outcomes[0], outcomes[1], "the seed decides, in whatever order requests come")
    counts = [list(outcomes[0].values()).count(what) for what in ("TooManyRequestsException", "reset")]
    ok(35 < counts[0] < 90 and 12 < counts[1] < 55, f"shares are shares: {counts}")


def test_foreign():
    with Double("--scale", "0", "--pool", POOL, "--foreign", "30%") as d:
        outcomes = [fails(d.create, f"u{number}") for number in range(100)]
        n = outcomes.count("UsernameExistsException")
        ok(10 < n < 55, "some names are there before")
        foreign = [user for user in d.get("users", pool=POOL) if user["Origin"] == "foreign"]
        equal((len(foreign), d.get("stats")["touched_foreign"]), (n, []), "as somebody else's, whom nobody has touched")
        d.pool("AdminUpdateUserAttributes", Username=foreign[0]["Username"], UserAttributes=pairs({"name": "mine"}))
        equal(d.get("stats")["touched_foreign"], [foreign[0]["Username"]], "unless somebody does")
        equal(run_job(d, table(d, [person(f"v{number}") for number in range(100)]))[0][2] > 10, True, "imports meet them as well")


def test_quotas():
    with Double("--pool", POOL) as d:
        outcomes = [fails(d.create, f"u{number}") for number in range(80)]
        said = d.get("stats")["quotas"]["UserCreation"]
        ok(outcomes[:50] == [None] * 50, "50 creations a second are free")
        equal((said["limit"], said["peak_taken"] <= 50, said["throttled"] == outcomes.count("TooManyRequestsException")), (50, True, True), "no more are taken")
        d.tell("control", {"scale": 0.1})
        d.tell("forget", {})
        outcomes = [fails(d.create, f"u{number}") for number in range(20)]
        ok(outcomes[:5] == [None] * 5 and outcomes[5] == "TooManyRequestsException", "the scale holds")
        try:
            d.pool("AdminUpdateUserAttributes", Username="u1", UserAttributes=[])
            for _ in range(20):
                d.pool("AdminUpdateUserAttributes", Username="u1", UserAttributes=[])
        except Failed as why:
            equal((why.status, why.type), (400, "TooManyRequestsException"), "throttling is HTTP 400")
        d.tell("control", {"scale": 1})
        d.tell("forget", {})
        d.create("one")
        outcomes = [fails(d.pool, "AdminGetUser", Username="one") for _ in range(15)]
        ok(outcomes[:10] == [None] * 10 and "TooManyRequestsException" in outcomes, "a user is read ten times a second")
        outcomes = [fails(d.pool, "GetCSVHeader") for _ in range(8)]
        ok(outcomes[:5] == [None] * 5 and "TooManyRequestsException" in outcomes, "a pool's resource five times")
        outcomes = [fails(d.ask, "FilterLogEvents", service="logs", logGroupName="/x") for _ in range(15)]
        ok(outcomes[9] == "ResourceNotFoundException" and "ThrottlingException" in outcomes, "CloudWatch has its own quotas and name for it")


def test_limits():
    def limit(d, category):
        definition = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": category}}
        return d.ask("GetProvisionedLimit", LimitDefinition=definition)["Limit"]["ProvisionedLimitValue"]

    with Double("--scale", "10", "--pool", POOL) as d:
        equal((limit(d, "UserCreation"), limit(d, "UserUpdate")), (500, 250), "the account's quotas can be asked for, scaled as they are")
        equal(fails(limit, d, "Nonsense"), "ResourceNotFoundException", "but none that there is not")


def test_records():
    path = tempfile.mkstemp(dir=os.environ.get("TMPDIR"))[1]
    with Double("--scale", "0", "--pool", POOL, "--log", path) as d:
        d.create("a", **{"email": "same@example.org"})
        d.create("b", **{"email": "same@example.org"})
        fails(d.create, "a")
        d.tell("faults", [{"fault": "lose"}])
        fails(d.create, "c", email="c@example.org")
        said = d.get("stats", same="email")
        equal((said["requests"], said["calls"], said["doubled"], said["most_calls_of_a_user"], said["users"]),
              (4, {"AdminCreateUser": 4}, ["same@example.org"], {"AdminCreateUser": 2}, {"api": 3}), "calls and doubled users are counted")
        equal(said["outcomes"], {"AdminCreateUser OK": 2, "AdminCreateUser UsernameExistsException": 1, "AdminCreateUser reset": 1}, "and outcomes")
        last = d.get("requests", op="AdminCreateUser", last="1")[0]
        equal((last["user"], last["outcome"], last["done"], last["fault"]), ("c", "reset", True, "lose"), "each request is kept, with what came of it")
        equal(d.get("calls", op="AdminCreateUser"), {"a": 2, "b": 1, "c": 1}, "and who was called how often")
        d.tell("forget", {})
        equal((d.get("stats")["requests"], d.get("users", pool=POOL)), (0, []), "all of it can be forgotten")
    with open(path, encoding="utf-8") as log:
        equal([json.loads(line)[3] for line in log], ["a", "b", "a", "c"], "the log has a line each")
    os.unlink(path)


def raw_create(d, name, email):
    body = json.dumps({"UserPoolId": POOL, "Username": name, "MessageAction": "SUPPRESS", "UserAttributes": pairs({"email": email})}).encode()
    headers = d.headers(body, "cognito-idp", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityProviderService.AdminCreateUser"})
    head = "POST / HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + f"Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_together():
    with Double("--scale", "0", "--latency", "300", pools=[{"Id": POOL, "AliasAttributes": ["email"]}]) as d:
        sockets = [socket.create_connection(("127.0.0.1", d.port)) for _ in range(3)]
        for one, (name, email) in zip(sockets, (("a", "x@example.org"), ("a", "y@example.org"), ("b", "Y@example.org"))):
            one.sendall(raw_create(d, name, email))
        for one in sockets:
            one.recv(100)
            one.close()
        said = d.get("stats")
        equal((said["together"], said["together_alias"], said["most_in_flight"]), (1, 1, 3), "two requests of a user or of an alias at the same time are seen")
        d.tell("control", {"latency": 0})
        d.create("c")
        d.create("c2")
        equal(d.get("stats")["together"], 1, "one after the other is nothing")
