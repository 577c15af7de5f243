/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * mongodb: reads the documents of a collection, or what an aggregation pipeline
 * gives, from a MongoDB server.
 *
 * One thread reads. MongoDB has no snapshot of a whole collection: what changes
 * while a run lasts may be seen or not. With a cursor a lost connection, and a
 * server's cursor that has died, are opened again behind the last document.
 */
#include "extract.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kit/fields/fields.h"

static const char *const misfit_words[] = { "reject", "rest", NULL };

static const struct leat_option options[] = {
    LEAT_MONGODB_OPTIONS(struct mongodb, at, "The collection or view to read."),
    { .name = "filter", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct mongodb, filter),
      .help = "Which documents to read, as JSON; all if it is not given." },
    { .name = "projection", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct mongodb, projection),
      .help = "Which parts of a document the server sends, as JSON." },
    { .name = "pipeline", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct mongodb, pipeline),
      .help = "An aggregation pipeline whose documents to read, as a JSON list, instead of filter and projection." },
    { .name = "cursor", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct mongodb, cursor_option),
      .help = "Fields to order by, unique together, such as _id, so that a run can go on where one stopped." },
    { .name = "incremental", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct mongodb, incremental),
      .default_text = "false",
      .help = "Whether to read only the records behind the cursor of the last run that succeeded." },
    { .name = "lag", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct mongodb, lag), .default_text = "0ms",
      .max = INT64_C(315576000000) /* ten years */, .tuning = true,
      .help = "How much before that an incremental run begins, for changes that became visible late." },
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct mongodb, fields),
      .help = "Fields, NAME: TYPE or NAME: {type, class, timezone, path}; a path is like address.city, and NAME if it "
              "is not given." },
    { .name = "sample", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct mongodb, sample), .default_text = "1000",
      .max = 1000000,
      .help = "How many documents show which other fields there are; 0: none, as with both fields and rest." },
    { .name = "rest", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct mongodb, rest),
      .help = "Name of a json field for all that no other field takes." },
    { .name = "on_misfit", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct mongodb, on_misfit), .values = misfit_words,
      .default_text = "reject",
      .help = "What becomes of a value that does not fit: its record is rejected, or it goes into the field of rest." },
    LEAT_END_OF_OPTIONS
};

static int no_memory(const struct mongodb *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read %.300s: out of memory", s->at.where);
}

/* ---- what is wrong with the cursor ---- */

static int ambiguous(const struct mongodb *s, struct leat_error *err)
{
    char cursor[256] = "";

    for (int i = 0; i < s->cursor.n; i++)
        (void)snprintf(cursor + strlen(cursor), sizeof cursor - strlen(cursor), "%s%s", i ? ", " : "",
                       s->cursor.names[i]);
    return leat_fail(err, LEAT_EPIPELINE, "two documents of %.200s have the same cursor (%s): a run that stops between "
                     "them would lose one; add a last field that is unique: `cursor: [%s, _id]'", s->at.where, cursor,
                     cursor);
}

static int mixed(const struct mongodb *s, int i, struct leat_error *err)
{
    return leat_fail(err, LEAT_EPIPELINE, "%.80s, a field of the cursor, has values of several types in %.200s, such "
                     "as numbers and texts: MongoDB compares a value with those of its own type only, so that a run "
                     "that goes on would lose the others; name another field, or convert them in a pipeline",
                     s->cursor.names[i], s->at.where);
}

static int unfit(const struct mongodb *s, int i, struct leat_error *err)
{
    return leat_fail(err, LEAT_EPIPELINE, "%.80s, a field of the cursor, has a value in %.200s that has no one place "
                     "in the order, such as a list; name another field, or leave such documents out by filter",
                     s->cursor.names[i], s->at.where);
}

/* ---- documents ---- */

static int end_document(struct mongodb *s, struct leat_batch *out, struct leat_error *err)
{
    enum cursor_step step = CURSOR_FINE;
    int bad = 0;

    if (s->cursor.n)
        step = cursor_step(&s->cursor, &bad);
    switch (step) {
    case CURSOR_AGAIN:
        return ambiguous(s, err);
    case CURSOR_MIXED:
        return mixed(s, bad, err);
    case CURSOR_UNFIT:
        return unfit(s, bad, err);
    case CURSOR_NO_MEMORY:
        return no_memory(s, err);
    case CURSOR_NULL:
        row_reject_null_cursor(&s->row);
        return 0;
    default:
        break;
    }
    if (row_is_bad(&s->row))
        row_reject(&s->row);
    else
        leat_batch_end_row(out);
    return 0;
}

