/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The one way in which leat writes a value as text. Numbers are written and
 * read with the C library's own digits, in the C locale: leat never sets
 * another.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "expr/expr.h"

static size_t write_int64(int64_t value, char *room)
{
    char digits[20];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t n = 0, at = 0;

    do
        digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        room[at++] = '-';
    while (n)
        room[at++] = digits[--n];
    return at;
}

/* Shortest that reads back the same. */
static size_t write_float64(double value, char *room)
{
    int n = 0;

    if (isnan(value) || isinf(value))
        return (size_t)sprintf(room, "%s", isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
    if (value == (double)(int64_t)(fabs(value) < 1e15 ? value : 0) && (value != 0 || !signbit(value)))
        return write_int64((int64_t)value, room);
    for (int digits = 15; digits <= 17; digits++) {
        n = sprintf(room, "%.*g", digits, value);
        if (strtod(room, NULL) == value)
            break;
    }
    return (size_t)n;
}

static void put_2(char *p, int value)
{
    p[0] = (char)('0' + value / 10);
    p[1] = (char)('0' + value % 10);
}

/* The years of four digits, without printf; others as the calendar writes them. */
static size_t write_civil(struct leat_civil c, char *room)
{
    put_2(room, c.year / 100);
    put_2(room + 2, c.year % 100);
    room[4] = room[7] = '-';
    put_2(room + 5, c.month);
    put_2(room + 8, c.day);
    return 10;
}

static size_t write_date(int32_t days, char *room)
{
    struct leat_civil c = leat_civil_from_days(days);

    return c.year < 0 || c.year > 9999 ? leat_format_date(room, days) : write_civil(c, room);
}

static size_t write_timestamp(int64_t us, bool utc, char *room)
{
    struct leat_civil c = leat_civil_from_us(us);
    size_t n = 19;

    if (c.year < 0 || c.year > 9999 || c.microsecond)
        return leat_format_timestamp(room, us, utc);
    write_civil(c, room);
    room[10] = ' ';
    put_2(room + 11, c.hour);
    put_2(room + 14, c.minute);
    put_2(room + 17, c.second);
    room[13] = room[16] = ':';
    if (utc)
        room[n++] = 'Z';
    return n;
}

size_t leat_value_text(const struct leat_field *field, const struct leat_column *column, int32_t row, char *room,
                       const char **ret)
{
    size_t n;

    *ret = room;
    if (leat_is_null(column, row)) {
        *ret = NULL;
        return 0;
    }
    switch (column->type) {
    case LEAT_BOOL:
        *ret = leat_bool(column, row) ? "true" : "false";
        return strlen(*ret);
    case LEAT_INT64:
        return write_int64(column->int64[row], room);
    case LEAT_FLOAT64:
        return write_float64(column->float64[row], room);
    case LEAT_DATE:
        return write_date(column->date[row], room);
    case LEAT_TIMESTAMP:
        return write_timestamp(column->int64[row], !field->local, room);
    default:
        *ret = leat_text(column, row, &n);
        return n;
    }
}
