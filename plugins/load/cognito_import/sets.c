/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "sets.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

void sets_path(const char *path, enum cognito_algorithm set, char *ret)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t n_stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
    char *p = ret + n_stem;

    memcpy(ret, path, n_stem);
    if (set != COGNITO_NO_ALGORITHM) {
        *p++ = '-';
        for (const char *name = cognito_algorithm_name(set); *name; name++)
            *p++ = (char)tolower((unsigned char)*name);
    }
    memcpy(p, path + n_stem, strlen(path + n_stem) + 1);
}

void sets_sweep(struct sets *sets, struct leat_stage *stage)
{
    for (int i = 0; i < N_SETS; i++)
        if (sets->sets[i].path)
            parts_sweep(stage, sets->sets[i].path);
}

static int open_set(struct sets *sets, int i, struct leat_stage *stage, struct leat_error *err)
{
    struct set *set = &sets->sets[i];

    set->parts = (struct parts){ .path = set->path, .header = sets->headers[i], .n_header = sets->n_headers[i],
                                 .max_rows = sets->max_rows, .max_bytes = sets->max_bytes, .no_lines = !sets->lines };
    set->open = true;
    return parts_open(&set->parts, stage, err);
}

/* ---- passwords ---- */

static int room_for_batch(struct sets *sets, const struct leat_batch *batch)
{
    int32_t n = batch->n_rows;

    if (!sets->columns)
        sets->columns = calloc((size_t)batch->schema->n_fields, sizeof *sets->columns);
    if (n > sets->cap_batch) {
        free(sets->offsets);
        free(sets->routes);
        sets->offsets = calloc((size_t)n + 1, sizeof *sets->offsets);
        sets->routes = calloc((size_t)n, 1);
        sets->cap_batch = n;
    }
    return sets->columns && sets->offsets && sets->routes ? 0 : -ENOMEM;
}

static int put_hash(struct sets *sets, const struct cognito_password *password)
{
    if (sets->n_bytes + password->n > sets->cap_bytes) {
        size_t cap = sets->cap_bytes * 2 + COGNITO_PASSWORD_ROOM;
        char *grown = realloc(sets->bytes, cap);

        if (!grown)
            return -ENOMEM;
        sets->bytes = grown;
        sets->cap_bytes = cap;
    }
    memcpy(sets->bytes + sets->n_bytes, password->hash, password->n);
    sets->n_bytes += password->n;
    return 0;
}

const char *sets_fate_name(enum fate fate)
{
    static const char *const names[] = { "passwords kept", "passwords of another algorithm, to be reset",
                                         "passwords that need a sign-in migration", "passwords to be reset" };

    return names[fate];
}

/* A sign-in with the old password could still bring such a user over (a Lambda trigger); of a damaged text, or none,
 * nothing can. */
static enum fate fate_of(const struct cognito_password *password)
{
    if (password->verdict == COGNITO_MALFORMED || strcmp(password->code, "no_password") == 0 ||
        strcmp(password->code, "locked") == 0)
        return FATE_RESET;
    return FATE_SIGN_IN;
}

enum fate sets_judge_password(const struct sets *sets, const struct leat_column *column, int32_t row,
                              struct cognito_password *ret, uint8_t *ret_set)
{
    size_t n;
    const char *stored = leat_text(column, row, &n);

    *ret_set = (uint8_t)sets->only;
    ret->n = 0;
    if (leat_is_null(column, row) || !n)
        return FATE_RESET;
    cognito_password_read(stored, n, sets->declared, ret);
    if (!ret->n)
        return fate_of(ret);
    if (!sets->split && ret->algorithm != sets->only) {
        ret->n = 0;
        return FATE_OTHER;
    }
    *ret_set = (uint8_t)ret->algorithm;
    return FATE_KEPT;
}

static int read_password(struct sets *sets, struct leat_stage *stage, const struct leat_column *column, int32_t row,
                         uint8_t *ret_set)
{
    struct cognito_password password;
    enum fate fate = sets_judge_password(sets, column, row, &password, ret_set);

    leat_stage_count(stage, sets_fate_name(fate), 1);
    return fate == FATE_KEPT ? put_hash(sets, &password) : 0;
}

/* The batch with the hashes as they go; of rows that are not selected none is looked at. */
static int look_at(struct sets *sets, struct leat_stage *stage, const struct leat_batch *batch, struct leat_batch *ret)
{
    const struct leat_column *stored;
    int32_t next = 0;

    *ret = *batch;
    memset(sets->routes, sets->only, (size_t)batch->n_rows);
    if (sets->hash_field < 0)
        return 0;
    memcpy(sets->columns, batch->columns, (size_t)batch->schema->n_fields * sizeof *sets->columns);
    sets->n_bytes = 0;
    stored = &batch->columns[sets->hash_field];
    LEAT_EACH_ROW(batch, row) {
        for (; next <= row; next++)
            sets->offsets[next] = (int32_t)sets->n_bytes;
        if (!sets->no_hashes && read_password(sets, stage, stored, row, &sets->routes[row]) < 0)
            return -ENOMEM;
    }
    for (; next <= batch->n_rows; next++)
        sets->offsets[next] = (int32_t)sets->n_bytes;
    sets->columns[sets->hash_field] = (struct leat_column){ .type = LEAT_TEXT, .n_rows = batch->n_rows,
                                                            .offsets = sets->offsets, .bytes = (uint8_t *)sets->bytes };
    ret->columns = sets->columns;
    return 0;
}

/* ---- rows ---- */

