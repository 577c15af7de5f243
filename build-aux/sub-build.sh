#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# sub-build.sh FOLDER CONFIGURE-OPTION... -- MAKE-ARGUMENT...
#
# Called by make in the build tree: configures FOLDER below it like the build tree itself
# plus the options given, only if that has changed, then makes there.
set -euo pipefail

folder=$1
shift
options=()
while [ "$1" != -- ]; do
    options+=("$1")
    shift
done
shift

if [ -e configure.ac ]; then
    echo "${0##*/}: $folder needs a build outside the source tree: mkdir build && cd build && ../configure" >&2
    exit 1
fi

# How this build tree was configured; its flags for optimising belong to it alone.
eval "set_like_us=($(./config.status --config))"
configure=$(cd "$(dirname "$0")/.." && pwd)/configure
like_us=()
for option in "${set_like_us[@]}"; do
    case $option in
    CFLAGS=* | CXXFLAGS=* | --srcdir=* | --enable-sanitizers* | --enable-coverage*) ;;
    *) like_us+=("$option") ;;
    esac
done

mkdir -p "$folder"
cd "$folder"
wanted=$(printf '%q ' "$configure" "${like_us[@]}" "${options[@]}")
if [ ! -e config.status ] || [ "$configure" -nt config.status ] || [ "$(cat configured 2>/dev/null)" != "$wanted" ]; then
    "$configure" --quiet "${like_us[@]}" "${options[@]}" || { echo "see $PWD/config.log" >&2; exit 1; }
    # Objects made with other flags are of no use; make would not notice.
    [ ! -e configured ] || $MAKE --no-print-directory mostlyclean >/dev/null
    echo "$wanted" >configured
fi

# make -j of the caller reaches us as a job server; without one, two at a time.
jobs=
case " ${MAKEFLAGS-}" in *jobserver*) ;; *) jobs=-j2 ;; esac

# Old sanitizers break where addresses are very random.
prefix=()
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    prefix=(setarch "$(uname -m)" -R)
fi
$MAKE $jobs --no-print-directory all
exec "${prefix[@]}" $MAKE $jobs --no-print-directory "$@"
