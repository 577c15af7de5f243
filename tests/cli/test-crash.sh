# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A plugin that crashes: says which stage it was, leaves with 70, and takes nothing with it that
# was done. The next run goes on, and the history knows. No core file is left.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
! sanitized || skip_all "a sanitizer handles crashes itself"

plugins=$top_builddir/tests/plugins/.libs
state_home=$PWD/states
seq 1 1000 | sed '1i id' >in.csv

pipeline()
{
    printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 10' 'checkpoint: 0ms' 'extract: {csv: in.csv}' \
        "transform: [{id: shaky, probe: {mode: '\${env:MODE}'}}]" 'load: {csv: out.csv}'
}
pipeline >p.yaml

for mode in crash:SIGSEGV abort:SIGABRT; do
    export MODE=${mode%:*}
    rm -rf states out.csv .out.csv*
    run leat run --plugin-dir "$plugins" p.yaml
    is "$status" 70 "$MODE: exit status 70"
    like "$err" "^leat: the plugin of stage 'shaky' crashed \\(.*${mode#*:}\\)" "$MODE: names the stage"
    is "$(ls out.csv 2>/dev/null)" "" "$MODE: no file got its name"
    run leat runs p
    like "$out" "killed" "$MODE: the history has a run that was killed"

    # The meaning of the pipeline is another with another mode, so one goes on by --restart.
    export MODE=align
    run leat run --plugin-dir "$plugins" p.yaml --restart
    is "$status" 0 "${mode%:*}: and runs again"
    same out.csv in.csv "${mode%:*}: with the right result"
    run leat runs p
    like "$out" "crashed, 70" "${mode%:*}: now the history knows"
    like "$out" "the plugin of stage 'shaky' crashed" "${mode%:*}: and which stage it was"
    is "$(find states -name '*.crash')" "" "${mode%:*}: the crash file is gone"
done

# ---- no core file ----

core() { ( ulimit -c unlimited 2>/dev/null; MODE=core exec "$LEAT" run --plugin-dir "$plugins" p.yaml ); }
run core
like "$err" "dumpable 0, core limit 0$" "no signal leaves a core file, also where the limit would allow it"
export LEAT_COREDUMP=1
run core
like "$err" "dumpable 1, " "unless LEAT_COREDUMP=1 asks for it"
unset LEAT_COREDUMP

# crashed [NAME=VALUE]  what becomes of a crash, or of a SIGQUIT that nobody handles, in a folder of its own
crashed()
{
    rm -rf crashed
    mkdir crashed
    ( cd crashed || exit; ulimit -c unlimited 2>/dev/null; MODE=abort exec env "$@" "$LEAT" run --plugin-dir "$plugins" ../p.yaml --state-dir state )
}
run crashed
is "$status $(ls -A crashed)" "70 state" "a crash leaves no core file"
run crashed LEAT_COREDUMP=1
is "$status" 134 "LEAT_COREDUMP=1: a crash ends as it does without a handler"
like "$err" "the plugin of stage 'shaky' crashed" "LEAT_COREDUMP=1: and says which stage it was"
like "$(cat crashed/state/*.crash)" "the plugin of stage 'shaky' crashed" "LEAT_COREDUMP=1: to the next run, too"
case $(cat /proc/sys/kernel/core_pattern)-$(ulimit -c unlimited 2>/dev/null; ulimit -c) in
core*-unlimited) is "$(ls crashed | grep -c '^core')" 1 "LEAT_COREDUMP=1: there is a core file" ;;
*) skip "LEAT_COREDUMP=1: there is a core file" "core files do not go into the folder on this machine" ;;
esac

done_testing
