# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Operations on one user."""
from . import schema
from .errors import Refusal, invalid
from .hashes import keep_password
from .operations import FLAG, MAP, PASSWORD, POOL, USER, ListOf, Of, Pairs, Text, operation
from .pool import VERIFIED

TEMPORARY = "Tmp-0000-pass"         # what a user without TemporaryPassword gets; nobody is told


def attribute_list(user):
    return [{"Name": "sub", "Value": user.sub}, *({"Name": n, "Value": v} for n, v in user.attributes().items())]


def seen(user, attributes="Attributes"):
    out = {"Username": user.name, attributes: attribute_list(user), "UserCreateDate": round(user.created, 3),
           "UserLastModifiedDate": round(user.modified, 3), "Enabled": user.enabled, "UserStatus": user.status}
    if user.mfa and attributes == "UserAttributes":
        out["UserMFASettingList"] = list(user.mfa)
        if user.preferred:
            out["PreferredMfaSetting"] = user.preferred
    return out


def named(double, pool, name):
    """The user, if its creation has got through to where it is read."""
    user = pool.find(name)
    if double.o.get_lag and pool.clock.now() < user.created + double.o.get_lag / 1000:
        raise Refusal("UserNotFoundException", "User does not exist.")
    return user


def touched(double, pool, user):
    user.modified = pool.clock.now()
    if user.origin == "foreign":
        double.records.touched.add(user.name)


def pairs(body, name="UserAttributes"):
    return {one["Name"]: one.get("Value", "") for one in body.get(name) or ()}


def set_password(pool, user, password, status):
    user.secret, user.status = keep_password(password), status


# ---- creation ----

def media(body, attributes):
    """By which ways the invitation goes; the default is SMS, whether there is a number or not."""
    return body.get("DesiredDeliveryMediums") or ["SMS"]


def invite(double, pool, body, attributes):
    for medium in media(body, attributes):
        if medium == "EMAIL" and pool.said.get("EmailConfiguration", {}).get("EmailSendingAccount") != "DEVELOPER":
            double.spend_mail()
    for medium in media(body, attributes):
        double.records.message(medium, body["Username"])


def resend(double, pool, body):
    user = pool.find(body["Username"])
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise Refusal("UnsupportedUserStateException", f"User cannot be confirmed. Current status is {user.status}")
    invite(double, pool, body, user.attributes())
    set_password(pool, user, body.get("TemporaryPassword") or TEMPORARY, "FORCE_CHANGE_PASSWORD")
    touched(double, pool, user)
    return {"User": seen(user)}


def new_attributes(pool, body):
    """What the user will have; blank ones are none."""
    attributes = {name: value for name, value in pairs(body).items() if value != ""}
    by = pool.check_name(body["Username"])
    if by:
        attributes.setdefault(by, body["Username"])
    pool.check_new(attributes)
    return attributes


@operation("AdminCreateUser", "UserCreation", "write", mau=True, UserPoolId=POOL, Username=USER, UserAttributes_=Pairs(),
           ValidationData_=Pairs(), TemporaryPassword_=PASSWORD, ForceAliasCreation_=FLAG,
           MessageAction_=Text(words=("RESEND", "SUPPRESS")), ClientMetadata_=MAP,
           DesiredDeliveryMediums_=ListOf(Text(words=("SMS", "EMAIL"))))
def admin_create_user(double, pool, body):
    if body.get("MessageAction") == "RESEND":
        return resend(double, pool, body)
    attributes = new_attributes(pool, body)
    pool.check_unused(body["Username"])
    if body.get("TemporaryPassword"):
        schema.check_password(pool.policy, body["TemporaryPassword"])
    if pool.clash(attributes) is not None:
        if pool.sign_in_by:
            raise Refusal("UsernameExistsException", "An account with the given attribute already exists.")
        if not body.get("ForceAliasCreation"):
            raise Refusal("AliasExistsException", "An account with the alias already exists.")
        pool.steal(attributes, pool.fold(body["Username"]))
    if body.get("MessageAction") != "SUPPRESS":
        invite(double, pool, body, attributes)
    user = pool.add(body["Username"], attributes, "FORCE_CHANGE_PASSWORD", "api",
                    keep_password(body.get("TemporaryPassword") or TEMPORARY))
    return {"User": seen(user)}


@operation("AdminSetUserPassword", "UserAccountRecovery", "write", mau=True, UserPoolId=POOL, Username=USER,
           Password=PASSWORD, Permanent_=FLAG)
def admin_set_user_password(double, pool, body):
    user = named(double, pool, body["Username"])
    schema.check_password(pool.policy, body["Password"])
    set_password(pool, user, body["Password"], "CONFIRMED" if body.get("Permanent") else "FORCE_CHANGE_PASSWORD")
    touched(double, pool, user)
    return {}


@operation("AdminGetUser", "UserRead", "read", mau=True, UserPoolId=POOL, Username=USER)
def admin_get_user(double, pool, body):
    return seen(named(double, pool, body["Username"]), "UserAttributes")


# ---- attributes ----

