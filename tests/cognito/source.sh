# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Read by the tests of extract cognito, after tap.sh: a pool of 2,500 users in the double, and pipelines that read it. The
# double has no quotas here, so the pipelines have high rates.
#
#   pipeline NAME OPTIONS [LOAD [REST]]   writes NAME.yaml; without a load into NAME.jsonl
#   compare RECORDS [WORD...]             compares them with the pool: see compare.py

. "$top_srcdir/tests/cognito/double.sh"

python3 "$top_srcdir/tests/cognito/make-users.py" 2500 pool.json users.json
double_start --scale 0 --seed 4
double_post pools @pool.json
double_post users @users.json
double_get 'users?pool=eu-central-1_Source001' >there.json
all="2500 users, 0 lost, 0 twice, 0 strange, 0 values differ" # what compare says of all of them

rates='rates: {eu-central-1/UserList: 5000/s, eu-central-1/UserPoolResourceRead: 1000/s, eu-central-1/UserRead: 5000/s,
        eu-central-1/UserResourceRead: 5000/s}'

pipeline()
{
    cat >"$1.yaml" <<END
leat: 1
name: $1
$rates
checkpoint: 0s
extract: {cognito: {user_pool_id: eu-central-1_Source001, $2}}
load: ${3:-"{jsonl: {path: $1.jsonl}}"}
${4-}
END
}
compare() { python3 "$top_srcdir/tests/cognito/compare.py" there.json "$@"; }
