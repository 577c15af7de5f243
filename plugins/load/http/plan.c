/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * URLs, conditions, headers and the read-back out of the pipeline file.
 */
#include "load.h"

#include <string.h>
#include <strings.h>

struct template_source plan_source(struct leat_plan *plan, const struct http *h)
{
    return (struct template_source){ .plan = plan, .omit_nulls = h->nulls == NULLS_OMIT };
}

/* ---- URLs ---- */

/* The URL with a letter in the place of each field, to be looked at as a whole. */
static const char *sample_of(struct leat_plan *plan, const struct template *t)
{
    size_t n = 1;
    char *text, *p;

    for (int i = 0; i < t->n; i++)
        n += t->pieces[i].kind == PIECE_LITERAL ? t->pieces[i].n : 1;
    p = text = leat_plan_alloc(plan, n);
    for (int i = 0; i < t->n; i++) {
        if (t->pieces[i].kind != PIECE_LITERAL) {
            *p++ = 'x';
            continue;
        }
        memcpy(p, t->pieces[i].text, t->pieces[i].n);
        p += t->pieces[i].n;
    }
    return text;
}

/* The server is the file's choice, never the data's. */
static bool host_is_fixed(const struct template *t)
{
    const struct piece *first = &t->pieces[0];
    const char *host = t->n && first->kind == PIECE_LITERAL ? strstr(first->text, "://") : NULL;

    return t->n == 1 || (host && strpbrk(host + 3, "/?"));
}

void plan_url(struct leat_plan *plan, const struct leat_node *node, const char *url, struct template *ret,
              bool *ret_plain, char *ret_identity)
{
    struct template_source source = { .plan = plan, .no_secrets = true, .why_no_secrets = "a URL, which others log" };
    const char *wrong;

    template_add_text(&source, ret, node, url, LEAT_PUT_URL);
    if (!ret->n)
        return;
    wrong = leat_http_url_check(sample_of(plan, ret), ret_plain, ret_identity);
    if (wrong)
        leat_plan_wrong_at(plan, node, "the URL %s", wrong);
    else if (!host_is_fixed(ret))
        leat_plan_wrong_at(plan, node, "the URL must not have a field before its path");
}

/* ---- conditions ---- */

static bool read_status(const char *text, int *ret_low, int *ret_high)
{
    if (text[0] < '1' || text[0] > '5' || strlen(text) != 3)
        return false;
    if (strcmp(text + 1, "xx") == 0) {
        *ret_low = (text[0] - '0') * 100;
        *ret_high = *ret_low + 99;
        return true;
    }
    for (int i = 1; i < 3; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    *ret_low = *ret_high = (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0';
    return true;
}

static void add_condition(struct leat_plan *plan, struct conditions *all, const struct condition *more)
{
    struct condition *grown = leat_plan_alloc(plan, (size_t)(all->n + 1) * sizeof *grown);

    if (all->n)
        memcpy(grown, all->items, (size_t)all->n * sizeof *grown);
    grown[all->n++] = *more;
    all->items = grown;
}

static void add_status(struct leat_plan *plan, const struct leat_node *node, struct condition condition,
                       struct conditions *ret)
{
    if (node->kind != LEAT_SCALAR || !read_status(node->text, &condition.low, &condition.high))
        leat_plan_wrong_at(plan, node, "a status is written 409, and 4xx for all that begin with 4");
    else
        add_condition(plan, ret, &condition);
}

struct condition_options {
    const struct leat_node *status;
    const char *path, *equals;
};

static const struct leat_option condition_options[] = {
    { .name = "status", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct condition_options, status),
      .help = "Status, or several; without it any." },
    { .name = "path", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct condition_options, path), .required = true,
      .help = "Place in the reply, as a JSON pointer." },
    { .name = "equals", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct condition_options, equals),
      .help = "What stands there; without it anything but null and false." },
    LEAT_END_OF_OPTIONS
};

static struct template *plan_equals(struct leat_plan *plan, const struct leat_node *node, bool fields)
{
    struct template_source source = { .plan = plan, .no_secrets = true, .why_no_secrets = "a comparison" };
    struct template *t = leat_plan_alloc(plan, sizeof *t);

    template_add_text(&source, t, node, node->text, LEAT_PUT_PLAIN);
    if (t->n_fields && !fields)
        leat_plan_wrong_at(plan, node, "of a request with several records no single one's field can be compared");
    return t;
}

