/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Patterns that need no engine: functions-regexp.c asks here first.
 */
#ifndef LEAT_EXPR_REGEXP_H
#define LEAT_EXPR_REGEXP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum leat_shape { SHAPE_ENGINE, SHAPE_CLASS, SHAPE_PREFIX };

/* One character class (\D, [^0-9], ...) or '^' and a literal, each perhaps
 * with + behind the last character. */
struct leat_simple_pattern {
    enum leat_shape shape;
    bool repeated;          /* ends in + */
    bool members[128];      /* CLASS: ASCII characters that match */
    bool others;            /* CLASS: whether all other characters do */
    size_t n;               /* PREFIX */
    uint8_t prefix[32];
};

/* SHAPE_ENGINE unless the pattern is surely one of these. */
struct leat_simple_pattern leat_simple_pattern(const uint8_t *pattern, size_t n);

/* Replaces all runs or single characters of the class; `out` has room for
 * leat_simple_bytes. Returns the bytes written. */
size_t leat_simple_replace(const struct leat_simple_pattern *pattern, const uint8_t *p, size_t n, const uint8_t *with,
                           size_t n_with, uint8_t *out);
size_t leat_simple_bytes(const struct leat_simple_pattern *pattern, size_t n, size_t n_with);

#endif
