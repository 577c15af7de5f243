#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A double of what gives credentials for AWS: instance metadata (version 2), the container's service, STS and SSO; and
of a JSON 1.1 service that says whose request it got. Signatures are verified, by code that shares nothing with leat's.

    aws-metadata.py [--life SECONDS]     prints its port on 127.0.0.1, serves until its standard input ends

In a test of Python, importlib.import_module("aws-metadata").Double(); what comes is kept in `log`, and the next replies
of a kind (token, role, keys, container, sts, sso, service) can be laid into `next`: (status, body), "drop" or "hang"."""
import argparse, calendar, hashlib, hmac, html, json, socket, sys, threading, time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

SKEW = 300


class Refused(Exception):
    pass


# ---- signatures: "Create a signed AWS API request", IAM User Guide ----

def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical(method, target, headers, names, body):
    parts = urlsplit(target)
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(parts.query, keep_blank_values=True))
    lines = [method, quote(parts.path, safe="/-_.~"), "&".join(f"{k}={v}" for k, v in query)]
    lines += [f"{name}:{' '.join(headers[name].split())}" for name in names]
    return "\n".join(lines + ["", ";".join(names), hashlib.sha256(body).hexdigest()])


def verify(double, method, target, headers, body):
    """The id of the key that a request is signed with."""
    kind, rest = headers["authorization"].split(" ", 1)
    fields = dict(field.strip().split("=", 1) for field in rest.split(","))
    key, day, region, service, last = fields["Credential"].split("/")
    if kind != "AWS4-HMAC-SHA256" or last != "aws4_request":
        raise Refused("IncompleteSignature")
    if key not in double.keys:
        raise Refused("UnrecognizedClientException")
    secret, token, expires = double.keys[key]
    if (headers.get("x-amz-security-token") or None) != token:
        raise Refused("UnrecognizedClientException")
    names = fields["SignedHeaders"].split(";")
    if names != sorted(names) or "host" not in names or "x-amz-date" not in names:
        raise Refused("IncompleteSignature")
    stamp = headers["x-amz-date"]
    moment = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(moment - double.now()) > SKEW:
        raise Refused("InvalidSignatureException" if service != "sts" else "SignatureDoesNotMatch")
    digest = hashlib.sha256(canonical(method, target, headers, names, body).encode()).hexdigest()
    signing = mac(mac(mac(mac(b"AWS4" + secret.encode(), day), region), service), "aws4_request")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{day}/{region}/{service}/aws4_request\n{digest}"
    if not hmac.compare_digest(mac(signing, text).hex(), fields["Signature"]):
        raise Refused("SignatureDoesNotMatch")
    if expires and expires < double.now():
        raise Refused("ExpiredTokenException")
    return key


# ---- the server ----

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return formatdate(self.server.double.now(), usegmt=True)

    def serve(self):
        double = self.server.double
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        kind = double.kind_of(self.path, headers)
        with double.lock:
            double.log.append((kind, self.command, self.path, headers, body.decode("latin-1")))
            laid = double.next.get(kind)
            reply = laid.pop(0) if laid else None
        if reply == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply == "hang":
            double.ended.wait()
            self.close_connection = True
            return
        status, text = reply or double.answer(kind, self.command, self.path, headers, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST = serve


class Double:
    def __init__(self, life=3600):
        self.life, self.ahead, self.n = life, 0, 0
        self.keys = {"AKIDSOURCE": ("source-secret", None, 0), "AKIDTOKEN": ("token-secret", "source/token+=", 0)}
        self.log, self.next, self.lock, self.ended = [], {}, threading.Lock(), threading.Event()
        self.container_token, self.role = None, "shop.role-1"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.double, self.server.daemon_threads = self, True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return time.time() + self.ahead

    def kinds(self):
        return [entry[0] for entry in self.log]

    def new_keys(self, what):
        """Fresh ones that are good for `life` seconds."""
        with self.lock:
            self.n += 1
            n = self.n
        key, secret, token = f"ASIA{what}{n}", f"secret-{what}-{n}/+", f"token-{what}-{n}//+=="
        expires = self.now() + self.life
        self.keys[key] = (secret, token, expires)
        return key, secret, token, expires

    @staticmethod
    def kind_of(path, headers):
        path = urlsplit(path).path
        if path == "/latest/api/token":
            return "token"
        if path.startswith("/latest/meta-data/iam/security-credentials/"):
            return "role" if path.endswith("/") else "keys"
        if path == "/federation/credentials":
            return "sso"
        if path == "/":
            return "service" if "x-amz-target" in headers else "sts"
        return "container"

    def answer(self, kind, method, path, headers, body):
        try:
            return getattr(self, "answer_" + kind)(method, path, headers, body)
        except Refused as why:
            if kind == "sts":
                return self.sts_error(403, str(why))
            return 400, json.dumps({"__type": f"com.amazon.coral.service#{why}", "message": "SERVERTEXT"})

    def keys_json(self, what):
        key, secret, token, expires = self.new_keys(what)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))
        return json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret,
                           "Token": token, "Expiration": stamp}, indent=1)

    def answer_token(self, method, path, headers, body):
        good = method == "PUT" and headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600"
        return (200, "metadata-token") if good else (400, "")

    def answer_role(self, method, path, headers, body):
        return (200, self.role) if headers.get("x-aws-ec2-metadata-token") == "metadata-token" else (401, "")

    def answer_keys(self, method, path, headers, body):
        good = headers.get("x-aws-ec2-metadata-token") == "metadata-token" and path.endswith("/" + self.role)
        return (200, self.keys_json("IMDS")) if good else (401, "")

    def answer_container(self, method, path, headers, body):
        return (200, self.keys_json("ECS")) if headers.get("authorization") == self.container_token else (403, "SERVERTEXT")

    def answer_sso(self, method, path, headers, body):
        query = parse_qs(urlsplit(path).query)
        if headers.get("x-amz-sso_bearer_token") != "sso-token":
            return 401, '{"message":"SERVERTEXT"}'
        if query != {"role_name": ["admin role"], "account_id": ["123456789012"]}:
            return 403, '{"message":"SERVERTEXT"}'
        key, secret, token, expires = self.new_keys("SSO")
        return 200, json.dumps({"roleCredentials": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token,
                                                    "expiration": int(expires * 1000)}})

    @staticmethod
    def sts_error(status, code):
        return status, ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>'
                        f"\n    <Code>{code}</Code>\n    <Message>SERVERTEXT</Message>\n  </Error>\n</ErrorResponse>\n")

    def answer_sts(self, method, path, headers, body):
        form = {name: value[0] for name, value in parse_qs(body.decode(), keep_blank_values=True).items()}
        action = form.get("Action")
        if form.get("Version") != "2011-06-15" or action not in ("AssumeRole", "AssumeRoleWithWebIdentity"):
            return self.sts_error(400, "InvalidAction")
        if action == "AssumeRole":
            verify(self, method, path, headers, body)
        elif "authorization" in headers or form.get("WebIdentityToken") != "web-token":
            return self.sts_error(400, "InvalidIdentityToken")
        if form["RoleArn"].endswith("/forbidden"):
            return self.sts_error(403, "AccessDenied")
        key, secret, token, expires = self.new_keys(form["RoleArn"].rsplit("/", 1)[-1])
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))
        token = html.escape(token).replace("+", "&#43;")
        return 200, (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
                     f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}"
                     f"</SessionToken><Expiration>{stamp}</Expiration></Credentials></{action}Result></{action}Response>")

    def answer_service(self, method, path, headers, body):
        if "authorization" not in headers:
            raise Refused("MissingAuthenticationTokenException")
        key = verify(self, method, path, headers, body)
        return 200, json.dumps({"key": key, "target": headers["x-amz-target"], "body": json.loads(body)})


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--life", type=int, default=3600, help="of credentials, in seconds")
    double = Double(options.parse_args().life)
    print(double.port, flush=True)
    sys.stdin.read()
    double.close()


if __name__ == "__main__":
    main()
