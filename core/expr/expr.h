/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The expression language (leat-expressions(7); DESIGN.md, section 4): scalar
 * SQL, typed before the run, evaluated a column at a time.
 *
 *     text ─lex─► tokens ─parse─► tree ─check─► typed tree ─evaluate─► column + faults
 *
 * A compiled expression is immutable and shared by all workers; what an
 * evaluation needs to write lives in a scratch, one a worker.
 */
#ifndef LEAT_EXPR_H
#define LEAT_EXPR_H

#include <leat/function.h>

#include "base/arena.h"
#include "batch/store.h"

struct leat_expression;
struct leat_scratch;

/* The functions that can be called: lists of tables, searched in order. */
struct leat_functions {
    const struct leat_function *const *tables; /* each ended by one without a name */
    int n_tables;
};

/* What an expression is compiled against. */
struct leat_scope {
    const struct leat_schema *schema;
    const struct leat_functions *functions;
    /* Only to find more mistakes where some have been found: */
    bool any_field;              /* there may be fields that the schema does not name */
    const char *const *doubtful; /* fields of the schema whose type is not known */
    int n_doubtful;
};

/* What is wrong with an expression's text. */
struct leat_expr_fault {
    size_t offset;     /* byte in the text where it is wrong */
    char text[512];    /* one sentence: what is wrong */
    char hint[256];    /* what to type instead, or empty */
};

/* The services that functions are handed (leat/function.h). */
extern const struct leat_call_services leat_host_call_services;

/* The core's own functions, ended by one without a name. */
extern const struct leat_function leat_core_functions[];

/* Compiles `text` into the arena. The result's type is LEAT_NONE if it hangs on
 * doubtful fields. `wanted` LEAT_NONE: any type; a bare null and
 * an integer for a float64 or decimal are made to fit, anything else is a
 * fault. On success `ret_result` has type, data_class, local and timezone (its
 * name is NULL). On failure LEAT_EPIPELINE, and `fault` says why. */
LEAT_MUST_CHECK int leat_expression_compile(const struct leat_scope *scope, const char *text, size_t n,
                                            enum leat_type wanted, struct leat_arena *arena,
                                            const struct leat_expression **ret, struct leat_field *ret_result,
                                            struct leat_expr_fault *fault);
/* Calls the unbind of each bound function; before the arena goes. */
void leat_expression_release(const struct leat_expression *expression);

/* If the expression is just a field of the schema: its number; else -1. */
int leat_expression_field(const struct leat_expression *expression);

/* Scratch memory for any number of expressions, on one thread. */
struct leat_scratch *leat_scratch_new(int32_t cap_rows);
void leat_scratch_free(struct leat_scratch *scratch);

/* A row that could not be evaluated. Strings are literals or in the scratch
 * until its next evaluation. */
struct leat_row_fault {
    int32_t row;
    int field;            /* a field of the batch that the failing part read, or -1 */
    const char *code;     /* conversion_failed, out_of_range, division_by_zero, or the function's own */
    const char *reason;
};

struct leat_evaluation {
    const struct leat_row_fault *faults; /* ascending rows, one a row at most */
    int32_t n_faults;
};

/* Evaluates over `rows` (ascending, n_rows of them; they are physical rows of
 * `batch`) into `out`, which becomes a column of batch->n_rows rows of the
 * expression's type; rows not asked for are unspecified but readable. A row
 * that failed is null in `out` and stands in ret->faults. Negative: a fault
 * that ends the run. */
LEAT_MUST_CHECK int leat_expression_evaluate(const struct leat_expression *expression, struct leat_scratch *scratch,
                                             const struct leat_batch *batch, const int32_t *rows, int32_t n_rows,
                                             struct leat_store *out, struct leat_evaluation *ret,
                                             struct leat_error *err);

/* "text", "timestamp", ...; and back, with SQL's other names for them. LEAT_NONE: no such type. */
const char *leat_type_name(enum leat_type type);
enum leat_type leat_type_named(const char *name, size_t n);

/* A value as text, for rejects, previews and conversions: the one way in which
 * leat writes a value (bool true/false, dates ISO 8601, floats shortest that
 * read back the same). Returns the bytes; *ret is in `room` (>= 64 bytes) or
 * in the column. Null yields NULL. */
size_t leat_value_text(const struct leat_field *field, const struct leat_column *column, int32_t row, char *room,
                       const char **ret);

#endif
