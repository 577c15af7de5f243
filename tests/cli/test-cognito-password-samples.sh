# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# cognito_password() on what frameworks have really stored: the samples of LEAT_TEST_DATA, judged as their
# README says. Those that need a declaration are read with it, and once more without.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/cli/cognito-password.sh"
requires python3
requires_data password-hashes/hashes.jsonl

mkdir taken
python3 "$judge" take "$data" taken
ok $? "the samples are read"
rewrite taken
run python3 "$judge" judge taken
is "$status" 0 "verdict, algorithm and hash of each are right"
note "$out"
done_testing
