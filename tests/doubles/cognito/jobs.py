# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Import jobs: Created, Pending, InProgress, Stopping, Stopped, Succeeded, Failed, Expired; and the work of one, in
slices, so that requests are answered meanwhile."""
import re

from . import csvfile, sigv4
from .clock import stamp
from .errors import Refusal, absent, invalid, not_now
from .hashes import ALGORITHMS
from .listing import page_of
from .logs import FAILED, SKIPPED, SUCCEEDED
from .operations import POOL, ROLE, TOKEN, Text, Whole, operation

ACTIVE = ("Pending", "InProgress", "Stopping")
URL_SECONDS, EXPIRES_SECONDS, MAX_JOBS = 900, 86400, 1000
BUCKET = "cognito-import"
SLICE = 0.004                       # seconds of work before requests are looked at again
SSE = "x-amz-server-side-encryption"
JOB = {"UserPoolId": POOL, "JobId": Text(1, 55, re.compile(r"import-[0-9a-zA-Z-]+"))}


class Job:
    def __init__(self, double, pool, body, host):
        now = double.clock.now()
        double.n_jobs += 1
        self.double, self.pool, self.algorithm = double, pool, body.get("PasswordHashingAlgorithm")
        self.id = f"import-{double.unique(f'job {double.n_jobs}')[:10]}"
        self.path = f"/{BUCKET}/{pool.id}/{self.id}"
        self.status, self.data, self.file, self.log = "Created", None, None, None
        self.line = self.n_done = self.imported = self.skipped = self.failed = 0
        self.began = 0.0
        self.said = {"JobName": body["JobName"], "JobId": self.id, "UserPoolId": pool.id,
                     "PreSignedUrl": self.url(host), "CreationDate": round(now, 3),
                     "CloudWatchLogsRoleArn": body["CloudWatchLogsRoleArn"]}
        if self.algorithm:
            self.said["PasswordHashingAlgorithm"] = self.algorithm

    def url(self, host):
        """For who has it, without credentials of his own, but with the header that is part of the signature."""
        double = self.double
        query = sigv4.presign("PUT", host, self.path, {SSE: "aws:kms"}, double.own_key, double.own_secret, double.o.region,
                              stamp(double.clock.now()), URL_SECONDS)
        return f"http://{host}{self.path}?{query}"

    def shown(self):
        """As Describe and List give it; what was never started expires when somebody looks."""
        if self.status == "Created" and self.double.clock.now() > self.said["CreationDate"] + EXPIRES_SECONDS:
            self.status, self.data = "Expired", None
        status = self.double.o.status_word if self.status == "InProgress" and self.double.o.status_word else self.status
        return {**self.said, "Status": status, "ImportedUsers": self.imported, "SkippedUsers": self.skipped,
                "FailedUsers": self.failed}

    # ---- the work ----

    def start(self):
        self.status, self.said["StartDate"] = "Pending", round(self.double.clock.now(), 3)
        self.double.later(self.double.o.pending / 1000, self.go_on)

    def held(self):
        """A test holds the job at a state or at a number of rows."""
        hold = self.double.o.hold
        return hold is not None and (hold == self.status or isinstance(hold, int) and self.n_done >= hold)

    def go_on(self):
        if self.status == "Stopping":
            self.end("Stopped", "The Import Job was stopped by the developer.")
        elif self.status in ACTIVE and self.held():
            self.double.later(0.01, self.go_on)
        elif self.status == "Pending":
            self.open()
        elif self.status == "InProgress":
            self.work()

    def open(self):
        o, self.status = self.double.o, "InProgress"
        if o.log_roles and self.said["CloudWatchLogsRoleArn"] not in o.log_roles:
            return self.end("Failed", "The log role could not be assumed.")
        if self.pool.id not in self.double.pools:
            return self.end("Failed", "The user pool does not exist.")
        self.log = self.double.logs.stream(self.pool, f"{self.id}/{self.said['JobName']}")
        try:
            self.file = csvfile.File(self.data, self.pool, self.algorithm, o)
        except csvfile.Broken as why:
            return self.end("Failed", str(why))
        self.line, self.began = 1 if o.header_is_line == 1 else 0, self.double.clock.steady()
        self.double.later(0, self.go_on)

    def allowed(self):
        """How many rows may be done by now."""
        rate = self.double.o.import_rate
        return int((self.double.clock.steady() - self.began) * rate) if rate else float("inf")

    def work(self):
        steady = self.double.clock.steady
        until, allowed = steady() + SLICE, self.allowed()
        while steady() < until and self.n_done < allowed and not self.held():
            try:
                line = self.file.next_line()
            except csvfile.Broken as why:
                return self.end("Failed", str(why))
            if line is None:
                return self.end("Succeeded", None)
            self.row(line)
            if self.too_many():
                return self.end("Failed", "Too many users have failed or been skipped during the import.")
        self.double.later(0 if self.n_done < allowed else 0.005, self.go_on)

    def row(self, line):
        self.line, self.n_done = self.line + 1, self.n_done + 1
        try:
            kind, text = self.take(line)
        except csvfile.Row as why:
            kind, text = FAILED, str(why)
        self.imported += kind == SUCCEEDED
        self.skipped += kind == SKIPPED
        self.failed += kind == FAILED
        self.log.add(self.line, kind, text)

    def take(self, line):
        double, pool = self.double, self.pool
        name, attributes, mfa, secret = csvfile.read(self.file, line, double.bounds)
        double.meet(pool, name)
        if pool.exact(name) or pool.sign_in_by and pool.aliased(name):
            return SKIPPED, "The user already exists."
        if pool.clash(attributes) is not None:
            raise csvfile.Row("An account with the alias already exists.")
        if double.chance("row", f"{self.id}/{name}") < double.o.row_error:
            raise csvfile.Row("Internal error.")
        user = pool.add(name, attributes, "CONFIRMED" if secret or pool.passwordless() else "RESET_REQUIRED", "csv", secret)
        user.mfa = mfa
        return SUCCEEDED, "The import succeeded."

    def too_many(self):
        bad = self.failed + self.skipped
        return bad >= self.double.o.fail_least and bad > self.double.o.fail_share * self.n_done

    def end(self, status, why):
        self.status, self.data, self.file = status, None, None
        if self.log:
            self.log.flush()
        self.said["CompletionDate"] = round(self.double.clock.now(), 3)
        if why:
            self.said["CompletionMessage"] = why


# ---- the operations ----

@operation("GetCSVHeader", "UserPoolResourceRead", scope=5, UserPoolId=POOL)
def get_csv_header(double, pool, body):
    return {"UserPoolId": pool.id, "CSVHeader": csvfile.columns_of(pool) + ([csvfile.HASH] if double.o.header_hash else [])}


@operation("CreateUserImportJob", "UserPoolResourceUpdate", scope=5, UserPoolId=POOL, JobName=Text(1, 128, re.compile(r"[\w\s+=,.@-]+")),
           CloudWatchLogsRoleArn=ROLE, PasswordHashingAlgorithm_=Text(words=ALGORITHMS))
def create_user_import_job(double, pool, body):
    if len(double.jobs_of(pool)) >= MAX_JOBS:
        raise Refusal("LimitExceededException", "too many import jobs")
    if body.get("PasswordHashingAlgorithm") and pool.id in double.o.ineligible:
        raise Refusal(double.o.ineligible_error, "The user pool cannot take password hashes.")
    job = Job(double, pool, body, double.host)
    double.jobs[job.id] = job
    return {"UserImportJob": job.shown()}


def job_of(double, pool, body):
    job = double.jobs.get(body["JobId"])
    if not job or job.pool is not pool:
        raise absent("The import job does not exist.")
    return job


@operation("StartUserImportJob", "UserPoolResourceUpdate", scope=5, **JOB)
def start_user_import_job(double, pool, body):
    job = job_of(double, pool, body)
    job.shown()
    if job.status != "Created":
        raise not_now(f"The import job is {job.status} and cannot be started.")
    if not pool.verifies:
        raise not_now("The user pool verifies no attribute automatically.")
    if job.data is None:
        raise not_now("No file was uploaded.")
    if any(other.status in ACTIVE for other in double.jobs.values()):
        raise not_now("Another import job is active in this account.")
    job.start()
    return {"UserImportJob": job.shown()}


@operation("StopUserImportJob", "UserPoolResourceUpdate", scope=5, **JOB)
def stop_user_import_job(double, pool, body):
    job = job_of(double, pool, body)
    if job.status not in ("Pending", "InProgress"):
        raise not_now(f"The import job is {job.status} and cannot be stopped.")
    job.status = "Stopping"
    double.later(double.o.stopping / 1000, job.go_on)
    return {"UserImportJob": job.shown()}


@operation("DescribeUserImportJob", "UserPoolResourceRead", scope=5, **JOB)
def describe_user_import_job(double, pool, body):
    return {"UserImportJob": job_of(double, pool, body).shown()}


@operation("ListUserImportJobs", "UserPoolResourceRead", scope=5, UserPoolId=POOL, MaxResults=Whole(1, 60), PaginationToken_=TOKEN)
def list_user_import_jobs(double, pool, body):
    newest = [job.shown() for job in reversed(double.jobs_of(pool))]
    if double.o.hide_jobs > 0:
        double.o.hide_jobs, newest = double.o.hide_jobs - 1, []
    if double.o.same_token:
        return {"UserImportJobs": newest[:body["MaxResults"]], "PaginationToken": "again"}
    return page_of(double, "ListUserImportJobs", {**body, "Limit": body["MaxResults"]}, "UserImportJobs", newest, "PaginationToken")


@operation("DescribeUserPool", "UserPoolRead", UserPoolId=POOL)
def describe_user_pool(double, pool, body):
    o, now = double.o, round(pool.created, 3)
    out = {"Id": pool.id, "Name": pool.name, "Arn": f"arn:aws:cognito-idp:{o.region}:{o.account}:userpool/{pool.id}",
           "CreationDate": now, "LastModifiedDate": now, "MfaConfiguration": pool.mfa, "LambdaConfig": {},
           "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}, "UserPoolTier": "ESSENTIALS",
           "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
           **{k: v for k, v in pool.said.items() if k not in ("Schema", "Clients", "Providers", "_links")},
           "Policies": {**pool.said.get("Policies", {}), "PasswordPolicy": pool.policy},
           "SchemaAttributes": [attribute.said() for attribute in pool.schema.values()],
           "UsernameConfiguration": {"CaseSensitive": pool.sensitive}, "EstimatedNumberOfUsers": len(pool)}
    return {"UserPool": out}
