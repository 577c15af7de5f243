/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single users, each key by a ListUsers of its own: a filter has one condition. Where a key has several
 * fields, or is too long for a filter, the users that come are compared here.
 */
#include "extract.h"

#include <strings.h>

enum { MAX_ASKED = 120 /* bytes of a value: a filter takes 256 characters, with its escapes */ };

/* As filters call it. */
static const char *attribute_of(const char *field)
{
    return strcmp(field, "cognito:username") == 0 ? "username" : field;
}

/* The longest beginning that is whole characters. */
static size_t cut(const char *text, size_t n)
{
    if (n <= MAX_ASKED)
        return n;
    for (n = MAX_ASKED; n && ((unsigned char)text[n] & 0xC0) == 0x80;)
        n--;
    return n;
}

static bool has_value(const struct leat_batch *keys, int32_t key)
{
    for (int i = 0; i < keys->schema->n_fields; i++) {
        size_t n;

        if (leat_is_null(&keys->columns[i], key))
            return false;
        (void)leat_text(&keys->columns[i], key, &n);
        if (!n)
            return false;
    }
    return true;
}

static int list(struct worker *w, const struct cognito *c, const struct leat_find *find, int32_t key,
                struct leat_error *err)
{
    struct leat_put filter = { 0 };
    struct leat_json_span page;
    size_t n, n_asked;
    const char *value = leat_text(&find->keys->columns[0], key, &n);
    int rc = 0;

    n_asked = cut(value, n);
    filter_put(&filter, attribute_of(find->keys->schema->fields[0].name), n_asked < n ? "^=" : "=", value, n_asked);
    held_clear(&w->held);
    if (leat_put_end(&filter))
        listing_users(&w->listing, c, filter.p);
    else
        rc = leat_fail(err, -ENOMEM, "out of memory");
    leat_put_free(&filter);
    while (rc >= 0 && !w->listing.done) {
        rc = listing_page(&w->listing, &w->caller, find->deadline_ms, &page, err);
        if (rc == LISTING_BROKEN)
            held_clear(&w->held);
        else if (rc == 0)
            rc = held_add(&w->held, &page, "", NULL, err);
    }
    held_sort(&w->held);
    return rc < 0 ? rc : 0;
}

/* ---- what comes ---- */

static bool is_value(struct row *row, int field, const char *name, const char *value, size_t n)
{
    const char *text;
    size_t n_text;

    if (row->spans[field].kind != LEAT_JSON_STRING || !row_text(row, &row->spans[field], &text, &n_text) || n_text != n)
        return false;
    return strcmp(name, "email") == 0 ? strncasecmp(text, value, n) == 0 : memcmp(text, value, n) == 0;
}

/* The first field is what was asked for; Cognito knows better what is the same. */
static bool is_asked(struct row *row, const struct leat_batch *keys, int32_t key, const struct leat_schema *schema)
{
    for (int i = 0; i < keys->schema->n_fields; i++) {
        const char *name = keys->schema->fields[i].name, *value;
        size_t n;

        value = leat_text(&keys->columns[i], key, &n);
        if ((i > 0 || cut(value, n) < n) && !is_value(row, leat_schema_find(schema, name), name, value, n))
            return false;
    }
    return true;
}

static int details(struct worker *w, const struct cognito *c, const struct leat_find *find, struct leat_error *err)
{
    int rc = c->with_groups ? details_groups(&w->row, &w->caller, find->deadline_ms, err) : 0;

    if (rc == 0 && c->with_mfa)
        rc = details_mfa(&w->row, &w->caller, find->deadline_ms, err);
    return rc;
}

static int put(struct worker *w, const struct cognito *c, struct leat_find *find, int32_t key, struct leat_error *err)
{
    int rc = 0, bad;

    for (; rc == 0 && w->held.next < w->held.n; w->held.next++) {
        const struct leat_json_span user = held_user(&w->held);

        row_read(&w->row, c, &user, "Attributes");
        if (!is_asked(&w->row, find->keys, key, find->out->schema))
            continue;
        if (!leat_batch_has_room(find->out))
            return leat_fail(err, -E2BIG, "more users of the pool have these keys than one batch takes");
        rc = details(w, c, find, err);
        if (rc < 0)
            return rc;
        bad = row_put(&w->row, c, find->out);
        if (bad >= 0)
            return leat_fail(err, LEAT_EDATA, "cannot search in the user pool: a value of %s is not what the field "
                             "takes (see fields)", c->names[bad]);
        leat_batch_end_row_from(find->out, key);
        find->ret_found[key] = LEAT_FOUND;
    }
    return rc;
}

int cognito_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct cognito *c = self;
    struct worker *w = leat_stage_worker(stage);
    int rc = caller_open(&w->caller, c, stage, err);

    if (rc == 0)
        rc = row_open(&w->row, c, err);
    LEAT_EACH_ROW(find->keys, key) {
        find->ret_found[key] = LEAT_ABSENT;
        if (rc == 0 && has_value(find->keys, key))
            rc = list(w, c, find, key, err);
        else
            held_clear(&w->held);
        if (rc == 0)
            rc = put(w, c, find, key, err);
    }
    if (rc < 0) /* a call may be on its way still */
        caller_close(&w->caller);
    return rc;
}
