# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""ListUsers: filters, pages, tokens, and what can go wrong with them."""
from tap import equal, ok

from .client import POOL, Double, fails


def walk(d, **members):
    """All users, and the sizes of the pages."""
    names, sizes, token = [], [], {}
    while True:
        said = d.pool("ListUsers", **members, **token)
        names += [user["Username"] for user in said["Users"]]
        sizes.append(len(said["Users"]))
        if "PaginationToken" not in said:
            return names, sizes
        token = {"PaginationToken": said["PaginationToken"]}


def test_pages():
    with Double("--scale", "0", "--pool", POOL) as d:
        d.tell("users", {"pool": POOL, "generate": 150})
        names, sizes = walk(d)
        equal((len(set(names)), sizes), (150, [60, 60, 30]), "pages of 60")
        equal(walk(d, Limit=50)[1], [50, 50, 50], "or fewer, without an empty one at the end")
        equal(fails(d.pool, "ListUsers", Limit=61), "InvalidParameterException", "but no more")
        token = d.pool("ListUsers", Limit=10)["PaginationToken"]
        equal(fails(d.pool, "ListUsers", Limit=11, PaginationToken=token), "InvalidParameterException", "a token is bound to its parameters")
        equal(fails(d.pool, "ListUsers", Limit=10, PaginationToken=token), None, "with the same it goes on")
        equal(fails(d.pool, "ListUsers", PaginationToken="nonsense"), "InvalidParameterException", "what is no token is refused")
        d.tell("clock", {"advance": 3601})
        equal(fails(d.pool, "ListUsers", Limit=10, PaginationToken=token), "InvalidParameterException", "and one that is too old")
        token = d.pool("ListUsers", Limit=10)["PaginationToken"]
        d.tell("tokens", {})
        equal(fails(d.pool, "ListUsers", Limit=10, PaginationToken=token), "InvalidParameterException", "or was ended")
        parts = [walk(d, Filter=f'sub ^= "{digit:x}"')[0] for digit in range(16)]
        equal(sorted(sum(parts, [])), sorted(names), "the sixteen parts by sub are all, each once")
        members, token = 0, {}
        while token is not None:
            said = d.pool("ListUsersInGroup", GroupName="all", Limit=20, **token)
            members += len(said["Users"])
            token = {"NextToken": said["NextToken"]} if "NextToken" in said else None
        ok(20 < members < 150, "members of a group come by pages, too")


def test_faulty_pages():
    with Double("--scale", "0", "--pool", POOL, "--short-pages", "50%", "--empty-pages", "20%") as d:
        d.tell("users", {"pool": POOL, "generate": 900})
        names, sizes = walk(d)
        equal(len(set(names)), 900, "short and empty pages: all users nevertheless")
        ok(0 in sizes[:-1] and any(0 < size < 60 for size in sizes[:-1]), "and there were both, with a token")
        d.tell("control", {"token_breaks": 1.0})
        token = None
        while token is None:
            token = d.pool("ListUsers", Limit=7).get("PaginationToken")
        equal(fails(d.pool, "ListUsers", Limit=7, PaginationToken=token), "InvalidParameterException", "a token can break")


def test_filters():
    with Double("--scale", "0", "--pool", POOL) as d:
        sub = d.create("Ada", email="Ada@Example.org", name='the "first"')["Attributes"][0]["Value"]
        d.create("bob", email="bob@example.org", given_name="Bob")
        d.pool("AdminDisableUser", Username="bob")
        named = lambda text: [user["Username"] for user in d.pool("ListUsers", Filter=text)["Users"]]  # noqa: E731
        for text, wanted in (('username = "Ada"', ["Ada"]), ('username = "ada"', []), ('email = "ada@example.org"', ["Ada"]),
                             ('email ^= "B"', ["bob"]), ('status = "Disabled"', ["bob"]), ('status = "disabled"', []), ('name = "the \\"first\\""', ["Ada"]),
                             ('cognito:user_status = "FORCE_CHANGE_PASSWORD"', ["Ada", "bob"]), (f'sub = "{sub}"', ["Ada"]),
                             ('given_name^="bo"', ["bob"]), ('phone_number = "+1"', [])):
            equal(named(text), wanted, f"filter {text}")
        for text in ('custom:x = "1"', 'username = Ada', 'username != "x"', 'email = "a" and name = "b"', "x" * 257):
            equal(fails(d.pool, "ListUsers", Filter=text), "InvalidParameterException", f"no filter: {text[:40]}")
        d.pool("AdminUpdateUserAttributes", Username="Ada", UserAttributes=[{"Name": "email", "Value": "new@example.org"}])
        equal((named('email = "ada@example.org"'), named('email = "new@example.org"')), ([], ["Ada"]), "what has changed is found anew")
        d.pool("AdminDeleteUser", Username="Ada")
        equal((named('email = "new@example.org"'), named(f'sub = "{sub}"')), ([], []), "what is deleted is not")
        carol = d.create("carol", email="new@example.org")["Attributes"][0]["Value"]
        equal((named(f'sub = "{carol}"'), named('email = "new@example.org"')), (["carol"], ["carol"]), "and what is new is")
        equal(fails(d.pool, "ListUsers", AttributesToGet=["given_name"]), "InvalidParameterException", "attributes that some user lacks fail")
        equal(d.pool("ListUsers", Filter='username = "bob"', AttributesToGet=["email"])["Users"][0]["Attributes"],
              [{"Name": "email", "Value": "bob@example.org"}], "those that all have are given alone")


def test_delayed():
    with Double("--scale", "0", "--pool", POOL, "--list-lag", "60000", "--get-lag", "30000") as d:
        d.create("new")
        equal((walk(d)[0], fails(d.pool, "AdminGetUser", Username="new")), ([], "UserNotFoundException"), "a new user is not seen at once")
        equal(fails(d.create, "new"), "UsernameExistsException", "though it is there")
        d.tell("clock", {"advance": 40})
        equal((walk(d)[0], fails(d.pool, "AdminGetUser", Username="new")), ([], None), "it is read first")
        d.tell("clock", {"advance": 30})
        equal(walk(d)[0], ["new"], "and listed later")
