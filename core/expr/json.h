/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * JSON text, walked over without a tree: numbers keep all their digits, and
 * nothing is allocated.
 */
#ifndef LEAT_EXPR_JSON_H
#define LEAT_EXPR_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leat_json {
    const char *p, *end; /* what is left to read */
};

/* Moves behind the next value. False: it is no JSON (RFC 8259), or nested more
 * than 512 deep. */
bool leat_json_skip(struct leat_json *json);
/* A whole text. */
bool leat_json_valid(const char *text, size_t n);

/* A step of a path: a member, or with `key` NULL an element. */
struct leat_json_step {
    const char *key;
    size_t n_key;
    int64_t index; /* from 0 */
};

/* Follows a path. 1: *ret is the value's text; 0: there is none; -1: no JSON. */
int leat_json_find(const char *text, size_t n, const struct leat_json_step *steps, int n_steps, struct leat_json *ret);

/* Writes what a string, quotes included, stands for: at most as many bytes. */
size_t leat_json_unquote(struct leat_json string, uint8_t *out);

#endif
