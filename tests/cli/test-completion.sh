# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat completion: behind each command its own options and operands, and files as readline has them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

run leat completion bash
is "$status" 0 "bash: exit status 0"
eval "$out"
asked=
compopt() { asked=$*; } # readline's own completion takes over: names with blanks are its trade
# complete_ WORD...: what is offered for the last word
complete_()
{
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    asked=
    _leat
    offered=" ${COMPREPLY[*]} "
}
complete_ leat ''
like "$offered" " run .* completion .*--help --version " "a command, or --help, or --version"
complete_ leat pl
is "$offered" " plan plugin " "what begins so"
complete_ leat run --
like "$offered" " --report .*--help " "run: its options"
unlike "$offered" " --connect | --format " "run: not those of others"
complete_ leat check --c
is "$offered" " --connect " "check: --connect"
complete_ leat check --re
is "$offered$asked" "  " "check: no --report"
complete_ leat graph --format ''
is "$offered" " mermaid dot " "graph: the forms"
complete_ leat graph p.yaml --format d
is "$offered" " dot " "graph: behind the file too"
complete_ leat completion ''
is "$offered" " bash zsh fish " "completion: the shells"
complete_ leat plugin ''
like "$offered" " list show index " "plugin: what it does"
complete_ leat plugin show load-c
like "$offered" " load-csv " "plugin show: the plugins, by kind and name"
complete_ leat plugin show generat
is "$offered" " generate " "plugin show: or by name"
complete_ leat plugin show func
like "$offered" " functions " "plugin show: the functions"
complete_ leat run ''
is "$offered$asked" "  -o default" "run: files, as readline completes them"
complete_ leat run --report ''
is "$offered$asked" "  -o default" "--report: files too"
complete_ leat run --load ''
is "$offered$asked" "  " "--load: no files"
run bash -n <<<"$out"
is "$status" 0 "bash: reads it"
for shell in zsh fish; do
    run leat completion "$shell"
    is "$status" 0 "$shell: exit status 0"
    like "$out" "connect" "$shell: knows the options"
    if command -v "$shell" >/dev/null; then
        "$shell" -n "$out_file"
        ok $? "$shell: reads it"
    fi
done
run leat completion fish
like "$out" "seen_subcommand_from check' -l connect" "fish: options of each command"
unlike "$out" "seen_subcommand_from run' -l connect" "fish: and of no other"
done_testing
