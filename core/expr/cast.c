/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Conversions, one row of a table each: they are functions of one argument that
 * cast() is resolved to by its types. A row without a function is a change of
 * name only: the bytes stay.
 */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/calendar.h"
#include "base/text.h"
#include "expr/convert.h"
#include "expr/decimal.h"
#include "expr/functions.h"
#include "expr/json.h"
#include "expr/kernel.h"

/* ---- from text ---- */

static void trim_spaces(const char **p, size_t *n)
{
    while (*n && memchr(" \t\r\n\f\v", **p, 6)) {
        (*p)++;
        (*n)--;
    }
    while (*n && memchr(" \t\r\n\f\v", (*p)[*n - 1], 6))
        (*n)--;
}

static bool spelt(const char *p, size_t n, const char *word)
{
    return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

bool leat_convert_bool(const char *p, size_t n, bool *ret)
{
    static const char *const words[2][6] = {{"f", "false", "n", "no", "off", "0"}, {"t", "true", "y", "yes", "on", "1"}};

    trim_spaces(&p, &n);
    for (int value = 0; value < 2 && n && n <= 5; value++) {
        for (int i = 0; i < 6; i++) {
            if (spelt(p, n, words[value][i])) {
                *ret = value;
                return true;
            }
        }
    }
    return false;
}

enum leat_conversion leat_convert_int64(const char *p, size_t n, int64_t *ret)
{
    bool negative;
    int64_t value = 0;
    bool overflow = false;

    trim_spaces(&p, &n);
    negative = n && *p == '-';
    if (n && (*p == '-' || *p == '+')) {
        p++;
        n--;
    }
    if (!n)
        return CONVERSION_BAD;
    for (; n; p++, n--) {
        if (*p < '0' || *p > '9')
            return CONVERSION_BAD;
        overflow = overflow || __builtin_mul_overflow(value, 10, &value) ||
                   (negative ? __builtin_sub_overflow(value, (int64_t)(*p - '0'), &value)
                             : __builtin_add_overflow(value, (int64_t)(*p - '0'), &value));
    }
    *ret = value;
    return overflow ? CONVERSION_RANGE : CONVERSION_DONE;
}

/* The words that are numbers, too. */
static bool special(const char *p, size_t n, double *ret)
{
    bool minus = n && *p == '-', sign = minus || (n && *p == '+');

    if (spelt(p, n, "nan")) {
        *ret = NAN;
        return true;
    }
    if (!spelt(p + sign, n - sign, "infinity") && !spelt(p + sign, n - sign, "inf"))
        return false;
    *ret = minus ? -INFINITY : INFINITY;
    return true;
}

enum leat_conversion leat_convert_float64(const char *p, size_t n, double *ret)
{
    char text[LEAT_DECIMAL_BYTES + 1], *end;

    trim_spaces(&p, &n);
    if (n && n < 16 && special(p, n, ret))
        return CONVERSION_DONE;
    if (!n || n >= sizeof text)
        return CONVERSION_BAD;
    for (size_t i = 0; i < n; i++) /* strtod also takes hexadecimal and words */
        if (!memchr("0123456789.eE+-", p[i], 15))
            return CONVERSION_BAD;
    memcpy(text, p, n);
    text[n] = '\0';
    errno = 0;
    *ret = strtod(text, &end);
    if (end != text + n)
        return CONVERSION_BAD;
    return isinf(*ret) || (errno == ERANGE && *ret == 0) ? CONVERSION_RANGE : CONVERSION_DONE;
}

static void fail(const struct leat_call *call, int32_t row, enum leat_conversion why, const char *bad)
{
    if (why == CONVERSION_BAD)
        call_fail(call, row, "conversion_failed", bad);
    else
        call_fail(call, row, "out_of_range", "the number is out of range");
}

int leat_fn_bool(const struct leat_call *call, struct leat_error *err)
{
    uint8_t *bits = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);
        bool value;

        if (leat_convert_bool(p, n, &value))
            bit_set(bits, row, value);
        else
            call_fail(call, row, "conversion_failed", "the text is no bool (true, t, yes, y, on, 1 or their opposites)");
    }
    return 0;
}

