/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Credentials out of what their sources say, and their end.
 *
 * The XML of STS: nothing that leat is linked to has a parser of it, and libxml2
 * would come into each plugin for four elements without attributes, of a fixed
 * reply over https. So the text of an element is found by its tags, and what is not
 * just that (a comment, CDATA, another element, an entity of somebody's own) is no reply.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "kit/aws/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

enum { MAX_NAME = 64 };

void wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void keys_free(struct leat_aws_keys *keys)
{
    free(keys->id);
    wipe_text(keys->secret);
    wipe_text(keys->token);
    *keys = (struct leat_aws_keys){ 0 };
}

/* They go into headers. */
static bool is_key(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p >= 0x7F)
            return false;
    return *text != '\0';
}

static const char *what_is_wrong(const struct leat_aws_keys *keys)
{
    if (!keys->id)
        return "no access key id";
    if (!keys->secret)
        return "no secret access key";
    if (!is_key(keys->id))
        return "an access key id with characters that none has (spaces, a line end?)";
    if (!is_key(keys->secret))
        return "a secret access key with characters that none has (spaces, a line end?)";
    if (keys->token && !is_key(keys->token))
        return "a session token with characters that none has (spaces, a line end?)";
    return NULL;
}

int keys_make(struct leat_aws_keys *ret, char *id, char *secret, char *token, const char *from, struct leat_error *err)
{
    struct leat_aws_keys keys = { .id = id, .secret = secret, .token = token };
    const char *wrong = what_is_wrong(&keys);

    if (!wrong) {
        *ret = keys;
        return 0;
    }
    keys_free(&keys);
    return leat_fail(err, LEAT_EUNREACHABLE, "%s has %s; correct that", from, wrong);
}

int keys_copy(struct leat_aws_keys *ret, const char *id, const char *secret, const char *token, const char *from,
              struct leat_error *err)
{
    struct leat_aws_keys keys = { .id = id ? strdup(id) : NULL, .secret = secret ? strdup(secret) : NULL,
                                  .token = token ? strdup(token) : NULL };

    if ((id && !keys.id) || (secret && !keys.secret) || (token && !keys.token)) {
        keys_free(&keys);
        return leat_fail(err, -ENOMEM, "out of memory");
    }
    return keys_make(ret, keys.id, keys.secret, keys.token, from, err);
}

bool time_of(const char *text, int64_t *ret_s)
{
    bool has_offset = false;
    int64_t us;

    if (!leat_text_to_timestamp(text, strlen(text), &us, &has_offset))
        return false;
    *ret_s = us / 1000000;
    return has_offset;
}

/* ---- JSON ---- */

static bool is_name(const struct leat_json_span *span, const char *name)
{
    return !span->escaped && span->n == strlen(name) && memcmp(span->text, name, span->n) == 0;
}

static bool step_to(struct leat_json *j, const char *name)
{
    struct leat_json_span key, passed;

    if (leat_json_peek(j) != LEAT_JSON_OBJECT)
        return false;
    leat_json_enter(j);
    while (leat_json_member(j, &key)) {
        if (is_name(&key, name))
            return true;
        if (!leat_json_value(j, &passed))
            break;
    }
    return false;
}

char *json_member(const char *text, size_t n, const char *within, const char *name)
{
    struct leat_json j = leat_json_begin(text, n);
    struct leat_json_span span;
    size_t n_text;
    char *room;

    if ((within && !step_to(&j, within)) || !step_to(&j, name) || !leat_json_value(&j, &span))
        return NULL;
    if (span.kind != LEAT_JSON_STRING && span.kind != LEAT_JSON_NUMBER)
        return NULL;
    room = malloc(span.n + 1);
    n_text = span.n;
    if (room && span.kind == LEAT_JSON_NUMBER)
        memcpy(room, span.text, span.n);
    else if (room && !leat_json_unescape(span.text, span.n, room, &n_text))
        n_text = 0;
    if (room)
        room[n_text] = '\0';
    return room;
}

