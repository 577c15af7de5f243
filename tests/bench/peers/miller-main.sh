#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The main job in Miller. usage: miller-main.sh USERS OUT REJECTS
echo id,email,reason >"$3"
REJECTS=$3 exec mlr --csv -S filter '$status != "deleted"' then put -q -f "${0%.sh}.mlr" "$1" >"$2"
