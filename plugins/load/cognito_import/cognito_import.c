/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * cognito_import: users into a user pool of Amazon Cognito by its CSV import. Records are
 * written into files first, and once all have come, the files are imported by one job
 * after the other, which can take hours; what the jobs' logs say is each record's verdict.
 *
 *     deliver ──► files        input ends ──► poll: jobs ──► settle: verdicts
 *
 * One worker; the state is touched by its thread alone. Options and life are here.
 */
#include "import.h"

static const char *const afters[] = { "all", "groups", "enabled", "none", NULL };
static const char *const groups[] = { "existing", "create", NULL };
static const char *const hashings[] = { "auto", "none", "bcrypt", "scrypt", "argon2id", "pbkdf2_sha256", NULL };

static const struct leat_option options[] = {
    USERPOOL_OPTIONS(struct cognito_import, options),
    { .name = "cloudwatch_role_arn", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito_import, role),
      .required = true, .tuning = true,
      .help = "ARN of the role by which Cognito writes the log of a job; the console makes one." },
    { .name = "password_hashing", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_import, hashing),
      .default_text = "auto", .values = hashings,
      .help = "Which hashes of the field password_hash go along: those of one algorithm; auto: all that can, in a job "
              "for each algorithm." },
    { .name = "trial", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito_import, trial), .default_text = "0",
      .max = 10000,
      .help = "How many users go first, in a job of their own; unless all of them are imported, the run stops there." },
    { .name = "after_import", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_import, after_import),
      .default_text = "all", .values = afters,
      .help = "Which of the fields groups and enabled, which no import file can carry, are set by the API for users who "
              "were imported." },
    { .name = "groups", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_import, after.groups),
      .default_text = "existing", .values = groups,
      .help = "Whether the groups must be there, or are created on demand." },
    { .name = "canary", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct cognito_import, canary.path),
      .help = "CSV file username,password of a few users who go first and are signed in before all others come." },
    { .name = "client_id", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito_import, canary.client_id),
      .tuning = true, .help = "App client by which they sign in; it allows ALLOW_ADMIN_USER_PASSWORD_AUTH." },
    { .name = "client_secret", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct cognito_import, canary.client_secret),
      .tuning = true, .help = "Secret of that client, if it has one." },
    { .name = "password_declaration", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito_import, declaration),
      .help = "What password_hash does not show, as the second argument of cognito_password: cognito alphabet=." },
    { .name = "stage_to", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito_import, stage_to), .tuning = true,
      .help = "Where each file is put, too, before it is imported: s3://BUCKET/PREFIX." },
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct cognito_import, path),
      .default_text = "cognito-import.csv",
      .help = "Where the files are written that are imported; for as long as the run lasts, or see `keep`." },
    { .name = "keep", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct cognito_import, keep),
      .help = "Whether the files get their names when the run is done, with a line map beside each." },
    { .name = "part_rows", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito_import, part_rows),
      .default_text = "500000", .min = 1, .max = 500000,
      .help = "Users a job has at most; it takes no more than the default." },
    { .name = "log_patience", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito_import, log_patience_ms),
      .default_text = "10m", .tuning = true,
      .help = "How long the log of a job that is done may take to be complete." },
    { .name = "start_patience", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito_import, start_patience_ms),
      .default_text = "24h", .tuning = true,
      .help = "How long a job's start may be refused while no other job is seen at work in the pool." },
    LEAT_END_OF_OPTIONS
};

/* A wait for credentials ends as soon as the run is asked to stop. */
static bool is_stopping(void *stage)
{
    return leat_stage_stopping(stage) || leat_stage_cancelled(stage);
}

static int find_endpoints(struct cognito_import *c, struct leat_error *err)
{
    struct jobs *jobs = &c->jobs;
    int rc = leat_aws_find_endpoint(jobs->aws, &leat_aws_logs, c->options.region, &jobs->logs, err);

    jobs->cognito = c->pool.endpoint;
    if (rc == 0 && c->stage_to)
        rc = leat_aws_find_endpoint(jobs->aws, &leat_aws_s3, c->options.region, &jobs->s3, err);
    return rc;
}

