/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * kit/aws at the command line, for the tests beside this file. One answer a line of standard input:
 *
 *     sign METHOD HOST PATH QUERY PAYLOAD S3 REGION SERVICE ID SECRET TOKEN TIME BODY [NAME VALUE]...
 *                          all in hex, - for NULL, . for nothing: the lines of the headers in hex
 *     keys                 SOURCE ID SECRET TOKEN EXPIRES, of the chain
 *     refused              the next keys must be others
 *     clock SECONDS        AWS's clock is so much ahead of ours
 *     region, ca
 *     endpoint SERVICE     URL HOST WHO-SAYS-SO
 *     call SERVICE OPERATION BODY
 *
 * What fails answers "failed CODE: TEXT". Options come by LEAT_AWS_REGION, _PROFILE, _ENDPOINT_URL; where the
 * container's and the instance's services are by LEAT_AWS_CONTAINER and LEAT_AWS_METADATA; LEAT_AWS_CANCEL is the
 * number of the question whether to stop that is answered by yes, or LEAT_AWS_CANCEL_FILE a file whose being there is
 * that answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/aws/inside.h"

enum { MAX_LINE = 1 << 20, MAX_WORDS = 200 };

const struct leat_stage_services *leat_stage_services; /* never asked */

static struct leat_aws *aws;
static long questions;

/* ---- words ---- */

static int split(char *line, char **words, const char *blanks)
{
    int n = 0;

    for (char *p = strtok(line, blanks); p && n < MAX_WORDS; p = strtok(NULL, blanks))
        words[n++] = p;
    return n;
}

static char *unhex(char *word)
{
    size_t n = strlen(word) / 2;

    if (strcmp(word, "-") == 0)
        return NULL;
    n = strcmp(word, ".") == 0 ? 0 : n;
    for (size_t i = 0; i < n; i++) {
        unsigned c = 0;

        (void)sscanf(word + 2 * i, "%2x", &c);
        word[i] = (char)c;
    }
    word[n] = '\0';
    return word;
}

static void failed(const struct leat_error *err)
{
    printf("failed %d: %s\n", err->code, err->text);
}

/* ---- commands ---- */

static void sign(char **words, int n)
{
    struct leat_aws_header headers[LEAT_AWS_MAX_HEADERS + 2]; /* one too many, too */
    struct leat_aws_request r = { .headers = headers };
    struct leat_aws_keys keys = { 0 };
    static struct leat_aws_signed is_signed;
    struct leat_error err = { 0 };
    size_t n_body = strcmp(words[12], "-") == 0 ? 0 : strlen(words[12]) / 2;

    for (int i = 0; i < n; i++)
        words[i] = unhex(words[i]);
    r.method = words[0], r.host = words[1], r.path = words[2], r.query = words[3], r.payload = words[4];
    r.s3 = words[5] != NULL, r.region = words[6], r.service = words[7];
    keys.id = words[8], keys.secret = words[9], keys.token = words[10];
    r.body = words[12], r.n_body = n_body;
    for (int i = 13; i + 1 < n; i += 2)
        headers[r.n_headers++] = (struct leat_aws_header){ words[i], words[i + 1] };
    if (leat_aws_sign(&r, &keys, atoll(words[11]), &is_signed, &err) < 0) {
        failed(&err);
        return;
    }
    for (const struct curl_slist *node = is_signed.headers; node; node = node->next) {
        for (const char *p = node->data; *p; p++)
            printf("%02x", (unsigned char)*p);
        putchar(node->next ? '\t' : '\n');
    }
}

static void say_keys(void)
{
    const struct leat_aws_keys *keys;
    struct leat_error err = { 0 };

    if (leat_aws_credentials(aws, &keys, &err) < 0)
        failed(&err);
    else
        printf("%s\t%s\t%s\t%s\t%lld\n", leat_aws_credentials_from(aws), keys->id, keys->secret,
               keys->token ? keys->token : "-", (long long)keys->expires_s);
}

static const struct leat_aws_service *service_of(const char *name)
{
    static const struct leat_aws_service *const all[] = { &leat_aws_cognito, &leat_aws_logs, &leat_aws_sts,
                                                          &leat_aws_s3, &leat_aws_sso, &leat_aws_quotas };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->id, name) == 0)
            return all[i];
    fprintf(stderr, "no service %s\n", name);
    exit(64);
}

