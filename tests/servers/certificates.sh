# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Certificates that servers of tests show, right and wrong. Read by servers.sh.

server_certificates()
{
    local folder log
    mkdir -p "$1" && folder=$(cd "$1" && pwd) && log=$folder/openssl.log && _certificates_make "$folder" >"$log" 2>&1 \
        || _server_fail "${log:-/dev/null}" "cannot make certificates in $1: is there openssl?"
    rm -rf "$log" "$folder/ca"
}

_certificates_make()
{
    mkdir -p "$1/ca" && : >"$1/ca/index" && echo 1000 >"$1/ca/serial" || return 1
    cat >"$1/ca/openssl.cnf" <<END
[req]
distinguished_name = name
[name]
[ca]
default_ca = default
[default]
new_certs_dir = $1/ca
database = $1/ca/index
serial = $1/ca/serial
certificate = $1/ca.pem
private_key = $1/ca.key
default_md = sha256
unique_subject = no
policy = policy
[policy]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[here]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
basicConstraints = CA:FALSE
subjectAltName = DNS:db.example.org
END
    _certificate "$1" ca -x509 -days 3650 -subj "/CN=CA of a test" -extensions authority \
        && _certificate "$1" self-signed -x509 -days 3650 -subj /CN=localhost -extensions here \
        && _certificate_signed "$1" good localhost here 20491231235959Z \
        && _certificate_signed "$1" expired localhost here 20200131000000Z \
        && _certificate_signed "$1" other-host db.example.org elsewhere 20491231235959Z
}

# _certificate FOLDER NAME OPTION...: NAME.key and NAME.pem, a certificate or the request for one.
_certificate()
{
    local folder=$1 name=$2
    shift 2
    openssl req -config "$folder/ca/openssl.cnf" -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$folder/$name.key" -out "$folder/$name.pem" "$@"
}

# _certificate_signed FOLDER NAME HOST EXTENSIONS END
_certificate_signed()
{
    _certificate "$1" "$2" -subj "/CN=$3" && mv "$1/$2.pem" "$1/ca/$2.csr" \
        && openssl ca -config "$1/ca/openssl.cnf" -batch -notext -in "$1/ca/$2.csr" -out "$1/$2.pem" \
            -extensions "$4" -startdate 20200101000000Z -enddate "$5"
}
