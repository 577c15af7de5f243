# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Users: names, aliases, the pool's schema and policy, status, MFA, messages, who becomes active."""
import base64
import hmac

from tap import equal, ok

from .client import POOL, Double, fails, pairs

PASSWORD = "Correct-horse7"
RICH = {"Id": POOL, "AutoVerifiedAttributes": ["email"], "MfaConfiguration": "OPTIONAL", "Clients": {"c1": {}},
        "Schema": [{"Name": "email", "Required": True}, {"Name": "family_name", "Mutable": False},
                   {"Name": "tier", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "9"}},
                   {"Name": "code", "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "4"}},
                   {"Name": "inner", "DeveloperOnlyAttribute": True}]}


def attributes(user, name="Attributes"):
    return {one["Name"]: one["Value"] for one in user[name]}


def read(d, name):
    return attributes(d.pool("AdminGetUser", Username=name), "UserAttributes")


def test_create_and_read():
    with Double("--pool", POOL, "--scale", "0") as d:
        user = d.create("Ada", email="ada@example.org", name="Ada")
        equal((user["Username"], user["UserStatus"], user["Enabled"]), ("Ada", "FORCE_CHANGE_PASSWORD", True), "a user is made")
        equal(sorted(attributes(user)), ["email", "name", "sub"], "with a sub of its own")
        equal(fails(d.create, "Ada"), "UsernameExistsException", "once")
        equal(fails(d.create, "aDA"), "UsernameExistsException", "however it is spelt")
        equal(d.pool("AdminGetUser", Username="ADA")["Username"], "Ada", "and read, however it is asked for")
        equal(fails(d.create, "with blank x"), "InvalidParameterException", "no white space in a name")
        equal(fails(d.create, "x" * 129), "InvalidParameterException", "129 are too many")
        equal(d.create("пользо\u0301ватель-✓")["Username"], "пользо\u0301ватель-✓", "letters, marks and symbols of all scripts are fine")
        equal(fails(d.create, "tab\tbed"), "InvalidParameterException", "control characters are not")
        equal(fails(d.create, "s1", sub="mine"), "InvalidParameterException", "sub cannot be set")
        equal(fails(d.create, "s2", custom_none="1"), "InvalidParameterException", "nor what the pool does not have")
        d.pool("AdminDeleteUser", Username="ada")
        equal(fails(d.pool, "AdminGetUser", Username="Ada"), "UserNotFoundException", "a user can be deleted")
        ok(d.create("ada")["Attributes"][0] != user["Attributes"][0], "and made again, with another sub")
        d.tell("pools", {"Id": POOL, "UsernameConfiguration": {"CaseSensitive": True}})
        equal([fails(d.create, "Ada"), fails(d.create, "ada")], [None, None], "unless the pool tells cases apart")


def test_schema():
    with Double("--scale", "0", pools=[RICH]) as d:
        good = {"email": "a@example.org"}
        equal(fails(d.create, "u1"), "InvalidParameterException", "a required attribute is missing")
        equal(fails(d.create, "u1", **good, **{"custom:tier": "3", "custom:code": "ab", "dev:custom:inner": "x", "family_name": "L"}), None,
              "one that has all")
        bad = {"email": "no address", "phone_number": "0123", "birthdate": "02/28/1990", "email_verified": "yes", "updated_at": "now",
               "custom:tier": "10", "custom:code": "abcde", "name": "x" * 2049, "custom:inner": "x", "locale": "a\0b"}
        for name, value in bad.items():
            equal(fails(d.create, "u2", **{**good, name: value}), "InvalidParameterException", f"{name} does not fit")
        equal([fails(d.create, "u3", **good, **{"custom:tier": "0"}), fails(d.create, "u3", **good, **{"custom:code": "a"})],
              ["InvalidParameterException"] * 2, "nor what is too small")
        change = lambda **said: fails(d.pool, "AdminUpdateUserAttributes", Username="u1", UserAttributes=pairs(said))  # noqa: E731
        equal(change(family_name="M"), "InvalidParameterException", "what is not mutable stays")
        equal(change(email=""), "InvalidParameterException", "what is required cannot be blank")
        equal(fails(d.pool, "AdminDeleteUserAttributes", Username="u1", UserAttributeNames=["email"]), "InvalidParameterException", "nor go")
        equal(change(email_verified="true", custom_tier="4"), None, "the rest can change")
        equal(change(email="b@example.org"), None, "an address, too")
        equal({k: read(d, "u1").get(k) for k in ("email", "email_verified", "custom:tier")},
              {"email": "b@example.org", "email_verified": "false", "custom:tier": "4"}, "which is no longer verified then")
        equal(change(email="c@example.org", email_verified="true"), None, "unless the same call says so")
        equal((read(d, "u1")["email_verified"], change(**{"custom:code": ""}), "custom:code" in read(d, "u1")), ("true", None, False),
              "a blank value deletes")
        d.pool("AdminDeleteUserAttributes", Username="u1", UserAttributeNames=["custom:tier"])
        ok("custom:tier" not in read(d, "u1"), "so does the call for it")
        names = {one["Name"]: one for one in d.pool("DescribeUserPool")["UserPool"]["SchemaAttributes"]}
        equal((names["custom:tier"]["NumberAttributeConstraints"], names["email"]["Required"], names["dev:custom:inner"]["DeveloperOnlyAttribute"]),
              ({"MinValue": "1", "MaxValue": "9"}, True, True), "the pool says what it wants")


