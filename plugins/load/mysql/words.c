/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The words of the statements. Rows go in by INSERT ... VALUES, and where no row but the one
 * with the key can be meant, it updates what is there:
 *
 *     INSERT INTO t (`id`, `name`) VALUES ... ON DUPLICATE KEY UPDATE `name` = VALUES(`name`)
 *
 * Else by way of the staging table, in which of several rows with one key the last stays:
 *
 *     REPLACE INTO leat_staging (`id`, `name`) VALUES ...
 *     UPDATE leat_staging AS leat_rows STRAIGHT_JOIN t AS leat_target ON leat_target.`id` = leat_rows.`id`
 *            SET leat_target.`name` = leat_rows.`name`
 *     INSERT INTO t (`id`, `name`) SELECT leat_rows.`id`, leat_rows.`name` FROM leat_staging AS leat_rows
 *            LEFT JOIN t AS leat_target ON ... WHERE leat_target.`id` IS NULL
 *     DELETE FROM leat_staging
 */
#include "load.h"

#define ENGINE " ENGINE=InnoDB"

/* ---- types ---- */

/* The types that extract mysql reads as the same, but for an instant: TIMESTAMP ends in 2038. What is in a key has to
 * have an end. */
static const char *type_name(const struct leat_field *field, bool key)
{
    switch (field->type) {
    case LEAT_BOOL:
        return "BOOLEAN";
    case LEAT_INT64:
        return "BIGINT";
    case LEAT_FLOAT64:
        return "DOUBLE";
    case LEAT_DECIMAL:
        return "DECIMAL(65,30)";
    case LEAT_DATE:
        return "DATE";
    case LEAT_TIMESTAMP:
        return "DATETIME(6)";
    case LEAT_BYTES:
        return key ? "VARBINARY(255)" : "LONGBLOB";
    case LEAT_JSON:
        return key ? "VARCHAR(255)" : "JSON";
    default:
        return key ? "VARCHAR(255)" : "LONGTEXT";
    }
}

static const char *word_create(struct leat_plan *plan, const struct mysql *p)
{
    const struct leat_schema *in = leat_plan_input(plan);
    struct leat_put sql = { 0 };

    leat_put_printf(&sql, "CREATE TABLE IF NOT EXISTS %s (", p->load.target);
    for (int i = 0; i < p->load.n_fields; i++) {
        const struct leat_field *field = &in->fields[p->load.fields[i]];
        bool key = leat_sql_load_is_key(&p->load, p->load.fields[i]);

        leat_put_string(&sql, i ? ", " : "");
        leat_sql_add_name(&sql, &leat_mysql_dialect, field->name);
        leat_put_printf(&sql, " %s%s", type_name(field, key), key ? " NOT NULL" : "");
    }
    if (p->load.n_key) {
        leat_put_string(&sql, ", PRIMARY KEY (");
        leat_sql_add_fields(&sql, &leat_mysql_dialect, in, p->load.key_fields, p->load.n_key);
        leat_put_string(&sql, ")");
    }
    leat_put_string(&sql, ")" ENGINE " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    return leat_sql_keep(plan, &sql);
}

static const char *word_commits(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };

    leat_put_printf(&sql, "CREATE TABLE IF NOT EXISTS %s (who VARCHAR(64) NOT NULL PRIMARY KEY, what VARCHAR(255) NOT "
                    "NULL)" ENGINE " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", p->load.commits);
    return leat_sql_keep(plan, &sql);
}

/* ---- columns ---- */

static void add_columns(struct leat_put *sql, struct leat_plan *plan, const struct mysql *p)
{
    leat_sql_add_fields(sql, &leat_mysql_dialect, leat_plan_input(plan), p->load.fields, p->load.n_fields);
}

static void add_key(struct leat_put *sql, struct leat_plan *plan, const struct mysql *p)
{
    leat_sql_add_fields(sql, &leat_mysql_dialect, leat_plan_input(plan), p->load.key_fields, p->load.n_key);
}

static void add_name(struct leat_put *sql, struct leat_plan *plan, int field)
{
    leat_sql_add_name(sql, &leat_mysql_dialect, leat_plan_input(plan)->fields[field].name);
}

static void add_match(struct leat_put *sql, struct leat_plan *plan, const struct mysql *p)
{
    for (int i = 0; i < p->load.n_key; i++) {
        leat_put_string(sql, i ? " AND leat_target." : "leat_target.");
        add_name(sql, plan, p->load.key_fields[i]);
        leat_put_string(sql, " = leat_rows.");
        add_name(sql, plan, p->load.key_fields[i]);
    }
}

static void add_staging(struct leat_put *sql, const struct mysql *p)
{
    leat_sql_add_name(sql, &leat_mysql_dialect, p->schema);
    leat_put_string(sql, "." STAGING);
}

/* ---- rows ---- */

static const char *word_head(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };

    leat_put_string(&sql, p->staging_sql ? "REPLACE INTO " : "INSERT INTO ");
    if (p->staging_sql)
        add_staging(&sql, p);
    else
        leat_put_string(&sql, p->load.target);
    leat_put_string(&sql, " (");
    add_columns(&sql, plan, p);
    leat_put_string(&sql, ") VALUES ");
    return leat_sql_keep(plan, &sql);
}

