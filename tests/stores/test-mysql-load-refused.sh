# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load mysql where the server refuses: who it is, who we are, and what we may.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/loads.sh"
needs load-mysql
server_certificates certificates
starts ssl_cert="$PWD/certificates/good.pem" ssl_key="$PWD/certificates/good.key"
printf 'id,name\n1,a\n2,b\n' >in.csv
sql <<'END'
create table t (id int primary key, name varchar(20));
create table nokey (id int, name varchar(20));
create table texts (id text, name varchar(20));
END
server_sql my --delimiter=// <<'END'
create user nobody@'%' identified by 'r' // grant select on shop.texts to nobody@'%' //
create user writer@'%' identified by 'r' // grant select, insert on shop.t to writer@'%' //
create user noter@'%' identified by 'r' // grant select, insert, update, delete on shop.t to noter@'%' // grant select, insert, update on shop.nokey to noter@'%' //
END

# refused OPTIONS STATUS REGEX WHAT: the plan finds it, and nothing is written
refused()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: {path: in.csv, fields: {id: int64}}}' "load: {mysql: {$1}}" >p.yaml
    run leat run p.yaml
    is "$status" "$2" "$4: exit status $2"
    like "$err" "$3" "and says why"
    unlike "$err$out" "$server_password|$WRONG" "and no password"
    is "$(sql <<<'select count(*) from t')" 0 "and nothing is written"
}

refused "${local/PASSWORD/WRONG}, table: t" 69 'at 127.0.0.1 port [0-9]+, database shop, as leat: .*; check user and password' "a wrong password"
refused "${local/shop/nowhere}, table: t" 69 'database nowhere' "an unknown database"
refused "host: 127.0.0.1, port: 1, database: shop, user: leat, table: t" 69 'port 1, .*is the server running' "no server"
refused "$local, table: nowhere.t" 69 "denied to user 'leat'.*nowhere" "a database that one has no right to"
refused "$local, table: a.b.c" 78 'is no name of a table' "no table's name"
refused "${local/database: shop, /}, table: t" 78 'no database is named' "no database"
remote=${local/127.0.0.1/0.0.0.0}
refused "$remote, table: t" 69 'not vouched for' "a server that is not local has to show who it is"
refused "$local, tls: verify-full, table: t" 69 'not vouched for' "and a local one, where that is asked for"
run_as() { echo "${local/user: leat/user: $1}" | sed 's/env:PASSWORD/env:READER/'; }
refused "$(run_as nobody), table: t" 69 "denied to user 'nobody'" "no right to the table"
refused "$(run_as writer), table: t, mode: upsert, key: id" 69 "(UPDATE|CREATE) command denied to user 'writer'" "no right to update"
refused "$(run_as writer), table: t, mode: replace" 69 "(DELETE|CREATE) command denied to user 'writer'" "no right to delete"
refused "$(run_as noter), table: t" 69 "cannot make the table in which commits are noted: CREATE command denied" "no right to note commits"
refused "$(run_as noter), table: nokey, mode: merge, key: id" 69 "[Aa]ccess denied.*database 'shop'" "no right to a temporary table"
refused "$(run_as noter), table: new" 69 "CREATE command denied" "no right to make the table"
refused "$local, table: texts, mode: upsert, key: nope" 78 'nope' "a key that does not come"
sql <<<'create table leat_commits (a int)'
refused "$local, table: t" 78 "cannot note commits in leat_commits: Unknown column 'who'" "a table leat_commits of somebody else"
sql <<<'drop table leat_commits'
server_sql my <<<'set global read_only = 1'
refused "$local, table: t" 69 'read-only' "a server that is read-only"
server_sql my <<<'set global read_only = 0'

# A lock that somebody holds, for longer than a statement may take.
mkfifo holder
server_sql my <holder >/dev/null &
holder=$!
exec 7>holder
echo "begin; insert into t values (1, 'theirs'); select get_lock('go', 60);" >&7
holds_go() { [ "$(server_sql my <<<"select is_used_lock('go') is not null")" = 1 ]; }
until_true $holder holds_go
refused "$local, table: t, timeout: 300ms" 74 'max_statement_time exceeded' "a statement that takes too long"
printf '%s\n' 'rollback;' '\q' >&7
exec 7>&-
wait $holder
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: {path: in.csv, fields: {id: int64}}}' "load: {mysql: {$local, tls: require, table: t}}" >p.yaml
run leat run p.yaml
is "$status $(sql <<<'select count(*) from t')" "0 2" "by TLS it is written"
run leat plan p.yaml
unlike "$out" 'innodb_flush_log' "a server that keeps what it commits is nothing to speak of"
server_sql my <<<'set global innodb_flush_log_at_trx_commit = 2'
run leat plan p.yaml
like "$out" 'innodb_flush_log_at_trx_commit' "one that may forget it is"
done_testing
