# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Read by the tests beside it, after tap.sh: boto3, AWS's own client, as a witness.
#
#   $python          a Python that has it; without any the test is skipped
#   pool_users ID    the users of the pool at AWS_ENDPOINT_URL, a line each, in order: name, attributes, enabled, groups

for python in python3 /usr/bin/python3 none; do
    ! "$python" -c 'import boto3' 2>/dev/null || break
done
[ "$python" != none ] || skip_all "no python3-boto3"
pool_users() { "$python" "$top_srcdir/tests/cognito/list-pool.py" "$1" | sort; }
