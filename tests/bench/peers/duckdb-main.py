#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The main job in DuckDB's SQL. usage: duckdb-main.py USERS OUT REJECTS"""
import sys

import duckdb

NAMES = ("id username email email_verified first_name last_name phone birthdate country created_at updated_at status "
         "password_hash roles address").split()
IS_EMAIL = r"regexp_full_match(email, '[^@\s]+@[^@\s]+\.[^@\s]+')"

READ = r"""
CREATE TEMP VIEW users AS
SELECT * REPLACE (lower(trim(coalesce(email, ''))) AS email)
FROM read_csv($path, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {columns})
WHERE status IS DISTINCT FROM 'deleted'"""

WRITE = r"""
COPY (
  WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY email ORDER BY CAST(id AS bigint)) AS rank,
           regexp_replace(phone, '\D', '', 'g') AS digits
    FROM users WHERE {is_email})
  SELECT username AS "cognito:username", trim(concat_ws(' ', first_name, last_name)) AS name,
         first_name AS given_name, last_name AS family_name, NULL AS middle_name, NULL AS nickname,
         NULL AS preferred_username, NULL AS profile, NULL AS picture, NULL AS website, email,
         coalesce(lower(email_verified) IN ('t', 'true', '1', 'yes'), false) AS email_verified, NULL AS gender,
         CASE WHEN birthdate LIKE '__/__/____' THEN birthdate[7:10] || '-' || birthdate[4:5] || '-' || birthdate[1:2]
              ELSE birthdate END AS birthdate,
         NULL AS zoneinfo, NULL AS locale,
         CASE country WHEN 'US' THEN '+1' || digits WHEN 'FR' THEN '+33' || regexp_replace(digits, '^0', '')
              WHEN 'DE' THEN '+49' || regexp_replace(digits, '^0', '')
              WHEN 'GB' THEN '+44' || regexp_replace(digits, '^0', '') END AS phone_number,
         false AS phone_number_verified, address, CAST(epoch(CAST(updated_at AS timestamp)) AS bigint) AS updated_at,
         false AS "cognito:mfa_enabled"
  FROM ranked WHERE rank = 1 ORDER BY CAST(id AS bigint)
) TO '{out}' (HEADER, DELIMITER ',')"""

REJECT = "COPY (SELECT id, email, 'invalid_email' AS reason FROM users WHERE NOT {is_email}) TO '{out}' (HEADER)"


def main(path, out, bad):
    db = duckdb.connect()
    columns = "{" + ", ".join(f"'{name}': 'varchar'" for name in NAMES) + "}"
    db.execute(READ.replace("$path", "'" + path + "'").replace("{columns}", columns))
    db.execute(WRITE.format(is_email=IS_EMAIL, out=out))
    db.execute(REJECT.format(is_email=IS_EMAIL, out=bad))


main(*sys.argv[1:])
