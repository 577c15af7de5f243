/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/text.h"

/* The process-wide settings: a log is the process's, not a run's. */
static enum leat_log_level most_level = LEAT_LOG_WARNING;
static bool as_json;

void leat_log_level(enum leat_log_level most)
{
    most_level = most;
}

void leat_log_json(bool json)
{
    as_json = json;
}

bool leat_log_is_json(void)
{
    return as_json;
}

static const char *const names[] = {"error", "warning", "info", "debug"};

static void add_json_line(struct leat_text_buffer *line, enum leat_log_level level, const char *text)
{
    char time[48];

    leat_format_timestamp(time, leat_clock_wall_us(), true);
    leat_text_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"text\":", time, names[level]);
    leat_text_add_json_string(line, text);
    leat_text_add_string(line, "}");
}

void leat_log(enum leat_log_level level, const char *format, ...)
{
    struct leat_text_buffer line = {0};
    char text[2048];
    va_list args;

    if (level > most_level)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (as_json) {
        add_json_line(&line, level, text);
    } else {
        leat_text_printf(&line, "leat: %s: ", names[level]);
        leat_text_add_visible(&line, text, strlen(text)); /* a line stays one, and nothing in it is obeyed */
    }
    leat_text_add_string(&line, "\n");
    if (write(STDERR_FILENO, line.p, line.n) < 0)
        errno = 0; /* nobody is left to tell */
    leat_text_deinit(&line);
}
