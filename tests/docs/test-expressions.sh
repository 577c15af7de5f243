# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The examples of functions in leat-expressions(7) and in the pages of function plugins give what
# stands there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

# Each example is a field of a map; a test in the file says what must come out.
try_examples()
{
    local n=0 example yields
    {
        printf 'leat: 1\nname: examples\nextract: {generate: {rows: 1}}\ntransform:\n  - map:\n'
        while IFS=$'\t' read -r example yields; do
            n=$((n + 1))
            printf "      f%d: '%s'\n" "$n" "${example//\'/\'\'}"
        done <examples
        printf "load: {'null': {}}\ntests:\n  - name: examples\n    input: [{id: 1}]\n    output:\n      - id: 1\n"
        n=0
        while IFS=$'\t' read -r example yields; do
            n=$((n + 1))
            if [ "$yields" = '(null)' ]; then
                printf '        f%d: null\n' "$n"
            else
                printf "        f%d: '%s'\n" "$n" "${yields//\'/\'\'}"
            fi
        done <examples
    } | sed '/^      - id: 1$/d' | sed '0,/^        f1:/s/^        f1:/      - f1:/' >examples.yaml
    run leat test examples.yaml
    is "$status" 0 "the $n examples of $1 give what it says"
    [ "$status" -eq 0 ] || note "$out"
}

# What `leat plugin show NAME --format pod` prints: item, summary, example, result.
examples_of()
{
    leat plugin show "$1" --format pod |
        awk '/^  [^ ]/ { example = substr($0, 3); next } /^    / { print example "\t" substr($0, 5) }' >examples
    [ -s examples ]
}

examples_of functions
ok $? "leat-expressions(7) has examples"
try_examples "leat-expressions(7)"
for plugin in $(leat plugin list | sed -n 's/^function  *\([a-z0-9_]*\) .*/\1/p'); do
    examples_of "function-$plugin"
    ok $? "leat-function-$plugin(7) has examples"
    try_examples "leat-function-$plugin(7)"
done

# What the text of the page says.
says()
{
    printf "leat: 1\nname: says\nextract: {generate: {rows: 1}}\ntransform:\n  - map: {x: \"%s\"}\nload: {csv: says.csv}\n" "$1" >says.yaml
    run leat run says.yaml
    is "$(sed -n 2p says.csv)" "$2" "$1 is '$2'"
}
says "7 / 2" 3
says "7.0 / 2" 3.5000000000000000
says "coalesce(false and null, true)" false
says "coalesce(true and null, true)" true
says "cast('2024-03-01' as date) - cast('2024-02-29' as date)" 1
says "'50%' like '50!%' escape '!'" true
says "id || '!'" "1!"
says "case when true then 1 else cast('x' as int64) end" 1
says "try_cast('x' as int64)" ""
says "cast(true as int64) + cast(2.5 as int64)" 4
done_testing