static int text_to_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);
        enum leat_conversion why = leat_convert_int64(p, n, &out[row]);

        if (why != CONVERSION_DONE)
            fail(call, row, why, "the text is no whole number");
    }
    return 0;
}

static int text_to_float64(const struct leat_call *call, struct leat_error *err)
{
    double *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);
        enum leat_conversion why = leat_convert_float64(p, n, &out[row]);

        if (why != CONVERSION_DONE)
            fail(call, row, why, "the text is no number");
    }
    return 0;
}

/* Also of what is a decimal already: then it is only made canonical. */
static int text_to_decimal(const struct leat_call *call, struct leat_error *err)
{
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);
        uint8_t *room = text_out_room(call, &out, row, LEAT_DECIMAL_BYTES);
        int got;

        if (!room)
            continue;
        trim_spaces(&p, &n);
        got = leat_decimal_read(p, n, (char *)room);
        if (got < 0)
            fail(call, row, got == LEAT_DECIMAL_BAD ? CONVERSION_BAD : CONVERSION_RANGE, "the text is no number");
        else
            text_out_end_row(&out, (size_t)got);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

static int text_to_date(const struct leat_call *call, struct leat_error *err)
{
    int32_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);

        trim_spaces(&p, &n);
        if (!leat_parse_date(p, n, &out[row]))
            call_fail(call, row, "bad_date", "the text is no date of the form 2024-12-31");
    }
    return 0;
}

static int text_to_timestamp(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);
    bool zone;

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);

        trim_spaces(&p, &n);
        if (!leat_parse_timestamp(p, n, &out[row], &zone))
            call_fail(call, row, "bad_date", "the text is no timestamp of the form 2024-12-31 23:59:59");
    }
    return 0;
}

/* Copies what passes a test. */
static int copy_checked(const struct leat_call *call, bool (*good)(const char *, size_t), const char *reason)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);

        if (!good((const char *)p, n)) {
            call_fail(call, row, "conversion_failed", reason);
            continue;
        }
        text_copy(text_out_row(&out, row), p, n, &in);
        text_out_end_row(&out, n);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

static int text_to_json(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return copy_checked(call, leat_json_valid, "the text is no JSON");
}

static bool is_utf8(const char *text, size_t n)
{
    return leat_utf8_valid(text, n) == n;
}

static int bytes_to_text(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return copy_checked(call, is_utf8, "the bytes are no UTF-8; encode(x, 'hex') or encode(x, 'base64') takes any");
}

/* ---- between the types of fixed width ---- */

static int to_text(const struct leat_call *call, struct leat_error *err)
{
    const struct leat_argument *a = &call->arguments[0];
    struct text_out out;
    int rc = text_out_begin(call, (size_t)call->n_rows * 24, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t *room = text_out_room(call, &out, row, 64);
        const char *text;
        size_t n;

        if (!room)
            continue;
        n = leat_value_text(a->field, a->column, row & argument_mask(a), (char *)room, &text);
        if (text != (char *)room)
            memcpy(room, text, n);
        text_out_end_row(&out, n);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

static int bool_to_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = leat_argument_bool(&call->arguments[0], call->rows[i]);
    return 0;
}

static int int64_to_bool(const struct leat_call *call, struct leat_error *err)
{
    uint8_t *bits = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        bit_set(bits, call->rows[i], leat_argument_int64(&call->arguments[0], call->rows[i]) != 0);
    return 0;
}

static int int64_to_float64(const struct leat_call *call, struct leat_error *err)
{
    double *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = (double)leat_argument_int64(&call->arguments[0], call->rows[i]);
    return 0;
}

/* To the nearest, halves to the even one, as PostgreSQL does. */
static int float64_to_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        double value = rint(leat_argument_float64(&call->arguments[0], row));

        if (value >= -0x1p63 && value < 0x1p63)
            out[row] = (int64_t)value;
        else
            fail(call, row, CONVERSION_RANGE, NULL);
    }
    return 0;
}

