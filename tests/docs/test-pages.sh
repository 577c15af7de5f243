# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Manual pages: one for each plugin, under its right name, made, and sound.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

pods=("$top_srcdir"/doc/leat*.pod "$top_srcdir"/plugins/{extract,transform,validate,load,function}/*/*.pod)

page_of()
{
    case $1 in
    */doc/*) basename "$1" .pod ;;
    *) echo "leat-$(basename "$(dirname "$(dirname "$1")")")-$(basename "$1" .pod)" ;;
    esac
}

# A plugin without a page, a page that the build does not make.
for folder in "$top_srcdir"/plugins/{extract,transform,validate,load,function}/*/; do
    kind=$(basename "$(dirname "$folder")") name=$(basename "$folder")
    [ -s "$folder$name.pod" ]
    ok $? "$kind $name has a manual page"
    grep -q "doc/leat-$kind-$name\.7 " "$top_srcdir/doc/local.mk" &&
        grep -q "plugins/$kind/$name/$name\.pod " "$top_srcdir/doc/local.mk"
    ok $? "doc/local.mk makes it"
done

for pod in "${pods[@]}"; do
    page=$(page_of "$pod")
    case $page in leat) section=1 ;; leat-plugin) section=3 ;; leat-pipeline) section=5 ;; *) section=7 ;; esac
    like "$(sed -n '/^=head1 NAME/,/^=head1 SYN/p' "$pod")" "^$page - [a-z]" "$page is called so in its NAME"
    made=$top_builddir/doc/$page.$section
    [ -s "$made" ] || made=$top_srcdir/doc/$page.$section
    [ -s "$made" ]
    ok $? "$page($section) is made"
    unlike "$(cat "$made" 2>/dev/null)" '__OPTIONS__|__FUNCTIONS__' "and nothing in it is left to fill in"
    case $pod in
    */doc/*) ;;
    *) like "$(cat "$pod")" '^__OPTIONS__$' "its options come from the plugin" ;;
    esac
    # Pages that it names.
    for other in $(grep -o '\bleat[a-z0-9_-]*([0-9])' "$pod" | sort -u); do
        case " $other " in
        *"leat(1)"* | *"leat-pipeline(5)"* | *"leat-plugin(3)"* | *"leat-expressions(7)"*) ;;
        *) grep -q "doc/${other%(*}\.7 " "$top_srcdir/doc/local.mk" && [ "${other: -3}" = "(7)" ]
           ok $? "$page names $other, and there is such a page" ;;
        esac
    done
done

if command -v podchecker >/dev/null; then
    for pod in "${pods[@]}"; do
        page=$(page_of "$pod")
        text=$top_builddir/doc/pod/$page.pod # with its options filled in
        [ -e "$text" ] || text=$pod
        run podchecker -warnings "$text"
        is "$status" 0 "podchecker takes $page"
        unlike "$err" 'WARNING' "and warns of nothing"
    done
else
    skip "podchecker takes the pages" "no podchecker"
fi
done_testing
