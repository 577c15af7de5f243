/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which call is next for a user who is there, and what is told in the end.
 *
 * What a step would overwrite is looked at first: a password is set only for a user
 * that has none of its own yet, and a user that was read back as enabled is disabled.
 * Steps that the ledger has are not made again.
 */
#include "kit/cognito_user/users.h"

#include <string.h>

static uint32_t bit(enum step step)
{
    return UINT32_C(1) << step;
}

bool steps_is_done(const struct flow_record *record, enum step step)
{
    const struct leat_batch *b = record->held->batch;

    return b->steps && (b->steps[record->row] & bit(step));
}

static bool flag(const struct leat_batch *b, int field, int32_t row, bool *ret)
{
    size_t n;
    const char *text = fields_text(b, field, row, &n);
    int truth;

    if (field < 0 || leat_is_null(&b->columns[field], row))
        return false;
    truth = text ? cognito_boolean(text, n) : leat_bool(&b->columns[field], row);
    *ret = truth == 1;
    return truth >= 0;
}

/* ---- before the first call ---- */

/* A record that was loaded before and has changed is looked at first: the user may be a stranger whom an earlier run has
 * let be, or gone; and so is one who was made by a run that was killed, for what has become of the password. One that a
 * killed run may have sent is sent again: no two users have the same name, so if it had come through, Cognito says that
 * the name is taken, and then the user is read back. Most of them were never sent, and to look for those first, twice, as
 * they might come into sight late, would cost more calls than to make them. */
void steps_begin(void *self, struct flow_record *record)
{
    (void)self;
    record->step = STEP_CREATE;
    record->known = record->update;
    record->ask = record->update || steps_is_done(record, STEP_CREATE);
    record->update = false;
}

/* ---- after a call ---- */

static bool wants_password(const struct users *u, const struct flow_record *record, const struct user_call *call)
{
    size_t n;
    const char *password = fields_text(record->held->batch, u->extras.password, record->row, &n);

    if (!call->no_password || steps_is_done(record, STEP_PASSWORD))
        return false;
    return u->password == PASSWORD_GENERATED || (u->password == PASSWORD_PERMANENT && password && n);
}

/* MFA by text message, as `cognito:mfa_enabled' is for an import; Cognito wants a user who has a password. */
static bool wants_mfa(const struct users *u, const struct flow_record *record, const struct user_call *call)
{
    bool on;

    return flag(record->held->batch, u->extras.mfa, record->row, &on) && on && !call->no_password &&
           !steps_is_done(record, STEP_MFA);
}

static bool wants_group(const struct users *u, const struct flow_record *record)
{
    char group[GROUP_ROOM];

    return u->extras.groups >= 0 && !steps_is_done(record, STEP_GROUP) &&
           fields_group(u, record->held->batch, record->row, record->place, group, sizeof group) > 0;
}

static bool wants_enabled(const struct users *u, const struct flow_record *record, const struct user_call *call,
                          enum step *ret)
{
    bool on;

    if (!flag(record->held->batch, u->extras.enabled, record->row, &on))
        return false;
    *ret = on ? STEP_ENABLE : STEP_DISABLE;
    return on == call->is_disabled && (!on || record->known || u->on_existing == ON_EXISTING_UPDATE);
}

/* The next call for a user who is there; false: that is all. */
static bool choose(const struct users *u, struct flow_record *record, const struct user_call *call)
{
    enum step switches;

    if (wants_password(u, record, call))
        record->step = STEP_PASSWORD;
    else if (wants_group(u, record))
        record->step = STEP_GROUP;
    else if (wants_mfa(u, record, call))
        record->step = STEP_MFA;
    else if (wants_enabled(u, record, call, &switches))
        record->step = (uint16_t)switches;
    else
        return false;
    return true;
}

/* ---- users who are there already ---- */

/* As an import makes them: enabled, and its file has said all else. */
static bool choose_first(const struct users *u, struct flow_record *record)
{
    static const struct user_call imported;

    return choose(u, record, &imported);
}

int steps_admit_there(void *self, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct flow_held held = { .batch = b };
    struct flow_record record = { .held = &held, .row = row };
    struct users *u = self;

    (void)err;
    switch (u->is_there(u->owner, b, row)) {
    case USERS_ANSWERED:
        return 0;
    case USERS_IN_DOUBT:
        leat_batch_step_done(b, row, bit(STEP_IN_DOUBT));
        return 1;
    case USERS_THERE:
        break;
    }
    if (choose_first(u, &record))
        return 1;
    leat_batch_answer(b, row, LEAT_LOADED, NULL, 0);
    return 0;
}

/* None of its steps does any harm twice, if only it is ours. */
void steps_begin_there(void *self, struct flow_record *record)
{
    record->alone = record->update = false;
    record->ask = record->maybe_sent = steps_is_done(record, STEP_IN_DOUBT);
    record->repeatable = !record->ask;
    if (!record->ask)
        (void)choose_first(self, record);
}

