/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The tree of an expression. The parser makes it, the check completes the same
 * terms with types, functions and bound constants, the evaluation only reads
 * it. All of it lives in the arena that the expression was compiled into.
 */
#ifndef LEAT_EXPR_TREE_H
#define LEAT_EXPR_TREE_H

#include "expr/expr.h"

enum {
    TREE_WIDTH_A_LEVEL = 64,   /* so many arguments count as one level more: they take stack, too */
    TREE_MAX_HEIGHT = 200,     /* so that no input overflows the stack */
    TREE_MAX_ARGUMENTS = 64,   /* of a function */
    TREE_MAX_MEMBERS = 100000, /* of a list after `in` */
    TREE_MAX_TEXT = 1 << 20,   /* bytes of an expression */
};

enum leat_term_kind {
    TERM_CONSTANT, /* `column` has one row */
    TERM_FIELD,    /* `name`; checked: `field` */
    TERM_CALL,     /* `name` and `is_operator`; checked: `function` and `bound` */
    TERM_CAST,     /* to result.type; becomes a call, a relabel or its argument */
    TERM_RELABEL,  /* the same bytes under another type */
    TERM_COMPARE,  /* args a b, `op` */
    TERM_AND,      /* two or more */
    TERM_OR,
    TERM_IS,       /* `op`: what it is compared with */
    TERM_IN,       /* x, then the list */
    TERM_BETWEEN,  /* x low high */
    TERM_CASE,     /* [subject] {condition result} [otherwise] */
    TERM_COALESCE,
    TERM_NULLIF,
    TERM_EXTREME,  /* op: OP_GT for greatest, OP_LT for least */
};

enum leat_op {
    OP_NONE,
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
    OP_DISTINCT, OP_NOT_DISTINCT,
    OP_NULL, OP_TRUE, OP_FALSE,
};

struct leat_term {
    enum leat_term_kind kind;
    enum leat_op op;
    bool negated;       /* IN, BETWEEN, IS */
    bool tries;         /* CALL, CAST: a row that fails is null, no fault */
    bool is_operator;   /* CALL: of the language, not of a table of functions */
    bool has_subject, has_otherwise; /* CASE */
    bool pure;          /* CALL: of the core, may be folded */
    int height;         /* 1 for a leaf */
    size_t offset;      /* byte in the text */
    const char *name;   /* FIELD, CALL */
    struct leat_term **args;
    int n_args;

    struct leat_field result; /* type, data_class, local, timezone */
    int field;          /* FIELD: its number; else the first field that it reads, or -1 */
    struct leat_column column;
    const struct leat_function *function;
    void *bound;
    const struct leat_lookup *lookup; /* IN, CASE with a subject: its constants, where all are */
};

struct leat_expression {
    struct leat_term *root;
};

/* parse.c: the tree of a text, or NULL and the fault. */
struct leat_term *leat_parse(const char *text, size_t n, struct leat_arena *arena, struct leat_expr_fault *fault);
struct leat_term *leat_term_new(struct leat_arena *arena, enum leat_term_kind kind, size_t offset);
void leat_term_add(struct leat_arena *arena, struct leat_term *term, struct leat_term *arg);

/* constant.c: makes `term` a constant. */
void leat_constant_null(struct leat_arena *arena, struct leat_term *term, enum leat_type type);
void leat_constant_text(struct leat_arena *arena, struct leat_term *term, enum leat_type type, const char *text,
                        size_t n);
void leat_constant_bool(struct leat_arena *arena, struct leat_term *term, bool value);
void leat_constant_int64(struct leat_arena *arena, struct leat_term *term, enum leat_type type, int64_t value);
void leat_constant_float64(struct leat_arena *arena, struct leat_term *term, double value);
/* Of a value of a column of the term's type. */
void leat_constant_copy(struct leat_arena *arena, struct leat_term *term, const struct leat_column *column, int32_t row);
bool leat_term_is_null(const struct leat_term *term);

/* check.c and its helpers: types, functions, constants. `struct leat_check` is theirs. */
struct leat_check {
    const struct leat_scope *scope;
    struct leat_arena *arena;
    struct leat_expr_fault *fault;
    struct leat_scratch *scratch; /* for folding; made when first needed */
    bool doubtful;                /* a field whose type is not known has been met */
};

int leat_check(struct leat_check *check, struct leat_term *term);
/* resolve.c: finds the row of a table for a call whose arguments are checked, converts them and binds. */
int leat_check_call(struct leat_check *check, struct leat_term *term);
/* coerce.c: makes *term of `type`, or says that it cannot be. */
int leat_coerce(struct leat_check *check, struct leat_term **term, enum leat_type type);
bool leat_can_coerce(const struct leat_term *term, enum leat_type type);
/* The type that both can be, LEAT_NONE if there is none. */
enum leat_type leat_common_type(const struct leat_term *a, const struct leat_term *b);
/* Makes all of args[0], args[step], ... of one type, which is returned; LEAT_NONE and the fault if they cannot be. */
enum leat_type leat_unify(struct leat_check *check, struct leat_term **args, int n_args, int step, const char *what);
/* cast.c: the row that converts, NULL if there is none. */
const struct leat_function *leat_cast_find(enum leat_type from, enum leat_type to);
/* fold.c: makes a term whose arguments are constants a constant, if its evaluation succeeds. */
void leat_fold(struct leat_check *check, struct leat_term *term);

/* evaluate.c: unbinds what was bound in a tree, also in a half-checked one. */
void leat_term_release(struct leat_term *term);

extern const struct leat_function leat_operators[];

#endif
