/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Functions of the expression language: the core's and a plugin's are the same
 * thing, a row in a table. A function is called a batch at a time.
 *
 *     static int shout(const struct leat_call *call, struct leat_error *err)
 *     {
 *         for (int32_t i = 0; i < call->n_rows; i++) {
 *             int32_t row = call->rows[i];
 *             size_t n;
 *             const char *text = leat_argument_text(&call->arguments[0], row, &n);
 *             char *room = leat_call_reserve(call, n + 1);
 *
 *             if (!room) {
 *                 leat_call_fail(call, row, "out_of_range", "the result is too large");
 *                 continue;
 *             }
 *             memcpy(room, text, n);
 *             room[n] = '!';
 *             leat_call_put_reserved(call, row, n + 1);
 *         }
 *         return 0;
 *     }
 *
 *     static const struct leat_function functions[] = {
 *         { "shout", LEAT_TEXT, { LEAT_TEXT }, 0, 0, "Adds an exclamation mark.", "shout('a')", "a!", NULL, NULL, shout },
 *         LEAT_END_OF_FUNCTIONS
 *     };
 *
 *     LEAT_FUNCTIONS(shout, "Shouting", functions);
 *
 * F1  A function is pure: the same arguments give the same value, in any order
 *     of calls. It may be called for rows whose value nobody needs any more.
 * F2  Several rows of a table may have one name: the first whose arguments fit
 *     without a conversion is taken, else the first that fits with one (int64
 *     to float64 or decimal).
 * F3  `bind` runs once a call in the pipeline, at plan time; `call` runs in any
 *     worker, in several at once unless LEAT_ONE_THREAD.
 */
#ifndef LEAT_FUNCTION_H
#define LEAT_FUNCTION_H

#include <leat/batch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEAT_MAX_ARGUMENTS 6 /* typed ones; LEAT_VARIADIC repeats the last */

enum leat_function_trait {
    LEAT_VARIADIC = 1 << 0,   /* the last argument may be given once or more often */
    LEAT_SEES_NULLS = 1 << 1, /* called for null arguments too; otherwise a null argument gives null */
    LEAT_CAN_FAIL = 1 << 2,   /* rows may fail: a form `try_NAME` that gives null comes with it */
    LEAT_ONE_THREAD = 1 << 3, /* calls are serialised by the host */
    LEAT_TAKES_ANY = 1 << 4,  /* where text is declared, a value of any type is taken as its text */
};

/* An argument of a call: row i of a column, or the same value for every row. */
struct leat_argument {
    const struct leat_column *column;
    const struct leat_field *field; /* its type, class, and for a timestamp local and timezone; no name */
    bool constant;                  /* the value is row 0 */
};

/* One call: rows in, a column out. Only the rows in `rows` are asked for. */
struct leat_call {
    const struct leat_argument *arguments;
    int n_arguments;
    const int32_t *rows;        /* ascending; n_rows of them */
    int32_t n_rows;
    void *bound;                /* what `bind` made, or NULL; read-only, shared by all workers */
    struct leat_call_private *host;
};

/* The constant arguments of a call in the pipeline, seen once at plan time. */
struct leat_bind {
    const struct leat_argument *arguments; /* column NULL where the argument is not constant */
    int n_arguments;
    struct leat_field *result;  /* what the call yields; bind may set local and timezone of a timestamp */
};

struct leat_function {
    const char *name;                      /* lower case */
    enum leat_type result;
    enum leat_type arguments[LEAT_MAX_ARGUMENTS]; /* LEAT_NONE ends them */
    int n_optional;                        /* how many of the last may be left out */
    unsigned traits;                       /* enum leat_function_trait */
    const char *summary;                   /* one sentence for leat-expressions(7) */
    const char *example;                   /* an expression of constants ... */
    const char *yields;                    /* ... and its result as text, NULL for null; the tests run it */
    /* Prepares a call; may refuse constants with -EINVAL and a sentence. May be
     * NULL. A constant may be null. What it makes outlives every call. */
    int (*bind)(const struct leat_bind *, void **ret_bound, struct leat_error *);
    void (*unbind)(void *bound);
    /* Puts one value a row of call->rows, in their order: leat_call_put_*, or
     * leat_call_fail. 0, or negative for a fault that ends the run. */
    int (*call)(const struct leat_call *, struct leat_error *);
};

#define LEAT_END_OF_FUNCTIONS { 0, LEAT_NONE, { LEAT_NONE }, 0, 0, 0, 0, 0, 0, 0, 0 }

