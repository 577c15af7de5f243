/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Constants are columns of one row, so that no kernel knows a second kind of
 * value. Their memory has some bytes to spare, because kernels read short
 * texts in words.
 */
#include <string.h>

#include "expr/kernel.h"
#include "expr/tree.h"

static void begin(struct leat_term *term, enum leat_type type)
{
    term->kind = TERM_CONSTANT;
    term->args = NULL;
    term->n_args = 0;
    term->height = 1;
    term->field = -1;
    term->result.type = type;
    term->result.data_class = LEAT_PUBLIC;
    term->column = (struct leat_column){.type = type, .n_rows = 1};
}

void leat_constant_text(struct leat_arena *arena, struct leat_term *term, enum leat_type type, const char *text,
                        size_t n)
{
    begin(term, type);
    term->column.offsets = leat_arena_alloc(arena, 2 * sizeof *term->column.offsets);
    term->column.offsets[1] = (int32_t)n;
    term->column.cap_bytes = (int64_t)n + TEXT_SLACK;
    term->column.bytes = leat_arena_alloc(arena, n + TEXT_SLACK);
    if (n)
        memcpy(term->column.bytes, text, n);
}

void leat_constant_bool(struct leat_arena *arena, struct leat_term *term, bool value)
{
    begin(term, LEAT_BOOL);
    term->column.bits = leat_arena_alloc(arena, 8);
    term->column.bits[0] = value;
}

void leat_constant_int64(struct leat_arena *arena, struct leat_term *term, enum leat_type type, int64_t value)
{
    begin(term, type);
    term->column.int64 = leat_arena_alloc(arena, sizeof value);
    if (type == LEAT_DATE)
        term->column.date[0] = (int32_t)value;
    else
        term->column.int64[0] = value;
}

void leat_constant_float64(struct leat_arena *arena, struct leat_term *term, double value)
{
    begin(term, LEAT_FLOAT64);
    term->column.float64 = leat_arena_alloc(arena, sizeof value);
    term->column.float64[0] = value;
}

void leat_constant_null(struct leat_arena *arena, struct leat_term *term, enum leat_type type)
{
    if (leat_type_is_text(type))
        leat_constant_text(arena, term, type, "", 0);
    else
        leat_constant_int64(arena, term, type, 0);
    term->column.validity = leat_arena_alloc(arena, 8);
}

void leat_constant_copy(struct leat_arena *arena, struct leat_term *term, const struct leat_column *column, int32_t row)
{
    enum leat_type type = column->type;
    size_t n;

    if (leat_is_null(column, row)) {
        leat_constant_null(arena, term, type);
    } else if (leat_type_is_text(type)) {
        const char *text = leat_text(column, row, &n);

        leat_constant_text(arena, term, type, text, n);
    } else if (type == LEAT_BOOL) {
        leat_constant_bool(arena, term, leat_bool(column, row));
    } else if (type == LEAT_FLOAT64) {
        leat_constant_float64(arena, term, column->float64[row]);
    } else {
        leat_constant_int64(arena, term, type, type == LEAT_DATE ? column->date[row] : column->int64[row]);
    }
}

bool leat_term_is_null(const struct leat_term *term)
{
    return term->kind == TERM_CONSTANT && leat_is_null(&term->column, 0);
}