static const char *word_tail(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };
    int n = 0;

    for (int i = 0; p->direct && i < p->load.n_fields; i++) {
        if (leat_sql_load_is_key(&p->load, p->load.fields[i]))
            continue;
        leat_put_string(&sql, n++ ? ", " : " ON DUPLICATE KEY UPDATE ");
        add_name(&sql, plan, p->load.fields[i]);
        leat_put_string(&sql, " = VALUES(");
        add_name(&sql, plan, p->load.fields[i]);
        leat_put_string(&sql, ")");
    }
    if (p->direct && !n) { /* all of it is key: as it is */
        leat_put_string(&sql, " ON DUPLICATE KEY UPDATE ");
        add_name(&sql, plan, p->load.key_fields[0]);
        leat_put_string(&sql, " = ");
        add_name(&sql, plan, p->load.key_fields[0]);
    }
    return leat_sql_keep(plan, &sql);
}

void word_trial(struct leat_put *sql, const struct mysql *p)
{
    leat_put_printf(sql, "%s(", p->head);
    for (int i = 0; i < p->load.n_fields; i++)
        leat_put_string(sql, i ? ",NULL" : "NULL");
    leat_put_printf(sql, ")%s", p->tail);
}

/* ---- by way of the staging table ---- */

/* Columns of the target's types, without its constraints. */
static const char *word_staging(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };

    leat_put_string(&sql, "CREATE TEMPORARY TABLE ");
    add_staging(&sql, p);
    leat_put_string(&sql, " (UNIQUE KEY (");
    add_key(&sql, plan, p);
    leat_put_string(&sql, "))" ENGINE " AS SELECT ");
    add_columns(&sql, plan, p);
    leat_put_printf(&sql, " FROM %s LIMIT 0", p->load.target);
    return leat_sql_keep(plan, &sql);
}

/* The order of the two is the server's to choose only where there is no index: it may believe the table to be empty. */
static const char *word_update(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };
    int n = 0;

    leat_put_string(&sql, "UPDATE ");
    add_staging(&sql, p);
    leat_put_printf(&sql, " AS leat_rows %s %s AS leat_target ON ", p->by_index ? "STRAIGHT_JOIN" : "JOIN",
                    p->load.target);
    add_match(&sql, plan, p);
    leat_put_string(&sql, " SET ");
    for (int i = 0; i < p->load.n_fields; i++) {
        if (leat_sql_load_is_key(&p->load, p->load.fields[i]))
            continue;
        leat_put_string(&sql, n++ ? ", leat_target." : "leat_target.");
        add_name(&sql, plan, p->load.fields[i]);
        leat_put_string(&sql, " = leat_rows.");
        add_name(&sql, plan, p->load.fields[i]);
    }
    if (n)
        return leat_sql_keep(plan, &sql);
    leat_put_free(&sql);
    return NULL;
}

static const char *word_insert(struct leat_plan *plan, const struct mysql *p)
{
    struct leat_put sql = { 0 };

    leat_put_printf(&sql, "INSERT INTO %s (", p->load.target);
    add_columns(&sql, plan, p);
    leat_put_string(&sql, ") SELECT ");
    for (int i = 0; i < p->load.n_fields; i++) {
        leat_put_string(&sql, i ? ", leat_rows." : "leat_rows.");
        add_name(&sql, plan, p->load.fields[i]);
    }
    leat_put_string(&sql, " FROM ");
    add_staging(&sql, p);
    leat_put_printf(&sql, " AS leat_rows LEFT JOIN %s AS leat_target ON ", p->load.target);
    add_match(&sql, plan, p);
    leat_put_string(&sql, " WHERE leat_target.");
    add_name(&sql, plan, p->load.key_fields[0]);
    leat_put_string(&sql, " IS NULL");
    return leat_sql_keep(plan, &sql);
}

static bool word_staged(struct leat_plan *plan, struct mysql *p)
{
    struct leat_put sql = { 0 };

    p->staging_sql = word_staging(plan, p);
    p->update_sql = word_update(plan, p);
    p->insert_sql = word_insert(plan, p);
    leat_put_string(&sql, "DELETE FROM ");
    add_staging(&sql, p);
    p->clear_sql = leat_sql_keep(plan, &sql);
    return p->staging_sql && p->insert_sql && p->clear_sql;
}

bool words(struct leat_plan *plan, struct mysql *p)
{
    bool by_key = p->load.mode == LEAT_SQL_UPSERT || p->load.mode == LEAT_SQL_MERGE;

    p->create_sql = p->n_columns ? NULL : word_create(plan, p);
    p->commits_sql = word_commits(plan, p);
    if (by_key && !p->direct && !word_staged(plan, p))
        return false;
    p->head = word_head(plan, p);
    p->tail = word_tail(plan, p);
    return p->commits_sql && (p->n_columns || p->create_sql) && p->head && p->tail;
}
