# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The double as a whole: what it holds, and how a request goes through signature, faults, quotas and rules."""
import hashlib
import json
import struct

from . import (credentials, faults, groups, jobs, limits, listing, logs, quotas, records, s3, signin, sts,
               users)  # noqa: F401
from .clock import Clock
from .errors import Refusal, absent
from .hashes import Bounds
from .operations import OPERATIONS, check
from .pool import ALIASES, Pool
from .wire import Reply

JSON = ("Content-Type", "application/x-amz-json-1.1")
ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
SERVICES = {"AWSCognitoIdentityProviderService": "cognito-idp", "Logs_20140328": "logs"}


class Double:
    def __init__(self, options, clock=None):
        self.o, self.clock = options, clock or Clock()
        self.credentials = credentials.Credentials(self.clock, options.region, options.auth_status)
        self.quotas, self.records = quotas.Quotas(options, self.clock), records.Records(options, self.clock)
        self.faults, self.logs = faults.Faults(self.chance), logs.Logs(self)
        self.bounds = Bounds(options.sign, options.key_bytes == "any", options.min_cost)
        self.own_key, self.own_secret = "ASIADOUBLEITSELF", self.unique("own secret")
        self.pools, self.roles, self.web_tokens, self.buckets = {}, {}, set(), {}
        self.later = lambda seconds, work: work()       # the server has a loop; without one it is done at once
        self.host, self.flying = "127.0.0.1", {}
        self.forget()

    def forget(self):
        """As at the beginning: pools without users, no jobs, nothing counted."""
        self.jobs, self.foreign_met, self.mails = {}, set(), []
        self.n_tokens = self.n_pages = self.n_jobs = self.n_sessions = self.tokens_dead = 0
        self.buckets = {name: {} for name in self.buckets}
        self.logs.groups = {}
        for part in (self.quotas, self.records, self.faults, *self.pools.values()):
            part.forget()

    # ---- chance ----

    def unique(self, what):
        return hashlib.blake2b(f"{self.o.seed}/{what}".encode(), digest_size=20).hexdigest()

    def chance(self, what, key):
        """From 0 to 1, the same whenever the same is asked."""
        digest = hashlib.blake2b(f"{self.o.seed}/{what}/{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return struct.unpack("Q", digest)[0] / 2**64

    # ---- pools ----

    def add_pool(self, said):
        if said["Id"] not in self.pools or self.pools[said["Id"]].said != said:
            self.pools[said["Id"]] = Pool(said, self.o.seed, self.clock)
        return self.pools[said["Id"]]

    def jobs_of(self, pool):
        return [job for job in self.jobs.values() if job.pool is pool]

    def meet(self, pool, name):
        """Somebody else's user is there from the beginning; it is made when first asked for."""
        if not self.o.foreign or (pool.id, name) in self.foreign_met or self.chance("foreign", name) >= self.o.foreign:
            return
        self.foreign_met.add((pool.id, name))
        if not pool.exact(name) and not pool.aliased(name):
            user = pool.add(name, {pool.sign_in_by[0]: name} if pool.sign_in_by else {}, "CONFIRMED", "foreign")
            user.created = user.modified = self.clock.now() - 86400 * 30

    def spend_mail(self):
        """One of the mails a day of the default sender."""
        now = self.clock.now()
        self.mails = [when for when in self.mails if when > now - 86400]
        if len(self.mails) >= self.o.mail_limit:
            raise Refusal("LimitExceededException", "Exceeded daily email limit for the operation or the account.")
        self.mails.append(now)

    # ---- requests ----

    def serve(self, request):
        """The reply to a request to AWS. What the double itself is asked goes to control.py."""
        if request.method == "POST" and request.path == "/":
            if "x-amz-target" in request.headers:
                return self.json(request)
            if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                form = sts.form_of(request)
                return self.other(request, form.get("Action", "?"), lambda: sts.serve(self, request, form), sts.refused)
            return self.refused(Refusal("UnknownOperationException", "", 404))
        name = "PutImportFile" if request.path.startswith(f"/{jobs.BUCKET}/") else f"{request.method.title()}Object"
        return self.other(request, name, lambda: s3.serve(self, request), s3.refused)

    def refused(self, refusal):
        body = json.dumps({"__type": refusal.type, "message": refusal.message}, ensure_ascii=False).encode("utf-8", "replace")
        return Reply(refusal.status, body, (JSON, ("x-amzn-RequestId", self.unique(self.records.n_requests)[:32]),
                                            ("x-amzn-ErrorType", refusal.type)))

    def json(self, request):
        prefix, _, name = request.headers["x-amz-target"].rpartition(".")
        op = OPERATIONS.get(name)
        service = SERVICES.get(prefix)
        if not op or service != ("logs" if op.category in quotas.LOGS else "cognito-idp"):
            self.records.add(name or "?", None, None, "UnknownOperationException", False, None)
            return self.refused(Refusal("UnknownOperationException", ""))
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        parts = body if isinstance(body, dict) else {}
        user, pool_id = user_of(parts), parts.get("UserPoolId")
        self.begin(request, op, pool_id, parts, user)
        self.host = request.headers.get("host", self.host)

        def work():
            if not isinstance(body, dict) or not request.headers.get("content-type", "").startswith("application/x-amz-json-1.1"):
                raise Refusal("SerializationException", "the body is not what it should be")
            return self.work(op, pool_id, body)

        def first():
            if op.signed:
                self.credentials.check(request, service)
            self.quotas.take(op, pool_id, user)
        return self.through(name, pool_id, user, first, work, self.refused)

    def other(self, request, name, work, refused):
        return self.through(name, None, None, lambda: None, work, refused)

    def work(self, op, pool_id, body):
        check(op, body)
        pool = None
        if "UserPoolId" in op.members:
            pool = self.pools.get(pool_id)
            if pool is None:
                raise absent(f"User pool {pool_id} does not exist.")
        if "Username" in op.members:
            self.meet(pool, body["Username"])
        out = op.work(self, pool, body)
        self.count_active(op, pool, body)
        text = b"" if out is None else ENCODE(out).encode("utf-8", "surrogatepass")
        return Reply(200, text, (JSON, ("x-amzn-RequestId", self.unique(self.records.n_requests)[:32])))

    def count_active(self, op, pool, body):
        """Whoever an operation of this kind has worked on is active this month, and is billed."""
        name = body.get("Username") or body.get("DestinationUser", {}).get("ProviderAttributeValue") if op.mau else None
        user = name and (pool.exact(name) or pool.aliased(name))
        if user:
            self.records.active(pool, user.sub)

    def through(self, name, pool_id, user, first, work, refused):
        """first: what is checked before anything else; work: what has an effect. The fault stands between."""
        rule, done, delay = self.faults.pick(name, user), False, self.o.latency / 1000
        kind = rule.kind if rule else None
        try:
            first()
            if kind in faults.BEFORE:
                raise rule.refusal()
            if kind == "late":
                self.later(rule.said.get("ms", 100) / 1000, lambda: self.quietly(work))
            reply = self.early(kind)
            if reply is None:
                reply, done = work(), True
            outcome = "OK" if reply.status < 300 else str(reply.status)
        except Refusal as refusal:
            reply, outcome = refused(refusal), refusal.type
        if kind in faults.AFTER:
            reply, outcome, delay = self.spoil(rule, name, user, reply, outcome, refused, delay)
        elif reply.reset:
            outcome = "reset"
        self.records.add(name, pool_id, user, outcome, done, kind)
        return reply._replace(delay=delay) if delay else reply

    @staticmethod
    def quietly(work):
        try:
            work()
        except Refusal:
            pass

    @staticmethod
    def early(kind):
        if kind in ("cut", "late"):
            return Reply(0, reset=True)
        if kind == "unavailable":
            return Reply(503, faults.PAGE, (("Content-Type", "text/html"),))
        return None

    def spoil(self, rule, name, user, reply, outcome, refused, delay):
        if rule.kind == "lose":
            return Reply(0, reset=True), "reset", delay
        if rule.kind == "lie":
            return refused(rule.refusal()), rule.refusal().type, delay
        if rule.kind == "garbage":
            return Reply(0, raw=self.faults.garbage(name, user, reply.body)), "garbage", delay
        return reply, outcome, delay + rule.said.get("ms", 100) / 1000

    # ---- what is on its way ----

    def begin(self, request, op, pool_id, body, user):
        if not op.touches:
            return
        pool = self.pools.get(pool_id)
        names = () if pool is None else pool.aliases or pool.sign_in_by
        said = body.get("UserAttributes")
        pairs = said if names and isinstance(said, list) else ()
        aliases = [(pool_id, one.get("Name"), str(one.get("Value")).lower()) for one in pairs
                   if isinstance(one, dict) and one.get("Name") in names and one.get("Name") in ALIASES]
        keys = ((pool_id, user), aliases)
        self.flying[id(request)] = keys
        self.records.begin(keys)

    def done(self, request):
        keys = self.flying.pop(id(request), None)
        if keys:
            self.records.end(keys)


def user_of(body):
    name = body.get("Username")
    if name is None and isinstance(body.get("AuthParameters"), dict):
        name = body["AuthParameters"].get("USERNAME")
    return name if isinstance(name, str) else None
