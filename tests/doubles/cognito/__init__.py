# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A double of Amazon Cognito; python3 tests/doubles/cognito --help."""
