# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Read by the tests beside it, after tap.sh: a Python that sees tests/doubles, and no AWS settings of whoever runs them.

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$top_srcdir/tests/doubles
python=python3
for variable in $(compgen -e AWS_); do
    unset "$variable"
done

# Debian's package is the system's Python's, which need not be the first in PATH.
requires_botocore()
{
    for python in python3 /usr/bin/python3; do
        ! $python -c 'import botocore' 2>/dev/null || return 0
    done
    skip_all "no python3-botocore"
}
