# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The life of an import job, its upload, its log."""
import time

from tap import equal, ok

from .client import POOL, ROLE, SSE, Double, create_job, fails, log_of, person, run_job, table, wait_job


def status_of(d, job_id):
    return d.pool("DescribeUserImportJob", JobId=job_id)["UserImportJob"]["Status"]


def test_upload():
    with Double("--scale", "0", "--pool", POOL) as d:
        job = d.pool("CreateUserImportJob", JobName="a job", CloudWatchLogsRoleArn=ROLE)["UserImportJob"]
        url, text = job["PreSignedUrl"], table(d, [person("u")]).encode()
        ok(job["Status"] == "Created" and job["JobId"].startswith("import-") and isinstance(job["CreationDate"], float), "a job is created")
        equal(d.put(url, text), 403, "an upload without the header of the signature")
        equal(d.put(url, text, **{"x-amz-server-side-encryption": "AES256"}), 403, "with another value")
        equal(d.put(url, text, **SSE, **{"x-amz-acl": "private"}), 403, "with one that is not signed")
        equal(d.put(url[:-1] + ("0" if url[-1] != "0" else "1"), text, **SSE), 403, "with another signature")
        equal(fails(d.pool, "StartUserImportJob", JobId=job["JobId"]), "PreconditionNotMetException", "without a file there is nothing to start")
        d.tell("clock", {"advance": 890})
        equal(d.put(url, text, **SSE), 200, "within 15 minutes it is taken")
        d.tell("clock", {"advance": 20})
        equal(d.put(url, text, **SSE), 403, "later it is not")
        equal(fails(d.pool, "StartUserImportJob", JobId=job["JobId"]), None, "the job starts nevertheless")
        equal(wait_job(d, job["JobId"])["ImportedUsers"], 1, "and imports")
        equal(d.get("stats")["calls"]["PutImportFile"], 6, "each upload is counted")


def test_states():
    with Double("--scale", "0", "--pool", POOL, "--hold", "Pending", "--stopping", "50") as d:
        text = table(d, [person(f"u{i}") for i in range(10)])
        first, second = create_job(d, text), create_job(d, text)
        start = lambda job: fails(d.pool, "StartUserImportJob", JobId=job)  # noqa: E731
        stop = lambda job: fails(d.pool, "StopUserImportJob", JobId=job)  # noqa: E731
        equal(stop(first), "PreconditionNotMetException", "what was not started cannot be stopped")
        equal((start(first), status_of(d, first)), (None, "Pending"), "a job is pending")
        equal((start(second), start(first)), ("PreconditionNotMetException",) * 2, "one is active at a time, and started once")
        equal(fails(d.ask, "GetLogEvents", service="logs", logGroupName=f"/aws/cognito/userpools/{POOL}/double", logStreamName=f"{first}/a job"),
              "ResourceNotFoundException", "it has no log yet")
        d.tell("control", {"hold": 4})
        wait_job(d, first, states=("InProgress",))
        while d.pool("DescribeUserImportJob", JobId=first)["UserImportJob"]["ImportedUsers"] < 4:
            time.sleep(0.01)
        equal((len(log_of(d, {"JobId": first})), d.get("stats")["n_users"][POOL]), (4, 4), "then in progress")
        equal((stop(first), status_of(d, first)), (None, "Stopping"), "it can be stopped")
        job = wait_job(d, first)
        equal((job["Status"], job["ImportedUsers"], job["CompletionMessage"]), ("Stopped", 4, "The Import Job was stopped by the developer."),
              "and then is, with what was done")
        equal((start(first), stop(first)), ("PreconditionNotMetException",) * 2, "for good")
        d.tell("control", {"hold": None})
        equal((start(second), wait_job(d, second)["SkippedUsers"]), (None, 4), "the next can go on; who is there is skipped")
        third = create_job(d, text)
        d.tell("clock", {"advance": 86401})
        equal((status_of(d, third), start(third)), ("Expired", "PreconditionNotMetException"), "what nobody starts expires")
        said = d.pool("ListUserImportJobs", MaxResults=2)
        equal(([job["JobId"] for job in said["UserImportJobs"]], "PaginationToken" in said), ([third, second], True), "jobs are listed, the newest first")
        equal([job["JobId"] for job in d.pool("ListUserImportJobs", MaxResults=2, PaginationToken=said["PaginationToken"])["UserImportJobs"]], [first],
              "by pages")
        equal([fails(d.pool, "ListUserImportJobs"), fails(d.pool, "ListUserImportJobs", MaxResults=61)], ["InvalidParameterException"] * 2,
              "of a size that has to be said")
        equal(fails(d.pool, "DescribeUserImportJob", JobId="import-none"), "ResourceNotFoundException", "a job that is none")
        equal([fails(d.pool, "CreateUserImportJob", JobName=name, CloudWatchLogsRoleArn=ROLE, **more) for name, more in (
            ("bad/name", {}), ("good", {"PasswordHashingAlgorithm": "MD5"}))], ["InvalidParameterException"] * 2, "or cannot be")


def test_odd_jobs():
    with Double("--scale", "0", "--pool", POOL, "--hide-jobs", "1", "--hold", "InProgress", "--status-word", "Resting") as d:
        job = create_job(d, table(d, [person("u")]))
        listed = lambda **more: d.pool("ListUserImportJobs", MaxResults=60, **more)["UserImportJobs"]  # noqa: E731
        equal((listed(), len(listed())), ([], 1), "a list of jobs can come late")
        d.pool("StartUserImportJob", JobId=job)
        wait_job(d, job, states=("Resting",))
        equal(fails(d.pool, "StartUserImportJob", JobId=job), "PreconditionNotMetException", "a state can have another name, and be the same")
        d.tell("control", {"hold": None, "status_word": None, "same_token": True})
        equal(wait_job(d, job)["Status"], "Succeeded", "until it has its own")
        tokens = [d.pool("ListUserImportJobs", MaxResults=60, **more)["PaginationToken"] for more in ({}, {"PaginationToken": "again"})]
        equal(tokens, ["again"] * 2, "and a list can have no end")


