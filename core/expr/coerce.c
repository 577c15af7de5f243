/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is converted without being asked for. The list is short on purpose, so
 * that a wrong type is found in the plan and not in the target:
 *
 *     null                  any type
 *     int64                 float64, decimal
 *     a decimal constant    float64 (so that price * 1.5 works for a float64 price)
 *     a text constant       date, timestamp (read when the pipeline is)
 */
#include <string.h>

#include "expr/lex.h"
#include "expr/tree.h"

static bool is_constant(const struct leat_term *term, enum leat_type type)
{
    return term->kind == TERM_CONSTANT && term->result.type == type;
}

static bool is_time(enum leat_type type)
{
    return type == LEAT_DATE || type == LEAT_TIMESTAMP;
}

bool leat_can_coerce(const struct leat_term *term, enum leat_type type)
{
    enum leat_type from = term->result.type;

    return from == type || from == LEAT_NONE || (from == LEAT_INT64 && (type == LEAT_FLOAT64 || type == LEAT_DECIMAL)) ||
           (type == LEAT_FLOAT64 && is_constant(term, LEAT_DECIMAL));
}

/* How a term is spelt in a hint: a field's or function's name, else x. */
static const char *spelt(const struct leat_term *term)
{
    return term->kind == TERM_FIELD && strlen(term->name) < 60 ? term->name : "...";
}

static int cast_to(struct leat_check *check, struct leat_term **term, enum leat_type type)
{
    struct leat_term *cast = leat_term_new(check->arena, TERM_CAST, (*term)->offset);

    cast->result.type = type;
    leat_term_add(check->arena, cast, *term);
    *term = cast;
    return leat_check(check, cast);
}

/* A text constant beside a date: a bad one is a fault of the pipeline. */
static int read_time(struct leat_check *check, struct leat_term **term, enum leat_type type)
{
    size_t offset = (*term)->offset;
    int rc = cast_to(check, term, type);

    if (rc < 0 || (*term)->kind == TERM_CONSTANT)
        return rc;
    (void)leat_expr_fail(check->fault, offset, "this is compared with a %s, and is none", leat_type_name(type));
    leat_expr_hint(check->fault, "write it as %s", type == LEAT_DATE ? "'2024-12-31'" : "'2024-12-31 23:59:59'");
    return LEAT_EPIPELINE;
}

int leat_coerce(struct leat_check *check, struct leat_term **term, enum leat_type type)
{
    enum leat_type from = (*term)->result.type;

    if (from == type)
        return 0;
    if (from == LEAT_NONE && (*term)->kind == TERM_CONSTANT) {
        leat_constant_null(check->arena, *term, type);
        return 0;
    }
    if (is_constant(*term, LEAT_TEXT) && is_time(type))
        return read_time(check, term, type);
    if (leat_can_coerce(*term, type))
        return cast_to(check, term, type);
    (void)leat_expr_fail(check->fault, (*term)->offset, "this is %s where %s is wanted", leat_type_name(from),
                         leat_type_name(type));
    if (leat_cast_find(from, type))
        leat_expr_hint(check->fault, "write cast(%s as %s)", spelt(*term), leat_type_name(type));
    return LEAT_EPIPELINE;
}

enum leat_type leat_common_type(const struct leat_term *a, const struct leat_term *b)
{
    enum leat_type x = a->result.type, y = b->result.type;

    if (leat_can_coerce(a, y) || (is_constant(a, LEAT_TEXT) && is_time(y)))
        return y;
    if (leat_can_coerce(b, x) || (is_constant(b, LEAT_TEXT) && is_time(x)))
        return x;
    return LEAT_NONE;
}

/* ---- several terms ---- */

static void mismatch(struct leat_check *check, const struct leat_term *a, const struct leat_term *b, const char *what)
{
    const struct leat_term *field = a->kind == TERM_FIELD ? a : b;
    enum leat_type x = a->result.type, y = b->result.type;
    bool other = field == a;

    (void)leat_expr_fail(check->fault, b->offset, "%s has %s here, and %s before", what, leat_type_name(y),
                         leat_type_name(x));
    if (x == LEAT_BOOL && is_constant(b, LEAT_TEXT))
        leat_expr_hint(check->fault, "%s is a bool: write it alone, or compare it with true", spelt(a));
    else if (x == LEAT_INT64 && is_constant(b, LEAT_TEXT))
        leat_expr_hint(check->fault, "a number stands without quotes");
    else if (leat_cast_find(other ? x : y, other ? y : x))
        leat_expr_hint(check->fault, "write cast(%s as %s)", spelt(field), leat_type_name(other ? y : x));
    else if (leat_cast_find(other ? y : x, other ? x : y))
        leat_expr_hint(check->fault, "write cast(%s as %s)", spelt(other ? b : a), leat_type_name(other ? x : y));
}

/* Wall clocks of two places are not comparable; UTC, and local time of which no
 * place is known (taken as UTC), are. */
static int same_zone(struct leat_check *check, const struct leat_term *a, const struct leat_term *b)
{
    const char *x = a->result.local ? a->result.timezone : NULL, *y = b->result.local ? b->result.timezone : NULL;

    if (a->kind == TERM_CONSTANT || b->kind == TERM_CONSTANT || strcmp(x ? x : "UTC", y ? y : "UTC") == 0)
        return 0;
    (void)leat_expr_fail(check->fault, b->offset, "one of these timestamps is local time of %s, the other of %s",
                         x ? x : "UTC", y ? y : "UTC");
    leat_expr_hint(check->fault, "take epoch() of both");
    return LEAT_EPIPELINE;
}

enum leat_type leat_unify(struct leat_check *check, struct leat_term **args, int n_args, int step, const char *what)
{
    struct leat_term *widest = args[0];
    enum leat_type type = widest->result.type;

    for (int i = step; i < n_args; i += step) {
        enum leat_type common = leat_common_type(widest, args[i]);

        if (common == LEAT_NONE && (type != LEAT_NONE || args[i]->result.type != LEAT_NONE)) {
            mismatch(check, widest, args[i], what);
            return LEAT_NONE;
        }
        if (common != widest->result.type || widest->kind == TERM_CONSTANT)
            widest = args[i]->result.type == common ? args[i] : widest;
        type = common;
    }
    if (type == LEAT_NONE)
        type = LEAT_TEXT; /* nothing but nulls */
    for (int i = 0; i < n_args; i += step) {
        if (leat_coerce(check, &args[i], type) < 0)
            return LEAT_NONE;
        if (type == LEAT_TIMESTAMP && same_zone(check, widest, args[i]) < 0)
            return LEAT_NONE;
    }
    return type;
}