def test_aliases():
    with Double("--scale", "0", pools=[{"Id": POOL, "AliasAttributes": ["email", "preferred_username"]}]) as d:
        mail = {"email": "a@example.org", "email_verified": "true"}
        equal(fails(d.create, "a@example.org"), "InvalidParameterException", "a name may not look like an alias")
        d.create("one", **mail)
        equal(d.pool("AdminGetUser", Username="A@example.ORG")["Username"], "one", "a verified address is a name, too")
        equal(fails(d.create, "two", **mail), "AliasExistsException", "and nobody else's")
        equal(fails(d.create, "three", email="a@example.org"), None, "unless it is not verified")
        update = lambda **said: fails(d.pool, "AdminUpdateUserAttributes", Username="three", UserAttributes=pairs(said))  # noqa: E731
        equal(update(email_verified="true"), "AliasExistsException", "nor can it become so")
        equal([fails(d.create, "p1", preferred_username="Pea"), fails(d.create, "p2", preferred_username="pea")], [None, "AliasExistsException"],
              "a preferred name is an alias at once")
        d.ask("AdminCreateUser", UserPoolId=POOL, Username="two", MessageAction="SUPPRESS", UserAttributes=pairs(mail), ForceAliasCreation=True)
        equal((d.pool("AdminGetUser", Username="a@example.org")["Username"], read(d, "one")["email_verified"]), ("two", "false"),
              "an alias can be taken away by force")
        d.pool("AdminDeleteUser", Username="two")
        equal(update(email_verified="true"), None, "it is free when its user is gone")


def test_sign_in_by_address():
    with Double("--scale", "0", pools=[{"Id": POOL, "UsernameAttributes": ["email"]}]) as d:
        equal(fails(d.create, "ada"), "InvalidParameterException", "the name has to be an address")
        user = d.create("ada@example.org")
        equal((user["Username"], attributes(user)["email"]), (attributes(user)["sub"], "ada@example.org"), "the real name is the sub")
        equal(fails(d.create, "ADA@example.org"), "UsernameExistsException", "an address is there once")
        equal([d.pool("AdminGetUser", Username=name)["Username"] for name in ("ada@example.org", user["Username"])], [user["Username"]] * 2,
              "both lead to the user")


