# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load postgres into a server whose disk is full, which is a small tmpfs in a namespace of its own: it says so, keeps what
# is safe, and goes on from there once there is room.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs load-postgres
if [ -z "${LEAT_TEST_DISK-}" ]; then
    requires unshare mount
    enter=(unshare -m)
    back=() # as who we were, since no server runs as root
    [ "$(id -u)" -eq 0 ] || enter=(unshare -rUm) back=(unshare -U --map-user="$(id -u)" --map-group="$(id -g)")
    LEAT_TEST_DISK=$(mktemp -d /tmp/leat.XXXXXX) # where the server's user may go
    export LEAT_TEST_DISK
    at_exit rmdir "$LEAT_TEST_DISK"
    in_namespace() { "${enter[@]}" sh -c 'mount -t tmpfs -o size=64m,mode=1777 tmpfs "$LEAT_TEST_DISK" && exec "$@"' sh "${back[@]}" "$@"; }
    in_namespace "$LEAT" plugin show load-postgres >/dev/null 2>&1 || skip_all "no namespace of our own to mount in, or nobody there knows our plugins"
    in_namespace bash "$top_srcdir/tests/stores/test-postgres-full.sh"
    exit
fi
starts
connects

seq 1 10000 | awk 'BEGIN { print "id,name"; for (i = 0; i < 1000; i++) x = x "x" } { print $1 "," x }' >in.csv
printf '%s\n' 'leat: 1' 'name: p' 'batch_rows: 100' 'checkpoint: 0ms' 'extract: {csv: {path: in.csv, fields: {id: int64}}}' \
    "load: {postgres: {table: target}}" >p.yaml
leat_run() { XDG_STATE_HOME=$states/mine "$LEAT" run --json p.yaml; }
rows() { sql <<<'select count(*), count(distinct id) from target'; }

# all_but KIB: so much room is left on the disk
all_but()
{
    rm -f "$LEAT_TEST_DISK/ballast"
    fallocate -l $(($(df --output=avail -k "$LEAT_TEST_DISK" | tail -n 1) - $1))KiB "$LEAT_TEST_DISK/ballast"
}

# ---- the disk of a table ----

mkdir "$LEAT_TEST_DISK/table"
_server_own "$LEAT_TEST_DISK/table"
server_sql pg <<<"create tablespace small location '$LEAT_TEST_DISK/table'"
server_sql pg <<<"grant create on tablespace small to leat"
sql <<<"create table target (id bigint primary key, name text) tablespace small"
all_but 1500
run leat_run
is "$status" 74 "a table's disk that is full: exit status 74"
like "$err" 'cannot write: could not extend file .*(No space left|wrote only).*run again to go on' "and says so"
before=$(rows)
like "$before" '^[1-9][0-9]*00\|' "what is safe is there, in whole batches"
is "${before%|*}" "${before#*|}" "each record once"
run leat_run
is "$status $(rows)" "74 $before" "run again: as long as there is no room, nothing changes"
rm "$LEAT_TEST_DISK/ballast"
run leat_run
is "$status $(rows)" "0 10000|10000" "once there is room it goes on: each record once"

# ---- the disk of the log, without which a server cannot run ----

starts min_wal_size=2MB
connects
sql <<<"create table target (id bigint primary key, name text)"
rm -rf "$states/mine"
server_stop pg
mv "$pg_folder/pg_wal" "$LEAT_TEST_DISK/" && ln -s "$LEAT_TEST_DISK/pg_wal" "$pg_folder/pg_wal"
_server_own -h "$pg_folder/pg_wal"
server_restart pg
all_but 1200 # beside a few files for the log that are there already
run leat_run
is "$status" 75 "the log's disk is full, and the server gives up: exit status 75"
like "$err" 'connection to the server is lost: .*run again to go on' "and says so"
rm "$LEAT_TEST_DISK/ballast"
server_restart pg
before=$(rows)
like "$before" '^[1-9][0-9]*00\|' "what is safe is there, in whole batches"
is "${before%|*}" "${before#*|}" "each record once"
run leat_run
is "$status $(rows)" "0 10000|10000" "once there is room, and the server runs, it goes on: each record once"
server_stop pg
done_testing
