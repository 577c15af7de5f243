# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The same wire as AWS's own client speaks it, where boto3 is installed (python3-boto3)."""
import tap
from tap import equal

from .client import KEY, POOL, SECRET, Double

try:
    import boto3
    from botocore.config import Config
except ImportError:
    boto3 = None


def client(d, service):
    return boto3.client(service, endpoint_url=f"http://{d.host}", region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET,
                        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


def error_of(work, **words):
    try:
        work(**words)
    except Exception as why:
        return type(why).__name__, why.response["Error"]["Code"]


def test_boto():
    if not boto3:
        return tap.skip("boto3 speaks to the double", "there is no boto3 for this Python")
    arn = "arn:aws:iam::123456789012:role/loader"
    with Double("--scale", "0", "--pool", POOL, "--bucket", "stage", "--role", arn) as d:
        idp = client(d, "cognito-idp")
        made = idp.admin_create_user(UserPoolId=POOL, Username="Ада", MessageAction="SUPPRESS", UserAttributes=[{"Name": "name", "Value": "é✓"}])["User"]
        equal(made["Attributes"][1:], [{"Name": "name", "Value": "é✓"}], "boto3 makes a user")
        equal(error_of(idp.admin_create_user, UserPoolId=POOL, Username="Ада"), ("UsernameExistsException", "UsernameExistsException"), "and knows the error")
        d.tell("users", {"pool": POOL, "generate": 130})
        pages = idp.get_paginator("list_users").paginate(UserPoolId=POOL)
        equal(len({user["Username"] for page in pages for user in page["Users"]}), 131, "it pages")
        job = idp.create_user_import_job(UserPoolId=POOL, JobName="j", CloudWatchLogsRoleArn=arn)["UserImportJob"]
        equal((job["Status"], job["CreationDate"].tzinfo is not None), ("Created", True), "it reads a job")
        equal(len(idp.get_csv_header(UserPoolId=POOL)["CSVHeader"]), 21, "and the header")
        s3 = client(d, "s3")
        s3.put_object(Bucket="stage", Key="a b/ü+.csv", Body=b"1,2\n")
        equal(s3.get_object(Bucket="stage", Key="a b/ü+.csv")["Body"].read(), b"1,2\n", "it puts an object")
        got = client(d, "sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        mine = boto3.client("cognito-idp", endpoint_url=f"http://{d.host}", region_name="us-east-1", aws_access_key_id=got["AccessKeyId"],
                            aws_secret_access_key=got["SecretAccessKey"], aws_session_token=got["SessionToken"])
        equal(mine.describe_user_pool(UserPoolId=POOL)["UserPool"]["Id"], POOL, "it takes a role and goes on with it")
        equal(error_of(client(d, "logs").describe_log_streams, logGroupName="/none")[1], "ResourceNotFoundException", "and asks for logs")
