# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Sign-in with a password. The first one with an imported hash verifies and converts it."""
import base64
import hashlib
import hmac

from .errors import Refusal, invalid, absent
from .hashes import is_password, keep_password
from .operations import MAP, POOL, Of, Text, operation

FLOWS = ("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH",
         "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH")
MEMBERS = {"ClientId": Text(1, 128), "AuthFlow": Text(words=FLOWS), "AuthParameters_": MAP, "ClientMetadata_": Of(dict)}
REFUSED = Refusal("NotAuthorizedException", "Incorrect username or password.")


def check_client(client, client_id, words):
    secret = client.get("ClientSecret")
    if not secret:
        return
    digest = hmac.digest(secret.encode(), (words.get("USERNAME", "") + client_id).encode(), "sha256")
    if words.get("SECRET_HASH") != base64.b64encode(digest).decode():
        raise Refusal("NotAuthorizedException", "Unable to verify secret hash for client")


def sign_in(double, pool, client, body):
    words = body.get("AuthParameters") or {}
    if not words.get("USERNAME") or not words.get("PASSWORD"):
        raise invalid("Missing required parameter USERNAME" if not words.get("USERNAME") else "Missing required parameter PASSWORD")
    check_client(client, body["ClientId"], words)
    user = pool.exact(words["USERNAME"]) or pool.aliased(words["USERNAME"])
    if not user:
        raise REFUSED if client.get("PreventUserExistenceErrors") == "ENABLED" else \
            Refusal("UserNotFoundException", "User does not exist.")
    if not user.enabled:
        raise Refusal("NotAuthorizedException", "User is disabled.")
    if user.status == "RESET_REQUIRED":
        raise Refusal("PasswordResetRequiredException", "Password reset required for the user")
    if user.status == "UNCONFIRMED":
        raise Refusal("UserNotConfirmedException", "User is not confirmed.")
    if not is_password(user.secret, words["PASSWORD"]):
        raise REFUSED
    if isinstance(user.secret, tuple):
        user.secret = keep_password(words["PASSWORD"])
    double.records.active(pool, user.sub)
    if user.status == "FORCE_CHANGE_PASSWORD":
        return {"ChallengeName": "NEW_PASSWORD_REQUIRED", "ChallengeParameters": {"USER_ID_FOR_SRP": user.name}, "Session": "s" * 40}
    challenge = user.preferred or user.mfa and ("SELECT_MFA_TYPE" if len(user.mfa) > 1 else user.mfa[0])
    if not challenge and pool.mfa == "ON":
        challenge = "MFA_SETUP"
    if challenge:
        return {"ChallengeName": challenge, "ChallengeParameters": {"USER_ID_FOR_SRP": user.name}, "Session": "s" * 40}
    made = hashlib.blake2b(f"{pool.id}/{user.sub}/{double.clock.now()}".encode(), digest_size=20).hexdigest()
    return {"AuthenticationResult": {"AccessToken": "access." + made, "IdToken": "id." + made, "RefreshToken": "refresh." + made,
                                     "ExpiresIn": 3600, "TokenType": "Bearer"}, "ChallengeParameters": {}}


def check_flow(client, flow, allowed):
    if flow not in allowed:
        raise invalid(f"Initiate Auth method not supported: {flow}")
    flows = client.get("ExplicitAuthFlows")
    if flows is not None and "ALLOW_" + flow not in flows:
        raise invalid(f"{flow} flow not enabled for this client")


@operation("InitiateAuth", "UserAuthentication", signed=False, **MEMBERS)
def initiate_auth(double, _, body):
    for pool in double.pools.values():
        if body["ClientId"] in pool.clients:
            client = pool.clients[body["ClientId"]]
            check_flow(client, body["AuthFlow"], ("USER_PASSWORD_AUTH",))
            return sign_in(double, pool, client, body)
    raise absent(f"User pool client {body['ClientId']} does not exist.")


@operation("AdminInitiateAuth", "UserAuthentication", UserPoolId=POOL, **MEMBERS)
def admin_initiate_auth(double, pool, body):
    client = pool.clients.get(body["ClientId"])
    if client is None:
        raise absent(f"User pool client {body['ClientId']} does not exist.")
    check_flow(client, body["AuthFlow"], ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"))
    return sign_in(double, pool, client, body)
