/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <stdlib.h>

#include "jobs.h"

/* ---- names ---- */

size_t attempt_prefix(const char *work, const struct piece *piece, char ret[JOB_NAME])
{
    static const char letters[] = "nbsap";

    return (size_t)snprintf(ret, JOB_NAME, "leat-%s-%c%lld-%.12s", work, letters[piece->set],
                            (long long)piece->number, piece->hash);
}

void attempt_name(const char *work, const struct piece *piece, int number, const char *hash, char ret[JOB_NAME])
{
    size_t n = attempt_prefix(work, piece, ret);

    (void)snprintf(ret + n, JOB_NAME - n, "-%d-%.8s", number, hash);
}

/* ---- which rows ---- */

static bool is_open(const struct piece *piece, int32_t row)
{
    return !piece->verdicts || log_tag_of(piece->verdicts[row]) == LOG_NONE;
}

/* The rows of the trial that have no verdict, in order; `rows` may be NULL. The first few are for what is large; those
 * of the canary stand anywhere. */
static int32_t trial_rows(const struct jobs *jobs, const struct piece *piece, int32_t *rows)
{
    int32_t first = piece->number == 1 && piece->n_rows > jobs->trial ? (int32_t)jobs->trial : 0, n = 0;

    for (int32_t i = 0; i < first + piece->n_canary; i++) {
        int32_t row = i < first ? i : jobs->canary->users[piece->canary + i - first].row;

        if ((i >= first && row < first) || !is_open(piece, row))
            continue;
        if (rows)
            rows[n] = row;
        n++;
    }
    return n;
}

bool attempt_wants_trial(const struct jobs *jobs, const struct piece *piece)
{
    return trial_rows(jobs, piece, NULL) > 0;
}

static int32_t open_rows(const struct piece *piece, int32_t *rows)
{
    int32_t n = 0;

    for (int32_t i = 0; i < piece->n_rows; i++)
        if (is_open(piece, i))
            rows[n++] = i;
    return n;
}

static bool pick_rows(struct jobs *jobs, struct attempt *attempt, const struct piece *piece)
{
    attempt->rows = malloc(((size_t)piece->n_rows + 1) * sizeof *attempt->rows);
    if (!attempt->rows)
        return false;
    attempt->n_rows = trial_rows(jobs, piece, attempt->rows);
    attempt->is_trial = attempt->n_rows > 0;
    if (!attempt->is_trial)
        attempt->n_rows = open_rows(piece, attempt->rows);
    if (attempt->n_rows < piece->n_rows)
        return true;
    free(attempt->rows);
    attempt->rows = NULL;
    return true;
}

/* ---- the file ---- */

static const char *put_line(struct leat_output *out, const char *p, const char *end, bool wanted)
{
    const char *stop = memchr(p, '\n', (size_t)(end - p));

    stop = stop ? stop + 1 : end;
    if (wanted)
        leat_output_put(out, p, (size_t)(stop - p));
    return stop;
}

static int write_rest(struct attempt *attempt, const struct piece *piece, struct leat_error *err)
{
    struct content whole = { 0 };
    int rc = leat_output_open(&attempt->rest, piece->final, NULL, err);
    const char *p, *end;

    if (rc == 0)
        rc = content_open(&whole, piece->path, err);
    if (rc < 0)
        return rc;
    end = whole.p + whole.n;
    p = put_line(&attempt->rest, whole.p, end, true);
    for (int32_t i = 0, at = 0; p < end && at < attempt->n_rows; i++) {
        bool wanted = attempt->rows[at] == i;

        p = put_line(&attempt->rest, p, end, wanted);
        at += wanted;
    }
    content_close(&whole);
    attempt->path = attempt->rest.part;
    return leat_output_finish(&attempt->rest, err);
}

static int hash_file(struct attempt *attempt, const struct piece *piece, struct leat_error *err)
{
    struct content content = { 0 };
    int rc;

    if (!attempt->rows) {
        memcpy(attempt->hash, piece->hash, sizeof attempt->hash);
        return 0;
    }
    rc = content_open(&content, attempt->path, err);
    if (rc == 0)
        rc = content_hash(&content, attempt->hash, err);
    content_close(&content);
    return rc;
}

int attempt_make(struct jobs *jobs, struct piece *piece, bool *ret_none, struct leat_error *err)
{
    struct attempt *attempt = &jobs->attempt;
    int rc = 0;

    attempt_end(attempt);
    *attempt = (struct attempt){ .number = ++piece->n_attempts, .path = piece->path };
    if (!pick_rows(jobs, attempt, piece))
        return leat_fail(err, -ENOMEM, "out of memory");
    *ret_none = !attempt->n_rows;
    if (*ret_none)
        return 0;
    if (attempt->rows)
        rc = write_rest(attempt, piece, err);
    if (rc == 0)
        rc = hash_file(attempt, piece, err);
    attempt_name(jobs->work, piece, attempt->number, attempt->hash, attempt->name);
    return rc;
}

void attempt_end(struct attempt *attempt)
{
    leat_output_close(&attempt->rest);
    free(attempt->rows);
    *attempt = (struct attempt){ 0 };
}
