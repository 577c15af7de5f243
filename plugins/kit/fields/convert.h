/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The kit's own: text forms that take more than a few lines to read. False if
 * the n bytes are no such thing, and then the result is left alone.
 */
#ifndef LEAT_KIT_CONVERT_H
#define LEAT_KIT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2024-02-29; a sign in front allows years of up to six digits. */
bool leat_text_to_date(const char *text, size_t n, int32_t *ret_days);
/* A date, and after T or a space HH:MM[:SS[.fraction]], and Z or an offset. With an offset: UTC. */
bool leat_text_to_timestamp(const char *text, size_t n, int64_t *ret_us, bool *ret_has_offset);
/* One JSON value (RFC 8259), at most 64 deep. */
bool leat_text_is_json(const char *text, size_t n);

#endif
