/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Joins the columns of several arms into one, taking each row from the arm that
 * has it; and copies a single one.
 */
#include "expr/kernel.h"

/* Where a row's value is: parts[*ret_part], row *ret_row; false: null. */
static inline bool locate(const struct leat_argument *parts, const uint16_t *which, int32_t row, int *ret_part,
                          int32_t *ret_row)
{
    int part = which ? which[row] : 0;

    if (part == UINT16_MAX)
        return false;
    *ret_part = part;
    *ret_row = row & argument_mask(&parts[part]);
    return !leat_is_null(parts[part].column, *ret_row);
}

static int merge_texts(struct leat_scratch *s, const struct leat_argument *parts, int n_parts, const uint16_t *which,
                       struct leat_rows rows, struct leat_store *store)
{
    struct text_out out;
    struct text_in in[n_parts];
    int part, rc = text_out_open(store, 0, &out, s->err);
    int32_t at;

    if (rc < 0)
        return rc;
    for (int i = 0; i < n_parts; i++)
        if (parts[i].column)
            in[i] = text_in(&parts[i]);
    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        const uint8_t *p;
        size_t n;

        text_out_skip(&out, row);
        if (!locate(parts, which, row, &part, &at)) {
            bit_set(leat_store_validity(store), row, false);
            continue;
        }
        p = text_at(&in[part], row, &n);
        if ((int64_t)n + TEXT_SLACK > out.cap - out.at && !text_out_more(&out, n))
            return leat_fail(s->err, LEAT_EDATA, "the results of one batch would pass 2 GiB; make its batches smaller");
        text_copy(out.bytes + out.at, p, n, &in[part]);
        text_out_end_row(&out, n);
    }
    text_out_close(&out, s->total);
    return 0;
}

static void merge_bits(const struct leat_argument *parts, const uint16_t *which, struct leat_rows rows,
                       struct leat_store *store)
{
    uint8_t *bits = store->column.bits;
    int part;
    int32_t at;

    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool valid = locate(parts, which, row, &part, &at);

        bit_set(bits, row, valid && bit_get(parts[part].column->bits, at));
        if (!valid)
            bit_set(leat_store_validity(store), row, false);
    }
}

static void merge_fixed(const struct leat_argument *parts, const uint16_t *which, struct leat_rows rows,
                        struct leat_store *store)
{
    struct leat_column *c = &store->column;
    int part;
    int32_t at;

    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool valid = locate(parts, which, row, &part, &at);

        if (c->type == LEAT_DATE)
            c->date[row] = valid ? parts[part].column->date[at] : 0;
        else
            c->int64[row] = valid ? parts[part].column->int64[at] : 0; /* and float64 by its bits */
        if (!valid)
            bit_set(leat_store_validity(store), row, false);
    }
}

int leat_merge(struct leat_scratch *s, const struct leat_argument *parts, int n_parts, const uint16_t *which,
               struct leat_rows rows, struct leat_store *out)
{
    int rc = 0;

    if (leat_type_is_text(out->column.type))
        rc = merge_texts(s, parts, n_parts, which, rows, out);
    else if (out->column.type == LEAT_BOOL)
        merge_bits(parts, which, rows, out);
    else
        merge_fixed(parts, which, rows, out);
    out->column.n_rows = s->total;
    return rc;
}
