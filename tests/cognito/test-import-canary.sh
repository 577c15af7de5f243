# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The canary of cognito_import against the double: known users go first and sign in, or nobody else is imported. Whether
# a password is right is found out there by crypt(3), hashlib and libargon2.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
[ -e "$top_builddir/plugins/.libs/load-cognito_import.so" ] || skip_all "the Cognito import is not built"
. "$top_srcdir/tests/cognito/double.sh"

pool=eu-central-1_Canary
client_secret=s3cret-of-the-client
cat >pool.json <<END
[{"Id": "$pool", "Name": "a pool", "AutoVerifiedAttributes": ["email"],
  "Clients": {"open": {}, "closed": {"ClientSecret": "$client_secret"}, "srp": {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}}}]
END
double_start --scale 0 --pools pool.json

# hashes [PEPPER]  writes users.csv: of 1 to 18 every third has bcrypt, PBKDF2 and none; the password of N is Pass-N-word.
# Each PBKDF2 holds the sign + in its base64.
cat >hashes.py <<'END'
import base64, ctypes, hashlib, sys
from cognito.hashes import library
crypt = library("libcrypt.so.1").crypt
crypt.restype, crypt.argtypes = ctypes.c_char_p, (ctypes.c_char_p, ctypes.c_char_p)
def pbkdf2(password):
    for salt in range(1000):
        key = base64.b64encode(hashlib.pbkdf2_hmac("sha256", password, b"salt%d" % salt, 1000)).decode()
        if "+" in key:
            return f"pbkdf2_sha256$1000$salt{salt}${key}"
def bcrypt(password):
    return crypt(password + sys.argv[1].encode(), b"$2b$04$" + b"abcdefghijklmnopqrstuu").decode()
with open("users.csv", "w") as f:
    print("id,name,hash", file=f)
    for i in range(1, 19):
        password = f"Pass-{i}-word".encode()
        print(f"{i},user{i},{(bcrypt(password), pbkdf2(password), '')[(i - 1) % 3]}", file=f)
END
hashes() { python3 hashes.py "${1-}"; }
# canary N...  writes canary.csv with the passwords of these users
canary()
{
    local i
    { echo username,password; for i in "$@"; do echo "user$i,Pass-$i-word"; done; } >canary.csv
    chmod 600 canary.csv
}
# job OPTIONS [HASH]  writes p.yaml; the pool is without users, jobs and log, and there is no state
job()
{
    rm -rf state rejects.csv
    double_post forget '{}'
    double_post control '{"sign": "+", "hold": null, "min_cost": 4}'
    pipeline "$@"
}
pipeline()
{
    cat >p.yaml <<END
leat: 1
name: canary
extract:
  csv: {path: users.csv, header: true, fields: {id: int64, hash: {class: secret}}}
transform:
  - map: {"cognito:username": name, email: "concat(name, '@example.com')", email_verified: "true",
          password_hash: "${2:-hash}"}
load:
  cognito_import:
    user_pool_id: $pool
    cloudwatch_role_arn: arn:aws:iam::123456789012:role/cognito-logs
    canary: canary.csv
$(printf '%s\n' "$1" | sed 's/; /\n/g; s/^/    /; s/\n/\n    /g')
rejects: {csv: {path: rejects.csv}}
max_rejects: 100%
END
}
: >everything
move()
{
    run leat run -vv --state-dir state --report report.json "$@" p.yaml
    cat "$out_file" "$err_file" >>everything
    cat report.json rejects.csv >>everything 2>/dev/null
}
# The jobs in their order, with how many each has imported.
jobs()
{
    double_get stats | python3 -c 'import json, sys
print(*[j.get("PasswordHashingAlgorithm", "-") + ":" + str(j["ImportedUsers"]) for j in json.load(sys.stdin)["jobs"]])'
}
calls() { double_get stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["calls"].get(sys.argv[1], 0))' "$1"; }
# How many users are in the pool, and how many of them are active ones.
there() { double_get stats | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["n_users"][sys.argv[1]], s["mau"])' "$pool"; }
double_says() { double_get "$1" | grep -q "$2"; }

# ---- it sings ----

hashes
canary 1 2 4
job "client_id: open"
move
is "$status $(jobs)" "0 BCRYPT:2 PBKDF2_SHA256:1 -:6 BCRYPT:4 PBKDF2_SHA256:5" "the canary goes first, of each algorithm, and then all others"
is "$(calls AdminInitiateAuth) $(there)" "3 18 3" "its users sign in once, and they alone are active"
like "$err" "the 3 users of the canary signed in with their old passwords" "and it is said"
like "$(cat report.json)" "canary users signed in.*3" "and counted"
is "$(double_get "requests?op=AdminInitiateAuth" | grep -o '"outcome": *"[A-Za-z]*"' | sort -u)" '"outcome": "OK"' "no try fails"

job "client_id: open; trial: 2"
canary 2 10 16
move
is "$status $(jobs)" "0 -:2 BCRYPT:4 PBKDF2_SHA256:2 -:4 BCRYPT:2 PBKDF2_SHA256:4" "with trial: it is the first few and the canary"

