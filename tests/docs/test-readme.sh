# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What README.md shows is what happens, and it knows every plugin.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/docs/documents.sh"
requires sqlite3

# As in a clone: build/leat and pipelines/. On a terminal a run ends with the books.
enter_clone
run_markdown "$top_srcdir/README.md"
same "$top_srcdir/pipelines/first.yaml" pipelines/first.yaml "it shows pipelines/first.yaml as it is"

for folder in "$top_srcdir"/plugins/{extract,transform,validate,load,function}/*/; do
    name=$(basename "$folder")
    kind=$(basename "$(dirname "$folder")")
    grep -q "^| $kind | \`$name\` | " "$top_srcdir/README.md"
    ok $? "$kind $name is in its table"
done

# Targets of make that CONTRIBUTING.md names.
for target in $(sed -n 's/^make \([a-z-]*\) .*/\1/p' "$top_srcdir/CONTRIBUTING.md" | sort -u); do
    grep -Eq "^(#: $target |$target:)" "$top_srcdir/Makefile.am"
    ok $? "make $target is a target"
done

# Links to files.
while IFS= read -r link; do
    [ -e "$top_srcdir/$link" ]
    ok $? "the link to $link leads somewhere"
done < <(cat "$top_srcdir"/{README,CONTRIBUTING,SECURITY}.md | grep -o '](\([^)#]*\))' | sed 's/^](//; s/)$//' | grep -v '^http' | sort -u)
done_testing
