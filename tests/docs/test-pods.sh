# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Every whole pipeline in a manual page is right, and runs if it needs no store of the reader's.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/docs/documents.sh"
. "$top_srcdir/tests/servers/servers.sh"
. "$top_srcdir/tests/cognito/double.sh"
requires sqlite3
server_requires postgres mariadb
[ "${CI-}" != true ] || [ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_requires mongodb

# The stores that pages speak of.
mkdir stores
cd stores || exit 1
cat >make.yaml <<'END'
leat: 1
name: stores
extract: {generate: {rows: 200, seed: 1}}
load: users.csv
loads:
  users.csv: {csv: {path: users.csv, secrets: true}}
  users.jsonl: {jsonl: {path: users.jsonl, secrets: true}}
  shop.db: {sqlite: {path: shop.db, table: users, key: id, secrets: true}}
END
for store in users.csv users.jsonl shop.db; do
    run leat run make.yaml --load "$store"
    is "$status" 0 "there is a $store"
done
cd .. || exit 1

# And the servers, each with the same users; SHOP_URL says where the one of the page is.
server_start postgres pg
columns=$(head -n 1 stores/users.csv | sed 's/,/ text, /g; s/$/ text/; s/^id text/id bigint primary key/')
server_sql pg -u leat -c "create table users ($columns)"
server_sql pg -u leat -c '\copy users from pstdin csv header' <stores/users.csv

has_mongodb=
if [ -n "${LEAT_TEST_MONGODB_URL-}" ] || server_there mongodb; then
    has_mongodb=yes
    mongodb_start mongo
    mongodb_put mongo users <stores/users.jsonl
fi

server_start mariadb my
server_sql my <<<"create table users (id bigint primary key, $(head -n 1 stores/users.csv | cut -d, -f2- | sed 's/,/ text, /g; s/$/ text/'))"
python3 - stores/users.csv <<'END' | server_sql my
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8")))[1:]
text = lambda v: "NULL" if v == "" else "X'%s'" % v.encode().hex()
print("insert into users values " + ", ".join("(%s)" % ", ".join([r[0]] + ["convert(%s using utf8mb4)" % text(v) for v in r[1:]]) for r in rows))
END
export SHOP_HOST=127.0.0.1 SHOP_PORT=$my_port SHOP_USER=leat SHOP_PASSWORD=$server_password

# repair FROM TO: rejects, put right as a reader would with an editor
repair()
{
    printf '%s\n' 'leat: 1' 'name: repair' "extract: {csv: $1}" 'transform: [{set: {email: "id || '"'@example.com'"'"}}]' \
        "load: {csv: $2}" >repair.yaml
    leat run repair.yaml >/dev/null 2>&1
}

for pod in "$top_srcdir"/doc/leat*.pod "$top_srcdir"/plugins/{extract,transform,validate,load,function}/*/*.pod; do
    case $pod in
    */doc/*) name=$(basename "$pod" .pod) ;;
    *) name=$(basename "$(dirname "$(dirname "$pod")")")-$(basename "$pod" .pod) ;;
    esac
    if [ "${name#*-}" = mongodb ] && [ -z "$has_mongodb" ]; then
        skip "the pipelines of $name" "no server: install Go 1.24 or newer, or put a mongod on the PATH"
        continue
    fi
    mkdir "$name"
    cp stores/* "$name"
    cd "$name" || exit 1
    export XDG_STATE_HOME=$states/$name # of a reader of this page alone
    case $name in *-postgres) export SHOP_URL="postgresql://leat:$server_password@127.0.0.1:$pg_port/shop" ;;
    *-mongodb) export SHOP_URL="${mongo_url%/}/$mongo_database" ;;
    extract-cognito | load-cognito_api) double_start --pool eu-central-1_AbCdEfGhI ;; esac
    pipelines=$(pod_pipelines "$pod")
    if [ "$name" = leat ]; then
        mkdir backup
        cp shop.db backup
        while IFS= read -r command; do
            case $command in *repaired.csv*) repair rejects.csv repaired.csv ;; esac
            run eval "$command"
            is "$status" 0 "leat(1): $command"
        done < <(sed -n '/^=head1 EXAMPLES/,$p' "$pod" | grep -E '^  leat [a-z]+ ')
        [ -s old.jsonl ] && [ -s users.csv ] && [ -s report.json ] && [ "$(wc -l <users-2.csv)" -gt 1 ]
        ok $? "and they write what they say"
    fi
    run_pod "$pod"
    case $name in
    leat-plugin) ;;
    *) isnt "$pipelines" "" "$name shows a pipeline" ;;
    esac
    for pipeline in $pipelines; do
        cp ../stores/shop.db .
        [ "$name" != leat-pipeline ] || printf 'id,email,born\n1,anna@example.com,1980-05-12\n2,nobody,soon\n' >users.csv
        run leat check "$pipeline"
        is "$status" 0 "leat check takes $pipeline of $name"
        if grep -q '^tests:' "$pipeline"; then
            run leat test "$pipeline"
            is "$status" 0 "its tests pass"
        fi
        sed -i 's/rows: 1000000/rows: 1000/' "$pipeline"
        ! grep -q 'generate:' "$pipeline" || rm -f shop.db # it would be what the pipeline makes
        run leat run "$pipeline"
        is "$status" 0 "it runs"
        grep -q '^load: ' "$pipeline" || continue
        for load in $(sed -n '/^loads:/,/^[a-z]/s/^  \([a-z_]*\):.*/\1/p' "$pipeline"); do
            run leat run "$pipeline" --load "$load"
            is "$status" 0 "with --load $load too"
        done
    done
    cd .. || exit 1
done
done_testing
