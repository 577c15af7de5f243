/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A record of the file: its length, then chunks, each at a multiple of eight bytes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#endif
#include "batch/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

void leat_aside_init(struct leat_aside *aside, const char *folder)
{
    *aside = (struct leat_aside){.fd = -1, .folder = folder};
}

void leat_aside_deinit(struct leat_aside *aside)
{
    if (aside->fd >= 0)
        close(aside->fd);
    leat_text_deinit(&aside->room);
    aside->fd = -1;
}

/* ---- the file ---- */

static int failed(const struct leat_aside *aside, const char *what, struct leat_error *err)
{
    int code = errno ? errno : EIO;

    return leat_fail(err, -code, "cannot %s what was put aside in %s: %s", what, aside->folder, strerror(code));
}

/* Some file systems have no files without a name. */
static int open_named(const char *folder)
{
    char path[4096];
    int fd = -1;

    if (snprintf(path, sizeof path, "%s/.leat-aside-XXXXXX", folder) < (int)sizeof path)
        fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static int open_file(struct leat_aside *aside, struct leat_error *err)
{
    if (aside->fd < 0)
        aside->fd = open(aside->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (aside->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        aside->fd = open_named(aside->folder);
    return aside->fd < 0 ? failed(aside, "keep", err) : 0;
}

static void begin(struct leat_aside *aside)
{
    int64_t length = 0;

    aside->room.n = 0;
    leat_text_add(&aside->room, (const char *)&length, sizeof length);
}

static void put(struct leat_aside *aside, const void *bytes, size_t n)
{
    static const char zeros[8];

    if (n)
        leat_text_add(&aside->room, bytes, n);
    leat_text_add(&aside->room, zeros, -n & 7);
}

static int end(struct leat_aside *aside, int64_t *ret_at, struct leat_error *err)
{
    int64_t length = (int64_t)aside->room.n;
    int rc = open_file(aside, err);

    if (rc < 0)
        return rc;
    memcpy(aside->room.p, &length, sizeof length);
    errno = 0;
    for (int64_t done = 0; done < length;) {
        ssize_t n = pwrite(aside->fd, aside->room.p + done, (size_t)(length - done), aside->end + done);

        if (n <= 0 && errno != EINTR)
            return failed(aside, "write", err);
        done += n > 0 ? n : 0;
    }
    *ret_at = aside->end;
    aside->end += length;
    return 0;
}

static int read_at(struct leat_aside *aside, int64_t at, char *into, int64_t length, struct leat_error *err)
{
    errno = 0;
    for (int64_t done = 0; done < length;) {
        ssize_t n = pread(aside->fd, into + done, (size_t)(length - done), at + done);

        if (n <= 0 && errno != EINTR)
            return failed(aside, "read", err);
        done += n > 0 ? n : 0;
    }
    return 0;
}

/* Of a record that is being read. */
struct cursor {
    const char *p;
};

static int fetch(struct leat_aside *aside, int64_t at, struct cursor *ret, struct leat_error *err)
{
    int64_t length = 0;
    int rc = read_at(aside, at, (char *)&length, sizeof length, err);

    if (rc < 0)
        return rc;
    aside->room.n = 0;
    while ((int64_t)aside->room.cap < length) /* makes room; what it holds is of no account */
        leat_text_add(&aside->room, (const char[64]){0}, 64);
    rc = read_at(aside, at, aside->room.p, length, err);
    ret->p = aside->room.p + sizeof length;
    return rc;
}

static const void *take(struct cursor *c, size_t n)
{
    const char *p = c->p;

    c->p += n + (-n & 7);
    return p;
}

static void take_into(struct cursor *c, void *into, size_t n)
{
    memcpy(into, take(c, n), n);
}

/* ---- columns ---- */

static size_t bitmap(int32_t n_rows)
{
    return ((size_t)n_rows + 7) / 8;
}

static size_t n_values(const struct leat_column *c, int32_t n_rows)
{
    size_t width = (size_t)leat_type_width(c->type);

    if (c->offsets)
        return (size_t)c->offsets[n_rows];
    return width ? width * (size_t)n_rows : bitmap(n_rows);
}

static void put_column(struct leat_aside *aside, const struct leat_column *c, int32_t n_rows)
{
    int64_t has_validity = c->validity != NULL;

    put(aside, &has_validity, sizeof has_validity);
    if (has_validity)
        put(aside, c->validity, bitmap(n_rows));
    if (c->offsets)
        put(aside, c->offsets, ((size_t)n_rows + 1) * sizeof *c->offsets);
    put(aside, c->values, n_values(c, n_rows));
}

static void get_column(struct cursor *cursor, struct leat_batch *b, int field, int32_t n_rows)
{
    struct leat_column c = {.type = b->columns[field].type, .n_rows = n_rows};
    int64_t has_validity;

    take_into(cursor, &has_validity, sizeof has_validity);
    if (has_validity)
        c.validity = (uint8_t *)take(cursor, bitmap(n_rows));
    if (leat_type_is_text(c.type))
        c.offsets = (int32_t *)take(cursor, ((size_t)n_rows + 1) * sizeof *c.offsets);
    c.values = (uint8_t *)cursor->p;
    (void)take(cursor, n_values(&c, n_rows));
    leat_batch_fill_column(b, field, &c);
}

static void null_column(struct leat_batch *b, int field, int32_t n_rows)
{
    struct leat_store *store = &b->host->stores[field];

    while (store->column.n_rows < n_rows)
        leat_store_put_null(store);
    b->columns[field] = store->column;
}

/* ---- batches ---- */

/* What stands before the columns. */
struct head {
    int32_t n_rows, n_selected;
    bool has_selection, has_origin_rows, has_ids, has_steps, must_verify, updates;
};

static void put_ledger(struct leat_aside *aside, const struct leat_batch *b)
{
    const struct leat_batch_private *h = b->host;
    size_t n = (size_t)b->n_rows;

    put(aside, h->ids, n * sizeof *h->ids);
    put(aside, h->payloads, n * sizeof *h->payloads);
    put(aside, h->steps, n * sizeof *h->steps);
    put(aside, h->verify, n / 8 + 1);
    put(aside, h->updates, n / 8 + 1);
}

static void get_ledger(struct cursor *c, const struct head *head, struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;
    size_t n = (size_t)head->n_rows;

    leat_batch_ledger_room(b);
    take_into(c, h->ids, n * sizeof *h->ids);
    take_into(c, h->payloads, n * sizeof *h->payloads);
    take_into(c, h->steps, n * sizeof *h->steps);
    take_into(c, h->verify, n / 8 + 1);
    take_into(c, h->updates, n / 8 + 1);
    memset(h->given_back, 0, n / 8 + 1);
    memset(h->stepped, 0, n / 8 + 1);
    memset(h->answered, 0, n * sizeof *h->answered);
    h->has_ids = true;
    b->steps = head->has_steps ? h->steps : NULL;
    b->must_verify = head->must_verify ? h->verify : NULL;
    b->updates = head->updates ? h->updates : NULL;
}

int leat_aside_put(struct leat_aside *aside, const struct leat_batch *b, int64_t *ret_at, struct leat_error *err)
{
    const struct leat_batch_private *h = b->host;
    struct head head;

    memset(&head, 0, sizeof head);
    head = (struct head){.n_rows = b->n_rows, .n_selected = b->n_selected, .has_selection = b->selection,
                         .has_origin_rows = h->origin_rows, .has_ids = h->has_ids, .has_steps = b->steps,
                         .must_verify = b->must_verify, .updates = b->updates};
    begin(aside);
    put(aside, &head, sizeof head);
    if (head.has_selection)
        put(aside, b->selection, (size_t)b->n_selected * sizeof *b->selection);
    if (head.has_origin_rows)
        put(aside, h->origin_rows, (size_t)b->n_rows * sizeof *h->origin_rows);
    if (head.has_ids)
        put_ledger(aside, b);
    for (int i = 0; i < b->schema->n_fields; i++)
        if (b->schema->fields[i].data_class != LEAT_SECRET)
            put_column(aside, &b->columns[i], b->n_rows);
    return end(aside, ret_at, err);
}

static void get_rows(struct cursor *c, const struct head *head, struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;

    b->n_rows = head->n_rows;
    b->n_selected = head->n_selected;
    if (head->has_selection) {
        take_into(c, h->own_selection, (size_t)head->n_selected * sizeof *h->own_selection);
        b->selection = h->own_selection;
    }
    if (!head->has_origin_rows)
        return;
    if (!h->own_origin_rows)
        h->own_origin_rows = leat_alloc_array((size_t)h->pool->cap_rows + 1, sizeof *h->own_origin_rows);
    take_into(c, h->own_origin_rows, (size_t)head->n_rows * sizeof *h->own_origin_rows);
    h->origin_rows = h->own_origin_rows;
}

int leat_aside_get(struct leat_aside *aside, int64_t at, struct leat_batch *b, struct leat_error *err)
{
    struct cursor c;
    struct head head;
    int rc = fetch(aside, at, &c, err);

    if (rc < 0)
        return rc;
    take_into(&c, &head, sizeof head);
    get_rows(&c, &head, b);
    if (head.has_ids)
        get_ledger(&c, &head, b);
    for (int i = 0; i < b->schema->n_fields; i++)
        if (b->schema->fields[i].data_class == LEAT_SECRET)
            null_column(b, i, head.n_rows);
        else
            get_column(&c, b, i, head.n_rows);
    leat_batch_charge(b);
    return 0;
}

/* ---- accounts ---- */

/* Which child of a record came when is not kept: none comes any more. */
struct origin_head {
    struct leat_account account; /* its numbers; its pointers are of no account */
    const char *stage;
    uint64_t sequence;
    int64_t n_before;
    size_t n_position;
    int partition;
    int32_t n_rows;
    bool has_position;
};

int leat_aside_put_account(struct leat_aside *aside, const struct leat_batch *origin, int64_t *ret_at,
                           struct leat_error *err)
{
    const struct leat_batch_private *h = origin->host;
    const struct leat_account *a = &h->account;
    size_t n = (size_t)origin->n_rows;
    struct origin_head head;

    memset(&head, 0, sizeof head);
    head = (struct origin_head){.stage = h->stage, .sequence = h->sequence, .n_before = h->n_before,
                                .n_position = h->has_position ? h->position.n : 0, .partition = h->partition,
                                .n_rows = origin->n_rows, .has_position = h->has_position};
    head.account.n_open = a->n_open;
    head.account.n_away = a->n_away;
    head.account.n_made = a->n_made;
    memcpy(head.account.counts, a->counts, sizeof a->counts);
    head.account.n_rejects = a->n_rejects;
    head.account.n_answers = a->n_answers;
    head.account.text.n = a->text.n;
    begin(aside);
    put(aside, &head, sizeof head);
    put(aside, h->position.p, head.n_position);
    put(aside, a->verdicts, n);
    put(aside, a->rejects, (size_t)a->n_rejects * sizeof *a->rejects);
    put(aside, a->answers, (size_t)a->n_answers * sizeof *a->answers);
    put(aside, a->text.p, a->text.n);
    return end(aside, ret_at, err);
}

static void get_account(struct cursor *c, const struct leat_account *said, struct leat_account *a, size_t n)
{
    a->n_open = said->n_open;
    a->n_away = said->n_away;
    a->n_made = said->n_made;
    memcpy(a->counts, said->counts, sizeof a->counts);
    take_into(c, a->verdicts, n);
    while (a->n_rejects < said->n_rejects) {
        a->rejects = leat_grow(a->rejects, a->n_rejects, &a->cap_rejects, sizeof *a->rejects);
        a->n_rejects++;
    }
    if (a->n_rejects)
        take_into(c, a->rejects, (size_t)a->n_rejects * sizeof *a->rejects);
    while (a->n_answers < said->n_answers) {
        a->answers = leat_grow(a->answers, a->n_answers, &a->cap_answers, sizeof *a->answers);
        a->n_answers++;
    }
    if (a->n_answers)
        take_into(c, a->answers, (size_t)a->n_answers * sizeof *a->answers);
    a->text.n = 0;
    leat_text_add(&a->text, take(c, said->text.n), said->text.n);
}

int leat_aside_get_account(struct leat_aside *aside, int64_t at, struct leat_batch *origin, struct leat_error *err)
{
    struct leat_batch_private *h = origin->host;
    struct origin_head head;
    struct cursor c;
    int rc = fetch(aside, at, &c, err);

    if (rc < 0)
        return rc;
    take_into(&c, &head, sizeof head);
    h->stage = head.stage;
    h->sequence = head.sequence;
    h->n_before = head.n_before;
    h->partition = head.partition;
    h->has_position = head.has_position;
    h->position.n = 0;
    leat_text_add(&h->position, take(&c, head.n_position), head.n_position);
    leat_batch_account_room(origin);
    get_account(&c, &head.account, &h->account, (size_t)head.n_rows);
    return 0;
}
