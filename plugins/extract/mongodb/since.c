/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where a run begins: behind the position of one that was stopped, or an incremental
 * one behind where the last success came to, and how far before that.
 */
#include "extract.h"

#include <stdlib.h>

/* `first`: the type of the field that the cursor names first, LEAT_NONE if it is no field. */
void since_plan(struct leat_plan *plan, struct mongodb *s, enum leat_type first)
{
    const struct cursor *c = &s->cursor;

    if (!s->incremental && s->lag)
        leat_plan_wrong(plan, "lag", "lag is for `incremental: true', which is not there");
    if (s->incremental && !s->cursor_option)
        leat_plan_wrong(plan, "incremental", "what has changed is known by a cursor, and there is none: name the time "
                        "of change first and a unique field last, `cursor: [updated_at, _id]'");
    if (!s->incremental || !c->n)
        return;
    leat_plan_incremental(plan);
    if (s->lag && first != LEAT_NONE && first != LEAT_TIMESTAMP && first != LEAT_DATE)
        leat_plan_wrong(plan, "lag", "is taken off the field that the cursor names first, and %.80s holds no dates; "
                        "name a date first, or leave lag out", c->names[0]);
    if (c->n == 1 && first != LEAT_TIMESTAMP && first != LEAT_DATE)
        leat_plan_note(plan, "reads only new records: a record that changes keeps its place in the cursor and is not "
                       "read again; for changes name the time of change first: `cursor: [updated_at, _id]'");
}

/* To the millisecond, so one more: what has just that time is to come, too. */
static bool take_off(bson_value_t *v, int64_t lag_ms)
{
    if (v->value_type != BSON_TYPE_DATE_TIME || v->value.v_datetime < INT64_MIN + lag_ms + 1)
        return false;
    v->value.v_datetime -= lag_ms + 1;
    return true;
}

/* The parts of a position: [since ]{...}[+N]; the list is not ended by a NUL. */
struct parts {
    bool since;
    const char *list;
    size_t n;
    int64_t n_null;
};

static bool split(const char *position, struct parts *ret)
{
    static const char word[] = "since ";
    const char *end = strrchr(position, '}');
    char *rest;

    ret->since = strncmp(position, word, strlen(word)) == 0;
    ret->list = position + (ret->since ? strlen(word) : 0);
    ret->n_null = 0;
    if (!end || end < ret->list || (end[1] && end[1] != '+'))
        return false;
    ret->n = (size_t)(end + 1 - ret->list);
    if (!end[1])
        return true;
    ret->n_null = strtoll(end + 2, &rest, 10);
    return ret->n_null >= 0 && !*rest && rest != end + 2;
}

static bool is_start(const struct parts *p)
{
    return strspn(p->list, "{ ") + 1 == p->n;
}

static int no_memory(const struct mongodb *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read %.300s: out of memory", s->at.where);
}

static int begin_since(struct mongodb *s, const struct parts *p, struct leat_error *err)
{
    struct cursor *c = &s->cursor;
    int rc = is_start(p) ? 0 : cursor_load(c, p->list, p->n);

    if (rc == -ENOMEM)
        return no_memory(s, err);
    if (rc < 0)
        return leat_fail(err, LEAT_EDATA, "where the last run came to in %.300s does not fit the cursor; `leat state "
                         "reset` forgets it, and all is read again", s->at.where);
    if (is_start(p))
        return 0;
    c->since = strndup(p->list, p->n);
    if (!c->since)
        return no_memory(s, err);
    if (!s->lag)
        return 0;
    c->n_behind = 1;
    if (take_off(&c->last[0].value, s->lag))
        return 0;
    return leat_fail(err, LEAT_EDATA, "the lag cannot be taken off %.80s, which in the last document of the run before "
                     "is no date; leave lag out, or store it as a date in %.300s", c->names[0], s->at.where);
}

static int begin_behind(struct mongodb *s, const struct parts *p, struct leat_error *err)
{
    struct cursor *c = &s->cursor;
    int rc;

    c->n_null = c->n_skip = p->n_null;
    if (p->since)
        return begin_since(s, p, err);
    c->placed = !is_start(p);
    rc = c->placed ? cursor_load(c, p->list, p->n) : 0;
    if (rc == 0)
        return 0;
    if (rc == -ENOMEM)
        return no_memory(s, err);
    return leat_fail(err, LEAT_EDATA, "the position kept by an earlier run does not fit the cursor of %.300s; `leat "
                     "run --restart` starts anew", s->at.where);
}

int since_open(struct mongodb *s, const struct leat_stage *stage, struct leat_error *err)
{
    const char *position = leat_stage_position(stage, 0);
    const char *from = position || !s->incremental ? position : leat_stage_watermark(stage, 0);
    struct parts parts;

    free(s->cursor.since); /* of an open that is tried again */
    s->cursor.since = NULL;
    if (!from)
        return 0;
    if (!split(from, &parts))
        return leat_fail(err, LEAT_EDATA, "where an earlier run came to in %.300s does not fit the cursor; `leat run "
                         "--restart` starts anew", s->at.where);
    return position ? begin_behind(s, &parts, err) : begin_since(s, &parts, err);
}