static void plan_mapping(struct leat_plan *plan, const struct leat_node *node, bool fields, struct conditions *ret)
{
    struct condition condition = { .low = 100, .high = 599 };
    struct condition_options o = { 0 };

    if (leat_plan_bind(plan, node, condition_options, &o) < 0)
        return;
    condition.path = leat_pointer_plan(plan, leat_node_get(node, "path"));
    if (o.equals)
        condition.equals = plan_equals(plan, leat_node_get(node, "equals"), fields);
    if (!condition.path)
        return;
    if (!o.status)
        add_condition(plan, ret, &condition);
    for (int i = 0; o.status && i < o.status->n_children; i++)
        add_status(plan, o.status->children[i], condition, ret);
}

void plan_conditions(struct leat_plan *plan, const struct leat_node *list, bool fields, struct conditions *ret)
{
    for (int i = 0; list && i < list->n_children; i++) {
        const struct leat_node *node = list->children[i];

        if (node->kind == LEAT_MAP)
            plan_mapping(plan, node, fields, ret);
        else
            add_status(plan, node, (struct condition){ .path = NULL }, ret);
    }
}

/* ---- headers ---- */

static const char *line_of(struct leat_plan *plan, const char *name, const char *value)
{
    size_t n = strlen(name) + strlen(value) + 3;
    char *line = leat_plan_alloc(plan, n);

    (void)snprintf(line, n, "%s: %s", name, value);
    return line;
}

static struct header *header_named(struct http *h, const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; i < h->n_headers; i++)
        if (strncasecmp(h->headers[i].line, name, n) == 0 && h->headers[i].line[n] == ':')
            return &h->headers[i];
    return NULL;
}

static bool is_ours(const char *name)
{
    static const char *const ours[] = { "Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect", "TE",
                                        "Upgrade", "Trailer" };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcasecmp(name, ours[i]) == 0)
            return true;
    return false;
}

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

void plan_header_name(struct leat_plan *plan, const char *option, const char *name)
{
    if (!leat_http_is_token(name, strlen(name)))
        leat_plan_wrong(plan, option, "this is no name of a header");
    else if (is_ours(name))
        leat_plan_wrong(plan, option, "the header %s is set by leat itself", name);
}

/* The places for secrets are options that know it. */
static bool is_for_secrets(const char *name)
{
    return strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Proxy-Authorization") == 0 ||
           strcasecmp(name, "Cookie") == 0;
}

static void plan_header(struct leat_plan *plan, struct http *h, const struct leat_node *node)
{
    struct template_source source = { .plan = plan };
    struct header header = { 0 }, *given;

    if (node->kind != LEAT_SCALAR || !leat_http_is_token(node->name, strlen(node->name)) || has_controls(node->text)) {
        leat_plan_wrong_at(plan, node, "a header is written NAME: TEXT, on one line");
        return;
    }
    if (is_ours(node->name) || (h->auth_name && strcasecmp(node->name, h->auth_name) == 0)) {
        leat_plan_wrong_at(plan, node, "the header %s is set by leat itself", node->name);
        return;
    }
    if (is_for_secrets(node->name)) {
        leat_plan_wrong_at(plan, node, "%s holds a secret: use `bearer`, `user` with `password`, or `api_key` with "
                                       "`api_key_header`", node->name);
        return;
    }
    template_add_text(&source, &header.value, node, node->text, LEAT_PUT_PLAIN);
    if (header.value.n_fields && h->batch > 1)
        leat_plan_wrong_at(plan, node, "a request with several records has no single one's field in a header");
    header.line = header.value.n_fields ? line_of(plan, node->name, "")
                                        : line_of(plan, node->name, header.value.n ? header.value.pieces->text : "");
    h->headers_vary |= header.value.n_fields > 0;
    h->wants_id |= header.value.has_id;
    given = header_named(h, node->name);
    if (given && given->is_key)
        leat_plan_wrong_at(plan, node, "`idempotency: key` sets this header; leave it out here");
    if (given)
        header.sends_only = given->sends_only;
    *(given ? given : &h->headers[h->n_headers++]) = header;
}

void plan_headers(struct leat_plan *plan, struct http *h)
{
    int n = h->headers_node ? h->headers_node->n_children : 0;

    h->headers = leat_plan_alloc(plan, (size_t)(n + 8) * sizeof *h->headers);
    h->headers[h->n_headers++] = (struct header){ .line = "Content-Type: application/json", .sends_only = true };
    h->headers[h->n_headers++] = (struct header){ .line = "Accept: application/json" };
    h->headers[h->n_headers++] = (struct header){ .line = "Expect:" };
    if (h->idempotency == IDEMPOTENCY_KEY && h->batch == 1) {
        plan_header_name(plan, "idempotency_header", h->idempotency_header);
        h->headers[h->n_headers++] = (struct header){
            .line = line_of(plan, h->idempotency_header, ""), .sends_only = true, .is_key = true};
        h->headers_vary = h->wants_id = true;
    }
    for (int i = 0; i < n; i++)
        plan_header(plan, h, h->headers_node->children[i]);
}

