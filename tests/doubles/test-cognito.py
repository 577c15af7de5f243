#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Tests of the double of Cognito: all modules of cognito_tests, or those that are named. Speaks TAP."""
import importlib, sys

import tap

MODULES = ("signing", "users", "groups", "lists", "csv", "jobs", "hashes", "faults", "boto")

names = sys.argv[1:] or MODULES
modules = [importlib.import_module("cognito_tests." + name) for name in names]
tap.run(*(value for module in modules for name, value in vars(module).items() if name.startswith("test_")))
