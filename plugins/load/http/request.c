/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A job's records as a request. The buffers are the job's and are used again.
 */
#include "load.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* ---- open ---- */

static char *basic_auth(const struct http *h)
{
    size_t n_user = strlen(h->user), n = n_user + 1 + h->password->n;
    char *pair = malloc(n + 1), *line = malloc(n / 3 * 4 + 64);

    if (pair && line) {
        memcpy(pair, h->user, n_user);
        pair[n_user] = ':';
        memcpy(pair + n_user + 1, h->password->text, h->password->n);
        strcpy(line, "Authorization: Basic ");
        EVP_EncodeBlock((unsigned char *)line + strlen(line), (unsigned char *)pair, (int)n);
    } else {
        free(line);
        line = NULL;
    }
    if (pair)
        explicit_bzero(pair, n);
    free(pair);
    return line;
}

static char *auth_line(const struct http *h)
{
    const struct leat_secret *secret = h->bearer ? h->bearer : h->api_key;
    const char *scheme = h->bearer ? "Bearer " : "";
    size_t n = strlen(h->auth_name) + strlen(scheme) + 3;
    char *line;

    if (!secret)
        return basic_auth(h);
    line = malloc(n + secret->n);
    if (line)
        (void)snprintf(line, n + secret->n, "%s: %s%s", h->auth_name, scheme, secret->text);
    return line;
}

/* Without fields: the lists that all jobs share. `nodes` has room for all headers and the secret one. */
static struct curl_slist *link_headers(const struct http *h, struct curl_slist *nodes, bool sends)
{
    int n = 0;

    for (int i = 0; i < h->n_headers; i++)
        if (sends || !h->headers[i].sends_only)
            nodes[n++].data = (char *)h->headers[i].line;
    if (h->auth)
        nodes[n++].data = h->auth;
    for (int i = 0; i < n; i++)
        nodes[i].next = i + 1 < n ? &nodes[i + 1] : NULL;
    return nodes;
}

static bool open_request(const struct http *h, struct request *r)
{
    size_t n = (size_t)h->n_headers + 1;

    r->nodes = h->headers_vary ? calloc(2 * n, sizeof *r->nodes) : NULL;
    if (r->nodes) {
        link_headers(h, r->nodes, true);
        link_headers(h, r->nodes + n, false);
    }
    return r->nodes || !h->headers_vary;
}

int request_open(struct http *h, struct leat_error *err)
{
    size_t n = (size_t)h->n_headers + 1;
    bool ok;

    if (h->auth_name)
        h->auth = auth_line(h);
    h->send_headers = calloc(n, sizeof *h->send_headers);
    h->ask_headers = calloc(n, sizeof *h->ask_headers);
    ok = (h->auth || !h->auth_name) && h->send_headers && h->ask_headers;
    if (ok) {
        link_headers(h, h->send_headers, true);
        link_headers(h, h->ask_headers, false);
    }
    for (int i = 0; ok && i < h->flow.n_jobs; i++)
        ok = open_request(h, request_of(&h->flow.jobs[i]));
    return ok ? 0 : leat_fail(err, -ENOMEM, "out of memory");
}

void request_free(void *request)
{
    struct request *r = request;

    free(r->nodes);
    leat_put_free(&r->url);
    leat_put_free(&r->body);
    leat_put_free(&r->head);
}

void request_close(struct http *h)
{
    if (h->auth)
        explicit_bzero(h->auth, strlen(h->auth));
    free(h->auth);
    free(h->send_headers);
    free(h->ask_headers);
}

/* ---- records that cannot be sent ---- */

/* /users/.. would be another address than the one the file names. */
static bool has_dots(const char *url)
{
    const char *p = strstr(url, "://") + 3;

    for (p += strcspn(p, "/?"); *p == '/'; p += strcspn(p, "/?")) {
        size_t n = strcspn(++p, "/?");

        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return true;
    }
    return false;
}

static bool make_url(struct request *r, const struct template *t, const struct flow_record *record)
{
    struct leat_batch *b = record->held->batch;
    int empty = template_empty_field(t, b, record->row);

    r->url.n = 0;
    template_put(t, b, record->row, r->id, &r->url);
    leat_put_bytes(&r->url, "", 1);
    if (empty >= 0)
        leat_batch_reject(b, record->row, empty, "empty_in_url", "has no value, and the URL needs one");
    else if (!r->url.failed && has_dots(r->url.p))
        leat_batch_reject(b, record->row, -1, "dots_in_url", "a part of the URL's path would be . or ..");
    else
        return true;
    return false;
}

/* Where the record would be read back must be known before it is sent. */
static bool can_be_asked(struct request *r, const struct http *h, const struct flow_record *record)
{
    return !h->has_find || make_url(r, &h->find.url, record);
}

static bool is_one_line(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return true;
}

