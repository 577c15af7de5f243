/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/log.h"

#include <stdarg.h>
#include <unistd.h>

/* The one process-wide setting: a log level is the process's, not a run's. */
static enum leat_log_level most_level = LEAT_LOG_WARNING;

void leat_log_level(enum leat_log_level most)
{
    most_level = most;
}

void leat_log(enum leat_log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char line[1024];
    va_list args;
    int n, more;

    if (level > most_level)
        return;
    n = snprintf(line, sizeof line, "leat: %s: ", names[level]);
    va_start(args, format);
    more = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    n += more < (int)sizeof line - n - 1 ? more : (int)sizeof line - n - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nobody is left to tell */
}
