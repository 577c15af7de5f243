/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Errors: what every call that can fail returns, and what it says to a human.
 *
 * A call that can fail returns 0 or a negative number: a negated errno for a
 * fault of the system, or one of `enum leat_code` for one of ours. Where a
 * human could need more, the last parameter is a `struct leat_error *`, which
 * may be NULL. The function that knows what is wrong fills it and returns in
 * one statement: `return leat_fail(err, -errno, "cannot open %s", path);`.
 * Callers pass it on unchanged; the host adds stage, file and line.
 *
 * Texts are lower case, name what was tried and what to do about it, and never
 * hold a value of a record or a secret.
 */
#ifndef LEAT_ERROR_H
#define LEAT_ERROR_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define LEAT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LEAT_MUST_CHECK __attribute__((warn_unused_result))
#define LEAT_UNUSED __attribute__((unused))
#else
#define LEAT_PRINTF(fmt, args)
#define LEAT_MUST_CHECK
#define LEAT_UNUSED
#endif

/* Faults of our own, below every negated errno. Which one is returned decides
 * how the run ends (DESIGN.md, section 6). */
enum leat_code {
    LEAT_EPIPELINE = -1001,    /* the pipeline file is wrong: exit 78 */
    LEAT_EPLUGIN = -1002,      /* a plugin broke its contract: exit 70 */
    LEAT_EABI = -1003,         /* a plugin was built for another ABI: exit 70 */
    LEAT_ERETRY = -1004,       /* a passing fault: the host waits and calls again */
    LEAT_EUNREACHABLE = -1005, /* a store cannot be reached or refuses us: exit 69 at the start, 75 later */
    LEAT_EDATA = -1006,        /* the data is not what it says it is, beyond one record: exit 65 */
    LEAT_ECANCELED = -1007,    /* the host asked to stop */
    LEAT_EUSAGE = -1008,       /* the command line is wrong: exit 64 */
    LEAT_EBUSY = -1009,        /* another run holds the lock: exit 75 */
};

/* What went wrong, for a human. The caller owns it and zeroes it. */
struct leat_error {
    int code;               /* what the failing call returned */
    int64_t retry_after_ms; /* with LEAT_ERETRY: what the server asked for, or 0 */
    char text[768];         /* one sentence, no newline, NUL-terminated */
};

/* Fills `err`, if there is one, and returns `code`. */
LEAT_UNUSED LEAT_PRINTF(3, 4) static int leat_fail(struct leat_error *err, int code, const char *format, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

#ifdef __cplusplus
}
#endif

#endif
