#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The double of Amazon Cognito keeps its own rules.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/doubles/test-cognito.py"
exit
