/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The two halves of the parser: operators (parse.c) and values (parse-value.c).
 * A function returns the term it read, or NULL once the fault is filled.
 */
#ifndef LEAT_EXPR_PARSE_H
#define LEAT_EXPR_PARSE_H

#include "expr/lex.h"
#include "expr/tree.h"

struct leat_parser {
    struct leat_lexer lexer;
    struct leat_token token; /* the next one */
    struct leat_arena *arena;
    struct leat_expr_fault *fault;
    int depth;
};

/* parse.c: any expression, up to a token that cannot go on with it. */
struct leat_term *leat_parse_any(struct leat_parser *p);
/* parse-value.c: a literal, a field, a call, a cast, a case, or something in brackets. */
struct leat_term *leat_parse_value(struct leat_parser *p);
/* The number that is the next token; its sign was read before. */
struct leat_term *leat_parse_number(struct leat_parser *p, bool negative);

/* "WHAT is missing before the next token"; returns NULL. */
struct leat_term *leat_parser_fail(struct leat_parser *p, const char *what);
/* What every composed term passes through: the bound on the tree. */
struct leat_term *leat_parser_composed(struct leat_parser *p, struct leat_term *term);

static inline void advance(struct leat_parser *p)
{
    p->token = leat_lexer_next(&p->lexer);
}

static inline bool at(const struct leat_parser *p, const char *word)
{
    return leat_token_is(&p->token, word);
}

static inline bool accept(struct leat_parser *p, const char *word)
{
    if (!at(p, word))
        return false;
    advance(p);
    return true;
}

static inline bool expect(struct leat_parser *p, const char *word)
{
    if (accept(p, word))
        return true;
    (void)leat_parser_fail(p, word);
    return false;
}

/* The token behind the next one, without moving. */
static inline struct leat_token behind(const struct leat_parser *p)
{
    struct leat_expr_fault ignored;
    struct leat_lexer lexer = p->lexer;

    lexer.fault = &ignored;
    return leat_lexer_next(&lexer);
}

#endif
