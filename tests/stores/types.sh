# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The type matrices, for shell tests. Read behind tests/lib/tap.sh.
#
#   types sql DATABASE                SQL that makes the table `matrix`
#   types texts DATABASE [CAST]       SQL that asks for the server's own texts
#   types_setup DATABASE              SQL that makes the types of the matrix that are no built-in ones
#   types_compare DATABASE RECORDS REJECTS TEXTS   an assertion a value

types() { python3 "$top_srcdir/tests/stores/types.py" "$1" "$top_srcdir/tests/stores/$2-types.tsv" "${@:3}"; }

types_setup() { sed -n 's/^#: //p' "$top_srcdir/tests/stores/$1-types.tsv"; }

types_compare()
{
    local line
    while IFS= read -r line; do
        case $line in
        'ok '*) pass "${line#ok }" ;;
        'not ok '*) fail "${line#not ok }" ;;
        *) echo "$line" ;;
        esac
    done < <(types compare "$@" || echo "not ok the matrix cannot be compared")
}
