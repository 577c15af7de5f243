# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# cognito_password() and its kin, through whole runs, on stored passwords of our own that
# tests/tools/stored-passwords.py makes. What goes is verified there against the password, by other
# libraries and from Cognito's forms alone; a wrong password must be refused.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/cli/cognito-password.sh"
requires python3 openssl
python3 -c 'import ctypes.util as c, sys; sys.exit(not (c.find_library("argon2") and c.find_library("crypt")))' ||
    skip_all "no libargon2 or no libcrypt: install libargon2-1"

mkdir own
python3 "$judge" make own
ok $? "there are samples of our own"
rewrite own
run python3 "$judge" judge own
is "$status" 0 "each has its verdict, and what goes verifies its password and no other"
note "$out"
like "$out" "all: [1-9][0-9]{2} right, 0 wrong, 0 without" "and there are more than a hundred"

# The judge can say no.
sed -i 's/"transcode"/"as_is"/' own/node.out.jsonl
run python3 "$judge" judge own
is "$status" 1 "a wrong verdict is seen"
rewrite own
sed -i 's/\(\$pbkdf2-sha256\$[0-9]*\$[^$"]*\$\)./\1_/; s/\("1024\$8\$1\$[0-9a-f]*\$\)../\100/' own/plain.out.jsonl
run python3 "$judge" judge own
is "$status" 1 "and a hash that was damaged on the way"

# ---- no password ----

printf 'stored\n""\n\n' >null.csv
cat >null.yaml <<'END'
leat: 1
name: nothing
extract: {csv: {path: null.csv, fields: {stored: text}}}
transform:
  - map:
      hash: cognito_password(nullif(stored, 'x'))
      null_hash: cognito_password(nullif('x', 'x'))
      null_verdict: cognito_password_verdict(nullif(stored, stored))
      null_algorithm: cognito_password_algorithm(nullif(stored, stored))
      null_reason: cognito_password_reason(nullif(stored, stored))
load: {jsonl: {path: null.out}}
END
run leat run null.yaml
is "$status" 0 "null is a text without a password"
is "$(sort -u null.out)" \
    '{"hash":null,"null_hash":null,"null_verdict":"not_importable","null_algorithm":null,"null_reason":"no password"}' \
    "which has a verdict, but neither hash nor algorithm"

# ---- declarations that are wrong ----

# refused DECLARATION TEXT  the check of a pipeline with this declaration says so
refused()
{
    pipeline in.jsonl out.jsonl "$1" >wrong.yaml
    run leat check wrong.yaml
    is "$status" 78 "'$1' is refused before the run"
    like "$err" "$2" "and it says: $2"
}

refused "sha1" "'sha1' of the declaration begins a clause, but is none of scrypt, pbkdf2, bcrypt, cognito"
refused "scrypt n=16384 r=8 p=1 form=salt:key salt=text" "scrypt clause says nothing of key_bytes"
refused "scrypt n=16384 r=8 p=1 form=salt:key key_bytes=64" "scrypt clause says nothing of salt,"
refused "scrypt n=16384 r=8 p=1 form=salt+key key_bytes=64" "scrypt clause says nothing of salt_bytes,"
refused "scrypt n=16384 r=8 p=1 form=salt+key salt=hex salt_bytes=16 key_bytes=64" "'salt' of the declaration is of no use"
refused "scrypt n=1000 r=8 p=1" "'n' of the declaration is not a power of two"
refused "scrypt n=1024 n=1024" "'n' of the declaration stands twice"
refused "scrypt n=1024 digest=sha256" "'digest' of the declaration does not belong to its clause"
refused "pbkdf2 iterations=1000 form=salt-and-key" "'form' of the declaration is not salt and key with a sign"
refused "pbkdf2 iterations=1000 form=salt:key salt=hex key_bytes=32" "pbkdf2 clause says nothing of digest"
refused "bcrypt" "bcrypt clause says nothing of over"
refused "bcrypt over=salt" "'over' of the declaration is not digest or pepper"
refused "cognito alphabet=_" "'alphabet' of the declaration is not [+] or [.]"
refused "cognito min_cost=99" "'min_cost' of the declaration is not a number from 4 to 12"
refused "pbkdf2 sekret=hunter2" "'sekret' of the declaration is none of its words"
unlike "$(grep error: <<<"$err")" hunter2 "without the value, which may be a secret"
refused "' || stored || '" "declaration is the same for every record"

# ---- the four functions, where they are documented ----

run leat plugin show cognito_password
is "$status" 0 "leat plugin show knows the plugin"
for name in cognito_password cognito_password_verdict cognito_password_algorithm cognito_password_reason; do
    like "$out" "$name" "and shows $name"
done
done_testing
