# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the tests of cognito_password() share. Read behind tests/lib/tap.sh.
judge=$top_srcdir/tests/tools/stored-passwords.py

# pipeline IN OUT DECLARATION
pipeline()
{
    local more=${3:+, \'$3\'}
    cat <<END
leat: 1
name: passwords
extract: {jsonl: {path: $1, fields: {id: text, stored: text}}}
transform:
  - map:
      id: id
      hash: "cognito_password(stored$more)"
      verdict: "cognito_password_verdict(stored$more)"
      algorithm: "cognito_password_algorithm(stored$more)"
      reason: "cognito_password_reason(stored$more)"
load: {jsonl: {path: $2}}
END
}

# rewrite FOLDER  runs each NAME.jsonl of it under NAME.declaration into NAME.out.jsonl
rewrite()
{
    local from name
    for from in "$1"/*.declaration; do
        name=${from%.declaration}
        pipeline "$name.jsonl" "$name.out.jsonl" "$(cat "$from")" >rewrite.yaml
        run leat run --restart rewrite.yaml
        is "$status" 0 "the samples of $name go through"
    done
}
