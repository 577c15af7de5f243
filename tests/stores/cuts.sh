# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Connections that are cut, by tests/doubles/proxy.py, after so many bytes. Read behind tests/lib/tap.sh and
# tests/servers/servers.sh. The pipeline p.yaml reads the port from $DB_PORT.
#
#   cuts UP|DOWN PORT WHAT OFFSET...     runs p.yaml once an offset, one connection cut there, and once more, now through
#                                        and through, if it ended with 69 or 75. `judge' says whether the result is
#                                        right, `anew' makes all as it was. The connection is that behind the first
#                                        $spared, 1 unless set: those of the plan
cuts()
{
    local direction=$1 port=$2 what=$3 offset first n=0 n_cut=0 again=0 bad= before i
    shift 3
    for ((i = 0; i < ${spared:-1}; i++)); do before+=1000000000,; done
    for offset; do
        anew
        rm -rf "$states/mine" proxy.fifo proxy.log
        mkfifo proxy.fifo
        python3 "$top_srcdir/tests/doubles/proxy.py" --to "127.0.0.1:$port" --direction "$direction" \
            --cut-after "$before$offset" --log proxy.log >proxy.fifo &
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
        n_cut=$((n_cut + $(grep -c ' reset$' proxy.log)))
        [ "$status" = 0 ] && judge || bad="$bad $offset($status: $err)"
    done
    [ "$n_cut" -gt $((n / 2)) ] || bad="$bad cut at $n_cut places only"
    is "$bad" "" "$what: cut $direction at $n places"
    note "$n_cut of them were reached, and $again times it took another run to go on"
}