/* One that an earlier run has rejected for its cursor: nothing of it may stay in the batch. */
static bool is_behind(struct mongodb *s, const bson_t *doc)
{
    struct cursor *c = &s->cursor;
    bson_iter_t it, value;

    if (!c->n_skip)
        return false;
    cursor_begin(c);
    for (int i = 0; i < c->n; i++)
        if (bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, c->names[i], &value))
            cursor_take(c, i, &value);
    return cursor_is_behind(c);
}

static int put_document(struct mongodb *s, struct leat_batch *out, const bson_t *doc, struct leat_error *err)
{
    if (is_behind(s, doc))
        return 0;
    if (!row_put(&s->row, out, doc))
        return no_memory(s, err);
    s->read = true;
    return end_document(s, out, err);
}

/* ---- the server's cursor ---- */

static void drop(struct mongodb *s)
{
    if (s->rows)
        mongoc_cursor_destroy(s->rows);
    s->rows = NULL;
    s->pending = NULL;
    leat_mongodb_close(&s->server);
}

static int rows_failed(const struct mongodb *s, mongoc_cursor_t *rows, struct leat_error *err)
{
    const bson_t *reply = NULL;
    bson_error_t why;

    return mongoc_cursor_error_document(rows, &why, &reply) ? leat_mongodb_fail(&s->at, &why, reply, err) : 0;
}

/* The greatest value of field i behind the place has to be of the place's kind: else some would never be seen. */
static int check_kind(const struct mongodb *s, int i, struct leat_error *err)
{
    mongoc_cursor_t *rows = query_last(s, s->server.client, i);
    bson_iter_t it, value;
    const bson_t *doc;
    int rc = 0;

    if (!mongoc_cursor_next(rows, &doc))
        rc = rows_failed(s, rows, err);
    else if (bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, s->cursor.names[i], &value) &&
             cursor_differs(&s->cursor, i, &value))
        rc = mixed(s, i, err);
    mongoc_cursor_destroy(rows);
    return rc;
}

static int begin(struct mongodb *s, int64_t limit, struct leat_error *err)
{
    int rc = leat_mongodb_open(&s->at, &s->server, err);

    for (int i = 0; rc == 0 && i < s->cursor.n_behind; i++)
        rc = check_kind(s, i, err);
    if (rc < 0)
        return rc;
    s->rows = query_rows(s, s->server.client, limit);
    if (mongoc_cursor_next(s->rows, &s->pending))
        return 0;
    s->pending = NULL;
    return rows_failed(s, s->rows, err);
}

/* Nothing is left behind the place, or somebody has dropped the collection: that looks the same. False for whoever
 * may not ask. */
static bool is_gone(const struct mongodb *s)
{
    mongoc_database_t *database = mongoc_client_get_database(s->server.client, s->at.database);
    bson_error_t why = { 0 };
    bool there = mongoc_database_has_collection(database, s->at.collection, &why);

    mongoc_database_destroy(database);
    return !there && why.code == 0;
}

/* Behind what was read by this run. */
static int begin_again(struct mongodb *s, struct leat_error *err)
{
    struct cursor *c = &s->cursor;
    int rc;

    if (c->placed) {
        c->n_behind = c->n;
        free(c->since);
        c->since = NULL;
    }
    c->n_skip = c->n_null;
    rc = begin(s, 0, err);
    if (rc == 0 && !s->pending && is_gone(s))
        rc = leat_fail(err, LEAT_EPIPELINE, "%.300s is there no more: somebody has dropped it since the run began",
                       s->at.where);
    if (rc < 0)
        drop(s);
    return rc;
}

static bool next(struct mongodb *s, const bson_t **ret_doc)
{
    *ret_doc = s->pending;
    s->pending = NULL;
    /* what has ended is not to be asked again */
    return *ret_doc || (mongoc_cursor_more(s->rows) && mongoc_cursor_next(s->rows, ret_doc));
}

/* ---- reading ---- */

static bool save_position(const struct mongodb *s, struct leat_batch *out)
{
    char *position;

    if (!s->cursor.n || !s->read)
        return true;
    position = cursor_position(&s->cursor);
    if (position)
        leat_batch_set_position(out, 0, position);
    free(position);
    return position != NULL;
}

static void count(struct leat_stage *stage, struct mongodb *s)
{
    if (s->row.n_left_out > s->n_told)
        leat_stage_count(stage, "value of an undeclared field left out", s->row.n_left_out - s->n_told);
    s->n_told = s->row.n_left_out;
}