def test_log():
    with Double("--scale", "0", "--pool", POOL, "--fail-least", "100") as d:
        rows = [person("a"), person("b", email_verified=""), person("a"), person("c")]
        result, job = run_job(d, table(d, rows))
        equal(result, ("Succeeded", 2, 1, 1), "counters")
        lines = log_of(d, job)
        equal(lines, ["[SUCCEEDED] Line Number 2 - The import succeeded.", "[FAILED] Line Number 3 - The User Record does not set any of the auto "
                      "verified attributes to true. (Example: email_verified to true).", "[SKIPPED] Line Number 4 - The user already exists.",
                      "[SUCCEEDED] Line Number 5 - The import succeeded."], "a line a row, in the words of the guide")
        logs = {"service": "logs", "logGroupName": f"/aws/cognito/userpools/{POOL}/double"}
        stream = {**logs, "logStreamName": f"{job['JobId']}/a job"}
        page = d.ask("GetLogEvents", **stream, startFromHead=True, limit=3)
        rest = d.ask("GetLogEvents", **stream, nextToken=page["nextForwardToken"])
        last = d.ask("GetLogEvents", **stream, nextToken=rest["nextForwardToken"])
        equal((len(page["events"]), len(rest["events"]), last["events"], last["nextForwardToken"]), (3, 1, [], rest["nextForwardToken"]),
              "pages; at the end the token stays the same")
        back = d.ask("GetLogEvents", **stream, nextToken=rest["nextBackwardToken"], limit=2)
        equal([event["message"] for event in back["events"]], lines[1:3], "and back")
        equal([event["message"] for event in d.ask("GetLogEvents", **stream, limit=1)["events"]], lines[3:], "without startFromHead: from the end")
        tags = lambda **more: [event["message"][:4] for event in d.ask("FilterLogEvents", **logs, **more)["events"]]  # noqa: E731
        equal((tags(filterPattern='"[FAILED]"'), tags(filterPattern="?FAILED ?SKIPPED"), tags(filterPattern="-SUCCEEDED"), len(tags())),
              (["[FAI"], ["[FAI", "[SKI"], ["[FAI", "[SKI"], 4), "FilterLogEvents takes terms")
        said = d.ask("FilterLogEvents", **logs, limit=3)
        equal(len(d.ask("FilterLogEvents", **logs, limit=3, nextToken=said["nextToken"])["events"]), 1, "by pages")
        equal([one["logStreamName"] for one in d.ask("DescribeLogStreams", **logs)["logStreams"]], [f"{job['JobId']}/a job"], "streams are listed")
        equal(fails(d.ask, "DescribeLogStreams", service="logs", logGroupName="/other"), "ResourceNotFoundException", "of groups that are there")
        d.tell("control", {"header_is_line": 0, "log_shuffle": True, "log_lag": 60000})
        result, job = run_job(d, table(d, [person(f"s{i}") for i in range(250)]))
        equal(log_of(d, job), [], "lines can be late")
        d.tell("clock", {"advance": 61})
        numbers = [int(line.split()[3]) for line in log_of(d, job)]
        ok(numbers != sorted(numbers) and sorted(numbers) == list(range(1, 251)), "mixed, and count without the header")


def test_failing_jobs():
    with Double("--scale", "0", "--pool", POOL, "--log-role", "arn:aws:iam::123456789012:role/other") as d:
        rows = [person(f"u{i}", email_verified="false" if i % 2 else "true") for i in range(10)]
        equal(run_job(d, table(d, rows))[0][0], "Failed", "a log role that cannot be assumed fails the job")
        d.tell("control", {"log_roles": []})
        equal(run_job(d, table(d, rows))[0], ("Succeeded", 5, 0, 5), "a few bad rows do not")
        bad = [person(f"v{i}", email_verified="false" if i >= 14 else "true") for i in range(80)]
        result, job = run_job(d, table(d, bad))
        equal((result, job["CompletionMessage"]), (("Failed", 14, 0, 20), "Too many users have failed or been skipped during the import."),
              "too many do, and the rest is not looked at")
        equal(len(log_of(d, job)), 34, "nor has a line")
        d.tell("control", {"row_error": 0.3, "fail_share": 1.0})
        failed = run_job(d, table(d, [person(f"w{i}") for i in range(100)]))[0][3]
        ok(10 < failed < 60, "rows can fail for nothing")


def test_many_jobs():
    with Double("--scale", "0", "--pool", POOL) as d:
        made = [fails(d.pool, "CreateUserImportJob", JobName="a job", CloudWatchLogsRoleArn=ROLE) for _ in range(1001)]
        equal(made, [None] * 1000 + ["LimitExceededException"], "a thousand jobs and no more")


def test_rate():
    with Double("--scale", "0", "--pool", POOL, "--import-rate", "400") as d:
        began = time.monotonic()
        equal(run_job(d, table(d, [person(f"u{i}") for i in range(100)]))[0], ("Succeeded", 100, 0, 0), "an import can be slow")
        ok(time.monotonic() - began >= 0.24, "as slow as it was told")
