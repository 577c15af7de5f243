# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""S3 as far as it is needed: PUT to the presigned URL of an import job, and PUT, GET, HEAD and DELETE of objects of
buckets that are known, signed, path style. Refusals are XML."""
from urllib.parse import unquote
from xml.sax.saxutils import escape

from . import sigv4
from .clock import seconds_of
from .errors import Refusal
from .jobs import BUCKET, SSE
from .wire import Reply

XML = (("Content-Type", "application/xml"),)


def refused(refusal):
    body = f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{refusal.type}</Code><Message>{escape(refusal.message)}</Message></Error>"
    return Reply(refusal.status, body.encode(), XML)


def check_presigned(double, request):
    try:
        claim = sigv4.presigned_claim(request)
        issued = seconds_of(claim.stamp) if claim else 0
    except (ValueError, KeyError):
        raise Refusal("AuthorizationQueryParametersError", "The query parameters are not those of a presigned URL", 400) from None
    if not claim or claim.key != double.own_key:
        raise Refusal("AccessDenied", "Access Denied", 403)
    if double.clock.now() > issued + claim.expires:
        raise Refusal("AccessDenied", "Request has expired", 403)
    if any(name not in claim.signed for name in request.headers if name.startswith("x-amz-")):
        raise Refusal("AccessDenied", "There were headers present in the request which were not signed", 403)
    if not sigv4.right(request, claim, double.own_secret, "UNSIGNED-PAYLOAD"):
        raise Refusal("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403)


def put_import_file(double, request):
    check_presigned(double, request)
    job = next((job for job in double.jobs.values() if job.path == unquote(request.path)), None)
    if request.method != "PUT" or not job:
        raise Refusal("AccessDenied", "Access Denied", 403)
    if job.shown()["Status"] == "Created":
        job.data = request.body
    return Reply(200, b"", (("ETag", f'"{job.id}"'), (SSE, "aws:kms")))


def objects(double, request):
    double.credentials.check(request, "s3")
    bucket, _, key = unquote(request.path)[1:].partition("/")
    if bucket not in double.buckets:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    held = double.buckets[bucket]
    if request.method == "PUT" and key:
        held[key] = request.body
        return Reply(200, b"", (("ETag", f'"{double.unique(key)[:32]}"'),))
    if request.method == "DELETE" and key:
        held.pop(key, None)
        return Reply(204)
    if request.method not in ("GET", "HEAD"):
        raise Refusal("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if key and key not in held:
        raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
    return Reply(200, held[key] if key and request.method == "GET" else b"")


def serve(double, request):
    if unquote(request.path).startswith(f"/{BUCKET}/"):
        return put_import_file(double, request)
    return objects(double, request)
