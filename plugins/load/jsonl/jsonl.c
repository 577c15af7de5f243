/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * jsonl: writes each record as a JSON object on a line of its own, into a file
 * that gets its name when the run is done.
 *
 * One worker; the state is touched by its thread alone.
 */
#include <leat/plugin.h>

#include <math.h>
#include <stdlib.h>

#include "kit/file/file.h"
#include "kit/json/json.h"
#include "kit/secrets/secrets.h"
#include "kit/text/text.h"

enum { KEEP, OMIT };
enum { SLICE = 48 << 10 /* of a value, written at once: escaped it still fits the file's buffer; divisible by 3 */ };

/* A field's name as a JSON string, with its colon. */
struct key {
    char *text;
    size_t n;
};

struct jsonl {
    const char *path;
    int nulls;
    bool secrets;
    struct leat_output file;
    struct key *keys;
    char *key_text;
};

static const char *const nulls[] = { "keep", "omit", NULL };

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct jsonl, path), .required = true, .main = true,
      .help = "File to write; it gets this name when the run is done." },
    { .name = "nulls", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct jsonl, nulls), .values = nulls,
      .default_text = "keep", .help = "Whether a null is written, as null, or its key left out." },
    LEAT_SECRETS_OPTION(struct jsonl, secrets),
    LEAT_END_OF_OPTIONS
};

/* ---- values ---- */

static void put_char(struct leat_output *o, char c)
{
    char *p = leat_output_reserve(o, 1);

    *p++ = c;
    leat_output_advance(o, p);
}

static void put_text(struct leat_output *o, const char *text, size_t n)
{
    put_char(o, '"');
    do {
        size_t slice = n < SLICE ? n : SLICE;
        char *p = leat_output_reserve(o, LEAT_JSON_ROOM(slice));

        leat_output_advance(o, leat_json_escape_slice(p, text, slice));
        text += slice;
        n -= slice;
    } while (n);
    put_char(o, '"');
}

static void replace_all(char *text, size_t n, char from, char to)
{
    const char *end = text + n;

    while ((text = memchr(text, from, (size_t)(end - text))))
        *text = to;
}

/* As it is, but on one line: outside of its strings a line end is a space. */
static void put_json(struct leat_output *o, const char *text, size_t n)
{
    if (!n)
        leat_output_put(o, "null", 4);
    while (n) {
        size_t slice = n < SLICE ? n : SLICE;
        char *p = leat_output_reserve(o, slice);

        memcpy(p, text, slice);
        replace_all(p, slice, '\n', ' ');
        replace_all(p, slice, '\r', ' ');
        leat_output_advance(o, p + slice);
        text += slice;
        n -= slice;
    }
}

static char *add_base64(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (; n >= 3; bytes += 3, n -= 3) {
        *out++ = digits[bytes[0] >> 2];
        *out++ = digits[(bytes[0] & 3) << 4 | bytes[1] >> 4];
        *out++ = digits[(bytes[1] & 15) << 2 | bytes[2] >> 6];
        *out++ = digits[bytes[2] & 63];
    }
    if (n) {
        unsigned second = n == 2 ? bytes[1] : 0;

        *out++ = digits[bytes[0] >> 2];
        *out++ = digits[(bytes[0] & 3u) << 4 | second >> 4];
        *out++ = n == 2 ? digits[(second & 15) << 2] : '=';
        *out++ = '=';
    }
    return out;
}

static void put_bytes(struct leat_output *o, const char *bytes, size_t n)
{
    put_char(o, '"');
    while (n) {
        size_t slice = n < SLICE ? n : SLICE;
        char *p = leat_output_reserve(o, slice / 3 * 4 + 4);

        leat_output_advance(o, add_base64(p, (const unsigned char *)bytes, slice));
        bytes += slice;
        n -= slice;
    }
    put_char(o, '"');
}