def test_passwords():
    with Double("--scale", "0", pools=[RICH, {"Id": "us-east-1_lax", "Policies": {"PasswordPolicy": {
            "MinimumLength": 6, "RequireSymbols": False, "RequireUppercase": False, "RequireLowercase": False, "RequireNumbers": False}}}]) as d:
        d.create("u", email="a@example.org")
        d.create("u", _pool="us-east-1_lax")
        put = lambda text, **more: fails(d.pool, "AdminSetUserPassword", Username="u", Password=text, **more)  # noqa: E731
        for text in ("Sh0rt!", "no-upper7-case", "NO-LOWER7-CASE", "No-number-here", "Nosymbol7here"):
            equal(put(text), "InvalidPasswordException", f"the policy refuses {text}")
        equal(fails(d.ask, "AdminSetUserPassword", UserPoolId="us-east-1_lax", Username="u", Password="simple"), None, "another pool's does not")
        equal(put("With blank 7 X!"), "InvalidParameterException", "no white space")
        equal(put("X7!a" * 64 + "x"), "InvalidParameterException", "nor more than 256")
        sign_in = lambda text, op="InitiateAuth", flow="USER_PASSWORD_AUTH", **more: d.ask(  # noqa: E731
            op, signed=op != "InitiateAuth", AuthFlow=flow, ClientId="c1", AuthParameters={"USERNAME": "u", "PASSWORD": text}, **more)
        equal(put(PASSWORD), None, "a good one")
        equal(sign_in(PASSWORD)["ChallengeName"], "NEW_PASSWORD_REQUIRED", "is to be changed")
        put(PASSWORD, Permanent=True)
        equal(d.pool("AdminGetUser", Username="u")["UserStatus"], "CONFIRMED", "unless it is permanent")
        ok("AccessToken" in sign_in(PASSWORD)["AuthenticationResult"], "and lets in")
        ok("AccessToken" in sign_in(PASSWORD, "AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH", UserPoolId=POOL)["AuthenticationResult"], "so for admins")
        equal(fails(sign_in, PASSWORD, "AdminInitiateAuth", UserPoolId=POOL), "InvalidParameterException", "by their own flow")
        equal(fails(sign_in, PASSWORD + "x"), "NotAuthorizedException", "another password does not")
        d.pool("AdminDisableUser", Username="u")
        equal((fails(sign_in, PASSWORD), d.pool("AdminGetUser", Username="u")["Enabled"]), ("NotAuthorizedException", False), "nor a disabled user")
        d.pool("AdminEnableUser", Username="u")
        equal(fails(sign_in, PASSWORD), None, "until it is enabled")
        equal(fails(d.ask, "AdminCreateUser", UserPoolId=POOL, Username="v", UserAttributes=pairs({"email": "v@example.org"}),
                    TemporaryPassword="short"), "InvalidPasswordException", "the temporary one is checked, too")
        equal([d.get("password", pool=POOL, user="u", **{"is": text})["is"] for text in (PASSWORD, "x")], [True, False], "a test can ask")


def test_clients():
    clients = {"c1": {}, "c2": {"ClientSecret": "s3cret"}, "c3": {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]},
               "c4": {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}}
    with Double("--scale", "0", pools=[{"Id": POOL, "Clients": clients}]) as d:
        d.create("u")
        d.pool("AdminSetUserPassword", Username="u", Password=PASSWORD, Permanent=True)
        sign_in = lambda client, name="u", flow="USER_PASSWORD_AUTH", **more: fails(  # noqa: E731
            d.ask, "InitiateAuth", signed=False, AuthFlow=flow, ClientId=client, AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD, **more})
        digest = base64.b64encode(hmac.digest(b"s3cret", b"uc2", "sha256")).decode()
        equal([sign_in("c2"), sign_in("c2", SECRET_HASH=digest), sign_in("none")], ["NotAuthorizedException", None, "ResourceNotFoundException"],
              "a client with a secret shows it")
        admin = lambda client, **more: fails(d.pool, "AdminInitiateAuth", AuthFlow="ADMIN_USER_PASSWORD_AUTH", ClientId=client,  # noqa: E731
                                             AuthParameters={"USERNAME": "u", "PASSWORD": PASSWORD, **more})
        equal([admin("c2"), admin("c2", SECRET_HASH="x"), admin("c2", SECRET_HASH=digest), admin("c4")],
              ["NotAuthorizedException", "NotAuthorizedException", None, "InvalidParameterException"], "so for admins")
        equal([sign_in("c1", "nobody"), sign_in("c3", "nobody")], ["UserNotFoundException", "NotAuthorizedException"], "a client may hide who is there")
        equal([sign_in("c3"), sign_in("c4"), sign_in("c1", flow="USER_SRP_AUTH")], [None] + ["InvalidParameterException"] * 2, "and has its flows")


