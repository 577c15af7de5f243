/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Places in the order of a cursor, and where a run begins.
 */
#include "kit/sql/sql.h"

#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

static const char since_word[] = "since ";

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot keep the place in what is read: out of memory");
}

/* 1: as it was; 0: another value; negative: no memory. */
static int keep(struct leat_sql_value *v, const char *text, size_t n)
{
    if (v->bytes && n == v->n && memcmp(v->bytes, text, n) == 0)
        return 1;
    if (n >= v->cap) {
        char *room = realloc(v->bytes, n * 2 + 1);

        if (!room)
            return -ENOMEM;
        v->bytes = room;
        v->cap = n * 2 + 1;
    }
    memcpy(v->bytes, text, n);
    v->bytes[n] = '\0';
    v->n = n;
    return 0;
}

/* ---- reading a position ---- */

static int keep_span(struct leat_sql_value *v, const struct leat_json_span *span)
{
    char *text = malloc(span->n + 1);
    size_t n;
    int rc;

    if (!text)
        return -ENOMEM;
    if (leat_json_unescape(span->text, span->n, text, &n))
        rc = keep(v, text, n);
    else
        rc = LEAT_EDATA;
    free(text);
    return rc < 0 ? rc : 0;
}

/* 0, LEAT_EDATA or -ENOMEM, and so all that follow. */
static int load_list(const struct leat_sql *sql, struct leat_sql_place *place, const char *list)
{
    struct leat_json j = leat_json_begin(list, strlen(list));
    struct leat_json_span span;
    int n = 0, rc = leat_json_peek(&j) == LEAT_JSON_ARRAY ? 0 : LEAT_EDATA;

    if (rc == 0)
        leat_json_enter(&j);
    while (rc == 0 && leat_json_item(&j)) {
        if (n == sql->n_cursor || !leat_json_value(&j, &span) || span.kind != LEAT_JSON_STRING)
            return LEAT_EDATA;
        rc = keep_span(&place->last[n++], &span);
    }
    if (rc == 0 && (!leat_json_end(&j) || n != sql->n_cursor))
        rc = LEAT_EDATA;
    if (rc == 0)
        place->n_behind = n;
    return rc;
}

/* The parts of a position: [since ]LIST[+N]; the list is a copy. */
struct parts {
    bool since;
    char *list;
    int64_t n_null;
};

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
    ret->list = strndup(position, (size_t)(end + 1 - position));
    return ret->list ? 0 : -ENOMEM;
}

static bool is_start(const char *list)
{
    return strcmp(list, "[]") == 0;
}

/* ---- where a run begins ---- */

static const int64_t day_ms = 24 * 60 * 60 * 1000;

/* A whole day may come late. False: it is no date. */
static bool earlier_date(struct leat_sql_value *v, int64_t lag_ms, char room[LEAT_VALUE_ROOM], char **ret_end)
{
    int32_t days;
    int64_t ms;

    if (!leat_text_to_date(v->bytes, v->n, &days))
        return false;
    ms = days * day_ms - lag_ms;
    *ret_end = leat_date_put(room, (int32_t)(ms / day_ms - (ms % day_ms < 0)));
    return true;
}

static bool earlier_time(struct leat_sql_value *v, int64_t lag_ms, char room[LEAT_VALUE_ROOM], char **ret_end)
{
    bool has_offset;
    int64_t us;

    if (!leat_text_to_timestamp(v->bytes, v->n, &us, &has_offset))
        return false;
    *ret_end = leat_timestamp_put(room, us - lag_ms * 1000, has_offset);
    return true;
}

static int take_off(const struct leat_sql *sql, struct leat_sql_place *place, struct leat_error *err)
{
    const struct leat_sql_column *c = &sql->columns[sql->cursor_columns[0]];
    struct leat_sql_value *v = &place->last[0];
    char room[LEAT_VALUE_ROOM], *end = NULL;
    bool ok = c->kind == LEAT_DATE ? earlier_date(v, sql->lag, room, &end) : earlier_time(v, sql->lag, room, &end);

    if (!ok)
        return leat_fail(err, LEAT_EDATA, "the lag cannot be taken off %s, which in the last record of the run before "
                         "is no time of the years 0 to 9999; leave lag out, or correct that record", c->name);
    if (keep(v, room, (size_t)(end - room)) < 0)
        return no_memory(err);
    place->n_behind = 1;
    place->at_least = true;
    return 0;
}

