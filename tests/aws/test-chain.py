#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Where kit/aws gets credentials from, in which order, and how it renews them; against a double. Speaks TAP."""
import hashlib, importlib, json, os, subprocess, sys, time
from pathlib import Path
from urllib.parse import parse_qs

from tap import equal, ok, run

Double = importlib.import_module("aws-metadata").Double
TOOL = sys.argv[1]
HOME = Path("home").absolute()
SECRETS = ["source-secret", "token-secret", "env-secret", "file-secret", "SERVERTEXT", "web-token", "sso-token",
           "metadata-token", "container-token", "printed-by", "secret-"]
said = []     # every error that was seen


class Tool:
    """One process, so that what it keeps between two questions is seen."""

    def __init__(self, double=None, **env):
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LEAT_AWS"))}
        keep.update(HOME=str(HOME), AWS_EC2_METADATA_DISABLED="true", AWS_REGION="eu-central-1")
        if double:
            keep.update(AWS_ENDPOINT_URL=double.url, LEAT_AWS_CONTAINER=double.url, LEAT_AWS_METADATA=double.url)
        keep.update(env)
        keep = {name: value for name, value in keep.items() if value is not None}
        self.process = subprocess.Popen([TOOL], env=keep, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait()
        if status not in (0, 1):
            ok(False, f"the tool ended with {status}")

    def say(self, *words):
        try:
            self.process.stdin.write("\t".join(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline().rstrip("\n")
        if line.startswith("failed"):
            said.append(line)
        return line

    def keys(self):
        words = self.say("keys").split("\t")
        return words[:2] if len(words) == 5 else words[0]


def files(config="", credentials="", **more):
    aws = HOME / ".aws"
    (aws / "sso" / "cache").mkdir(parents=True, exist_ok=True)
    for old in list(aws.glob("sso/cache/*")):
        old.unlink()
    (aws / "config").write_text(config)
    (aws / "credentials").write_text(credentials)
    for name, text in more.items():
        Path(name).write_text(text)


def keys(double=None, **env):
    with Tool(double, **env) as tool:
        return tool.keys()


def fails(name, part, double=None, **env):
    got = keys(double, **env)
    ok(isinstance(got, str) and got.startswith("failed") and part in got, name)
    if not (isinstance(got, str) and part in got):
        print(f"# got:    {got}\n# wanted: {part}")
    return got


ENV = dict(AWS_ACCESS_KEY_ID="AKIDENV", AWS_SECRET_ACCESS_KEY="env-secret")
SOURCE = "[base]\naws_access_key_id = AKIDSOURCE\naws_secret_access_key = source-secret\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/{}\n"


# ---- sources, and their order ----

def everything(double):
    """All sources are there at once; each is taken away in turn, and the next one counts."""
    sso = "sso_account_id = 123456789012\nsso_role_name = admin role\nsso_session = corp\n"
    session = "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
    config = "[default]\n" + ROLE.format("assumed") + "source_profile = base\n" + sso + \
        "credential_process = " + printer("AKIDPROCESS") + "\naws_access_key_id = AKIDCONFIG\n" \
        "aws_secret_access_key = file-secret\n" + session
    shared = "[default]\naws_access_key_id = AKIDSHARED\naws_secret_access_key = file-secret\n" + SOURCE
    token = json.dumps({"accessToken": "sso-token", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1"})
    env = dict(ENV, AWS_WEB_IDENTITY_TOKEN_FILE="token", AWS_ROLE_ARN="arn:aws:iam::1:role/web",
               AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/x", AWS_EC2_METADATA_DISABLED="false")
    files(config, shared, token="web-token\n")
    cache = HOME / ".aws/sso/cache" / (hashlib.sha1(b"corp").hexdigest() + ".json")
    cache.write_text(token)
    return env


def printer(key, more=""):
    text = json.dumps(dict({"Version": 1, "AccessKeyId": key, "SecretAccessKey": "printed-by-process"}, **json.loads(more or "{}")))
    Path("printed").write_text(text)
    return "cat " + str(Path("printed").absolute())


def test_order():
    double = Double()
    env = everything(double)
    aws = HOME / ".aws"

    def drop(file, *starts):
        lines = (aws / file).read_text().split("\n")
        (aws / file).write_text("\n".join(line for line in lines if not line.startswith(starts)))

    equal(keys(double, **env), ["environment", "AKIDENV"], "the environment comes first")
    equal(keys(double, LEAT_AWS_PROFILE="base", **env), ["shared credentials file", "AKIDSOURCE"],
          "but not where a profile is asked for by its name")
    equal(keys(double, AWS_PROFILE="base", **env), ["environment", "AKIDENV"], "nor is AWS_PROFILE such a name")
    del env["AWS_ACCESS_KEY_ID"]
    equal(keys(double, **env), ["assume role", "ASIAassumed1"], "then a role")
    drop("config", "role_arn")
    equal(keys(double, **env), ["web identity", "ASIAweb2"], "a web identity")
    del env["AWS_WEB_IDENTITY_TOKEN_FILE"]
    equal(keys(double, **env), ["SSO", "ASIASSO3"], "SSO")
    drop("config", "sso_account", "sso_role")
    equal(keys(double, **env), ["shared credentials file", "AKIDSHARED"], "the credentials file")
    (aws / "credentials").write_text("")
    equal(keys(double, **env), ["credential_process", "AKIDPROCESS"], "a process")
    drop("config", "credential_process")
    equal(keys(double, **env), ["config file", "AKIDCONFIG"], "the config file")
    drop("config", "aws_access", "aws_secret")
    equal(keys(double, **env), ["container", "ASIAECS4"], "the container")
    del env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    equal(keys(double, **env), ["instance metadata", "ASIAIMDS5"], "and at last the instance")
    env["AWS_EC2_METADATA_DISABLED"] = "TRUE"
    got = fails("or nothing, and the error says what to do", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name", double, **env)
    for part in ("environment (AWS_ACCESS_KEY_ID is not set)", "assume role (", "web identity (", "SSO (",
                 "shared credentials file (", "aws login (", "credential_process (", "config file (", "container (",
                 "instance metadata (AWS_EC2_METADATA_DISABLED is true)"):
        ok(part in got, "and why each source has none: " + part)
    double.close()


def test_environment():
    files()
    fails("half of a pair is refused", "AWS_SECRET_ACCESS_KEY is not; set both", AWS_ACCESS_KEY_ID="A")
    fails("a secret with a line end is refused", "a secret access key with characters", AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="env-secret\n")
    with Tool(AWS_SECURITY_TOKEN="old", **ENV) as tool:
        equal(tool.say("keys"), "environment\tAKIDENV\tenv-secret\told\t0", "the old name of the token")
    with Tool(AWS_SESSION_TOKEN="new", AWS_SECURITY_TOKEN="old", AWS_CREDENTIAL_EXPIRATION="2099-01-01T00:00:00Z", **ENV) as tool:
        equal(tool.say("keys"), "environment\tAKIDENV\tenv-secret\tnew\t4070908800", "the new one, and the time of its end")
        tool.say("clock", str(4070908800 - int(time.time()) - 5))
        equal(tool.keys(), ["environment", "AKIDENV"], "it is used to the end")
        tool.say("clock", str(4070908800 - int(time.time()) + 5))
        ok("from environment have expired" in tool.keys(), "and not beyond")
    fails("an end that is none", "is no time", AWS_CREDENTIAL_EXPIRATION="tomorrow", **ENV)


def test_profiles():
    files("[profile a]\naws_access_key_id=A\naws_secret_access_key=file-secret\nregion=x\n", "[b]\naws_access_key_id=B\n")
    equal(keys(AWS_PROFILE="a"), ["config file", "A"], "AWS_PROFILE")
    equal(keys(AWS_DEFAULT_PROFILE="a"), ["config file", "A"], "AWS_DEFAULT_PROFILE")
    equal(keys(AWS_DEFAULT_PROFILE="b", LEAT_AWS_PROFILE="a"), ["config file", "A"], "the option counts more")
    fails("half a profile", 'the profile "b" of ', AWS_PROFILE="b")
    fails("a profile that is not there", 'there is no profile "c" in ', AWS_PROFILE="c", **ENV)
    files("[default\n")
    fails("a mistake has its place", "/.aws/config:1: a heading without its closing bracket")
    Path("elsewhere").write_text("[default]\naws_access_key_id=E\naws_secret_access_key=file-secret\n")
    files()
    equal(keys(AWS_SHARED_CREDENTIALS_FILE="elsewhere"), ["shared credentials file", "E"], "the file can be elsewhere")
    (HOME / "e").write_text("[default]\naws_access_key_id=F\naws_secret_access_key=file-secret\n")
    equal(keys(AWS_CONFIG_FILE="~/e"), ["config file", "F"], "and in one's own folder")
    files("[default]\nlogin_session = arn:x\n")
    fails("aws login is not passed over in silence", "credential_process = aws configure export-credentials --profile default")


# ---- roles ----

def form_of(double, at=-1):
    entry = [e for e in double.log if e[0] == "sts"][at]
    return {name: value[0] for name, value in parse_qs(entry[4]).items()}


def test_roles():
    double = Double()
    files("[default]\n" + ROLE.format("a") + "source_profile = base\nexternal_id = x&y z\nrole_session_name = me@shop\n"
          "duration_seconds = 1800\n", SOURCE)
    equal(keys(double), ["assume role", "ASIAa1"], "a role by a profile's keys")
    equal(form_of(double), {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::123456789012:role/a",
                            "RoleSessionName": "me@shop", "ExternalId": "x&y z", "DurationSeconds": "1800"}, "with all its settings")
    files("[default]\n" + ROLE.format("b") + "source_profile = middle\n[profile middle]\n" + ROLE.format("m") +
          "source_profile = base\n", SOURCE)
    equal(keys(double), ["assume role", "ASIAb3"], "a role by another role")
    equal(form_of(double, -2)["RoleArn"][-2:], "/m", "which is assumed first")
    ok(form_of(double)["RoleSessionName"].startswith("leat-"), "a session has a name without one being given")
    files("[default]\n" + ROLE.format("c") + "source_profile = default\naws_access_key_id = AKIDSOURCE\n"
          "aws_secret_access_key = source-secret\n")
    equal(keys(double), ["assume role", "ASIAc4"], "a profile that is its own source")
    files("[default]\n" + ROLE.format("d") + "credential_source = Environment\n")
    fails("credential_source without one", "credential_source = Environment, which has no credentials: (AWS_ACCESS_KEY_ID is "
          "not set)", double)
    with Tool(double, LEAT_AWS_PROFILE="default", AWS_ACCESS_KEY_ID="AKIDTOKEN", AWS_SECRET_ACCESS_KEY="token-secret",
              AWS_SESSION_TOKEN="source/token+=") as tool:
        equal(tool.keys(), ["assume role", "ASIAd5"], "credential_source = Environment, with a token that is signed")
    files("[default]\n" + ROLE.format("e") + "credential_source = EcsContainer\n")
    equal(keys(double, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x"), ["assume role", "ASIAe7"], "credential_source = EcsContainer")
    files("[default]\n" + ROLE.format("f") + "credential_source = Ec2InstanceMetadata\n")
    equal(keys(double, AWS_EC2_METADATA_DISABLED="false"), ["assume role", "ASIAf9"], "credential_source = Ec2InstanceMetadata")
    double.close()


def test_roles_that_fail():
    double = Double()
    role = "[default]\n" + ROLE.format("a")
    for name, config, part in (
            ("a device that wants a code", role + "source_profile=base\nmfa_serial = arn:x\n", "(mfa_serial), which nobody can type in"),
            ("no source", role, "has a role_arn and neither source_profile nor credential_source"),
            ("two sources", role + "source_profile=base\ncredential_source=Environment\n", "and both source_profile and credential_source"),
            ("an unknown source", role + "credential_source=Moon\n", "must be Environment, EcsContainer or Ec2InstanceMetadata"),
            ("a source that is not there", role + "source_profile=gone\n", "source_profile = gone, which is neither in"),
            ("itself without keys", role + "source_profile=default\n", "are the source_profile of each other"),
            ("a ring", role + "source_profile=x\n[profile x]\n" + ROLE.format("x") + "source_profile=default\n", "are the source_profile of each other"),
            ("a source without credentials", role + "source_profile=x\n[profile x]\nregion=y\n", 'the profile "x", which is the source_profile of another'),
            ("a duration that is none", role + "source_profile=base\nduration_seconds=1h\n", "must be a number from 900 to 43200"),
            ("a short duration", role + "source_profile=base\nduration_seconds=899\n", "must be a number from 900 to 43200"),
            ("a role that is refused", "[default]\n" + ROLE.format("forbidden") + "source_profile=base\n",
             "sts refuses AssumeRole: AccessDenied (the credentials may not do this"),
            ("wrong keys", role + "source_profile=w\n[profile w]\naws_access_key_id=AKIDSOURCE\naws_secret_access_key=file-secret\n",
             "sts refuses AssumeRole: SignatureDoesNotMatch (AWS does not know these credentials")):
        files(config, SOURCE)
        fails(name, part, double)
    got = said[-1]
    ok("[role arn:aws:iam::123456789012:role/a]" in got and "tried: environment (AWS_ACCESS_KEY_ID is not set), assume role]" in got,
       "which role, and what was tried before")
    before = len(double.log)
    files(role + "source_profile=base\n", SOURCE)
    double.next["sts"] = [(503, ""), Double.sts_error(400, "Throttling"), "drop"]
    fails("STS is asked three times", "failed -1004: sts AssumeRole: ", double)
    equal(len(double.log) - before, 3, "and not more")
    double.next["sts"] = [(500, "")]
    equal(keys(double), ["assume role", "ASIAa1"], "a passing fault is passed")
    whole = "<AccessKeyId>A</AccessKeyId><SecretAccessKey>b</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>"
    for text in ("", "<a/>", f"<!DOCTYPE x>{whole}", f"<!--{whole}-->", "<AccessKeyId>A</AccessKeyId><SecretAccessKey><b/></SecretAccessKey>",
                 "<AccessKeyId>A</AccessKeyId><SecretAccessKey>&x;</SecretAccessKey>", "<AccessKeyId>A</AccessKeyId><SecretAccessKey>b"):
        double.next["sts"] = [(200, text)]
        fails(f"a reply that is none: {text[:60]}", "the reply of STS has no ", double)
    double.next["sts"] = [(200, "<AccessKeyId>A</AccessKeyId><SecretAccessKey>source-secret</SecretAccessKey><Expiration>x</Expiration>")]
    fails("nor one without an end", "the reply of STS does not say when", double)
    double.close()


def test_clock():
    double = Double()
    files("[default]\n" + ROLE.format("a") + "source_profile = base\n", SOURCE)
    for ahead in (4000, -4000):
        double.ahead = ahead
        with Tool(double) as tool:
            equal(tool.keys()[0], "assume role", f"a clock that is {ahead} s off is set by STS")
            ok(abs(int(tool.say("offset")) - ahead) <= 5, "to its Date")
            got = json.loads(tool.say("call", "cognito_identity_provider", "AdminGetUser", "{}"))
            equal(got["target"], "AWSCognitoIdentityProviderService.AdminGetUser", "and serves the next call")
    equal(double.kinds(), ["sts", "sts", "service"] * 2, "with one call more, once")
    double.log.clear()
    with Tool(double, AWS_ACCESS_KEY_ID="AKIDSOURCE", AWS_SECRET_ACCESS_KEY="source-secret") as tool:
        equal(json.loads(tool.say("call", "cognito_identity_provider", "Op", "{}"))["key"], "AKIDSOURCE", "a service sets it as well")
        equal(double.kinds(), ["service"] * 2, "by one call more")
    with Tool(double, AWS_ACCESS_KEY_ID="AKIDSOURCE", AWS_SECRET_ACCESS_KEY="file-secret") as tool:
        ok("refuses Op: SignatureDoesNotMatch (AWS does not know" in tool.say("call", "cognito_identity_provider", "Op", "{}"),
           "a wrong secret is none of the clock's")
    double.close()


def test_web_identity():
    double = Double()
    files(token="web-token\n")
    env = dict(AWS_WEB_IDENTITY_TOKEN_FILE="token", AWS_ROLE_ARN="arn:aws:iam::1:role/w", AWS_ROLE_SESSION_NAME="pod")
    equal(keys(double, **env), ["web identity", "ASIAw1"], "of the environment")
    equal(form_of(double)["RoleSessionName"], "pod", "with its session's name")
    ok("authorization" not in double.log[-1][3], "unsigned")
    fails("the environment counts nothing where a profile is asked for", "no credentials for AWS", double, LEAT_AWS_PROFILE="default", **env)
    files("[default]\nweb_identity_token_file = token\nrole_arn = arn:aws:iam::1:role/p\n", token="web-token")
    equal(keys(double), ["web identity", "ASIAp2"], "of a profile")
    files("[default]\nweb_identity_token_file = token\n", token="old-token")
    fails("without a role", "a web identity's token and no role for it", double)
    fails("a token that is not taken", "InvalidIdentityToken (the web identity's token is not taken", double, **env)
    env["AWS_WEB_IDENTITY_TOKEN_FILE"] = "gone"
    fails("a file that is not there", "cannot read the web identity's token gone: No such file", double, **env)
    double.close()


# ---- SSO ----

def sign_in(name, token="sso-token", expires="2099-01-01T00:00:00Z"):
    cache = HOME / ".aws/sso/cache" / (hashlib.sha1(name.encode()).hexdigest() + ".json")
    cache.write_text(json.dumps({"startUrl": "x", "accessToken": token, "expiresAt": expires}))


def test_sso():
    double = Double()
    role = "[default]\nsso_account_id = 123456789012\nsso_role_name = admin role\n"
    session = role + "sso_session = corp\n[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
    legacy = role + "sso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
    files(session)
    fails("who has not signed in is told how", "has not been done; run `aws sso login --profile default`", double)
    sign_in("corp")
    equal(keys(double), ["SSO", "ASIASSO1"], "by a session")
    files(legacy)
    sign_in("https://corp.example/start")
    equal(keys(double), ["SSO", "ASIASSO2"], "and by the address of old")
    with Tool(double) as tool:
        expires = int(tool.say("keys").split("\t")[4])
        ok(3500 < expires - time.time() < 3700, "their end is given in milliseconds")
    sign_in("https://corp.example/start", expires="2020-01-01T00:00:00Z")
    fails("a token that is over is not sent", "has expired; run `aws sso login", double)
    sign_in("https://corp.example/start", token="other")
    fails("one that is not taken", "is not taken any more; run `aws sso login", double)
    sign_in("https://corp.example/start", token="a\r\nX-B: c")
    fails("one that is no header", "has left a file that is no token", double)
    sign_in("https://corp.example/start", expires="soon")
    fails("one without an end", "has left a file that is no token", double)
    files(legacy.replace("admin role", "other"))
    sign_in("https://corp.example/start")
    fails("a role that is not one's own", "SSO refuses the role other in the account 123456789012 with status 403", double)
    files(role + "sso_session = gone\n")
    fails("a session that is not there", "has no section [sso-session gone]", double)
    files(role + "sso_start_url = x\n")
    fails("half of the settings", "sso_region is missing", double)
    double.close()


# ---- a process ----

def test_process():
    files("[default]\ncredential_process = " + printer("P", '{"SessionToken":"printed-by","Expiration":"2099-01-01T00:00:00+02:00"}') + "\n")
    with Tool() as tool:
        equal(tool.say("keys"), "credential_process\tP\tprinted-by-process\tprinted-by\t4070901600", "with a token and an end")
    Path("arguments.py").write_text("import json, sys; open('arguments', 'w').write(json.dumps(sys.argv[1:])); "
                                    "sys.stderr.write('printed-by stderr'); sys.exit(3)\n")
    command = f"{sys.executable} arguments.py "
    for given, wanted in ((r"""a 'b c' "d e" f\ g""", ["a", "b c", "d e", "f g"]), ("$HOME `id` x;y |y >z &", ["$HOME", "`id`", "x;y", "|y", ">z", "&"]),
                          (r"""'a"b' "c'd" "e\"f" "g\h" i''j ''""", ['a"b', "c'd", 'e"f', r"g\h", "ij", ""]), ("  x\t y  ", ["x", "y"])):
        files(f"[default]\ncredential_process = {command}{given}\n")
        fails("a process that fails: its status is told, and no word of it", "has ended with status 3; run its command by hand")
        equal(json.loads(Path("arguments").read_text()), wanted, f"words as a shell parts them, and no shell: {given}")
    Path("killed.py").write_text("import os; os.kill(os.getpid(), 9)\n")
    for name, command, part in (("one that is killed", f"{sys.executable} killed.py", "has ended with signal 9"),
                                ("one that is not there", "./nowhere x", "cannot be started: No such file or directory"),
                                ("an open quote", "cat 'x", "a quote is not closed"), ("no words", "''", "cannot be started"),
                                ("one that prints no JSON", "echo hello", 'does not print JSON with "Version": 1'),
                                ("another version", 'echo {"Version": 2}', 'does not print JSON with "Version": 1'),
                                ("no secret", """echo '{"Version": 1, "AccessKeyId": "x"}'""", "credential_process has no secret access key"),
                                ("an end that is none", """echo '{"Version":1,"AccessKeyId":"x","SecretAccessKey":"printed-by","Expiration":"x"}'""",
                                 "credential_process does not say when"),
                                ("one that does not stop to print", "yes", "credential_process prints more than 64 KiB")):
        files(f"[default]\ncredential_process = {command}\n")
        fails(name, part)
    files("[default]\ncredential_process = sh -c 'sleep 1000 & echo $! >pid.new; mv pid.new pid; sleep 1000'\n")
    equal(keys(LEAT_AWS_CANCEL_FILE="pid").split(" ")[1], "-1007:", "one that hangs is ended with the run")
    pid = int(Path("pid").read_text())
    while alive(pid):        # the signal is sent; a test that hangs here is ended from outside
        time.sleep(.01)
    ok(True, "with all that it has started")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ---- container and instance ----

def test_container():
    double = Double()
    files(secret="container-token")
    full = dict(AWS_CONTAINER_CREDENTIALS_FULL_URI=double.url + "/v1/x?id=1")
    equal(keys(double, **full), ["container", "ASIAECS1"], "a whole address, of this machine")
    double.container_token = "container-token"
    equal(keys(double, AWS_CONTAINER_AUTHORIZATION_TOKEN="container-token", **full), ["container", "ASIAECS2"], "with a token")
    equal(keys(double, AWS_CONTAINER_AUTHORIZATION_TOKEN="old", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="secret", **full),
          ["container", "ASIAECS3"], "or with a file of it, which counts more")
    fails("a token that is not taken", "refused with status 403", double, **full)
    fails("a file that is not there", "cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE gone", double,
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="gone", **full)
    Path("secret").write_text("container-token\n")
    fails("a token with a line end", "has a line end", double, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="secret", **full)
    n = len(double.log)
    for url in ("http://example.org/x", "http://169.254.170.2.example.org/", "http://127.0.0.1@example.org/", "http://127.0.0.1:x@example.org/",
                "ftp://127.0.0.1/",
                "http://169.254.170.20/", "http://[fd00:ec2::24]/"):
        fails(f"no other address is asked without TLS: {url}", "must begin with https://, or be http on this machine", double,
              AWS_CONTAINER_CREDENTIALS_FULL_URI=url)
    fails("nor a half one that is none", "must begin with a slash", double, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="@example.org/")
    equal(len(double.log), n, "nobody was")
    double.container_token = None
    double.next["container"] = [(500, "SERVERTEXT"), "drop"]
    equal(keys(double, **full), ["container", "ASIAECS4"], "it is asked three times")
    double.next["container"] = [(200, "SERVERTEXT"), (200, "{}"), (200, '{"AccessKeyId":"A","SecretAccessKey":"secret-"}')]
    fails("no JSON", "answers with what is no JSON", double, **full)
    fails("no keys", "the container's service has no access key id", double, **full)
    fails("no end", "does not say when its credentials expire (Expiration)", double, **full)
    double.close()


def test_instance():
    double = Double()
    files()
    on = dict(AWS_EC2_METADATA_DISABLED="false")
    equal(keys(double, **on), ["instance metadata", "ASIAIMDS1"], "by version 2 of the service")
    equal([e[1] + " " + e[0] for e in double.log], ["PUT token", "GET role", "GET keys"], "with a token first")
    for kind, reply, part in (("token", (403, ""), "no token: status 403"), ("token", "drop", "instance metadata (no answer: "),
                              ("token", "hang", "instance metadata (no answer: "), ("role", (404, ""), "no role of the instance: status 404"),
                              ("role", (200, "../x"), "no role of the instance"), ("role", (200, ""), "no role of the instance"),
                              ("keys", (500, ""), "no credentials for the role: status 500")):
        double.next[kind] = [reply]
        fails(f"{kind} {reply}: no credentials here", part, double, **on)
    double.next["keys"] = [(200, '{"Code":"AssumeRoleUnauthorizedAccess","Message":"SERVERTEXT"}')]
    fails("a reply that is an error", "instance metadata has no access key id", double, **on)
    equal(keys(None, AWS_EC2_METADATA_SERVICE_ENDPOINT=double.url + "/", **on)[0], "instance metadata", "it can be elsewhere")
    files(f"[default]\nec2_metadata_service_endpoint = {double.url}\n")
    equal(keys(None, **on)[0], "instance metadata", "by the file as well")
    fails("but not without TLS", "must begin with https://", AWS_EC2_METADATA_SERVICE_ENDPOINT="http://example.org", **on)
    double.close()


# ---- in a long run ----

def test_renewing():
    double = Double(life=3600)
    files("[default]\n" + ROLE.format("r") + "source_profile = base\n", SOURCE)
    with Tool(double) as tool:
        equal([tool.keys()[1], tool.keys()[1]], ["ASIAr1", "ASIAr1"], "they are kept")
        for seconds, wanted in ((3600 - 905, "ASIAr1"), (3600 - 895, "ASIAr2")):
            double.ahead = seconds
            tool.say("clock", str(seconds))
            equal(tool.keys()[1], wanted, f"{seconds} s later")
        double.ahead += 3600 - 700
        double.next["sts"] = [(503, "")] * 3
        tool.say("clock", str(double.ahead))
        equal(tool.keys()[1], "ASIAr2", "a quarter of an hour before the end a fault does no harm")
        n = len(double.log)
        equal([tool.keys()[1], len(double.log)], ["ASIAr2", n], "nor is the next one near")
        double.ahead += 200
        double.next["sts"] = [Double.sts_error(403, "AccessDenied")]
        tool.say("clock", str(double.ahead))
        ok("sts refuses AssumeRole: AccessDenied" in tool.keys(), "ten minutes before, it is one")
        equal(tool.keys()[1], "ASIAr3", "that passes")
    double.close()


def test_short_lives():
    double = Double(life=40)
    files("[default]\n" + ROLE.format("s") + "source_profile = base\n", SOURCE)
    with Tool(double) as tool:
        equal([tool.keys()[1] for _ in range(5)], ["ASIAs1"] * 5, "short-lived ones are not renewed all the time")
        double.ahead = 31
        tool.say("clock", "31")
        equal(tool.keys()[1], "ASIAs2", "but before their end")
    double.life, double.ahead = -5, 0
    fails("what has expired already is none", "the credentials from assume role have expired", double)
    double.close()


def test_refused():
    double = Double()
    files("[default]\n" + ROLE.format("x") + "source_profile = base\n", SOURCE)
    with Tool(double) as tool:
        equal(json.loads(tool.say("call", "cognito_identity_provider", "Op", "{}"))["key"], "ASIAx1", "a call")
        double.keys["ASIAx1"] = double.keys["ASIAx1"][:2] + (1,)
        equal(json.loads(tool.say("call", "cognito_identity_provider", "Op", "{}"))["key"], "ASIAx2", "one with expired credentials is made again, with others")
        equal(tool.say("refused"), "1", "a reply may say so")
        equal(tool.keys()[1], "ASIAx3", "others are there")
    (HOME / ".aws/config").write_text("")
    (HOME / ".aws/credentials").write_text("[default]\naws_access_key_id=A\naws_secret_access_key=file-secret\n")
    with Tool(double) as tool:
        equal(tool.keys()[1], "A", "credentials of a file")
        tool.say("refused")
        ok("from shared credentials file have expired" in tool.keys(), "are no better when they are read again")
        (HOME / ".aws/credentials").write_text("[default]\naws_access_key_id=B\naws_secret_access_key=file-secret\n")
        equal(tool.keys()[1], "B", "unless somebody has renewed them")
        (HOME / ".aws/credentials").write_text("")
        tool.say("refused")
        ok("the credentials came from shared credentials file, which has none any more" in tool.keys(), "a run keeps its source")
    with Tool(double, **ENV) as tool:
        tool.keys()
        tool.say("refused")
        ok("from environment have expired" in tool.keys(), "nor do those of the environment change")
    double.close()


def test_a_run_that_stops():
    double = Double()
    files("[default]\n" + ROLE.format("x") + "source_profile = base\n[profile plain]\n", SOURCE)
    double.next["sts"] = ["hang"]
    equal(keys(double, LEAT_AWS_CANCEL="3").split(" ")[1], "-1007:", "a server that says nothing holds nobody up")
    equal(keys(double, AWS_PROFILE="plain", AWS_EC2_METADATA_DISABLED="false", LEAT_AWS_CANCEL="1").split(" ")[1], "-1007:",
          "a search that is stopped is no search without a result")
    double.next["sts"] = [(503, "")] * 9
    equal(keys(double, LEAT_AWS_CANCEL="5").split(" ")[1], "-1007:", "nor does a pause")
    double.close()


def test_calls():
    double = Double()
    files("", SOURCE.replace("base", "default"))
    with Tool(double) as tool:
        for name, replies, wanted in (
                ("what the service has against it", [(400, '{"__type":"x#UserNotFoundException"}')], "UserNotFoundException"),
                ("what it always will", [(400, '{"__type":"ResourceNotFoundException:http://x/","message":"SERVERTEXT"}')],
                 "failed -1005: cognito-idp refuses Op: ResourceNotFoundException (it is not there: look at its name, the region, "
                 "and whose account the credentials are for)"),
                ("who is no AWS", [(404, "<html>SERVERTEXT")], "failed -1005: cognito-idp refuses Op: HTTP status 404 (what has "
                 "answered is not AWS; look at the address and at what stands between)")):
            double.next["service"] = list(replies)
            equal(tool.say("call", "cognito_identity_provider", "Op", "{}"), wanted, name)
        double.next["service"] = [(400, '{"__type":"TooManyRequestsException"}'), (500, ""), "drop"]
        equal(json.loads(tool.say("call", "cognito_identity_provider", "Op", '{"a":1}'))["body"], {"a": 1}, "what passes is tried again")
    double.close()


def test_no_secrets():
    found = [(secret, line) for line in said for secret in SECRETS if secret in line]
    ok(len(said) > 60, f"{len(said)} errors were seen")
    equal(found, [], "and none of them holds a secret, or a server's text")


HOME.mkdir(exist_ok=True)
run(test_order, test_environment, test_profiles, test_roles, test_roles_that_fail, test_clock, test_web_identity, test_sso,
    test_process, test_container, test_instance, test_renewing, test_short_lives, test_refused, test_a_run_that_stops,
    test_calls, test_no_secrets)
