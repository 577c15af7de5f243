/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The values of records as an API takes them: as JSON, inside a JSON string, and in
 * a URL. Dates and times are written as RFC 3339 has them, bytes in base64.
 */
#ifndef LEAT_KIT_HTTP_FORM_H
#define LEAT_KIT_HTTP_FORM_H

#include <leat/batch.h>

#include "kit/text/put.h"

enum leat_put_form {
    LEAT_PUT_JSON,    /* a JSON value of the field's own type; null for a null */
    LEAT_PUT_INSIDE,  /* its text within the quotes of a JSON string; nothing for a null */
    LEAT_PUT_URL,     /* its text, all but letters, digits and -._~ as %XX */
    LEAT_PUT_PLAIN,   /* its text */
};

void leat_put_text(struct leat_put *put, enum leat_put_form form, const char *text, size_t n);
/* ,"NAME":"TEXT" of an object that has a member already; the name needs no escape. */
void leat_put_member(struct leat_put *put, const char *name, const char *text, size_t n);
void leat_put_value(struct leat_put *put, enum leat_put_form form, const struct leat_field *field,
                    const struct leat_column *column, int32_t row);

#endif
