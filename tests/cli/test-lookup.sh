# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# transform lookup: what another store has for a key, asked for by key or held in memory.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires sqlite3

sqlite3 shop.db <<'SQL'
create table users (id integer primary key, email text);
insert into users values (1, 'ada@x.io'), (2, 'bob@x.io'), (3, null), (4, 'cyd@x.io');
create table groups (uid integer, name text, rank integer, since text);
insert into groups values (1, 'users', 2, 'b'), (1, 'admin', 1, 'a'), (2, 'users', null, null), (4, 'é"\', 7, '');
create table hashes (email text, hash text);
insert into hashes values ('ada@x.io', 'h1');
SQL
sqlite3 -csv -header shop.db 'select * from groups' >groups.csv
{
    echo '{"uid": 1, "name": "users", "rank": 2, "since": "b"}'
    echo '{"uid": 1, "name": "admin", "rank": 1, "since": "a"}'
    echo '{"uid": 2, "name": "users", "rank": null}'
    echo '{"uid": 4, "name": "é\"\\", "rank": 7, "since": ""}'
} >groups.jsonl

# file FROM REST: a pipeline that looks up the users of the shop
file()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {sqlite: {path: shop.db, table: users, cursor: id}}' \
        "transform: [{lookup: {from: {$1}, $2}}]" 'load: {jsonl: out.jsonl}' 'rejects: {csv: rejects.csv}' 'max_rejects: 100%' >p.yaml
}

# go NAME: runs it
go()
{
    run leat run p.yaml
    is "$status" 0 "$1: exit status 0"
    [ "$status" -eq 0 ] || note "$err"
}

# gives WANTED NAME: runs it, and compares what comes out, but for the address
gives()
{
    go "$2"
    is "$(sed 's/"email":[^,}]*,//' out.jsonl | tr '\n' ' ')" "$1 " "$2"
}

# ---- stores that are asked, and stores that are held ----

fields='{uid: int64, name: text, rank: int64, since: text}'
for store in 'sqlite: {path: shop.db, table: groups}' "csv: {path: groups.csv, fields: $fields}" \
    "jsonl: {path: groups.jsonl, fields: $fields}"; do
    name=${store%%:*}
    file "$store" 'on: {uid: id}, take: {groups: name}, many: list'
    gives '{"id":1,"groups":["admin","users"]} {"id":2,"groups":["users"]} {"id":3,"groups":[]} {"id":4,"groups":["é\"\\"]}' \
        "$name: a list a key"
    file "$store" 'on: {uid: id}, take: [{g: name}, rank], many: list'
    gives '{"id":1,"g":["admin","users"],"rank":[1,2]} {"id":2,"g":["users"],"rank":[null]} {"id":3,"g":[],"rank":[]} {"id":4,"g":["é\"\\"],"rank":[7]}' \
        "$name: two lists that go together"
    file "$store" 'on: {uid: id}, take: [{r: rank}, name], many: first'
    gives '{"id":1,"r":1,"name":"admin"} {"id":2,"r":null,"name":"users"} {"id":3,"r":null,"name":null} {"id":4,"r":7,"name":"é\"\\"}' \
        "$name: the first, by the fields taken"
    file "$store" 'on: {uid: id}, take: name'
    gives '{"id":2,"name":"users"} {"id":3,"name":null} {"id":4,"name":"é\"\\"}' "$name: several are rejected"
    is "$(cut -d , -f 1,3-5 rejects.csv)" $'id,leat:stage,leat:field,leat:code\n1,lookup,id,several_found' "$name: with the key"
    file "$store" 'on: {uid: id}, take: name, many: first, missing: drop'
    gives '{"id":1,"name":"admin"} {"id":2,"name":"users"} {"id":4,"name":"é\"\\"}' "$name: what has no match is dropped"
    file "$store" 'on: {uid: id}, take: name, many: list, missing: reject'
    gives '{"id":1,"name":["admin","users"]} {"id":2,"name":["users"]} {"id":4,"name":["é\"\\"]}' "$name: or rejected"
    is "$(cut -d , -f 1,3-5 rejects.csv)" $'id,leat:stage,leat:field,leat:code\n3,lookup,id,not_found' "$name: with the key"
    file "$store" 'on: [{uid: id}], take: {s: since}, many: first'
    gives '{"id":1,"s":"a"} {"id":2,"s":null} {"id":3,"s":null} {"id":4,"s":""}' "$name: null and the empty text are two things"
