/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values as literals. A session that is strict refuses most of what does not fit a column,
 * and warns of some; what it changes without a word is found here. All but bits stand in
 * quotes, and so a value is never a part of the statement.
 */
#include "load.h"

#include <math.h>
#include <stdlib.h>

#include "kit/text/text.h"

/* Why it is not written. */
struct misfit {
    const char *code, *reason;
};

static bool misfit(struct misfit *ret, const char *reason)
{
    *ret = (struct misfit){ .code = "constraint_type", .reason = reason };
    return false;
}

static bool all_of(const char *text, size_t n, const char *characters)
{
    for (size_t i = 0; i < n; i++)
        if (!text[i] || !strchr(characters, text[i]))
            return false;
    return n;
}

/* ---- what servers change without a word ---- */

/* Whether it is a number with more digits behind the point than that. What is no number, the server refuses. */
static bool is_finer(const char *text, size_t n, int digits)
{
    char room[LEAT_DECIMAL_ROOM];
    struct leat_digits number;

    if (digits < 0 || !leat_text_to_decimal(text, n, room, &number))
        return false;
    while (number.n_fraction && number.fraction[number.n_fraction - 1] == '0')
        number.n_fraction--;
    return number.n_fraction > (size_t)digits;
}

/* The same of the only point in a time. */
static bool is_finer_time(const char *text, size_t n, int digits)
{
    const char *point = memchr(text, '.', n), *end = text + n, *p;

    if (!point || memchr(point + 1, '.', (size_t)(end - point - 1)))
        return false;
    for (p = point + 1; p < end && *p >= '0' && *p <= '9'; p++)
        if (p - point > digits && *p != '0')
            return true;
    return false;
}

/* A number that is not in it would be taken for the place of a word. A quote within a word is doubled, so that one
 * between a comma and a digit begins a word. */
static bool is_place(const struct column *column, const char *text, size_t n)
{
    const char *p = column->type;
    char word[32];
    size_t sign = n && (*text == '+' || *text == '-');

    if (n > 24 || !all_of(text + sign, n - sign, "0123456789"))
        return false;
    (void)snprintf(word, sizeof word, "'%.*s'", (int)n, text);
    while ((p = strstr(p, word)) && p[-1] != '(' && p[-1] != ',')
        p++;
    return !p;
}

/* What becomes 0, and whole numbers that it cannot tell from a neighbour. */
static bool vanishes(const struct column *column, const char *text, size_t n)
{
    size_t sign = n && (*text == '+' || *text == '-');
    bool whole = all_of(text + sign, n - sign, "0123456789");
    char room[64];
    double value;

    if (n >= sizeof room)
        return true;
    memcpy(room, text, n);
    room[n] = '\0';
    value = strtod(room, NULL);
    if (column->single)
        value = (double)(float)value;
    if (whole)
        return fabs(value) >= 9223372036854775808.0 || (long long)value != strtoll(room, NULL, 10);
    return value == 0 && strcspn(room, "123456789") < strcspn(room, "eE");
}

/* 5, 5.0 and 5e0 are 2005 to the server. */
static bool fits_year(const char *text, size_t n, struct misfit *ret)
{
    char room[64], *end;
    double year;

    if (n >= sizeof room)
        return true; /* the server refuses it */
    memcpy(room, text, n);
    room[n] = '\0';
    year = strtod(room, &end);
    if (*end || year <= 0 || year > 99)
        return true;
    return misfit(ret, "is no year of four digits");
}

