/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A growing buffer of text. Its memory is wiped when it grows or is freed: it may have held a secret.
 */
#ifndef LEAT_KIT_PUT_H
#define LEAT_KIT_PUT_H

#include <stdbool.h>
#include <stddef.h>

#include <leat/error.h>

/* Begins as { 0 }. */
struct leat_put {
    char *p;
    size_t n, cap;
    bool failed;  /* no memory: what was put since is missing */
};

/* Room for n bytes behind what is there, or NULL. */
char *leat_put_reserve(struct leat_put *put, size_t n);
void leat_put_bytes(struct leat_put *put, const char *bytes, size_t n);
/* A text up to its NUL. */
void leat_put_string(struct leat_put *put, const char *text);
/* As lower case digits, two a byte. */
void leat_put_hex(struct leat_put *put, const char *bytes, size_t n);
LEAT_PRINTF(2, 3) void leat_put_printf(struct leat_put *put, const char *format, ...);
/* What was put, ended by a NUL that does not count. NULL: no memory, now or before. */
char *leat_put_end(struct leat_put *put);
void leat_put_free(struct leat_put *put);

#endif
