/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where a run begins: behind the position of one that was stopped, or an incremental
 * one behind where the last success came to, and how far before that. Times are
 * texts to SQLite, in the order of their bytes; so the lag is taken off the text,
 * up to the second and in the form that it has.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/text/text.h"

enum { DATE_LENGTH = 10, MINUTE_LENGTH = 16, SECOND_LENGTH = 19 }; /* 2024-02-29 12:00:00 */

static const int64_t day_ms = 24 * 60 * 60 * 1000;

static bool is_time(enum leat_type type)
{
    return type == LEAT_TIMESTAMP || type == LEAT_DATE;
}

static void wrong_lag(struct leat_plan *plan, const char *name, enum leat_type type)
{
    if (type == LEAT_INT64 || type == LEAT_FLOAT64 || type == LEAT_DECIMAL)
        leat_plan_wrong(plan, "lag", "%s, which the cursor names first, is a number, and may count seconds, "
                        "milliseconds or changes; make a time of it in the query, `datetime(%s, 'unixepoch') AS "
                        "changed', with `fields: {changed: timestamp}' and `cursor: [changed, ID]'", name, name);
    else
        leat_plan_wrong(plan, "lag", "%s, which the cursor names first, is no timestamp or date; if its texts are, "
                        "say so with `fields: {%s: timestamp}', else leave lag out", name, name);
}

void since_plan(struct leat_plan *plan, struct sqlite *s)
{
    enum leat_type first = s->n_cursor ? s->types[s->cursor_fields[0]] : LEAT_NONE;

    if (!s->incremental && s->lag)
        leat_plan_wrong(plan, "lag", "lag is for `incremental: true', which is not there");
    if (s->incremental && !s->cursor)
        leat_plan_wrong(plan, "incremental", "what has changed is known by a cursor, and there is none: name the time "
                        "of change first and a unique column last, `cursor: [updated_at, id]'");
    if (!s->incremental || !s->n_cursor)
        return;
    leat_plan_incremental(plan);
    if (s->lag && !is_time(first))
        wrong_lag(plan, s->names[s->cursor_fields[0]], first);
    if (s->cursor->n_children == 1 && !is_time(first))
        leat_plan_note(plan, "reads only new records: a record that changes keeps its place in the cursor and is not "
                       "read again; for changes name the time of change first: `cursor: [updated_at, id]'");
}

/* Rounds down. */
static int64_t days_of(int64_t ms)
{
    return ms / day_ms - (ms % day_ms < 0);
}

/* A date and all of its day may come late. Returns the end, or NULL. */
static char *earlier_date(const char *text, int64_t lag_ms, char room[LEAT_VALUE_ROOM])
{
    int32_t days;

    if (!leat_text_to_date(text, DATE_LENGTH, &days))
        return NULL;
    return leat_date_put(room, (int32_t)days_of(days * day_ms - lag_ms) - 1);
}

/* Without fraction and offset, which are so in what follows: a text is smaller than all that it begins. */
static char *earlier_time(const char *text, size_t n, int64_t lag_ms, char room[LEAT_VALUE_ROOM])
{
    size_t length = n >= SECOND_LENGTH && text[MINUTE_LENGTH] == ':' ? SECOND_LENGTH : MINUTE_LENGTH;
    bool has_offset;
    int64_t us;

    if (n < length || !leat_text_to_timestamp(text, length, &us, &has_offset))
        return NULL;
    (void)leat_timestamp_put(room, us - lag_ms * 1000, false); /* a fraction stands behind `length` */
    room[DATE_LENGTH] = text[DATE_LENGTH]; /* T or a space */
    return room + length;
}