done

file 'sqlite: {path: shop.db, table: hashes}' 'on: email, take: hash'
gives '{"id":1,"hash":"h1"} {"id":2,"hash":null} {"id":3,"hash":null} {"id":4,"hash":null}' "a text as key, and a null in it"
leat run p.yaml --restart --report report.json >/dev/null 2>&1
like "$(cat report.json)" '"key asked for":3,"key was null":1,"key was not found":2' "the report counts what was asked for, was null, was not found"

# ---- many keys, few at a time, little memory, several workers ----

sqlite3 big.db <<'SQL'
create table users (id integer primary key, team integer);
insert into users select value, value % 997 from generate_series(1, 20000);
create table teams (id integer primary key, name text);
insert into teams select value, 'team ' || value from generate_series(0, 900);
SQL
sqlite3 big.db "select u.id, u.team, coalesce(t.name, '-') from users u left join teams t on t.id = u.team order by u.id" -separator , >wanted.csv
for tuning in 'keys: 500' 'keys: 1' 'keys: 100000, cache: 0' 'keys: 7, cache: 4k' 'cache: 64MiB'; do
    for more in '' 'workers: 3'; do
        printf '%s\n' 'leat: 1' 'name: p' 'extract: {sqlite: {path: big.db, table: users, cursor: id}}' 'transform:' \
            "  - lookup: {from: {sqlite: {path: big.db, table: teams}}, on: {id: team}, take: name, $tuning}" ${more:+"    $more"} \
            "  - set: {name: \"coalesce(name, '-')\"}" 'load: {csv: {path: out.csv, header: false}}' >p.yaml
        go "$tuning $more"
        same out.csv wanted.csv "$tuning $more: every team, in the order of the users"
    done
done
leat run p.yaml --restart --report report.json >/dev/null 2>&1
asked=$(sed 's/.*"key asked for":\([0-9]*\).*/\1/' report.json)
[ "$asked" -ge 997 ] && [ "$asked" -le 2991 ]
ok $? "each of the 997 keys is asked for once by each of three workers at most, not 20,000 times ($asked)"

# A key with more records than a batch takes, beside others.
sqlite3 big.db "create table crowd (id int, n int); insert into crowd select 5, value from generate_series(1, 5000); insert into crowd select 6, 1;
    insert into crowd select 100 + value % 40, value from generate_series(0, 7999)"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {sqlite: {path: big.db, query: SELECT id FROM users WHERE id < 150, cursor: id}}' \
    'transform: [{lookup: {from: {sqlite: {path: big.db, table: crowd}}, on: id, take: n, many: list}}]' \
    'load: {jsonl: out.jsonl}' 'rejects: {csv: rejects.csv}' 'max_rejects: 1' >p.yaml
go "a key with 5,000 records"
is "$(cut -d , -f 1,4 rejects.csv | tail -n 1)" '5,too_many_found' "is rejected"
is "$(sed -n 's/.*"id":6,//p' out.jsonl)" '"n":[1]}' "and its neighbour is not"
is "$(grep -c '"n":\[[0-9]*\(,[0-9]*\)\{199\}\]' out.jsonl)" 40 "and 8,000 records of 40 keys come in pieces"

