/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The columns of the target, and what is the same in each row: the commas and
 * blanks between two mapped columns are one piece of text, made once.
 */
#include "kit/cognito_csv/table.h"

struct table_column *table_add(struct table *table, const struct cognito_attribute *attribute, const char *name)
{
    struct table_column *c = &table->columns[table->n_columns];
    bool flag = attribute->standard == COGNITO_EMAIL_VERIFIED || attribute->standard == COGNITO_PHONE_NUMBER_VERIFIED;

    if (table->n_columns == TABLE_MAX_COLUMNS)
        return NULL;
    *c = (struct table_column){ .attribute = attribute, .name = name, .field = -1, .blank = flag ? "false" : "" };
    table->n_columns++;
    return c;
}

struct table_column *table_find(struct table *table, const char *name)
{
    for (int i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static enum table_form form_of(const struct cognito_attribute *attribute, enum leat_type type)
{
    bool boolean = attribute->kind == COGNITO_IS_BOOLEAN || attribute->kind == COGNITO_IS_MFA;

    if (leat_type_is_text(type) && attribute->kind == COGNITO_IS_DATE)
        return FORM_DATE_TEXT;
    if (leat_type_is_text(type))
        return boolean ? FORM_BOOLEAN_TEXT : FORM_TEXT;
    if (attribute->kind == COGNITO_IS_DATE)
        return FORM_DATE;
    return attribute->kind == COGNITO_IS_EPOCH ? FORM_SECONDS : FORM_FIXED;
}

static void bind_column(struct table *table, struct table_column *c, const struct leat_schema *schema)
{
    const struct cognito_attribute *a = c->attribute;

    c->field = leat_schema_find(schema, c->name);
    if (a->standard >= 0)
        table->fields[a->standard] = c->field;
    if (c->field < 0)
        return;
    c->form = form_of(a, schema->fields[c->field].type);
    c->quick = (a->kind == COGNITO_IS_TEXT || a->kind == COGNITO_IS_HASH || a->kind == COGNITO_IS_DATETIME) &&
               a->min_length <= 1;
    c->quick_max = (size_t)(a->max_length < COGNITO_MAX_VALUE ? a->max_length : COGNITO_MAX_VALUE);
    table->mapped[table->n_mapped++] = c;
}

size_t table_fixed_size(const struct table *table)
{
    return (size_t)table->n_columns * sizeof ",false" + 1 + TABLE_SLACK;
}

static char *put(char *out, const char *text)
{
    size_t n = strlen(text);

    memcpy(out, text, n);
    return out + n;
}

/* Commas and blanks up to each mapped column, and behind the last one. */
static void lay_out(struct table *table, char *out)
{
    const char *piece = out;

    for (int i = 0; i < table->n_columns; i++) {
        struct table_column *c = &table->columns[i];

        if (i > 0)
            *out++ = ',';
        if (c->field < 0) {
            out = put(out, c->blank);
            continue;
        }
        c->before = piece;
        c->n_before = (size_t)(out - piece);
        piece = out;
    }
    *out++ = '\n';
    table->after = piece;
    table->n_after = (size_t)(out - piece);
}

void table_bind(struct table *table, const struct leat_schema *schema, char *fixed)
{
    table->schema = schema;
    table->n_mapped = 0;
    for (int i = 0; i < COGNITO_N_STANDARD; i++)
        table->fields[i] = -1;
    for (int i = 0; i < table->n_columns; i++)
        bind_column(table, &table->columns[i], schema);
    lay_out(table, fixed);
    table->max_row = table_fixed_size(table) + (size_t)table->n_mapped * TABLE_MAX_COLUMN + TABLE_SLACK;
}

size_t table_header_size(const struct table *table)
{
    size_t n = 0;

    for (int i = 0; i < table->n_columns; i++)
        n += strlen(table->columns[i].name) + 1;
    return n;
}

char *table_write_header(const struct table *table, char *out)
{
    for (int i = 0; i < table->n_columns; i++) {
        if (i > 0)
            *out++ = ',';
        out = put(out, table->columns[i].name);
    }
    *out++ = '\n';
    return out;
}
