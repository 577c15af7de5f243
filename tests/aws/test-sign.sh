#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Signatures are those of botocore, byte for byte, for thousands of random requests.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/aws/python.sh"
requires_botocore
$python "$top_srcdir/tests/aws/test-sign.py" "$top_builddir/tests/aws/tool"
exit
