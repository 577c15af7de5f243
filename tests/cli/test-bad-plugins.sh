# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Plugins that are none, or wrong: a sentence that names the file and the fault, exit status 70
# (78 where there is none of that name), and never a crash.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

built=$top_builddir/tests/plugins/bad/.libs
[ -e "$built/extract-bad_abi.so" ] || skip_all "the plugins of the tests are not built (make check does)"

mkdir bad
cp "$built"/*.so bad/
echo "this is a text" >bad/extract-text.so
: >bad/extract-empty.so
head -c 100 "$built/extract-bad_abi.so" >bad/extract-cut.so
mkdir bad/extract-folder.so
cp "$LEAT" bad/extract-program.so
ln -s nowhere bad/extract-dangling.so

# try NAME STATUS REGEX: a pipeline that needs this plugin.
try()
{
    local kind=extract
    [ "${1#no_poll}" = "$1" ] || kind=load
    if [ $kind = extract ]; then
        printf 'leat: 1\nname: p\nextract: {%s: {}}\nload: {"null": {}}\n' "$1" >p.yaml
    else
        printf 'leat: 1\nname: p\nextract: {generate: 1}\nload: {%s: {}}\n' "$1" >p.yaml
    fi
    run leat run --plugin-dir bad p.yaml
    is "$status" "$2" "$1: exit status $2"
    like "$err" "$3" "$1: says why"
    unlike "$err" "file not found" "$1: is not called missing"
}

try bad_abi 70 "extract-bad_abi.so was built for plugin ABI [0-9]+, and this leat speaks [0-9]+"
try no_read 70 "extract-no_read.so has no read"
try no_fields 70 "extract-no_fields.so has no fields or plan"
try no_summary 70 "extract-no_summary.so has no name or summary"
try no_poll 70 "load-no_poll.so has no poll"
try bad_name 70 "extract-bad_name.so says that it is extract another"
try bad_kind 70 "extract-bad_kind.so says that it is load bad_kind"
try unknown_kind 70 "extract-unknown_kind.so is of an unknown kind"
try bad_options 70 "its option 'number' does not fit"
try null_descriptor 70 "gave no descriptor"
try no_entry 70 "does not export leat_plugin_v1"
try text 70 "extract-text.so is no shared object"
try empty 70 "extract-empty.so is no shared object"
try cut 70 "extract-cut.so"
try folder 70 "extract-folder.so is no regular file"
try program 70 "extract-program.so"
try nothere 78 "there is no extract plugin 'nothere'"
try dangling 78 "there is no extract plugin 'dangling'"

printf 'leat: 1\nname: p\nextract: {genrate: {}}\nload: {"null": {}}\n' >p.yaml
run leat check p.yaml
is "$status" 78 "a misspelt plugin: exit status 78"
like "$err" "p.yaml:3:11: error: there is no extract plugin 'genrate'" "a misspelt plugin: with its place"
like "$err" "did you mean 'generate'" "a misspelt plugin: with the nearest name"

printf 'leat: 1\nname: p\nextract: {filter: {}}\nload: {"null": {}}\n' >p.yaml
run leat check p.yaml
like "$err" "'filter' is a transform plugin; it belongs into another section" "a transform as an extract"

for name in ../evil 'a b' 'A' 'x/y' "$(printf 'n%.0s' $(seq 300))"; do
    printf 'leat: 1\nname: p\nextract: {"%s": {}}\nload: {"null": {}}\n' "$name" >p.yaml
    run leat check --plugin-dir bad p.yaml
    is "$status" 78 "'${name:0:10}' is the name of no plugin"
done

# A plugin that others can write is not run.
cp "$top_builddir/tests/plugins/.libs/extract-probe.so" bad/
chmod o+w bad/extract-probe.so
try probe 70 "can be written by everybody"
chmod o-w bad/extract-probe.so

run leat plugin list --plugin-dir bad
isnt "$status" 0 "leat plugin list: the bad ones are a failure"
like "$out" "extract +probe " "leat plugin list: shows the good ones all the same"
like "$err" "extract-bad_abi.so was built for" "leat plugin list: says what is wrong with the others"

run leat run --plugin-dir nowhere p.yaml
is "$status" 64 "a --plugin-dir that is not there: exit status 64"
like "$err" "nowhere: No such file" "a --plugin-dir that is not there: is named"
done_testing
