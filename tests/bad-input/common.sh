# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of bad input share: one run after another in the test's own folder. Read after
# tests/lib/tap.sh.
#
#   moves EXTRACT LOAD [LINE...]  runs a pipeline of these stages (flow YAML without its braces) and
#                                 lines, with the rejects kept in rejects.csv and any number allowed
#   ended NAME STATUS READ LOADED REJECTED
#                                 how the last run ended; - where it ended before there were counts
#   counted KEY                   a count of the last run
#   rejected                      field:code of each reject, in one line
#   left NAME FILE...             these files are in the folder beside p.yaml, and no others
#   refused NAME REGEX [STATUS]   the last run ended before a record moved (78), and said why on stderr
#   measured WORD...              runs leat with these words for $limit s at most; $peak is the most memory that it took, in MiB

plugins=$top_builddir/tests/plugins/.libs

moves()
{
    {
        printf 'leat: 1\nname: p\nextract: {%s}\nload: {%s}\n' "$1" "$2"
        shift 2
        case "$*" in *rejects:*) ;; *) printf 'rejects: {csv: rejects.csv}\n' ;; esac
        case "$*" in *max_rejects:*) ;; *) printf 'max_rejects: 100%%\n' ;; esac
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >p.yaml
    rm -rf out out.* rejects.csv
    mkdir out
    run leat run --json p.yaml
}

counted() { printf '%s' "$out" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }

ended()
{
    is "$status $(counted read) $(counted loaded) $(counted rejected)" "$2 ${3-} ${4-} ${5-}" "$1: status and counts"
    [ -z "${3-}" ] || like "$out" '"balanced":true' "$1: the books balance"
}

rejected()
{
    python3 - <<'END'
import csv, sys
csv.field_size_limit(1 << 30)
with open("rejects.csv", newline="", encoding="utf-8", errors="surrogateescape") as f:
    print(" ".join(r["leat:field"] + ":" + r["leat:code"] for r in csv.DictReader(f)))
END
}

refused()
{
    is "$status" "${3-78}" "$1: exit status ${3-78}"
    like "$err" "$2" "$1: says why"
    is "$(ls -A out)" "" "$1: nothing is written"
}

left()
{
    local name=$1
    shift
    is "$(ls -A | grep -vx -e p.yaml | tr '\n' ' ')" "$(printf '%s ' "$@")" "$name: nothing else is left behind"
}

measured()
{
    run timeout "${limit-300}" python3 - "$LEAT" "$@" <<'END'
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
open("peak", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)
END
    peak=$(cat peak)
}
