/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One record into one row: what every value must meet, and what the row as a
 * whole must. This runs once a record and once a value; the rest of the plugin
 * once a batch or less.
 */
#include "kit/cognito_csv/table.h"

#include <math.h>

#include "kit/text/text.h"

static const struct {
    const char *code, *reason;
} faults[TABLE_N_FAULTS - COGNITO_N_FAULTS] = {
    [TABLE_LINE_BREAK - COGNITO_N_FAULTS] = {"line_break", "holds a line break, which the import cannot read; "
                                             "replace() takes it out"},
    [TABLE_TAB - COGNITO_N_FAULTS] = {"tab", "holds a tab, which the import cannot read; replace() takes it out"},
    [TABLE_QUOTE - COGNITO_N_FAULTS] = {"quote", "holds a double quote, for which the import has no escape; replace() "
                                        "takes it out"},
    [TABLE_BACKSLASH - COGNITO_N_FAULTS] = {"backslash", "holds a backslash, for which the import has no escape; "
                                            "replace() takes it out"},
    [TABLE_CONTROL - COGNITO_N_FAULTS] = {"control", "holds a control character; regexp_replace() takes it out"},
    [TABLE_OUTER_SPACE - COGNITO_N_FAULTS] = {"outer_space", "begins or ends with white space, which the import would "
                                              "cut off; trim() does so in the pipeline"},
    [TABLE_ROW_TOO_LONG - COGNITO_N_FAULTS] = {"row_too_long", "the row would be longer than the import takes: 16,000 "
                                               "characters, and max_bytes a file"},
};

/* What stands between two values: mostly one comma, so a call of memcpy takes longer. */
static inline char *put_fixed(char *out, const char *text, size_t n)
{
    memcpy(out, text, TABLE_SLACK);
    if (n > TABLE_SLACK)
        memcpy(out, text, n);
    return out + n;
}

static inline char *put(char *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = text[i];
    return out + n;
}

/* From yyyy-mm-dd to mm/dd/yyyy. */
static char *put_date(char *out, const char *iso)
{
    memcpy(out, iso + 5, 2);
    out[2] = '/';
    memcpy(out + 3, iso + 8, 2);
    out[5] = '/';
    memcpy(out + 6, iso, 4);
    return out + 10;
}

static char *write_text(const struct table *table, const struct table_column *c, const char *text, size_t n, char *out,
                        int *ret_fault)
{
    if (!c->quick || n > c->quick_max) {
        *ret_fault = cognito_check_text(table->pool, c->attribute, text, n);
        if (*ret_fault)
            return NULL;
    }
    return table_copy_value(out, text, n, ret_fault);
}

static char *write_date_text(const char *text, size_t n, char *out, int *ret_fault)
{
    if (cognito_date(text, n))
        return put_date(out, text);
    *ret_fault = COGNITO_BAD_DATE;
    return NULL;
}

static char *write_boolean_text(const struct table *table, const struct table_column *c, const char *text, size_t n,
                                char *out, int *ret_fault)
{
    *ret_fault = cognito_check_text(table->pool, c->attribute, text, n);
    if (*ret_fault)
        return NULL;
    return cognito_boolean(text, n) ? put(out, "true", 4) : put(out, "false", 5);
}

static char *write_date(int32_t days, char *out, int *ret_fault)
{
    char iso[LEAT_VALUE_ROOM];

    if (cognito_days_fit(days))
        return write_date_text(iso, (size_t)(leat_date_put(iso, days) - iso), out, ret_fault);
    *ret_fault = COGNITO_BAD_DATE;
    return NULL;
}

static int64_t whole_seconds(int64_t us)
{
    return us / 1000000 - (us % 1000000 < 0);
}

/* The check has seen that a float64 is whole; it must fit, too. */
static bool seconds_of(const struct leat_column *column, int32_t row, int64_t *ret)
{
    if (column->type == LEAT_FLOAT64) {
        *ret = fabs(column->float64[row]) < 9e15 ? (int64_t)column->float64[row] : 0;
        return fabs(column->float64[row]) < 9e15;
    }
    *ret = column->type == LEAT_TIMESTAMP ? whole_seconds(column->int64[row]) : column->int64[row];
    return true;
}

static char *write_seconds(const struct table *table, const struct table_column *c, const struct leat_column *column,
                           int32_t row, char *out, int *ret_fault)
{
    int64_t seconds;

    *ret_fault = cognito_check_value(table->pool, c->attribute, &table->schema->fields[c->field], column, row);
    if (!*ret_fault && !seconds_of(column, row, &seconds))
        *ret_fault = COGNITO_OUT_OF_RANGE;
    return *ret_fault ? NULL : leat_int64_put(out, seconds);
}

