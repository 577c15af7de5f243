/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts on their way to the terminal. A field's name, a value or a path may
 * hold anything, and none of it is to be obeyed there.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "observe/log.h"

const char *leat_cli_visible(struct leat_arena *arena, const char *text, size_t n)
{
    struct leat_text_buffer b = {0};
    const char *kept;

    leat_text_add_visible(&b, text, n);
    kept = leat_arena_strndup(arena, b.p, b.n);
    leat_text_deinit(&b);
    return kept;
}

void leat_cli_put(FILE *out, const char *text)
{
    struct leat_text_buffer b = {0};

    leat_text_add_visible(&b, text, strlen(text));
    fputs(b.p, out);
    leat_text_deinit(&b);
}

void leat_cli_put_lines(FILE *out, const char *text)
{
    struct leat_text_buffer b = {0};

    while (*text) {
        size_t n = strcspn(text, "\n\t");

        leat_text_add_visible(&b, text, n);
        leat_text_add(&b, text + n, text[n] ? 1 : 0);
        text += n + (text[n] ? 1 : 0);
    }
    fputs(b.p ? b.p : "", out);
    leat_text_deinit(&b);
}

void leat_cli_say(const char *format, ...)
{
    struct leat_text_buffer b = {0};
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (leat_log_is_json()) {
        leat_log(LEAT_LOG_ERROR, "%s", text);
        return;
    }
    leat_text_add_visible(&b, text, strlen(text));
    fprintf(stderr, "leat: %s\n", b.p);
    leat_text_deinit(&b);
}
