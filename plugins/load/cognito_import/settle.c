/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records come back in the order in which they were written, so that counting says which
 * row of which part each is.
 */
#include <stdlib.h>

#include "import.h"

/* The piece of the set's next row, which is then counted. NULL: more rows come back than went. */
static struct piece *next_row(struct cognito_import *c, int set, int32_t *ret_row)
{
    const struct sets *sets = &c->sets;
    int *at = &c->at_piece[set];

    while (*at < sets->n_pieces &&
           (sets->pieces[*at].set != (enum cognito_algorithm)set || c->at_row[set] == sets->pieces[*at].n_rows)) {
        c->at_row[set] = 0;
        (*at)++;
    }
    if (*at == sets->n_pieces)
        return NULL;
    *ret_row = c->at_row[set]++;
    return &sets->pieces[*at];
}

/* ---- answers ---- */

static void reject_failed(struct leat_batch *batch, int32_t row, const struct piece *piece, int32_t line, int reason)
{
    const char *sentence = log_reason(reason);
    char where[32] = "";

    if (piece->first_line)
        (void)snprintf(where, sizeof where, " line number %d", (int)(line + piece->first_line));
    if (sentence)
        leat_batch_reject(batch, row, -1, "refused", "the import refused the user: %s", sentence);
    else
        leat_batch_reject(batch, row, -1, "refused", "Cognito refused the user; see the log group %s, stream %s%s",
                          piece->log_group, piece->log_stream, where);
}

/* A user who is there already may be of an attempt of ours that nobody has seen the end of. */
static bool may_be_ours(const struct piece *piece, uint8_t byte)
{
    return piece->unclear || ((byte & ROW_MUST_VERIFY) && piece->after_others);
}

static enum users_presence judge_row(struct leat_batch *batch, int32_t row, const struct piece *piece, int32_t line,
                                     uint8_t byte)
{
    uint8_t verdict = piece->verdicts[line];

    switch (log_tag_of(verdict)) {
    case LOG_SUCCEEDED:
        return USERS_THERE;
    case LOG_SKIPPED:
        if (may_be_ours(piece, byte))
            return USERS_IN_DOUBT;
        leat_batch_reject(batch, row, -1, "exists", "a user of that name, e-mail address or phone number is in the pool "
                          "already; the import leaves such users as they are");
        break;
    case LOG_FAILED:
        reject_failed(batch, row, piece, line, log_reason_of(verdict));
        break;
    default:
        leat_batch_answer(batch, row, LEAT_UNKNOWN, NULL, 0);
    }
    return USERS_ANSWERED;
}

enum users_presence import_is_there(void *self, struct leat_batch *batch, int32_t row)
{
    struct cognito_import *c = self;
    uint8_t byte = c->n_settled < c->sets.n_rows ? c->sets.rows[c->n_settled++] : 0;
    int32_t line = 0;
    struct piece *piece = next_row(c, byte & ROW_SET, &line);
    enum users_presence presence;

    if (!piece) {
        leat_batch_answer(batch, row, LEAT_UNKNOWN, NULL, 0);
        return USERS_ANSWERED;
    }
    presence = judge_row(batch, row, piece, line, byte);
    if (line + 1 == piece->n_rows) {
        free(piece->verdicts);
        piece->verdicts = NULL;
    }
    return presence;
}

int import_settle(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct cognito_import *c = self;

    if (c->jobs.others && c->jobs.others_s < (double)c->after.began_s)
        c->after.began_s = (int64_t)c->jobs.others_s; /* those in doubt may have come by them */
    return flow_deliver(&c->after.flow, stage, batch, err);
}
