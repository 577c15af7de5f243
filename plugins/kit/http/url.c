/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/http/http.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool leat_http_is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
            return false;
    return n > 0;
}

struct parts {
    char *scheme, *host, *port, *path, *query, *user, *password, *fragment;
};

static bool split(CURLU *u, const char *url, struct parts *p)
{
    if (curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK)
        return false;
    curl_url_get(u, CURLUPART_SCHEME, &p->scheme, 0);
    curl_url_get(u, CURLUPART_HOST, &p->host, 0);
    curl_url_get(u, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT);
    curl_url_get(u, CURLUPART_PATH, &p->path, 0);
    curl_url_get(u, CURLUPART_QUERY, &p->query, 0);
    curl_url_get(u, CURLUPART_USER, &p->user, 0);
    curl_url_get(u, CURLUPART_PASSWORD, &p->password, 0);
    curl_url_get(u, CURLUPART_FRAGMENT, &p->fragment, 0);
    return p->scheme && p->host && p->port && p->path;
}

static const char *judge(const struct parts *p, bool *ret_plain)
{
    bool plain = strcmp(p->scheme, "http") == 0;

    if (!plain && strcmp(p->scheme, "https") != 0)
        return "must begin with https://";
    if (p->user || p->password)
        return "must not hold a user or a password; `user` and `password` take them";
    if (p->fragment)
        return "must not have a # and what is behind it";
    if (plain && !leat_is_loopback(p->host, strlen(p->host)))
        return "must begin with https://; http:// is for 127.0.0.1, [::1] and localhost alone";
    *ret_plain = plain;
    return NULL;
}

/* Of the query only a checksum: ?tenant=a is another target than ?tenant=b, but a key in it is nobody's business. */
static void identify(const struct parts *p, char ret[LEAT_HTTP_IDENTITY])
{
    uint32_t sum = 0x811c9dc5; /* FNV-1a */
    int n = snprintf(ret, LEAT_HTTP_IDENTITY, "%s://%s:%s%s", p->scheme, p->host, p->port, p->path);

    for (const char *c = p->query; c && *c; c++)
        sum = (sum ^ (unsigned char)*c) * 0x01000193;
    if (p->query && n < LEAT_HTTP_IDENTITY)
        (void)snprintf(ret + n, (size_t)(LEAT_HTTP_IDENTITY - n), "?%08" PRIx32, sum);
}

const char *leat_http_url_check(const char *url, bool *ret_plain, char ret_identity[LEAT_HTTP_IDENTITY])
{
    CURLU *u = curl_url();
    struct parts p = { 0 };
    const char *wrong = NULL;

    for (const char *c = url; *c && !wrong; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F)
            wrong = "must not have spaces, control characters or letters beyond ASCII; write them as %20 and so on";
    if (!wrong && (!u || !split(u, url, &p)))
        wrong = "is no URL; it is written https://HOST[:PORT]/PATH";
    if (!wrong)
        wrong = judge(&p, ret_plain);
    if (!wrong)
        identify(&p, ret_identity);
    curl_free(p.scheme), curl_free(p.host), curl_free(p.port), curl_free(p.path), curl_free(p.query);
    curl_free(p.user), curl_free(p.password), curl_free(p.fragment);
    curl_url_cleanup(u);
    return wrong;
}

const char *leat_http_proxy_check(const char *proxy)
{
    CURLU *u = curl_url();
    char *user = NULL;
    const char *wrong = NULL;

    if (!u || curl_url_set(u, CURLUPART_URL, proxy, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        wrong = "is no URL; it is written http://HOST:PORT";
    else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
        wrong = "must not hold a user or a password, for the file is no place for secrets";
    curl_free(user);
    curl_url_cleanup(u);
    return wrong;
}
