/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Text to values, as cast() does it: spaces around a number, a date or a bool do
 * not count, no locale does. What is no value of the type is none, and the
 * record is rejected where a person sees it.
 */
#include "kit/fields/fields.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "kit/fields/convert.h"

enum { MAX_NUMBER = 1000 }; /* characters of a float64 or decimal */

static bool put_bool(struct leat_batch *b, int field, const char *text, size_t n)
{
    static const struct { const char *word; bool value; } words[] = {
        { "true", true }, { "false", false }, { "t", true }, { "f", false }, { "1", true },  { "0", false },
        { "yes", true },  { "no", false },    { "y", true }, { "n", false }, { "on", true }, { "off", false },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && strncasecmp(words[i].word, text, n) == 0) {
            leat_batch_put_bool(b, field, words[i].value);
            return true;
        }
    return false;
}

static bool put_int64(struct leat_batch *b, int field, const char *text, size_t n)
{
    bool negative = n && *text == '-';
    size_t i = n && (*text == '-' || *text == '+');
    int64_t value = 0;

    if (i == n)
        return false;
    for (; i < n; i++) {
        int digit = text[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    leat_batch_put_int64(b, field, value);
    return true;
}

/* [+-]digits[.digits], one digit at least; *ret_point is where the point is, or the end of the digits. */
static size_t decimal_form(const char *text, size_t n, size_t *ret_point)
{
    size_t i = n && (*text == '-' || *text == '+'), from = i, digits;

    while (i < n && text[i] >= '0' && text[i] <= '9')
        i++;
    digits = i - from;
    *ret_point = i;
    if (i == n || text[i] != '.')
        return digits ? i : 0;
    for (from = ++i; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        continue;
    return digits + i - from ? i : 0;
}

/* Without a plus, without zeros in front, with one digit before the point: -12.50 */
static bool put_decimal(struct leat_batch *b, int field, const char *text, size_t n)
{
    char out[MAX_NUMBER + 2];
    size_t point, end = decimal_form(text, n, &point), from = n && (*text == '-' || *text == '+'), at = 0;
    bool zero = true;

    if (!end || end != n || n > MAX_NUMBER)
        return false;
    while (from + 1 < point && text[from] == '0')
        from++;
    for (size_t i = from; i < n; i++)
        zero &= text[i] == '0' || text[i] == '.';
    if (*text == '-' && !zero)
        out[at++] = '-';
    if (from == point)
        out[at++] = '0';
    if (text[n - 1] == '.')
        n--;
    memcpy(out + at, text + from, n - from);
    leat_batch_put_text(b, field, out, at + n - from);
    return true;
}

static bool number_word(const char *text, size_t n, double *ret)
{
    bool negative = n && *text == '-';

    if (n && (*text == '-' || *text == '+'))
        text++, n--;
    if ((n == 3 && strncasecmp(text, "inf", 3) == 0) || (n == 8 && strncasecmp(text, "infinity", 8) == 0))
        *ret = negative ? -INFINITY : INFINITY;
    else if (n == 3 && strncasecmp(text, "nan", 3) == 0)
        *ret = NAN;
    else
        return false;
    return true;
}

static bool put_float64(struct leat_batch *b, int field, const char *text, size_t n)
{
    char room[MAX_NUMBER + 1];
    size_t point, end = decimal_form(text, n, &point);
    double value;

    if (!end) {
        if (!number_word(text, n, &value))
            return false;
        leat_batch_put_float64(b, field, value);
        return true;
    }
    if (end < n && (text[end] == 'e' || text[end] == 'E')) {
        size_t digits = ++end < n && (text[end] == '-' || text[end] == '+') ? ++end : end;

        while (end < n && text[end] >= '0' && text[end] <= '9')
            end++;
        if (end == digits)
            return false;
    }
    if (end != n || n > MAX_NUMBER)
        return false;
    memcpy(room, text, n);
    room[n] = '\0';
    value = strtod(room, NULL);
    if (isinf(value))
        return false;
    leat_batch_put_float64(b, field, value);
    return true;
}

static bool put_date(struct leat_batch *b, int field, const char *text, size_t n)
{
    int32_t days;

    if (!leat_text_to_date(text, n, &days))
        return false;
    leat_batch_put_date(b, field, days);
    return true;
}

static bool put_timestamp(struct leat_batch *b, int field, const char *text, size_t n)
{
    const struct leat_field *f = &b->schema->fields[field];
    bool has_offset;
    int64_t us;

    if (!leat_text_to_timestamp(text, n, &us, &has_offset) || (has_offset && f->local && f->timezone))
        return false;
    leat_batch_put_int64(b, field, us);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x and hex digits, as leat and PostgreSQL write bytes; anything else stands for itself. */
static bool put_bytes(struct leat_batch *b, int field, const char *text, size_t n)
{
    struct leat_column *c = &b->columns[field];
    uint8_t *out;

    if (n < 2 || n % 2 || text[0] != '\\' || text[1] != 'x') {
        leat_batch_put_text(b, field, text, n);
        return true;
    }
    for (size_t i = 2; i < n; i++)
        if (hex_digit(text[i]) < 0)
            return false;
    leat_batch_put_text(b, field, text, n / 2 - 1); /* makes the room; the bytes follow */
    out = c->bytes + c->offsets[c->n_rows - 1];
    if (c->offsets[c->n_rows] - c->offsets[c->n_rows - 1] == (int32_t)(n / 2 - 1))
        for (size_t i = 2; i < n; i += 2)
            *out++ = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
    return true;
}

static bool put_json(struct leat_batch *b, int field, const char *text, size_t n)
{
    if (!leat_text_is_json(text, n))
        return false;
    leat_batch_put_text(b, field, text, n);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool leat_field_put(struct leat_batch *b, int field, const char *text, size_t n)
{
    enum leat_type type = b->schema->fields[field].type;

    if (!leat_type_is_text(type) || type == LEAT_DECIMAL) {
        for (; n && is_space(*text); n--)
            text++;
        while (n && is_space(text[n - 1]))
            n--;
    }
    switch (type) {
    case LEAT_BOOL:
        return put_bool(b, field, text, n);
    case LEAT_INT64:
        return put_int64(b, field, text, n);
    case LEAT_FLOAT64:
        return put_float64(b, field, text, n);
    case LEAT_DECIMAL:
        return put_decimal(b, field, text, n);
    case LEAT_DATE:
        return put_date(b, field, text, n);
    case LEAT_TIMESTAMP:
        return put_timestamp(b, field, text, n);
    case LEAT_BYTES:
        return put_bytes(b, field, text, n);
    case LEAT_JSON:
        return put_json(b, field, text, n);
    default:
        leat_batch_put_text(b, field, text, n);
        return true;
    }
}

const char *leat_field_wants(const struct leat_field *field)
{
    switch (field->type) {
    case LEAT_BOOL:
        return "true or false (also t, yes, y, on, 1 and their opposites)";
    case LEAT_INT64:
        return "a whole number of 64 bits";
    case LEAT_FLOAT64:
        return "a number";
    case LEAT_DECIMAL:
        return "a decimal number such as -12.50";
    case LEAT_DATE:
        return "a date written YYYY-MM-DD";
    case LEAT_TIMESTAMP:
        return field->local && field->timezone ? "a timestamp written YYYY-MM-DD HH:MM:SS without an offset"
                                               : "a timestamp written YYYY-MM-DD HH:MM:SS";
    case LEAT_BYTES:
        return "bytes, or \\x and hexadecimal digits";
    case LEAT_JSON:
        return "valid JSON";
    default:
        return "text";
    }
}
