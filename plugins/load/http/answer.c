/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is told of a reply: values of it, a reason, or why nothing more can be sent.
 */
#include "load.h"

#include <ctype.h>

enum { MAX_CODE = 40 };

void answer(void *self, const struct flow_job *job, const struct flow_record *record, enum leat_verdict verdict,
            const struct leat_http_reply *reply)
{
    struct http *h = self;
    const struct answers *wanted = job->records[0].ask && h->find.answers.n ? &h->find.answers : &h->answers;
    struct leat_answer answers[MAX_ANSWERS];
    size_t at[MAX_ANSWERS];
    int n = 0;

    h->flow.scratch.n = 0;
    for (int i = 0; i < wanted->n; i++) {
        at[n] = h->flow.scratch.n;
        answers[n].name = wanted->items[i].name;
        if (judge_text(h, reply, wanted->items[i].path, &answers[n].n))
            n++;
        else
            leat_stage_count(h->flow.stage, "replies without an answer's value", 1);
    }
    for (int i = 0; i < n; i++) /* the buffer does not move any more */
        answers[i].text = h->flow.scratch.p + at[i];
    leat_batch_answer(record->held->batch, record->row, verdict, answers, n);
}

/* A code of the server's is repeated only if it is a word, such as email_taken: no address, number or sentence. */
static bool is_word(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-' && text[i] != '.')
            return false;
    return n > 0 && n <= MAX_CODE && isalpha((unsigned char)text[0]);
}

void answer_reject(void *self, const struct flow_job *job, long status, const struct leat_http_reply *reply)
{
    const struct flow_record *record = &job->records[0];
    struct http *h = self;
    size_t n = 0;

    h->flow.scratch.n = 0;
    if (reply && h->code && judge_text(h, reply, h->code, &n) && is_word(h->flow.scratch.p, n))
        leat_batch_reject(record->held->batch, record->row, -1, "refused", "the server answered %ld (%.*s)", status,
                          (int)n, h->flow.scratch.p);
    else
        leat_batch_reject(record->held->batch, record->row, -1, "refused", "the server answered %ld", status);
}

int answer_stop(void *self, const struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    const char *what = job->records[0].ask ? "a read-back" : "a record";

    (void)self;
    if (reply->status == 207)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server answered 207 to several records, of which some may have "
                                                 "failed: use `batch: 1`, or name it in accept or reject");
    if (reply->status == 401 || reply->status == 403 || reply->status == 407)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server answered %ld to %s: it does not accept who we are; "
                                                 "see `bearer`, `user`, `api_key`", reply->status, what);
    return leat_fail(err, LEAT_EUNREACHABLE, "the server answered %ld to %s, which says nothing of a record; is the "
                                             "URL right? else name the status in accept, reject or already_there",
                     reply->status, what);
}
