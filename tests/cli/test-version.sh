# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

run leat --version
is "$status" 0 "leat --version succeeds"
is "$out" "leat $VERSION" "leat --version prints name and version"
is "$err" "" "leat --version is silent on standard error"
done_testing
