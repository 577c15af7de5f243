/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * http: sends each record, or many in one request, to an HTTP API, and finds out
 * what became of it.
 *
 * An API cannot be asked twice: a call whose reply is lost may have been worked
 * on. Either the target takes the same call twice without harm (`idempotency:
 * key`, or PUT to a URL that names the record), or the host writes down what is
 * about to be sent, and what is unclear is read back (`find`).
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_ROWS = 100 /* in a batch, where only whole ones are known to be done */ };

const char *const http_methods[] = { "POST", "PUT", "PATCH", NULL };
static const char *const idempotencies[] = { "ledger", "key", NULL };
static const char *const nulls[] = { "keep", "omit", NULL };

#define LIST(name_, index_, help_) \
    { .name = name_, .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct http, list_nodes[index_]), .help = help_ }

static const struct leat_option options[] = {
    { .name = "url", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, url), .required = true, .main = true,
      .help = "Where records go; {NAME} is a field of the record, as in https://api.example.com/users/{id}." },
    { .name = "method", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct http, method), .values = http_methods,
      .default_text = "POST", .help = "What the request is." },
    { .name = "body", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct http, body_node),
      .help = "A record's JSON, with '{NAME}' for its fields; by default an object of all of them." },
    { .name = "nulls", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct http, nulls), .values = nulls,
      .default_text = "keep", .help = "Whether a member that is a null field is sent, as null, or left out." },
    { .name = "secrets", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct http, secrets), .default_text = "false",
      .help = "Without body: whether fields of class secret are sent; otherwise they are left out." },
    { .name = "batch", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct http, batch), .default_text = "1", .min = 1,
      .max = MAX_RECORDS, .help = "Records in a request; from 2 on the body is a list of them." },
    { .name = "envelope", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct http, envelope_node),
      .help = "JSON around the list of records, which stands where it says '{records}'." },
    { .name = "headers", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct http, headers_node),
      .help = "Headers, NAME: TEXT; the text may have fields." },
    { .name = "bearer", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct http, bearer),
      .help = "A token, sent as Authorization: Bearer." },
    { .name = "user", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, user),
      .help = "With password: sent as Authorization: Basic." },
    { .name = "password", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct http, password), .help = "Password of user." },
    { .name = "api_key", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct http, api_key),
      .help = "A key, sent in the header that api_key_header names." },
    { .name = "api_key_header", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, api_key_header),
      .default_text = "X-API-Key", .help = "Header that api_key is sent in." },
    LIST("accept", LIST_ACCEPT, "Replies by which a record is loaded: 201, 2xx, {status, path, equals}; by default 2xx."),
    LIST("already_there", LIST_THERE, "Replies that say that the target has the record; find asks whose it is."),
    LIST("reject", LIST_REJECT, "Replies that reject a record, beside 400, 413, 414, 422, 424 and 431."),
    LIST("throttled", LIST_THROTTLED, "Replies that ask for patience, beside 425, 429 and 503 with Retry-After."),
    { .name = "code", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, code_path),
      .help = "Place in a rejecting reply of a short code, /error/code, that becomes part of the reason." },
    { .name = "answer", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct http, answer_node),
      .help = "What of the reply goes into the results, NAME: /place." },
    { .name = "idempotency", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct http, idempotency), .values = idempotencies,
      .default_text = "ledger",
      .help = "Who sees to it that nothing is done twice: leat's ledger, or the target by a key that is sent along." },
    { .name = "idempotency_header", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, idempotency_header),
      .default_text = "Idempotency-Key", .help = "Header of that key." },
    { .name = "find", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct http, find_node),
      .help = "How a record is read back when it is unclear what became of it: url, found, absent, ours, delay." },
    { .name = "alias", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct http, alias_nodes),
      .help = "Fields of which records with the same value, in any case, are never on their way together." },
    { .name = "rate", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, rate), .tuning = true,
      .help = "Budget of rates: that the calls are taken from." },
    { .name = "concurrency", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct http, concurrency),
      .default_text = "16", .min = 1, .max = 1000, .tuning = true, .help = "Requests on their way at once." },
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct http, timeout_ms), .default_text = "30s",
      .min = 1, .max = 86400000, .tuning = true, .help = "How long a request may take." },
    { .name = "connect_timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct http, connect_timeout_ms),
      .default_text = "10s", .min = 1, .max = 86400000, .tuning = true, .help = "How long a connection may take." },
    { .name = "retries", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct http, retries), .default_text = "8",
      .max = 100, .tuning = true,
      .help = "How often a call that came to nothing is made again; throttled ones four times as often." },
    { .name = "max_reply", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct http, max_reply), .default_text = "1MiB",
      .tuning = true, .help = "Bytes of a reply's body at most; a larger one is unclear." },
    { .name = "ca_file", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct http, ca_file),
      .help = "Certificates to trust in place of the system's." },
    { .name = "proxy", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct http, proxy), .tuning = true,
      .help = "Proxy to go through; variables such as https_proxy are ignored." },
    LEAT_END_OF_OPTIONS
};

