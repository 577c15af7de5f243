/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The words of the statements. An upsert of a batch, by way of the staging table:
 *
 *     WITH leat_rows AS (SELECT DISTINCT ON ("id") "id", "name" FROM leat_staging
 *                        ORDER BY "id", "leat:number" DESC),
 *          leat_put AS (INSERT INTO t ("id", "name") SELECT "id", "name" FROM leat_rows
 *                       ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name" RETURNING 1)
 *     SELECT (SELECT count(*) FROM leat_rows), (SELECT count(*) FROM leat_put)
 *
 * Of several rows with one key the last counts, as if each had come alone.
 */
#include "load.h"

/* The types that extract postgres reads as the same. */
static const char *type_name(const struct leat_field *field)
{
    switch (field->type) {
    case LEAT_BOOL:
        return "boolean";
    case LEAT_INT64:
        return "bigint";
    case LEAT_FLOAT64:
        return "double precision";
    case LEAT_DECIMAL:
        return "numeric";
    case LEAT_DATE:
        return "date";
    case LEAT_TIMESTAMP:
        return field->local ? "timestamp" : "timestamptz";
    case LEAT_BYTES:
        return "bytea";
    case LEAT_JSON:
        return "json"; /* as it stands: jsonb would change it */
    default:
        return "text";
    }
}

static const struct leat_field *field_of(struct leat_plan *plan, int field)
{
    return &leat_plan_input(plan)->fields[field];
}

static void add_name(struct leat_put *sql, struct leat_plan *plan, int field)
{
    leat_sql_add_name(sql, &leat_postgres_dialect, field_of(plan, field)->name);
}

static void add_columns(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    leat_sql_add_fields(sql, &leat_postgres_dialect, leat_plan_input(plan), p->load.fields, p->load.n_fields);
}

static void add_key(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    leat_sql_add_fields(sql, &leat_postgres_dialect, leat_plan_input(plan), p->load.key_fields, p->load.n_key);
}

static const char *word_create(struct leat_plan *plan, const struct postgres *p)
{
    struct leat_put sql = { 0 };

    leat_put_printf(&sql, "CREATE TABLE IF NOT EXISTS %s (", p->load.target);
    for (int i = 0; i < p->load.n_fields; i++) {
        leat_put_string(&sql, i ? ", " : "");
        add_name(&sql, plan, p->load.fields[i]);
        leat_put_printf(&sql, " %s", type_name(field_of(plan, p->load.fields[i])));
    }
    if (p->load.n_key) {
        leat_put_string(&sql, ", PRIMARY KEY (");
        add_key(&sql, plan, p);
        leat_put_string(&sql, ")");
    }
    leat_put_string(&sql, ")");
    return leat_sql_keep(plan, &sql);
}

/* Columns of the target's types, without its constraints. */
static const char *word_staging(struct leat_plan *plan, const struct postgres *p)
{
    struct leat_put sql = { 0 };

    leat_put_string(&sql, "CREATE TEMPORARY TABLE " STAGING " ON COMMIT DELETE ROWS AS SELECT 0 AS " NUMBER ", ");
    add_columns(&sql, plan, p);
    leat_put_printf(&sql, " FROM %s WITH NO DATA", p->load.target);
    return leat_sql_keep(plan, &sql);
}

static const char *word_copy(struct leat_plan *plan, const struct postgres *p)
{
    struct leat_put sql = { 0 };

    leat_put_printf(&sql, "COPY %s (%s", p->staging_sql ? "pg_temp." STAGING : p->load.target,
                    p->staging_sql ? NUMBER ", " : "");
    add_columns(&sql, plan, p);
    leat_put_string(&sql, ") FROM STDIN");
    return leat_sql_keep(plan, &sql);
}

/* SET "name" = FROM."name". Returns how many. */
static int add_changes(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p, const char *from)
{
    int n = 0;

    for (int i = 0; i < p->load.n_fields; i++) {
        if (leat_sql_load_is_key(&p->load, p->load.fields[i]))
            continue;
        leat_put_string(sql, n++ ? ", " : "");
        add_name(sql, plan, p->load.fields[i]);
        leat_put_printf(sql, " = %s.", from);
        add_name(sql, plan, p->load.fields[i]);
    }
    return n;
}

static void add_match(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    for (int i = 0; i < p->load.n_key; i++) {
        leat_put_string(sql, i ? " AND leat_target." : "leat_target.");
        add_name(sql, plan, p->load.key_fields[i]);
        leat_put_string(sql, " = leat_rows.");
        add_name(sql, plan, p->load.key_fields[i]);
    }
}

static void add_rows(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    leat_put_string(sql, "WITH leat_rows AS (SELECT DISTINCT ON (");
    add_key(sql, plan, p);
    leat_put_string(sql, ") ");
    add_columns(sql, plan, p);
    leat_put_string(sql, " FROM pg_temp." STAGING " ORDER BY ");
    add_key(sql, plan, p);
    leat_put_string(sql, ", " NUMBER " DESC), ");
}

static void add_row_key(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    for (int i = 0; i < p->load.n_key; i++) {
        leat_put_string(sql, i ? ", leat_rows." : "leat_rows.");
        add_name(sql, plan, p->load.key_fields[i]);
    }
}

/* The keys that the table has. */
static void add_there(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    leat_put_string(sql, "leat_there AS (SELECT DISTINCT ");
    add_row_key(sql, plan, p);
    leat_put_printf(sql, " FROM leat_rows JOIN %s AS leat_target ON ", p->load.target);
    add_match(sql, plan, p);
    leat_put_string(sql, "), ");
}

static void add_insert(struct leat_put *sql, struct leat_plan *plan, const struct postgres *p)
{
    leat_put_printf(sql, "leat_put AS (INSERT INTO %s (", p->load.target);
    add_columns(sql, plan, p);
    leat_put_string(sql, ") SELECT ");
    add_columns(sql, plan, p);
    leat_put_string(sql, " FROM leat_rows");
}

static const char *word_upsert(struct leat_plan *plan, const struct postgres *p)
{
    struct leat_put sql = { 0 }, changes = { 0 };
    int n = add_changes(&changes, plan, p, "excluded");

    add_rows(&sql, plan, p);
    if (!n)
        add_there(&sql, plan, p);
    add_insert(&sql, plan, p);
    leat_put_string(&sql, " ON CONFLICT (");
    add_key(&sql, plan, p);
    leat_put_string(&sql, n ? ") DO UPDATE SET " : ") DO NOTHING");
    leat_put_bytes(&sql, changes.p ? changes.p : "", changes.n);
    leat_put_string(&sql, " RETURNING 1) SELECT (SELECT count(*) FROM leat_rows), (SELECT count(*) FROM leat_put)");
    if (!n)
        leat_put_string(&sql, " + (SELECT count(*) FROM leat_there)");
    sql.failed |= changes.failed;
    leat_put_free(&changes);
    return leat_sql_keep(plan, &sql);
}

/* The same by two statements, which need no index that says what is unique. */
static const char *word_merge(struct leat_plan *plan, const struct postgres *p)
{
    struct leat_put sql = { 0 }, changes = { 0 };
    int n = add_changes(&changes, plan, p, "leat_rows");

    add_rows(&sql, plan, p);
    add_there(&sql, plan, p);
    if (n) {
        leat_put_printf(&sql, "leat_changed AS (UPDATE %s AS leat_target SET ", p->load.target);
        leat_put_bytes(&sql, changes.p ? changes.p : "", changes.n);
        leat_put_string(&sql, " FROM leat_rows WHERE ");
        add_match(&sql, plan, p);
        leat_put_string(&sql, " RETURNING ");
        add_row_key(&sql, plan, p);
        leat_put_string(&sql, "), ");
    }
    add_insert(&sql, plan, p);
    leat_put_string(&sql, " WHERE (");
    add_key(&sql, plan, p);
    leat_put_string(&sql, ") NOT IN (SELECT * FROM leat_there) RETURNING 1) SELECT (SELECT count(*) FROM leat_rows), "
                          "(SELECT count(*) FROM leat_put) + (SELECT count(*) FROM ");
    leat_put_string(&sql, n ? "(SELECT DISTINCT * FROM leat_changed) AS leat_all)" : "leat_there)");
    sql.failed |= changes.failed;
    leat_put_free(&changes);
    return leat_sql_keep(plan, &sql);
}

bool words(struct leat_plan *plan, struct postgres *p, bool makes)
{
    bool staged = p->load.mode == LEAT_SQL_UPSERT || p->load.mode == LEAT_SQL_MERGE;

    p->create_sql = makes ? word_create(plan, p) : NULL;
    p->staging_sql = staged ? word_staging(plan, p) : NULL;
    p->copy_sql = word_copy(plan, p);
    if (staged)
        p->put_sql = p->load.mode == LEAT_SQL_UPSERT ? word_upsert(plan, p) : word_merge(plan, p);
    return p->copy_sql && (!makes || p->create_sql) && (!staged || (p->staging_sql && p->put_sql));
}