static int float64_to_decimal(const struct leat_call *call, struct leat_error *err)
{
    const struct leat_argument *a = &call->arguments[0];
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t *room = text_out_room(call, &out, row, LEAT_DECIMAL_BYTES);
        char shortest[64];
        const char *text;
        size_t n = leat_value_text(a->field, a->column, row & argument_mask(a), shortest, &text);
        int got = room ? leat_decimal_read(text, n, (char *)room) : 0;

        if (got < 0)
            fail(call, row, CONVERSION_BAD, "not a number, or infinite");
        else if (room)
            text_out_end_row(&out, (size_t)got);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

static int decimal_to_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);

        if (!leat_decimal_to_int64(p, n, &out[row]))
            fail(call, row, CONVERSION_RANGE, NULL);
    }
    return 0;
}

static int date_to_timestamp(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i], days = leat_argument_date(&call->arguments[0], row);

        if (__builtin_mul_overflow((int64_t)days, LEAT_US_PER_DAY, &out[row]))
            fail(call, row, CONVERSION_RANGE, NULL);
    }
    return 0;
}

static int timestamp_to_date(const struct leat_call *call, struct leat_error *err)
{
    int32_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int64_t us = leat_argument_int64(&call->arguments[0], call->rows[i]);

        out[call->rows[i]] = (int32_t)(us / LEAT_US_PER_DAY - (us % LEAT_US_PER_DAY < 0));
    }
    return 0;
}

#define CAST(from, to, traits, call) { "cast", to, { from }, 0, traits, NULL, NULL, NULL, NULL, NULL, call }

static const struct leat_function casts[] = {
    CAST(LEAT_TEXT, LEAT_BOOL, LEAT_CAN_FAIL, leat_fn_bool),
    CAST(LEAT_TEXT, LEAT_INT64, LEAT_CAN_FAIL, text_to_int64),
    CAST(LEAT_TEXT, LEAT_FLOAT64, LEAT_CAN_FAIL, text_to_float64),
    CAST(LEAT_TEXT, LEAT_DECIMAL, LEAT_CAN_FAIL, text_to_decimal),
    CAST(LEAT_TEXT, LEAT_DATE, LEAT_CAN_FAIL, text_to_date),
    CAST(LEAT_TEXT, LEAT_TIMESTAMP, LEAT_CAN_FAIL, text_to_timestamp),
    CAST(LEAT_TEXT, LEAT_BYTES, 0, NULL),
    CAST(LEAT_TEXT, LEAT_JSON, LEAT_CAN_FAIL, text_to_json),
    CAST(LEAT_BOOL, LEAT_TEXT, 0, to_text),
    CAST(LEAT_BOOL, LEAT_INT64, 0, bool_to_int64),
    CAST(LEAT_INT64, LEAT_TEXT, 0, to_text),
    CAST(LEAT_INT64, LEAT_BOOL, 0, int64_to_bool),
    CAST(LEAT_INT64, LEAT_FLOAT64, 0, int64_to_float64),
    CAST(LEAT_INT64, LEAT_DECIMAL, 0, to_text), /* a whole number's text is canonical */
    CAST(LEAT_FLOAT64, LEAT_TEXT, 0, to_text),
    CAST(LEAT_FLOAT64, LEAT_INT64, LEAT_CAN_FAIL, float64_to_int64),
    CAST(LEAT_FLOAT64, LEAT_DECIMAL, LEAT_CAN_FAIL, float64_to_decimal),
    CAST(LEAT_DECIMAL, LEAT_TEXT, 0, NULL),
    CAST(LEAT_DECIMAL, LEAT_INT64, LEAT_CAN_FAIL, decimal_to_int64),
    CAST(LEAT_DECIMAL, LEAT_FLOAT64, LEAT_CAN_FAIL, text_to_float64),
    CAST(LEAT_DATE, LEAT_TEXT, 0, to_text),
    CAST(LEAT_DATE, LEAT_TIMESTAMP, LEAT_CAN_FAIL, date_to_timestamp),
    CAST(LEAT_TIMESTAMP, LEAT_TEXT, 0, to_text),
    CAST(LEAT_TIMESTAMP, LEAT_DATE, 0, timestamp_to_date),
    CAST(LEAT_BYTES, LEAT_TEXT, LEAT_CAN_FAIL, bytes_to_text),
    CAST(LEAT_JSON, LEAT_TEXT, 0, NULL),
};

const struct leat_function *leat_cast_find(enum leat_type from, enum leat_type to)
{
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
        if (casts[i].arguments[0] == from && casts[i].result == to)
            return &casts[i];
    return NULL;
}