def check_changes(pool, user, changes):
    for name, value in changes.items():
        attribute = pool.schema.get(name)
        if attribute and not attribute.mutable:
            raise invalid(f"Cannot modify the non-mutable attribute {name}")
        if value == "" and name in pool.required:
            raise invalid(f"Attributes did not conform to the schema: {name}: The attribute is required")
        if value != "" or not attribute:
            schema.check_value(pool.schema, name, value)


def changed(old, changes):
    """A blank value deletes; a new address is not verified unless the same call says so."""
    new = {name: value for name, value in {**old, **changes}.items() if value != ""}
    for name, verified in VERIFIED.items():
        if name in changes and verified not in changes and new.get(name) != old.get(name) and verified in new:
            new[verified] = "false"
    return new


@operation("AdminUpdateUserAttributes", "UserUpdate", "write", mau=True, UserPoolId=POOL, Username=USER,
           UserAttributes=Pairs(), ClientMetadata_=MAP)
def admin_update_user_attributes(double, pool, body):
    user, changes = named(double, pool, body["Username"]), pairs(body)
    check_changes(pool, user, changes)
    new = changed(user.attributes(), changes)
    if pool.clash(new, pool.fold(user.name)) is not None:
        raise Refusal("AliasExistsException", "An account with the alias already exists.")
    pool.change(user, new)
    touched(double, pool, user)
    return {}


@operation("AdminDeleteUserAttributes", "UserUpdate", "write", mau=True, UserPoolId=POOL, Username=USER,
           UserAttributeNames=ListOf(Text(1, 32, schema.is_name)))
def admin_delete_user_attributes(double, pool, body):
    user = named(double, pool, body["Username"])
    changes = dict.fromkeys(body["UserAttributeNames"], "")
    check_changes(pool, user, changes)
    pool.change(user, changed(user.attributes(), changes))
    touched(double, pool, user)
    return {}


# ---- the user as a whole ----

@operation("AdminDeleteUser", "UserUpdate", "write", UserPoolId=POOL, Username=USER)
def admin_delete_user(double, pool, body):
    user = named(double, pool, body["Username"])
    touched(double, pool, user)
    pool.remove(user)
    return None


def able(double, pool, body, enabled):
    user = named(double, pool, body["Username"])
    user.enabled = enabled
    touched(double, pool, user)
    return {}


@operation("AdminDisableUser", "UserUpdate", "write", mau=True, UserPoolId=POOL, Username=USER)
def admin_disable_user(double, pool, body):
    return able(double, pool, body, False)


@operation("AdminEnableUser", "UserUpdate", "write", mau=True, UserPoolId=POOL, Username=USER)
def admin_enable_user(double, pool, body):
    return able(double, pool, body, True)


# ---- MFA ----

SETTINGS = (("SMSMfaSettings", "SMS_MFA", "phone_number"), ("SoftwareTokenMfaSettings", "SOFTWARE_TOKEN_MFA", None),
            ("EmailMfaSettings", "EMAIL_OTP", "email"))


def check_mfa(pool, user, factor, needs):
    if pool.mfa == "OFF":
        raise invalid("User pool does not have MFA configured")
    if needs is None:
        raise invalid("User has not set up software token mfa")
    if not user.get(needs):
        raise invalid(f"User does not have delivery config set to turn on {factor}")


@operation("AdminSetUserMFAPreference", "UserResourceUpdate", "write", mau=True, UserPoolId=POOL, Username=USER,
           **{f"{setting}_": Of(dict) for setting, _, _ in SETTINGS}, WebAuthnMfaSettings_=Of(dict))
def admin_set_user_mfa_preference(double, pool, body):
    user = named(double, pool, body["Username"])
    if user.status == "UNCONFIRMED":
        raise Refusal("UserNotConfirmedException", "User is not confirmed.")
    if user.status == "RESET_REQUIRED":
        raise Refusal("PasswordResetRequiredException", "Password reset required for the user")
    factors, preferred = set(user.mfa), user.preferred
    for setting, factor, needs in SETTINGS:
        said = body.get(setting)
        if said is None:
            continue
        if said.get("Enabled"):
            check_mfa(pool, user, factor, needs)
            factors.add(factor)
        else:
            factors.discard(factor)
        if said.get("PreferredMfa") and factor in factors:
            preferred = factor
        elif preferred == factor:
            preferred = None
    user.mfa, user.preferred = tuple(sorted(factors)), preferred
    touched(double, pool, user)
    return {}


# ---- linked identities ----

@operation("AdminLinkProviderForUser", "UserUpdate", mau=True, UserPoolId=POOL, DestinationUser=Of(dict), SourceUser=Of(dict))
def admin_link_provider_for_user(double, pool, body):
    to, source = body["DestinationUser"], body["SourceUser"]
    provider, value = source.get("ProviderName"), source.get("ProviderAttributeValue")
    if not provider or not value or provider not in pool.said.get("Providers", ()):
        raise invalid("the provider of the source user is not known")
    user = named(double, pool, to.get("ProviderAttributeValue", ""))
    links = pool.said.setdefault("_links", {})
    if links.get((provider, value), user.name) != user.name:
        raise Refusal("AliasExistsException", "the identity is linked to another user")
    if (provider, value) not in links and list(links.values()).count(user.name) >= 5:
        raise Refusal("LimitExceededException", "a user has at most 5 linked identities")
    links[provider, value] = user.name
    touched(double, pool, user)
    return {}
