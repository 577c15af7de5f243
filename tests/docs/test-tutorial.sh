# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The tutorial, done as it stands: a plugin outside of the tree, built with nothing but the
# installed headers, is found, shown and run. And the programs of leat-plugin(3).
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/docs/documents.sh"
requires gcc make

run env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top_builddir" install-leatincludeHEADERS DESTDIR="$scratch/stage"
is "$status" 0 "the headers can be installed"
include=$(find "$scratch/stage" -type d -name leat)
isnt "$include" "" "and are there"
export CPATH=${include%/leat}

mkdir tutorial
cd tutorial || exit 1
run_markdown "$top_srcdir/doc/tutorial.md"
for file in "$top_srcdir"/doc/tutorial/*; do
    same "$file" "${file##*/}" "doc/tutorial/${file##*/} is what the text shows"
done

# What it says of going on: killed in the middle, and run again.
mkdir ../going-on
cd ../going-on || exit 1
awk '{ print; lines[NR] = $0 } END { for (i = 0; i < 300000; i++) print lines[i % NR + 1] }' ../tutorial/accounts.txt >accounts.txt
sed 's/^max_rejects: .*/max_rejects: 100%/; s/^name: .*/name: going-on/' ../tutorial/ledger.yaml >ledger.yaml
timeout -s KILL 1 leat run --plugin-dir ../tutorial ledger.yaml --set checkpoint=0s --set batch_rows=100 >/dev/null 2>&1
run leat run --plugin-dir ../tutorial ledger.yaml --json
like "$out" '"goes_on_with":1,.*"read":300006,.*"loaded":150003,.*"rejected":150003' "a run of it that was killed goes on"
is "$(wc -l <accounts.csv) $(wc -l <rejects.csv)" "150004 150004" "and nothing is missing or there twice"

mkdir ../page
cd ../page || exit 1
for program in $(pod_programs "$top_srcdir/doc/leat-plugin.pod"); do
    name=$(sed -n 's/^LEAT_[A-Z]*(\([a-z_]*\),.*/\1/p' "$program")
    kind=$(sed -n 's/^LEAT_\([A-Z]*\)(.*/\1/p' "$program" | tr '[:upper:]' '[:lower:]')
    kind=${kind%s}
    run gcc -O2 -Wall -Werror -fPIC -shared -o "$kind-$name.so" "$program"
    is "$status" 0 "$kind $name of leat-plugin(3) compiles"
    run leat plugin show "$kind-$name" --plugin-dir .
    like "$out" "^$kind $name: " "and can be shown"
done

run leat plugin index . --plugin-dir .
is "$(cat functions.index)" "shout	function-shout.so" "leat plugin index names its function"
cat >all.yaml <<'END'
leat: 1
name: all
extract: {countdown: 10}
transform:
  - sample: 3
  - map: {n: n, said: shout(cast(n as text))}
load: {csv: out.csv}
END
run leat run --plugin-dir . all.yaml
is "$status" 0 "all three run together"
is "$(tr '\n' ' ' <out.csv)" "n,said 10,10! 7,7! 4,4! 1,1! " "and do what the page says"
done_testing
