/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parser: recursive descent, one function a level of PostgreSQL's table of
 * precedence, loosest first:
 *
 *     or   and   not   is   = <> < <= > >=   in between like   ||   + -   * / %   sign
 *
 * Both the recursion and the height of the tree are bounded (TREE_MAX_HEIGHT),
 * the latter because later passes recurse over it.
 */
#include "expr/parse.h"

#include <string.h>

static struct leat_term *parse_concat(struct leat_parser *p);

/* ---- terms ---- */

struct leat_term *leat_term_new(struct leat_arena *arena, enum leat_term_kind kind, size_t offset)
{
    struct leat_term *term = leat_arena_alloc(arena, sizeof *term);

    term->kind = kind;
    term->offset = offset;
    term->height = 1;
    term->field = -1;
    term->result.data_class = LEAT_PUBLIC;
    return term;
}

void leat_term_add(struct leat_arena *arena, struct leat_term *term, struct leat_term *arg)
{
    int n = term->n_args;

    if ((n & (n - 1)) == 0) { /* full at each power of two */
        struct leat_term **more = leat_arena_alloc(arena, (size_t)(n ? 2 * n : 1) * sizeof(struct leat_term *));

        if (n)
            memcpy(more, term->args, (size_t)n * sizeof *more);
        term->args = more;
    }
    term->args[term->n_args++] = arg;
    if (term->height <= arg->height)
        term->height = arg->height + 1;
    if ((term->kind == TERM_CALL || term->kind == TERM_CASE) && term->n_args % TREE_WIDTH_A_LEVEL == 0)
        term->height++;
}

struct leat_term *leat_parser_fail(struct leat_parser *p, const char *what)
{
    if (p->token.kind == TOKEN_BAD)
        return NULL;
    if (p->token.kind == TOKEN_END)
        (void)leat_expr_fail(p->fault, p->token.offset, "%s is missing at the end", what);
    else
        (void)leat_expr_fail(p->fault, p->token.offset, "%s is missing before %.*s", what,
                             p->token.n < 40 ? (int)p->token.n : 40, p->token.n ? p->token.text : "''");
    return NULL;
}

struct leat_term *leat_parser_composed(struct leat_parser *p, struct leat_term *term)
{
    if (term->height <= TREE_MAX_HEIGHT)
        return term;
    (void)leat_expr_fail(p->fault, term->offset, "this is nested more than %d deep", TREE_MAX_HEIGHT);
    return NULL;
}

static struct leat_term *operator_2(struct leat_parser *p, const char *name, size_t offset, struct leat_term *a,
                                    struct leat_term *b)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CALL, offset);

    if (!a || !b)
        return NULL;
    term->is_operator = true;
    term->name = name;
    leat_term_add(p->arena, term, a);
    leat_term_add(p->arena, term, b);
    return leat_parser_composed(p, term);
}

static struct leat_term *operator_1(struct leat_parser *p, const char *name, size_t offset, struct leat_term *a)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CALL, offset);

    if (!a)
        return NULL;
    term->is_operator = true;
    term->name = name;
    leat_term_add(p->arena, term, a);
    return leat_parser_composed(p, term);
}

/* Recursion that brackets, not, signs and case drive. */
static bool enter(struct leat_parser *p)
{
    if (++p->depth <= 2 * TREE_MAX_HEIGHT) /* two levels a bracket */
        return true;
    (void)leat_expr_fail(p->fault, p->token.offset, "this is nested more than %d deep", TREE_MAX_HEIGHT);
    return false;
}

static struct leat_term *parse_sign(struct leat_parser *p)
{
    size_t offset = p->token.offset;
    struct leat_term *term;

    if (!enter(p))
        return NULL;
    if (accept(p, "-")) {
        /* The smallest int64 has no positive counterpart. */
        if (p->token.kind >= TOKEN_INTEGER && p->token.kind <= TOKEN_FLOAT)
            term = leat_parse_number(p, true);
        else
            term = operator_1(p, "-", offset, parse_sign(p));
    } else if (accept(p, "+")) {
        term = parse_sign(p);
    } else {
        term = leat_parse_value(p);
    }
    p->depth--;
    return term;
}

/* ---- operators of two sides ---- */

