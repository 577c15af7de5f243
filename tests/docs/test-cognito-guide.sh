#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What doc/cognito.md shows is what happens.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/docs/documents.sh"
. "$top_srcdir/tests/cognito/double.sh"

guide=$top_srcdir/doc/cognito.md
sed -n '/^```json file=pool.json/,/^```$/p' "$guide" | sed '1d;$d' >pools.json
double_start --scale 0 --pools pools.json
state_home=$PWD/state
export XDG_STATE_HOME=$state_home

enter_clone
run_markdown "$guide"
is "$(double_get "users?pool=eu-central-1_AbCdEfGhI" | python3 -c 'import json, sys
users = json.load(sys.stdin)
print(len(users), {tuple(user["Groups"]) for user in users})')" "1103 {('members',)}" "the users are in the pool, with their group"
run leat run --json --load api members.yaml
like "$out" '"conflict":[0-9]+' "and the other way goes, too"
done_testing
