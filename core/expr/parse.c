/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parser: recursive descent, one function a level of PostgreSQL's table of
 * precedence, loosest first:
 *
 *     or   and   not   is   = <> < <= > >=   in between like   ||   + -   * / %   sign
 *
 * A function returns the term it read, or NULL once the fault is filled. Both
 * the recursion and the height of the tree are bounded (TREE_MAX_HEIGHT), the
 * latter because later passes recurse over it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/lex.h"
#include "expr/tree.h"

struct parser {
    struct leat_lexer lexer;
    struct leat_token token; /* the next one */
    struct leat_arena *arena;
    struct leat_expr_fault *fault;
    int depth;
};

static struct leat_term *parse_or(struct parser *p);
static struct leat_term *parse_sum(struct parser *p);
static struct leat_term *parse_concat(struct parser *p);

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

static struct leat_term *fail(struct parser *p, const char *what)
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

/* What every composed term passes through: the bound on the tree. */
static struct leat_term *composed(struct parser *p, struct leat_term *term)
{
    if (term->height <= TREE_MAX_HEIGHT)
        return term;
    (void)leat_expr_fail(p->fault, term->offset, "this is nested more than %d deep", TREE_MAX_HEIGHT);
    return NULL;
}

static struct leat_term *operator_2(struct parser *p, const char *name, size_t offset, struct leat_term *a,
                                    struct leat_term *b)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CALL, offset);

    if (!a || !b)
        return NULL;
    term->is_operator = true;
    term->name = name;
    leat_term_add(p->arena, term, a);
    leat_term_add(p->arena, term, b);
    return composed(p, term);
}

static struct leat_term *operator_1(struct parser *p, const char *name, size_t offset, struct leat_term *a)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CALL, offset);

    if (!a)
        return NULL;
    term->is_operator = true;
    term->name = name;
    leat_term_add(p->arena, term, a);
    return composed(p, term);
}

/* ---- tokens ---- */

static void advance(struct parser *p)
{
    p->token = leat_lexer_next(&p->lexer);
}

static bool at(const struct parser *p, const char *word)
{
    return leat_token_is(&p->token, word);
}

static bool accept(struct parser *p, const char *word)
{
    if (!at(p, word))
        return false;
    advance(p);
    return true;
}

static bool expect(struct parser *p, const char *word)
{
    if (accept(p, word))
        return true;
    (void)fail(p, word);
    return false;
}

/* The token behind the next one, without moving. */
static struct leat_token behind(const struct parser *p)
{
    struct leat_expr_fault ignored;
    struct leat_lexer lexer = p->lexer;

    lexer.fault = &ignored;
    return leat_lexer_next(&lexer);
}

/* Copies what stands between quotes, doubled quotes made single. */
static char *unquoted(struct parser *p, const struct leat_token *token, char quote, size_t *ret_n)
{
    char *text = leat_arena_alloc(p->arena, token->n + 1);
    size_t n = 0;

    for (size_t i = 0; i < token->n; i++) {
        text[n++] = token->text[i];
        i += token->text[i] == quote;
    }
    text[n] = '\0';
    *ret_n = n;
    return text;
}

static bool is_reserved(const struct leat_token *token)
{
    static const char *const words[] = {"and",  "or",    "not",  "in",   "between", "like", "ilike",
                                        "is",   "case",  "when", "then", "else",    "end",  "from",
                                        "null", "true",  "false"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (leat_token_is(token, words[i]))
            return true;
    return false;
}

/* Recursion that brackets, not, signs and case drive. */
static bool enter(struct parser *p)
{
    if (++p->depth <= 2 * TREE_MAX_HEIGHT) /* two levels a bracket */
        return true;
    (void)leat_expr_fail(p->fault, p->token.offset, "this is nested more than %d deep", TREE_MAX_HEIGHT);
    return false;
}

/* ---- the tightest level ---- */

static struct leat_term *cast_to(struct parser *p, struct leat_term *arg, enum leat_type type, size_t offset)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CAST, offset);

    term->result.type = type;
    leat_term_add(p->arena, term, arg);
    return composed(p, term);
}

static struct leat_term *number(struct parser *p, bool negative)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CONSTANT, p->token.offset);
    char *text = leat_arena_printf(p->arena, "%s%.*s", negative ? "-" : "", (int)p->token.n, p->token.text);
    enum leat_token_kind kind = p->token.kind;
    int64_t value;

    advance(p);
    errno = 0;
    if (kind == TOKEN_INTEGER) {
        value = strtoll(text, NULL, 10);
        if (errno != ERANGE) {
            leat_constant_int64(p->arena, term, LEAT_INT64, value);
            return term;
        }
    }
    /* The check makes it canonical by the same cast as any other text. */
    leat_constant_text(p->arena, term, LEAT_TEXT, text, strlen(text));
    return cast_to(p, term, kind == TOKEN_FLOAT ? LEAT_FLOAT64 : LEAT_DECIMAL, term->offset);
}

