/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/cognito_csv/columns.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

enum { MAX_HEADER = 1 << 20 };

static void free_json(cJSON **json)
{
    cJSON_Delete(*json);
}

static void free_text(char **text)
{
    free(*text);
}

/* A name that a list or a file gives. */
static void add_named(struct leat_plan *plan, struct cognito_pool *pool, struct table *table, const char *name)
{
    bool hash = strcmp(name, cognito_password_hash.name) == 0;
    const struct cognito_attribute *a = hash ? &cognito_password_hash : cognito_pool_assume(pool, name);
    const char *nearest = cognito_pool_nearest(pool, name);

    if (!a && nearest)
        leat_plan_wrong(plan, "header", "'%s' is no column that the pool has; did you mean '%s'?", name, nearest);
    else if (!a)
        leat_plan_wrong(plan, "header", "'%s' is no column that the pool has; write the names as get-csv-header prints "
                        "them", name);
    else if (table_find(table, a->name))
        leat_plan_wrong(plan, "header", "the column '%s' is named twice", name);
    else if (!table_add(table, a, a->name))
        leat_plan_wrong(plan, "header", "has too many columns");
}

static void add_json(struct leat_plan *plan, struct cognito_pool *pool, struct table *table, const char *path,
                     const cJSON *root)
{
    const cJSON *list = cJSON_IsObject(root) ? cJSON_GetObjectItemCaseSensitive(root, "CSVHeader") : root, *entry;

    if (!cJSON_IsArray(list) || !cJSON_GetArraySize(list)) {
        leat_plan_wrong(plan, "header", "%s holds no list CSVHeader; save there what `aws cognito-idp get-csv-header` "
                        "prints", path);
        return;
    }
    cJSON_ArrayForEach(entry, list) {
        if (cJSON_IsString(entry))
            add_named(plan, pool, table, entry->valuestring);
        else
            leat_plan_wrong(plan, "header", "%s: CSVHeader must be a list of names", path);
    }
}

static void add_file(struct leat_plan *plan, struct cognito_pool *pool, struct table *table, const char *path)
{
    __attribute__((cleanup(free_text))) char *text = NULL;
    __attribute__((cleanup(free_json))) cJSON *root = NULL;
    struct leat_error err = {0};
    size_t n;

    if (cognito_read_file(path, MAX_HEADER, &text, &n, &err) < 0) {
        leat_plan_wrong(plan, "header", "%s", err.text);
        return;
    }
    root = cJSON_ParseWithLength(text, n);
    add_json(plan, pool, table, path, root);
}

/* The path that a lone item is, made absolute by the host as for any option of that type. */
static const char *file_of(struct leat_plan *plan, const struct leat_node *item)
{
    struct file { const char *path; } file = { NULL };
    static const struct leat_option option[] = {
        { .name = "header", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct file, path), .main = true,
          .help = "JSON file with the header." },
        LEAT_END_OF_OPTIONS
    };

    return leat_plan_bind(plan, item, option, &file) < 0 ? NULL : file.path;
}

/* One item that is no column names a file. */
static bool is_file(const struct cognito_pool *pool, const struct leat_node *header)
{
    const char *text = header->n_children == 1 ? header->children[0]->text : NULL;

    return text && !cognito_pool_find(pool, text) && !cognito_is_custom(text);
}

static void add_given(struct leat_plan *plan, const struct leat_node *header, struct cognito_pool *pool,
                      struct table *table)
{
    if (is_file(pool, header)) {
        const char *path = file_of(plan, header->children[0]);

        if (path)
            add_file(plan, pool, table, path);
        return;
    }
    for (int i = 0; i < header->n_children; i++) {
        if (header->children[i]->kind == LEAT_SCALAR)
            add_named(plan, pool, table, header->children[i]->text);
        else
            leat_plan_wrong_at(plan, header->children[i], "must be the name of a column");
    }
}

/* Mapped fields that are columns wherever they are mapped: custom attributes of a pool that is not
 * described, and the password hash, which the API may not name though the import takes it. */
static void add_mapped(struct leat_plan *plan, const struct leat_node *header, struct cognito_pool *pool,
                       struct table *table)
{
    const struct leat_schema *input = leat_plan_input(plan);

    for (int i = 0; i < input->n_fields; i++) {
        const char *name = input->fields[i].name;
        const struct cognito_attribute *a = NULL;

        if (strcmp(name, cognito_password_hash.name) == 0)
            a = &cognito_password_hash;
        else if (!header && cognito_is_custom(name))
            a = cognito_pool_assume(pool, name);
        if (a && !table_find(table, name))
            (void)table_add(table, a, a->name);
    }
}

