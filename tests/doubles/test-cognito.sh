#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The double of Amazon Cognito keeps its own rules.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
# Debian's package of boto3 is for Debian's Python, which need not be the first one.
python=python3
for one in python3 /usr/bin/python3; do
    "$one" -c 'import boto3' 2>/dev/null && python=$one && break
done
PYTHONDONTWRITEBYTECODE=1 "$python" "$top_srcdir/tests/doubles/test-cognito.py"
exit