static struct leat_term *text_literal(struct parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CONSTANT, p->token.offset);
    size_t n;
    char *text = unquoted(p, &p->token, '\'', &n);

    leat_constant_text(p->arena, term, LEAT_TEXT, text, n);
    advance(p);
    return term;
}

static struct leat_term *parse_cast(struct parser *p)
{
    size_t offset = p->token.offset;
    bool tries = p->token.n > 4;
    struct leat_term *arg, *term;
    enum leat_type type;

    advance(p);
    advance(p); /* the bracket: the caller has seen it */
    arg = parse_or(p);
    if (!arg || !expect(p, "as"))
        return NULL;
    type = p->token.kind == TOKEN_NAME ? leat_type_named(p->token.text, p->token.n) : LEAT_NONE;
    if (type == LEAT_NONE) {
        if (p->token.kind != TOKEN_NAME)
            return fail(p, "a type");
        (void)leat_expr_fail(p->fault, p->token.offset, "there is no type %.*s", (int)p->token.n, p->token.text);
        leat_expr_hint(p->fault, "types are bool, int64, float64, decimal, date, timestamp, text, bytes and json");
        return NULL;
    }
    advance(p);
    if (!expect(p, ")"))
        return NULL;
    term = cast_to(p, arg, type, offset);
    if (term)
        term->tries = tries;
    return term;
}

