/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/cognito_user/users.h"

enum { FIND_DELAY_MS = 500, MAX_REPLY = 1 << 20 };

static const struct flow_calls calls_to_make = {
    .job_size = sizeof(struct user_call), .free_job = request_free, .admit = fields_admit, .begin = steps_begin,
    .budget = request_budget, .build = request_build, .start = request_start, .judge = judge_sent,
    .judge_found = judge_found, .next = steps_next, .answer = steps_answer, .reject = steps_reject, .stop = steps_stop,
};

static const struct flow_calls calls_behind = {
    .job_size = sizeof(struct user_call), .free_job = request_free, .admit = steps_admit_there,
    .begin = steps_begin_there, .budget = request_budget, .build = request_build, .start = request_start,
    .judge = judge_sent, .judge_found = judge_found,
    .next = steps_next, .answer = steps_answer, .reject = steps_reject, .stop = steps_stop,
};

/* Users who share one of these are never on their way together. */
static void take_aliases(const struct users *u, struct flow_settings *settings)
{
    static const enum cognito_standard aliases[] = { COGNITO_EMAIL, COGNITO_PHONE_NUMBER, COGNITO_PREFERRED_USERNAME };

    if (u->extras.username >= 0)
        settings->aliases[settings->n_aliases++] = u->extras.username;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (u->standard[aliases[i]] >= 0 && u->standard[aliases[i]] != u->extras.username)
            settings->aliases[settings->n_aliases++] = u->standard[aliases[i]];
}

int users_open(struct users *u, struct leat_stage *stage, struct leat_error *err)
{
    struct flow_settings settings = { .batch = 1, .retries = (int)u->retries, .has_find = true,
                                      .find_delay_ms = FIND_DELAY_MS };
    int rc = fields_open(u, leat_stage_input(stage), err);

    if (rc < 0)
        return rc;
    u->began_s = leat_stage_work_began(stage) / 1000000;
    (void)snprintf(u->url, sizeof u->url, "%s/", u->live->endpoint.url);
    take_aliases(u, &settings);
    settings.http = (struct leat_http_settings){
        .n_calls = (int)u->concurrency, .plain = u->live->endpoint.plain, .timeout_ms = u->timeout_ms,
        .connect_timeout_ms = u->connect_timeout_ms, .max_reply = MAX_REPLY, .ca_file = leat_aws_ca_file(u->live->aws),
        .proxy = u->options->aws.proxy };
    return flow_open(&u->flow, stage, &settings, u->is_there ? &calls_behind : &calls_to_make, u, err);
}

void users_close(struct users *u)
{
    flow_close(&u->flow);
}