static struct leat_term *parse_product(struct leat_parser *p)
{
    struct leat_term *a = parse_sign(p);

    while (a && (at(p, "*") || at(p, "/") || at(p, "%"))) {
        const char *name = at(p, "*") ? "*" : at(p, "/") ? "/" : "%";
        size_t offset = p->token.offset;

        advance(p);
        a = operator_2(p, name, offset, a, parse_sign(p));
    }
    return a;
}

static struct leat_term *parse_sum(struct leat_parser *p)
{
    struct leat_term *a = parse_product(p);

    while (a && (at(p, "+") || at(p, "-"))) {
        const char *name = at(p, "+") ? "+" : "-";
        size_t offset = p->token.offset;

        advance(p);
        a = operator_2(p, name, offset, a, parse_product(p));
    }
    return a;
}

/* A chain of `word` between operands becomes one term of many arguments, so
 * that a long one is not a high tree. */
static struct leat_term *chain(struct leat_parser *p, const char *word, enum leat_term_kind kind,
                               struct leat_term *(*operand)(struct leat_parser *))
{
    struct leat_term *a = operand(p), *term;

    if (!a || !at(p, word))
        return a;
    term = leat_term_new(p->arena, kind, p->token.offset);
    term->is_operator = kind == TERM_CALL;
    term->name = word;
    leat_term_add(p->arena, term, a);
    while (accept(p, word)) {
        if (!(a = operand(p)))
            return NULL;
        leat_term_add(p->arena, term, a);
        if (term->n_args > 1000) {
            (void)leat_expr_fail(p->fault, a->offset, "there are more than 1000 operands of %s", word);
            return NULL;
        }
    }
    return leat_parser_composed(p, term);
}

static struct leat_term *parse_concat(struct leat_parser *p)
{
    return chain(p, "||", TERM_CALL, parse_sum);
}

/* ---- in, between, like ---- */

static struct leat_term *parse_in(struct leat_parser *p, struct leat_term *x)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_IN, p->token.offset), *member;

    advance(p);
    leat_term_add(p->arena, term, x);
    if (!expect(p, "("))
        return NULL;
    do {
        if (!(member = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, member);
        if (term->n_args > TREE_MAX_MEMBERS) {
            (void)leat_expr_fail(p->fault, member->offset, "this list has more than %d members", TREE_MAX_MEMBERS);
            return NULL;
        }
    } while (accept(p, ","));
    return expect(p, ")") ? leat_parser_composed(p, term) : NULL;
}

static struct leat_term *parse_between(struct leat_parser *p, struct leat_term *x)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_BETWEEN, p->token.offset), *bound;

    advance(p);
    leat_term_add(p->arena, term, x);
    if (!(bound = parse_concat(p)))
        return NULL;
    leat_term_add(p->arena, term, bound);
    if (!expect(p, "and") || !(bound = parse_concat(p)))
        return NULL;
    leat_term_add(p->arena, term, bound);
    return leat_parser_composed(p, term);
}

static struct leat_term *parse_like(struct leat_parser *p, struct leat_term *x)
{
    const char *name = at(p, "like") ? "like" : "ilike";
    size_t offset = p->token.offset;
    struct leat_term *term, *escape;

    advance(p);
    term = operator_2(p, name, offset, x, parse_concat(p));
    if (!term || !accept(p, "escape"))
        return term;
    if (!(escape = parse_concat(p)))
        return NULL;
    leat_term_add(p->arena, term, escape);
    return leat_parser_composed(p, term);
}

static struct leat_term *parse_range(struct leat_parser *p)
{
    struct leat_term *x = parse_concat(p), *term;
    struct leat_token next;
    bool negated;

    if (!x)
        return NULL;
    next = at(p, "not") ? behind(p) : p->token;
    negated = at(p, "not");
    if (!leat_token_is(&next, "in") && !leat_token_is(&next, "between") && !leat_token_is(&next, "like") &&
        !leat_token_is(&next, "ilike"))
        return x;
    if (negated)
        advance(p);
    if (at(p, "in") || at(p, "between")) {
        term = at(p, "in") ? parse_in(p, x) : parse_between(p, x);
        if (term)
            term->negated = negated;
        return term;
    }
    term = parse_like(p, x);
    return negated && term ? operator_1(p, "not", next.offset, term) : term;
}