/* ---- plan ---- */

static void plan_body(struct leat_plan *plan, struct http *h)
{
    struct template_source source = plan_source(plan, h);
    int n_records = 0;

    if (h->body_node)
        template_add_json(&source, &h->body, h->body_node);
    else
        template_add_record(&source, &h->body, h->secrets);
    h->wants_id |= h->body.has_id;
    if (!h->envelope_node)
        return;
    h->has_envelope = true;
    source.records = true;
    source.omit_nulls = false;
    template_add_json(&source, &h->envelope, h->envelope_node);
    for (int i = 0; i < h->envelope.n; i++)
        n_records += h->envelope.pieces[i].kind == PIECE_RECORDS;
    if (n_records != 1)
        leat_plan_wrong(plan, "envelope", "must say '{records}' once, where the list of records stands");
}

/* An empty one would be sent as none, without a word. */
static void check_secret(struct leat_plan *plan, const char *option, const struct leat_secret *secret, bool in_header)
{
    if (secret && !secret->n)
        leat_plan_wrong(plan, option, "is empty");
    for (size_t i = 0; secret && in_header && i < secret->n; i++) {
        unsigned char c = (unsigned char)secret->text[i];

        if (c >= ' ' && c != 0x7F)
            continue;
        leat_plan_wrong(plan, option, "a secret that is sent in a header must be one line without control characters");
        return;
    }
}

static void plan_auth(struct leat_plan *plan, struct http *h)
{
    if ((h->bearer != NULL) + (h->user || h->password) + (h->api_key != NULL) > 1)
        leat_plan_wrong(plan, NULL, "takes one of bearer, user with password, and api_key");
    else if (!h->user != !h->password)
        leat_plan_wrong(plan, h->user ? "user" : "password", "user and password go together");
    else if (h->user && strchr(h->user, ':'))
        leat_plan_wrong(plan, "user", "must not have a colon, which parts user and password");
    if (h->bearer || h->user)
        h->auth_name = "Authorization";
    else if (h->api_key)
        h->auth_name = h->api_key_header;
    if (h->auth_name)
        plan_header_name(plan, "api_key_header", h->auth_name);
    check_secret(plan, "bearer", h->bearer, true);
    check_secret(plan, "api_key", h->api_key, true);
    check_secret(plan, "password", h->password, false);
}

/* What goes to this machine does not pass through another one. */
static void plan_proxy(struct leat_plan *plan, const struct http *h)
{
    const char *wrong = h->proxy ? leat_http_proxy_check(h->proxy) : NULL;

    if (wrong)
        leat_plan_wrong(plan, "proxy", "the address %s", wrong);
    else if (h->proxy && h->plain)
        leat_plan_wrong(plan, "proxy", "takes no http:// to this very machine, which would go over the net as it is");
}

static void plan_aliases(struct leat_plan *plan, struct http *h)
{
    for (int i = 0; h->alias_nodes && i < h->alias_nodes->n_children; i++) {
        const struct leat_node *node = h->alias_nodes->children[i];
        int field;

        if (h->n_aliases == FLOW_MAX_ALIASES || node->kind != LEAT_SCALAR) {
            leat_plan_wrong_at(plan, node, "takes names of fields, %d at most", FLOW_MAX_ALIASES);
            return;
        }
        field = leat_plan_field(plan, node);
        if (field >= 0 && leat_plan_input(plan)->fields[field].data_class == LEAT_SECRET)
            leat_plan_wrong_at(plan, node, "the field '%s' is secret and cannot be an alias", node->text);
        h->aliases[h->n_aliases++] = node->text;
    }
}

static void plan_idempotency(struct leat_plan *plan, struct http *h)
{
    bool put = h->method == 1 && h->url_template.n_fields;

    h->repeatable = put || h->idempotency == IDEMPOTENCY_KEY;
    if (h->idempotency == IDEMPOTENCY_LEDGER)
        leat_plan_ledger(plan);
    else if (h->batch > 1 && !h->body.has_id)
        leat_plan_wrong(plan, "batch", "a request with several records has no key of its own: with `idempotency: key` "
                                       "each record has to bring its own, so put '{leat:id}' into `body`");
    if (!h->repeatable && !h->has_find) /* what is intended when a run is killed stays unknown: so, little */
        leat_plan_batch_rows(plan, h->concurrency * h->batch);
    else if (h->idempotency == IDEMPOTENCY_KEY) /* a run that is stopped begins again with the batch at hand */
        leat_plan_batch_rows(plan, h->concurrency * h->batch > KEY_ROWS ? h->concurrency * h->batch : KEY_ROWS);
    if (h->idempotency == IDEMPOTENCY_KEY && leat_plan_is_incremental(plan))
        leat_plan_note(plan, "a record that has changed is sent again under its old key, which most targets answer "
                             "with what they have said before; PUT to a URL that names the record changes it");
    if (!h->repeatable && !h->has_find)
        leat_plan_note(plan, "without find: a record whose reply is lost, or that was on its way when a run was "
                             "killed, ends as unknown");
    else if (!h->repeatable && !h->find.ours && !h->find.always_ours)
        leat_plan_note(plan, "without find.ours: a record that is found after an unclear reply ends as unknown, for "
                             "a stranger may have put it there");
}

