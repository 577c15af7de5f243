#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Addresses of services are those of botocore, in each region.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/aws/python.sh"
requires_botocore
$python "$top_srcdir/tests/aws/test-endpoints.py" "$top_builddir/tests/aws/tool"
exit
