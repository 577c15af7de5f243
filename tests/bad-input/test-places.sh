# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Where a run reads and writes: full disks, folders that cannot be written, outputs that are inputs,
# names full of traps, other folders, links. Whatever fails leaves what was there as it was, nothing
# half-written under a final name, and a message that names the file.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3 mkfifo

users='transform: [{map: {"cognito:username": username, email: email, email_verified: "true", phone_number_verified: "false", "cognito:mfa_enabled": "false"}}]'

# ---- a full disk ----

# A mount of our own: as root, or as root of a namespace.
mkdir -p disk
within=
for flags in -m -rm; do
    [ -n "$within" ] || ! unshare $flags mount -t tmpfs -o size=64k none disk 2>/dev/null || within="unshare $flags"
done

if [ -n "$within" ]; then
    # full NAME KIB FILE LINE...: a run onto a disk of so much, on which FILE is there before
    full()
    {
        local name=$1 kib=$2 file=$3
        shift 3
        printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml
        rm -f o.* r.csv
        # shellcheck disable=SC2016,SC2086
        run $within sh -c 'mount -t tmpfs -o size="$1"k none disk && echo before >disk/kept && cp disk/kept disk/"$3" &&
            { "$2" run p.yaml; status=$?; cat disk/"$3"; ls -A disk | tr "\n" " "; exit $status; }' sh "$kib" "$LEAT" "kept.${file##*.}"
        is "$status" 74 "full disk, $name: exit status 74"
        like "$err" "$file: .*(No space left on device|disk is full)" "full disk, $name: names the file, and says why"
        is "$out" "before"$'\n'"kept kept.${file##*.} " "full disk, $name: what was there is, and nothing else"
        is "$(ls -A | grep -E '^\.?(o|r)\.' | tr '\n' ' ')" "" "full disk, $name: no other output got its name"
    }
    full "CSV" 300 disk/kept.csv 'extract: {generate: 20000}' 'load: {csv: disk/kept.csv}'
    full "JSON lines" 300 disk/kept.jsonl 'extract: {generate: 20000}' 'load: {jsonl: disk/kept.jsonl}'
    full "Cognito CSV" 300 disk/kept.csv 'extract: {generate: 20000}' "$users" 'load: {cognito_csv: disk/kept.csv}' 'max_rejects: 100%'
    full "rejects" 300 disk/kept.csv 'extract: {generate: 20000}' 'transform: [{map: {id: cast(username as int64)}}]' 'load: {csv: o.csv}' \
        'rejects: {csv: disk/kept.csv}' 'max_rejects: 100%'
    full "results" 100 disk/kept.jsonl 'extract: {generate: 20000}' 'load: {csv: o.csv}' 'results: {jsonl: disk/kept.jsonl}'
    full "less than a buffer" 12 disk/kept.csv 'extract: {generate: 100}' 'load: {csv: disk/kept.csv}'
    # shellcheck disable=SC2016
    fill='mount -t tmpfs -o size=300k none disk && sqlite3 disk/o.db "CREATE TABLE old(x); INSERT INTO old VALUES(1)"
        "$1" run p.yaml; status=$?; sqlite3 disk/o.db "SELECT group_concat(name) FROM sqlite_schema; PRAGMA integrity_check"; ls -A disk; exit $status'
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 20000}' 'load: {sqlite: {path: disk/o.db, table: t}}' >p.yaml
    run $within sh -c "$fill" sh "$LEAT"
    is "$status" 74 "full disk, SQLite: exit status 74"
    like "$err" "disk/o.db: database or disk is full" "full disk, SQLite: names the file, and says why"
    is "$out" $'old\nok\no.db' "full disk, SQLite: the database is as it was, and no journal is left"

    # What a stage remembers goes to TMPDIR once it is more than it may keep.
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 100000}' 'validate: [{dedupe: {key: id, memory: 1MiB}}]' 'load: {csv: o.csv}' >p.yaml
    # shellcheck disable=SC2016,SC2086
    run $within sh -c 'mount -t tmpfs -o size=300k none disk && { TMPDIR=$PWD/disk "$1" run p.yaml; status=$?; ls -A disk; exit $status; }' sh "$LEAT"
    is "$status$out" 74 "full disk, the keys of dedupe: exit status 74, and nothing is left on it"
    like "$err" "dedupe: cannot write the keys .*disk: No space left on device; set TMPDIR" "full disk, the keys of dedupe: says what to do"
    is "$(ls -A | grep -E '^\.?o\.')" "" "full disk, the keys of dedupe: no output got its name"
else
    skip "a full disk" "cannot mount"
