/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which row of the tables a call means: by its name, then by the number and
 * the types of its arguments (leat/function.h, F2).
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "expr/lex.h"
#include "expr/tree.h"

enum { MAX_NAMES = 1000 };

static int n_declared(const struct leat_function *f)
{
    int n = 0;

    while (n < LEAT_MAX_ARGUMENTS && f->arguments[n] != LEAT_NONE)
        n++;
    return n;
}

static bool takes(const struct leat_function *f, int n_args)
{
    int n = n_declared(f);

    return n_args >= n - f->n_optional && (n_args <= n || f->traits & LEAT_VARIADIC);
}

static enum leat_type declared(const struct leat_function *f, int i)
{
    int n = n_declared(f);

    return f->arguments[i < n ? i : n - 1];
}

/* Conversions that a row needs, or -1 where it does not fit. */
static int conversions(const struct leat_function *f, const struct leat_term *t)
{
    int n = 0;

    if (!takes(f, t->n_args))
        return -1;
    for (int i = 0; i < t->n_args; i++) {
        enum leat_type from = t->args[i]->result.type, to = declared(f, i);

        if (from == to || from == LEAT_NONE || (f->traits & LEAT_TAKES_ANY && to == LEAT_TEXT))
            continue;
        if (!leat_can_coerce(t->args[i], to))
            return -1;
        n++;
    }
    return n;
}

/* ---- searching ---- */

/* Walks over the rows of a name; NULL behind the last. */
struct search {
    const struct leat_functions *functions;
    const char *name;
    int table, row;
};

static const struct leat_function *next(struct search *s)
{
    for (; s->table < s->functions->n_tables; s->table++, s->row = 0)
        while (s->functions->tables[s->table][s->row].name) {
            const struct leat_function *f = &s->functions->tables[s->table][s->row++];

            if (strcmp(f->name, s->name) == 0)
                return f;
        }
    return NULL;
}

static const struct leat_function *best(struct search s, const struct leat_term *t)
{
    const struct leat_function *f, *found = NULL;
    int least = LEAT_MAX_ARGUMENTS + TREE_MAX_ARGUMENTS;

    while ((f = next(&s))) {
        int n = conversions(f, t);

        if (n >= 0 && n < least) {
            least = n;
            found = f;
        }
    }
    return found;
}

/* ---- faults ---- */

static void signature(char *out, size_t size, const struct leat_function *f)
{
    int n = n_declared(f), at = snprintf(out, size, "%s(", f->name);

    for (int i = 0; i < n && at < (int)size; i++)
        at += snprintf(out + at, size - (size_t)at, "%s%s%s%s", i >= n - f->n_optional ? "[" : "", i ? ", " : "",
                       leat_type_name(f->arguments[i]), i >= n - f->n_optional ? "]" : "");
    if (at < (int)size)
        (void)snprintf(out + at, size - (size_t)at, "%s)", f->traits & LEAT_VARIADIC ? ", ..." : "");
}

static int unknown_function(struct leat_check *check, const struct leat_term *t)
{
    const struct leat_functions *functions = check->scope->functions;
    const char *names[MAX_NAMES], *near;
    int n = 0;

    for (int i = 0; i < functions->n_tables; i++)
        for (const struct leat_function *f = functions->tables[i]; f->name && n < MAX_NAMES; f++)
            names[n++] = f->name;
    near = leat_nearest(t->name, names, n);
    (void)leat_expr_fail(check->fault, t->offset, "there is no function %.100s()", t->name);
    if (strcmp(t->name, "if") == 0 || strcmp(t->name, "iif") == 0)
        leat_expr_hint(check->fault, "write case when CONDITION then A else B end");
    else if (strcmp(t->name, "ifnull") == 0 || strcmp(t->name, "isnull") == 0 || strcmp(t->name, "nvl") == 0)
        leat_expr_hint(check->fault, "write coalesce()");
    else if (strcmp(t->name, "substring") == 0)
        leat_expr_hint(check->fault, "write substr()");
    else if (near)
        leat_expr_hint(check->fault, "is %s() meant?", near);
    return LEAT_EPIPELINE;
}

static int no_operator(struct leat_check *check, const struct leat_term *t)
{
    const struct leat_term *a = t->args[0], *b = t->args[t->n_args - 1];
    bool texts = a->result.type == LEAT_TEXT && b->result.type == LEAT_TEXT;

    (void)leat_expr_fail(check->fault, t->offset, t->n_args == 1 ? "there is no %s of %s" : "there is no %s of %s and %s",
                         t->name, leat_type_name(a->result.type), leat_type_name(b->result.type));
    if (strcmp(t->name, "+") == 0 && texts)
        leat_expr_hint(check->fault, "|| joins two texts");
    else if (a->result.type == LEAT_TEXT && a->kind == TERM_FIELD && !strstr(t->name, "like"))
        leat_expr_hint(check->fault, "write cast(%.60s as %s)", a->name, strcmp(t->name, "not") ? "int64" : "bool");
    else if (strstr(t->name, "like"))
        leat_expr_hint(check->fault, "write cast(... as text)");
    return LEAT_EPIPELINE;
}

