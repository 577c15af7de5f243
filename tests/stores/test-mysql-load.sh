# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load mysql against a real server: what it writes, what the server refuses, and what is there after a crash.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/loads.sh"
needs load-mysql
starts
connects
needs_probe

# ---- what becomes of rows that are there ----

state() { sql <<<"select concat_ws('|', count(*), count(distinct id), sum(name = 'old')) from t"; }
old() { sql <<<"drop table if exists t; create table t (id bigint $1, name varchar(100), more int default 7); insert into t select seq, 'old', 7 from seq_1_to_3000_step_1000"; }
taken="Duplicate entry '...' for key 'PRIMARY'"
over_rows
pipeline keys "$extract" 'table: made_of_keys, mode: upsert, key: id' 'transform: [{select: [id]}]'
run leat run p.yaml
run leat run p.yaml
is "$status $(sql <<<'select count(*) from made_of_keys')" "0 2500" "upsert of nothing but a key, twice"
pipeline keys-merge "$extract" 'table: made_of_keys, mode: merge, key: id' 'transform: [{select: [id]}]'
run leat run p.yaml
is "$status $(sql <<<'select count(*) from made_of_keys')" "0 2500" "and merge"

# ---- whose row it is ----

people() { sql <<<"drop table if exists people; create table people (id int primary key $1, mail varchar(50), name varchar(50), n int, unique key by_mail (mail)); insert into people values (1, 'ada@example.org', 'Ada', 1), (2, 'bob@example.org', 'Bob', 1)"; }
printf 'id,mail,name\n1,ada@example.org,Ada L\n3,bob@example.org,Mallory\n4,eve@example.org,Eve\n' >people.csv
rows() { sql <<<"select id, mail, name, n from people order by id" | tr '\t' ' ' | paste -sd ,; }
people ''
pipeline other '{csv: {path: people.csv, fields: {id: int64}}}' 'table: people, mode: upsert, key: id'
run leat run p.yaml
is "$(rows)" "1 ada@example.org Ada L 1,2 bob@example.org Bob 1,4 eve@example.org Eve NULL" \
    "upsert never changes a row that another unique index finds"
is "$(rejected)" "3 constraint_unique Duplicate entry '...' for key 'by_mail'" "and rejects its record"
run leat plan p.yaml
like "$out" 'one more unique index, by_mail' "the plan says so"
people ''
pipeline other-merge '{csv: {path: people.csv, fields: {id: int64}}}' 'table: people, mode: merge, key: id'
run leat run p.yaml
is "$(rows)" "1 ada@example.org Ada L 1,2 bob@example.org Bob 1,4 eve@example.org Eve NULL" "nor does merge"
people auto_increment
printf 'mail,name\nADA@example.org,Ada L\nnew@example.org,New\n' >mails.csv
pipeline by-mail '{csv: {path: mails.csv}}' 'table: people, mode: upsert, key: mail'
run leat run p.yaml
is "$(rows | sed 's/,[0-9]* new/,N new/')" "1 ada@example.org Ada L 1,2 bob@example.org Bob 1,N new@example.org New NULL" \
    "a key is found as its collation compares, and an id that counts by itself is in nobody's way"
run leat plan p.yaml
unlike "$out" 'one more unique index' "which the plan knows"

# ---- what the server refuses ----

refused() { sql <<<"drop table if exists t; create table t (id bigint primary key, name varchar(100), $1)"; }
unchecked='CONSTRAINT `c` failed for `shop`.`t`'
over_refusals
# A trigger may fill what nobody writes.
sql --delimiter=// <<'END'
create table logins (id bigint primary key, email varchar(50), login varchar(50) unique) //
create trigger fill before insert on logins for each row set new.login = substring_index(new.email, '@', 1) //
insert into logins (id, email) values (1, 'ann@one.example') //
create table leat_staging (id bigint primary key) //
END
printf '%s\n' id,email 2,ann@two.example 3,bob@two.example >logins.csv
pipeline fills '{csv: {path: logins.csv}}' 'table: logins, mode: upsert, key: id'
run leat run p.yaml
is "$(sql <<<'select id, email from logins order by id' | tr '\t\n' '  ') $(rejected | cut -d' ' -f1,2)" \
    "1 ann@one.example 3 bob@two.example  2 constraint_unique" "a row is not written over another that a trigger makes it look like"
