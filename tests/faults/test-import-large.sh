#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# An import of 1,200,000 users by Cognito's jobs, each of whom gets the right verdict; of 1,200 in `make check'.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
drives import_large
