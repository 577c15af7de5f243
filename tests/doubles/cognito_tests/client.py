# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A small client of the double of Cognito, for tests: starts it, signs by itself (not by the double's code), asks."""
import hashlib, hmac, http.client, json, subprocess, sys, time
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

HERE = Path(__file__).resolve().parent.parent
POOL, ROLE = "us-east-1_double", "arn:aws:iam::123456789012:role/cognito-logs"
KEY, SECRET = "AKIADOUBLE", "secret-of-the-double"


class Failed(Exception):
    def __init__(self, status, type_, message):
        super().__init__(f"{type_}: {message}")
        self.status, self.type = status, type_


def sha(data):
    return hashlib.sha256(data).hexdigest()


def sign(method, path, query, headers, body, service, key=KEY, secret=SECRET, region="us-east-1"):
    """Adds Authorization to the headers, which hold host and x-amz-date."""
    stamp = headers["x-amz-date"]
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    names = sorted(name.lower() for name in headers)
    lines = [f"{n}:{next(v for k, v in headers.items() if k.lower() == n).strip()}" for n in names]
    text = "\n".join([method, path, query, *lines, "", ";".join(names), headers.get("x-amz-content-sha256") or sha(body)])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, sha(text.encode())])
    for part in scope.split("/"):
        secret = hmac.new(secret if isinstance(secret, bytes) else b"AWS4" + secret.encode(), part.encode(), "sha256").digest()
    mac = hmac.new(secret, text.encode(), "sha256").hexdigest()
    return {**headers, "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={';'.join(names)}, Signature={mac}"}


def stamp(ahead=0):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + ahead))


class Double:
    """The double as a process of its own, and a connection to it."""

    def __init__(self, *words, pools=()):
        self.process = subprocess.Popen([sys.executable, str(HERE / "cognito"), "--stdin", *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        self.host = f"127.0.0.1:{self.port}"
        self.credentials, self.ahead, self.http = {"key": KEY, "secret": SECRET}, 0, None
        self.token = None
        if pools:
            self.tell("pools", list(pools))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait(30):
            raise SystemExit("the double ended badly")

    def close(self):
        if self.http:
            self.http.close()
            self.http = None

    def send(self, method, target, body=b"", headers=None):
        """(status, headers, body); ConnectionError where there is no reply."""
        if not self.http:
            self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            self.http.request(method, target, body, headers or {})
            reply = self.http.getresponse()
            return reply.status, reply.headers, reply.read()
        except (http.client.HTTPException, ConnectionError) as why:
            self.close()
            raise ConnectionError(type(why).__name__) from None

    def headers(self, body, service, more):
        headers = {"Host": self.host, "x-amz-date": stamp(self.ahead), **more}
        if self.token:
            headers["x-amz-security-token"] = self.token
        return sign("POST", "/", "", headers, body, service, **self.credentials)

    def ask(self, op, signed=True, service="cognito-idp", **members):
        """The reply's body as a dict; raises Failed."""
        body = json.dumps(members).encode()
        target = ("AWSCognitoIdentityProviderService." if service == "cognito-idp" else "Logs_20140328.") + op
        more = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        headers = self.headers(body, service, more) if signed else {"Host": self.host, **more}
        status, said, raw = self.send("POST", "/", body, headers)
        return self.result(status, said, raw)

    @staticmethod
    def result(status, said, raw):
        out = json.loads(raw) if raw else {}
        if status != 200:
            assert said["x-amzn-ErrorType"] == out["__type"], "header and body name the same error"
            raise Failed(status, out["__type"], out.get("message"))
        return out

    def pool(self, op, **members):
        return self.ask(op, UserPoolId=POOL, **members)

    def create(self, name, /, _pool=POOL, **attributes):
        """A user without a message; attributes by name with _ for :."""
        return self.ask("AdminCreateUser", UserPoolId=_pool, Username=name, MessageAction="SUPPRESS", UserAttributes=pairs(attributes))["User"]

    def sts(self, signed=True, **members):
        body = urlencode({"Version": "2011-06-15", **members}).encode()
        more = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, raw = self.send("POST", "/", body, self.headers(body, "sts", more) if signed else more)
        return status, raw.decode()

    def s3(self, method, path, body=b"", **more):
        headers = {"Host": self.host, "x-amz-date": stamp(), "x-amz-content-sha256": sha(body), **more}
        status, _, raw = self.send(method, quote(path), body, sign(method, quote(path), "", headers, body, "s3", **self.credentials))
        return status, raw

    def put(self, url, body, **headers):
        parts = urlsplit(url)
        return self.send("PUT", f"{parts.path}?{parts.query}", body, headers)[0]

    # ---- the double's own ----

    def tell(self, what, said):
        status, _, raw = self.send("POST", f"/_double/{what}", json.dumps(said).encode())
        if status != 200:
            raise Failed(status, "control", raw.decode())
        return json.loads(raw)

    def get(self, what, **query):
        return json.loads(self.send("GET", f"/_double/{what}?{urlencode(query)}")[2])


def pairs(attributes):
    return [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in attributes.items()]


def fails(work, *words, **members):
    """The type of the error that it ends in, or None."""
    try:
        work(*words, **members)
    except Failed as why:
        return why.type
    except ConnectionError:
        return "reset"
    return None


# ---- import jobs ----

SSE = {"x-amz-server-side-encryption": "aws:kms"}
PLAIN = ("email", "email_verified", "cognito:username")
OVER = ("Succeeded", "Failed", "Stopped", "Expired")


def table(d, rows, more=(), pool=POOL):
    """The text of a file with all columns of the pool; rows are dicts, whose values stand as they are."""
    columns = [*d.ask("GetCSVHeader", UserPoolId=pool)["CSVHeader"], *more]
    return "".join(",".join(row) + "\n" for row in (columns, *([one.get(column, "") for column in columns] for one in rows)))


def person(name, /, **more):
    """A row that is right."""
    return {"cognito:username": name, "email": f"{name}@example.org", "email_verified": "true", **more}


def create_job(d, text=None, pool=POOL, **members):
    job = d.ask("CreateUserImportJob", UserPoolId=pool, JobName="a job", CloudWatchLogsRoleArn=ROLE, **members)["UserImportJob"]
    if text is not None:
        status = d.put(job["PreSignedUrl"], text if isinstance(text, bytes) else text.encode(), **SSE)
        assert status == 200, f"upload: {status}"
    return job["JobId"]


def wait_job(d, job_id, pool=POOL, states=OVER):
    while True:
        job = d.ask("DescribeUserImportJob", UserPoolId=pool, JobId=job_id)["UserImportJob"]
        if job["Status"] in states:
            return job
        time.sleep(0.01)


def run_job(d, text, pool=POOL, **members):
    """(status, imported, skipped, failed), the job."""
    job_id = create_job(d, text, pool, **members)
    d.ask("StartUserImportJob", UserPoolId=pool, JobId=job_id)
    job = wait_job(d, job_id, pool)
    return (job["Status"], job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]), job


def log_of(d, job, pool=POOL, **members):
    """The lines of its log."""
    said = d.ask("GetLogEvents", service="logs", logGroupName=f"/aws/cognito/userpools/{pool}/{'double' if pool == POOL else pool}",
                 logStreamName=f"{job['JobId']}/a job", startFromHead=True, **members)
    return [event["message"] for event in said["events"]]
