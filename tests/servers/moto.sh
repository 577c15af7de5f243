# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# moto, an independent emulator of AWS. A test reads this file after tests/lib/tap.sh:
#
#   moto_start     a server of its own on a free port of 127.0.0.1: sets moto_url and moto_pid; it is stopped when the
#                  test ends. Before the first assertion: where moto cannot be had the test is skipped, with the remedy;
#                  with CI in the environment it fails instead
#
# moto is installed once a build tree, by pip, into a Python of its own below tests/servers. LEAT_TEST_MOTO: a
# moto_server that is there already.

_moto_version=5.2.5

_moto_cannot() # LOG REMEDY
{
    case ${CI-} in
    '' | 0 | false | no) skip_all "no moto: $2" ;;
    esac
    echo "Bail out! no moto: $2 (nothing is skipped in CI)"
    [ ! -s "$1" ] || tail -n 20 "$1" | sed 's/^/# /'
    exit 1
}

# Sets moto_server.
_moto_find()
{
    local home=$top_builddir/tests/servers/moto log=$scratch/moto-install.log
    moto_server=${LEAT_TEST_MOTO-}
    [ -z "$moto_server" ] || return 0
    moto_server=$home/bin/moto_server
    mkdir -p "$top_builddir/tests/servers"
    python3 -c 'import ensurepip, venv' 2>"$log" || _moto_cannot "$log" "apt-get install python3-venv"
    (
        flock 9
        [ "$(cat "$home/version" 2>/dev/null)" != "$_moto_version" ] || exit 0
        rm -rf "$home"
        python3 -m venv "$home" &&
            "$home/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$_moto_version" 9>&- &&
            echo "$_moto_version" >"$home/version"
    ) 9>"$home.lock" >"$log" 2>&1 ||
        _moto_cannot "$log" "pip could not install moto[server]==$_moto_version; with a network it can, or set LEAT_TEST_MOTO"
}

moto_start()
{
    local log=$scratch/moto.log
    _moto_find
    "$moto_server" -H 127.0.0.1 -p 0 >"$log" 2>&1 &
    moto_pid=$!
    at_exit kill "$moto_pid"
    until_true "$moto_pid" grep -q 'Running on http://127.0.0.1:' "$log" || _moto_cannot "$log" "it does not start"
    moto_url=$(sed -n 's/.*Running on \(http:[^ ]*\).*/\1/p' "$log" | head -n 1)
}