def test_mfa():
    with Double("--scale", "0", pools=[RICH, {"Id": "us-east-1_off"}]) as d:
        d.create("u", email="a@example.org", phone_number="+12345550100")
        d.create("n", email="b@example.org")
        d.create("u", _pool="us-east-1_off", phone_number="+12345550100")
        sms = {"SMSMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        prefer = lambda name, pool=POOL, **said: fails(d.ask, "AdminSetUserMFAPreference", UserPoolId=pool, Username=name, **said)  # noqa: E731
        equal(prefer("u", **sms), None, "SMS is preferred")
        user = d.pool("AdminGetUser", Username="u")
        equal((user["UserMFASettingList"], user["PreferredMfaSetting"]), (["SMS_MFA"], "SMS_MFA"), "and read back")
        equal([prefer("n", **sms), prefer("u", "us-east-1_off", **sms), prefer("u", SoftwareTokenMfaSettings={"Enabled": True})],
              ["InvalidParameterException"] * 3, "not without a number, in a pool without MFA, without a token")
        d.tell("users", {"pool": POOL, "users": [{"Username": status, "UserStatus": status, "Attributes": {"phone_number": "+12345550100"}}
                                                 for status in ("UNCONFIRMED", "RESET_REQUIRED")]})
        equal([prefer("UNCONFIRMED", **sms), prefer("RESET_REQUIRED", **sms)], ["UserNotConfirmedException", "PasswordResetRequiredException"],
              "nor for who is not confirmed")
        d.pool("AdminSetUserPassword", Username="u", Password=PASSWORD, Permanent=True)
        sign_in = lambda: d.ask("InitiateAuth", signed=False, AuthFlow="USER_PASSWORD_AUTH", ClientId=next(iter(RICH["Clients"])),  # noqa: E731
                                AuthParameters={"USERNAME": "u", "PASSWORD": PASSWORD}).get("ChallengeName")
        equal(sign_in(), "SMS_MFA", "behind the password it is asked for")
        prefer("u", SMSMfaSettings={"Enabled": False})
        ok("UserMFASettingList" not in d.pool("AdminGetUser", Username="u"), "it can be turned off")


def test_messages_and_active_users():
    with Double("--scale", "0", "--mail-limit", "2", "--pool", POOL) as d:
        new = lambda name, **more: fails(d.pool, "AdminCreateUser", Username=name, UserAttributes=pairs({"email": "a@example.org"}), **more)  # noqa: E731
        new("quiet", MessageAction="SUPPRESS")
        equal(d.get("stats")["n_messages"], 0, "SUPPRESS is silent")
        new("loud")
        equal(d.get("stats")["messages"], {"SMS": 1}, "without it there is an SMS")
        new("post", DesiredDeliveryMediums=["EMAIL", "SMS"])
        equal(d.get("stats")["messages"], {"SMS": 2, "EMAIL": 1}, "or what is asked for")
        equal([new("post", MessageAction="RESEND"), new("loud", MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])], [None, None],
              "RESEND sends again")
        equal((new("nobody", MessageAction="RESEND"), d.get("stats")["n_messages"]), ("UserNotFoundException", 5), "to users that are there")
        equal(new("last", DesiredDeliveryMediums=["EMAIL"]), "LimitExceededException", "the default sender ends after so many mails a day")
        d.pool("AdminSetUserPassword", Username="quiet", Password=PASSWORD, Permanent=True)
        equal(new("quiet", MessageAction="RESEND"), "UnsupportedUserStateException", "who has a password is not invited")
        equal(d.get("stats")["mau"], 3, "who was created is active this month")
        d.tell("users", {"pool": POOL, "users": [{"Username": "old"}]})
        d.pool("ListUsers")
        equal(d.get("stats")["mau"], 3, "who is listed is not")
        d.pool("AdminGetUser", Username="old")
        equal(d.get("stats")["mau"], 4, "who is read is")


def test_linked_identities():
    with Double("--scale", "0", pools=[{"Id": POOL, "Providers": ["Idp"]}]) as d:
        d.create("a")
        d.create("b")
        link = lambda to, value, provider="Idp": fails(  # noqa: E731
            d.pool, "AdminLinkProviderForUser", DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": to},
            SourceUser={"ProviderName": provider, "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": value})
        equal([link("a", "1"), link("a", "1"), link("b", "1"), link("a", "2", "None")], [None, None, "AliasExistsException", "InvalidParameterException"],
              "an identity belongs to one user")
        equal([link("a", str(i)) for i in range(2, 7)], [None] * 4 + ["LimitExceededException"], "of whom nobody has more than five")
