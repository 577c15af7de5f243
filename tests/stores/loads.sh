# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of loads into databases have in common. Read behind databases.sh.
#
#   loads                             behind connects(): skips without the plugins of the tests
#   pipeline NAME EXTRACT OPTIONS [LINE...]   p.yaml, from EXTRACT into the database, with rejects.jsonl
#   rejected                          key, code and reason of each reject, a line each
#
# For runs that are killed, whose pipeline is slow; their state is in $states/mine:
#   crash EXTRACT OPTIONS COMMAND...  begins one, and once it has come far, or $enough says so, calls the command, such as
#                                     kill_it; leaves $status and $err
#   leat_again [ARGUMENT...]          runs it again
#   leat_run_itself [ARGUMENT...]     the same as the process itself, to be put into the background
plugins=$top_builddir/tests/plugins/.libs

loads() { [ -e "$plugins/transform-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"; }

pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: $2" "load: {$plugin: {$connection$3}}" \
        'rejects: {jsonl: {path: rejects.jsonl}}' 'max_rejects: 100%' "${@:4}" >p.yaml
    rm -f rejects.jsonl
}

rejected()
{
    [ ! -e rejects.jsonl ] ||
        python3 -c 'import json; [print(r["leat:key"], r["leat:code"], r["leat:reason"]) for r in map(json.loads, open("rejects.jsonl"))]'
}

slow="--set batch_rows=10 --set checkpoint=0s"
enough=
read_so_far() { XDG_STATE_HOME=$states/mine "$LEAT" state show crash 2>/dev/null | sed -n 's/^ *books *read *//p'; }
has_come_far() { local now; now=$(read_so_far); [ "${now:-0}" -gt 100 ]; }
leat_run_itself() { XDG_STATE_HOME=$states/mine exec "$LEAT" run --json --plugin-dir "$plugins" p.yaml "$@"; }
leat_again() { (leat_run_itself "$@"); }
kill_it() { kill -9 "$pid"; }

crash()
{
    pipeline crash "$1" "$2" 'transform: [{probe: slow}]'
    # shellcheck disable=SC2086
    leat_run_itself $slow >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" "${enough:-has_come_far}" || fail "it comes far enough"
    "${@:3}"
    status=0
    wait "$pid" 2>/dev/null || status=$?
    err=$(cat "$err_file")
}
