/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The check: from the leaves up, every term gets its type and class, names are
 * resolved, conversions are put in, constants are computed. What it accepts,
 * the evaluation can do.
 */
#include <string.h>

#include "base/text.h"
#include "expr/lex.h"
#include "expr/lookup.h"
#include "expr/tree.h"

static int wants_bool(struct leat_check *check, struct leat_term **term, const char *where)
{
    enum leat_type type = (*term)->result.type;

    if (type == LEAT_BOOL)
        return 0;
    if (type == LEAT_NONE)
        return leat_coerce(check, term, LEAT_BOOL);
    (void)leat_expr_fail(check->fault, (*term)->offset, "%s wants a bool, and this is %s", where, leat_type_name(type));
    if (type == LEAT_TEXT && (*term)->kind == TERM_FIELD)
        leat_expr_hint(check->fault, "compare it with something, or write bool(%.60s)", (*term)->name);
    return LEAT_EPIPELINE;
}

/* Values of json have no order, and two spellings of one document differ. */
static int comparable(struct leat_check *check, const struct leat_term *term, enum leat_type type)
{
    if (type != LEAT_JSON)
        return 0;
    (void)leat_expr_fail(check->fault, term->offset, "json cannot be compared");
    leat_expr_hint(check->fault, "compare a part of it, json_get(x, 'path'), or cast(x as text)");
    return LEAT_EPIPELINE;
}

/* Types of args[from], args[from + step], ... made one, which can be compared. */
static enum leat_type unify(struct leat_check *check, struct leat_term *t, int from, int step, const char *what,
                            bool compared)
{
    enum leat_type type = leat_unify(check, t->args + from, t->n_args - from, step, what);

    return type != LEAT_NONE && compared && comparable(check, t, type) < 0 ? LEAT_NONE : type;
}

/* ---- fields ---- */

static int unknown_field(struct leat_check *check, const struct leat_term *t)
{
    const struct leat_schema *schema = check->scope->schema;
    bool quoted = !schema || strpbrk(t->name, " -/'()") || (unsigned char)t->name[0] >= 0x80;
    const char *near = NULL, *dot = strchr(t->name, '.');

    (void)leat_expr_fail(check->fault, t->offset, "there is no field \"%.100s\"", t->name);
    for (int i = 0; schema && dot && i < schema->n_fields; i++)
        if (strlen(schema->fields[i].name) == (size_t)(dot - t->name) &&
            memcmp(schema->fields[i].name, t->name, (size_t)(dot - t->name)) == 0) {
            leat_expr_hint(check->fault, "a member of it is json_get(%s, '%.60s')", schema->fields[i].name, dot + 1);
            return LEAT_EPIPELINE;
        }
    if (schema && schema->n_fields) {
        const char *names[schema->n_fields < 1000 ? schema->n_fields : 1000];

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            names[i] = schema->fields[i].name;
        near = leat_nearest(t->name, names, (int)(sizeof names / sizeof *names));
    }
    if (near && !quoted)
        leat_expr_hint(check->fault, "is %.100s meant? text stands in single quotes", near);
    else
        leat_expr_hint(check->fault, near ? "text stands in single quotes: '%.60s'; or is %.100s meant?"
                                          : "text stands in single quotes: '%.60s'", t->name, near);
    return LEAT_EPIPELINE;
}

static bool is_doubtful(const struct leat_scope *scope, const char *name)
{
    for (int i = 0; i < scope->n_doubtful; i++)
        if (strcmp(scope->doubtful[i], name) == 0)
            return true;
    return false;
}

/* A field of any type, as null is. */
static int doubtful_field(struct leat_check *check, struct leat_term *t)
{
    check->doubtful = true;
    t->field = 0;
    return 0;
}

static int check_field(struct leat_check *check, struct leat_term *t)
{
    const struct leat_schema *schema = check->scope->schema;

    if (is_doubtful(check->scope, t->name))
        return doubtful_field(check, t);
    for (int i = 0; schema && i < schema->n_fields; i++) {
        const struct leat_field *f = &schema->fields[i];

        if (strcmp(f->name, t->name) != 0)
            continue;
        t->field = i;
        t->result = (struct leat_field){NULL, f->type, f->data_class, f->local, f->timezone};
        return 0;
    }
    return check->scope->any_field ? doubtful_field(check, t) : unknown_field(check, t);
}

/* ---- the kinds ---- */

