/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Numbers as people write them in options. Every function is false if the text
 * is none, and then leaves the result alone.
 */
#ifndef LEAT_BASE_NUMBER_H
#define LEAT_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

bool leat_parse_integer(const char *text, int64_t *ret);
/* Bytes: 4096, 64k, 32MiB, 1G. k, M, G are powers of 1024. */
bool leat_parse_size(const char *text, int64_t *ret_bytes);
/* Milliseconds: 250ms, 30s, 5m, 2h, 1d. A unit is needed. */
bool leat_parse_duration(const char *text, int64_t *ret_ms);

#endif
