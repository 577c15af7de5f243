# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Tests of the double of Cognito, by its rules; run by test-cognito.py."""
