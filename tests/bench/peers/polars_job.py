# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The main job in Polars, lazy, streaming into both files."""
import polars as pl
from polars import col, lit

CODES = {"US": "+1", "FR": "+33", "DE": "+49", "GB": "+44"}
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def blank(*names):
    return [lit(None, dtype=pl.String).alias(name) for name in names]


def run(users, out, bad):
    updated_at = col("updated_at")
    if users.collect_schema()["updated_at"] == pl.String:
        updated_at = updated_at.str.to_datetime("%Y-%m-%d %H:%M:%S")
    users = users.filter(col("status").ne_missing("deleted"))
    users = users.with_columns(email=col("email").fill_null("").str.strip_chars().str.to_lowercase())
    is_email = col("email").str.contains(EMAIL)
    digits = col("phone").str.replace_all(r"\D", "")
    national = pl.when(col("country") == "US").then(digits).otherwise(digits.str.replace("^0", ""))
    birth = col("birthdate")
    rows = users.filter(is_email).unique("email", keep="first", maintain_order=True).select(
        col("username").alias("cognito:username"),
        pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True).str.strip_chars().alias("name"),
        col("first_name").alias("given_name"), col("last_name").alias("family_name"),
        *blank("middle_name", "nickname", "preferred_username", "profile", "picture", "website"),
        "email",
        pl.when(col("email_verified").str.to_lowercase().is_in(["t", "true", "1", "yes"])).then(lit("true"))
        .otherwise(lit("false")).alias("email_verified"),
        *blank("gender"),
        pl.when(birth.str.slice(2, 1) == "/")
        .then(birth.str.slice(6, 4) + "-" + birth.str.slice(3, 2) + "-" + birth.str.slice(0, 2))
        .otherwise(birth).alias("birthdate"),
        *blank("zoneinfo", "locale"),
        (col("country").replace_strict(CODES, default=None) + national).alias("phone_number"),
        lit("false").alias("phone_number_verified"), "address",
        updated_at.dt.epoch("s").alias("updated_at"),
        lit("false").alias("cognito:mfa_enabled"))
    rejects = users.filter(~is_email).select("id", "email", lit("invalid_email").alias("reason"))
    # Both together, so that the file is read once; it is what takes least CPU time of the ways there are.
    pl.collect_all([rows.sink_csv(out, lazy=True), rejects.sink_csv(bad, lazy=True)], engine="streaming")

