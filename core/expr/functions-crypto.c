/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Digests by libcrypto, and the encodings that they are written in. The context
 * is kept in the scratch and the algorithms are fetched once a process, because
 * looking them up takes longer than hashing a mail address.
 */
#include <openssl/evp.h>
#include <pthread.h>

#include "expr/functions.h"
#include "expr/kernel.h"

enum digest { MD5, SHA1, SHA256, N_DIGESTS };
enum { BLOCK = 64, MAX_DIGEST = 32 }; /* bytes; the block of all three */

static EVP_MD *algorithms[N_DIGESTS]; /* never freed: as long as the process */

static void fetch(void)
{
    algorithms[MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
    algorithms[SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
    algorithms[SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* Negative where the library refuses, e.g. MD5 under FIPS. */
static int prepare(const struct leat_call *call, enum digest which, const EVP_MD **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct leat_scratch *s = call->host->scratch;

    (void)pthread_once(&once, fetch);
    if (!s->digest)
        s->digest = EVP_MD_CTX_new();
    *ret = algorithms[which];
    if (!s->digest || !*ret)
        return leat_fail(s->err, -EOPNOTSUPP, "libcrypto has no %s here",
                         which == MD5 ? "MD5" : which == SHA1 ? "SHA-1" : "SHA-256");
    return 0;
}

/* The digest of two pieces in a row. */
static size_t digest(EVP_MD_CTX *ctx, const EVP_MD *md, const void *a, size_t na, const void *b, size_t nb,
                     uint8_t *out)
{
    unsigned n = 0;

    if (!EVP_DigestInit_ex2(ctx, md, NULL) || !EVP_DigestUpdate(ctx, a, na) || !EVP_DigestUpdate(ctx, b, nb) ||
        !EVP_DigestFinal_ex(ctx, out, &n))
        return 0;
    return n;
}

static void write_hex(uint8_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (uint8_t) "0123456789abcdef"[in[i] >> 4];
        out[2 * i + 1] = (uint8_t) "0123456789abcdef"[in[i] & 15];
    }
}

int leat_fn_md5(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    uint8_t bytes[MAX_DIGEST];
    struct text_out out;
    const EVP_MD *md;
    int rc = prepare(call, MD5, &md);

    (void)err;
    if (rc >= 0)
        rc = text_out_begin(call, (size_t)call->n_rows * 32, &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n;
        const uint8_t *p = text_at(&in, call->rows[i], &n);

        digest(call->host->scratch->digest, md, p, n, NULL, 0, bytes);
        write_hex(text_out_row(&out, call->rows[i]), bytes, 16);
        text_out_end_row(&out, 32);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_sha256(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    const EVP_MD *md;
    int rc = prepare(call, SHA256, &md);

    (void)err;
    if (rc >= 0)
        rc = text_out_begin(call, (size_t)call->n_rows * 32, &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n;
        const uint8_t *p = text_at(&in, call->rows[i], &n);

        digest(call->host->scratch->digest, md, p, n, NULL, 0, text_out_row(&out, call->rows[i]));
        text_out_end_row(&out, 32);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* RFC 2104. */
static void hmac(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t *key, size_t n_key, const uint8_t *text, size_t n,
                 uint8_t *out)
{
    uint8_t block[BLOCK] = {0}, inner[MAX_DIGEST];

    if (n_key > BLOCK)
        digest(ctx, md, key, n_key, NULL, 0, block);
    else if (n_key)
        memcpy(block, key, n_key);
    for (int i = 0; i < BLOCK; i++)
        block[i] ^= 0x36;
    digest(ctx, md, block, BLOCK, text, n, inner);
    for (int i = 0; i < BLOCK; i++)
        block[i] ^= 0x36 ^ 0x5C;
    digest(ctx, md, block, BLOCK, inner, 32, out);
    OPENSSL_cleanse(block, sizeof block);
}

int leat_fn_hmac_sha256(const struct leat_call *call, struct leat_error *err)
{
    struct text_in keys = text_in(&call->arguments[0]), in = text_in(&call->arguments[1]);
    struct text_out out;
    const EVP_MD *md;
    int rc = prepare(call, SHA256, &md);

    (void)err;
    if (rc >= 0)
        rc = text_out_begin(call, (size_t)call->n_rows * 32, &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n, n_key;
        const uint8_t *key = text_at(&keys, call->rows[i], &n_key), *p = text_at(&in, call->rows[i], &n);

        hmac(call->host->scratch->digest, md, key, n_key, p, n, text_out_row(&out, call->rows[i]));
        text_out_end_row(&out, 32);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* ---- encodings ---- */

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes written, -1 where it is no hexadecimal text; white space is passed over. */
static ptrdiff_t read_hex(uint8_t *out, const uint8_t *p, size_t n)
{
    ptrdiff_t size = 0;
    int high = -1;

    for (size_t i = 0; i < n; i++) {
        int value = digit(p[i]);

        if (memchr(" \t\r\n", p[i], 4))
            continue;
        if (value < 0)
            return -1;
        if (high >= 0)
            out[size++] = (uint8_t)(high << 4 | value);
        high = high >= 0 ? -1 : value;
    }
    return high >= 0 ? -1 : size;
}

static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The same for RFC 4648's base64, with its padding. */
static ptrdiff_t read_base64(uint8_t *out, const uint8_t *p, size_t n)
{
    ptrdiff_t size = 0;
    uint32_t bits = 0;
    int have = 0, pads = 0;

    for (size_t i = 0; i < n; i++) {
        int value = sextet(p[i]);

        if (memchr(" \t\r\n", p[i], 4))
            continue;
        if (p[i] == '=' && have >= 2 && have + pads < 4) {
            pads++;
            continue;
        }
        if (value < 0 || pads)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        if (++have < 4)
            continue;
        out[size++] = (uint8_t)(bits >> 16);
        out[size++] = (uint8_t)(bits >> 8);
        out[size++] = (uint8_t)bits;
        have = 0;
    }
    if (have == 0)
        return size;
    if (have + pads != 4)
        return -1;
    bits <<= 6 * pads;
    out[size++] = (uint8_t)(bits >> 16);
    if (have == 3)
        out[size++] = (uint8_t)(bits >> 8);
    return size;
}

static const char encodings[] = "the encoding is the constant 'hex' or 'base64'";

/* The bound value is the encoding, 1 for hex and 2 for base64. */
static int bind_encoding(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_column *c = bind->arguments[1].column;
    bool constant = c && !leat_is_null(c, 0);

    if (constant && c->offsets[1] == 3 && memcmp(c->bytes, "hex", 3) == 0)
        *ret_bound = (void *)1;
    else if (constant && c->offsets[1] == 6 && memcmp(c->bytes, "base64", 6) == 0)
        *ret_bound = (void *)2;
    else
        return leat_fail(err, -EINVAL, "%s", encodings);
    return 0;
}

int leat_bind_encode(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    return bind_encoding(bind, ret_bound, err);
}

int leat_bind_decode(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    return bind_encoding(bind, ret_bound, err);
}

int leat_fn_encode(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    bool hex = call->bound == (void *)1;
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n;
        const uint8_t *p = text_at(&in, call->rows[i], &n);
        uint8_t *room = text_out_room(call, &out, call->rows[i], hex ? 2 * n : (n + 2) / 3 * 4 + 1);

        if (!room)
            continue;
        if (hex)
            write_hex(room, p, n);
        else
            EVP_EncodeBlock(room, p, (int)n);
        text_out_end_row(&out, hex ? 2 * n : (n + 2) / 3 * 4);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_decode(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    bool hex = call->bound == (void *)1;
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);
        uint8_t *room = text_out_room(call, &out, row, n);
        ptrdiff_t size = !room ? 0 : hex ? read_hex(room, p, n) : read_base64(room, p, n);

        if (size < 0)
            call_fail(call, row, "conversion_failed", hex ? "the text is no hexadecimal text" : "the text is no base64");
        else if (room)
            text_out_end_row(&out, (size_t)size);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* ---- uuid_v5 ---- */

/* 8-4-4-4-12 digits, as all stores write it. */
static bool read_uuid(const char *p, size_t n, uint8_t *out)
{
    if (n != 36 || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return false;
    for (size_t i = 0, k = 0; i < n;) {
        int high, low;

        if (p[i] == '-') {
            i++;
            continue;
        }
        high = digit((uint8_t)p[i]);
        low = digit((uint8_t)p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[k++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    return true;
}

static void write_uuid(uint8_t *out, const uint8_t *uuid)
{
    static const uint8_t at[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

    out[8] = out[13] = out[18] = out[23] = '-';
    for (int i = 0; i < 16; i++)
        write_hex(out + at[i], uuid + i, 1);
}

static const char bad_namespace[] = "the namespace is no UUID";

int leat_bind_uuid_v5(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_column *c = bind->arguments[0].column;
    uint8_t uuid[16];

    (void)ret_bound;
    if (c && !leat_is_null(c, 0) && !read_uuid((const char *)c->bytes, (size_t)c->offsets[1], uuid))
        return leat_fail(err, -EINVAL, "%s", bad_namespace);
    return 0;
}

int leat_fn_uuid_v5(const struct leat_call *call, struct leat_error *err)
{
    struct text_out out;
    const EVP_MD *md;
    int rc = prepare(call, SHA1, &md);

    (void)err;
    if (rc >= 0)
        rc = text_out_begin(call, (size_t)call->n_rows * 36, &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t uuid[MAX_DIGEST];
        size_t n, n_space;
        const char *space = leat_argument_text(&call->arguments[0], row, &n_space);
        const char *name = leat_argument_text(&call->arguments[1], row, &n);

        if (!read_uuid(space, n_space, uuid)) {
            call_fail(call, row, "bad_uuid", bad_namespace);
            continue;
        }
        digest(call->host->scratch->digest, md, uuid, 16, name, n, uuid);
        uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x50);
        uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
        write_uuid(text_out_row(&out, row), uuid);
        text_out_end_row(&out, 36);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}
