#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Credentials from each source, in the order of the AWS SDKs, and how they are renewed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/aws/python.sh"
requires python3
$python "$top_srcdir/tests/aws/test-chain.py" "$top_builddir/tests/aws/tool"
exit
