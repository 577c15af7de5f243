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
    local extract=generate transform= load='"null"'
    case $1 in
    no_poll | no_deliver) load=$1 ;;
    no_process | no_plan) transform="{$1: {}}" ;;
    *) extract=$1 ;;
    esac
    printf 'leat: 1\nname: p\nextract: {%s: {}}\ntransform: [%s]\nload: {%s: {}}\n' "$extract" "$transform" "$load" >p.yaml
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
try no_deliver 70 "load-no_deliver.so has no deliver"
try no_process 70 "transform-no_process.so has no process"
try no_plan 70 "transform-no_plan.so has no plan"
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

# runs NAME: the plugin of tests is trusted
runs()
{
    printf 'leat: 1\nname: p\nextract: {probe: {}}\nload: {"null": {}}\n' >p.yaml
    run leat run --plugin-dir bad p.yaml
    is "$status$err" 0 "$1: runs"
}
runs "a plugin that only we can write"
chmod g+w bad/extract-probe.so
runs "a plugin that our own group can write"
chmod g-w bad/extract-probe.so
for mode in 777 757 773; do
    chmod $mode bad
    try probe 70 "(can be written by everybody|everybody can write in the folder of .*extract-probe.so; chmod o-w it)"
    like "$err" "chmod o-w it" "a folder of mode $mode: says what to do"
    run leat check --plugin-dir bad p.yaml
    is "$status" 70 "a folder of mode $mode: nor is it checked"
    run leat plugin show extract-probe --plugin-dir bad
    isnt "$status" 0 "a folder of mode $mode: nor shown"
done
chmod 1777 bad
runs "a folder like /tmp, where nobody takes away what is not his"
chmod 775 bad
runs "a folder of our own group"
chmod 755 bad
ln -s "$PWD/bad/extract-probe.so" bad/extract-link.so
chmod o+w bad/extract-probe.so
try link 70 "extract-probe.so can be written by everybody"
chmod o-w bad/extract-probe.so
rm bad/extract-link.so
if [ "$(id -u)" -eq 0 ] && chown 65534 bad/extract-probe.so 2>/dev/null; then
    try probe 70 "extract-probe.so belongs to another user; chown it to yourself or to root"
    chown 0:65534 bad/extract-probe.so
    chmod 775 bad/extract-probe.so
    try probe 70 "extract-probe.so can be written by another group; chmod g-w it"
    chmod 755 bad/extract-probe.so
    runs "a plugin of another group that cannot write it"
    chown 0:0 bad/extract-probe.so
else
    skip "plugins of other users and groups" "we are not root"
fi

run leat plugin list --plugin-dir bad
isnt "$status" 0 "leat plugin list: the bad ones are a failure"
like "$out" "extract +probe " "leat plugin list: shows the good ones all the same"
like "$err" "extract-bad_abi.so was built for" "leat plugin list: says what is wrong with the others"

run leat run --plugin-dir nowhere p.yaml
is "$status" 64 "a --plugin-dir that is not there: exit status 64"
like "$err" "nowhere: No such file" "a --plugin-dir that is not there: is named"
done_testing
