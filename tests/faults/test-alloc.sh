#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 5 of the proof: allocations that fail, at each n-th, once and for ever.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
sanitized && skip_all "a sanitizer has a malloc of its own"
injects
in_memory always
drives errors alloc