static void plan_rest(struct leat_plan *plan, struct http *h)
{
    const struct leat_node *code = leat_plan_node(plan, "code");

    for (int i = 0; i < N_LISTS; i++)
        plan_conditions(plan, h->list_nodes[i], h->batch == 1, &h->lists[i]);
    for (int i = 0; i < N_LISTS; i++)
        for (int j = 0; j < h->lists[i].n; j++)
            h->wants_id |= h->lists[i].items[j].equals && h->lists[i].items[j].equals->has_id;
    if (h->code_path && code)
        h->code = leat_pointer_plan(plan, code);
    if (h->rate && !leat_plan_has_rate(plan, h->rate))
        leat_plan_wrong(plan, "rate", "there is no '%s' in rates:", h->rate);
    if (h->batch > 1 && h->url_template.n_fields)
        leat_plan_wrong(plan, "url", "a request with several records has no single one's field in its URL");
}

static int http_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    char identity[LEAT_HTTP_IDENTITY] = "";
    const struct leat_node *url = leat_plan_node(plan, "url");
    struct http *h = self;
    int rc = leat_http_prepare(err);

    if (rc < 0)
        return rc;
    if (url)
        plan_url(plan, url, h->url, &h->url_template, &h->plain, identity);
    plan_auth(plan, h);
    plan_body(plan, h);
    plan_headers(plan, h);
    plan_find(plan, h);
    plan_proxy(plan, h);
    plan_answers(plan, h);
    plan_aliases(plan, h);
    plan_rest(plan, h);
    plan_idempotency(plan, h);
    if (*identity)
        leat_plan_target(plan, identity);
    return 0;
}

/* ---- open and close ---- */

static bool resolve_conditions(const struct conditions *all, const struct leat_schema *in)
{
    bool ok = true;

    for (int i = 0; i < all->n; i++)
        ok &= !all->items[i].equals || template_resolve(all->items[i].equals, in);
    return ok;
}

/* Secret fields that are not sent have been taken out of the batches, so numbers differ from those of the plan. */
static bool resolve(struct http *h, const struct leat_schema *in, int ret_aliases[FLOW_MAX_ALIASES])
{
    bool ok = template_resolve(&h->url_template, in) && template_resolve(&h->body, in) &&
              template_resolve(&h->find.url, in) && template_resolve(&h->find.ours_equals, in) &&
              resolve_conditions(&h->find.found, in) && resolve_conditions(&h->find.absent, in);

    for (int i = 0; i < N_LISTS; i++)
        ok &= resolve_conditions(&h->lists[i], in);
    for (int i = 0; i < h->n_headers; i++)
        ok &= template_resolve(&h->headers[i].value, in);
    for (int i = 0; i < h->n_aliases; i++) {
        ret_aliases[i] = leat_schema_find(in, h->aliases[i]);
        ok &= ret_aliases[i] >= 0;
    }
    return ok;
}

static const char *budget(void *self, const struct flow_job *job)
{
    const struct http *h = self;

    (void)job;
    return h->rate;
}

static const struct flow_calls calls = {
    .job_size = sizeof(struct request), .free_job = request_free, .admit = once_allows, .budget = budget, .build = request_build,
    .start = request_start, .judge = judge, .judge_found = judge_found, .answer = answer, .reject = answer_reject,
    .stop = answer_stop,
};

static int http_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct http *h = self;
    struct flow_settings settings = {
        .http = {.n_calls = (int)h->concurrency, .plain = h->plain, .timeout_ms = h->timeout_ms,
                 .connect_timeout_ms = h->connect_timeout_ms, .max_reply = h->max_reply, .ca_file = h->ca_file,
                 .proxy = h->proxy},
        .batch = (int)h->batch, .retries = (int)h->retries, .repeatable = h->repeatable, .has_find = h->has_find,
        .find_delay_ms = h->find.delay_ms, .n_aliases = h->n_aliases};
    int rc;

    if (!resolve(h, leat_stage_input(stage), settings.aliases))
        return leat_fail(err, LEAT_EPLUGIN, "a field of the plan is not in the batches");
    rc = flow_open(&h->flow, stage, &settings, &calls, h, err);
    if (rc == 0)
        rc = request_open(h, err);
    return rc < 0 ? rc : once_open(h, err);
}

static void http_close(struct leat_stage *stage, void *self)
{
    struct http *h = self;

    (void)stage;
    flow_close(&h->flow);
    request_close(h);
    once_close(h);
}

static int http_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct http *h = self;

    return flow_deliver(&h->flow, stage, batch, err);
}

static enum leat_flow http_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    struct http *h = self;

    return flow_poll(&h->flow, stage, dry, err);
}

LEAT_LOAD(http, .summary = "Sends records to an HTTP API", .options = options, .traits = LEAT_LATE, .plan = http_plan,
          .open = http_open, .deliver = http_deliver, .poll = http_poll, .close = http_close);