/* ---- texts ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The server passes over blanks around all but texts. */
static bool check(const struct column *column, enum leat_type type, const char *text, size_t n, struct misfit *ret)
{
    while (n && is_blank(*text))
        text++, n--;
    while (n && is_blank(text[n - 1]))
        n--;
    switch (column->kind) {
    case KIND_NUMBER:
    case KIND_YEAR:
        if (is_finer(text, n, column->digits))
            return misfit(ret, "has more digits behind the point than the column");
        return column->kind == KIND_NUMBER || fits_year(text, n, ret);
    case KIND_FLOAT:
        if (is_finer(text, n, column->digits))
            return misfit(ret, "has more digits behind the point than the column");
        return !vanishes(column, text, n) || misfit(ret, "is changed by a floating-point column");
    case KIND_TIME:
        if (n && (*text == '+' || (*text == '-' && type != LEAT_TEXT)))
            return misfit(ret, "is a year that the column does not have");
        return !is_finer_time(text, n, column->digits) ||
               misfit(ret, "has more digits behind the second than the column");
    case KIND_LISTED:
        return !is_place(column, text, n) || misfit(ret, "is none of the words of the column");
    default:
        return true;
    }
}

/* Digits alone, with no quotes around them. */
static bool put_bits(struct leat_put *out, const char *text, size_t n, struct misfit *ret)
{
    if (n > 20 || !all_of(text, n, "0123456789"))
        return misfit(ret, "is no whole number from 0 on, as which bits are written");
    leat_put_bytes(out, text, n);
    return true;
}

static bool put_text(struct leat_put *out, const struct column *column, enum leat_type type, const char *text, size_t n,
                     struct misfit *ret)
{
    static const char ends[] = "";

    if (!n)
        text = ends;
    if (column->kind == KIND_BITS)
        return put_bits(out, text, n, ret);
    if (!check(column, type, text, n, ret))
        return false;
    if (column->kind == KIND_YEAR && n < 4 && all_of(text, n, "0"))
        leat_put_string(out, "'0000'"); /* 0 is 2000 to the server */
    else
        leat_mysql_add_text(out, text, n);
    return true;
}

/* ---- values ---- */

/* A bool is a number but where texts are kept; an instant has no Z, for the session is in UTC. */
static bool put_fixed(struct leat_put *out, const struct column *column, const struct leat_field *field,
                      const struct leat_column *c, int32_t row, struct misfit *ret)
{
    char room[LEAT_VALUE_ROOM + 1];
    size_t n;

    if (field->type == LEAT_BOOL && column->kind != KIND_WORDS && column->kind != KIND_LISTED) {
        leat_put_string(out, leat_bool(c, row) ? "1" : "0");
        return true;
    }
    n = (size_t)(leat_value_put(room, field, c, row) - room);
    if (field->type == LEAT_FLOAT64 && column->single && column->digits < 0 && isnormal((float)c->float64[row]))
        n = (size_t)(leat_float64_put(room, (double)(float)c->float64[row]) - room); /* or the largest is too large */
    if (field->type == LEAT_TIMESTAMP && column->kind == KIND_TIME && room[n - 1] == 'Z')
        n--;
    room[n] = '\0';
    return put_text(out, column, field->type, room, n, ret);
}

static bool put_value(struct leat_put *out, const struct column *column, const struct leat_field *field,
                      const struct leat_column *c, int32_t row, struct misfit *ret)
{
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        if (column->makes_up) {
            *ret = (struct misfit){ "constraint_not_null", "must not be null: the server would make up a value" };
            return false;
        }
        leat_put_string(out, "NULL");
        return true;
    }
    if (!c->offsets)
        return put_fixed(out, column, field, c, row, ret);
    text = leat_text(c, row, &n);
    if (field->type != LEAT_BYTES)
        return put_text(out, column, field->type, text, n, ret);
    leat_mysql_add_bytes(out, text, n);
    return true;
}

bool value_put_row(void *self, struct leat_batch *b, int32_t row)
{
    struct mysql *p = self;
    struct misfit why;

    leat_put_string(&p->load.text, "(");
    for (int i = 0; i < p->load.n_fields; i++) {
        int field = p->load.fields[i];

        leat_put_string(&p->load.text, i ? "," : "");
        if (!put_value(&p->load.text, p->into[i], &b->schema->fields[field], &b->columns[field], row, &why)) {
            leat_batch_reject(b, row, field, why.code, "%s", why.reason);
            return false;
        }
    }
    leat_put_string(&p->load.text, "),");
    return true;
}