/* ---- comparisons, is, not, and, or ---- */

static enum leat_op comparison(const struct leat_parser *p)
{
    static const struct {
        const char *word;
        enum leat_op op;
    } words[] = {{"=", OP_EQ}, {"<>", OP_NE}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE}, {">", OP_GT}, {">=", OP_GE}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (at(p, words[i].word))
            return words[i].op;
    return OP_NONE;
}

static struct leat_term *compare(struct leat_parser *p, enum leat_op op, size_t offset, struct leat_term *a,
                                 struct leat_term *b)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_COMPARE, offset);

    if (!a || !b)
        return NULL;
    term->op = op;
    leat_term_add(p->arena, term, a);
    leat_term_add(p->arena, term, b);
    return leat_parser_composed(p, term);
}

static struct leat_term *parse_comparison(struct leat_parser *p)
{
    struct leat_term *a = parse_range(p);
    enum leat_op op = comparison(p);
    size_t offset = p->token.offset;

    if (!a || op == OP_NONE)
        return a;
    advance(p);
    a = compare(p, op, offset, a, parse_range(p));
    if (a && comparison(p) != OP_NONE) {
        (void)leat_expr_fail(p->fault, p->token.offset, "comparisons cannot be chained");
        leat_expr_hint(p->fault, "join two with and, or use brackets");
        return NULL;
    }
    return a;
}

static struct leat_term *parse_is(struct leat_parser *p)
{
    struct leat_term *a = parse_comparison(p), *term;

    while (a && at(p, "is")) {
        size_t offset = p->token.offset;
        bool negated;

        advance(p);
        negated = accept(p, "not");
        if (accept(p, "distinct")) {
            if (!expect(p, "from"))
                return NULL;
            a = compare(p, negated ? OP_NOT_DISTINCT : OP_DISTINCT, offset, a, parse_comparison(p));
            continue;
        }
        term = leat_term_new(p->arena, TERM_IS, offset);
        term->op = at(p, "null") ? OP_NULL : at(p, "true") ? OP_TRUE : at(p, "false") ? OP_FALSE : OP_NONE;
        if (term->op == OP_NONE)
            return leat_parser_fail(p, "null, true, false or distinct from");
        advance(p);
        term->negated = negated;
        leat_term_add(p->arena, term, a);
        a = leat_parser_composed(p, term);
    }
    return a;
}

static struct leat_term *parse_not(struct leat_parser *p)
{
    size_t offset = p->token.offset;
    struct leat_term *term;

    if (!at(p, "not"))
        return parse_is(p);
    if (!enter(p))
        return NULL;
    advance(p);
    term = operator_1(p, "not", offset, parse_not(p));
    p->depth--;
    return term;
}

static struct leat_term *parse_and(struct leat_parser *p)
{
    return chain(p, "and", TERM_AND, parse_not);
}

struct leat_term *leat_parse_any(struct leat_parser *p)
{
    struct leat_term *term;

    if (!enter(p))
        return NULL;
    term = chain(p, "or", TERM_OR, parse_and);
    p->depth--;
    return term;
}

/* Something stands behind a whole expression. */
static void fail_behind(struct leat_parser *p)
{
    if (p->token.kind == TOKEN_BAD)
        return;
    (void)leat_expr_fail(p->fault, p->token.offset, "an operator is missing before %.*s",
                         p->token.n < 40 ? (int)p->token.n : 40, p->token.n ? p->token.text : "''");
    if (p->token.kind == TOKEN_TEXT)
        leat_expr_hint(p->fault, "a ' inside a text is written '', and || joins two texts");
}

struct leat_term *leat_parse(const char *text, size_t n, struct leat_arena *arena, struct leat_expr_fault *fault)
{
    struct leat_parser p = {.lexer = {.text = text, .n = n, .fault = fault}, .arena = arena, .fault = fault};
    struct leat_term *term;

    advance(&p);
    if (p.token.kind == TOKEN_END) {
        (void)leat_expr_fail(fault, 0, "the expression is empty");
        return NULL;
    }
    term = leat_parse_any(&p);
    if (!term)
        return NULL;
    if (p.token.kind == TOKEN_END)
        return term;
    fail_behind(&p);
    return NULL;
}
