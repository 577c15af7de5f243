# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The http load as users run it: whole pipelines into a server, secrets, certificates, proxies,
# redirects, and a server that is not there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 openssl
[ -e "$top_builddir/plugins/.libs/load-http.so" ] || skip_all "the http load is not built"

servers=()
trap 'kill "${servers[@]}" 2>/dev/null; _tap_cleanup' EXIT

# serve COMMAND...: starts it, and sets $port to the line it prints
serve()
{
    rm -f port.fifo
    mkfifo port.fifo
    "$@" >port.fifo &
    servers+=($!)
    read -r port <port.fifo
}

# load OPTIONS [LINE...]: makes p.yaml, which loads 20 made-up users
load()
{
    printf 'leat: 1\nname: p\nextract: {generate: {rows: 20, seed: 1}}\nload: {http: {%s}}\n' "$1" >p.yaml
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" >>p.yaml
}

n_of() { printf '%s' "$out" | sed -E "s/.*\"$1\":([0-9]+).*/\1/"; }

# ---- a whole run ----

serve "$top_builddir/tests/doubles/httpd" 1 log
load "url: 'http://127.0.0.1:$port/store', body: {id: '{id}', name: '{first_name} {last_name}'}, answer: {number: /result/number}" \
    'results: {csv: {path: results.csv}}'
run leat run --json p.yaml
is "$status" 0 "a run into a server: exit status 0"
is "$(n_of loaded)" 20 "and all is loaded"
is "$(grep -c '^> [0-9]* POST /store' log)" 20 "and was sent once each"
is "$(grep -c 'number.*7' results.csv)" 20 "and what the server answered stands in the results"
like "$(cat log)" '\{"id":1,"name":"[^"]+"\}' "and the body is what the pipeline says"

load "url: 'http://127.0.0.1:$port/status/422', code: /code" 'rejects: {csv: {path: rejects.csv}}' 'max_rejects: 100%'
run leat run --json p.yaml
is "$status $(n_of rejected)" "0 20" "what the server refuses is rejected"
is "$(grep -c ',refused,the server answered 422 (code_422)' rejects.csv)" 20 "with status and code as the reason"

load "url: 'http://127.0.0.1:$port/status/401'"
run leat run p.yaml
like "$status" '^(69|75)$' "a server that does not know us ends the run"
like "$err" "answered 401 to a record: it does not accept who we are; see" "and says what to look at"

load "url: 'http://127.0.0.1:1/x', retries: 1"
run leat run p.yaml
like "$status" '^(69|75)$' "a server that is not there ends the run"
like "$err" "cannot reach the server: .*127\.0\.0\.1.*\(tried 2 times\)" "and says where it was looked for"

load "url: 'http://127.0.0.1:$port/{emial}', body: {x: '{nme}'}, concurency: 3"
run leat check p.yaml
is "$status" 78 "mistakes are found before anything is sent"
like "$err" "there is no field 'emial' here" "in the URL"
like "$err" "did you mean 'email'\?" "with the nearest name"
like "$err" "there is no field 'nme' here" "in the body"
like "$err" "did you mean 'concurrency'\?" "and in the options"

# ---- a server that shows what it gets, with TLS where a certificate is given ----

cat >server.py <<'END'
import http.server, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        with open(sys.argv[1], 'a') as f:
            f.write('%s %s\n%s' % (self.command, self.path, self.headers))
        self.send_response(307 if self.path == '/redirect' else 200)
        if self.path == '/redirect':
            self.send_header('Location', '/elsewhere')
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'{}')
    def log_message(self, *a):
        pass

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.handle_error = lambda *a: None
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if len(sys.argv) > 3:
        context.set_ciphers('DEFAULT@SECLEVEL=0')
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
END

serve python3 -W ignore server.py plain.log
plain=$port
export TOKEN=s3cr3t-tok PASS=pa:ss
load "url: 'http://127.0.0.1:$plain/x', bearer: '\${env:TOKEN}', headers: {X-Tenant: shop, X-Id: '{id}'}"
run leat run --verbose p.yaml
is "$status" 0 "a bearer token: exit status 0"
is "$(grep -c '^Authorization: Bearer s3cr3t-tok' plain.log)" 20 "it is sent with each request"
is "$(grep -c '^X-Tenant: shop' plain.log) $(grep -c '^X-Id: 7$' plain.log | tr -d '\r')" "20 1" "and so are other headers"
unlike "$out$err" "s3cr3t" "and shown nowhere"
: >plain.log
load "url: 'http://127.0.0.1:$plain/x', user: me, password: '\${env:PASS}'"
run leat run p.yaml
is "$(grep -c "^Authorization: Basic $(printf 'me:pa:ss' | base64)" plain.log)" 20 "user and password are sent"
: >plain.log
load "url: 'http://127.0.0.1:$plain/x', api_key: '\${env:TOKEN}', api_key_header: X-K"
run leat run p.yaml
is "$(grep -c "^X-K: s3cr3t-tok" plain.log)" 20 "a key is sent in its header"
load "url: 'http://127.0.0.1:$plain/x', bearer: s3cr3t-tok"
run leat check p.yaml
like "$status $err" "^78 .*is a secret and must not stand in the file" "a secret in the file is refused"
unlike "$err" "s3cr3t-tok" "and the line that it stands in is not shown"
load "url: 'https://api.example.com/{nope}', bearer: canary, body: {a: '{nape}'}, accept: [7]"
run leat check p.yaml
like "$err" "p.yaml: 4 mistakes" "a secret in the file hides no other mistake"
like "$err" "no field 'nope'" "a secret in the file: the URL is looked at"
like "$err" "no field 'nape'" "a secret in the file: and the body"
unlike "$err$out" "canary" "a secret in the file: is not shown"

