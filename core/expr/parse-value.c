/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copies what stands between quotes, doubled quotes made single. */
static char *unquoted(struct leat_parser *p, const struct leat_token *token, char quote, size_t *ret_n)
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

static struct leat_term *cast_to(struct leat_parser *p, struct leat_term *arg, enum leat_type type, size_t offset)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CAST, offset);

    term->result.type = type;
    leat_term_add(p->arena, term, arg);
    return leat_parser_composed(p, term);
}

struct leat_term *leat_parse_number(struct leat_parser *p, bool negative)
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

static struct leat_term *text_literal(struct leat_parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CONSTANT, p->token.offset);
    size_t n;
    char *text = unquoted(p, &p->token, '\'', &n);

    leat_constant_text(p->arena, term, LEAT_TEXT, text, n);
    advance(p);
    return term;
}

static struct leat_term *parse_cast(struct leat_parser *p)
{
    size_t offset = p->token.offset;
    bool tries = p->token.n > 4;
    struct leat_term *arg, *term;
    enum leat_type type;

    advance(p);
    advance(p); /* the bracket: the caller has seen it */
    arg = leat_parse_any(p);
    if (!arg || !expect(p, "as"))
        return NULL;
    type = p->token.kind == TOKEN_NAME ? leat_type_named(p->token.text, p->token.n) : LEAT_NONE;
    if (type == LEAT_NONE) {
        if (p->token.kind != TOKEN_NAME)
            return leat_parser_fail(p, "a type");
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

static struct leat_term *parse_case(struct leat_parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CASE, p->token.offset), *part;

    advance(p);
    if (!at(p, "when")) {
        if (!(part = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        term->has_subject = true;
    }
    if (!at(p, "when"))
        return leat_parser_fail(p, "when");
    while (accept(p, "when")) {
        if (!(part = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        if (!expect(p, "then") || !(part = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
    }
    if (accept(p, "else")) {
        if (!(part = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, part);
        term->has_otherwise = true;
    }
    return expect(p, "end") ? leat_parser_composed(p, term) : NULL;
}

/* What SQL allows within brackets and leat writes otherwise. */
static bool is_odd(struct leat_parser *p)
{
    struct leat_token next = behind(p);
    bool side = at(p, "both") || at(p, "leading") || at(p, "trailing");

    if (!at(p, "from") && !at(p, "for") && !(side && (next.kind == TOKEN_TEXT || leat_token_is(&next, "from"))))
        return false;
    (void)leat_expr_fail(p->fault, p->token.offset, "arguments are separated by commas");
    leat_expr_hint(p->fault, "write trim(x, 'chars'), ltrim(x, 'chars'), substr(x, start, count)");
    return true;
}

static struct leat_term *parse_call(struct leat_parser *p)
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
        if (is_odd(p) || !(arg = leat_parse_any(p)))
            return NULL;
        leat_term_add(p->arena, term, arg);
        if (term->n_args > TREE_MAX_ARGUMENTS) {
            (void)leat_expr_fail(p->fault, arg->offset, "%.64s() gets more than %d arguments", name, TREE_MAX_ARGUMENTS);
            return NULL;
        }
    } while (accept(p, ","));
    if (accept(p, ")"))
        return leat_parser_composed(p, term);
    return is_odd(p) ? NULL : leat_parser_fail(p, "a comma or )");
}

static struct leat_term *field(struct leat_parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_FIELD, p->token.offset);
    size_t n;

    term->name = p->token.kind == TOKEN_QUOTED ? unquoted(p, &p->token, '"', &n)
                                               : leat_arena_strndup(p->arena, p->token.text, p->token.n);
    advance(p);
    return term;
}

static struct leat_term *word_literal(struct leat_parser *p)
{
    struct leat_term *term = leat_term_new(p->arena, TERM_CONSTANT, p->token.offset);

    if (at(p, "null"))
        leat_constant_null(p->arena, term, LEAT_NONE);
    else
        leat_constant_bool(p->arena, term, at(p, "true"));
    advance(p);
    return term;
}

static struct leat_term *parse_name(struct leat_parser *p)
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
        (void)leat_parser_fail(p, "a value");
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

struct leat_term *leat_parse_value(struct leat_parser *p)
{
    struct leat_term *term;

    switch (p->token.kind) {
    case TOKEN_TEXT:
        return text_literal(p);
    case TOKEN_INTEGER:
    case TOKEN_DECIMAL:
    case TOKEN_FLOAT:
        return leat_parse_number(p, false);
    case TOKEN_QUOTED:
        return field(p);
    case TOKEN_NAME:
        return parse_name(p);
    default:
        if (!accept(p, "("))
            return leat_parser_fail(p, "a value");
        term = leat_parse_any(p);
        return term && expect(p, ")") ? term : NULL;
    }
}