/* Dates and times are strings, and so is a float that JSON has no number for. */
static void put_fixed(struct leat_output *o, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    bool quoted = c->type == LEAT_DATE || c->type == LEAT_TIMESTAMP ||
                  (c->type == LEAT_FLOAT64 && !isfinite(c->float64[row]));
    char *p = leat_output_reserve(o, LEAT_VALUE_ROOM + 2);

    if (quoted)
        *p++ = '"';
    p = leat_value_put(p, field, c, row);
    if (quoted)
        *p++ = '"';
    leat_output_advance(o, p);
}

static void put_value(struct leat_output *o, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    const char *text;
    size_t n = 0;

    text = c->offsets ? leat_text(c, row, &n) : NULL;
    switch (c->type) {
    case LEAT_TEXT:
        put_text(o, text, n);
        break;
    case LEAT_JSON:
        put_json(o, text, n);
        break;
    case LEAT_DECIMAL:
        leat_output_put(o, text, n);
        break;
    case LEAT_BYTES:
        put_bytes(o, text, n);
        break;
    default:
        put_fixed(o, field, c, row);
    }
}

/* ---- rows ---- */

static void put_row(struct jsonl *s, const struct leat_batch *b, int32_t row)
{
    struct leat_output *o = &s->file;
    char before = '{';

    for (int i = 0; i < b->schema->n_fields; i++) {
        bool is_null = leat_is_null(&b->columns[i], row);

        if (is_null && s->nulls == OMIT)
            continue;
        put_char(o, before);
        leat_output_put(o, s->keys[i].text, s->keys[i].n);
        if (is_null)
            leat_output_put(o, "null", 4);
        else
            put_value(o, &b->schema->fields[i], &b->columns[i], row);
        before = ',';
    }
    if (before == '{')
        put_char(o, '{');
    leat_output_put(o, "}\n", 2);
}

static int jsonl_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct jsonl *s = self;
    int rc;

    (void)stage;
    LEAT_EACH_ROW(batch, row)
        put_row(s, batch, row);
    rc = leat_output_check(&s->file, err);
    if (rc == 0)
        leat_batch_answer_rest(batch, LEAT_LOADED);
    return rc;
}

/* ---- the life of the file ---- */

static int jsonl_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    const struct jsonl *s = self;

    (void)err;
    leat_output_plan(plan, s->path);
    leat_secrets_plan(plan, s->secrets);
    return 0;
}

static int make_keys(struct jsonl *s, const struct leat_schema *schema)
{
    size_t n = 0;
    char *p;

    for (int i = 0; i < schema->n_fields; i++)
        n += LEAT_JSON_ROOM(strlen(schema->fields[i].name)) + 1;
    free(s->keys); /* of an open before this one, that has to be tried again */
    free(s->key_text);
    s->keys = calloc((size_t)schema->n_fields + 1, sizeof *s->keys);
    p = s->key_text = malloc(n + 1);
    if (!s->keys || !p)
        return -ENOMEM;
    for (int i = 0; i < schema->n_fields; i++) {
        s->keys[i].text = p;
        p = leat_json_escape(p, schema->fields[i].name, strlen(schema->fields[i].name));
        *p++ = ':';
        s->keys[i].n = (size_t)(p - s->keys[i].text);
    }
    return 0;
}

static int jsonl_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct jsonl *s = self;

    if (make_keys(s, leat_stage_input(stage)) < 0)
        return leat_fail(err, -ENOMEM, "cannot write %s: out of memory", s->path);
    leat_output_sweep(stage, s->path, NULL);
    return leat_output_open(&s->file, s->path, leat_stage_mark(stage), err);
}

static int jsonl_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                        struct leat_error *err)
{
    struct jsonl *s = self;

    return leat_output_commit(&s->file, stage, last, ret_mark, err);
}

static void jsonl_close(struct leat_stage *stage, void *self)
{
    struct jsonl *s = self;

    (void)stage;
    free(s->keys);
    free(s->key_text);
    leat_output_close(&s->file);
}

LEAT_LOAD(jsonl, .summary = "Writes records as JSON objects, one a line", .options = options, .plan = jsonl_plan,
          .open = jsonl_open, .deliver = jsonl_deliver, .commit = jsonl_commit, .close = jsonl_close);