static int check_cast(struct leat_check *check, struct leat_term *t)
{
    enum leat_type from = t->args[0]->result.type, to = t->result.type;
    const struct leat_function *f = leat_cast_find(from, to);

    if (from == LEAT_NONE) {
        leat_constant_null(check->arena, t, to);
        return 0;
    }
    if (from == to) {
        struct leat_term *arg = t->args[0];

        *t = *arg;
        arg->bound = NULL; /* moved */
        return 0;
    }
    if (!f) {
        (void)leat_expr_fail(check->fault, t->offset, "a %s cannot be cast to %s", leat_type_name(from),
                             leat_type_name(to));
        if (from == LEAT_INT64 && to == LEAT_TIMESTAMP)
            leat_expr_hint(check->fault, "write to_timestamp(seconds)");
        else if (from == LEAT_TIMESTAMP && to == LEAT_INT64)
            leat_expr_hint(check->fault, "write epoch(x)");
        return LEAT_EPIPELINE;
    }
    t->kind = f->call ? TERM_CALL : TERM_RELABEL;
    t->function = f;
    t->name = "cast";
    t->pure = true;
    t->result.local = to == LEAT_TIMESTAMP && from == LEAT_DATE;
    return 0;
}

static int check_compare(struct leat_check *check, struct leat_term *t)
{
    t->result.type = LEAT_BOOL;
    return unify(check, t, 0, 1, "the comparison", true) == LEAT_NONE ? LEAT_EPIPELINE : 0;
}

static int check_chain(struct leat_check *check, struct leat_term *t)
{
    for (int i = 0; i < t->n_args; i++)
        if (wants_bool(check, &t->args[i], t->kind == TERM_AND ? "and" : "or") < 0)
            return LEAT_EPIPELINE;
    t->result.type = LEAT_BOOL;
    return 0;
}

static int check_is(struct leat_check *check, struct leat_term *t)
{
    t->result.type = LEAT_BOOL;
    if (t->op != OP_NULL)
        return wants_bool(check, &t->args[0], t->op == OP_TRUE ? "is true" : "is false");
    return t->args[0]->result.type == LEAT_NONE ? leat_coerce(check, &t->args[0], LEAT_TEXT) : 0;
}

static int check_in(struct leat_check *check, struct leat_term *t)
{
    t->result.type = LEAT_BOOL;
    if (unify(check, t, 0, 1, t->kind == TERM_IN ? "the list" : "between", true) == LEAT_NONE)
        return LEAT_EPIPELINE;
    if (t->kind == TERM_IN)
        t->lookup = leat_lookup_new(check->arena, t->args + 1, t->n_args - 1, 1);
    return 0;
}

/* The result is one of args[from], args[from + step], ...: their type, and for
 * timestamps local only if all are. */
static void take_result(struct leat_term *t, int from, int step)
{
    bool local = true, all_constants = true;

    t->result.type = t->args[from]->result.type;
    for (int i = from; i < t->n_args; i += step) {
        const struct leat_term *arg = t->args[i];

        if (arg->kind == TERM_CONSTANT) /* fits any clock */
            continue;
        all_constants = false;
        local = local && arg->result.local;
        if (arg->result.timezone)
            t->result.timezone = arg->result.timezone;
    }
    t->result.local = t->result.type == LEAT_TIMESTAMP && (all_constants ? t->args[from]->result.local : local);
}

/* The results are args[first], args[first + 2], ... and the last one, so they
 * are gathered into a list of their own to be made one type. */
static int check_case(struct leat_check *check, struct leat_term *t)
{
    struct leat_term *results = leat_term_new(check->arena, TERM_COALESCE, t->offset);
    int first = t->has_subject, n_arms = (t->n_args - first) / 2, n = 0;

    if (n_arms >= UINT16_MAX)
        return leat_expr_fail(check->fault, t->offset, "this case has too many arms");
    for (int i = 0; i < n_arms; i++) {
        if (!t->has_subject && wants_bool(check, &t->args[2 * i], "when") < 0)
            return LEAT_EPIPELINE;
        leat_term_add(check->arena, results, t->args[first + 2 * i + 1]);
    }
    if (t->has_otherwise)
        leat_term_add(check->arena, results, t->args[t->n_args - 1]);
    if (leat_unify(check, results->args, results->n_args, 1, "the case") == LEAT_NONE)
        return LEAT_EPIPELINE;
    take_result(results, 0, 1);
    t->result = results->result;
    for (int i = 0; i < n_arms; i++)
        t->args[first + 2 * i + 1] = results->args[n++];
    if (t->has_otherwise)
        t->args[t->n_args - 1] = results->args[n];
    if (!t->has_subject)
        return 0;
    /* The subject and the values: args[0], args[1], args[3], ... */
    results->n_args = 0;
    leat_term_add(check->arena, results, t->args[0]);
    for (int i = 0; i < n_arms; i++)
        leat_term_add(check->arena, results, t->args[1 + 2 * i]);
    if (unify(check, results, 0, 1, "the case", true) == LEAT_NONE)
        return LEAT_EPIPELINE;
    t->args[0] = results->args[0];
    for (int i = 0; i < n_arms; i++)
        t->args[1 + 2 * i] = results->args[1 + i];
    t->lookup = leat_lookup_new(check->arena, t->args + 1, 2 * n_arms, 2);
    return 0;
}

