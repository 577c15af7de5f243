/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#ifndef LEAT_CLI_SAME_JSON_H
#define LEAT_CLI_SAME_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether two JSON texts are the same document: the order of members, spaces,
 * escapes and the way a number is written do not count. False where one is no JSON. */
bool leat_json_same(const char *a, size_t na, const char *b, size_t nb);

#endif