static enum leat_flow hand_over(struct leat_stage *stage, struct mongodb *s, struct leat_batch *out,
                                enum leat_flow flow, struct leat_error *err)
{
    count(stage, s);
    if (save_position(s, out)) /* without its position the next run would read it again */
        return flow;
    (void)no_memory(s, err);
    return LEAT_FAILED;
}

static enum leat_flow failed(struct leat_stage *stage, const struct mongodb *s, int rc, struct leat_error *err)
{
    if (leat_stage_cancelled(stage))
        err->code = leat_fail(err, LEAT_ECANCELED, "the run is to stop");
    else if (rc == LEAT_EUNREACHABLE && s->cursor.n)
        err->code = LEAT_ERETRY;
    return LEAT_FAILED;
}

/* The server has said no more than an error, or nothing at all. */
static enum leat_flow lost(struct leat_stage *stage, struct mongodb *s, struct leat_batch *out, struct leat_error *err)
{
    const bson_t *reply = NULL;
    bson_error_t why;
    size_t n;
    int rc;

    (void)mongoc_cursor_error_document(s->rows, &why, &reply);
    rc = leat_mongodb_fail(&s->at, &why, reply, err);
    if (rc == LEAT_EUNREACHABLE && !s->cursor.n) {
        n = strlen(err->text);
        (void)snprintf(err->text + n, sizeof err->text - n, "; with a cursor, `cursor: _id', the run could go on");
    }
    if (rc == LEAT_EUNREACHABLE && s->cursor.n) {
        drop(s);
        if (out->n_rows) { /* they are handed on first; the next call connects again */
            leat_stage_log(stage, LEAT_LOG_WARNING, "%s; connecting again", err->text);
            return hand_over(stage, s, out, LEAT_MORE, err);
        }
    }
    return failed(stage, s, rc, err);
}

static enum leat_flow mongodb_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct mongodb *s = self;
    const bson_t *doc;
    bson_error_t why;
    int rc;

    if (!s->rows && (rc = begin_again(s, err)) < 0)
        return failed(stage, s, rc, err);
    while (leat_batch_has_room(out)) {
        if (!next(s, &doc))
            return mongoc_cursor_error(s->rows, &why) ? lost(stage, s, out, err)
                                                      : hand_over(stage, s, out, LEAT_END, err);
        if (put_document(s, out, doc, err) < 0)
            return LEAT_FAILED;
    }
    return hand_over(stage, s, out, LEAT_MORE, err);
}

static int mongodb_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct mongodb *s = self;
    int64_t wanted = leat_stage_rows_wanted(stage), limit;
    int rc = 0;

    s->server.stage = stage;
    s->row = (struct row){ .tree = &s->tree, .cursor = s->cursor.n ? &s->cursor : NULL, .rest_field = s->rest_field,
                           .misfits_to_rest = s->on_misfit == 1 };
    if (!row_begin(&s->row, s->n_fields))
        return no_memory(s, err);
    if (s->cursor.n)
        rc = since_open(s, stage, err);
    limit = wanted < 0 ? 0 : wanted + s->cursor.n_skip + (wanted == 0);
    if (rc == 0)
        rc = begin(s, limit, err);
    if (rc < 0 && leat_stage_cancelled(stage))
        return leat_fail(err, LEAT_ECANCELED, "the run is to stop");
    return rc;
}

/* A number in the report is easily missed, and these values are nowhere else. */
static void warn_of_left_out(struct leat_stage *stage, const struct mongodb *s)
{
    if (s->row.n_left_out)
        leat_stage_log(stage, LEAT_LOG_WARNING, "%" PRId64 " value%s of undeclared fields %s left out; name them in "
                       "fields:, take a larger sample:, or take rest:", s->row.n_left_out,
                       s->row.n_left_out == 1 ? "" : "s", s->row.n_left_out == 1 ? "was" : "were");
}

static void mongodb_close(struct leat_stage *stage, void *self)
{
    struct mongodb *s = self;

    warn_of_left_out(stage, s);
    drop(s);
    row_free(&s->row);
    cursor_free(&s->cursor);
}

LEAT_EXTRACT(mongodb, .summary = "Reads a collection, or an aggregation of it, from MongoDB", .options = options,
             .worker_size = sizeof(struct finder), .plan = mongodb_plan, .open = mongodb_open, .read = mongodb_read,
             .find = mongodb_find, .worker_close = mongodb_find_close, .close = mongodb_close);