job "client_id: open; part_rows: 2"
canary 10 17
move
is "$status $(jobs)" "0 BCRYPT:1 PBKDF2_SHA256:1 -:2 BCRYPT:2 PBKDF2_SHA256:2 -:2 BCRYPT:1 PBKDF2_SHA256:2 -:2 BCRYPT:2 PBKDF2_SHA256:1" \
    "it is found in whichever part its users are"
is "$(there)" "18 2" "and all others follow"

sed -i '3,$d' users.csv
job "client_id: open"
canary 1
move
is "$status $(jobs) $(calls AdminInitiateAuth)" "0 BCRYPT:1 1" "a canary that is all there is signs in, too"

# ---- it does not ----

hashes pepper-of-the-shop
canary 1 2 4
job "client_id: open"
move
is "$status $(there)" "65 3 1" "a pepper: the run stops, and nobody but the canary is in the pool"
like "$err" "0 of 2 with BCRYPT hashes, 1 of 1 with PBKDF2_SHA256 hashes" "with how many of which algorithm"
like "$err" "bcrypt over=digest. or .over=pepper.*--restart" "and what to try"
move
is "$status $(there) $(jobs)" "65 3 1 BCRYPT:2 PBKDF2_SHA256:1" "run again, it stops again, without another job"
pipeline "client_id: open; password_declaration: bcrypt over=pepper"
move
like "$err" "the pipeline has changed.*--restart" "what is declared belongs to the run"
move --restart
like "$err" "of the 3 users of the canary 0 are not in the input, or were rejected, and the hashes of 2 cannot go .line 2, 4.*nobody was imported" \
    "declared as what they are, these hashes do not go"

hashes
canary 1 4
echo "user7,Wrong-password" >>canary.csv
job "client_id: open"
move
like "$err" "2 of 3 with BCRYPT hashes" "one that is wrong in the canary alone stops it, too"
canary 1 4 7
move
is "$status $(there) $(jobs)" "0 18 3 BCRYPT:3 -:6 BCRYPT:3 PBKDF2_SHA256:6" "put right, the run goes on with its trial"

# ---- the alphabet ----

canary 2 5
job "client_id: open"
double_post control '{"sign": "."}'
move
is "$status $(there)" "65 0 0" "another alphabet: the run stops, and nobody is in the pool"
like "$err" "of the 2 users of the trial 0 were imported.*cognito alphabet=" "with what to try"
pipeline "client_id: open; password_declaration: cognito alphabet=."
move --restart
is "$status $(there)" "0 18 2" "with the switch all go"
job "client_id: open" "cognito_password(hash, 'cognito alphabet=.')"
double_post control '{"sign": "."}'
move
is "$status $(there)" "65 0 0" "the function alone cannot switch it: the load writes hashes anew"
pipeline "client_id: open; password_declaration: cognito alphabet=." "cognito_password(hash, 'cognito alphabet=.')"
move --restart
is "$status $(there)" "0 18 2" "both together can"
job "client_id: open"
canary 1
double_post control '{"min_cost": 5}'
move
like "$err" "of the 1 users of the trial 0 were imported.*cognito min_cost=10" "a cost that is too low is found, too"

# ---- again, when an earlier run has imported them ----

canary 1 2
job "client_id: open"
move
is "$status $(there)" "0 18 2" "a run with a canary"
move
is "$status" 0 "the same again has nothing to do"
sed -i '$a 19,user19,' users.csv
move
is "$status $(there)" "0 19 2" "one user more: the canary signs in as who it is, and the user is imported"
sed -i '$d' users.csv

# ---- a client with a secret ----

canary 1 2
job "client_id: closed"
move
like "$err" "by the app client of .client_id.: it has a secret; give it as .client_secret." "a client that has a secret wants it"
is "$(there)" "2 0" "and nobody else is imported"
pipeline 'client_id: closed; client_secret: "${env:CLIENT_SECRET}"'
CLIENT_SECRET=another-secret move
like "$err" "client_secret. is not its secret" "the right one"
CLIENT_SECRET=$client_secret move
is "$status $(there)" "0 18 2" "with it the users sign in"
job "client_id: srp"
move
like "$err" "ALLOW_ADMIN_USER_PASSWORD_AUTH" "a client that does not allow it is named"
job "client_id: nobody"
move
like "$err" "the pool has no such client" "and one that is not there"

# ---- what else may be answered ----

job "client_id: open"
canary 1 4
double_post faults '[{"fault": "error", "op": "AdminInitiateAuth", "n": 2, "type": "PasswordResetRequiredException"}]'
move
like "$err" "1 of 2 with BCRYPT hashes .of 1 of them it was another reason: PasswordResetRequiredException" "another error is not taken for a wrong password"
double_post faults '[{"fault": "error", "op": "AdminInitiateAuth", "n": 1, "type": "NotAuthorizedException"}]'
move
like "$err" "another reason: NotAuthorizedException of another kind" "nor the same with other words"
double_post faults '[{"fault": "throttle", "op": "AdminInitiateAuth", "n": 1}, {"fault": "lose", "op": "AdminInitiateAuth", "n": 2}]'
move
is "$status $(there)" "0 18 2" "what may pass is tried again"
double_post faults '[]'