/* ---- the read-back ---- */

struct find_options {
    const char *url;
    const struct leat_node *found, *absent, *ours, *answer;
    int64_t delay_ms;
};

static const struct leat_option find_options[] = {
    { .name = "url", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct find_options, url), .required = true, .main = true,
      .help = "Where a record can be read, by GET; a template as the other url is." },
    { .name = "found", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct find_options, found),
      .help = "Replies that say it is there; by default any 2xx." },
    { .name = "absent", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct find_options, absent),
      .help = "Replies that say it is not there; by default 404, 410, and a reply of found without its path." },
    { .name = "ours", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct find_options, ours),
      .help = "What tells ours from a stranger's: [{path, equals}], or always." },
    { .name = "answer", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct find_options, answer),
      .help = "Where the reply has what answer asks for, if it stands elsewhere than in the reply to what was sent." },
    { .name = "delay", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct find_options, delay_ms),
      .default_text = "500ms", .max = 600000, .help = "How long after a call nothing found is believed." },
    LEAT_END_OF_OPTIONS
};

static void plan_ours(struct leat_plan *plan, const struct leat_node *list, struct read_back *find)
{
    struct conditions ours = { 0 };

    if (!list)
        return;
    if (list->n_children == 1 && list->children[0]->kind == LEAT_SCALAR &&
        strcmp(list->children[0]->text, "always") == 0) {
        find->always_ours = true;
        return;
    }
    if (list->n_children == 1 && list->children[0]->kind == LEAT_MAP)
        plan_conditions(plan, list, true, &ours);
    if (ours.n == 1 && ours.items[0].equals) {
        find->ours = ours.items[0].path;
        find->ours_equals = *ours.items[0].equals;
    } else {
        leat_plan_wrong_at(plan, list, "write [{path: /external_id, equals: '{id}'}], or always");
    }
}

void plan_find(struct leat_plan *plan, struct http *h)
{
    char identity[LEAT_HTTP_IDENTITY];
    struct find_options o = { 0 };
    const struct leat_node *url;
    bool plain = false;

    h->has_find = h->find_node != NULL;
    if (!h->find_node || leat_plan_bind(plan, h->find_node, find_options, &o) < 0)
        return;
    url = leat_node_get(h->find_node, "url");
    plan_url(plan, url, o.url, &h->find.url, &plain, identity);
    if (!h->find.url.n_fields)
        leat_plan_wrong_at(plan, url, "must have a field, as in /users?email={email}");
    h->plain |= plain;
    h->wants_id |= h->find.url.has_id;
    plan_conditions(plan, o.found, true, &h->find.found);
    plan_conditions(plan, o.absent, true, &h->find.absent);
    plan_ours(plan, o.ours, &h->find);
    h->wants_id |= h->find.ours_equals.has_id;
    h->find.delay_ms = o.delay_ms;
}

/* ---- answers ---- */

static void plan_answer_list(struct leat_plan *plan, const struct leat_node *node, struct answers *ret)
{
    for (int i = 0; node && i < node->n_children; i++) {
        if (ret->n == MAX_ANSWERS) {
            leat_plan_wrong_at(plan, node->children[i], "%d answers are the most", MAX_ANSWERS);
            return;
        }
        ret->items[ret->n].name = node->children[i]->name;
        ret->items[ret->n++].path = leat_pointer_plan(plan, node->children[i]);
    }
}

void plan_answers(struct leat_plan *plan, struct http *h)
{
    const struct leat_node *found = h->find_node ? leat_node_get(h->find_node, "answer") : NULL;

    if (h->answer_node && h->batch > 1)
        leat_plan_wrong_at(plan, h->answer_node, "a request with several records has no single one's answer");
    plan_answer_list(plan, h->answer_node, &h->answers);
    if (found && found->kind == LEAT_MAP)
        plan_answer_list(plan, found, &h->find.answers);
    for (int i = 0; found && i < found->n_children; i++)
        if (!h->answer_node || !leat_node_get(h->answer_node, found->children[i]->name))
            leat_plan_wrong_at(plan, found->children[i], "`answer` has no %s: it says what is wanted, this where else it "
                               "stands", found->children[i]->name);
}
