# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# build-aux/new-plugin.sh makes plugins that compile, are documented and run.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires gcc

for kind in extract transform validate load function; do
    name=my_$kind
    run bash "$top_srcdir/build-aux/new-plugin.sh" "$kind" "$name" made
    is "$status" 0 "it makes a plugin of kind $kind"
    run gcc -std=gnu17 -O2 -fPIC -shared -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror \
        -I"$top_srcdir/core/include" -o "$kind-$name.so" "made/$kind/$name/$name.c"
    is "$status" 0 "which compiles without a warning"
done
run leat plugin index . --plugin-dir .
is "$status" 0 "its functions are found"
for kind in extract transform validate load function; do
    sed -n 's/^  //p' "made/$kind/my_$kind/my_$kind.pod" >"$kind.yaml"
    run leat run --plugin-dir . "$kind.yaml"
    is "$status" 0 "the pipeline in the page of my_$kind runs"
done
run bash "$top_srcdir/build-aux/new-plugin.sh" extract my_extract made
is "$status" 73 "it does not write over a plugin"
run bash "$top_srcdir/build-aux/new-plugin.sh" extract ../x made
is "$status" 64 "and wants a name"
done_testing