static void say_endpoint(const char *name)
{
    struct leat_aws_endpoint endpoint;
    struct leat_error err = { 0 };

    if (leat_aws_find_endpoint(aws, service_of(name), NULL, &endpoint, &err) < 0)
        failed(&err);
    else
        printf("%s\t%s\t%s\n", endpoint.url, endpoint.host, endpoint.from);
}

static void call(const char *name, const char *operation, const char *body)
{
    struct leat_aws_endpoint endpoint;
    struct leat_aws_fault fault;
    struct leat_put reply = { 0 };
    struct leat_error err = { 0 };
    int rc = leat_aws_find_endpoint(aws, service_of(name), NULL, &endpoint, &err);

    if (rc == 0)
        rc = leat_aws_call(aws, &endpoint, operation, body, 20000, &reply, &fault, &err);
    if (rc < 0)
        failed(&err);
    else
        printf("%s\n", rc ? fault.code : reply.p);
    leat_put_free(&reply);
}

static void say_region(void)
{
    struct leat_error err = { 0 };
    const char *region = leat_aws_region(aws, &err);

    if (region)
        printf("%s\n", region);
    else
        failed(&err);
}

static void obey(char **words, int n)
{
    const char *what = words[0];

    if (strcmp(what, "sign") == 0 && n >= 14) {
        sign(words + 1, n - 1);
    } else if (strcmp(what, "keys") == 0) {
        say_keys();
    } else if (strcmp(what, "refused") == 0) {
        struct leat_aws_signed of_now = { .generation = aws->generation };
        struct leat_aws_fault fault = { .verdict = LEAT_AWS_EXPIRED };

        printf("%d\n", leat_aws_told(aws, &(struct leat_http_reply){ .status = 400 }, &fault, &of_now));
    } else if (strcmp(what, "clock") == 0 && n == 2) {
        aws->clock_offset_s = atoll(words[1]);
        printf("%lld\n", (long long)aws->clock_offset_s);
    } else if (strcmp(what, "offset") == 0) {
        printf("%lld\n", (long long)aws->clock_offset_s);
    } else if (strcmp(what, "region") == 0) {
        say_region();
    } else if (strcmp(what, "ca") == 0) {
        printf("%s\n", leat_aws_ca_file(aws) ? leat_aws_ca_file(aws) : "-");
    } else if (strcmp(what, "endpoint") == 0 && n == 2) {
        say_endpoint(words[1]);
    } else if (strcmp(what, "call") == 0 && n == 4) {
        call(words[1], words[2], words[3]);
    } else {
        fprintf(stderr, "no command %s with %d words\n", what, n);
        exit(64);
    }
    fflush(stdout);
}

static bool cancelled(void *argument)
{
    const char *text = getenv("LEAT_AWS_CANCEL"), *file = getenv("LEAT_AWS_CANCEL_FILE");

    (void)argument;
    return (text && ++questions >= atol(text)) || (file && access(file, F_OK) == 0);
}

int main(void)
{
    const struct leat_aws_settings settings = {
        .options = { .region = getenv("LEAT_AWS_REGION"), .profile = getenv("LEAT_AWS_PROFILE"),
                     .endpoint_url = getenv("LEAT_AWS_ENDPOINT_URL") },
        .cancelled = cancelled,
    };
    struct leat_error err = { 0 };
    char *line = malloc(MAX_LINE), *words[MAX_WORDS];

    if (!line || leat_http_prepare(&err) < 0 || leat_aws_open(&settings, &aws, &err) < 0) {
        failed(&err);
        free(line);
        return 1;
    }
    if (getenv("LEAT_AWS_CONTAINER"))
        aws->container = getenv("LEAT_AWS_CONTAINER");
    if (getenv("LEAT_AWS_METADATA"))
        aws->metadata = getenv("LEAT_AWS_METADATA");
    while (fgets(line, MAX_LINE, stdin)) {
        int n = split(line, words, "\t\n");

        if (n)
            obey(words, n);
    }
    leat_aws_close(aws);
    free(line);
    return 0;
}
