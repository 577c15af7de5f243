# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Operations on groups and on who is in them."""
from .errors import Refusal, absent
from .listing import page_of
from .operations import DESCRIPTION, GROUP, LIMIT, POOL, ROLE, TOKEN, USER, Whole, operation
from .pool import Group
from .users import named, seen, touched

MAX_GROUPS, MAX_GROUPS_OF_USER = 10000, 100
GROUP_MEMBERS = {"UserPoolId": POOL, "GroupName": GROUP}
GROUP_FIELDS = {**GROUP_MEMBERS, "Description_": DESCRIPTION, "RoleArn_": ROLE, "Precedence_": Whole()}
MEMBERSHIP = {**GROUP_MEMBERS, "Username": USER}


def group_of(pool, body):
    group = pool.groups.get(body["GroupName"])
    if not group:
        raise absent("Group not found.")
    return group


@operation("CreateGroup", "UserPoolResourceUpdate", scope=5, **GROUP_FIELDS)
def create_group(double, pool, body):
    if body["GroupName"] in pool.groups:
        raise Refusal("GroupExistsException", "A group with the name already exists.")
    if len(pool.groups) >= MAX_GROUPS:
        raise Refusal("LimitExceededException", "too many groups")
    group = pool.groups[body["GroupName"]] = Group(pool.id, body, round(pool.clock.now(), 3))
    return {"Group": group.said}


@operation("UpdateGroup", "UserPoolResourceUpdate", scope=5, **GROUP_FIELDS)
def update_group(double, pool, body):
    group = group_of(pool, body)
    group.said.update({name: body[name] for name in ("Description", "RoleArn", "Precedence") if name in body})
    group.said["LastModifiedDate"] = round(pool.clock.now(), 3)
    return {"Group": group.said}


@operation("DeleteGroup", "UserPoolResourceUpdate", scope=5, **GROUP_MEMBERS)
def delete_group(double, pool, body):
    for folded in group_of(pool, body).members:
        user = pool.by_folded(folded)
        user.groups = tuple(name for name in user.groups if name != body["GroupName"])
    del pool.groups[body["GroupName"]]
    return None


@operation("GetGroup", "UserPoolResourceRead", scope=5, **GROUP_MEMBERS)
def get_group(double, pool, body):
    return {"Group": group_of(pool, body).said}


@operation("ListGroups", "UserPoolResourceRead", scope=5, UserPoolId=POOL, Limit_=LIMIT, NextToken_=TOKEN)
def list_groups(double, pool, body):
    return page_of(double, "ListGroups", body, "Groups", [group.said for group in pool.groups.values()], "NextToken")


@operation("AdminAddUserToGroup", "UserUpdate", "write", mau=True, **MEMBERSHIP)
def admin_add_user_to_group(double, pool, body):
    user, group = named(double, pool, body["Username"]), group_of(pool, body)
    if body["GroupName"] not in user.groups:
        if len(user.groups) >= MAX_GROUPS_OF_USER:
            raise Refusal("LimitExceededException", "too many groups of the user")
        user.groups += (body["GroupName"],)
        group.members[pool.fold(user.name)] = True
    touched(double, pool, user)
    return None


@operation("AdminRemoveUserFromGroup", "UserUpdate", "write", mau=True, **MEMBERSHIP)
def admin_remove_user_from_group(double, pool, body):
    user, group = named(double, pool, body["Username"]), group_of(pool, body)
    user.groups = tuple(name for name in user.groups if name != body["GroupName"])
    group.members.pop(pool.fold(user.name), None)
    touched(double, pool, user)
    return None


@operation("AdminListGroupsForUser", "UserResourceRead", "read", UserPoolId=POOL, Username=USER, Limit_=LIMIT, NextToken_=TOKEN)
def admin_list_groups_for_user(double, pool, body):
    user = named(double, pool, body["Username"])
    return page_of(double, "AdminListGroupsForUser", body, "Groups", [pool.groups[name].said for name in user.groups], "NextToken")


@operation("ListUsersInGroup", "UserList", **GROUP_MEMBERS, Limit_=LIMIT, NextToken_=TOKEN)
def list_users_in_group(double, pool, body):
    members = list(group_of(pool, body).members)
    return page_of(double, "ListUsersInGroup", body, "Users", members, "NextToken", lambda name: seen(pool.by_folded(name)))