# The same, whatever size batches have on their way.
for rows in 1 2 300; do
    for store in 'sqlite: {path: shop.db, table: groups}' "csv: {path: groups.csv, fields: $fields}"; do
        file "$store" 'on: {uid: id}, take: {groups: name}, many: list'
        echo "batch_rows: $rows" >>p.yaml
        gives '{"id":1,"groups":["admin","users"]} {"id":2,"groups":["users"]} {"id":3,"groups":[]} {"id":4,"groups":["é\"\\"]}' \
            "${store%%:*}, batches of $rows"
    done
done

# ---- a store that is held ----

seq -f '%.0f,a name that is somewhat longer than others' 1 60000 | sed '1i id,name' >long.csv
printf '%s\n' 'leat: 1' 'name: p' 'extract: {sqlite: {path: shop.db, table: users, cursor: id}}' 'memory: 2MiB' \
    'transform: [{lookup: {from: {csv: {path: long.csv, fields: {id: int64}}}, on: id, take: name}}]' 'load: {jsonl: out.jsonl}' >p.yaml
rm out.jsonl
run leat run p.yaml
is "$status" 65 "a file that memory: does not hold: exit status 65"
like "$err" 'lookup: .*lookup: csv: cannot be asked for single records.* 2 MiB that the pipeline may use.*load them into a database' "and says what to do"
[ ! -e out.jsonl ]
ok $? "and nothing is written"
sed -i 's/memory: .*/memory: 64MiB/' p.yaml
go "with more of it"
echo 'batch_rows: 1' >>p.yaml
go "and whatever size batches have"
printf '1,a\n2,\xff\n' | sed '1i id,name' >long.csv
run leat run p.yaml --restart
is "$status" 65 "a file with a line that cannot be read: exit status 65"
like "$err" "lookup: csv: 1 of its records cannot be read; the first: name is not valid UTF-8" "and says which"

# ---- what is wrong is known before ----

# wrong FROM REST REGEX NAME [STATUS]
wrong()
{
    file "$1" "$2"
    run leat check p.yaml
    is "$status" "${5-78}" "$4: exit status ${5-78}"
    like "$(tr '\n' ' ' <<<"$err")" "$3" "$4"
}

groups='sqlite: {path: shop.db, table: groups}'
wrong "$groups" 'on: {id: uid}, take: name' "has no field 'id'.*did you mean 'uid'" "a field that the store does not have"
wrong "$groups" 'on: {uid: idd}, take: name' "there is no field 'idd' here.*did you mean 'id'" "a field that is not here"
wrong "$groups" 'on: {uid: id}, take: nam' "p.yaml:4:[0-9]+: error: lookup: sqlite has no field 'nam'.*did you mean 'name'" "a field to take"
wrong "$groups" 'on: {uid: email}, take: name' "'email' is text, and 'uid' of sqlite is int64.*cast\(email as int64\)" "types that differ"
wrong "$groups" 'on: {uid: id}, take: {email: name}' "there is a field 'email' already.*take: \{NAME: name\}" "a name that is taken"
wrong "$groups" 'on: {uid: id}, take: [{a: [x]}]' "take: a takes the name of one field" "what is no name"
wrong "$groups" 'on: [], take: name' "lookup: names no field" "no key"
wrong 'sqlit: {path: shop.db, table: groups}' 'on: id, take: name' "there is no extract plugin 'sqlit'.*did you mean 'sqlite'" "an unknown plugin"
wrong 'map: {a: b}' 'on: id, take: name' "'map' is a transform plugin|there is no extract plugin 'map'" "what is no extract"
wrong 'sqlite: {path: shop.db, tabel: groups}' 'on: {uid: id}, take: name' "lookup: sqlite has no 'tabel'|extract sqlite has no 'tabel'" "an unknown option of it"
wrong 'sqlite: {path: none.db, table: groups}' 'on: {uid: id}, take: name' "none.db" "a file that is not there" 69
wrong 'sqlite: {path: shop.db, table: groups, cursor: rank, incremental: true}' 'on: {uid: id}, take: name' \
    "asked for all records of a key.*take  incremental:  out" "a store that would show what has changed"

done_testing