/* What is to be done behind the import can be done: better to know before it. */
static bool may_go(void *after, struct leat_batch *batch, int32_t row)
{
    return fields_check_groups(after, batch, row);
}

static int import_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct cognito_import *c = self;
    int rc = userpool_open(&c->pool, &c->options, is_stopping, stage, err);

    if (rc == 0 && c->sets.canary)
        rc = canary_open(&c->canary, stage, err);
    if (rc < 0)
        return rc;
    import_bind(c, leat_stage_input(stage)); /* the host may have taken secret fields out since plan */
    sets_sweep(&c->sets, stage);
    c->jobs = (struct jobs){
        .stage = stage, .sets = &c->sets, .aws = c->pool.aws, .pool_id = c->options.user_pool_id,
        .pool_name = c->pool_name, .role = c->role, .stage_to = c->stage_to, .proxy = c->options.aws.proxy,
        .update_budget = userpool_budget(&c->options, USERPOOL_POOL_RESOURCE_UPDATE),
        .read_budget = userpool_budget(&c->options, USERPOOL_POOL_RESOURCE_READ),
        .canary = c->sets.canary, .sign_in_budget = userpool_budget(&c->options, USERPOOL_USER_AUTHENTICATION),
        .trial = c->trial, .log_patience_ms = c->log_patience_ms, .start_patience_ms = c->start_patience_ms,
        .family = c->path,
    };
    rc = find_endpoints(c, err);
    if (rc < 0)
        return rc;
    c->sets.may_go = may_go;
    c->sets.owner = &c->after;
    return users_open(&c->after, stage, err);
}

static int import_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct cognito_import *c = self;

    return sets_put(&c->sets, stage, batch, err);
}

static int end_input(struct cognito_import *c, struct leat_error *err)
{
    int rc = sets_finish(&c->sets, err);

    c->ended = true;
    return rc == 0 ? jobs_begin(&c->jobs, err) : rc;
}

/* No verdict is given before the last job is done: what is answered is not delivered once more to a run that goes on,
 * and then the parts would be others than those that the jobs are named after. */
static enum leat_flow import_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    struct cognito_import *c = self;
    int rc = c->ended ? 0 : end_input(c, err);
    enum leat_flow after;

    (void)dry;
    if (rc == 0 && !jobs_are_done(&c->jobs))
        rc = jobs_poll(&c->jobs, err);
    if (rc < 0)
        return LEAT_FAILED;
    if (!jobs_are_done(&c->jobs))
        return LEAT_MORE;
    after = flow_poll(&c->after.flow, stage, true, err);
    return after != LEAT_FULL && after != LEAT_FAILED && c->n_settled < c->sets.n_rows ? LEAT_SETTLE : after;
}

static int import_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                         struct leat_error *err)
{
    struct cognito_import *c = self;

    (void)ret_mark;
    if (last && c->keep)
        return sets_publish(&c->sets, stage, err);
    if (last) /* now: a run that is killed behind its last checkpoint is not gone on with by its stages */
        sets_remove(&c->sets);
    return 0;
}

static void import_close(struct leat_stage *stage, void *self)
{
    struct cognito_import *c = self;

    (void)stage;
    users_close(&c->after);
    jobs_close(&c->jobs);
    sets_close(&c->sets);
    canary_close(&c->canary);
    userpool_close(&c->pool);
}

LEAT_LOAD(cognito_import, .summary = "Imports users into an Amazon Cognito user pool by CSV import jobs",
          .options = options, .traits = LEAT_LATE, .plan = import_plan, .open = import_open,
          .deliver = import_deliver, .poll = import_poll, .settle = import_settle, .commit = import_commit,
          .close = import_close, .forecast = import_forecast);
