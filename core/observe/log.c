/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* The one process-wide setting: a log level is the process's, not a run's. */
static enum leat_log_level most_level = LEAT_LOG_WARNING;

void leat_log_level(enum leat_log_level most)
{
    most_level = most;
}

void leat_log(enum leat_log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct leat_text_buffer line = {0};
    char text[1024];
    va_list args;

    if (level > most_level)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_text_printf(&line, "leat: %s: ", names[level]);
    leat_text_add_visible(&line, text, strlen(text)); /* a line stays one, and nothing in it is obeyed */
    leat_text_add_string(&line, "\n");
    if (write(STDERR_FILENO, line.p, line.n) < 0)
        errno = 0; /* nobody is left to tell */
    leat_text_deinit(&line);
}