/* The functions that are terms of their own. False: it is none of them. */
static bool own_term(struct leat_term *t)
{
    static const struct {
        const char *name;
        enum leat_term_kind kind;
        enum leat_op op;
    } names[] = {
        {"coalesce", TERM_COALESCE, OP_NONE},
        {"nullif", TERM_NULLIF, OP_NONE},
        {"greatest", TERM_EXTREME, OP_GT},
        {"least", TERM_EXTREME, OP_LT},
    };

    for (size_t i = 0; !t->is_operator && i < sizeof names / sizeof *names; i++) {
        if (strcmp(t->name, names[i].name) != 0)
            continue;
        t->kind = names[i].kind;
        t->op = names[i].op;
        return true;
    }
    return false;
}

static int check_choice(struct leat_check *check, struct leat_term *t)
{
    if (t->kind == TERM_NULLIF ? t->n_args != 2 : t->n_args < 1)
        return leat_expr_fail(check->fault, t->offset, "%s() takes %s, and here are %d", t->name,
                              t->kind == TERM_NULLIF ? "two arguments" : "one argument or more", t->n_args);
    if (unify(check, t, 0, 1, t->name, t->kind != TERM_COALESCE) == LEAT_NONE)
        return LEAT_EPIPELINE;
    take_result(t, 0, 1);
    return 0;
}

static int check_kind(struct leat_check *check, struct leat_term *t)
{
    switch (t->kind) {
    case TERM_FIELD:
        return check_field(check, t);
    case TERM_CALL:
        if (t->function) /* a cast that was checked before */
            return 0;
        return own_term(t) ? check_choice(check, t) : leat_check_call(check, t);
    case TERM_CAST:
        return check_cast(check, t);
    case TERM_COMPARE:
        return check_compare(check, t);
    case TERM_AND:
    case TERM_OR:
        return check_chain(check, t);
    case TERM_IS:
        return check_is(check, t);
    case TERM_IN:
    case TERM_BETWEEN:
        return check_in(check, t);
    case TERM_CASE:
        return check_case(check, t);
    default:
        return 0;
    }
}

int leat_check(struct leat_check *check, struct leat_term *t)
{
    enum leat_class strictest = LEAT_PUBLIC;
    int field = -1;

    if (t->result.type != LEAT_NONE && t->kind != TERM_CAST) /* done */
        return 0;
    for (int i = 0; i < t->n_args; i++) {
        const struct leat_term *arg = t->args[i];

        if (leat_check(check, t->args[i]) < 0)
            return LEAT_EPIPELINE;
        if (arg->result.data_class > strictest)
            strictest = arg->result.data_class;
        if (field < 0)
            field = arg->field;
    }
    if (check_kind(check, t) < 0)
        return LEAT_EPIPELINE;
    if (t->kind == TERM_FIELD || t->kind == TERM_CONSTANT)
        return 0;
    t->result.data_class = strictest;
    t->field = field;
    leat_fold(check, t);
    return 0;
}

int leat_expression_compile(const struct leat_scope *scope, const char *text, size_t n, enum leat_type wanted,
                            struct leat_arena *arena, const struct leat_expression **ret,
                            struct leat_field *ret_result, struct leat_expr_fault *fault)
{
    struct leat_check check = {.scope = scope, .arena = arena, .fault = fault};
    struct leat_expression *expression = leat_arena_alloc(arena, sizeof *expression);
    struct leat_term *root;
    int rc;

    *fault = (struct leat_expr_fault){0};
    if (n > TREE_MAX_TEXT)
        return leat_expr_fail(fault, TREE_MAX_TEXT, "the expression is longer than %d bytes", TREE_MAX_TEXT);
    if (leat_utf8_valid(text, n) != n)
        return leat_expr_fail(fault, leat_utf8_valid(text, n), "this is not UTF-8");
    root = leat_parse(text, n, arena, fault);
    if (!root)
        return LEAT_EPIPELINE;
    expression->root = root;
    rc = leat_check(&check, root);
    if (rc >= 0)
        rc = leat_coerce(&check, &expression->root,
                         wanted != LEAT_NONE                          ? wanted
                         : expression->root->result.type == LEAT_NONE ? LEAT_TEXT
                                                                      : expression->root->result.type);
    leat_scratch_free(check.scratch);
    if (rc < 0) {
        leat_term_release(expression->root);
        return rc;
    }
    *ret = expression;
    *ret_result = expression->root->result;
    if (check.doubtful && wanted == LEAT_NONE)
        ret_result->type = LEAT_NONE;
    return 0;
}
