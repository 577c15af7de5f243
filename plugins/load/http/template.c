/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Templates while they run. (parse.c makes them.)
 */
#include "template.h"

#include <string.h>

bool template_resolve(struct template *t, const struct leat_schema *schema)
{
    for (int i = 0; i < t->n; i++) {
        struct piece *piece = &t->pieces[i];

        if (piece->kind != PIECE_FIELD && piece->kind != PIECE_SKIP)
            continue;
        piece->field = leat_schema_find(schema, piece->text);
        if (piece->field < 0)
            return false;
    }
    return true;
}

static void put_comma(struct leat_put *out)
{
    char before = out->n ? out->p[out->n - 1] : '{';

    if (before != '{' && before != '[')
        leat_put_bytes(out, ",", 1);
}

void template_put(const struct template *t, const struct leat_batch *b, int32_t row, const char *id,
                  struct leat_put *out)
{
    for (int i = 0; i < t->n; i++) {
        const struct piece *piece = &t->pieces[i];

        switch (piece->kind) {
        case PIECE_LITERAL:
            leat_put_bytes(out, piece->text, piece->n);
            break;
        case PIECE_FIELD:
            leat_put_value(out, piece->form, &b->schema->fields[piece->field], &b->columns[piece->field], row);
            break;
        case PIECE_ID:
            leat_put_text(out, piece->form, id, strlen(id));
            break;
        case PIECE_COMMA:
            put_comma(out);
            break;
        case PIECE_SKIP:
            if (leat_is_null(&b->columns[piece->field], row))
                i += (int)piece->n;
            break;
        case PIECE_RECORDS:
            break;
        }
    }
}

int template_empty_field(const struct template *t, const struct leat_batch *b, int32_t row)
{
    for (int i = 0; i < t->n; i++) {
        const struct piece *piece = &t->pieces[i];
        const struct leat_column *c = &b->columns[piece->field];

        if (piece->kind == PIECE_FIELD &&
            (leat_is_null(c, row) || (c->offsets && c->offsets[row] == c->offsets[row + 1])))
            return piece->field;
    }
    return -1;
}