double_post pools '{"Id": "eu-central-1_Mfa", "Name": "mfa", "AutoVerifiedAttributes": ["email"], "MfaConfiguration": "ON", "Clients": {"open": {}}}'
job "client_id: open"
sed -i "s/$pool/eu-central-1_Mfa/" p.yaml
move
is "$status $(jobs)" "0 BCRYPT:2 -:6 BCRYPT:4 PBKDF2_SHA256:6" "a challenge of MFA comes behind the right password"
hashes pepper-of-the-shop
job "client_id: open"
sed -i "s/$pool/eu-central-1_Mfa/" p.yaml
move
like "$err" "0 of 2 with BCRYPT hashes" "and not behind a wrong one"
hashes

# ---- killed ----

# killed_when PATH TEXT  starts a run, and kills it when the double says that
killed_when()
{
    local first
    "$LEAT" run --state-dir state p.yaml 2>killed.log &
    first=$!
    until_true "$first" double_says "$1" "$2"
    kill -KILL "$first"
    wait "$first" 2>/dev/null
}

hashes pepper-of-the-shop
canary 1 4
job "client_id: open"
double_post faults '[{"fault": "slow", "op": "AdminInitiateAuth", "n": 1, "ms": 600000}]'
killed_when stats '"AdminInitiateAuth"'
double_post faults '[]'
move
is "$status $(there) $(jobs)" "65 2 0 BCRYPT:2" "killed before the canary was heard: the next run hears it, and makes no job"

hashes
canary 1 4
job "client_id: open"
double_post control '{"hold": 3}'
killed_when stats '"ImportedUsers": 3'
double_post control '{"hold": null}'
move
is "$status $(there) $(jobs)" "0 18 2 BCRYPT:2 -:6 BCRYPT:4 PBKDF2_SHA256:6" "killed behind it: the next run goes on"

# ---- users who are not there ----

canary 1 77 3 88
job "client_id: open"
move
is "$status $(calls CreateUserImportJob)" "65 0" "users who are not in the input are found before any job"
like "$err" "of the 4 users of the canary 2 are not in the input, or were rejected .line 3, 5., and the hashes of 1 cannot go .line 4.*nobody was imported" \
    "by number and line"

# ---- mistakes ----

canary 1
for wrong in "trial: 1|needs .client_id." "client_id: a-b|is no id of an app client" \
    "client_id: open; password_hashing: none|no hashes go along" \
    "client_id: open; password_declaration: bcrypt over=salt|is not digest or pepper" \
    "client_id: open; password_declaration: pbkdf2 digest=sha256 iterations=1 form=salt:key salt=hex key_bytes=32 secret=x|no place for a secret"; do
    job "${wrong%|*}"
    run leat check p.yaml
    like "$err" "${wrong#*|}" "a mistake: ${wrong%|*}"
done
job "client_id: open"
sed -i '/canary: canary.csv/d' p.yaml
run leat check p.yaml
like "$err" "of use with a .canary. alone" "a mistake: a client without a canary"
job "client_id: open"
while IFS='|' read -r text wanted; do
    printf '%b' "$text" >canary.csv
    run leat check p.yaml
    like "$err" "$wanted" "a mistake: $wanted"
done <<'END'
name,password\nuser1,x\n|must begin with the line username,password
username,password\n|has no users
username,password\nuser1\n|line 2 has 1 values
username,password\nuser1,x,y\n|line 2 has 3 values
username,password\n\nuser1,\n|line 3 needs a user name and a password
username,password\nuser1,"x\n|line 2 is no CSV
username,password\nuser1,x\nuser2,x\nuser1,y\n|lines 2 and 4 name the same user
username,password\nuser1,\0377\n|line 2 is no text in UTF-8
END
{ echo username,password; for i in $(seq 101); do echo "u$i,x"; done; } >canary.csv
run leat check p.yaml
like "$err" "more than 100 users" "a mistake: too many users"
rm canary.csv
run leat check p.yaml
like "$err" "cannot read .*canary.csv: No such file" "a mistake: no file"
canary 1
run leat plan p.yaml
like "$out" "the 1 users of the canary are imported first and signed in once: .*monthly active users" "plan says what becomes of its users"
job "client_id: open"
chmod 644 canary.csv
move
like "$err" "canary.csv holds passwords, and others than its owner may read it: chmod 600" "a file that others may read is warned of"

# ---- secrets ----

for secret in Pass-1-word Wrong-password "$client_secret" another-secret pepper-of-the-shop abcdefghijklmnopqrstu "$double_secret" \
    user77 user7 access. "$(sed -n 's/.*\$\([^$]*=\)$/\1/p' users.csv | head -n 1)"; do
    grep -qaF -e "$secret" everything && fail "'$secret' is shown" || pass "'$secret' is in no output"
    grep -rqsaF -e "$secret" state && fail "'$secret' is in the state" || pass "'$secret' is not in the state"
done
is "$(find . -name '.*part')" "" "no file is left"

done_testing
