# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Every plugin that is built: loads, shows itself, exports one name, needs nothing of leat's,
# keeps no state of its own between its instances, and has a manual page that documents it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires nm objdump

built=${LEAT_PLUGINS:-$top_builddir/plugins/.libs}
tree=${LEAT_TREE:-$top_srcdir}

none() { if [ -z "$1" ]; then pass "$2"; else fail "$2"; printf '%s\n' "$1" | head -10 | sed 's/^/# /'; fi; }

# Objects in .data and .bss, but for the four pointers of LEAT_PLUGIN_ENTRY and what crtbegin
# adds. Tables of constants stand in .rodata and .data.rel.ro.
writable() { objdump -t "$1" | awk '/ O \.(data|bss)\t/ { print $NF }' | grep -vE '^(leat_(batch|plan|stage|call)_services|completed\.[0-9]+|__dso_handle|__TMC_END__)$'; }

n=0
for so in "$built"/*-*.so; do
    [ -e "$so" ] || continue
    n=$((n + 1))
    file=${so##*/}
    plugin=${file%.so}
    kind=${plugin%%-*}
    name=${plugin#*-}
    folder=$tree/plugins/$kind/$name

    run leat plugin show "$plugin"
    is "$status" 0 "$plugin: leat plugin show works"
    like "$out" "^$kind $name: [A-Z].*[^.]$" "$plugin: its summary is a line that begins with a capital and has no full stop"

    is "$(nm -D --defined-only "$so" | awk '{ print $3 }' | grep -vE '^_+(gcov|asan|odr_asan|ubsan|tsan)|^_ZN?K?St' | tr '\n' ' ')" "leat_plugin_v1 " \
        "$plugin: exports leat_plugin_v1 alone"
    none "$(nm -D --undefined-only "$so" | awk '{ print $NF }' | grep '^leat_')" "$plugin: needs no symbol of leat's"
    if nm -D "$so" | grep -qE ' __(asan|ubsan|tsan|gcov)'; then
        skip "$plugin: no writable globals" "this build adds its own"
    else
        none "$(writable "$so")" "$plugin: no writable globals"
    fi
    case $(ldd "$so" 2>&1) in *"not found"*) fail "$plugin: its libraries are there" ;; *) pass "$plugin: its libraries are there" ;; esac

    pod=$folder/$name.pod
    if [ ! -e "$pod" ]; then
        fail "$plugin: has a manual page"
        continue
    fi
    pass "$plugin: has a manual page"
    if command -v podchecker >/dev/null; then
        podchecker -warnings "$pod" >log 2>&1
        ok $? "$plugin: its manual page is whole"
        grep -v 'syntax OK' log | head -5 | sed 's/^/# /'
    else
        skip "$plugin: its manual page is whole" "no podchecker"
    fi
    missing=
    for head in NAME SYNOPSIS DESCRIPTION EXAMPLES "SEE ALSO"; do
        grep -q "^=head1 $head\$" "$pod" || missing="$missing $head"
    done
    none "$missing" "$plugin: its manual page has all its parts"
    run leat plugin show "$plugin"
    undocumented=
    if ! grep -q '^__OPTIONS__$' "$pod"; then
        for option in $(printf '%s\n' "$out" | sed -n '/^options:/,/^[a-z]*:$/p' | sed -nE 's/^  ([a-z_]+) .*/\1/p'); do
            grep -qE "(=item|C<|B<).*\b$option\b" "$pod" || undocumented="$undocumented $option"
        done
    fi
    none "$undocumented" "$plugin: its options are documented"
    bad_help=$(printf '%s\n' "$out" | sed -n '/^options:/,/^[a-z]*:$/p' | grep -E '^ {17}' | grep -vE '^ {17}[A-Z`].*\.$')
    none "$bad_help" "$plugin: the help of each option is a sentence"
done
[ "$n" -gt 0 ]
ok $? "there are plugins"

# A folder of the tree without a shared object was forgotten by the build, or left out by configure.
forgotten=
for folder in "$tree"/plugins/{extract,transform,validate,load,function}/*/; do
    folder=${folder%/}
    kind=${folder%/*}
    plugin=${kind##*/}-${folder##*/}
    [ -z "$(ls "$folder"/*.c "$folder"/*.cc 2>/dev/null)" ] && continue
    [ -e "$built/$plugin.so" ] || grep -q "$plugin" "$tree/configure.ac" || forgotten="$forgotten $plugin"
done
none "$forgotten" "every plugin of the tree is built, or configure knows why not"

run leat plugin list
is "$status" 0 "leat plugin list works"
is "$(printf '%s\n' "$out" | wc -l)" "$n" "leat plugin list shows each of them"
done_testing
