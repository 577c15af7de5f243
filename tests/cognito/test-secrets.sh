#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# No credential, password or hash gets out: not into what any command prints at any level of the log, not into reports,
# rejects, results or the state, not onto a command line, not into a core file; also not where AWS says it back. All of
# them have one word in them, and after everything was done each file there is, but for the source, is searched for it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/double.sh"
for load in cognito_api cognito_import; do
    [ -e "$top_builddir/plugins/.libs/load-$load.so" ] || skip_all "$load is not built"
done

canary=kAn4ry
pool=eu-central-1_Target001
mkdir in said state # what has the word, what must not have it
double_start --scale 0 --pool $pool --bucket drop
export AWS_ACCESS_KEY_ID=AKIACANARY AWS_SECRET_ACCESS_KEY=${canary}SecretAccessKey AWS_SESSION_TOKEN=${canary}SessionToken
echo "{\"key\": \"$AWS_ACCESS_KEY_ID\", \"secret\": \"$AWS_SECRET_ACCESS_KEY\", \"token\": \"$AWS_SESSION_TOKEN\"}" >in/key.json
double_post credentials @in/key.json

python3 - "$canary" <<'END'
import json, sys
word = sys.argv[1]
key, salt = (word + "A" * 43)[:42] + "A", (word + "A" * 22)[:22]
hashes = [f"$2a$05${word}{'C' * 15}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", f"$argon2id$v=19$m=256,t=2,p=1${salt}${key}",
          f"pbkdf2_sha256$80000${word}${key}=", f"$P$B{word}ghABCDEFGHIJKLMNOPQRSTU", word + " is no hash", f"16384$8$1${word}$70", "", None]
with open("in/users.jsonl", "w") as out:
    for i, stored in enumerate(hashes):
        print(json.dumps({"name": "no good" if i == 6 else f"user{i}", "mail": f"u{i}@example.org",
                          "pw": "weak" + word if i == 5 else f'{word}-Pass"w0rd-{i}', "hash": stored}), file=out)
END
for load in api import; do
    [ $load = api ] && fields='password: pw' options="cognito_api: {user_pool_id: $pool}" ||
        fields='password_hash: hash' options="cognito_import: {user_pool_id: $pool, cloudwatch_role_arn: 'arn:aws:iam::123456789012:role/logs', stage_to: 's3://drop/in', log_patience: 1s}"
    cat >$load.yaml <<END
leat: 1
name: $load
extract: {jsonl: {path: in/users.jsonl, fields: {name: text, mail: text, pw: {type: text, class: secret}, hash: {type: text, class: secret}}}}
transform: [{map: {"cognito:username": name, email: mail, email_verified: 'true', $fields}}]
load: {$options}
rejects: {csv: {path: said/$load-rejects.csv}}
results: {csv: {path: said/$load-results.csv}}
max_rejects: 100%
END
done
cat >extract.yaml <<END
leat: 1
name: extract
extract: {cognito: {user_pool_id: $pool, groups: true}}
load: {csv: {path: said/pool.csv}}
END

# say NAME WORD...  runs leat; all that it says is kept. Each run has a state that is kept, too.
n_said=0 before=()
say()
{
    local name=$1
    shift
    n_said=$((n_said + 1))
    status=0
    "${before[@]}" "$LEAT" "$@" >"said/$n_said-$name.out" 2>"said/$n_said-$name.err" || status=$?
}
run_once() { local name=$1; shift; say "$name" run "$name.yaml" --state-dir "state/$n_said" "$@"; }
faults() { printf '%s\n' "$1" >in/faults.json; double_post faults @in/faults.json; }
forget() { double_post forget '{}'; }
# The word as it is, in base64 wherever it begins, in hexadecimal; and what a signed request or URL has.
signs="$canary|a0FuNHJ5|tBbjRy|rQW40c|6b416e347279|X-Amz-Signature|Signature=[0-9a-f]|X-Amz-Security-Token"
# silent NAME  nothing that was written so far has the word
silent()
{
    local found
    found=$(grep -rlaE "$signs" --exclude-dir=in --exclude='double.*' .)
    is "$found" "" "$1"
}

