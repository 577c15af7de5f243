/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What plugins share that reach a store elsewhere. Any thread.
 */
#ifndef LEAT_KIT_STORE_H
#define LEAT_KIT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <leat/error.h>

/* CLOCK_MONOTONIC, as in struct leat_find. */
int64_t leat_now_ms(void);

/* Whether the `n` bytes are an address of this very machine, which nobody can listen in to: 127.0.0.0/8, ::1 with or
 * without brackets, or localhost (RFC 6761, 6.3). A name such as 127.0.0.1.example.org is anybody's. */
bool leat_is_loopback(const char *host, size_t n);

/* The file of the authorities that the system trusts, for libraries that know of none by themselves; NULL: there is
 * none. */
const char *leat_system_certificates(void);

/* Nobody calls a plan again, and what broke there is nothing that is wrong with the pipeline file: what may pass, and
 * what broke before anything was read, becomes LEAT_EUNREACHABLE. Returns the code. */
LEAT_MUST_CHECK int leat_in_plan(int rc, struct leat_error *err);

#endif
