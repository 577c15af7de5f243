# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract mysql where the server refuses: who it is, who we are, what we may, and what changes on the way.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
needs extract-mysql
server_certificates certificates
starts ssl_cert="$PWD/certificates/good.pem" ssl_key="$PWD/certificates/good.key"

sql <<'END'
create table users (id int primary key, email text, secret text);
insert into users select seq, concat('u', seq), 's' from seq_1_to_100;
create table hidden (id int);
create view slow as select seq as id, sleep(0.02) as s from seq_1_to_1000;
create table numbers (id int primary key, x varchar(40));
insert into numbers values (1, '1'), (2, 'the-value-of-2'), (3, '3');
END
server_sql my --delimiter=// <<'END'
create function shop.raise() returns int begin signal sqlstate '45000' set message_text = 'the-value-of-2'; return 1; end //
create user reader@'%' identified by 'r' // grant select (id, email) on shop.users to reader@'%' //
create user secure@'%' identified by 'r' require ssl // grant select on shop.* to secure@'%' //
END

# ---- the connection ----

refused "${local/PASSWORD/WRONG}, table: users" 69 \
    'cannot connect to MariaDB or MySQL at 127.0.0.1 port [0-9]+, database shop, as leat: .*; check user and password' "a wrong password"
refused "${local/shop/nowhere}, table: users" 69 'database nowhere, .*check the name|database nowhere, .*has the user a right' "an unknown database"
refused "host: 127.0.0.1, port: 1, database: shop, user: leat, table: users" 69 'port 1, .*is the server running' "no server"
refused "socket: $PWD/nowhere, database: shop, user: leat, table: users" 69 'the local socket .*/nowhere, .*is the server running, and is its socket there' \
    "no socket"
refused "host: host.invalid, database: shop, table: users" 69 'cannot connect to MariaDB or MySQL at host.invalid' "no such host"
refused "option_file: nowhere.cnf, table: users" 78 'cannot read the option file .*/nowhere.cnf' "no option file"

cat >my.cnf <<END
[client]
host = 127.0.0.1
port = $my_port
user = leat
password = "$server_password"
database = shop
local-infile = 1
[other]
user = reader
password = r
END
allowed 'option_file: my.cnf, table: users' "all from an option file"
allowed "socket: $my_socket, option_file: my.cnf, table: users" "an option goes before the file"
refused 'option_file: my.cnf, option_group: other, table: users' 69 "SELECT command denied to user 'reader'" "a group of the option file"
printf '[client]\nport = 1\nhost = 127.0.0.1\npassword = %s\n' "$server_password" >away.cnf
refused 'option_file: away.cnf, user: leat, database: shop, table: users' 69 'at 127.0.0.1 port 1, database shop, as leat' "a server that the option file names"

# ---- TLS ----

ca=$PWD/certificates/ca.pem
allowed "$local, tls: verify-full, ca: $ca, table: users" "the right certificate"
allowed "${local/127.0.0.1/localhost}, tls: verify-full, ca: $ca, table: users" "for a name as well"
allowed "$local, tls: require, table: users" "any certificate"
refused "$local, tls: verify-full, table: users" 69 'not vouched for' "an authority that nobody knows"
refused "$local, tls: verify-ca, table: users" 69 'not vouched for' "the same where the name does not count"
secure=${local/leat/secure}
secure=${secure/PASSWORD/READER}
refused "$secure, table: users" 69 'Access denied' "a user who must come by TLS"
allowed "$secure, tls: require, table: users" "and does"
# What is no address of the loopback, and leads there.
remote=${local/127.0.0.1/0.0.0.0}
refused "$remote, ca: $ca, table: users" 69 'for another host' "a server that is not local: the name must be right"
refused "$remote, table: users" 69 'not vouched for' "and so must the authority"
refused "$remote, tls: verify-full, ca: $ca, table: users" 69 'for another host' "also where it is asked for"
allowed "$remote, ca: $ca, tls: verify-ca, table: users" "unless the file says otherwise"
printf '[client]\nhost = 0.0.0.0\nport = %s\nuser = leat\npassword = %s\ndatabase = shop\n' "$my_port" "$server_password" >remote.cnf
refused "option_file: remote.cnf, table: users" 69 'not vouched for' "a server that is not local by the option file"
{ cat remote.cnf; echo 'disable-ssl-verify-server-cert'; echo 'ssl-verify-server-cert=0'; } >weak.cnf
refused "option_file: weak.cnf, tls: verify-full, ca: $ca, table: users" 69 'turns off|for another host' \
    "an option file does not take back what the pipeline file asks for"
