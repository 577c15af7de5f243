#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 12 of the proof: planted bugs, each of which the harness must catch. It builds leat anew for
# each, which takes some minutes: only with LEAT_SOAK=1, or with an argument (--name BUG, --seed 1).
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
[ -n "${LEAT_SOAK-}" ] || [ $# -gt 0 ] || skip_all "builds leat many times; LEAT_SOAK=1 (make soak) does it"
requires make "${CC%% *}"
sanitized && skip_all "not under a sanitizer"
drives mutants