/* The host's side of what follows; plugins use the wrappers. */
struct leat_call_services {
    void (*put_text)(const struct leat_call *, int32_t row, const char *, size_t);
    void (*put_int64)(const struct leat_call *, int32_t row, int64_t);
    void (*put_float64)(const struct leat_call *, int32_t row, double);
    void (*put_bool)(const struct leat_call *, int32_t row, bool);
    void (*put_date)(const struct leat_call *, int32_t row, int32_t days);
    void (*put_null)(const struct leat_call *, int32_t row);
    void (*fault)(const struct leat_call *, int32_t row, const char *code, const char *reason);
    char *(*reserve)(const struct leat_call *, size_t n);
    void (*put_reserved)(const struct leat_call *, int32_t row, size_t n);
};

extern const struct leat_call_services *leat_call_services;

/* ---- arguments ---- */

static inline bool leat_argument_is_null(const struct leat_argument *argument, int32_t row)
{
    return leat_is_null(argument->column, argument->constant ? 0 : row);
}

/* text, bytes, json and decimal; not NUL-terminated. */
static inline const char *leat_argument_text(const struct leat_argument *argument, int32_t row, size_t *ret_n)
{
    return leat_text(argument->column, argument->constant ? 0 : row, ret_n);
}

/* int64 and timestamp. */
static inline int64_t leat_argument_int64(const struct leat_argument *argument, int32_t row)
{
    return argument->column->int64[argument->constant ? 0 : row];
}

static inline double leat_argument_float64(const struct leat_argument *argument, int32_t row)
{
    return argument->column->float64[argument->constant ? 0 : row];
}

static inline int32_t leat_argument_date(const struct leat_argument *argument, int32_t row)
{
    return argument->column->date[argument->constant ? 0 : row];
}

static inline bool leat_argument_bool(const struct leat_argument *argument, int32_t row)
{
    return leat_bool(argument->column, argument->constant ? 0 : row);
}

/* ---- results ---- */

/* Copies n bytes of a text, bytes, json or decimal result. One that makes the
 * column too large fails its row with out_of_range. */
static inline void leat_call_put_text(const struct leat_call *call, int32_t row, const char *text, size_t n)
{
    leat_call_services->put_text(call, row, text, n);
}

/* Room for the next text, for a function that makes it in place: write up to n
 * bytes, then put as many as it became. NULL if the column would become too
 * large: fail the row. Good until the next put or reserve. */
static inline char *leat_call_reserve(const struct leat_call *call, size_t n)
{
    return leat_call_services->reserve(call, n);
}

static inline void leat_call_put_reserved(const struct leat_call *call, int32_t row, size_t n)
{
    leat_call_services->put_reserved(call, row, n);
}

/* int64 and timestamp. */
static inline void leat_call_put_int64(const struct leat_call *call, int32_t row, int64_t value)
{
    leat_call_services->put_int64(call, row, value);
}

static inline void leat_call_put_float64(const struct leat_call *call, int32_t row, double value)
{
    leat_call_services->put_float64(call, row, value);
}

static inline void leat_call_put_bool(const struct leat_call *call, int32_t row, bool value)
{
    leat_call_services->put_bool(call, row, value);
}

static inline void leat_call_put_date(const struct leat_call *call, int32_t row, int32_t days)
{
    leat_call_services->put_date(call, row, days);
}

static inline void leat_call_put_null(const struct leat_call *call, int32_t row)
{
    leat_call_services->put_null(call, row);
}

/* This row cannot be done: the record is rejected with `code` (a stable
 * lower_case literal) and `reason` (copied), which never holds the value. */
static inline void leat_call_fail(const struct leat_call *call, int32_t row, const char *code, const char *reason)
{
    leat_call_services->fault(call, row, code, reason);
}

/* LEAT_FUNCTIONS(NAME, "what the plugin is for", table); In C and in C++, hence
 * by position. Needs <leat/plugin.h>. */
#define LEAT_FUNCTIONS(symbol, text, table)                                                        \
    static const struct leat_plugin symbol##_plugin = {                                            \
        LEAT_ABI, sizeof(struct leat_plugin), LEAT_KIND_FUNCTION, #symbol, text, 0, 0, 0, 0, 0,    \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, table, 0, 0, 0                                          \
    };                                                                                             \
    LEAT_PLUGIN_ENTRY(symbol##_plugin)                                                             \
    struct leat_plugin /* takes the semicolon */

#ifdef __cplusplus
}
#endif

#endif
