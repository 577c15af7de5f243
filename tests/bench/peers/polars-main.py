#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The main job in Polars, from a CSV file. usage: polars-main.py USERS OUT REJECTS"""
import sys

import polars_job
import polars as pl


def main(path, out, bad):
    polars_job.run(pl.scan_csv(path, infer_schema=False), out, bad)


main(*sys.argv[1:])
