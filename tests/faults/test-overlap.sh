#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 7 of the proof: many runs of one pipeline at once.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
injects
in_memory
drives overlap
