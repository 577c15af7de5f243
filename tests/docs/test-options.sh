# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The pages know what there is: commands and long options, keys of the pipeline file, functions.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

commands=$(leat --help | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')
isnt "$commands" "" "leat --help has commands"
for command in $commands; do
    like "$(cat "$top_srcdir/doc/leat.pod")" "^=head2 $command\$" "leat(1) has the command $command"
    section=$(sed -n "/^=head2 $command\$/,/^=head/p" "$top_srcdir/doc/leat.pod")
    for option in $(leat "$command" --help | grep -o -e '^ .*--[a-z-]*' | grep -o -e '--[a-z-]*'); do
        like "$(cat "$top_srcdir/doc/leat.pod")" "^=item .*B<$option>" "leat(1) has the option $option"
        like "$section" "B<$option>" "and says that $command takes it"
    done
done
# And nothing that there is not.
for option in $(grep -o '^=item .*B<--[a-z-]*>' "$top_srcdir/doc/leat.pod" | grep -o -e '--[a-z-]*'); do
    like "$(for c in $commands; do leat "$c" --help; done; echo --help)" "$option( |\$)" "there is an option $option"
done

keys=$(sed -n '/^static const char \*const top_keys\[\]/,/};/p' "$top_srcdir/core/pipeline/model.c" | grep -o '"[a-z_]*"' | tr -d '"')
isnt "$keys" "" "core/pipeline/model.c has keys"
for key in $keys; do
    like "$(cat "$top_srcdir/doc/leat-pipeline.pod")" "^=head2 $key\$" "leat-pipeline(5) has the key $key"
done

functions=$(leat plugin show functions | sed -n 's/^  \([a-z0-9_]*\)(.*) -> .*/\1/p' | sort -u)
isnt "$functions" "" "leat plugin show functions shows some"
page=$top_builddir/doc/pod/leat-expressions.pod
if [ -e "$page" ]; then
    for function in $functions; do
        like "$(cat "$page")" "^=item B<< $function\(" "leat-expressions(7) has the function $function"
    done
else
    skip "leat-expressions(7) has the functions" "the page was not made here"
fi

# Exit statuses that the help of run names.
for status in $(leat run --help | grep -o '\b[67][0-9]\b' | sort -u); do
    like "$(cat "$top_srcdir/doc/leat.pod")" "^=item B<$status>" "leat(1) has the exit status $status"
done

for kind in extract transform validate load; do
    run leat plugin list
    like "$out" "^$kind " "leat plugin list has $kind plugins"
done
if command -v python3 >/dev/null; then
    leat plugin list --json >list.json
    run python3 -c 'import json; print(len(json.load(open("list.json"))))'
    is "$out" "$(leat plugin list | wc -l)" "leat plugin list --json is JSON and names as many"
    leat plugin list | while read -r kind name _; do leat plugin show "$kind-$name" --json; done >schemas
    run python3 -c 'import json
for line in open("schemas"): json.loads(line)'
    is "$status" 0 "leat plugin show --json is JSON for each"
else
    skip "leat plugin --json is JSON" "no python3"
fi
done_testing
