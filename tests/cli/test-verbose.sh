# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat -v: which plugins, which workers, which files; -vv: which fields. Lines on standard error.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

printf 'id,n\n1,secret-value\n2,\n' >in.csv
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' 'transform: [{filter: id is not null}]' 'validate: [{rules: {n: {required: true}}}]' \
    'load: {csv: o.csv}' 'rejects: {csv: r.csv}' 'max_rejects: 100%' >p.yaml
run leat run p.yaml
is "$status$out$err" 0 "without: silent"
run leat run -v p.yaml
is "$status$out" 0 "-v: silent on standard output"
like "$err" "^leat: info: plugin extract csv: /.*/extract-csv.so$" "-v: plugins, and where they come from"
like "$err" "^leat: info: plugin transform filter: /.*/transform-filter.so$" "-v: all of them"
like "$err" "^leat: info: segment 1, 1 worker: csv$" "-v: who works beside whom"
like "$err" "^leat: info: segment [0-9]+, [0-9]+ workers?: filter$" "-v: each stage"
like "$err" "^leat: info: csv reads $scratch/in.csv$" "-v: the file that is read"
like "$err" "^leat: info: .* writes $scratch/o.csv$" "-v: the file that is written"
like "$err" "^leat: info: $scratch/\.o\.csv\.leat-[^ ]*\.part is now $scratch/o.csv$" "-v: the file that gets its name"
like "$err" "^leat: info: $scratch/\.r\.csv\.leat-[^ ]*\.part is now $scratch/r.csv$" "-v: the rejects too"
unlike "$err" "debug" "-v: no more than that"
run leat run -vv p.yaml
like "$err" "^leat: debug: csv puts out n text$" "-vv: the fields"
unlike "$err" "secret-value" "-vv: never a value"
for command in check preview plan graph; do
    run leat "$command" -v p.yaml
    is "$status" 0 "$command -v: exit status 0"
    like "$err" "^leat: info: plugin load csv: " "$command -v: the plugins"
done
sed -i 's/rules: /rulse: /' p.yaml
run leat run -v p.yaml
is "$status" 78 "a wrong file: exit status 78"
like "$err" "^leat: info: plugin extract csv: " "a wrong file: the plugins that were loaded"
done_testing
