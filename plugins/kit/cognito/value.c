/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values of typed columns against the pool's rules: which types an attribute
 * can be of, and the checks that need no text for it.
 */
#include "kit/cognito/cognito.h"

#include <math.h>

#include "kit/text/text.h"

static const double us_per_second = 1e6;

static const char *boolean_trouble(enum leat_type type)
{
    return type == LEAT_BOOL || type == LEAT_TEXT ? NULL : "bool() makes it true or false";
}

static const char *epoch_trouble(const struct leat_field *field)
{
    if (field->type == LEAT_TIMESTAMP)
        return field->local ? "epoch() makes seconds of it, by its time zone" : NULL;
    if (field->type == LEAT_DATE || field->type == LEAT_BOOL || field->type == LEAT_JSON)
        return "epoch() makes seconds of a timestamp";
    return NULL;
}

const char *cognito_type_trouble(const struct cognito_attribute *attribute, const struct leat_field *field)
{
    enum leat_type type = field->type;

    if (type == LEAT_BYTES)
        return "encode() makes text of it";
    switch (attribute->kind) {
    case COGNITO_IS_BOOLEAN:
    case COGNITO_IS_MFA:
        return boolean_trouble(type);
    case COGNITO_IS_DATE:
        return type == LEAT_DATE || type == LEAT_TEXT ? NULL : "cast(... as date) makes a date of it";
    case COGNITO_IS_EPOCH:
        return epoch_trouble(field);
    case COGNITO_IS_DATETIME:
        return type == LEAT_BOOL || type == LEAT_JSON ? "the attribute is a DateTime" : NULL;
    case COGNITO_IS_NUMBER:
        return type == LEAT_BOOL || type == LEAT_DATE || type == LEAT_TIMESTAMP || type == LEAT_JSON
                   ? "the attribute is a Number" : NULL;
    default:
        return NULL;
    }
}

bool cognito_days_fit(int32_t days)
{
    return days >= -719162 && days <= 2932896; /* 0001-01-01, 9999-12-31 */
}

static bool is_numeric(const struct cognito_attribute *attribute)
{
    return attribute->kind == COGNITO_IS_EPOCH || attribute->kind == COGNITO_IS_NUMBER;
}

static enum cognito_fault check_fixed(const struct cognito_pool *pool, const struct cognito_attribute *attribute,
                                      const struct leat_field *field, const struct leat_column *column, int32_t row)
{
    char room[LEAT_VALUE_ROOM];

    if (column->type == LEAT_INT64 && is_numeric(attribute))
        return cognito_check_number(attribute, (double)column->int64[row]);
    if (column->type == LEAT_FLOAT64 && is_numeric(attribute))
        return cognito_check_number(attribute, column->float64[row]);
    if (column->type == LEAT_TIMESTAMP && is_numeric(attribute))
        return cognito_check_number(attribute, floor((double)column->int64[row] / us_per_second));
    if (column->type == LEAT_DATE && attribute->kind == COGNITO_IS_DATE)
        return cognito_days_fit(column->date[row]) ? COGNITO_OK : COGNITO_BAD_DATE;
    if (column->type == LEAT_BOOL && attribute->kind == COGNITO_IS_BOOLEAN)
        return COGNITO_OK;
    return cognito_check_text(pool, attribute, room, (size_t)(leat_value_put(room, field, column, row) - room));
}

enum cognito_fault cognito_check_value(const struct cognito_pool *pool, const struct cognito_attribute *attribute,
                                       const struct leat_field *field, const struct leat_column *column, int32_t row)
{
    const char *text;
    size_t n;

    if (leat_is_null(column, row))
        return attribute->required ? COGNITO_MISSING : COGNITO_OK;
    if (!leat_type_is_text(column->type))
        return check_fixed(pool, attribute, field, column, row);
    text = leat_text(column, row, &n);
    if (!n)
        return attribute->required ? COGNITO_MISSING : COGNITO_OK;
    return cognito_check_text(pool, attribute, text, n);
}

static bool is_present(const struct leat_batch *batch, int32_t row, int field)
{
    const struct leat_column *column;
    size_t n;

    if (field < 0)
        return false;
    column = &batch->columns[field];
    if (leat_is_null(column, row))
        return false;
    if (!leat_type_is_text(column->type))
        return true;
    (void)leat_text(column, row, &n);
    return n > 0;
}

static bool is_true(const struct leat_batch *batch, int32_t row, int field)
{
    const char *text;
    size_t n;

    if (!is_present(batch, row, field))
        return false;
    if (batch->columns[field].type == LEAT_BOOL)
        return leat_bool(&batch->columns[field], row);
    text = leat_text(&batch->columns[field], row, &n);
    return cognito_boolean(text, n) == 1;
}

struct cognito_verified cognito_verified_of(const struct leat_batch *batch, int32_t row,
                                            const int fields[COGNITO_N_STANDARD])
{
    return (struct cognito_verified){
        .has_email = is_present(batch, row, fields[COGNITO_EMAIL]),
        .has_phone = is_present(batch, row, fields[COGNITO_PHONE_NUMBER]),
        .email = is_true(batch, row, fields[COGNITO_EMAIL_VERIFIED]),
        .phone = is_true(batch, row, fields[COGNITO_PHONE_NUMBER_VERIFIED]),
    };
}
