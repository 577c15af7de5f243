/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts that are read as numbers and bools, spaces around them left out.
 */
#ifndef LEAT_EXPR_CONVERT_H
#define LEAT_EXPR_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum leat_conversion { CONVERSION_DONE, CONVERSION_BAD, CONVERSION_RANGE };

/* true t yes y on 1, false f no n off 0, in any case. */
bool leat_convert_bool(const char *text, size_t n, bool *ret);
enum leat_conversion leat_convert_int64(const char *text, size_t n, int64_t *ret);
enum leat_conversion leat_convert_float64(const char *text, size_t n, double *ret);

#endif