static int does_not_fit(int rc, const char *way_out, struct leat_error *err)
{
    if (rc == -ENOMEM)
        return no_memory(err);
    return leat_fail(err, LEAT_EDATA, "where an earlier run came to does not fit the cursor; %s", way_out);
}

/* Takes the list. */
static int begin_since(const struct leat_sql *sql, struct leat_sql_place *place, struct parts *p,
                       struct leat_error *err)
{
    int rc;

    if (is_start(p->list))
        return 0;
    rc = load_list(sql, place, p->list);
    if (rc < 0)
        return does_not_fit(rc, "`leat state reset` forgets it, and all is read again", err);
    place->since = p->list;
    p->list = NULL;
    return sql->lag ? take_off(sql, place, err) : 0;
}

static int begin_behind(const struct leat_sql *sql, struct leat_sql_place *place, struct parts *p,
                        struct leat_error *err)
{
    int rc;

    place->n_null = place->n_skip = p->n_null;
    if (p->since)
        return begin_since(sql, place, p, err);
    if (is_start(p->list))
        return 0;
    rc = load_list(sql, place, p->list);
    place->placed = true;
    return rc < 0 ? does_not_fit(rc, "`leat run --restart` starts anew", err) : 0;
}

static bool may_be_null(const struct leat_sql *sql)
{
    for (int i = 0; i < sql->n_cursor; i++)
        if (!sql->columns[sql->cursor_columns[i]].never_null)
            return true;
    return false;
}

static int begin(const struct leat_sql *sql, struct leat_sql_place *place, const struct leat_stage *stage,
                 int partition, struct leat_error *err)
{
    const char *position = leat_stage_position(stage, partition);
    const char *from = position || !sql->incremental ? position : leat_stage_watermark(stage, partition);
    struct parts parts = { 0 };
    int rc;

    if (!from)
        return 0;
    rc = split(from, &parts);
    if (rc < 0)
        rc = does_not_fit(rc, "`leat run --restart` starts anew", err);
    else
        rc = position ? begin_behind(sql, place, &parts, err) : begin_since(sql, place, &parts, err);
    free(parts.list);
    return rc;
}

int leat_sql_place_open(const struct leat_sql *sql, struct leat_sql_place *place, const struct leat_stage *stage,
                        int partition, struct leat_error *err)
{
    int rc;

    leat_sql_place_free(sql, place);
    if (!sql->n_cursor)
        return 0;
    place->last = calloc((size_t)sql->n_cursor, sizeof *place->last);
    if (!place->last)
        return no_memory(err);
    rc = begin(sql, place, stage, partition, err);
    place->nulls = !place->placed && may_be_null(sql);
    return rc;
}

bool leat_sql_place_next(struct leat_sql_place *place)
{
    bool more = place->nulls;

    place->nulls = false;
    return more;
}

void leat_sql_place_again(const struct leat_sql *sql, struct leat_sql_place *place)
{
    place->n_skip = place->n_null;
    place->nulls = !place->placed && may_be_null(sql);
    if (!place->placed)
        return;
    place->n_behind = sql->n_cursor;
    place->at_least = false;
}

/* ---- values to bind ---- */

int leat_sql_n_values(const struct leat_sql *sql, const struct leat_sql_place *place)
{
    return sql->n_params + (place->nulls ? 0 : place->n_behind);
}

void leat_sql_values(const struct leat_sql *sql, const struct leat_sql_place *place, const char **ret)
{
    int n = leat_sql_n_values(sql, place);

    for (int i = 0; i < n; i++)
        ret[i] = i < sql->n_params ? sql->query->params[i] : place->last[i - sql->n_params].bytes;
}

/* ---- from row to row ---- */

static bool has_null(const struct leat_sql *sql, const char *const *texts)
{
    for (int i = 0; i < sql->n_cursor; i++)
        if (!texts[sql->cursor_columns[i]])
            return true;
    return false;
}

