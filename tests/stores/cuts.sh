# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections that are cut, by tests/doubles/proxy.py, after so many bytes. Read behind tests/lib/tap.sh and
# tests/servers/servers.sh. The pipeline p.yaml reads the port from $DB_PORT.
#
#   cuts UP|DOWN PORT WHAT OFFSET...     runs p.yaml once an offset, its second connection (the first is the plan's)
#                                        cut there, and once more, now through and through, if it ended with 69 or
#                                        75. `judge' says whether the result is right, `anew' makes all as it was
cuts()
{
    local direction=$1 port=$2 what=$3 offset first n=0 again=0 bad=
    shift 3
    for offset; do
        anew
        rm -rf "$states/mine" proxy.fifo
        mkfifo proxy.fifo
        python3 "$top_srcdir/tests/doubles/proxy.py" --to "127.0.0.1:$port" --direction "$direction" \
            --cut-after "1000000000,$offset" --connections 2 >proxy.fifo &
        proxy=$!
        read -r first <proxy.fifo
        run env DB_PORT="$first" XDG_STATE_HOME="$states/mine" "$LEAT" run p.yaml
        case $status in
        0) ;;
        69 | 75)
            again=$((again + 1))
            run env DB_PORT="$first" XDG_STATE_HOME="$states/mine" "$LEAT" run p.yaml
            ;;
        esac
        kill $proxy
        wait $proxy 2>/dev/null
        n=$((n + 1))
        [ "$status" = 0 ] && judge || bad="$bad $offset($status: $err)"
    done
    is "$bad" "" "$what: cut $direction at $n places, $again times the next run went on"
}
