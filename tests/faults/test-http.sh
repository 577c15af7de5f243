#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 10 of the proof: records into an API with faults, undisturbed and killed again and again.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
in_memory
drives api_load
