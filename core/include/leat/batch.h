/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A batch: some thousand records as columns, in Arrow's physical layout
 * ("Arrow Columnar Format", sections "Validity bitmaps", "Fixed-size Primitive
 * Layout" and "Variable-size Binary Layout").
 *
 *     columns[0]   validity  1 1 0 1          NULL when no value is null
 *     (text)       offsets   0 3 5 5 9        n_rows + 1
 *                  bytes     abcdewxyz
 *     selection    0 2 3                      the rows still on their way; NULL: all
 *
 * B1  One stage at a time holds a batch. Columns are frozen once the stage that
 *     built them has returned; only the selection and the fates change later.
 * B2  A row that is not selected has ended: it was filtered, is a duplicate, or
 *     was rejected. Its values may be anything. Walk rows with LEAT_EACH_ROW.
 * B3  Every row has a way back to the record as it was extracted (leat_batch_key,
 *     leat_batch_source), so nothing is copied for rejects and verdicts.
 * B4  A batch is written and read by one thread at a time; no call here blocks.
 */
#ifndef LEAT_BATCH_H
#define LEAT_BATCH_H

#include <stddef.h>
#include <string.h>

#include <leat/error.h>
#include <leat/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One column. Row i of a text type is bytes[offsets[i]] .. bytes[offsets[i + 1]]. */
struct leat_column {
    enum leat_type type;
    int32_t n_rows;      /* rows written so far, while it is being built */
    uint8_t *validity;   /* bit i set: row i has a value; NULL: every row has */
    int32_t *offsets;    /* text types: n_rows + 1 byte positions; else NULL */
    union {
        uint8_t *bytes;  /* text types */
        uint8_t *bits;   /* bool */
        int64_t *int64;  /* int64, timestamp */
        double *float64;
        int32_t *date;
        void *values;
    };
    int64_t cap_bytes;   /* text types: room in `bytes` */
};

/* How a record ended; the larger value is the worse one. */
enum leat_verdict {
    LEAT_OPEN = 0,      /* still on its way */
    LEAT_LOADED,        /* in the target, put there by us */
    LEAT_ALREADY_THERE, /* in the target, as it should be */
    LEAT_FILTERED,      /* left behind because the pipeline says so */
    LEAT_DUPLICATE,     /* another record of the same key went on */
    LEAT_REJECTED,      /* bad: in the reject file, with the reason */
    LEAT_CONFLICT,      /* something else stands in its place; untouched */
    LEAT_UNKNOWN,       /* cannot be found out: the run fails */
    LEAT_N_VERDICTS
};

/* A field of what the target answered for one record, e.g. a new id. */
struct leat_answer {
    const char *name; /* lives as long as the stage: a string literal */
    const char *text; /* UTF-8, `n` bytes; copied by the host */
    size_t n;
};

struct leat_batch {
    const struct leat_schema *schema;
    struct leat_column *columns; /* schema->n_fields of them */
    int32_t n_rows;              /* physical rows, selected or not */
    int32_t n_selected;
    const int32_t *selection;    /* n_selected ascending row numbers; NULL: 0 .. n_rows - 1 */

    /* Building (extracts, and transforms that write rows) */
    int32_t cap_rows;            /* at most so many rows */
    int32_t n_put;               /* values put into the row being written */
    int64_t n_bytes;             /* bytes of text put so far */
    int64_t cap_bytes;           /* no room for another row from here on */
    int64_t max_record;          /* bytes of text a record may have; a larger one is rejected by the host */
    int error;                   /* first fault while building; the host looks after the callback */

    /* Loads */
    const uint8_t *must_verify;  /* bit a row, NULL: none: a call for it may have been sent before a
                                  * crash; ask the target before sending again */
    const uint8_t *updates;      /* bit a row, NULL: none: it was loaded before and has changed: what the
                                  * target has of it says nothing of this call; send it again if in doubt */
    uint32_t *steps;             /* NULL, or per row the bits of the steps known to be done */

    struct leat_batch_private *host; /* the host's own part */
};

/* for each selected row: LEAT_EACH_ROW(batch, row) { ... row ... } */
#define LEAT_EACH_ROW(batch, row)                                                                  \
    for (int32_t row##_i = 0, row = 0;                                                             \
         row##_i < (batch)->n_selected &&                                                          \
         (row = (batch)->selection ? (batch)->selection[row##_i] : row##_i, 1);                    \
         row##_i++)

/* ---- reading ---- */

static inline bool leat_is_null(const struct leat_column *column, int32_t row)
{
    return column->validity && !(column->validity[row >> 3] >> (row & 7) & 1);
}

/* The bytes of a text value, not NUL-terminated; empty for a null. */
static inline const char *leat_text(const struct leat_column *column, int32_t row, size_t *ret_n)
{
    *ret_n = (size_t)(column->offsets[row + 1] - column->offsets[row]);
    return (const char *)column->bytes + column->offsets[row];
}

static inline bool leat_bool(const struct leat_column *column, int32_t row)
{
    return column->bits[row >> 3] >> (row & 7) & 1;
}

/* ---- the host's side of what follows; plugins use the wrappers ---- */

struct leat_batch_services {
    bool (*grow)(struct leat_batch *, int field, size_t n);
    void (*put_null)(struct leat_batch *, int field);
    void (*end_row)(struct leat_batch *);
    void (*reject_record)(struct leat_batch *, int field, const char *code, const char *reason, const char *raw,
                          size_t n);
    void (*reject)(struct leat_batch *, int32_t row, int field, const char *code, const char *reason);
    void (*drop)(struct leat_batch *, int32_t row, enum leat_verdict);
    void (*answer)(struct leat_batch *, int32_t row, enum leat_verdict, const struct leat_answer *, int n_answers);
    void (*answer_rest)(struct leat_batch *, enum leat_verdict);
    void (*step_done)(struct leat_batch *, int32_t row, uint32_t step);
    struct leat_batch *(*ref)(struct leat_batch *);
    void (*unref)(struct leat_batch *);
    const struct leat_batch *(*source)(const struct leat_batch *, int32_t row, int32_t *ret_row);
    const char *(*key)(const struct leat_batch *, int32_t row, size_t *ret_n);
    void (*align)(struct leat_batch *out, struct leat_batch *in);
    void (*share)(struct leat_batch *out, int field, const struct leat_batch *in, int in_field);
    void (*end_row_from)(struct leat_batch *out, int32_t in_row);
    void (*set_position)(struct leat_batch *, int partition, const char *position);
    void (*record_id)(const struct leat_batch *, int32_t row, char ret[33]);
    void (*give_back)(struct leat_batch *, int32_t row);
    void (*put_column)(struct leat_batch *, int field, const struct leat_column *);
};

extern const struct leat_batch_services *leat_batch_services;

/* ---- building: put the values of a row, then end it ---- */

static inline bool leat_batch_has_room(const struct leat_batch *b)
{
    return b->n_rows < b->cap_rows && b->n_bytes < b->cap_bytes && !b->error;
}

static inline struct leat_column *leat_batch_next(struct leat_batch *b, int field, bool fits)
{
    struct leat_column *c = &b->columns[field];

    if (!fits || c->n_rows != b->n_rows) { /* wrong type, or put twice */
        b->error = LEAT_EPLUGIN;
        return 0;
    }
    b->n_put++;
    return c;
}

/* Copies `n` bytes into a text, bytes, json or decimal field. Text is checked
 * for UTF-8 by the host when the batch is done, and a bad record is rejected. */
static inline void leat_batch_put_text(struct leat_batch *b, int field, const char *text, size_t n)
{
    struct leat_column *c = leat_batch_next(b, field, leat_type_is_text(b->columns[field].type));

    if (!c)
        return;
    if (n > (size_t)(c->cap_bytes - c->offsets[c->n_rows]) && !leat_batch_services->grow(b, field, n))
        n = 0;
    if (n)
        memcpy(c->bytes + c->offsets[c->n_rows], text, n);
    b->n_bytes += (int64_t)n;
    c->offsets[c->n_rows + 1] = c->offsets[c->n_rows] + (int32_t)n;
    c->n_rows++;
}

/* int64 and timestamp fields. */
static inline void leat_batch_put_int64(struct leat_batch *b, int field, int64_t value)
{
    struct leat_column *c = leat_batch_next(
        b, field, b->columns[field].type == LEAT_INT64 || b->columns[field].type == LEAT_TIMESTAMP);

    if (c)
        c->int64[c->n_rows++] = value;
}

static inline void leat_batch_put_float64(struct leat_batch *b, int field, double value)
{
    struct leat_column *c = leat_batch_next(b, field, b->columns[field].type == LEAT_FLOAT64);

    if (c)
        c->float64[c->n_rows++] = value;
}

static inline void leat_batch_put_date(struct leat_batch *b, int field, int32_t days)
{
    struct leat_column *c = leat_batch_next(b, field, b->columns[field].type == LEAT_DATE);

    if (c)
        c->date[c->n_rows++] = days;
}

static inline void leat_batch_put_bool(struct leat_batch *b, int field, bool value)
{
    struct leat_column *c = leat_batch_next(b, field, b->columns[field].type == LEAT_BOOL);

    if (!c)
        return;
    if (value)
        c->bits[c->n_rows >> 3] |= (uint8_t)(1 << (c->n_rows & 7));
    else
        c->bits[c->n_rows >> 3] &= (uint8_t)~(1 << (c->n_rows & 7));
    c->n_rows++;
}

/* Copies a value of a column of the same type. */
static inline void leat_batch_put_value(struct leat_batch *b, int field, const struct leat_column *column, int32_t row)
{
    const char *text;
    size_t n;

    if (leat_is_null(column, row)) {
        leat_batch_services->put_null(b, field);
    } else if (column->offsets) {
        text = leat_text(column, row, &n);
        leat_batch_put_text(b, field, text, n);
    } else if (column->type == LEAT_BOOL) {
        leat_batch_put_bool(b, field, leat_bool(column, row));
    } else if (column->type == LEAT_DATE) {
        leat_batch_put_date(b, field, column->date[row]);
    } else if (column->type == LEAT_FLOAT64) {
        leat_batch_put_float64(b, field, column->float64[row]);
    } else {
        leat_batch_put_int64(b, field, column->int64[row]);
    }
}

/* A field that is not put is null too. */
static inline void leat_batch_put_null(struct leat_batch *b, int field)
{
    leat_batch_services->put_null(b, field);
}

/* Ends the row being written. */
static inline void leat_batch_end_row(struct leat_batch *b)
{
    leat_batch_services->end_row(b);
}

/* The same in a transform that makes rows of its own: it comes from `in_row`. */
static inline void leat_batch_end_row_from(struct leat_batch *out, int32_t in_row)
{
    leat_batch_services->end_row_from(out, in_row);
}

/* In an extract: ends the row being written as a reject. What was put of it is
 * its source record; `raw` are the bytes of what was no record, or NULL.
 * `code` is a stable lower_case word, a string literal. */
LEAT_UNUSED LEAT_PRINTF(5, 6) static void leat_batch_reject_record(struct leat_batch *b, const char *code,
                                                                   const char *raw, size_t n_raw,
                                                                   const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    leat_batch_services->reject_record(b, -1, code, reason, raw, n_raw);
}

/* The same where one field is at fault: `raw` is then its value as it stood in the store. */
LEAT_UNUSED LEAT_PRINTF(6, 7) static void leat_batch_reject_value(struct leat_batch *b, int field, const char *code,
                                                                  const char *raw, size_t n_raw, const char *format,
                                                                  ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    leat_batch_services->reject_record(b, field, code, reason, raw, n_raw);
}

/* The short form, for a line of text. */
static inline void leat_batch_reject_row(struct leat_batch *b, const char *code, const char *raw)
{
    leat_batch_services->reject_record(b, -1, code, code, raw, raw ? strlen(raw) : 0);
}

/* In an extract: where to go on after this batch. `position` is copied, is
 * handed back to `open` on resume, and belongs to one sequence a partition
 * (0 where there is only one). */
static inline void leat_batch_set_position(struct leat_batch *b, int partition, const char *position)
{
    leat_batch_services->set_position(b, partition, position);
}

/* ---- ending rows on their way ---- */

/* Rejects a row. `field` is a field of this batch or -1; `code` a stable
 * lower_case word, a string literal. The reason says the rule and never the
 * value: the value stands beside it in the reject file. A row that is rejected
 * already keeps its first reason. */
LEAT_UNUSED LEAT_PRINTF(5, 6) static void leat_batch_reject(struct leat_batch *b, int32_t row, int field,
                                                            const char *code, const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    leat_batch_services->reject(b, row, field, code, reason);
}

/* Ends a row as LEAT_FILTERED or LEAT_DUPLICATE. */
static inline void leat_batch_drop(struct leat_batch *b, int32_t row, enum leat_verdict verdict)
{
    leat_batch_services->drop(b, row, verdict);
}

/* ---- loads: one verdict a row, in `deliver` or later ---- */

/* Answers one row, with what the target said. Rejections go through
 * leat_batch_reject. A row is answered once. */
static inline void leat_batch_answer(struct leat_batch *b, int32_t row, enum leat_verdict verdict,
                                     const struct leat_answer *answers, int n_answers)
{
    leat_batch_services->answer(b, row, verdict, answers, n_answers);
}

/* Answers every selected row that has no answer yet. */
static inline void leat_batch_answer_rest(struct leat_batch *b, enum leat_verdict verdict)
{
    leat_batch_services->answer_rest(b, verdict);
}

/* Only in `close`: nothing was ever sent for a row that has no answer. The next run takes it up as if
 * it had not come. A row that is neither answered nor given back may have been sent. */
static inline void leat_batch_give_back(struct leat_batch *b, int32_t row)
{
    leat_batch_services->give_back(b, row);
}

/* Sets a step bit of a row (1 << 0 .. 1 << 31) and makes it durable with the next commit. */
static inline void leat_batch_step_done(struct leat_batch *b, int32_t row, uint32_t step)
{
    leat_batch_services->step_done(b, row, step);
}

/* A load that answers later keeps the batch: one unref for each ref. */
static inline struct leat_batch *leat_batch_ref(struct leat_batch *b)
{
    return leat_batch_services->ref(b);
}

static inline void leat_batch_unref(struct leat_batch *b)
{
    leat_batch_services->unref(b);
}

/* Of a row in one of the batch's sets of rows, must_verify and the like; NULL: none is in it. */
static inline bool leat_row_in(const uint8_t *bits, int32_t row)
{
    return bits && (bits[row >> 3] >> (row & 7) & 1);
}

/* ---- the way back ---- */

/* The batch and row as they were extracted. Valid as long as `b` is. */
static inline const struct leat_batch *leat_batch_source(const struct leat_batch *b, int32_t row, int32_t *ret_row)
{
    return leat_batch_services->source(b, row, ret_row);
}

/* The source record's key as text, not NUL-terminated, or NULL where the
 * extract has none. Valid until the next call for the same batch. */
static inline const char *leat_batch_key(const struct leat_batch *b, int32_t row, size_t *ret_n)
{
    return leat_batch_services->key(b, row, ret_n);
}

/* Loads: 32 hexadecimal digits that are the same for the same record of this pipeline and
 * target in every run, and tell nothing of it: for idempotency keys and markers. Empty where
 * the record has no key. */
static inline void leat_batch_record_id(const struct leat_batch *b, int32_t row, char ret[33])
{
    leat_batch_services->record_id(b, row, ret);
}

/* ---- transforms that keep the rows ---- */

/* Gives `out` the rows and the selection of `in`, row by row the same. Its
 * columns are then shared or evaluated (leat_evaluate in plugin.h). */
static inline void leat_batch_align(struct leat_batch *out, struct leat_batch *in)
{
    leat_batch_services->align(out, in);
}

/* Makes a column of `out` the same column of `in`, without a copy. */
static inline void leat_batch_share(struct leat_batch *out, int field, const struct leat_batch *in, int in_field)
{
    leat_batch_services->share(out, field, in, in_field);
}

/* Fills a column of an aligned `out` with a copy of one that the plugin has built: out->n_rows values of the field's
 * type, in the layout above; what stands in rows that are not selected is of no account. */
static inline void leat_batch_put_column(struct leat_batch *out, int field, const struct leat_column *column)
{
    leat_batch_services->put_column(out, field, column);
}

#ifdef __cplusplus
}
#endif

#endif
