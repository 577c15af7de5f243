/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Text: a growing buffer, and questions about text that several rooms ask.
 */
#ifndef LEAT_BASE_TEXT_H
#define LEAT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <leat/error.h>

/* A growing text; zero-initialised is empty. `p` is NUL-terminated once
 * anything was added, NULL before. */
struct leat_text_buffer {
    char *p;
    size_t n, cap;
};

void leat_text_add(struct leat_text_buffer *b, const char *text, size_t n);
void leat_text_add_string(struct leat_text_buffer *b, const char *text);
void leat_text_printf(struct leat_text_buffer *b, const char *format, ...) LEAT_PRINTF(2, 3);
/* As a JSON string, quotes included; what is no UTF-8 becomes U+FFFD. */
void leat_text_add_json(struct leat_text_buffer *b, const char *text, size_t n);
/* The same for a C string; NULL is null. */
void leat_text_add_json_string(struct leat_text_buffer *b, const char *text);
/* As it may go to a terminal: what would be obeyed there, or is no UTF-8, is escaped. */
void leat_text_add_visible(struct leat_text_buffer *b, const char *text, size_t n);
void leat_text_deinit(struct leat_text_buffer *b);

/* Bytes of valid UTF-8 (RFC 3629) from the start; n when all is valid. */
size_t leat_utf8_valid(const char *text, size_t n);
/* Columns that n bytes take on a terminal. */
int leat_text_width(const char *text, size_t n);
/* Bytes of the longest part, of whole characters, that fits into so many columns. */
size_t leat_text_fit(const char *text, size_t n, int width);

/* The nearest of `names` to `name`, or NULL if none is near enough to be meant. */
const char *leat_nearest(const char *name, const char *const *names, int n_names);

#endif
