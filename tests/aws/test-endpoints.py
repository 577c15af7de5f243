#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Addresses of kit/aws beside those of botocore, for each region that it knows. Speaks TAP."""
import itertools, os, subprocess, sys

import botocore.session
from botocore.config import Config

from tap import equal, ok, run

TOOL = sys.argv[1]
SERVICES = {"cognito-idp": "cognito_identity_provider", "logs": "cloudwatch_logs", "sts": "sts", "s3": "s3"}


def is_odd(service, region, fips, dualstack):
    """Where an older botocore does not know what its newer rules say (Cognito with dual stack, secret regions), or keeps a
    global host for S3's sake."""
    return dualstack and (service == "cognito-idp" or region.startswith(("us-iso", "eu-iso"))) or \
        service == "s3" and fips and (region == "us-east-1" or dualstack)


def ours(service, region, fips, dualstack):
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env.update(AWS_REGION=region, AWS_USE_FIPS_ENDPOINT=str(fips), AWS_USE_DUALSTACK_ENDPOINT=str(dualstack))
    done = subprocess.run([TOOL], env=env, input=f"endpoint\t{SERVICES[service]}\n", capture_output=True, text=True)
    return done.stdout.split("\t")[0]


def theirs(session, service, region, fips, dualstack):
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack, s3={"addressing_style": "path"})
    client = session.create_client(service, region, config=config, aws_access_key_id="a", aws_secret_access_key="b")
    return client.meta.endpoint_url


def test_regions():
    os.environ.update(AWS_STS_REGIONAL_ENDPOINTS="regional", AWS_S3_US_EAST_1_REGIONAL_ENDPOINT="regional")
    session = botocore.session.Session()
    regions = sorted({r for p in session.get_available_partitions() for s in SERVICES
                      for r in session.get_available_regions(s, p)})
    ok(len(regions) > 25, f"{len(regions)} regions")
    for fips, dualstack in itertools.product((False, True), repeat=2):
        some = regions if not (fips or dualstack) else regions[::5] + ["us-gov-west-1", "cn-north-1"]
        cases = [c for c in itertools.product(SERVICES, some) if not is_odd(*c, fips, dualstack)]
        both = [(*c, ours(*c, fips, dualstack), theirs(session, *c, fips, dualstack)) for c in cases]
        equal([b for b in both if b[2] != b[3]], [], f"{len(both)} hosts, fips {fips}, dual stack {dualstack}")


run(test_regions)
