# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract postgres where the server refuses: who it is, who we are, what we may, and what changes on the way.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs extract-postgres
server_certificates certificates
starts ssl=on ssl_cert_file="$PWD/certificates/good.pem" ssl_key_file="$PWD/certificates/good.key"

sql <<'END'
create table users (id int primary key, email text, secret text);
insert into users select i, 'u' || i, 's' from generate_series(1, 100) as i;
create table hidden (id int);
create view slow as select i as id, pg_sleep(0.02)::text from generate_series(1, 1000) as i;
create table numbers (id int primary key, x text);
insert into numbers values (1, '1'), (2, 'the-value-of-2'), (3, '3');
END
echo "create role reader login password 'r'; grant select (id, email) on users to reader" | server_sql pg

# ---- the connection ----

refused "${local/PASSWORD/WRONG}, table: users" 69 \
    'cannot connect to PostgreSQL at 127.0.0.1 port [0-9]+, database shop, as leat: .*; check user and password' "a wrong password"
refused "${local/shop/nowhere}, table: users" 69 'database nowhere, .*"nowhere" does not exist' "an unknown database"
refused "host: 127.0.0.1, port: 1, database: shop, user: leat, table: users" 69 'port 1, .*is the server running' "no server"
refused "host: /no/such/folder, table: users" 69 'is the server running, and is its socket in that folder' "no socket"
refused "host: host.invalid, table: users" 69 'cannot connect to PostgreSQL at host.invalid' "no such host"
export AWAY="postgresql://leat:$server_password@127.0.0.1:1/shop" NONE="postgresql://leat:$server_password@[::/shop"
export ODD="host=127.0.0.1 nonsense=1 password=$server_password"
refused "url: '\${env:AWAY}', table: users" 69 'at 127.0.0.1 port 1, database shop, as leat' "a URL"
refused "url: '\${env:NONE}', table: users" 69 'cannot connect' "what is no URL"
refused "url: '\${env:ODD}', table: users" 69 'cannot connect' "an unknown word"

cat >service <<END
[shop]
host=127.0.0.1
port=$pg_port
dbname=shop
user=leat
END
printf '127.0.0.1:%s:shop:leat:%s\n' "$pg_port" "$server_password" >pass
chmod 600 pass
to_csv 'service: shop, table: users'
run env PGSERVICEFILE="$PWD/service" PGPASSFILE="$PWD/pass" "$LEAT" run p.yaml
is "$status" 0 "a service and a file of passwords, as libpq has them"

# ---- TLS ----

ca=$PWD/certificates/ca.pem
allowed "$local, tls: verify-full, ca: $ca, table: users" "the right certificate"
refused "$local, tls: verify-full, table: users" 69 'certificate verify failed|not vouched for' "an authority that nobody knows"
# What is no address of the loopback, and leads there.
remote=${local/127.0.0.1/0.0.0.0}
refused "$remote, ca: $ca, table: users" 69 'does not match host name|for another host' "a server that is not local: the name must be right"
refused "$remote, table: users" 69 'not vouched for' "and so must the authority"
allowed "$remote, ca: $ca, tls: verify-ca, table: users" "unless the file says otherwise"
for certificate in expired other-host self-signed; do
    server_restart pg ssl_cert_file="$PWD/certificates/$certificate.pem" ssl_key_file="$PWD/certificates/$certificate.key"
    refused "$local, tls: verify-full, ca: $ca, table: users" 69 'certificate|host name' "a certificate that is $certificate"
done
server_restart pg ssl=off
refused "$local, tls: verify-full, ca: $ca, table: users" 69 'does not support SSL.*tls: disable' "a server without TLS"
refused "$remote, table: users" 69 'does not support SSL' "also where nobody has asked for it"
allowed "$remote, tls: disable, table: users" "unless the file says that it may"

# ---- what may be read ----

refused "$local, table: user" 78 'relation "user" does not exist.*there are: .*users' "an unknown table"
refused "$local, table: users, cursor: idd" 78 'no column idd' "an unknown column of the cursor"
refused "$local, query: 'SELECT nope FROM users'" 78 'column "nope" does not exist' "an unknown column"
refused "$local, query: 'SELEC 1'" 78 'syntax error' "what is no SQL"
refused "$local, query: 'SELECT id FROM users; SELECT 2'" 78 'multiple commands' "two statements"
refused "${local/user: leat/user: reader}, table: hidden" 69 'password authentication failed' "another user's password"
reader=${local/leat/reader}
reader=${reader/PASSWORD/READER}
refused "$reader, table: hidden" 69 'permission denied for table hidden' "no right to a table"
refused "$reader, table: users" 69 'permission denied for table users' "no right to a column"
to_csv "$reader, query: 'SELECT id, email FROM users'"
run leat run p.yaml
is "$status" 0 "the columns that one may see"
refused "$local, table: slow, timeout: 300ms" 74 'statement timeout' "a statement that takes too long"
refused "$local, query: 'SELECT id, CAST(x AS integer) AS n FROM numbers'" 65 'invalid input syntax for type integer: "\.\.\."' \
    "a value that the query cannot take"
unlike "$err" 'the-value-of-2' "whose value is not shown"

# ---- what changes on the way ----

to_csv "$local, table: users, cursor: id"
sql <<<"alter table users add column late text"
run leat run p.yaml
is "$(head -n 1 out.csv)" "id,email,secret,late" "a new column is read by the next run"

done_testing
