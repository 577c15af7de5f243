# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Runs in whose middle something happens. They are of p.yaml, which has the stage `{probe: slow}'; their state is in
# $states/mine. Read behind tests/lib/tap.sh.
#
#   needs_probe                       skips without the plugins of the tests
#   once CONDITION COMMAND...         begins a run with the options $slow, and as soon as that is so, calls the command,
#                                     such as kill_it; leaves $status and $err
#   has_come_far                      such a condition: more than $far of the records that were read are safe
#   n_safe                            how many are
#   leat_run [ARGUMENT...]            runs it, whole or what is left of it
#   leat_run_itself [ARGUMENT...]     the same as the process itself, to be put into the background
plugins=$top_builddir/tests/plugins/.libs
slow="--set batch_rows=10 --set checkpoint=0s"
far=100

needs_probe() { [ -e "$plugins/transform-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"; }

leat_run_itself() { XDG_STATE_HOME=$states/mine exec "$LEAT" run --json --plugin-dir "$plugins" p.yaml "$@"; }
leat_run() { (leat_run_itself "$@"); }
kill_it() { kill -9 "$pid"; }

n_safe()
{
    local name
    name=$(sed -n 's/^name: //p' p.yaml)
    XDG_STATE_HOME=$states/mine "$LEAT" state show "$name" 2>/dev/null | sed -n 's/^ *books *read *//p'
}
has_come_far() { local now; now=$(n_safe); [ "${now:-0}" -gt "$far" ]; }

once()
{
    # shellcheck disable=SC2086
    leat_run_itself $slow >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" "$1" || fail "it comes far enough"
    "${@:2}"
    status=0
    wait "$pid" 2>/dev/null || status=$?
    err=$(cat "$err_file")
}
