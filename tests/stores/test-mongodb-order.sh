# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A collection of MongoDB that others change while it is read. tests/servers/test-mongodb.sh has the order, and a
# server that goes away.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/servers.sh"
[ -e "$top_builddir/plugins/.libs/extract-mongodb.so" ] || skip_all "the mongodb extract is not built (apt-get install libmongoc-dev)"
. "$top_srcdir/tests/stores/midway.sh"
needs_probe
server_requires mongodb
unset LEAT_TEST_MONGODB_URL # one of our own, to be stopped
mongodb_start m
export m_url m_database
n=2500 # a reply has 2000

# changing OPTIONS COMMAND...: a run in whose middle that happens
changing()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {mongodb: {url: '\${env:m_url}', database: $m_database, collection: many, $1}}" \
        'transform: [{probe: slow}]' 'load: {csv: out.csv}' >p.yaml
    rm -rf out.csv "$states/mine"
    once has_come_far "${@:2}"
}
tell() { mongodb_command m <<<"$1" >/dev/null; }
appears='{"update": "many", "updates": [{"q": {"_id": {"$gt": 2490}}, "u": {"$set": {"late": "x"}}, "multi": true}]}'
drops='{"drop": "many"}'
server_is_away_for()
{
    kill -STOP "$pid"
    server_stop m immediate
    server_restart m
    tell "$1"
    kill -CONT "$pid"
}
ids() { sed 1d out.csv | cut -d, -f1; }
is_whole() { is "$status $(ids | wc -l) $(ids | sort -u | wc -l)" "0 $n $n" "$1"; }

mongodb_put m many --numbers $n
changing 'cursor: _id' server_is_away_for "$appears"
is_whole "a field that appears in mid-run does no harm"
is "$(head -n 1 out.csv)" "_id,name,even" "and is not read"
like "$err" '10 values of undeclared fields were left out; .* or take rest:' "which is told"
mongodb_put m many --numbers $n
changing 'cursor: _id, fields: {_id: int64, name: text}, rest: more' server_is_away_for "$appears"
is_whole "where there is a rest, all is read"
is "$(tail -n 1 out.csv)" '2500,name 2500,"{""even"":true,""late"":""x""}"' "and the field is in it"
is "$(grep -c late out.csv)" 10 "of all documents that have it"
for how in tell server_is_away_for; do
    mongodb_put m many --numbers $n
    changing 'cursor: _id' $how "$drops"
    is "$status" 78 "a collection that is dropped in mid-run ($how): exit status 78"
    like "$err" 'somebody has dropped it' "and says so"
    [ ! -e out.csv ]
    ok $? "and nothing is written"
done
done_testing
