/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows that do not become records.
 */
#include "kit/sql/sql.h"

#include "kit/fields/fields.h"
#include "kit/json/json.h"
#include "kit/text/text.h"

/* A JSON string; bytes that are no text are shown as \xff. */
static void add_string(struct leat_put *json, const char *text, size_t n)
{
    leat_put_string(json, "\"");
    for (size_t i = 0, length; i < n; i += length ? length : 1) {
        char room[LEAT_JSON_ROOM(4)];

        length = leat_text_character(text + i, n - i);
        if (length)
            leat_put_bytes(json, room, (size_t)(leat_json_escape_slice(room, text + i, length) - room));
        else
            leat_put_printf(json, "\\\\x%02x", (unsigned char)text[i]);
    }
    leat_put_string(json, "\"");
}

/* A value that fits was put, and one that does not was left out. */
static bool fits(const struct leat_batch *out, int i)
{
    return out->columns[i].n_rows > out->n_rows;
}

/* The values that were not put because they do not fit, as a JSON object without those of secret fields. Returns how
 * many there are. */
static int misfits(const struct leat_batch *out, const char *const *texts, const int *lengths, struct leat_put *json)
{
    int n = 0;

    for (int i = 0; i < out->schema->n_fields; i++) {
        const struct leat_field *field = &out->schema->fields[i];

        if (fits(out, i))
            continue;
        n++;
        if (field->data_class == LEAT_SECRET)
            continue;
        leat_put_string(json, json->n ? ", " : "{");
        add_string(json, field->name, strlen(field->name));
        leat_put_string(json, ": ");
        add_string(json, texts[i], (size_t)lengths[i]);
    }
    if (json->n)
        leat_put_string(json, "}");
    return n;
}

static void reject_misfit(struct leat_batch *out, int bad, int n, const char *text, int length,
                          const struct leat_put *all)
{
    const struct leat_field *field = &out->schema->fields[bad];
    const char *wants = leat_field_wants(field);

    if (n > 1)
        leat_batch_reject_value(out, bad, "conversion_failed", all->n ? all->p : NULL, all->n,
                                "is not %s (fields can declare another type), and %d more value%s of the record "
                                "do%s not fit", wants, n - 1, n > 2 ? "s" : "", n > 2 ? "" : "es");
    else
        leat_batch_reject_value(out, bad, "conversion_failed", field->data_class == LEAT_SECRET ? NULL : text,
                                (size_t)length, "is not %s (fields can declare another type)", wants);
}

/* False: no memory. */
static bool reject(struct leat_batch *out, int bad, const char *const *texts, const int *lengths)
{
    struct leat_put all = { 0 };
    int n = misfits(out, texts, lengths, &all);
    bool ok = !all.failed;

    if (ok && bad < 0)
        leat_batch_reject_record(out, "null_cursor", all.n ? all.p : NULL, all.n,
                                 "a field of the cursor is null: the record has no place in the order");
    else if (ok)
        reject_misfit(out, bad, n, texts[bad], lengths[bad], &all);
    leat_put_free(&all);
    return ok;
}

int leat_sql_end_row(struct leat_batch *out, int step, int bad, const char *const *texts, const int *lengths,
                     struct leat_error *err)
{
    if (step == LEAT_SQL_PUT && bad < 0)
        leat_batch_end_row(out);
    else if (!reject(out, step == LEAT_SQL_PUT ? bad : -1, texts, lengths))
        return leat_fail(err, -ENOMEM, "cannot reject a record: out of memory");
    return 0;
}