static bool take_off(struct cursor_value *v, int64_t lag_ms)
{
    char room[LEAT_VALUE_ROOM];
    char *end;

    if (v->type != SQLITE_TEXT || v->n < DATE_LENGTH)
        return false;
    end = v->n == DATE_LENGTH ? earlier_date(v->bytes, lag_ms, room) : earlier_time(v->bytes, v->n, lag_ms, room);
    if (!end || (size_t)(end - room) > v->n || room[4] != '-') /* a year that takes no four digits is out of order */
        return false;
    v->n = (size_t)(end - room);
    memcpy(v->bytes, room, v->n);
    return true;
}

static const char since_word[] = "since ";

/* The parts of a position: [since ]LIST[+N]; the list is a copy. */
struct parts {
    bool since;
    char *list;
    int64_t n_null;
};

/* 0, LEAT_EDATA or -ENOMEM. */
static int split(const char *position, struct parts *ret)
{
    const char *end = strrchr(position, ']');
    char *rest;

    ret->since = strncmp(position, since_word, strlen(since_word)) == 0;
    position += ret->since ? strlen(since_word) : 0;
    if (!end || end < position || (end[1] && end[1] != '+'))
        return LEAT_EDATA;
    ret->n_null = end[1] ? strtoll(end + 2, &rest, 10) : 0;
    if (ret->n_null < 0 || (end[1] && (*rest || rest == end + 2)))
        return LEAT_EDATA;
    ret->list = sqlite3_mprintf("%.*s", (int)(end + 1 - position), position);
    return ret->list ? 0 : -ENOMEM;
}

static int no_memory(const struct sqlite *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read %s: out of memory", s->path);
}

static bool is_start(const struct parts *p)
{
    return strcmp(p->list, "[]") == 0;
}

/* Takes the list. */
static int begin_since(struct sqlite *s, struct parts *p, struct leat_error *err)
{
    int rc = is_start(p) ? 0 : cursor_load(s, p->list);

    if (rc == -ENOMEM)
        return no_memory(s, err);
    if (rc < 0)
        return leat_fail(err, LEAT_EDATA, "where the last run came to in %s does not fit the cursor; `leat state "
                         "reset` forgets it, and all is read again", s->path);
    if (is_start(p))
        return 0;
    s->since = p->list;
    p->list = NULL;
    if (!s->lag)
        return 0;
    s->n_behind = 1;
    if (take_off(&s->last[0], s->lag))
        return 0;
    return leat_fail(err, LEAT_EDATA, "the lag cannot be taken off %s, which in the last record of the run before is "
                     "no time from 0000 to 9999; leave lag out, or correct that record of %s",
                     s->names[s->cursor_fields[0]], s->path);
}

static int begin_behind(struct sqlite *s, struct parts *p, struct leat_error *err)
{
    int rc;

    s->n_null = s->n_skip = p->n_null;
    if (p->since)
        return begin_since(s, p, err);
    s->placed = !is_start(p);
    rc = s->placed ? cursor_load(s, p->list) : 0;
    if (rc == 0)
        return 0;
    if (rc == -ENOMEM)
        return no_memory(s, err);
    return leat_fail(err, LEAT_EDATA, "the position kept by an earlier run does not fit the cursor of %s; `leat run "
                     "--restart` starts anew", s->path);
}

int since_open(struct sqlite *s, const struct leat_stage *stage, struct leat_error *err)
{
    const char *position = leat_stage_position(stage, 0);
    const char *from = position || !s->incremental ? position : leat_stage_watermark(stage, 0);
    struct parts parts = {0};
    int rc;

    sqlite3_free(s->since); /* of an open that is tried again */
    s->since = NULL;
    if (!from)
        return 0;
    rc = split(from, &parts);
    if (rc == -ENOMEM)
        rc = no_memory(s, err);
    else if (rc < 0)
        rc = leat_fail(err, LEAT_EDATA, "where an earlier run came to in %s does not fit the cursor; `leat run "
                       "--restart` starts anew", s->path);
    else
        rc = position ? begin_behind(s, &parts, err) : begin_since(s, &parts, err);
    sqlite3_free(parts.list);
    return rc;
}
