# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Runs what a document shows. Read behind tests/lib/tap.sh.
#
#   run_markdown FILE    every block of a Markdown file, in the working directory:
#       ```c file=ledger.c     becomes that file
#       ```console             lines behind `$ ' are run, what follows is their output; `...'
#                              stands for anything. A `\' at the end of a line goes on in the next.
#       anything else          is only read by people
#   pod_pipelines FILE   each pipeline in a POD (a verbatim paragraph that begins with
#                        `leat: 1') becomes NAME-1.yaml, NAME-2.yaml, ..., or what the text right
#                        before calls it: F<shop.yaml>; prints their names
#   pod_programs FILE    the same for what begins with `#include <leat/plugin.h>': NAME-1.c, ...
#   run_pod FILE         each block of a POD that begins with `$ ' is run as in Markdown

# On a terminal a run ends with the books; without one it is silent when all went well.
# The documents show the former.
leat()
{
    case ${1-} in
    run) shift; command leat run --progress "$@" ;;
    *) command leat "$@" ;;
    esac
}

# A folder `clone' with build/leat, as documents have it, which is entered.
enter_clone()
{
    mkdir -p clone/build clone/pipelines
    cat >clone/build/leat <<END
#!/bin/sh
[ "\$1" != run ] || { shift; set -- run --progress "\$@"; }
exec "$LEAT" "\$@"
END
    chmod +x clone/build/leat
    cd clone || exit 1
}

# `timeout -s KILL SECONDS leat run ... FILE' of a document kills the run behind its first checkpoint,
# whatever the clock says: how fast this machine is does not matter.
timeout()
{
    local pid word file=
    shift 3
    for word in "$@"; do
        [[ $word != *.yaml ]] || file=$word
    done
    [ "$1" != leat ] || set -- "$LEAT" "${@:2}"
    "$@" &
    pid=$!
    until command leat state show "$file" 2>/dev/null | grep -q '^    books  *read '; do
        kill -0 "$pid" 2>/dev/null || break
    done
    kill -KILL "$pid"
    wait "$pid"
}

# A document's `...' is anything, all else is itself.
_pattern()
{
    local text=$1
    text=${text//\\/\\\\}
    text=${text//\*/\\*}
    text=${text//\?/\\?}
    text=${text//\[/\\[}
    printf '%s' "${text//.../*}"
}

_last=0
_last_status() { return "$_last"; }

_run_command()
{
    local command=$1 expected=${2%$'\n'} got
    # The status of the last command is there for `echo $?'.
    _last_status
    eval "$command" >"$out_file" 2>&1
    _last=$?
    # How far a run has come is said every five seconds: only where it is slow.
    got=$(sed 's/[[:space:]]*$//; /^leat: [0-9]* read/d' "$out_file")
    expected=$(printf '%s' "$expected" | sed 's/[[:space:]]*$//')
    # shellcheck disable=SC2053
    if [[ $got == $(_pattern "$expected") ]]; then
        pass "$ ${command%%$'\n'*}"
    else
        fail "$ ${command%%$'\n'*}"
        printf '%s\n' "$expected" >"$err_file"
        diff -u --label document --label leat "$err_file" <(printf '%s\n' "$got") | sed 's/^/# /'
    fi
}

_run_console()
{
    local line command='' expected='' more=no
    while IFS= read -r line; do
        if [ "$more" = yes ]; then
            command+=$'\n'$line
        elif [[ $line == '$ '* ]]; then
            [ -z "$command" ] || _run_command "$command" "$expected"
            command=${line#'$ '} expected=''
        else
            expected+=$line$'\n'
            continue
        fi
        more=no
        [[ $line != *\\ ]] || more=yes
    done <"$1"
    [ -z "$command" ] || _run_command "$command" "$expected"
}

run_markdown()
{
    local info block dir
    dir=$(mktemp -d "$TMPDIR/blocks.XXXXXX")
    awk -v dir="$dir" '
        /^```/ && !inside { inside = 1; n++; file = sprintf("%s/%03d", dir, n); print substr($0, 4) > (file ".info"); printf "" > file; next }
        /^```/            { inside = 0; close(file); next }
        inside            { print > file }' "$1"
    for block in "$dir"/[0-9][0-9][0-9]; do
        info=$(cat "$block.info")
        case $info in
        *file=*) cp "$block" "${info##*file=}" ;;
        console) _run_console "$block" ;;
        esac
    done
    rm -rf "$dir"
}

_pod_blocks()
{
    local name=${1##*/}
    awk -v name="${name%.pod}" -v begin="$2" -v extension="$3" '
        function called(   at) { at = ""
                          while (match(text, /F<[a-z0-9-]*\.[a-z]*>/)) { at = substr(text, RSTART + 2, RLENGTH - 3); text = substr(text, RSTART + RLENGTH) }
                          n++
                          return at ~ ("\\." extension "$") ? at : sprintf("%s-%d.%s", name, n, extension) }
        /^[ \t]+[^ \t]/ { line = $0; sub(/^  /, "", line); if (!open && index(line, begin) == 1) { open = 1; file = called(); print file > "/dev/stderr" }
                          else if (open && extension == "c" && line ~ /^(gcc|leat) /) { open = 0 }
                          text = "" }
        /^$/            { line = ""; if (!open) gap = 1 }
        /^[^ \t]/       { if (open) close(file); open = 0; if (gap) text = ""; gap = 0; text = text " " $0; next }
        open            { print line > file }' "$1" 2>&1
}
pod_pipelines() { _pod_blocks "$1" "leat: 1" yaml; }
pod_programs() { _pod_blocks "$1" "#include <leat/plugin.h>" c; }

run_pod()
{
    local block dir
    dir=$(mktemp -d "$TMPDIR/blocks.XXXXXX")
    awk -v dir="$dir" '
        /^  \$ /         { if (!open) file = sprintf("%s/%03d", dir, ++n); open = 1 }
        /^[^ \t]|^$/     { if (open) close(file); open = 0 }
        open            { print substr($0, 3) > file }' "$1"
    for block in "$dir"/[0-9][0-9][0-9]; do
        [ ! -e "$block" ] || _run_console "$block"
    done
    rm -rf "$dir"
}