# ---- every command, at every level of the log ----

for load in api import extract; do
    for how in -q '' -v -vv '-vvv --progress' '-vvv --log-format json' '-vvv --json' '-vvv --report said/report.json'; do
        [ $load = extract ] || forget
        # shellcheck disable=SC2086
        run_once $load $how
    done
    is "$status" 0 "$load: it runs"
    mkdir -p state/kept
    say $load run $load.yaml --state-dir state/kept
    for command in check 'check -vvv --connect' 'check --json' 'preview -vvv' 'preview --stage map' 'plan -vvv --sample all' 'plan --json' graph 'graph -vvv --format dot'; do
        # shellcheck disable=SC2086
        say $load $command $load.yaml --state-dir state/kept
    done
    for command in "runs $load" "runs $load --json" 'state list' "state show $load"; do
        # shellcheck disable=SC2086
        say $load $command --state-dir state/kept
    done
done
say rejects rejects said/api-rejects.csv
say rejects rejects said/import-rejects.csv --json
silent "every command, at every level of the log, as text and as JSON"
like "$(cat said/*.out)" 'user0' "what was searched is what they say"
is "$(grep -c '@example.org' said/pool.csv)" 7 "and what they write"
like "$(cat said/api-rejects.csv)" 'AdminSetUserPassword|bad_username' "rejects among it"

# ---- what AWS says back ----

