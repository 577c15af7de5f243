#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 11 of the proof: another load from the same state, and another target of the same load.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
in_memory
drives swap