/* The first argument that a cast would make fit the first row with so many. */
static void suggest_cast(struct leat_check *check, const struct leat_term *t, struct search s)
{
    const struct leat_function *f;

    do
        f = next(&s);
    while (f && !takes(f, t->n_args));
    for (int i = 0; f && i < t->n_args; i++) {
        const struct leat_term *arg = t->args[i];
        enum leat_type to = declared(f, i);

        if (leat_can_coerce(arg, to) || !leat_cast_find(arg->result.type, to))
            continue;
        leat_expr_hint(check->fault, "write cast(%.60s as %s)", arg->kind == TERM_FIELD ? arg->name : "...",
                       leat_type_name(to));
        return;
    }
}

/* The name is known, but no row of it fits. */
static int does_not_fit(struct leat_check *check, const struct leat_term *t, struct search s)
{
    char given[128] = "", wanted[256] = "", one[128];
    const struct leat_function *f;
    struct search all = s;
    size_t at = 0;

    if (t->is_operator)
        return no_operator(check, t);
    for (int i = 0; i < t->n_args && at < sizeof given - 20; i++)
        at += (size_t)snprintf(given + at, sizeof given - at, "%s%s", i ? ", " : "",
                               leat_type_name(t->args[i]->result.type));
    for (at = 0; (f = next(&s)) && at < sizeof wanted - sizeof one;) {
        signature(one, sizeof one, f);
        at += (size_t)snprintf(wanted + at, sizeof wanted - at, "%s%s", at ? " or " : "", one);
    }
    (void)leat_expr_fail(check->fault, t->offset, "there is no %s(%s); there is %s", t->name, given, wanted);
    suggest_cast(check, t, all);
    return LEAT_EPIPELINE;
}

/* ---- the call ---- */

static int convert_arguments(struct leat_check *check, struct leat_term *t)
{
    const struct leat_function *f = t->function;

    for (int i = 0; i < t->n_args; i++) {
        enum leat_type to = declared(f, i);
        struct leat_term *cast;
        int rc;

        if (t->args[i]->result.type == LEAT_NONE || t->args[i]->result.type == to || !(f->traits & LEAT_TAKES_ANY)) {
            rc = leat_coerce(check, &t->args[i], to);
        } else {
            cast = leat_term_new(check->arena, TERM_CAST, t->args[i]->offset);
            cast->result.type = to;
            leat_term_add(check->arena, cast, t->args[i]);
            t->args[i] = cast;
            rc = leat_check(check, cast);
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* What a function makes of timestamps is UTC, unless its bind says otherwise. */
static int bind(struct leat_check *check, struct leat_term *t)
{
    struct leat_argument args[TREE_MAX_ARGUMENTS + 1] = {0};
    struct leat_bind bind = {args, t->n_args, &t->result};
    struct leat_error err = {0};
    int rc;

    t->result.type = t->function->result;
    if (!t->function->bind)
        return 0;
    for (int i = 0; i < t->n_args; i++) {
        bool constant = t->args[i]->kind == TERM_CONSTANT;

        args[i] = (struct leat_argument){constant ? &t->args[i]->column : NULL, &t->args[i]->result, constant};
    }
    rc = t->function->bind(&bind, &t->bound, &err);
    return rc < 0 ? leat_expr_fail(check->fault, t->offset, "%s%s: %s", t->name, t->is_operator ? "" : "()", err.text)
                  : 0;
}

static int cannot_fail(struct leat_check *check, const struct leat_term *t, const char *plain)
{
    (void)leat_expr_fail(check->fault, t->offset, "there is no %.100s(): %.100s() never fails", t->name, plain);
    leat_expr_hint(check->fault, "write %.100s()", plain);
    return LEAT_EPIPELINE;
}

int leat_check_call(struct leat_check *check, struct leat_term *t)
{
    const struct leat_function *operators = leat_operators, *f;
    const struct leat_functions own = {&operators, 1};
    struct search s = {.functions = t->is_operator ? &own : check->scope->functions, .name = t->name}, all = s;
    bool tries = false;

    if (!next(&all) && strncmp(t->name, "try_", 4) == 0) {
        tries = true;
        s.name = t->name + 4;
    }
    all = s;
    if (!next(&all))
        return unknown_function(check, t);
    f = best(s, t);
    if (!f)
        return does_not_fit(check, t, s);
    if (tries && !(f->traits & LEAT_CAN_FAIL))
        return cannot_fail(check, t, s.name);
    t->function = f;
    t->tries = tries;
    t->pure = t->is_operator;
    for (const struct leat_function *core = leat_core_functions; core->name; core++)
        t->pure = t->pure || core == f;
    if (convert_arguments(check, t) < 0)
        return LEAT_EPIPELINE;
    return bind(check, t);
}
