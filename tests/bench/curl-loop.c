/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * curl-loop FILE URL N: posts each line of a file to a URL, N at once, and does
 * nothing else: no templates, no retries, no verdicts. What libcurl itself takes
 * in one thread, with its handles and connections used again.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
    CURL *easy;
    char *line;
    size_t cap;
};

struct loop {
    FILE *file;
    CURLM *multi;
    struct curl_slist *headers;
    long long n_fine, n_wrong;
    int n_flying;
};

static size_t pass_over(char *bytes, size_t one, size_t n, void *nothing)
{
    (void)bytes, (void)nothing;
    return one * n;
}

static CURL *new_easy(const struct loop *loop, const char *url, struct slot *slot)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        exit(1);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, loop->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, pass_over);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    return easy;
}

static void send_next(struct loop *loop, struct slot *slot)
{
    ssize_t n = getline(&slot->line, &slot->cap, loop->file);

    if (n <= 0)
        return;
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)(n - 1));
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->line);
    curl_multi_add_handle(loop->multi, slot->easy);
    loop->n_flying++;
}

static void take_reply(struct loop *loop, CURL *easy, CURLcode result)
{
    struct slot *slot = NULL;
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(loop->multi, easy);
    loop->n_flying--;
    if (result == CURLE_OK && status == 200)
        loop->n_fine++;
    else
        loop->n_wrong++;
    send_next(loop, slot);
}

static void send_all(struct loop *loop)
{
    while (loop->n_flying) {
        int running, left, n = 0;
        CURLMsg *message;

        curl_multi_perform(loop->multi, &running);
        for (; (message = curl_multi_info_read(loop->multi, &left)); n++)
            take_reply(loop, message->easy_handle, message->data.result);
        if (!n && loop->n_flying)
            curl_multi_poll(loop->multi, NULL, 0, 1000, NULL);
    }
}

int main(int argc, char **argv)
{
    struct loop loop = {.file = argc == 4 ? fopen(argv[1], "r") : NULL};
    int n = argc == 4 ? atoi(argv[3]) : 0;
    struct slot *slots = calloc((size_t)n + 1, sizeof *slots);

    if (!loop.file || n <= 0 || !slots || curl_global_init(CURL_GLOBAL_DEFAULT) || !(loop.multi = curl_multi_init())) {
        fprintf(stderr, "usage: curl-loop FILE URL N\n");
        return 1;
    }
    loop.headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
    curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, (long)n);
    for (int i = 0; i < n; i++) {
        slots[i].easy = new_easy(&loop, argv[2], &slots[i]);
        send_next(&loop, &slots[i]);
    }
    send_all(&loop);
    printf("%lld fine, %lld wrong\n", loop.n_fine, loop.n_wrong);
    return loop.n_wrong ? 1 : 0;
}