static char *write_fixed(const struct table *table, const struct table_column *c, const struct leat_column *column,
                         int32_t row, char *out, int *ret_fault)
{
    char *end = leat_value_put(out, &table->schema->fields[c->field], column, row);

    *ret_fault = (int)cognito_check_text(table->pool, c->attribute, out, (size_t)(end - out));
    return *ret_fault ? NULL : end;
}

static char *write_blank(const struct table_column *c, char *out, int *ret_fault)
{
    if (!c->attribute->required)
        return put(out, c->blank, strlen(c->blank));
    *ret_fault = COGNITO_MISSING;
    return NULL;
}

static char *write_text_form(const struct table *table, const struct table_column *c, const struct leat_column *column,
                             int32_t row, char *out, int *ret_fault)
{
    size_t n;
    const char *text = leat_text(column, row, &n);

    if (!n)
        return write_blank(c, out, ret_fault);
    if (c->form == FORM_DATE_TEXT)
        return write_date_text(text, n, out, ret_fault);
    if (c->form == FORM_BOOLEAN_TEXT)
        return write_boolean_text(table, c, text, n, out, ret_fault);
    return write_text(table, c, text, n, out, ret_fault);
}

static char *write_value(const struct table *table, const struct table_column *c, const struct leat_column *column,
                         int32_t row, char *out, int *ret_fault)
{
    if (leat_is_null(column, row))
        return write_blank(c, out, ret_fault);
    if (c->form <= FORM_DATE_TEXT)
        return write_text_form(table, c, column, row, out, ret_fault);
    if (c->form == FORM_DATE)
        return write_date(column->date[row], out, ret_fault);
    if (c->form == FORM_SECONDS)
        return write_seconds(table, c, column, row, out, ret_fault);
    return write_fixed(table, c, column, row, out, ret_fault);
}

/* Cognito counts characters, presumably as Java does: those beyond U+FFFF twice. */
static bool is_too_long(const char *row, size_t n)
{
    size_t count = 0;

    if (n <= TABLE_MAX_ROW)
        return false;
    for (size_t i = 0; i < n; i++)
        count += ((row[i] & 0xC0) != 0x80) + ((unsigned char)row[i] >= 0xF0);
    return count > TABLE_MAX_ROW;
}

/* The field where a fault of the verified flags belongs. */
static int flag_field(const struct table *table, int fault)
{
    bool phone = fault == COGNITO_NO_PHONE || (fault == COGNITO_NOT_VERIFIED && !table->pool->verifies_email);

    return table->fields[phone ? COGNITO_PHONE_NUMBER_VERIFIED : COGNITO_EMAIL_VERIFIED];
}

static bool check_flags(const struct table *table, const struct leat_batch *batch, int32_t row,
                        struct table_trouble *ret_trouble)
{
    struct cognito_verified user = cognito_verified_of(batch, row, table->fields);
    int fault = (int)cognito_check_verified(table->pool, &user, table->demands_verified);

    if (fault)
        *ret_trouble = (struct table_trouble){ fault, flag_field(table, fault), NULL };
    return !fault;
}

char *table_write_row(const struct table *table, const struct leat_batch *batch, int32_t row, char *out,
                      struct table_trouble *ret_trouble)
{
    char *start = out;
    int fault = 0;

    for (int i = 0; i < table->n_mapped; i++) {
        const struct table_column *c = table->mapped[i];

        out = put_fixed(out, c->before, c->n_before);
        out = write_value(table, c, &batch->columns[c->field], row, out, &fault);
        if (!out) {
            *ret_trouble = (struct table_trouble){ fault, c->field, c->attribute };
            return NULL;
        }
    }
    out = put_fixed(out, table->after, table->n_after);
    if (!check_flags(table, batch, row, ret_trouble))
        return NULL;
    if (is_too_long(start, (size_t)(out - start) - 1)) {
        *ret_trouble = (struct table_trouble){ TABLE_ROW_TOO_LONG, -1, NULL };
        return NULL;
    }
    return out;
}

void table_reject(const struct table *table, struct leat_batch *batch, int32_t row, const struct table_trouble *t)
{
    char room[COGNITO_REASON_ROOM];

    if (t->fault >= COGNITO_N_FAULTS)
        leat_batch_reject(batch, row, t->field, faults[t->fault - COGNITO_N_FAULTS].code, "%s",
                          faults[t->fault - COGNITO_N_FAULTS].reason);
    else
        leat_batch_reject(batch, row, t->field, cognito_fault_code((enum cognito_fault)t->fault), "%s",
                          cognito_fault_reason((enum cognito_fault)t->fault, table->pool, t->attribute, room));
}
