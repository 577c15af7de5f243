# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Groups and their members."""
from tap import equal

from .client import POOL, Double, fails


def test_groups():
    with Double("--scale", "0", "--pool", POOL) as d:
        for name in ("u1", "u2"):
            d.create(name)
        said = d.pool("CreateGroup", GroupName="admins", Description="all may", Precedence=1)["Group"]
        equal((said["GroupName"], said["Precedence"], said["UserPoolId"]), ("admins", 1, POOL), "a group is made")
        equal(fails(d.pool, "CreateGroup", GroupName="admins"), "GroupExistsException", "once")
        equal(fails(d.pool, "CreateGroup", GroupName="bad", Precedence=-1), "InvalidParameterException", "with a precedence from 0")
        add = lambda user, group: fails(d.pool, "AdminAddUserToGroup", Username=user, GroupName=group)  # noqa: E731
        equal([add("u1", "admins"), add("u1", "admins"), add("no", "admins"), add("u1", "none")],
              [None, None, "UserNotFoundException", "ResourceNotFoundException"], "users come into it, twice is as once")
        names = lambda: [user["Username"] for user in d.pool("ListUsersInGroup", GroupName="admins")["Users"]]  # noqa: E731
        equal(names(), ["u1"], "and are listed")
        d.pool("CreateGroup", GroupName="second")
        add("u1", "second")
        equal([g["GroupName"] for g in d.pool("AdminListGroupsForUser", Username="u1")["Groups"]], ["admins", "second"], "so are a user's")
        d.pool("AdminRemoveUserFromGroup", Username="u1", GroupName="admins")
        equal((names(), [g["GroupName"] for g in d.pool("AdminListGroupsForUser", Username="u1")["Groups"]]), ([], ["second"]), "they can go")
        d.pool("UpdateGroup", GroupName="second", Description="new")
        equal(d.pool("GetGroup", GroupName="second")["Group"]["Description"], "new", "a group changes")
        d.pool("AdminDeleteUser", Username="u1")
        equal(d.pool("ListUsersInGroup", GroupName="second")["Users"], [], "who is deleted is in none")
        add("u2", "second")
        d.pool("DeleteGroup", GroupName="second")
        equal(([g["GroupName"] for g in d.pool("ListGroups")["Groups"]], d.pool("AdminListGroupsForUser", Username="u2")["Groups"]),
              (["admins"], []), "and can be deleted")
        equal(fails(d.pool, "GetGroup", GroupName="second"), "ResourceNotFoundException", "for good")
        for number in range(100):
            d.tell("users", {"pool": POOL, "users": [{"Username": f"x{number}", "Groups": [f"g{number}"]}]})
            add("u2", f"g{number}")
        equal(add("u2", "admins"), "LimitExceededException", "a user is in 100 at most")
