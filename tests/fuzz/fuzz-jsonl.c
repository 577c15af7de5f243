/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Fuzz target: JSON lines, as the jsonl extract scans them. Beside reading no
 * byte too far, what the scanner says has to hold: a span is a value again, and
 * a text that was unescaped comes back out of its escaped form.
 */
#include <stdlib.h>
#include <string.h>

#include "extract/jsonl/extract.h"
#include "kit/text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* id, address.city, roles[1] and the whole of roles */
static struct leat_step steps[] = {
    { .field = -1, .child = 1 },
    { .key = "id", .n = 2, .field = 0, .next = 2 },
    { .key = "address", .n = 7, .field = -1, .child = 3, .next = 4 },
    { .key = "city", .n = 4, .field = 1 },
    { .key = "roles", .n = 5, .field = 2, .child = 5 },
    { .index = 1, .field = 3 },
};
static const struct leat_tree tree = { .steps = steps, .n = 6, .cap = 6 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const struct leat_json_span *span)
{
    char *text = malloc(span->n + 1), *escaped = malloc(LEAT_JSON_ROOM(span->n)), *back, *end;
    size_t n, n_back;

    if (leat_json_unescape(span->text, span->n, text, &n)) {
        struct leat_json j;
        struct leat_json_span again;

        must(n <= span->n);
        end = leat_json_escape(escaped, text, n);
        j = leat_json_begin(escaped, (size_t)(end - escaped));
        must(leat_json_value(&j, &again) && leat_json_end(&j) && again.kind == LEAT_JSON_STRING);
        back = malloc(again.n + 1);
        must(leat_json_unescape(again.text, again.n, back, &n_back) && n_back == n && memcmp(back, text, n) == 0);
        free(back);
    }
    free(escaped);
    free(text);
}

static void check_value(const struct leat_json_span *span)
{
    struct leat_json j = leat_json_begin(span->text, span->n);
    struct leat_json_span again;
    char plain[512];

    if (span->kind == LEAT_JSON_NONE)
        return;
    if (span->kind == LEAT_JSON_STRING) {
        check_text(span);
        return;
    }
    must(leat_json_value(&j, &again) && leat_json_end(&j) && again.n == span->n && again.kind == span->kind);
    if (span->kind == LEAT_JSON_NUMBER)
        must(leat_text_plain(span->text, span->n, plain, sizeof plain) <= sizeof plain);
}

static bool undeclared(struct record *r, const struct leat_json_span *key, const struct leat_json_span *value)
{
    size_t n;

    check_text(key);
    check_value(value);
    return record_name(r, key, &n) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct leat_json_span values[4];
    struct record record = { .tree = &tree, .n_fields = 4, .values = values, .undeclared = undeclared };
    const char *p = (const char *)bytes, *end = p + n_bytes;

    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((newline ? newline : end) - p);
        char *line = malloc(n ? n : 1); /* of its size, so that a sanitizer sees a byte read beyond it */

        memcpy(line, p, n);
        if (record_scan(&record, line, n))
            for (int i = 0; i < 4; i++)
                check_value(&values[i]);
        else
            must(record.wrong && record.code && record.wrong_at <= n);
        free(line);
        p += n + 1;
    }
    record_free(&record);
    return 0;
}