/* Headers with fields, one text behind the other, each ended by a NUL. */
static bool write_head(const struct http *h, struct request *r, const struct flow_record *record)
{
    struct leat_put *head = &r->head;

    head->n = 0;
    for (int i = 0; i < h->n_headers; i++) {
        const struct header *header = &h->headers[i];
        size_t from = head->n, name = strlen(header->line);

        if (!header->value.n_fields && !header->is_key)
            continue;
        leat_put_bytes(head, header->line, name);
        if (header->is_key)
            leat_put_bytes(head, r->id, strlen(r->id));
        else
            template_put(&header->value, record->held->batch, record->row, r->id, head);
        if (!head->failed && !is_one_line(head->p + from, head->n - from)) {
            leat_batch_reject(record->held->batch, record->row, -1, "bad_header",
                              "a header cannot hold control characters");
            return false;
        }
        leat_put_bytes(head, "", 1);
    }
    return true;
}

/* The buffer does not move any more: the lists get their lines. */
static void link_head(const struct http *h, struct request *r, bool sends)
{
    struct curl_slist *node = sends ? r->nodes : r->nodes + h->n_headers + 1;
    char *p = r->head.p;

    for (int i = 0; i < h->n_headers; i++) {
        const struct header *header = &h->headers[i];
        bool varies = header->value.n_fields || header->is_key;

        if (sends || !header->sends_only) {
            node->data = varies ? p : (char *)header->line;
            node++;
        }
        if (varies)
            p += strlen(p) + 1;
    }
}

static bool find_id(const struct http *h, struct request *r, const struct flow_record *record)
{
    r->id[0] = '\0';
    if (!h->wants_id)
        return true;
    leat_batch_record_id(record->held->batch, record->row, r->id);
    if (r->id[0])
        return true;
    leat_batch_reject(record->held->batch, record->row, -1, "no_key",
                      "has no value in the key of the extract, so it has no {leat:id}");
    return false;
}

/* ---- bodies ---- */

static bool add_body(struct http *h, struct request *r, const struct flow_record *record)
{
    struct leat_batch *b = record->held->batch;

    if (!find_id(h, r, record) || (h->headers_vary && !write_head(h, r, record)))
        return false;
    if (!record->ask && !can_be_asked(r, h, record))
        return false;
    if (!record->ask || !h->has_find) {
        if (h->url_template.n_fields && !make_url(r, &h->url_template, record))
            return false;
        template_put(&h->body, b, record->row, r->id, &r->body);
        return true;
    }
    return make_url(r, &h->find.url, record);
}

static void add_records(struct http *h, struct flow_job *job)
{
    struct request *r = request_of(job);
    bool many = h->batch > 1 || h->has_envelope;
    int kept = 0;

    if (many)
        leat_put_bytes(&r->body, "[", 1);
    for (int i = 0; i < job->n; i++) {
        const struct flow_record *record = &job->records[i];
        size_t before = r->body.n;

        if (kept)
            leat_put_bytes(&r->body, ",", 1);
        if (!add_body(h, r, record)) {
            r->body.n = before;
            flow_answered(&h->flow, record);
        } else {
            job->records[kept++] = *record;
        }
    }
    job->n = kept;
    if (many)
        leat_put_bytes(&r->body, "]", 1);
}

int request_build(void *self, struct flow_job *job, struct leat_error *err)
{
    struct request *r = request_of(job);
    struct http *h = self;

    r->body.n = 0;
    if (!h->has_envelope || job->records[0].ask)
        add_records(h, job);
    for (int i = 0; h->has_envelope && !job->records[0].ask && i < h->envelope.n; i++) {
        const struct piece *piece = &h->envelope.pieces[i];

        if (piece->kind == PIECE_RECORDS)
            add_records(h, job);
        else
            leat_put_bytes(&r->body, piece->text, piece->n);
    }
    if (r->body.failed || r->url.failed || r->head.failed)
        return leat_fail(err, -ENOMEM, "out of memory");
    return 0;
}

int request_start(void *self, struct flow_job *job, struct leat_error *err)
{
    struct request *r = request_of(job);
    struct http *h = self;
    bool ask = job->records[0].ask, fixed = !ask && !h->url_template.n_fields;
    struct leat_http_request request = {
        .method = ask ? NULL : http_methods[h->method],
        .url = fixed ? h->url_template.pieces[0].text : r->url.p,
        .fixed_url = fixed,
        .headers = ask ? h->ask_headers : h->send_headers,
        .body = r->body.p,
        .n_body = r->body.n,
    };

    if (h->headers_vary) {
        link_head(h, r, !ask);
        request.headers = ask ? r->nodes + h->n_headers + 1 : r->nodes;
    }
    return leat_http_start(h->flow.client, flow_number(&h->flow, job), &request, err);
}
