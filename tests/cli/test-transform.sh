# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The transforms, each through a run of its own: records in, records out.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

cat >in.csv <<'END'
id,email,first_name,roles,tags
1,Anna@Example.com,Anna,"[""user"",""admin""]","a, b"
2,bob@example.com,,[],c
3,,Chloé,"[1,null,{""k"":[2]}]",
4,dora@example.com,Dora,{},"d,,e"
END

# transformed TRANSFORM...  runs these lines under transform:, and leaves out.csv and rejects.csv
transformed()
{
    {
        echo "leat: 1"
        echo "name: $(printf '%s' "$*" | cksum | tr ' ' -)"
        echo "extract: {csv: {path: in.csv, header: true, fields: {id: int64, roles: json}}}"
        echo "transform:"
        printf '  - %s\n' "$@"
        echo "load: {csv: {path: out.csv}}"
        echo "rejects: {csv: {path: rejects.csv}}"
        echo "max_rejects: 100%"
    } >p.yaml
    rm -f out.csv rejects.csv
    run leat "${command-run}" --state-dir state p.yaml
}

# leaves NAME <<END  what the last run has written
leaves()
{
    is "$status" 0 "$1: the run succeeds"
    cat >wanted.csv
    same out.csv wanted.csv "$1"
}

transformed 'map: {name: "coalesce(first_name, '"'?'"')", key: id, mail: lower(email), none: null}'
leaves "map puts out exactly the named fields, in their order" <<'END'
name,key,mail,none
Anna,1,anna@example.com,
?,2,bob@example.com,
Chloé,3,,
Dora,4,dora@example.com,
END

transformed 'map: {n: "10 / (id - 2)"}'
is "$status" 0 "map: the run succeeds"
is "$(cut -d, -f1 out.csv | tr '\n' ' ')" "n -10 10 5 " "map: a record whose expression fails does not go on"
like "$(cat rejects.csv)" '^2,.*,map,n,division_by_zero,' "map: it is rejected, with the field"

transformed 'set: {email: lower(email), id: null, twice: id * 2}' 'select: [id, email, first_name, twice]'
leaves "set replaces where a field stands, adds behind, and sees what came in" <<'END'
id,email,first_name,twice
,anna@example.com,Anna,2
,bob@example.com,,4
,,Chloé,6
,dora@example.com,Dora,8
END
transformed 'set: {id: null}' 'filter: id + 1 > 0'
is "$status" 0 "set: null keeps the type of what it replaces"

transformed 'rename: {id: key, email: first_name, first_name: email}' 'drop: [roles, tags]'
leaves "rename gives new names, also two at once, and drop leaves fields out" <<'END'
key,first_name,email
1,Anna@Example.com,Anna
2,bob@example.com,
3,,Chloé
4,dora@example.com,Dora
END

transformed 'select: [tags, id]'
leaves "select keeps fields in its own order" <<'END'
tags,id
"a, b",1
c,2
,3
"d,,e",4
END

transformed "filter: first_name > 'B'" 'select: id'
leaves "filter passes what is true, and neither what is false nor null" <<'END'
id
3
4
END
command=check
transformed 'filter: email'
is "$status" 78 "filter: a condition of another type is refused"
command=run

transformed 'split: {field: roles, as: role}' 'drop: [email, first_name]'
leaves "split makes a record of each element" <<'END'
id,role,tags
1,user,"a, b"
1,admin,"a, b"
3,1,
3,,
3,"{""k"":[2]}",
END
like "$(cat rejects.csv)" '^4,.*,split,roles,bad_list,' "split: what is no list is rejected"

transformed 'split: {field: tags, separator: ",", trim: true, empty: keep}' 'select: [id, tags]'
leaves "split cuts a text, and keeps the record of an empty list if asked to" <<'END'
id,tags
1,a
1,b
2,c
3,
4,d
4,""
4,e
END

{
    echo "id,email,first_name,roles,tags"
    printf '7,x,y,[],"'
    seq -s ' ' 1 30000 | tr -d '\n'
    echo '"'
} >in.csv
transformed 'split: {field: tags, separator: " "}' 'select: [tags]'
{ echo tags; seq 1 30000; } | cmp -s - out.csv
ok $? "split: a list longer than a batch comes out whole and in order"

# mistakes LINES...  what leat check says, a line each
command=check
transformed 'select: [id, emial, id]' 'drop: [id, emial, id]'
like "$err" "p.yaml:5:18: error: select: there is no field 'emial' here" "select names an unknown field"
like "$err" "p.yaml:5:25: error: select: 'id' is named twice" "select names a field twice"
like "$err" "did you mean 'email'?" "and the nearest name"
transformed 'rename: {emial: x, id: email, first_name: ""}'
like "$err" "there is no field 'emial' here" "rename names an unknown field"
like "$err" "the new name of a field is a text that is not empty" "rename wants a name"
transformed 'rename: {id: email}'
like "$err" "two fields would be called 'email'" "rename does not make two fields of one name"
transformed 'drop: [id, email, first_name, roles, tags]'
like "$err" "no field would be left" "drop leaves a field"
transformed 'map: {}'
like "$err" "it names no field" "map names a field"
transformed 'split: {field: id, as: email}'
like "$err" "'id' is no list" "split wants a list"
like "$err" "there is a field 'email' already" "split does not make two fields of one name"
transformed 'split: tags'
like "$err" "'tags' is a text; say what stands between" "split wants to know how a text is cut"

done_testing
