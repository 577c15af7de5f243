/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The lexer of the expression language: text in, one token after another out.
 * Nothing is copied; a token points into the text.
 */
#ifndef LEAT_EXPR_LEX_H
#define LEAT_EXPR_LEX_H

#include "expr/expr.h"

enum leat_token_kind {
    TOKEN_END,
    TOKEN_NAME,     /* bare: a field, a function or a keyword */
    TOKEN_QUOTED,   /* "a name": text holds what stands between the quotes, "" still doubled */
    TOKEN_TEXT,     /* 'a text': the same */
    TOKEN_INTEGER,
    TOKEN_DECIMAL,  /* has a point */
    TOKEN_FLOAT,    /* has an exponent */
    TOKEN_SYMBOL,   /* an operator or a bracket */
    TOKEN_BAD,      /* the fault is filled */
};

struct leat_token {
    enum leat_token_kind kind;
    size_t offset;    /* byte in the text */
    const char *text; /* n bytes, quotes left out */
    size_t n;
};

struct leat_lexer {
    const char *text;
    size_t n, at;
    struct leat_token last; /* the token before, for hints */
    struct leat_expr_fault *fault;
};

/* Zero-initialise `last`; `text` must be valid UTF-8. */
struct leat_token leat_lexer_next(struct leat_lexer *lexer);

/* True for a name or symbol that spells `word` (lower case), in any case. */
bool leat_token_is(const struct leat_token *token, const char *word);

/* Fills the fault and returns LEAT_EPIPELINE. */
int leat_expr_fail(struct leat_expr_fault *fault, size_t offset, const char *format, ...) LEAT_PRINTF(3, 4);
/* What to type instead; after leat_expr_fail. */
void leat_expr_hint(struct leat_expr_fault *fault, const char *format, ...) LEAT_PRINTF(2, 3);

#endif
