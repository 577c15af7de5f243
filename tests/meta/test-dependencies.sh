# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Who may include whom (doc: the rooms of core/): only downwards,
#   cli -> engine -> {pipeline, delivery, observe} -> plugin -> expr -> batch -> base,
# and the three siblings never one another. Plugins see <leat/...>, plugins/kit and their own
# folder. Nothing in core/ names a store, a vendor or a protocol.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

# Another tree can be looked at, so that the guards can be seen to fail.
tree=${LEAT_TREE:-$top_srcdir}
cd "$tree" || exit 1

declare -A below=(
    [base]=""
    [batch]="base"
    [expr]="batch base"
    [plugin]="expr batch base"
    [pipeline]="plugin expr batch base"
    [delivery]="plugin expr batch base"
    [observe]="plugin expr batch base"
    [engine]="pipeline delivery observe plugin expr batch base"
    [cli]="engine pipeline delivery observe plugin expr batch base"
)

# FILE:"HEADER" of each quoted include below the folders given.
includes() { grep -rnoE --include='*.[ch]' --include='*.cc' '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]*[">]' "$@"; }

none() { if [ -z "$1" ]; then pass "$2"; else fail "$2"; printf '%s\n' "$1" | head -20 | sed 's/^/# /'; fi; }

for room in core/*/; do
    room=${room#core/}
    room=${room%/}
    [ "$room" != include ] || continue
    if [ -z "${below[$room]+x}" ]; then
        fail "core/$room is a room that the rule does not know"
        continue
    fi
    wrong=
    while IFS= read -r line; do
        header=$(printf '%s' "$line" | sed -E 's/.*include[[:space:]]*"([^"]*)".*/\1/')
        target=${header%%/*}
        case " $room ${below[$room]} " in *" $target "*) continue ;; esac
        [ "$header" != config.h ] || continue
        wrong="$wrong$line"$'\n'
    done < <(includes "core/$room" | grep '"')
    none "$wrong" "core/$room includes only what is below it"
done

wrong=$(includes core/include | grep -vE '<leat/[a-z]+\.h>|<(errno|stdarg|stdbool|stddef|stdint|stdio|string)\.h>' || true)
none "$wrong" "the installed headers include nothing but themselves and libc"

# "NAME.h" beside the file, "KIND/NAME/x.h" of its own folder, "kit/NAME/x.h" of a kit.
wrong=
while IFS= read -r line; do
    folder=$(dirname "${line%%:*}")
    header=$(printf '%s' "$line" | sed -E 's/.*"([^"]*)".*/\1/')
    case $header in
    kit/*/*/* | *..*) ;;
    kit/*) [ ! -e "plugins/$header" ] || continue ;;
    */*) [ "plugins/${header%/*}" != "$folder" ] || [ ! -e "plugins/$header" ] || continue ;;
    *) [ ! -e "$folder/$header" ] || continue ;;
    esac
    wrong="$wrong$line"$'\n'
done < <(includes plugins | grep '"')
none "$wrong" "plugins include <leat/...>, their kits and their own folder"

wrong=$(includes plugins | grep -E '<leat/' | grep -vE "<leat/($(cd core/include/leat && ls | tr '\n' '|' | sed 's/|$//'))>" || true)
none "$wrong" "plugins include no header of leat's that is not installed"

# Whole words, in code and comments. SQLite is the state's file format, and the demo's file ending.
wrong=$(grep -rniwE --include='*.[ch]' 'cognito|aws|amazon|mysql|mariadb|postgres|postgresql|mongodb?|ldap|dynamodb|keycloak|auth0|firebase|okta|redis|kafka|oracle|http|https|curl' core \
    | grep -viE 'PostgreSQL|https?://' || true)
none "$wrong" "core/ names no store, vendor or protocol"
wrong=$(grep -rnE --include='*.[ch]' 'cognito_(csv|api|user)|"(extract|load|transform|validate)-' core | grep -v '^core/cli/commands.c' | grep -v '^core/pipeline/set.c.*\*' || true)
none "$wrong" "core/ names no plugin"
wrong=$(grep -rln --include='*.[ch]' 'sqlite3' core | grep -v '^core/delivery/' || true)
none "$wrong" "in core/ only delivery/ uses SQLite"

wrong=$(grep -rnwE --include='*.[ch]' --include='*.cc' '(printf|puts|putchar|perror|exit|_exit|abort|signal|sigaction)[[:space:]]*\(' plugins \
    | grep -vE 'LEAT_PRINTF|"[^"]*\b(printf|puts|exit|signal) ?\([^"]*"|^[^:]*:[0-9]*: \*' || true)
none "$wrong" "plugins do not print, exit or touch signals"
wrong=$(grep -rnwE --include='*.[ch]' '(printf|puts|putchar|perror)[[:space:]]*\(' core | grep -vE '^core/cli/|^core/include/' || true)
none "$wrong" "in core/ only cli/ prints to standard output"

wrong=$(find core plugins tests build-aux m4 -type f 2>/dev/null | grep -E '\.(c|h|cc|sh|mk)$|m4/leat-.*\.m4$' | grep -vE '^plugins/.*/local\.mk|^build-aux/(ltmain|tap-driver)\.sh' | while read -r file; do
    [ ! -e "$file" ] || head -5 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
done)
none "$wrong" "every source has its licence line"
done_testing