for certificate in expired other-host self-signed; do
    server_restart my ssl_cert="$PWD/certificates/$certificate.pem" ssl_key="$PWD/certificates/$certificate.key"
    refused "$local, tls: verify-full, ca: $ca, table: users" 69 'certificate' "a certificate that is $certificate"
    [ $certificate = other-host ] ||
        refused "$local, tls: verify-ca, ca: $ca, table: users" 69 'certificate' "the same where the name does not count"
done
server_restart my skip_ssl=1
refused "$local, tls: verify-full, ca: $ca, table: users" 69 'support.*tls: disable' "a server without TLS"
refused "$local, tls: require, table: users" 69 'support.*tls: disable' "a server without TLS, by require"
refused "$remote, table: users" 69 'support.*tls: disable' "also where nobody has asked for it"
allowed "$remote, tls: disable, table: users" "unless the file says that it may"

# ---- what may be read ----

refused "$local, table: user" 78 "Table 'shop.user' doesn't exist.*there are: .*users" "an unknown table"
refused "$local, table: users, cursor: idd" 78 'no column idd' "an unknown column of the cursor"
refused "$local, table: users, cursor: email" 78 'no order to go on in' "a cursor of a TEXT"
refused "$local, query: 'SELECT nope FROM users'" 78 "Unknown column 'nope'" "an unknown column"
refused "$local, query: 'SELEC 1'" 78 'error in your SQL syntax' "what is no SQL"
refused "$local, query: 'SELECT id FROM users; SELECT 2'" 78 'error in your SQL syntax' "two statements"
reader=${local/leat/reader}
reader=${reader/PASSWORD/READER}
refused "$reader, table: hidden" 69 "SELECT command denied to user 'reader'.*hidden" "no right to a table"
refused "$reader, table: users" 69 "SELECT command denied to user 'reader'" "no right to a column"
to_csv "$reader, query: 'SELECT id, email FROM users'"
run leat run p.yaml
is "$status" 0 "the columns that one may see"
to_csv "$local, table: slow, timeout: 300ms"
run leat run p.yaml
is "$status" 74 "a statement that takes too long: exit status 74"
like "$err" 'max_statement_time exceeded' "and says why"
refused "$local, query: 'SELECT CAST(18446744073709551615 AS UNSIGNED) + 1 + id AS n FROM users'" 65 "out of range in '[.]{3}'" \
    "a value that the query cannot take"
refused "$local, query: 'SELECT raise() AS n'" 65 'raised an error of its own' "an error that the database makes up"
unlike "$err" 'the-value-of-2' "whose text is not shown"
long='query: "SELECT COUNT(*) AS n FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b, seq_1_to_1000000 AS c WHERE a.seq + b.seq <> c.seq"'
asked() { [ "$(server_sql my <<<"select count(*) from information_schema.processlist where user = 'leat' and info like 'SELECT COUNT%'")" = "$1" ]; }
to_csv "$local, $long"
"$LEAT" run p.yaml >"$out_file" 2>"$err_file" &
pid=$!
until_true $pid asked 1
since=$EPOCHREALTIME
kill -TERM $pid
has_ended() { ! kill -0 $pid 2>/dev/null; }
until_true $$ has_ended || kill -KILL $pid
status=0
wait $pid || status=$?
is "$status" 143 "stopped while the server is at work: exit status 143"
note "after $(((${EPOCHREALTIME/./} - ${since/./}) / 1000)) ms"
until_true $$ asked 0
ok $? "and the server leaves it off"

# ---- what changes on the way ----

to_csv "$local, table: users, cursor: id"
sql <<<"alter table users add column late text"
run leat run p.yaml
is "$(head -n 1 out.csv)" "id,email,secret,late" "a new column is read by the next run"

done_testing
