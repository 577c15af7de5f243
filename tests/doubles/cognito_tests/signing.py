# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Signatures against AWS's published examples, and who is let in; sessions of STS; objects of S3."""
import re

from cognito import sigv4
from cognito.wire import Request
from tap import equal, ok

from .client import POOL, Double, Failed, fails

# IAM User Guide and S3 API Reference: examples of signatures.
ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
S3_ID, S3_SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_published_signatures():
    headers = {"host": "iam.amazonaws.com", "content-type": "application/x-www-form-urlencoded; charset=utf-8", "x-amz-date": "20150830T123600Z"}
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={ID}/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;"
                                "x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    request = Request("GET", "/", "Action=ListUsers&Version=2010-05-08", headers, b"")
    claim = sigv4.claim_of(request)
    ok(sigv4.right(request, claim, SECRET, sigv4.EMPTY), "the example of the IAM User Guide is right")
    ok(not sigv4.right(request._replace(query="Action=ListRoles&Version=2010-05-08"), claim, SECRET, sigv4.EMPTY), "another query is not")
    equal(sigv4.canonical_request("GET", "/", "", {"host": "h", "x-amz-a": "  1   2 "}, ["host", "x-amz-a"], "p"),
          "GET\n/\n\nhost:h\nx-amz-a:1 2\n\nhost;x-amz-a\np", "blanks in a header count once")
    headers = {"host": "examplebucket.s3.amazonaws.com", "date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-date": "20130524T000000Z",
               "x-amz-storage-class": "REDUCED_REDUNDANCY",
               "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={S3_ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;x-amz-content-sha256;"
                                "x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    request = Request("PUT", "/test%24file.text", "", headers, b"Welcome to Amazon S3.")
    ok(sigv4.right(request, sigv4.claim_of(request), S3_SECRET, headers["x-amz-content-sha256"]), "so is the PUT of the S3 API Reference")
    query = ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&"
             "X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&"
             "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    request = Request("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"}, b"")
    ok(sigv4.right(request, sigv4.presigned_claim(request), S3_SECRET, "UNSIGNED-PAYLOAD"), "and its presigned URL")
    equal(sigv4.presign("GET", "examplebucket.s3.amazonaws.com", "/test.txt", {}, S3_ID, S3_SECRET, "us-east-1", "20130524T000000Z", 86400),
          query, "which is made as well")


def test_who_is_let_in():
    with Double("--pool", POOL) as d:
        d.credentials["secret"] = "wrong"
        equal(fails(d.pool, "ListUsers"), "InvalidSignatureException", "a wrong secret")
        d.credentials = {"key": "AKIANOBODY", "secret": "x"}
        equal(fails(d.pool, "ListUsers"), "UnrecognizedClientException", "a key that is not known")
        d.credentials = {"key": "AKIADOUBLE", "secret": "secret-of-the-double"}
        equal(fails(d.pool, "ListUsers", signed=False), "MissingAuthenticationTokenException", "no signature")
        d.credentials["region"] = "eu-west-1"
        equal(fails(d.pool, "ListUsers"), "InvalidSignatureException", "another region")
        del d.credentials["region"]
        for ahead, wanted in ((-290, None), (-310, "InvalidSignatureException"), (290, None), (310, "InvalidSignatureException")):
            d.ahead = ahead
            equal(fails(d.pool, "ListUsers"), wanted, f"a clock that is {ahead} s ahead")
        d.ahead = 0
        d.tell("clock", {"skew": 3600})
        equal(fails(d.pool, "ListUsers"), "InvalidSignatureException", "a double an hour ahead")
        date = d.send("POST", "/", b"{}", {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUsers"})[1]["Date"]
        d.ahead = 3600
        equal(fails(d.pool, "ListUsers"), None, "with whom one can agree")
        ok(date.endswith("GMT"), "its Date says what time it is")
        d.ahead = 0
        d.tell("clock", {"skew": 0})
        headers = d.headers(b"{}", "cognito-idp", {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUsers"})
        equal(b"InvalidSignature" in d.send("POST", "/", b"{}", {**headers, "x-amz-more": "1"})[2], True, "an x-amz- header that is not signed")
        d.token = "a token that is none"
        equal(fails(d.pool, "ListUsers"), "UnrecognizedClientException", "a token that does not belong to the key")


def session(d, **members):
    status, text = d.sts(**members)
    return status, {name: value for name, value in re.findall("<(AccessKeyId|SecretAccessKey|SessionToken|Expiration|Code)>([^<]*)<", text)}


def test_sessions():
    arn = "arn:aws:iam::123456789012:role/loader"
    with Double("--pool", POOL, "--role", arn, "--web-token", "good") as d:
        status, said = session(d, Action="AssumeRole", RoleArn=arn, RoleSessionName="session", DurationSeconds="900")
        equal((status, sorted(said)), (200, ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken"]), "STS gives a session")
        equal(session(d, Action="AssumeRole", RoleArn=arn + "x", RoleSessionName="session")[1]["Code"], "AccessDenied", "for roles that are known")
        equal(session(d, Action="AssumeRole", RoleArn=arn, RoleSessionName="session", DurationSeconds="60")[1]["Code"], "ValidationError",
              "of 15 minutes at least")
        equal(session(d, Action="AssumeRole", RoleArn=arn, RoleSessionName="s")[1]["Code"], "ValidationError", "with a name of two letters at least")
        equal(session(d, signed=False, Action="AssumeRole", RoleArn=arn, RoleSessionName="session")[0], 403, "to whom has signed")
        d.tell("credentials", {"roles": {arn + "-ext": {"ExternalId": "e1"}}})
        equal([session(d, Action="AssumeRole", RoleArn=arn + "-ext", RoleSessionName="session", ExternalId=one)[0] for one in ("e2", "e1")],
              [403, 200], "to whom knows the external id")
        web = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": arn, "RoleSessionName": "web"}
        equal(session(d, signed=False, WebIdentityToken="good", **web)[0], 200, "or has a web identity token")
        equal(session(d, signed=False, WebIdentityToken="bad", **web)[1]["Code"], "InvalidIdentityToken", "that is known")
        d.credentials, d.token = {"key": said["AccessKeyId"], "secret": said["SecretAccessKey"]}, said["SessionToken"]
        equal(fails(d.pool, "ListUsers"), None, "the session is let in")
        d.tell("clock", {"advance": 901})
        equal(fails(d.pool, "ListUsers"), "ExpiredTokenException", "until it has expired")
        d.token = None
        equal(fails(d.pool, "ListUsers"), "UnrecognizedClientException", "and only with its token")


def test_objects():
    with Double("--bucket", "stage") as d:
        equal(d.s3("PUT", "/stage/a b/c.csv", b"1,2\n")[0], 200, "an object is put")
        equal((d.s3("GET", "/stage/a b/c.csv")[1], d.get("objects", bucket="stage")), (b"1,2\n", {"a b/c.csv": 4}), "and is there")
        equal(d.s3("PUT", "/other/x", b"")[0], 404, "in a bucket that is known")
        status, said = d.s3("PUT", "/stage/x", b"1", **{"x-amz-content-sha256": "0" * 64})
        equal((status, b"XAmzContentSHA256Mismatch" in said), (400, True), "its digest has to be right")
        equal(d.send("PUT", "/stage/x", b"1", {"Host": d.host})[0], 403, "unsigned: refused")


def test_wire():
    with Double("--pool", POOL) as d:
        try:
            d.pool("AdminGetUser", Username="nobody")
        except Failed as why:
            equal((why.status, why.type), (400, "UserNotFoundException"), "an error is HTTP 400 with its type")
        equal(fails(d.ask, "MakeCoffee"), "UnknownOperationException", "an operation that is none")
        equal(fails(d.ask, "ListUsers", service="logs", UserPoolId=POOL), "UnknownOperationException", "or another service's")
        equal(fails(d.ask, "ListUsers", UserPoolId="us-east-1_other"), "ResourceNotFoundException", "a pool that is not there")
        equal(fails(d.ask, "ListUsers", UserPoolId="no pool"), "InvalidParameterException", "or cannot be")
        equal(fails(d.ask, "ListUsers"), "InvalidParameterException", "or is not named")
        equal(fails(d.pool, "ListUsers", Limit="5"), "SerializationException", "a number as text")
        equal(fails(d.pool, "ListUsers", Nonsense=1), None, "what is not known is ignored")
        equal(d.send("POST", "/", b"{", {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
                                         "Content-Type": "application/x-amz-json-1.1"})[0], 400, "a body that is no JSON")