fi
for folder in nowhere /dev/null; do
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 100000}' 'validate: [{dedupe: {key: id, memory: 1MiB}}]' 'load: {csv: o.csv}' >p.yaml
    run env TMPDIR=$folder "$LEAT" run p.yaml
    is "$status" 74 "TMPDIR=$folder, where it is needed: exit status 74"
    like "$err" "temporary file in $folder: .*; set TMPDIR" "TMPDIR=$folder, where it is needed: says what to do"
    is "$(ls -A | grep -E '^\.?o\.')" "" "TMPDIR=$folder, where it is needed: no output got its name"
done
if command -v prlimit >/dev/null; then
    for load in 'csv: disk/o.csv' 'jsonl: disk/o.jsonl' 'sqlite: {path: disk/o.db, table: t}'; do
        printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 20000}' "load: {$load}" >p.yaml
        run prlimit --fsize=200000 "$LEAT" run p.yaml
        is "$status" 74 "a limit of file sizes, ${load%%:*}: exit status 74"
        like "$err" "disk/o.[a-z]+: " "a limit of file sizes, ${load%%:*}: names the file"
        is "$(find disk -type f -size +0)" "" "a limit of file sizes, ${load%%:*}: nothing is left behind"
        rm -f disk/*
    done
else
    skip "a limit of file sizes" "no prlimit"
fi
printf 'id,n\n1,a\n' >in.csv
moves 'csv: in.csv' 'csv: /dev/full'
refused "/dev/full as a CSV file" "/dev/full"

# ---- folders that cannot be written ----

for load in csv jsonl; do
    moves 'csv: in.csv' "$load: out/nowhere/o"
    refused "$load, a folder that is not there" "out/nowhere/o: there is no folder .*out/nowhere/?; create it first"
    moves 'csv: in.csv' "$load: in.csv/o"
    refused "$load, a file as a folder" "in.csv/o"
    moves 'csv: in.csv' "$load: out"
    refused "$load, a folder as the file" "out: it is a folder"
done
moves 'csv: in.csv' 'sqlite: {path: out/nowhere/o.db, table: t}'
like "$status" "^(74|78)$" "SQLite, a folder that is not there: exit status says so"
like "$err" "out/nowhere" "SQLite, a folder that is not there: is named"
moves 'csv: in.csv' 'csv: out/o.csv' 'rejects: {jsonl: nowhere/r.jsonl}'
refused "a reject folder that is not there" "nowhere/r.jsonl: there is no folder"
mkdir -p locked
if [ -n "$within" ] && $within sh -c 'mount --bind locked locked && mount -o remount,bind,ro locked' 2>/dev/null; then
    for load in 'csv: locked/o.csv' 'jsonl: locked/o.jsonl' 'sqlite: {path: locked/o.db, table: t}'; do
        printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' "load: {$load}" >p.yaml
        # shellcheck disable=SC2016,SC2086
        run $within sh -c 'mount --bind locked locked && mount -o remount,bind,ro locked && "$1" run p.yaml' sh "$LEAT"
        like "$status" "^(74|78)$" "a read-only folder, ${load%%:*}: exit status says so"
        like "$err" "locked/o.[a-z]+: .*[Rr]ead-only" "a read-only folder, ${load%%:*}: is named"
    done
    is "$(ls -A locked)" "" "a read-only folder: nothing is in it"
else
    skip "a read-only folder" "cannot mount"
fi

# ---- inputs that are no files: the plan would take the first records of a pipe, or wait for ever ----

mkfifo fifo
mkdir -p folder
for input in fifo folder /dev/zero /dev/stdin; do
    for extract in "csv: $input" "jsonl: $input" "sqlite: {path: $input, table: t}"; do
        printf 'leat: 1\nname: p\nextract: {%s}\nload: {csv: out/o.csv}\n' "$extract" >p.yaml
        rm -rf out
        mkdir out
        run timeout 20 sh -c 'yes "{\"a\":1}" | head -n 5 | "$1" run p.yaml' sh "$LEAT"
        refused "$extract" "$input: it is (a folder|no regular file)"
    done
done
for extract in 'csv: nowhere' 'jsonl: nowhere' 'sqlite: {path: nowhere, table: t}'; do
    moves "$extract" 'csv: out/o.csv'
    refused "an input that is not there, $extract" "nowhere: No such file" 69
    moves "$extract" 'csv: out/o.csv' 'transform: [{filter: lowr(a) = b}]'
    refused "and another mistake, $extract" "there is no function 'lowr'|no function lowr"
done
if [ "$(id -u)" -ne 0 ]; then
    printf 'id\n' >secret.csv
    chmod 000 secret.csv
    moves 'csv: secret.csv' 'csv: out/o.csv'
    refused "an input that must not be read" "secret.csv: Permission denied" 69
fi

# ---- outputs that are inputs ----

sqlite3 in.db "CREATE TABLE t(id, n); INSERT INTO t VALUES(1, 'a')"
printf '{"id":1,"n":"a"}\n' >in.jsonl
cat in.csv in.db in.jsonl | sha256sum >before
mkdir sub
ln -s ../in.jsonl sub/link.jsonl
ln -s . self
own()
{
    moves "$2" "$3" 'max_rejects: 1' ${4:+"$4"}
    refused "$1" "also that of|symbolic link"
    is "$(cat in.csv in.db in.jsonl | sha256sum)" "$(cat before)" "$1: the input is as it was"
}
own "JSON lines into themselves" 'jsonl: in.jsonl' 'jsonl: in.jsonl'
own "by way of a folder" 'jsonl: in.jsonl' 'jsonl: sub/../in.jsonl'
own "by way of a link to a folder" 'jsonl: in.jsonl' 'jsonl: self/in.jsonl'
own "by its whole path" 'jsonl: in.jsonl' "jsonl: $PWD/in.jsonl"
own "by a link" 'jsonl: in.jsonl' 'jsonl: sub/link.jsonl'
own "read by a link" 'jsonl: sub/link.jsonl' 'jsonl: in.jsonl'
own "SQLite into itself" 'sqlite: {path: in.db, table: t}' 'sqlite: {path: self/in.db, table: u}'
own "a CSV over a database" 'sqlite: {path: in.db, table: t}' 'csv: in.db'
own "rejects into the input" 'csv: in.csv' 'csv: out/o.csv' 'rejects: {jsonl: in.csv}'
own "rejects into the output" 'csv: in.csv' 'csv: out/o' 'rejects: {jsonl: out/o}'
own "rejects into the output, by a link" 'csv: in.csv' 'csv: out/o' 'rejects: {csv: self/out/o}'
own "results into the output" 'csv: in.csv' 'jsonl: out/o' 'results: {csv: out/o}'
own "rejects into the output's database" 'csv: in.csv' 'sqlite: {path: out/o.db, table: t}' 'rejects: {sqlite: {path: out/o.db, table: r}}'

# The pipeline file and the report are files, too.
moves 'csv: in.csv' 'csv: p.yaml'
refused "the output over the pipeline file" "would overwrite the pipeline file"
like "$(cat p.yaml)" "^leat: 1" "the output over the pipeline file: it is as it was"
printf 'leat: 1\nname: p\nextract: {csv: in.csv}\nload: {csv: out/o.csv}\nrejects: {csv: out/r.csv}\n' >p.yaml
for report in in.csv self/in.csv out/o.csv out/r.csv p.yaml; do
    rm -f out/*
    run leat run p.yaml --report "$report"
    is "$status$(ls -A out)" 64 "the report over $report: exit status 64, and nothing is written"
    like "$err" "report $report: this is " "the report over $report: says why"
done
is "$(cat in.csv in.db in.jsonl | sha256sum)" "$(cat before)" "the report over the input: it is as it was"

# ---- names full of traps ----

folder="a b/ö \"q\" 'x' \$HOME \`id\` ;&|<>*?[]{}~#%20\\n"
mkdir -p "$folder"
(
    cd "$folder" || exit 1
    printf 'id,n\n1,a\n' >"-in.csv"
    cat >"-p.yaml" <<'END'
leat: 1
name: p
extract: {csv: "-in.csv"}
load: {csv: "日本 – o.csv"}
rejects: {csv: "%s%n rejects?.csv"}
END
    cat >db.yaml <<'END'
leat: 1
name: p
extract: {csv: "日本 – o.csv"}
load: {sqlite: {path: "file:o?mode=ro&x#y.db", table: "t\"; DROP TABLE t; --"}}
END
    printf 'leat: 1\nname: p\nextract: {sqlite: {path: "file:o?mode=ro&x#y.db", table: "t\\"; DROP TABLE t; --"}}\nload: {jsonl: back.jsonl}\n' >back.yaml
)
run leat run "$folder/-p.yaml"
is "$status$(cat "$folder/日本 – o.csv")" "0id,n"$'\n'"1,a" "a folder of all that is special"
like "$(ls "$folder")" "^%s%n rejects\?.csv$" "a reject file of a strange name"
run leat run "$folder/db.yaml"
is "$status$(ls "$folder" | grep -c 'mode=ro&x#y.db$')" 01 "SQLite: a name that looks like a URI is a name"
run leat run "$folder/back.yaml"
is "$status$(cat "$folder/back.jsonl")" '0{"id":"1","n":"a"}' "SQLite: and is found again, the table too"
cd "$folder" || exit 1
run leat run ./-p.yaml
is "$status" 0 "a file that begins with '-', after ./"
run leat run -- -p.yaml
is "$status" 0 "a file that begins with '-', behind --"
run leat run -p.yaml
is "$status" 64 "a file that begins with '-', alone: is an option that there is not"
like "$err" "there is no option '-p" "and this option is named"
cd "$scratch" || exit 1
long=$(printf 'n%.0s' $(seq 240))
moves 'csv: in.csv' "csv: out/$long.csv"
is "$status$(ls out | wc -c)" 0245 "a name of 244 bytes"
moves 'csv: in.csv' "csv: out/$long$long"
isnt "$status" 0 "a name of 480 bytes: is too long"
like "$err" "too long" "a name of 480 bytes: says so"
printf 'leat: 1\nname: "../../p"\nextract: {csv: in.csv}\nload: {csv: out/o.csv}\n' >p.yaml
run leat run p.yaml
is "$status" 78 "a pipeline that is called ../../p"

# ---- other folders, links, no home ----

mkdir -p project/data elsewhere
printf 'id,n\n1,a\n' >project/data/in.csv
printf 'leat: 1\nname: p\nextract: {csv: data/in.csv}\nload: {csv: data/o.csv}\nrejects: {csv: r.csv}\n' >project/p.yaml
ln -s ../project/p.yaml elsewhere/link.yaml
ln -s ../elsewhere/link.yaml elsewhere/link-of-link.yaml
for file in ../project/p.yaml link.yaml link-of-link.yaml "$PWD/project/p.yaml" "$PWD/elsewhere/link.yaml"; do
    rm -f project/data/o.csv project/r.csv
    cd elsewhere || exit 1
    run leat run "$file"
    cd .. || exit 1
    is "$status$(ls project/data/o.csv project/r.csv 2>/dev/null | tr '\n' ' ')" "0project/data/o.csv project/r.csv " \
        "${file#"$PWD"}: paths start where the pipeline file is"
    is "$(ls elsewhere | tr '\n' ' ')" "link-of-link.yaml link.yaml " "${file#"$PWD"}: and not where we stand"
done
# The state has its place below HOME or XDG_STATE_HOME; without either a run says what to do.
for home in - "" /dev/null relative; do
    rm -f project/data/o.csv
    if [ "$home" = - ]; then
        run env -u HOME -u XDG_STATE_HOME "$LEAT" run project/p.yaml
    else
        run env -u XDG_STATE_HOME HOME="$home" "$LEAT" run project/p.yaml
    fi
    is "$status$(ls project/data/o.csv 2>/dev/null)" 74 "HOME '$home': there is no place for the state"
    like "$err" "--state-dir names" "HOME '$home': says what to do"
    run env HOME="$home" "$LEAT" run project/p.yaml --state-dir states
    is "$status$(cat project/data/o.csv)$err" "0id,n"$'\n'"1,a" "HOME '$home': and with that it runs"
done
rm -f project/data/o.csv
run env -i "$LEAT" run project/p.yaml --state-dir states
is "$status$(cat project/data/o.csv)" "0id,n"$'\n'"1,a" "no environment at all"
is "$(find . -name relative -o -name '.leat*')" "" "and nothing is strewn about"

# Numbers and letters are read and written alike, whatever the locale says of them.
printf 'leat: 1\nname: p\nextract: {csv: {path: in.csv, fields: {x: float64}}}\nload: {csv: out/o.csv}\nmax_rejects: 0.5%%\n' >p.yaml
printf 'transform: [{map: {x: "x + 0.5", i: "upper('"'"'title i'"'"')", l: "lower('"'"'TITLE I'"'"')", n: "cast('"'"'1.5'"'"' as float64)"}}]\n' >>p.yaml
printf 'x\n1.25\n1234567.5\n' >in.csv
mkdir locales
for locale in tr_TR.UTF-8 de_DE.UTF-8 fr_FR.ISO-8859-1; do
    # one that is not installed is made, where its sources are
    localedef -i "${locale%.*}" -f "${locale#*.}" "locales/$locale" >/dev/null 2>&1
    if [ "$(LOCPATH=$PWD/locales LC_ALL=$locale locale charmap 2>/dev/null)" = "${locale#*.}" ]; then
        run env LOCPATH="$PWD/locales" LC_ALL=$locale "$LEAT" run p.yaml
        is "$status$(sed -n 2p out/o.csv)" "01.75,TITLE I,title i,1.5" "$locale: makes no difference"
    else
        skip "$locale: makes no difference" "the locale is neither installed nor can it be made"
    fi
done
done_testing
