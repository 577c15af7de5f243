#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 12 of the proof: planted bugs, each of which the harness must catch; some of them with the
# reduced counts, all with LEAT_SOAK=1, one with --name BUG.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
requires make "${CC%% *}"
sanitized && skip_all "the other rows are run under a sanitizer, and that they catch bugs is shown without one"
drives mutants