pipeline hidden '{csv: {path: logins.csv}}' 'table: leat_staging, mode: upsert, key: id'
run leat run p.yaml
is "$status" 78 "a table that has the name of our own temporary one is refused"

sql --delimiter=// <<'END'
drop table t //
create table parent (id bigint primary key) // insert into parent values (1) //
create table t (id smallint primary key, name varchar(5) not null, parent bigint, foreign key (parent) references parent (id)) //
create trigger refuse before insert on t for each row begin
    if new.name = 'boom' then set @why = concat('never ', new.name); signal sqlstate '45000' set message_text = @why; end if; end //
END
over_each "name: \"nullif(name, '')\", parent: \"nullif(parent, '')\"" \
    "2 constraint_not_null,3 constraint_type,4 constraint_foreign_key,99999 constraint_type,7 constraint_trigger,x constraint_type"
unlike "$(rejected | cut -d' ' -f3-)" '99999|boom|toolong|'"'x'" "which holds no value"
is "$(sed -n 's/.*"leat:field":\("*[a-z]*"*\),.*/\1/p' rejects.jsonl | paste -sd ' ')" '"name" "name" null "id" null "id"' \
    "and names the field, where the server does"
sql <<<"set global foreign_key_checks = 0" 2>/dev/null || server_sql my <<<"set global foreign_key_checks = 0, global check_constraint_checks = 0, global sql_mode = '', global sql_notes = 0"
sql <<<'delete from t'
run leat run p.yaml
is "$(rejected | wc -l)" 6 "whatever the settings of the server, the same"
server_sql my <<<"set global foreign_key_checks = 1, global check_constraint_checks = 1, global sql_notes = 1"

# ---- tables that are none for this ----

sql <<<"create table plain (id int primary key) engine=MyISAM; create table aria (id int primary key) engine=Aria transactional=1; create view seen as select * from parent"
for table in plain:MyISAM aria:Aria; do
    pipeline engine "$extract" "table: ${table%:*}"
    run leat run p.yaml
    is "$status" 78 "a table of ${table#*:}: exit status 78"
    like "$err" "kept by ${table#*:}, which has no transactions" "and says why"
done
pipeline view "$extract" 'table: seen'
run leat run p.yaml
like "$err" 'is a view' "a view is refused"
sql <<<"create table clash (id int primary key, Name text)"
pipeline clash "$extract" 'table: clash' 'transform: [{set: {NAME: name}}]'
run leat run p.yaml
like "$err" 'two fields go into the column Name' "two fields for one column"
pipeline nowhere "$extract" 'table: nowhere, create: false'
run leat run p.yaml
is "$status" 78 "no table, and none to be made"
pipeline notes "$extract" 'table: leat_commits'
run leat run p.yaml
like "$err" 'leat notes its commits' "the table of commits"
sql <<<"create database if not exists x" 2>/dev/null
server_database my noted
sql -d noted <<<"create table leat_commits (who varchar(64) primary key, what varchar(255)) engine=MyISAM"
pipeline noted "$extract" 'table: noted.t'
run leat run p.yaml
like "$err" 'leat_commits is kept by MyISAM' "commits noted where there are no transactions"

# ---- packets ----

server_sql my <<<"set global max_allowed_packet = 1048576"
sql <<<"drop table t; create table t (id int primary key, name longtext)"
python3 -c 'print("id,name"); [print(f"{i},{chr(39) * (90000 if i != 30 else 700000)}") for i in range(1, 61)]' >large.csv
pipeline packets '{csv: {path: large.csv, fields: {id: int64}}}' 'table: t'
run leat run p.yaml
is "$status $(sql <<<'select count(*), sum(length(name)) from t')" "0 59	5310000" "batches are split by what a packet holds"
is "$(rejected)" "30 record_too_large takes more than the 1048512 bytes that the server takes at once (max_allowed_packet)" \
    "and a record that is larger is rejected"
server_sql my <<<"set global max_allowed_packet = 16777216"
done_testing