static int step_null(struct leat_sql_place *place)
{
    if (place->n_skip) {
        place->n_skip--;
        return LEAT_SQL_BEHIND;
    }
    place->read = true;
    place->n_null++;
    return LEAT_SQL_NULL;
}

static int ambiguous(const struct leat_sql *sql, struct leat_error *err)
{
    char cursor[256] = "";

    for (int i = 0; i < sql->n_cursor; i++)
        (void)snprintf(cursor + strlen(cursor), sizeof cursor - strlen(cursor), "%s%s", i ? ", " : "",
                       sql->columns[sql->cursor_columns[i]].name);
    return leat_fail(err, LEAT_EPIPELINE,
                     "two records of %s have the same cursor (%s): a run that stops between them would lose one; add "
                     "a last field that is unique, such as the primary key: `cursor: [%s, ID]'", sql->what, cursor,
                     cursor);
}

int leat_sql_begin_row(const struct leat_sql *sql, struct leat_sql_place *place, const char *const *texts,
                       const int *lengths, struct leat_error *err)
{
    bool same = place->placed;

    place->read = true;
    if (!sql->n_cursor)
        return LEAT_SQL_PUT;
    if (has_null(sql, texts))
        return step_null(place);
    for (int i = 0; i < sql->n_cursor; i++) {
        int column = sql->cursor_columns[i], kept = keep(&place->last[i], texts[column], (size_t)lengths[column]);

        if (kept < 0)
            return no_memory(err);
        same &= kept;
    }
    place->placed = true;
    place->n_null = place->n_skip = 0;
    return same ? ambiguous(sql, err) : LEAT_SQL_PUT;
}

/* A server that was there may be there again. */
bool leat_sql_can_go_on(const struct leat_sql *sql, struct leat_sql_place *place, bool connected,
                        struct leat_error *err)
{
    char why[400];

    if (err->code == LEAT_EUNREACHABLE && !connected && place->read)
        err->code = LEAT_ERETRY;
    if (err->code != LEAT_ERETRY)
        return false;
    if (sql->n_cursor || !place->read) {
        leat_sql_place_again(sql, place);
        return true;
    }
    (void)snprintf(why, sizeof why, "%.390s", err->text);
    (void)leat_fail(err, LEAT_EUNREACHABLE, "%s; a `cursor:' lets a run go on where it was", why);
    return false;
}

int leat_sql_check_column(const struct leat_sql *sql, int i, const char *is, struct leat_error *err)
{
    const char *was = i < sql->n_columns ? sql->columns[i].name : NULL;

    if (is && was && strcmp(is, was) == 0)
        return 0;
    return leat_fail(err, LEAT_EDATA, "%s has changed since the plan was made: column %d was %s, is %s", sql->what,
                     i + 1, was ? was : "not there", is ? is : "gone");
}

static void add_list(struct leat_put *out, const struct leat_sql *sql, const struct leat_sql_place *place)
{
    leat_put_string(out, "[");
    for (int i = 0; place->placed && i < sql->n_cursor; i++) {
        const struct leat_sql_value *v = &place->last[i];
        char *room;

        leat_put_string(out, i ? ", " : "");
        room = leat_put_reserve(out, LEAT_JSON_ROOM(v->n));
        if (room)
            out->n = (size_t)(leat_json_escape(room, v->bytes, v->n) - out->p);
    }
    leat_put_string(out, "]");
}

bool leat_sql_place_save(const struct leat_sql *sql, const struct leat_sql_place *place, struct leat_batch *out,
                         int partition)
{
    struct leat_put text = { 0 };
    bool ok;

    if (!place->read)
        return true;
    if (place->since && !place->placed)
        leat_put_printf(&text, "%s%s", since_word, place->since);
    else
        add_list(&text, sql, place);
    if (place->n_null)
        leat_put_printf(&text, "+%lld", (long long)place->n_null);
    ok = leat_put_end(&text);
    if (ok)
        leat_batch_set_position(out, partition, text.p);
    leat_put_free(&text);
    return ok;
}

void leat_sql_place_free(const struct leat_sql *sql, struct leat_sql_place *place)
{
    for (int i = 0; place->last && i < sql->n_cursor; i++)
        free(place->last[i].bytes);
    free(place->last);
    free(place->since);
    *place = (struct leat_sql_place){ 0 };
}
