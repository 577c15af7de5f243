/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * sqlite: reads a table, or what a query gives, from an SQLite file that it
 * never writes to.
 *
 * One thread reads. The whole run is one SELECT, and therefore one snapshot.
 */
#include "extract.h"

#include "kit/fields/fields.h"

enum { CANCEL_CHECK_OPS = 500000 }; /* of SQLite's virtual machine: some 10 ms */

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct sqlite, path), .required = true,
      .help = "The SQLite file, which is only read." },
    { .name = "table", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct sqlite, table),
      .help = "The table or view to read whole, instead of query." },
    { .name = "query", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct sqlite, query),
      .help = "The SELECT whose rows to read, instead of table." },
    { .name = "cursor", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct sqlite, cursor),
      .help = "Columns to order by, unique together, so that a run can go on where one stopped." },
    { .name = "incremental", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct sqlite, incremental),
      .default_text = "false",
      .help = "Whether to read only the records behind the cursor of the last run that succeeded." },
    { .name = "lag", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct sqlite, lag), .default_text = "0ms",
      .max = INT64_C(315576000000) /* ten years */, .tuning = true,
      .help = "How much before that an incremental run begins, for changes that became visible late." },
    LEAT_FIELDS_OPTION(struct sqlite, fields),
    LEAT_END_OF_OPTIONS
};

static int is_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

static int ambiguous(const struct sqlite *s, struct leat_error *err)
{
    char cursor[256] = "";

    for (int i = 0; i < s->n_cursor; i++)
        (void)snprintf(cursor + strlen(cursor), sizeof cursor - strlen(cursor), "%s%s", i ? ", " : "",
                       s->names[s->cursor_fields[i]]);
    return leat_fail(err, LEAT_EPIPELINE,
                     "two records of %s have the same cursor (%s): a run that stops between them would lose one; add "
                     "a last field that is unique, such as the primary key: `cursor: [%s, ID]'", s->path, cursor,
                     cursor);
}

/* Of an incremental run: whether the row being written is not earlier than the one before it. Texts in several forms are
 * in an order of their own, and what is new might stand before what was read. */
static bool is_in_time(struct sqlite *s, const struct leat_batch *out)
{
    const struct leat_column *c = &out->columns[s->cursor_fields[0]];
    int64_t time, before = s->last_time;

    if (c->type != LEAT_TIMESTAMP && c->type != LEAT_DATE)
        return true;
    time = c->type == LEAT_DATE ? c->date[out->n_rows] : c->int64[out->n_rows];
    s->last_time = time;
    return time >= before;
}

static int out_of_time(const struct sqlite *s, struct leat_error *err)
{
    const char *name = s->names[s->cursor_fields[0]];

    return leat_fail(err, LEAT_EDATA, "the times in %s of %s are written in several forms, so that a later one comes before "
                     "an earlier one: an incremental run would miss some; bring them into one form, or make one of them "
                     "in the query, `datetime(%s) AS changed'", name, s->path, name);
}

static int no_memory(const struct sqlite *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read %s: out of memory", s->path);
}

/* Puts the row that SQLite stands on. */
static int put_row(struct sqlite *s, struct leat_batch *out, struct leat_error *err)
{
    enum cursor_step step;
    bool ok = true;
    int bad;

    if (cursor_is_behind(s, s->rows))
        return 0;
    bad = sqlite_put_row(out, s->n_fields, s->rows);
    if (bad == ROW_NO_MEMORY)
        return no_memory(s, err);
    step = s->n_cursor ? cursor_step(s, s->rows) : CURSOR_FINE;
    if (step == CURSOR_AGAIN)
        return ambiguous(s, err);
    if (step == CURSOR_NO_MEMORY)
        return no_memory(s, err);
    if (step == CURSOR_NULL)
        ok = sqlite_reject_null_cursor(out, s->rows);
    else if (bad >= 0)
        ok = sqlite_reject_row(out, bad, s->rows);
    else if (s->incremental && s->n_cursor && !is_in_time(s, out))
        return out_of_time(s, err);
    else
        leat_batch_end_row(out);
    return ok ? 0 : no_memory(s, err);
}

static enum leat_flow sqlite_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct sqlite *s = self;
    int rc = SQLITE_ROW;

    sqlite3_progress_handler(s->db, CANCEL_CHECK_OPS, is_cancelled, stage);
    while (leat_batch_has_room(out) && (rc = sqlite3_step(s->rows)) == SQLITE_ROW)
        if (put_row(s, out, err) < 0)
            return LEAT_FAILED;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        (void)sqlite_fail(s, s->db, err);
        return LEAT_FAILED;
    }
    if (s->read && !cursor_save(s, out)) { /* without its position the next run would read it again */
        (void)no_memory(s, err);
        return LEAT_FAILED;
    }
    return rc == SQLITE_ROW ? LEAT_MORE : LEAT_END;
}

/* The store may have changed since the plan was made. */
static int compare_columns(const struct sqlite *s, struct leat_error *err)
{
    int n = sqlite3_column_count(s->rows);

    for (int i = 0; i < s->n_fields || i < n; i++) {
        const char *is = i < n ? sqlite3_column_name(s->rows, i) : NULL;
        const char *was = i < s->n_fields ? s->names[i] : NULL;

        if (!is || !was || strcmp(is, was) != 0)
            return leat_fail(err, LEAT_EDATA, "%s of %s has changed since the plan was made: column %d was %s, is %s",
                             s->what, s->path, i + 1, was ? was : "not there", is ? is : "gone");
    }
    return 0;
}

static int begin(struct sqlite *s, int64_t limit, struct leat_error *err)
{
    char *sql = cursor_sql(s, limit);
    int rc = sql ? sqlite_prepare(s, s->db, sql, &s->rows, err) : no_memory(s, err);

    sqlite3_free(sql);
    if (rc < 0)
        return rc;
    if (sqlite_bind_params(s, s->rows) != SQLITE_OK || cursor_bind(s, s->rows) != SQLITE_OK)
        return sqlite_fail(s, s->db, err);
    return compare_columns(s, err);
}

static int sqlite_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct sqlite *s = self;
    int rc = 0;

    s->last_time = INT64_MIN;
    if (!s->db)
        rc = leat_sqlite_open(s->path, SQLITE_OPEN_READONLY, LEAT_SQLITE_BRIEF, &s->db, err);
    if (rc == 0 && s->n_cursor)
        rc = since_open(s, stage, err);
    return rc < 0 ? rc : begin(s, leat_stage_rows_wanted(stage), err);
}

static void sqlite_close(struct leat_stage *stage, void *self)
{
    struct sqlite *s = self;

    (void)stage;
    sqlite3_finalize(s->rows);
    sqlite3_close(s->db);
    cursor_free(s);
}

LEAT_EXTRACT(sqlite, .summary = "Reads a table or a query of an SQLite file", .options = options,
             .worker_size = sizeof(struct finder), .plan = sqlite_plan, .open = sqlite_open, .read = sqlite_read,
             .find = sqlite_find, .worker_close = sqlite_find_close, .close = sqlite_close);
