#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The main job in Polars, from PostgreSQL by ConnectorX. usage: connectorx-main.py QUERY OUT REJECTS"""
import os
import sys
import urllib.parse

import polars_job
import polars as pl


def main(query, out, bad):
    env = {name: urllib.parse.quote(os.environ[f"PG{name}"], safe="") for name in "USER PASSWORD HOST PORT DATABASE".split()}
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}".format(**env)
    polars_job.run(pl.read_database_uri(query, url, engine="connectorx").lazy(), out, bad)


main(*sys.argv[1:])