: >plain.log
load "url: 'http://127.0.0.1:$plain/redirect', bearer: '\${env:TOKEN}'"
run leat run p.yaml
like "$status" "^(69|75)\$" "a redirect ends the run"
like "$err" "answered 307" "and is named"
unlike "$(cat plain.log)" "elsewhere" "and followed by no request"

: >plain.log
load "url: 'http://localhost:$plain/x'"
run env http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 "$LEAT" run p.yaml
is "$status" 0 "proxies of the environment are ignored"
load "url: 'https://localhost:$plain/x', proxy: 'http://127.0.0.1:1', retries: 0"
run leat run p.yaml
like "$err" 'cannot reach the server: .*127\.0\.0\.1 port 1 ' "the one of the pipeline is not"
load "url: 'http://localhost:$plain/x', proxy: 'http://127.0.0.1:1'"
run leat check p.yaml
like "$status $err" '^78 .*takes no http:// to this very machine' "but for what must not leave this machine"
load "url: 'http://localhost:$plain/x', bearer: '\${env:TOKEN}'"
run env TOKEN= "$LEAT" check p.yaml
like "$status $err" '^78 .*empty' "an empty token is refused"

# ---- certificates ----

quietly() { "$@" >/dev/null 2>openssl.log || { cat openssl.log; exit 1; }; }

# certificate NAME SUBJECT-ALT-NAME DAYS CA: NAME.pem with its key
certificate()
{
    quietly openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    printf 'subjectAltName=%s\n' "$2" >"$1.ext"
    quietly openssl x509 -req -in "$1.csr" -CA "$4.crt" -CAkey "$4.key" -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.crt"
    cat "$1.crt" "$1.key" >"$1.pem"
}

for ca in ca other; do
    quietly openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.crt -subj "/CN=test $ca" -days 2 \
        -addext basicConstraints=critical,CA:TRUE
done
certificate good IP:127.0.0.1,DNS:localhost 2 ca
certificate stranger DNS:example.com,IP:127.0.0.2 2 ca
certificate old IP:127.0.0.1,DNS:localhost -1 ca
certificate untrusted IP:127.0.0.1,DNS:localhost 2 other
quietly openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.crt -subj /CN=127.0.0.1 -days 2 -addext subjectAltName=IP:127.0.0.1
cat self.crt self.key >self.pem

# secure NAME OPTIONS: loads into a server with that certificate
secure()
{
    rm -f "$1.log"
    serve python3 -W ignore server.py "$1.log" "$1.pem" ${3-}
    load "url: 'https://${host-127.0.0.1}:$port/x', bearer: '\${env:TOKEN}', retries: 0$2"
    run leat run p.yaml
    sent=$(cat "$1.log" 2>/dev/null)
}

refused()
{
    like "$status" '^(69|75)$' "$1 is refused"
    like "$err" "cannot reach the server: .*$2" "$1: the reason is named"
    is "$sent" "" "$1: nothing was sent"
}

secure good ", ca_file: ca.crt"
is "$status" 0 "a good certificate, by address: exit status 0"
is "$(printf '%s' "$sent" | grep -c '^POST /x')" 20 "and all was sent"
host=localhost secure good ", ca_file: ca.crt"
is "$status" 0 "a good certificate, by name: exit status 0"
secure good ""
refused "a certificate that the system does not know" "[Cc]ertificate"
secure stranger ", ca_file: ca.crt"
refused "another server's certificate" "(host name|IP address|subjectAltName)"
secure old ", ca_file: ca.crt"
refused "an expired certificate" "expired"
secure untrusted ", ca_file: ca.crt"
refused "a certificate of another authority" "[Cc]ertificate"
secure self ", ca_file: ca.crt"
refused "a self-signed certificate" "self.signed"
secure good ", ca_file: ca.crt" old-tls
refused "TLS 1.1" "(protocol|version|alert|SSL)"
load "url: 'https://127.0.0.1:$plain/x', ca_file: ca.crt, retries: 0"
run leat run p.yaml
like "$status" '^(69|75)$' "a server without TLS is refused"
load "url: 'https://127.0.0.1:$plain/x', ca_file: none.crt, retries: 0"
run leat run p.yaml
like "$status" '^(69|75)$' "a file of certificates that is not there is refused"

done_testing
