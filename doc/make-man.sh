#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# make-man.sh PAGE SRCDIR   (in the build tree, after leat and its plugins are built)
#
# Makes doc/leat.1 out of doc/leat.pod, and doc/leat-load-csv.7 out of
# plugins/load/csv/csv.pod. In between, the line __OPTIONS__ is replaced by what the plugin
# itself says of its options, and __FUNCTIONS__ by what leat says of its functions; the
# whole text is kept as doc/pod/leat-load-csv.pod.
#
# Without pod2man the page is that of the tarball, or else the text as it is: readable, not
# pretty, and no reason to fail.
set -eu

page=$1 srcdir=$2
version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' config.h)
name=${page##*/} section=${page##*.}
name=${name%.*}
plugin=${name#leat-}            # extract-csv
kind=${plugin%%-*}              # extract
text=doc/pod/$name.pod

if [ -e "$srcdir/doc/$name.pod" ]; then
    source=$srcdir/doc/$name.pod
else
    source=$srcdir/plugins/$kind/${plugin#*-}/${plugin#*-}.pod
fi

# What leat prints goes where the mark stands. A leat that cannot run here (it was built for
# another machine), or a plugin that was left out, leaves a sentence there.
generated()
{
    # A sanitizer would take what libltdl leaves behind for a leak of ours.
    ASAN_OPTIONS=detect_leaks=0 ./leat plugin show "$1" --format pod 2>/dev/null ||
        echo "See the output of C<leat plugin show $1>."
}

mkdir -p doc/pod
work=$text.$$
trap 'rm -f "$work" "$work.gen"' EXIT
if grep -q '^__FUNCTIONS__$' "$source"; then
    generated functions >"$work.gen"
elif grep -q '^__OPTIONS__$' "$source"; then
    generated "$plugin" >"$work.gen"
else
    : >"$work.gen"
fi
sed -e "/^__\(OPTIONS\|FUNCTIONS\)__\$/{r $work.gen
d
}" "$source" >"$work"

# leat is linked often and its tables change seldom.
if cmp -s "$work" "$text" && [ -e "$page" ]; then
    touch "$page"
    exit 0
fi
mv "$work" "$text"

if command -v pod2man >/dev/null 2>&1; then
    pod2man --utf8 --section="$section" --name="$(echo "$name" | tr '[:lower:]' '[:upper:]')" \
        --center="leat" --release="leat $version" --date=" " "$text" "$page"
elif [ -e "$srcdir/$page" ]; then
    [ "$srcdir/$page" -ef "$page" ] || cp "$srcdir/$page" "$page"
    touch "$page"
else
    {
        printf '.TH "%s" "%s"\n.nf\n' "$name" "$section"
        sed -e 's/\\/\\e/g' -e "s/^\\([.']\\)/\\\\\\&\\1/" "$text"
    } >"$page"
fi