static int read_expiry(struct leat_aws_keys *keys, const struct key_names *names, const char *text, const char *from,
                       struct leat_error *err)
{
    int64_t ms;

    if (!text && names->may_last)
        return 0;
    if (text && names->in_ms && leat_text_to_int64(text, strlen(text), &ms)) {
        keys->expires_s = ms / 1000;
        return 0;
    }
    if (text && !names->in_ms && time_of(text, &keys->expires_s))
        return 0;
    return leat_fail(err, LEAT_EUNREACHABLE, "%s does not say when its credentials expire (%s)", from, names->expires);
}

static int with_expiry(struct leat_aws_keys *ret, const struct key_names *names, char *expires, const char *from,
                       struct leat_error *err)
{
    int rc = read_expiry(ret, names, expires, from, err);

    free(expires);
    if (rc < 0)
        keys_free(ret);
    return rc;
}

int keys_from_json(struct leat_aws_keys *ret, const struct key_names *names, const char *text, size_t n,
                   const char *from, struct leat_error *err)
{
    const char *in = names->within;
    int rc;

    if (!leat_json_is_value(text, n))
        return leat_fail(err, LEAT_EUNREACHABLE, "%s answers with what is no JSON", from);
    rc = keys_make(ret, json_member(text, n, in, names->id), json_member(text, n, in, names->secret),
                   json_member(text, n, in, names->token), from, err);
    return rc < 0 ? rc : with_expiry(ret, names, json_member(text, n, in, names->expires), from, err);
}

/* ---- XML ---- */

/* The five that XML itself has, and characters by their number below 128. Returns what is behind it, or NULL. */
static const char *put_entity(const char *p, const char *end, char **out)
{
    static const struct { const char *name; char c; } names[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' },
    };
    char *stop;
    long code;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].name);

        if ((size_t)(end - p) >= n && memcmp(p, names[i].name, n) == 0) {
            *(*out)++ = names[i].c;
            return p + n;
        }
    }
    if (end - p < 4 || p[1] != '#')
        return NULL;
    code = p[2] == 'x' ? strtol(p + 3, &stop, 16) : strtol(p + 2, &stop, 10);
    if (stop >= end || *stop != ';' || code <= 0 || code >= 0x80)
        return NULL;
    *(*out)++ = (char)code;
    return stop + 1;
}

/* Text without any tag in it, up to the closing one. */
static char *element_text(const char *p, const char *end, const char *name)
{
    const char *stop = memchr(p, '<', (size_t)(end - p));
    size_t n_name = strlen(name);
    char *text, *out;

    if (!stop || (size_t)(end - stop) < n_name + 3 || stop[1] != '/' || memcmp(stop + 2, name, n_name) != 0 ||
        stop[2 + n_name] != '>')
        return NULL;
    text = out = malloc((size_t)(stop - p) + 1);
    while (text && p && p < stop) {
        if (*p == '&')
            p = put_entity(p, stop, &out);
        else
            *out++ = *p++;
    }
    if (text)
        *out = '\0';
    if (text && !p) {
        wipe_text(text);
        return NULL;
    }
    return text;
}

char *xml_element(const char *text, size_t n, const char *name)
{
    char open[MAX_NAME];
    size_t n_open = (size_t)snprintf(open, sizeof open, "<%s>", name);
    const char *p;

    if (memmem(text, n, "<!", 2) || memchr(text, '\0', n))
        return NULL;
    p = memmem(text, n, open, n_open);
    return p ? element_text(p + n_open, text + n, name) : NULL;
}

int keys_from_xml(struct leat_aws_keys *ret, const struct leat_put *xml, const char *from, struct leat_error *err)
{
    const struct key_names names = { .expires = "Expiration" };
    int rc = keys_make(ret, xml_element(xml->p, xml->n, "AccessKeyId"), xml_element(xml->p, xml->n, "SecretAccessKey"),
                       xml_element(xml->p, xml->n, "SessionToken"), from, err);

    return rc < 0 ? rc : with_expiry(ret, &names, xml_element(xml->p, xml->n, "Expiration"), from, err);
}