static int note_row(struct sets *sets, uint8_t byte)
{
    if (sets->n_rows == sets->cap_rows) {
        int64_t cap = sets->cap_rows * 2 + 4096;
        uint8_t *grown = realloc(sets->rows, (size_t)cap);

        if (!grown)
            return -ENOMEM;
        sets->rows = grown;
        sets->cap_rows = cap;
    }
    sets->rows[sets->n_rows++] = byte;
    return 0;
}

static void meet_canary(struct sets *sets, const struct leat_batch *view, int32_t row, int64_t index)
{
    enum cognito_algorithm set = (enum cognito_algorithm)sets->routes[row];
    bool goes = sets->hash_field >= 0 && sets->offsets[row + 1] > sets->offsets[row];
    size_t n;
    const char *name = leat_text(&view->columns[sets->name_field], row, &n);

    canary_meet(sets->canary, name, n, set, index, goes && set != COGNITO_NO_ALGORITHM);
}

static int write_row(struct sets *sets, struct leat_stage *stage, struct leat_batch *batch,
                     const struct leat_batch *view, int32_t row, struct leat_error *err)
{
    int i = sets->routes[row], rc = sets->sets[i].open ? 0 : open_set(sets, i, stage, err);
    struct set *set = &sets->sets[i];
    struct table_trouble trouble;
    const char *key;
    size_t n = 0;

    if (rc == 0)
        rc = put_row(&set->parts, sets->tables[i], view, row, &trouble, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        table_reject(sets->tables[i], batch, row, &trouble);
        return 0;
    }
    key = sets->lines ? leat_batch_key(batch, row, &n) : NULL;
    parts_note_row(&set->parts, key, n);
    if (sets->canary)
        meet_canary(sets, view, row, set->n_rows);
    set->n_rows++;
    if (note_row(sets, (uint8_t)(i | (leat_row_in(batch->must_verify, row) ? ROW_MUST_VERIFY : 0))) < 0)
        return leat_fail(err, -ENOMEM, "no memory to keep count of %lld users", (long long)sets->n_rows);
    return 0;
}

static int check_all(const struct sets *sets, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < N_SETS && rc == 0; i++)
        if (sets->sets[i].open)
            rc = parts_check(&sets->sets[i].parts, err);
    return rc;
}

int sets_put(struct sets *sets, struct leat_stage *stage, struct leat_batch *batch, struct leat_error *err)
{
    struct leat_batch view;
    int rc = room_for_batch(sets, batch);

    if (rc == 0)
        rc = look_at(sets, stage, batch, &view);
    if (rc < 0)
        return leat_fail(err, rc, "out of memory");
    LEAT_EACH_ROW(batch, row) {
        if (sets->may_go && !sets->may_go(sets->owner, batch, row))
            continue;
        rc = write_row(sets, stage, batch, &view, row, err);
        if (rc < 0)
            return rc;
    }
    return check_all(sets, err);
}

/* ---- the end ---- */

static int by_job(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : (int)x->set - (int)y->set;
}

static int count_parts(const struct sets *sets)
{
    int n = 0;

    for (int i = 0; i < N_SETS; i++)
        for (const struct part *part = sets->sets[i].parts.finished; part; part = part->next)
            n++;
    return n;
}

static void list_parts(struct sets *sets, int i)
{
    for (const struct part *part = sets->sets[i].parts.finished; part; part = part->next)
        if (part->rows)
            sets->pieces[sets->n_pieces++] = (struct piece){ .set = (enum cognito_algorithm)i, .number = part->number,
                                                             .path = part->file.part, .final = part->path,
                                                             .n_rows = (int32_t)part->rows };
}

int sets_finish(struct sets *sets, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < N_SETS && rc == 0; i++)
        if (sets->sets[i].open && sets->sets[i].parts.current)
            rc = parts_finish(&sets->sets[i].parts, err);
    if (rc < 0)
        return rc;
    sets->pieces = calloc((size_t)count_parts(sets) + 1, sizeof *sets->pieces);
    if (!sets->pieces)
        return leat_fail(err, -ENOMEM, "out of memory");
    for (int i = 0; i < N_SETS; i++)
        list_parts(sets, i);
    qsort(sets->pieces, (size_t)sets->n_pieces, sizeof *sets->pieces, by_job);
    return sets->canary ? canary_place(sets->canary, sets, err) : 0;
}

/* What an earlier run has kept would be taken for a part of this one. */
static void warn_of_stale(const struct set *set, struct leat_stage *stage)
{
    if (set->path && access(set->path, F_OK) == 0)
        leat_stage_log(stage, LEAT_LOG_WARNING, "%s is not of this run, which has no such users; remove it", set->path);
}

int sets_publish(struct sets *sets, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_mark unused;
    int rc = 0;

    for (int i = 0; i < N_SETS && rc == 0; i++)
        if (!sets->sets[i].open)
            warn_of_stale(&sets->sets[i], stage);
        else
            rc = parts_commit(&sets->sets[i].parts, stage, true, &unused, err);
    return rc;
}

void sets_remove(struct sets *sets)
{
    for (int i = 0; i < N_SETS; i++) {
        if (sets->sets[i].open)
            parts_close(&sets->sets[i].parts);
        sets->sets[i].open = false;
    }
}

void sets_close(struct sets *sets)
{
    sets_remove(sets);
    for (int i = 0; i < sets->n_pieces; i++)
        free(sets->pieces[i].verdicts);
    if (sets->bytes)
        explicit_bzero(sets->bytes, sets->cap_bytes);
    free(sets->pieces);
    free(sets->rows);
    free(sets->columns);
    free(sets->offsets);
    free(sets->routes);
    free(sets->bytes);
}
