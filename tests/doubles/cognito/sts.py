# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""STS: AssumeRole, signed, and AssumeRoleWithWebIdentity, with a token that is known. Form in, XML out."""
import re
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from .clock import iso
from .errors import Refusal
from .wire import Reply

XML = (("Content-Type", "text/xml"),)
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def form_of(request):
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def refused(refusal):
    body = (f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{refusal.type}</Code>'
            f"<Message>{escape(refusal.message)}</Message></Error><RequestId>double</RequestId></ErrorResponse>")
    return Reply(refusal.status, body.encode(), XML)


def xml(action, result):
    body = (f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>{result}</{action}Result>'
            f"<ResponseMetadata><RequestId>double</RequestId></ResponseMetadata></{action}Response>")
    return Reply(200, body.encode(), XML)


def role_of(double, form):
    for name in ("RoleArn", "RoleSessionName"):
        if not form.get(name):
            raise Refusal("ValidationError", f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}'")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", form["RoleSessionName"]):
        raise Refusal("ValidationError", "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint")
    role = double.roles.get(form["RoleArn"])
    if role is None or role.get("ExternalId") not in (None, form.get("ExternalId")):
        raise Refusal("AccessDenied", "User is not authorized to perform this action on the role", 403)
    return role


def session(double, form, role):
    """A key that lasts as long as it was asked for; double.o.session_seconds is less patient."""
    try:
        seconds = int(form.get("DurationSeconds") or 3600)
    except ValueError:
        seconds = 0
    if not 900 <= seconds <= role.get("MaxSessionDuration", 43200):
        raise Refusal("ValidationError", "The requested DurationSeconds is out of range")
    seconds = double.o.session_seconds or seconds
    double.n_sessions += 1
    made = double.unique(f"session {double.n_sessions}")
    key, secret, token = "ASIA" + made[:16].upper(), "double-session-" + made[16:], "double-token-" + made
    double.credentials.add(key, secret, token, seconds)
    name = f"{form['RoleArn'].replace(':role/', ':assumed-role/')}/{form['RoleSessionName']}"
    return (f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>{iso(double.clock.wire() + seconds)}</Expiration></Credentials>"
            f"<AssumedRoleUser><AssumedRoleId>AROADOUBLE:{escape(form['RoleSessionName'])}</AssumedRoleId>"
            f"<Arn>{escape(name)}</Arn></AssumedRoleUser>")


def serve(double, request, form):
    action = form.get("Action")
    if form.get("Version") != "2011-06-15":
        raise Refusal("InvalidAction", "Could not find operation for this version")
    if action == "AssumeRole":
        double.credentials.check(request, "sts")
        return xml(action, session(double, form, role_of(double, form)))
    if action == "AssumeRoleWithWebIdentity":
        if form.get("WebIdentityToken") not in double.web_tokens:
            raise Refusal("InvalidIdentityToken", "The web identity token is not valid")
        return xml(action, session(double, form, role_of(double, form)))
    if action == "GetCallerIdentity":
        double.credentials.check(request, "sts")
        return xml(action, f"<Arn>arn:aws:iam::{double.o.account}:user/double</Arn><Account>{double.o.account}</Account><UserId>double</UserId>")
    raise Refusal("InvalidAction", f"Could not find operation {escape(str(action))}")
