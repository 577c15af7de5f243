#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The proxy that cuts connections cuts them where it says, and forwards the others as they are.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/doubles/test-proxy.py"
exit
