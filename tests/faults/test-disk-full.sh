#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Row 6 of the proof: a disk that is really full, which is a small tmpfs in a namespace of its own.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/faults/common.sh"
if [ -z "${LEAT_IN_NAMESPACE-}" ]; then
    requires unshare mount
    unshare -rUm sh -c "mkdir m && mount -t tmpfs tmpfs m && umount m" 2>/dev/null || skip_all "no namespace of our own to mount in"
    unshare -rUm "$LEAT" plugin show extract-csv >/dev/null 2>&1 || skip_all "in a namespace, the plugins belong to nobody we know"
    LEAT_IN_NAMESPACE=1 unshare -rUm bash "$top_srcdir/tests/faults/test-disk-full.sh" "$@"
    exit
fi
drives disk full
