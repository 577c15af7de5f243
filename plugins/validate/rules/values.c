/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts that are to be values of another type, and bounds of numbers and dates
 * in a text. No spaces around, no locale.
 */
#include "kit/json/json.h"
#include "rules.h"

bool parse_decimal(const char *text, size_t n, char room[LEAT_DECIMAL_ROOM], struct decimal *ret)
{
    struct leat_digits d;

    if (!leat_text_to_decimal(text, n, room, &d))
        return false;
    *ret = (struct decimal){ .whole = d.whole, .n_whole = d.n_whole, .fraction = d.fraction,
                             .n_fraction = d.n_fraction };
    while (ret->n_fraction && ret->fraction[ret->n_fraction - 1] == '0')
        ret->n_fraction--;
    ret->negative = d.minus && ret->n_whole + ret->n_fraction > 0;
    return true;
}

/* Without the sign. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    size_t shorter = a->n_fraction < b->n_fraction ? a->n_fraction : b->n_fraction;
    int order;

    if (a->n_whole != b->n_whole)
        return a->n_whole < b->n_whole ? -1 : 1;
    order = a->n_whole ? memcmp(a->whole, b->whole, a->n_whole) : 0;
    if (order == 0 && shorter)
        order = memcmp(a->fraction, b->fraction, shorter);
    if (order == 0)
        order = a->n_fraction < b->n_fraction ? -1 : a->n_fraction > b->n_fraction;
    return order;
}

static int compare_decimals(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

/* A text that is no number passes: the rule that it must be one stands before. */
bool at_least_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    char room[LEAT_DECIMAL_ROOM];
    struct decimal value;

    (void)worker;
    return !parse_decimal(text, n, room, &value) || compare_decimals(&value, &rule->decimal) >= 0;
}

bool at_most_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    char room[LEAT_DECIMAL_ROOM];
    struct decimal value;

    (void)worker;
    return !parse_decimal(text, n, room, &value) || compare_decimals(&value, &rule->decimal) <= 0;
}

/* As for numbers: what is no date passes here. */
bool date_in_range(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int32_t days;

    (void)worker;
    return !leat_text_to_date(text, n, &days) || (days >= rule->low && days <= rule->high);
}

/* ---- the rule `type` ---- */

bool is_int64(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int64_t value;

    (void)rule, (void)worker;
    return leat_text_to_int64(text, n, &value);
}

bool is_float64(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    double value;

    (void)rule, (void)worker;
    return leat_text_to_float64(text, n, &value);
}

bool is_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    char room[LEAT_DECIMAL_ROOM];
    struct decimal value;

    (void)rule, (void)worker;
    return parse_decimal(text, n, room, &value);
}

bool is_date(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int32_t days;

    (void)rule, (void)worker;
    return leat_text_to_date(text, n, &days);
}

bool is_timestamp(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    bool has_offset;
    int64_t us;

    (void)rule, (void)worker;
    return leat_text_to_timestamp(text, n, &us, &has_offset);
}

/* YYYY-MM-DD and no more, such as the sign that `type: date` lets pass. */
bool is_plain_date(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    return n == 10 && is_date(rule, worker, text, n);
}

bool is_bool(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    bool value;

    (void)rule, (void)worker;
    return leat_text_to_bool(text, n, &value);
}

bool is_json(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    (void)rule, (void)worker;
    return leat_json_is_value(text, n);
}