static struct leat_term *parse_case(struct parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CASE, p->token.offset), *part;

    advance(p);
    if (!at(p, "when")) {
        if (!(part = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        term->has_subject = true;
    }
    if (!at(p, "when"))
        return fail(p, "when");
    while (accept(p, "when")) {
        if (!(part = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        if (!expect(p, "then") || !(part = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
    }
    if (accept(p, "else")) {
        if (!(part = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        term->has_otherwise = true;
    }
    return expect(p, "end") ? composed(p, term) : NULL;
}

/* What SQL allows within brackets and leat writes otherwise. */
static bool is_odd(struct parser *p)
{
    struct leat_token next = behind(p);
    bool side = at(p, "both") || at(p, "leading") || at(p, "trailing");

    if (!at(p, "from") && !at(p, "for") && !(side && (next.kind == TOKEN_TEXT || leat_token_is(&next, "from"))))
        return false;
    (void)leat_expr_fail(p->fault, p->token.offset, "arguments are separated by commas");
    leat_expr_hint(p->fault, "write trim(x, 'chars'), ltrim(x, 'chars'), substr(x, start, count)");
    return true;
}

static struct leat_term *parse_call(struct parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CALL, p->token.offset), *arg;
    char *name = leat_arena_strndup(p->arena, p->token.text, p->token.n);

    for (char *c = name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    term->name = name;
    advance(p);
    advance(p);
    if (accept(p, ")"))
        return term;
    do {
        if (is_odd(p) || !(arg = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, arg);
        if (term->n_args > TREE_MAX_ARGUMENTS) {
            (void)leat_expr_fail(p->fault, arg->offset, "%.64s() gets more than %d arguments", name, TREE_MAX_ARGUMENTS);
            return NULL;
        }
    } while (accept(p, ","));
    if (accept(p, ")"))
        return composed(p, term);
    return is_odd(p) ? NULL : fail(p, "a comma or )");
}

static struct leat_term *field(struct parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_FIELD, p->token.offset);
    size_t n;

    term->name = p->token.kind == TOKEN_QUOTED ? unquoted(p, &p->token, '"', &n)
                                               : leat_arena_strndup(p->arena, p->token.text, p->token.n);
    advance(p);
    return term;
}

static struct leat_term *word_literal(struct parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CONSTANT, p->token.offset);

    if (at(p, "null"))
        leat_constant_null(p->arena, term, LEAT_NONE);
    else
        leat_constant_bool(p->arena, term, at(p, "true"));
    advance(p);
    return term;
}

static struct leat_term *parse_name(struct parser *p)
{
    struct leat_token next = behind(p);
    bool bracket = leat_token_is(&next, "(");

    if (at(p, "null") || at(p, "true") || at(p, "false"))
        return word_literal(p);
    if (at(p, "case"))
        return parse_case(p);
    if (bracket && (at(p, "cast") || at(p, "try_cast")))
        return parse_cast(p);
    if (is_reserved(&p->token)) {
        (void)fail(p, "a value");
        leat_expr_hint(p->fault, "a field of that name stands in double quotes: \"%.*s\"", (int)p->token.n,
                       p->token.text);
        return NULL;
    }
    if (!bracket && next.kind == TOKEN_TEXT && next.offset == p->token.offset + p->token.n + 1 &&
        (at(p, "date") || at(p, "timestamp"))) {
        (void)leat_expr_fail(p->fault, p->token.offset, "a typed literal is written as a cast");
        leat_expr_hint(p->fault, "write cast('%.*s' as %.*s)", (int)(next.n < 40 ? next.n : 40), next.text,
                       (int)p->token.n, p->token.text);
        return NULL;
    }
    return bracket ? parse_call(p) : field(p);
}

static struct leat_term *parse_primary(struct parser *p)
{
    struct leat_term *term;

    switch (p->token.kind) {
    case TOKEN_TEXT:
        return text_literal(p);
    case TOKEN_INTEGER:
    case TOKEN_DECIMAL:
    case TOKEN_FLOAT:
        return number(p, false);
    case TOKEN_QUOTED:
        return field(p);
    case TOKEN_NAME:
        return parse_name(p);
    default:
        if (!accept(p, "("))
            return fail(p, "a value");
        term = parse_or(p);
        return term && expect(p, ")") ? term : NULL;
    }
}

static struct leat_term *parse_sign(struct parser *p)
{
    size_t offset = p->token.offset;
    struct leat_term *term;

    if (!enter(p))
        return NULL;
    if (accept(p, "-")) {
        /* The smallest int64 has no positive counterpart. */
        if (p->token.kind >= TOKEN_INTEGER && p->token.kind <= TOKEN_FLOAT)
            term = number(p, true);
        else
            term = operator_1(p, "-", offset, parse_sign(p));
    } else if (accept(p, "+")) {
        term = parse_sign(p);
    } else {
        term = parse_primary(p);
    }
    p->depth--;
    return term;
}

/* ---- operators of two sides ---- */

static struct leat_term *parse_product(struct parser *p)
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

static struct leat_term *parse_sum(struct parser *p)
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
static struct leat_term *chain(struct parser *p, const char *word, enum leat_term_kind kind,
                               struct leat_term *(*operand)(struct parser *))
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
    return composed(p, term);
}

static struct leat_term *parse_concat(struct parser *p)
{
    return chain(p, "||", TERM_CALL, parse_sum);
}

/* ---- in, between, like ---- */

static struct leat_term *parse_in(struct parser *p, struct leat_term *x)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_IN, p->token.offset), *member;

    advance(p);
    leat_term_add(p->arena, term, x);
    if (!expect(p, "("))
        return NULL;
    do {
        if (!(member = parse_or(p)))
            return NULL;
        leat_term_add(p->arena, term, member);
        if (term->n_args > TREE_MAX_MEMBERS) {
            (void)leat_expr_fail(p->fault, member->offset, "this list has more than %d members", TREE_MAX_MEMBERS);
            return NULL;
        }
    } while (accept(p, ","));
    return expect(p, ")") ? composed(p, term) : NULL;
}

static struct leat_term *parse_between(struct parser *p, struct leat_term *x)
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
    return composed(p, term);
}

static struct leat_term *parse_like(struct parser *p, struct leat_term *x)
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
    return composed(p, term);
}

static struct leat_term *parse_range(struct parser *p)
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

static enum leat_op comparison(const struct parser *p)
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

static struct leat_term *compare(struct parser *p, enum leat_op op, size_t offset, struct leat_term *a,
                                 struct leat_term *b)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_COMPARE, offset);

    if (!a || !b)
        return NULL;
    term->op = op;
    leat_term_add(p->arena, term, a);
    leat_term_add(p->arena, term, b);
    return composed(p, term);
}

static struct leat_term *parse_comparison(struct parser *p)
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

static struct leat_term *parse_is(struct parser *p)
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
            return fail(p, "null, true, false or distinct from");
        advance(p);
        term->negated = negated;
        leat_term_add(p->arena, term, a);
        a = composed(p, term);
    }
    return a;
}

static struct leat_term *parse_not(struct parser *p)
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

static struct leat_term *parse_and(struct parser *p)
{
    return chain(p, "and", TERM_AND, parse_not);
}

static struct leat_term *parse_or(struct parser *p)
{
    struct leat_term *term;

    if (!enter(p))
        return NULL;
    term = chain(p, "or", TERM_OR, parse_and);
    p->depth--;
    return term;
}

/* Something stands behind a whole expression. */
static void fail_behind(struct parser *p)
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
    struct parser p = {.lexer = {.text = text, .n = n, .fault = fault}, .arena = arena, .fault = fault};
    struct leat_term *term;

    advance(&p);
    if (p.token.kind == TOKEN_END) {
        (void)leat_expr_fail(fault, 0, "the expression is empty");
        return NULL;
    }
    term = parse_or(&p);
    if (!term)
        return NULL;
    if (p.token.kind == TOKEN_END)
        return term;
    fail_behind(&p);
    return NULL;
}
