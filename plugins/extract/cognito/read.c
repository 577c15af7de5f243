/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Reading. There are two ways:
 *
 *     in order     prefix by prefix of the sub, each read as a whole and sorted: the sub that was given last says
 *                  where to go on. Nothing of a prefix is given before all of it is here, so a token that breaks in the
 *                  middle costs some pages and nothing else.
 *     as listed    where the user's own filter takes the place of the prefix, and in a preview: users are given as they
 *                  come, and after a token that breaks those who were given are known by their subs.
 */
#include "extract.h"

#include "kit/store/store.h"

enum { BATCH_MS = 200 /* after which a batch goes on though it is not full */ };

static const int64_t seen_memory = INT64_C(16) << 20;

/* ---- in order ---- */

/* 0: the prefix is read; 1: it is too large. */
static int read_prefix(struct worker *w, const struct cognito *c, struct leat_error *err)
{
    struct leat_json_span page;
    int rc = 0;

    while (rc >= 0 && !w->listing.done) {
        rc = listing_page(&w->listing, &w->caller, 0, &page, err);
        if (rc == LISTING_BROKEN)
            held_clear(&w->held);
        else if (rc == 0)
            rc = held_add(&w->held, &page, w->walk.prefix, NULL, err);
        if (rc < 0 || w->listing.done)
            continue;
        if ((int64_t)w->held.text.n > c->memory || (w->held.n && walk_is_large(&w->walk)))
            return w->walk.n < WALK_DIGITS;
    }
    return rc < 0 ? rc : 0;
}

static int list_prefix(struct worker *w, const struct cognito *c, struct leat_error *err)
{
    struct leat_put filter = { 0 };
    const char *text;

    held_clear(&w->held);
    filter_put(&filter, "sub", "^=", w->walk.prefix, w->walk.n);
    text = leat_put_end(&filter);
    if (text)
        listing_users(&w->listing, c, text);
    leat_put_free(&filter);
    return text ? read_prefix(w, c, err) : leat_fail(err, -ENOMEM, "out of memory");
}

/* The next users in order, if there are any. */
static int next_prefix(struct worker *w, const struct cognito *c, struct leat_error *err)
{
    int rc;

    while ((rc = list_prefix(w, c, err)) > 0)
        (void)walk_split(&w->walk);
    if (rc < 0)
        return rc;
    held_sort(&w->held);
    held_skip(&w->held, w->walk.behind);
    walk_next(&w->walk, (int64_t)w->held.text.n);
    return 0;
}

/* ---- as listed ---- */

static int next_page(struct worker *w, struct leat_error *err)
{
    struct leat_json_span page;
    int rc = listing_page(&w->listing, &w->caller, 0, &page, err);

    held_clear(&w->held);
    if (rc == LISTING_PAGE)
        rc = held_add(&w->held, &page, "", w->seen, err);
    return rc < 0 ? rc : 0;
}

/* ---- the two ---- */

static bool cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

static int begin_listed(struct worker *w, const struct cognito *c, struct leat_stage *stage, struct leat_error *err)
{
    struct keyset_settings settings = { .memory = seen_memory, .cancelled = cancelled, .cancelled_arg = stage };

    listing_users(&w->listing, c, c->filter);
    return keyset_open(&w->seen, &settings, err);
}

/* What may be called again. */
static int begin(struct worker *w, const struct cognito *c, struct leat_stage *stage, struct leat_error *err)
{
    int rc = caller_open(&w->caller, c, stage, err);

    return rc == 0 ? row_open(&w->row, c, err) : rc;
}

int cognito_worker_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    const struct cognito *c = self;
    struct worker *w = leat_stage_worker(stage);
    int n, part = leat_stage_partition(stage, &n);

    w->in_order = !c->filter && leat_stage_rows_wanted(stage) < 0;
    if (!w->in_order)
        return begin_listed(w, c, stage, err);
    walk_begin(&w->walk, part, n, leat_stage_position(stage, part), c->memory);
    return 0;
}

static bool at_end(const struct worker *w)
{
    return w->in_order ? w->walk.done : w->listing.done;
}

static int put_user(struct worker *w, const struct cognito *c, struct leat_batch *out, struct leat_error *err)
{
    const struct leat_json_span user = held_user(&w->held);
    struct row *row = &w->row;
    int bad, rc = 0;

    row_read(row, c, &user, "Attributes");
    if (c->with_groups) {
        row->groups.n = 0;
        groups_put(&c->groups, w->held.all[w->held.next].sub, &row->groups);
    }
    if (c->with_mfa)
        rc = details_mfa(row, &w->caller, 0, err);
    if (rc < 0)
        return rc;
    if (row->groups.failed || row->text.failed)
        return leat_fail(err, -ENOMEM, "no memory for a user");
    memcpy(w->last, w->held.all[w->held.next++].sub, sizeof w->last);
    bad = row_put(row, c, out);
    if (bad < 0)
        leat_batch_end_row(out);
    else
        row_reject(row, bad, out);
    return 0;
}

static void count_unknown(struct worker *w, struct leat_stage *stage)
{
    if (w->row.n_unknown)
        leat_stage_count(stage, "values of attributes that the pool does not describe", w->row.n_unknown);
    w->row.n_unknown = 0;
}

enum leat_flow cognito_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    const struct cognito *c = self;
    struct worker *w = leat_stage_worker(stage);
    int64_t end_ms = leat_now_ms() + BATCH_MS;
    int rc = begin(w, c, stage, err);

    while (rc == 0 && leat_batch_has_room(out) && (!out->n_rows || leat_now_ms() < end_ms)) {
        if (w->held.next < w->held.n)
            rc = put_user(w, c, out, err);
        else if (at_end(w))
            break;
        else
            rc = w->in_order ? next_prefix(w, c, err) : next_page(w, err);
    }
    count_unknown(w, stage);
    if (rc < 0 && !(rc == LEAT_ERETRY && out->n_rows)) /* what may pass is tried again with the next batch */
        return LEAT_FAILED;
    if (w->in_order && out->n_rows) {
        int n;

        leat_batch_set_position(out, leat_stage_partition(stage, &n), w->last);
    }
    return w->held.next < w->held.n || !at_end(w) ? LEAT_MORE : LEAT_END;
}
