/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The oracle of the expression language: a second evaluator, written from
 * leat-expressions(7) alone, a row at a time and as plainly as can be. It knows
 * nothing of core/expr/: it has trees and values of its own, and prints its
 * trees as text for the engine to read.
 */
#ifndef LEAT_TESTS_EXPR_ORACLE_H
#define LEAT_TESTS_EXPR_ORACLE_H

#include <leat/schema.h>

#include "base/arena.h"
#include "base/text.h"

enum oracle_op {
    O_LITERAL, O_FIELD,
    O_ADD, O_SUBTRACT, O_MULTIPLY, O_DIVIDE, O_MODULO, O_NEGATE, O_CONCAT_OP,
    O_EQ, O_NE, O_LT, O_LE, O_GT, O_GE, O_DISTINCT, O_NOT_DISTINCT,
    O_AND, O_OR, O_NOT, O_IS_NULL, O_IS_TRUE, O_IS_FALSE,
    O_IN, O_BETWEEN, O_LIKE, O_CASE, O_CASE_OF, /* of: has a subject */
    O_CAST, O_COALESCE, O_NULLIF, O_GREATEST, O_LEAST,
    O_FUNCTION,
};

/* A value, or why there is none. */
struct oracle_value {
    enum leat_type type;
    bool null;
    bool unknown;      /* the oracle's own numbers are too small for it: anything is right */
    const char *fault; /* the code of the row's fault, or NULL */
    int64_t i;         /* bool, int64, date, timestamp */
    double f;
    const char *text;  /* text: n bytes */
    int n;
    __int128 digits;   /* decimal: digits * 10^-scale */
    int scale;
};

enum { ORACLE_MAX_ARGS = 8, ORACLE_TIMESTAMP_LOCAL = 1 };

struct oracle_node {
    enum oracle_op op;
    enum leat_type type;
    const char *name;  /* function, or the operator's text */
    bool negated;      /* IN, BETWEEN, LIKE, IS */
    bool tries;        /* CAST, FUNCTION */
    bool otherwise;    /* CASE: the last argument is the else */
    int n_args;
    struct oracle_node *args[ORACLE_MAX_ARGS];
    struct oracle_value literal;
    int field;
};

/* Values of the row's fields. */
typedef struct oracle_value oracle_field(void *context, int field);

struct oracle {
    struct leat_arena *arena; /* texts of results */
    oracle_field *field;
    void *context;
};

struct oracle_value oracle_evaluate(const struct oracle *oracle, const struct oracle_node *node);
/* As leat_value_text writes it. */
const char *oracle_text(const struct oracle *oracle, struct oracle_value value);
/* With as few brackets as the documented precedence allows. */
void oracle_print(const struct oracle_node *node, const char *const *field_names, struct leat_text_buffer *out);

#endif
