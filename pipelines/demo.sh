#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# ./bootstrap demo: makes the database of an old shop, moves its users into a file that Amazon
# Cognito imports, and shows what has become of them. LEAT is the path to leat; DEMO, if set,
# is the folder to work in.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
: "${LEAT:=$PWD/build/leat}"
demo=${DEMO:-$PWD/build/demo}
mkdir -p "$demo" 2>/dev/null && [ -w "$demo" ] || demo=$(mktemp -d "${TMPDIR:-/tmp}/leat-demo.XXXXXX")

width=${COLUMNS:-$(tput cols 2>/dev/null || echo 100)}
bold='' plain=''
if [ -t 1 ]; then
    bold=$'\033[1m' plain=$'\033[0m'
fi

# Names as short as they can be typed here.
short() { case $1 in "$PWD"/*) printf '%s' "${1#"$PWD"/}" ;; *) printf '%s' "$1" ;; esac; }
title() { printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"; }
shown() { printf '$ %s\n' "$(echo $*)"; }

# Lines as wide as the screen, counted in characters.
cut_lines() { LC_ALL=C.UTF-8 sed -E "s/^(.{$((width - 1))}).{2,}/\\1…/"; }

given=()
if [ "$demo" != "$PWD/build/demo" ]; then
    given=(--param "shop=$demo/shop.db" --param "out=$demo")
fi
leat=$(short "$LEAT")
job=pipelines/main-job.yaml

title "1. The old shop: a database with 10,000 users, made up, as dirty as real ones"
rm -f "$demo/shop.db"
"$LEAT" run pipelines/make-shop.yaml --quiet --param "shop=$demo/shop.db"
"$LEAT" preview pipelines/look-at-shop.yaml --rows 5 --param "shop=$demo/shop.db" 2>/dev/null

title "2. The main job: legacy users in SQLite -> a CSV file for Cognito"
shown "$leat run $job ${given[*]}"
"$LEAT" run "$job" --progress --report "$demo/report.json" --param "shop=$demo/shop.db" --param "out=$demo" 2>&1

title "3. What Cognito will get: $(short "$demo/users.csv")"
head -n 4 "$demo/users.csv" | cut_lines

title "4. Who was rejected, and why: $(short "$demo/rejects.csv")"
"$LEAT" preview pipelines/show-rejects.yaml --rows 8 --param "rejects=$demo/rejects.csv" 2>/dev/null
printf '... %s in all\n' "$(sed -n 's/.*"rejected":\([0-9]*\).*/\1/p' "$demo/report.json")"

title "5. What lies where"
row() { printf '%-28s %s\n' "$(short "$demo/$1")" "$2"; }
row users.csv "the users, as the import takes them"
row users.csv.lines "which user stands in which line; Cognito reports by line"
row rejects.csv "the rejected ones, as they were read, with the reason"
row report.json "the books"
row shop.db "the old shop"

title "6. Next"
next() { printf '%-56s %s\n' "$(echo $1)" "$2"; }
next "$leat preview $job ${given[*]}" "the records as they will be"
next "$leat plan $job ${given[*]}" "stages, fields, what the pool must have"
next "$leat test $job ${given[*]}" "the tests that stand in the file"
next "$leat run $job --load plain ${given[*]}" "the same users into an ordinary CSV file"
next "$leat check $job ${given[*]}" "what is wrong with it, when you have changed it"
cat <<END

To start the import, create an import job for your user pool ("Import users" in the console, or
aws cognito-idp create-user-import-job), upload users.csv to the address that it gives, and start it.
A pool that verifies e-mail refuses users whose email_verified is false: take the # away before
"- cognito_user:" in $job, and these are rejected here, with the reason.
END