/* ---- the next call ---- */

/* As if every call were fine. */
void steps_count(const struct users *u, const struct leat_batch *b, int32_t row, struct steps_wanted *ret)
{
    struct flow_held held = { .batch = (struct leat_batch *)b };
    struct flow_record record = { .held = &held, .row = row };
    struct user_call call = { .no_password = !u->is_there };
    enum step switches;

    size_t n;

    *ret = (struct steps_wanted){ .password = wants_password(u, &record, &call) };
    ret->own = ret->password && fields_text(b, u->extras.password, row, &n) && n;
    call.no_password &= !ret->password;
    for (; wants_group(u, &record); record.place++)
        ret->groups++;
    ret->mfa = wants_mfa(u, &record, &call);
    ret->disable = wants_enabled(u, &record, &call, &switches) && switches == STEP_DISABLE;
}

/* What the call that was fine has brought about. */
static void note_done(const struct users *u, struct flow_record *record, struct user_call *call)
{
    struct leat_batch *b = record->held->batch;

    switch ((enum step)record->step) {
    case STEP_PASSWORD:
        call->no_password = false;
        break;
    case STEP_GROUP:
        record->place++;
        call->group_made = false;
        if (wants_group(u, record)) /* the bit is that of all groups: they may be added twice */
            return;
        break;
    case STEP_NEW_GROUP:
        call->group_made = true;
        return;
    case STEP_DISABLE:
    case STEP_ENABLE:
        call->is_disabled = record->step == STEP_DISABLE;
        break;
    case STEP_CREATE:
    case STEP_UPDATE:
    case STEP_MFA:
    case STEP_IN_DOUBT:
        break;
    }
    leat_batch_step_done(b, record->row, bit((enum step)record->step));
}

bool steps_next(void *self, struct flow_job *job, enum leat_verdict verdict, const struct leat_http_reply *reply)
{
    struct flow_record *record = &job->records[0];
    struct user_call *call = user_call(job);
    struct users *u = self;
    bool found = record->ask;

    (void)reply;
    if (!call->verdict)
        call->verdict = verdict;
    record->ask = false;
    if (found && record->step == STEP_UPDATE) { /* whoever made it, it is to be as we have it */
        call->verdict = LEAT_LOADED;
        record->repeatable = true;
        return true;
    }
    note_done(u, record, call);
    record->repeatable = true;
    if (record->step == STEP_NEW_GROUP) {
        record->step = STEP_GROUP;
        return true;
    }
    return choose(u, record, call);
}

/* ---- what is told ---- */

void steps_answer(void *self, const struct flow_job *job, const struct flow_record *record, enum leat_verdict verdict,
                  const struct leat_http_reply *reply)
{
    struct user_call *call = user_call(job);
    struct leat_answer answer = { .name = "sub", .text = call->sub, .n = strlen(call->sub) };

    (void)self;
    (void)reply;
    leat_batch_answer(record->held->batch, record->row, call->verdict ? call->verdict : verdict, &answer,
                      *call->sub ? 1 : 0);
}

static const struct {
    const char *code, *reason;
} reasons[] = {
    { "InvalidPasswordException", "the password does not meet the pool's policy" },
    { "PasswordHistoryPolicyViolationException", "the password was used before, which the pool's policy forbids" },
    { "UserLambdaValidationException", "a Lambda trigger of the pool refuses the user" },
    { "ResourceNotFoundException", "a group of the user is not in the pool; make it, or say `groups: create`" },
    { "InvalidParameterException", "Cognito takes a value for invalid that the pool's description allows" },
    { "UnsupportedUserStateException", "the user is in a state in which this cannot be done" },
    { "UserNotConfirmedException", "the user has not confirmed the account" },
};

const char *steps_reason(const char *code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].code, code) == 0)
            return reasons[i].reason;
    return "Cognito refuses it";
}

/* A user whose later step is refused is there without what that step is about. */
void steps_reject(void *self, const struct flow_job *job, long status, const struct leat_http_reply *reply)
{
    const struct flow_record *record = &job->records[0];
    const struct user_call *call = user_call(job);

    (void)self;
    (void)status;
    if (record->step == STEP_CREATE)
        leat_batch_reject(record->held->batch, record->row, -1, "refused", "AdminCreateUser: %s%s%s%s",
                          record->why ? record->why : steps_reason(""), reply ? " (" : "",
                          reply ? call->fault.code : "", reply ? ")" : "");
    else
        leat_batch_reject(record->held->batch, record->row, -1, "step_refused", "%s: %s (%s); the user is in the pool "
                          "without it", request_operation(job), steps_reason(call->fault.code), call->fault.code);
}

int steps_stop(void *self, const struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    struct users *u = self;

    return leat_aws_fail(&user_call(job)->fault, reply, u->live->endpoint.service, request_operation(job), err);
}