echo_back="you have sent $canary-Pass\\\"w0rd-1 and \$2a\$05\$$canary, signed with $AWS_SECRET_ACCESS_KEY and $AWS_SESSION_TOKEN"
for fault in '"fault": "garbage"' '"fault": "internal", "text": "@"' '"fault": "error", "type": "InvalidPasswordException", "text": "@"' \
    '"fault": "error", "type": "InvalidParameterException: @", "text": "@"' '"fault": "error", "type": "@", "text": "@"' \
    '"fault": "error", "type": "AccessDeniedException", "text": "@", "status": 403' '"fault": "error", "type": "NotAuthorizedException", "text": "@"' \
    '"fault": "lie", "type": "UnexpectedLambdaException", "text": "@"' '"fault": "expired", "text": "@"'; do
    for where in 'api DescribeUserPool' 'api AdminCreateUser AdminSetUserPassword' 'import PutObject' \
        'import CreateUserImportJob PutImportFile DescribeUserImportJob'; do
        load=${where%% *} rules=
        for op in ${where#* }; do
            rules+="${rules:+, }{${fault//@/$echo_back}, \"op\": \"$op\", \"to\": 2}"
        done
        forget
        faults "[$rules]"
        run_once "$load" -vvv --json
        double_get stats | tr -d '\n' >>in/stats && echo >>in/stats
    done
done
faults '[]'
silent "errors that say back what was sent, and broken replies"
is "$(python3 -c 'import json; print([stats["faults"] for stats in map(json.loads, open("in/stats")) if not any(rule["hit"] for rule in stats["faults"])])')" \
    "[]" "each of them was met"

# ---- credentials that are wrong, and where they come from ----

AWS_SECRET_ACCESS_KEY="$canary wrong" run_once api -vvv
AWS_SECRET_ACCESS_KEY=${canary}wrong run_once import -vvv
AWS_SESSION_TOKEN=${canary}wrong run_once extract -vvv
cat >in/credentials.sh <<END
for pid in \$\$ \$PPID; do tr '\\0' ' ' </proc/\$pid/cmdline; echo; done >>said/command-lines
printf '%s' "\$(cat in/printed.json)"
END
printf '[default]\ncredential_process = sh in/credentials.sh\n' >in/config
# from NAME=FILE: credentials out of files alone
from()
{
    before=(env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN "$@")
    run_once api -vvv
    before=()
}
printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s"}' "$AWS_ACCESS_KEY_ID" \
    "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN" >in/printed.json
forget
from AWS_CONFIG_FILE=in/config
is "$status" 0 "credentials that a program prints"
like "$(cat said/command-lines)" "^sh in/credentials.sh $" "its command line has been looked at"
like "$(cat said/command-lines)" "leat run api.yaml" "and leat's"
for printed in "{\"Version\": 1, \"SecretAccessKey\": \"$canary\"" "$canary" "{\"Version\": 2, \"SecretAccessKey\": \"$canary\"}" \
    "{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"$canary space\"}" \
    "{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"$canary\", \"Expiration\": \"$canary\"}"; do
    printf '%s' "$printed" >in/printed.json
    from AWS_CONFIG_FILE=in/config
done
for file in "[default]\naws_access_key_id = A\naws_secret_access_key $canary\n" "[default\naws_secret_access_key = $canary\n" "$canary\n" \
    "[default]\naws_access_key_id = A\naws_secret_access_key = $canary $canary\n" "[default]\naws_secret_access_key = $canary\n"; do
    printf '%b' "$file" >in/credentials
    from AWS_SHARED_CREDENTIALS_FILE=in/credentials
done
silent "credentials that are wrong, or stand in files that are"

# ---- killed, crashed, and their core files ----

# struck SIGNAL [NAME=VALUE]  a run of $load that goes on with the one before, when users are on their way
struck()
{
    double_mark
    # Whoever started us may have SIGQUIT ignored, which children inherit.
    ( ulimit -c unlimited 2>/dev/null; exec env --default-signal=QUIT "${@:2}" "$LEAT" run -vvv $load.yaml --state-dir state/struck-$load ) \
        >"said/$n_said-$1.out" 2>"said/$n_said-$1.err" &
    local pid=$!
    n_said=$((n_said + 1))
    until_true $pid sh -c "[ \"\$(cat /proc/$pid/comm)\" = leat ]" && until_true $pid under_way
    tr '\0' ' ' </proc/$pid/cmdline >>said/command-lines && echo >>said/command-lines
    kill "-$1" $pid
    wait $pid 2>/dev/null
    status=$?
}
under_way() { [ "$(double_count $operation)" -gt 0 ]; }
core_files() { find . -name 'core*' -type f; }
core_is_a_file() { case $(cat /proc/sys/kernel/core_pattern)-$(ulimit -c unlimited 2>/dev/null; ulimit -c) in core*-unlimited) ;; *) false ;; esac; }

for load in api import; do
    [ $load = api ] && operation=AdminSetUserPassword || operation=DescribeUserImportJob
    forget
    faults '[{"fault": "slow", "op": "AdminSetUserPassword", "ms": 60000}]'
    double_post control '{"hold": "Pending"}'
    for signal in KILL QUIT ABRT SEGV TRAP; do
        struck $signal
        isnt "$status" 0 "$load: SIG$signal ends it"
        if ! sanitized; then
            is "$(core_files)" "" "$load: SIG$signal leaves no core file"
        fi
    done
    if ! sanitized && core_is_a_file; then
        struck QUIT LEAT_COREDUMP=1
        is "$(core_files | xargs grep -laE "$canary-Pass|$canary\w*CCCCC" | wc -l)" 1 "$load: with LEAT_COREDUMP=1 there is one, and it has secrets in it"
        core_files | xargs rm -f
    else
        skip "$load: with LEAT_COREDUMP=1 there is one" "there are none in this build, or they do not go into the folder on this machine"
    fi
    faults '[]'
    double_post control '{"hold": null}'
    say $load run -vvv $load.yaml --state-dir state/struck-$load --report said/report.json
    is "$status" 0 "$load: the next run brings it to its end"
    say $load runs $load --state-dir state/struck-$load
done
silent "killed and crashed runs"
done_testing
