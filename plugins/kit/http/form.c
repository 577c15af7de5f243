/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/http/form.h"

#include <ctype.h>
#include <math.h>
#include <openssl/evp.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

enum { BASE64_SLICE = 3 << 20 };

static void advance(struct leat_put *put, const char *end)
{
    put->n = (size_t)(end - put->p);
}

static void put_percent(struct leat_put *put, const char *text, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = leat_put_reserve(put, n * 3);

    if (!out)
        return;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x80 && isalnum(c)) || c == '-' || c == '.' || c == '_' || c == '~') {
            *out++ = (char)c;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    advance(put, out);
}

void leat_put_text(struct leat_put *put, enum leat_put_form form, const char *text, size_t n)
{
    char *out;

    if (form == LEAT_PUT_URL) {
        put_percent(put, text, n);
    } else if (form == LEAT_PUT_PLAIN) {
        leat_put_bytes(put, text, n);
    } else if ((out = leat_put_reserve(put, LEAT_JSON_ROOM(n)))) {
        advance(put, form == LEAT_PUT_JSON ? leat_json_escape(out, text, n) : leat_json_escape_slice(out, text, n));
    }
}

/* Its letters are + / = as well: only a URL has to write these otherwise. */
static void put_base64(struct leat_put *put, enum leat_put_form form, const char *bytes, size_t n)
{
    struct leat_put room = { 0 };

    for (size_t done = 0; done < n;) {
        size_t slice = n - done < BASE64_SLICE ? n - done : BASE64_SLICE;
        char *out = leat_put_reserve(&room, slice / 3 * 4 + 8);

        if (!out)
            break;
        room.n += (size_t)EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)bytes + done, (int)slice);
        done += slice;
    }
    leat_put_text(put, form, room.p ? room.p : "", room.n);
    put->failed |= room.failed;
    leat_put_free(&room);
}

void leat_put_member(struct leat_put *put, const char *name, const char *text, size_t n)
{
    leat_put_printf(put, ",\"%s\":\"", name);
    leat_put_text(put, LEAT_PUT_INSIDE, text, n);
    leat_put_bytes(put, "\"", 1);
}

/* 2024-02-29 12:00:00Z, with a T in the middle. */
static char *put_instant(char *out, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    char *end = leat_value_put(out, field, c, row), *space = memchr(out, ' ', (size_t)(end - out));

    if (space)
        *space = 'T';
    return end;
}

static void put_fixed(struct leat_put *put, enum leat_put_form form, const struct leat_field *field,
                      const struct leat_column *c, int32_t row)
{
    char room[LEAT_VALUE_ROOM];
    char *end = c->type == LEAT_TIMESTAMP ? put_instant(room, field, c, row) : leat_value_put(room, field, c, row);
    bool bare = c->type == LEAT_BOOL || c->type == LEAT_INT64 || (c->type == LEAT_FLOAT64 && isfinite(c->float64[row]));

    leat_put_text(put, form == LEAT_PUT_JSON && bare ? LEAT_PUT_PLAIN : form, room, (size_t)(end - room));
}

void leat_put_value(struct leat_put *put, enum leat_put_form form, const struct leat_field *field,
                    const struct leat_column *column, int32_t row)
{
    const char *text;
    size_t n;

    if (leat_is_null(column, row)) {
        if (form == LEAT_PUT_JSON)
            leat_put_bytes(put, "null", 4);
        return;
    }
    if (!column->offsets) {
        put_fixed(put, form, field, column, row);
        return;
    }
    text = leat_text(column, row, &n);
    if (column->type == LEAT_BYTES)
        put_base64(put, form, text, n);
    else if (form == LEAT_PUT_JSON && column->type == LEAT_JSON && !n)
        leat_put_bytes(put, "null", 4);
    else
        leat_put_text(put, form == LEAT_PUT_JSON && column->type != LEAT_TEXT ? LEAT_PUT_PLAIN : form, text, n);
}
