# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Who may ask: access keys, sessions of STS that expire, and the check of a request's signature against both."""
import hashlib
from collections import namedtuple

from . import sigv4
from .clock import seconds_of, stamp
from .errors import Refusal

SKEW = {"s3": 900}                  # seconds that a request's date may be off; 300 for the others
UNSIGNED = "UNSIGNED-PAYLOAD"

# until: by the double's clock, or None for ever
Key = namedtuple("Key", "secret token until", defaults=(None, None))

# How each service names the same refusal.
NAMES = {"missing": ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"),
         "incomplete": ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"),
         "unknown": ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
         "wrong": ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
         "skewed": ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
         "expired": ("ExpiredTokenException", "ExpiredToken", "ExpiredToken")}
TEXTS = {"missing": "Missing Authentication Token", "incomplete": "Authorization header is incomplete",
         "unknown": "The security token included in the request is invalid.",
         "wrong": "The request signature we calculated does not match the signature you provided.",
         "expired": "The security token included in the request is expired"}


class Credentials:
    def __init__(self, clock, region, auth_status=400):
        self.clock, self.region, self.auth_status, self.keys = clock, region, auth_status, {}

    def refusal(self, what, service, text=None):
        column = {"sts": 1, "s3": 2}.get(service, 0)
        status = self.auth_status if column == 0 else 400 if (what, column) == ("expired", 2) else 403
        return Refusal(NAMES[what][column], text or TEXTS[what], status)

    def add(self, name, secret, token=None, seconds=None):
        self.keys[name] = Key(secret, token, None if seconds is None else self.clock.now() + seconds)

    def check_date(self, claim, service):
        try:
            when = seconds_of(claim.stamp)
        except ValueError:
            raise self.refusal("incomplete", service) from None
        if not claim.stamp.startswith(claim.date):
            raise self.refusal("wrong", service)
        limit, now = SKEW.get(service, 300), self.clock.wire()
        if when < now - limit:
            raise self.refusal("skewed", service, f"Signature expired: {claim.stamp} is now earlier than {stamp(now - limit)} "
                               f"({stamp(now)} - {limit // 60} min.)")
        if when > now + limit:
            raise self.refusal("skewed", service, f"Signature not yet current: {claim.stamp} is still later than "
                               f"{stamp(now + limit)} ({stamp(now)} + {limit // 60} min.)")

    def key_of(self, claim, service):
        key = self.keys.get(claim.key)
        if not key or key.token != claim.token:
            raise self.refusal("unknown", service)
        if key.until is not None and key.until <= self.clock.now():
            raise self.refusal("expired", service)
        return key

    def check(self, request, service):
        """Raises unless the request is signed as it should be; gives the access key's name."""
        try:
            claim = sigv4.claim_of(request)
        except (ValueError, KeyError):
            raise self.refusal("incomplete", service) from None
        if not claim:
            raise self.refusal("missing", service)
        key = self.key_of(claim, service)
        self.check_date(claim, service)
        if (claim.service, claim.region) != (service, self.region):
            raise self.refusal("wrong", service, f"Credential should be scoped to a valid region and service: {self.region}, {service}")
        if not self.covers(request, claim) or not sigv4.right(request, claim, key.secret, self.payload(request, service)):
            raise self.refusal("wrong", service)
        return claim.key

    @staticmethod
    def covers(request, claim):
        """The signature has to cover every x-amz- header, and the type of the content where it is given."""
        return all(name in claim.signed for name in request.headers if name.startswith("x-amz-") or name == "content-type")

    def payload(self, request, service):
        digest = hashlib.sha256(request.body).hexdigest()
        if service != "s3":
            return digest
        said = request.headers.get("x-amz-content-sha256")
        if said is None:
            raise Refusal("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        if said not in (digest, UNSIGNED):
            raise Refusal("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
        return said
