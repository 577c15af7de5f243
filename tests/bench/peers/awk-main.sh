#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The main job in GNU awk. usage: awk-main.sh USERS OUT REJECTS
exec gawk -v rejects="$3" -f "${0%.sh}.awk" "$1" >"$2"
