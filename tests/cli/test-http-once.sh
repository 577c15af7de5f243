# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Once and not twice, over HTTP: batches of which a part is refused, updates of which nobody knows,
# a server that no longer knows us. The server keeps what it is sent, and a log of it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3
[ -e "$top_builddir/plugins/.libs/load-http.so" ] || skip_all "the http load is not built"

servers=()
trap 'kill "${servers[@]}" 2>/dev/null; _tap_cleanup' EXIT

cat >server.py <<'END'
# POST /bulk: a list; applies all but what is bad, and says which is.  PUT /one/KEY: applies; a value that begins
# with "lost" is applied not at all and answered by closing the connection, the first time.  POST /door: 401 from
# the request on that the file `closed` names.  GET /one/KEY: what is there.
import http.server, json, os
store, lost, n = {}, set(), 0

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self, status, what):
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log(self, what):
        with open('log', 'a') as f:
            f.write(what + '\n')
    def body(self):
        return json.loads(self.rfile.read(int(self.headers['Content-Length'])))
    def apply(self, record):
        self.log('apply %s %s' % (record['id'], record['value']))
        store[record['id']] = record
    def do_POST(self):
        global n
        body, errors = self.body(), []
        n += 1
        if self.path == '/door' and os.path.exists('closed') and n > int(open('closed').read()):
            return self.answer(401, {})
        for i, record in enumerate(body if isinstance(body, list) else [body]):
            if record['value'] == 'bad':
                errors.append(i)
            else:
                self.apply(record)
        self.answer(200, {'errors': errors})
    def do_PUT(self):
        record = self.body()
        if record['value'].startswith('lost') and record['value'] not in lost:
            lost.add(record['value'])
            self.log('lose %s' % record['id'])
            self.close_connection = True
            return
        self.apply(record)
        self.answer(200, {})
    do_PATCH = do_PUT
    def do_GET(self):
        self.log('ask %s' % self.path.split('/')[-1])
        record = store.get(self.path.split('/')[-1])
        self.answer(200 if record else 404, record or {})
    def log_message(self, *a):
        pass

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.handle_error = lambda *a: None
print(server.server_address[1], flush=True)
server.serve_forever()
END

# begin: a new server, a new state
begin()
{
    rm -f port.fifo log closed rejects.csv s.db
    : >log
    mkfifo port.fifo
    python3 -W ignore server.py >port.fifo &
    servers+=($!)
    read -r port <port.fifo
    n_states=$((n_states + 1))
    state_home=$states/once-$n_states
    url=http://127.0.0.1:$port
}
file() { printf '%s\n' 'leat: 1' 'name: p' "extract: $1" "load: {http: {body: {id: '{id}', value: '{value}'}, $2}}" 'rejects: {csv: rejects.csv}' "${@:3}" >p.yaml; }
go() { run leat run --json p.yaml "$@"; }
csv='{csv: {path: in.csv}}'

# ---- a batch of which a part is refused ----

begin
{ echo id,value; for i in $(seq 1 12); do echo "$i,$([ "$i" = 6 ] && echo bad || echo good)"; done; } >in.csv
file "$csv" "url: '$url/bulk', batch: 4, reject: [{status: 2xx, path: /errors/0}], find: {url: '$url/one/{id}', ours: always}" "max_rejects: 1"
go
is "$status $(counted loaded) $(counted rejected) $(counted unknown)" "0 11 1 0" "a batch of which a part is refused: each record has its verdict"
is "$(grep '^apply' log | sort | uniq -d)" "" "and none was applied twice"
is "$(grep -c '^apply' log)" 11 "and all but the bad one once"
begin
file "$csv" "url: '$url/bulk', batch: 4, reject: [{status: 2xx, path: /errors/0}]" "max_rejects: 1"
go
is "$status $(counted loaded) $(counted unknown)" "65 8 4" "without find: those of that batch are unknown"
is "$(grep '^apply' log | sort | uniq -d)" "" "and none was applied twice"

# ---- a server that no longer knows us ----

begin
{ echo id,value; for i in $(seq 1 500); do echo "$i,v"; done; } >in.csv
echo 200 >closed
file "$csv" "url: '$url/door', concurrency: 4"
go
like "$status" "^(69|75)$" "a server that no longer knows us: the run ends"
rm closed
go
is "$status $(counted loaded) $(counted unknown)" "0 500 0" "the next run loads the rest, and nothing is unknown"
is "$(grep -c '^apply' log) $(sort log | uniq -d)" "500 " "each was sent once"

# ---- an update of which nobody knows ----

begin
sqlite3 s.db "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, value TEXT, at INT NOT NULL);
              INSERT INTO t VALUES ('1','a',1), ('2','b',2)"
file "{sqlite: {path: s.db, table: t, cursor: [at, id], incremental: true}}" \
    "url: '$url/one/{id}', method: PATCH, find: {url: '$url/one/{id}', ours: always}"
go
is "$status $(counted loaded)" "0 2" "incremental: the first run"
sqlite3 s.db "UPDATE t SET value = 'lost-b', at = 3 WHERE id = '2'"
go
is "$status $(counted read) $(counted loaded)" "0 1 1" "an update whose call is lost: is loaded in the end"
is "$(tail -2 log | tr '\n' ,)" "lose 2,apply 2 lost-b," "it was sent again, since finding the record would prove nothing"
done_testing
