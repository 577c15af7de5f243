#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 9 of the proof: memory is flat over the records; descriptors, threads and files over the runs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
drives flat
