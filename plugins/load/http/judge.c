/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a reply means. A condition with a path is looked at before those that
 * know the status alone; what nobody has named means what HTTP says it means.
 */
#include "load.h"

#include <string.h>

/* ---- conditions ---- */

/* A scalar as text: a string without its escapes, all else as it stands. */
static void put_scalar(struct leat_put *out, const struct leat_json_span *value)
{
    bool escaped = value->kind == LEAT_JSON_STRING && value->escaped;
    char *room = leat_put_reserve(out, value->n);
    size_t n = value->n;

    if (!room || (escaped && !leat_json_unescape(value->text, value->n, room, &n)))
        return;
    if (!escaped && n)
        memcpy(room, value->text, n);
    out->n += n;
}

static bool is_scalar(enum leat_json_kind kind)
{
    return kind == LEAT_JSON_STRING || kind == LEAT_JSON_NUMBER || kind == LEAT_JSON_TRUE || kind == LEAT_JSON_FALSE;
}

static bool equals(struct http *h, const struct flow_job *job, const struct leat_json_span *value, const struct template *t)
{
    struct leat_put *scratch = &h->flow.scratch;
    const struct flow_record *record = &job->records[0];
    size_t n;

    if (!is_scalar(value->kind))
        return false;
    scratch->n = 0;
    put_scalar(scratch, value);
    n = scratch->n;
    template_put(t, record->held->batch, record->row, request_of(job)->id, scratch);
    return !scratch->failed && scratch->n == 2 * n && memcmp(scratch->p, scratch->p + n, n) == 0;
}

static bool status_fits(const struct condition *c, long status)
{
    return status >= c->low && status <= c->high;
}

/* `readable`: the reply is JSON. */
static bool fits(struct http *h, const struct flow_job *job, const struct leat_http_reply *reply, const struct condition *c,
                 bool readable)
{
    struct leat_json_span value;

    if (!status_fits(c, reply->status))
        return false;
    if (!c->path)
        return true;
    if (!readable || !leat_pointer_find(c->path, reply->body, reply->n_body, &value))
        return false;
    if (c->equals)
        return equals(h, job, &value, c->equals);
    return value.kind != LEAT_JSON_NULL && value.kind != LEAT_JSON_FALSE;
}

static bool has_paths(const struct conditions *all, long status)
{
    for (int i = 0; i < all->n; i++)
        if (all->items[i].path && status_fits(&all->items[i], status))
            return true;
    return false;
}

static bool any_fits(struct http *h, const struct flow_job *job, const struct leat_http_reply *reply,
                     const struct conditions *all, bool with_path, bool readable)
{
    for (int i = 0; i < all->n; i++)
        if ((all->items[i].path != NULL) == with_path && fits(h, job, reply, &all->items[i], readable))
            return true;
    return false;
}

static bool is_json(const struct leat_http_reply *reply)
{
    return reply->n_body && leat_json_is_value(reply->body, reply->n_body);
}

bool judge_text(struct http *h, const struct leat_http_reply *reply, const struct leat_pointer *path, size_t *ret_n)
{
    size_t before = h->flow.scratch.n;
    struct leat_json_span value;

    if (!is_json(reply) || !leat_pointer_find(path, reply->body, reply->n_body, &value) ||
        value.kind == LEAT_JSON_NULL)
        return false;
    put_scalar(&h->flow.scratch, &value);
    *ret_n = h->flow.scratch.n - before;
    return !h->flow.scratch.failed;
}

/* ---- what HTTP says ---- */

static bool is_one_of(long status, const short *all)
{
    while (*all && *all != status)
        all++;
    return *all != 0;
}

static bool is_throttled(const struct leat_http_reply *reply)
{
    return reply->status == 429 || reply->status == 425 || (reply->status == 503 && reply->retry_after_ms);
}

/* 404 says that the record is not there where the URL names it, else that the URL is wrong. 207 means that some of the
 * `n` records may have failed. */
static enum flow_outcome by_status(const struct http *h, const struct leat_http_reply *reply, int n)
{
    static const short rejected[] = { 400, 413, 414, 422, 424, 431, 0 };
    long status = reply->status;