void columns_plan(struct leat_plan *plan, const struct leat_node *header, struct cognito_pool *pool,
                  struct table *table)
{
    if (header)
        add_given(plan, header, pool, table);
    else
        for (int i = 0; i < pool->n_attributes; i++)
            (void)table_add(table, &pool->attributes[i], pool->attributes[i].name);
    if (!table->n_columns)
        return;
    add_mapped(plan, header, pool, table);
    for (int i = 0; i < table->n_columns; i++)
        if (strpbrk(table->columns[i].name, ",\"\\\t\r\n"))
            leat_plan_wrong(plan, "header", "the import dialect has no form for the name of the column '%s'",
                            table->columns[i].name);
}

/* ---- what there is to say ---- */

static bool is_elsewhere(const struct table *table, const char *name)
{
    for (int i = 0; table->elsewhere && table->elsewhere[i]; i++)
        if (strcmp(table->elsewhere[i], name) == 0)
            return true;
    return false;
}

static void leave_out(struct leat_plan *plan, struct table *table, int i)
{
    const char *name = leat_plan_input(plan)->fields[i].name, *why, *nearest;
    char text[256];

    if (table->hash_left && strcmp(name, cognito_password_hash.name) == 0) {
        leat_plan_leaves_out(plan, i, table->hash_left);
        return;
    }
    if (cognito_is_extra(name, &why)) {
        leat_plan_leaves_out(plan, i, why);
        return;
    }
    nearest = cognito_pool_nearest(table->pool, name);
    if (nearest && table_find(table, nearest) && table_find(table, nearest)->field < 0)
        (void)snprintf(text, sizeof text, "is not a column of the target; did you mean '%s'?", nearest);
    else
        (void)snprintf(text, sizeof text, "is not a column of the target");
    leat_plan_leaves_out(plan, i, text);
}

static void explain_field(struct leat_plan *plan, struct table *table, int i)
{
    const struct leat_field *field = &leat_plan_input(plan)->fields[i];
    const struct table_column *c = table_find(table, field->name);
    const char *trouble;

    if (!c && is_elsewhere(table, field->name))
        return;
    if (!c) {
        leave_out(plan, table, i);
        return;
    }
    if (c->attribute == &cognito_password_hash)
        leat_plan_accepts_secret(plan, i);
    trouble = cognito_type_trouble(c->attribute, field);
    if (trouble)
        leat_plan_wrong(plan, NULL, "'%s' is of a type that the column cannot take: %s", field->name, trouble);
}

static bool is_mapped(struct table *table, const char *name)
{
    const struct table_column *c = table_find(table, name);

    return c && c->field >= 0;
}

/* What would reject every record, or fail the whole import. */
static void explain_missing(struct leat_plan *plan, struct table *table)
{
    const struct cognito_pool *pool = table->pool;

    for (int i = 0; i < pool->n_attributes; i++)
        if (pool->attributes[i].required && !is_mapped(table, pool->attributes[i].name))
            leat_plan_wrong(plan, NULL, "every user needs '%s', and %s; map it", pool->attributes[i].name,
                            table_find(table, pool->attributes[i].name) ? "no field has that name"
                                                                        : "the header has no such column");
    if (!pool->described)
        return;
    if (!pool->verifies_email && !pool->verifies_phone)
        leat_plan_wrong(plan, table->pool_option ? table->pool_option : "pool", "the pool verifies no attribute by "
                        "itself (AutoVerifiedAttributes), and then no import job starts; let it verify email or "
                        "phone_number, or load by the API");
    else if (!(pool->verifies_email && is_mapped(table, "email_verified")) &&
             !(pool->verifies_phone && is_mapped(table, "phone_number_verified")))
        leat_plan_wrong(plan, NULL, "the import refuses every user without %s; map it",
                        pool->verifies_email ? "email_verified: true" : "phone_number_verified: true");
}

void columns_explain(struct leat_plan *plan, struct table *table)
{
    if (!table->n_columns) /* the header could not be read, which was said */
        return;
    for (int i = 0; i < leat_plan_input(plan)->n_fields; i++)
        explain_field(plan, table, i);
    explain_missing(plan, table);
}

void columns_note(struct leat_plan *plan, struct table *table)
{
    char text[256];

    if (!table->n_columns)
        return;
    if (!table->pool->described) {
        leat_plan_note(plan, "no pool is described: what the pool requires is not checked, and the import refuses "
                       "users of whom nothing that the pool verifies (email_verified, phone_number_verified) is true");
        for (int i = 0; i < table->n_columns; i++)
            if (table->columns[i].attribute->standard < 0 && table->columns[i].attribute != &cognito_password_hash) {
                (void)snprintf(text, sizeof text, "the pool must have the attribute '%s', a String",
                               table->columns[i].name);
                leat_plan_note(plan, text);
            }
    }
    if (is_mapped(table, cognito_password_hash.name))
        leat_plan_note(plan, "the import job must be created with the algorithm of password_hash, the same for all "
                       "users of the job");
}
