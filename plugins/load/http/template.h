/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts and JSON with fields of the record in them. Parsed once, at plan time,
 * into pieces; a record's text is then written piece by piece into a buffer.
 *
 *     {"email": "{email}", "name": "{first} {last}", "age": "{age}", "v": 1}
 *     ──────────~~~~~~~~~──────────~~~~~~~~~~~~~~~~─────────~~~~~────────────
 *     literal   VALUE     literal  INSIDE ' ' INSIDE        VALUE  literal
 *
 * {NAME} is the field, {leat:id} the record's own number (leat_batch_record_id),
 * {{ a brace. A field that is the whole of a JSON string keeps its type.
 */
#ifndef LEAT_LOAD_HTTP_TEMPLATE_H
#define LEAT_LOAD_HTTP_TEMPLATE_H

#include <leat/plugin.h>

#include "kit/http/form.h"

struct piece {
    enum {
        PIECE_LITERAL, /* `text` */
        PIECE_FIELD,   /* the field, in `form` */
        PIECE_ID,      /* the record's id, in `form` */
        PIECE_COMMA,   /* unless it would be the first in its list or object */
        PIECE_SKIP,    /* the next `n` pieces are left out where the field is null */
        PIECE_RECORDS, /* of an envelope: where the records stand */
    } kind;
    enum leat_put_form form;
    const char *text;  /* a literal; of a field its name */
    size_t n;
    int field;         /* while it runs: its number in the batches */
};

struct template {
    struct piece *pieces;
    int n, cap;
    int n_fields;      /* pieces that differ from record to record */
    bool has_id;
};

/* Where templates are read from. */
struct template_source {
    struct leat_plan *plan;
    bool omit_nulls;    /* members of objects that are null are left out */
    bool no_secrets;    /* a secret field is a mistake */
    const char *why_no_secrets;
    bool records;       /* {records} stands for the records, and no field may stand anywhere */
};

/* ---- plan: every mistake is noted ---- */

void template_add_literal(struct leat_plan *plan, struct template *t, const char *text, size_t n);
/* A text with fields. */
void template_add_text(const struct template_source *source, struct template *t, const struct leat_node *node,
                       const char *text, enum leat_put_form form);
/* A part of the pipeline file as JSON: mappings, lists, scalars. */
void template_add_json(const struct template_source *source, struct template *t, const struct leat_node *node);
/* The input's fields as an object, but for secret ones that are not to be sent. */
void template_add_record(const struct template_source *source, struct template *t, bool secrets);

/* ---- open ---- */

/* Finds the fields in the batches that will come. False: one is not there. */
bool template_resolve(struct template *t, const struct leat_schema *schema);

/* ---- run ---- */

/* Writes it for a record. `id`: the record's, where the template has one. */
void template_put(const struct template *t, const struct leat_batch *b, int32_t row, const char *id,
                  struct leat_put *out);
/* The first field that is null or empty for this record, or -1. */
int template_empty_field(const struct template *t, const struct leat_batch *b, int32_t row);

#endif