    if (is_throttled(reply))
        return FLOW_THROTTLED;
    if (status >= 500 && status != 501 && status != 505)
        return FLOW_UNCLEAR;
    if (status == 408)
        return FLOW_UNCLEAR;
    if (status == 409 || status == 412)
        return FLOW_EXISTS;
    if (status == 207 && n > 1)
        return FLOW_STOP;
    if (is_one_of(status, rejected) || ((status == 404 || status == 410) && h->url_template.n_fields))
        return FLOW_REJECTED;
    return status >= 200 && status < 300 && !h->lists[LIST_ACCEPT].n ? FLOW_LOADED : FLOW_STOP;
}

/* Whether something is taken for said by a reply that should have said it in JSON. */
static bool is_silent(const struct http *h, const struct leat_http_reply *reply, int outcome)
{
    bool asked = outcome == FLOW_STOP && has_paths(&h->lists[LIST_ACCEPT], reply->status);

    if (outcome == FLOW_LOADED && h->answers.n)
        return true;
    for (int i = 0; i < N_LISTS && outcome == FLOW_LOADED; i++)
        asked |= has_paths(&h->lists[i], reply->status);
    return asked && reply->n_body;
}

enum flow_outcome judge(void *self, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct http *h = self;
    static const enum flow_outcome outcomes[N_LISTS] = {
        [LIST_THERE] = FLOW_THERE, [LIST_REJECT] = FLOW_REJECTED, [LIST_THROTTLED] = FLOW_THROTTLED,
        [LIST_ACCEPT] = FLOW_LOADED};
    bool wanted = h->answers.n && reply->status < 300, readable;
    int outcome = -1;

    for (int i = 0; i < N_LISTS; i++)
        wanted |= has_paths(&h->lists[i], reply->status);
    readable = wanted && is_json(reply);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < N_LISTS; i++)
            if (outcome < 0 && any_fits(h, job, reply, &h->lists[i], pass == 0, readable))
                outcome = outcomes[i];
    if (outcome < 0)
        outcome = by_status(h, reply, job->n);
    if (is_silent(h, reply, outcome) && !readable && reply->status < 300)
        return FLOW_UNCLEAR; /* whoever has said this is not the API */
    return (enum flow_outcome)outcome;
}

/* ---- the read-back ---- */

static enum flow_found whose(struct http *h, const struct flow_job *job, const struct leat_http_reply *reply)
{
    struct leat_json_span value;

    if (h->find.always_ours)
        return FLOW_FOUND_OURS;
    if (!h->find.ours)
        return FLOW_FOUND_SOMETHING;
    if (!is_json(reply))
        return FLOW_FOUND_UNCLEAR;
    return leat_pointer_find(h->find.ours, reply->body, reply->n_body, &value) &&
                   equals(h, job, &value, &h->find.ours_equals)
               ? FLOW_FOUND_OURS
               : FLOW_FOUND_FOREIGN;
}

static enum flow_found found_by_status(const struct http *h, const struct leat_http_reply *reply)
{
    long status = reply->status;

    if (is_throttled(reply))
        return FLOW_FOUND_THROTTLED;
    if ((status >= 500 && status != 501 && status != 505) || status == 408)
        return FLOW_FOUND_UNCLEAR;
    if ((status == 404 || status == 410) && !h->find.absent.n)
        return FLOW_FOUND_NOTHING;
    return FLOW_FOUND_STOP;
}

enum flow_found judge_found(void *self, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct http *h = self;
    const struct read_back *find = &h->find;
    bool readable = (has_paths(&find->absent, reply->status) || has_paths(&find->found, reply->status)) &&
                    is_json(reply);

    for (int pass = 0; pass < 2; pass++) {
        if (any_fits(h, job, reply, &find->absent, pass == 0, readable))
            return FLOW_FOUND_NOTHING;
        if (any_fits(h, job, reply, &find->found, pass == 0, readable))
            return whose(h, job, reply);
    }
    if (reply->status < 200 || reply->status >= 300)
        return found_by_status(h, reply);
    if (has_paths(&find->found, reply->status)) /* an empty list of results, or no JSON at all */
        return readable ? FLOW_FOUND_NOTHING : FLOW_FOUND_UNCLEAR;
    return find->found.n ? FLOW_FOUND_STOP : whose(h, job, reply);
}
