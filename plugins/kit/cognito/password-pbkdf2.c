/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * PBKDF2 with HMAC-SHA256. A key longer than the 32 bytes of one block of the
 * HMAC is cut to them: block 1 does not depend on how many follow (RFC 8018,
 * section 5.2).
 */
#include "kit/cognito/password-parts.h"

#include "kit/text/text.h"

enum { MAX_ITERATIONS = 600000, MIN_KEY = 16, SPRING_SALT = 16, SPRING_ITERATIONS = 310000 };

static const enum cognito_algorithm pbkdf2 = COGNITO_PBKDF2_SHA256;

/* ---- what goes ---- */

static char *put_base64(char *out, const uint8_t *p, size_t n, bool dot)
{
    static const char plus[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int n_bits = 0;

    for (size_t i = 0; i < n; i++) {
        bits = (bits << 8 | p[i]) & 0xFFFFFF;
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            *out++ = plus[bits >> (n_bits - 6) & 63];
    }
    if (n_bits)
        *out++ = plus[bits << (6 - n_bits) & 63];
    for (char *c = out - (n * 4 + 2) / 3; dot && c < out; c++)
        *c = *c == '+' ? '.' : *c;
    return out;
}

static void put(const struct reading *r, const struct pbkdf2 *h)
{
    static const char begin[] = "$pbkdf2-sha256$";
    bool dot = r->declared && r->declared->dot, cut = h->key.n > PASSWORD_KEY;
    char *out = r->out->hash;

    memcpy(out, begin, sizeof begin - 1);
    out = leat_int64_put(out + sizeof begin - 1, (int64_t)h->iterations);
    *out++ = '$';
    out = put_base64(out, h->salt.at, h->salt.n, dot);
    *out++ = '$';
    out = put_base64(out, h->key.at, cut ? PASSWORD_KEY : h->key.n, dot);
    password_keep(r, pbkdf2, out, "%s, %u iterations%s", h->scheme, (unsigned)h->iterations,
                  cut ? ", key cut to 32 bytes" : "");
}

void password_put_pbkdf2(const struct reading *r, const struct pbkdf2 *h)
{
    size_t salt = r->declared ? r->declared->salt_bytes : 0;

    if (!h->iterations)
        password_malformed(r, pbkdf2, h->scheme, "no iterations");
    else if (!h->salt.n)
        password_malformed(r, pbkdf2, h->scheme, "its salt is empty");
    else if (!password_whole(h->key.n, MIN_KEY))
        password_malformed(r, pbkdf2, h->scheme, "its key is not whole");
    else if (h->iterations > MAX_ITERATIONS)
        password_refuse(r, COGNITO_OVER_BOUND, pbkdf2, "over_bound", "%s, %llu iterations > %d", h->scheme,
                        (unsigned long long)h->iterations, MAX_ITERATIONS);
    else if (salt && salt != h->salt.n)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, pbkdf2, "salt_size",
                        "%s, a salt of another size than was declared as taken", h->scheme);
    else
        put(r, h);
}

void password_pbkdf2_digest(const struct reading *r, const char *digest)
{
    password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "other_digest",
                    "PBKDF2 with HMAC-%s; Cognito takes HMAC-SHA256 only", digest);
}

/* ---- passlib, PHC, Cognito: $pbkdf2-sha256$29000$salt$key, or $i=29000,l=32$ ---- */

/* A number alone, or PHC's i= and, if it is said, l=. */
static bool read_phc(struct span s, uint64_t *ret_iterations, uint64_t *ret_length)
{
    struct span f[2];

    *ret_length = 0;
    if (span_number(s, ret_iterations) || span_parameter(s, "i", ret_iterations))
        return true;
    return span_split(s, ',', f, 2) && span_parameter(f[0], "i", ret_iterations) &&
           span_parameter(f[1], "l", ret_length);
}

void password_read_pbkdf2_phc(const struct reading *r, struct span s)
{
    struct pbkdf2 h = { .scheme = "pbkdf2-sha256" };
    struct span f[3];
    uint64_t length;

    if (!span_skip(&s, "$pbkdf2-sha256$") || !span_split(s, '$', f, 3))
        password_malformed(r, pbkdf2, h.scheme, "not $pbkdf2-sha256$iterations$salt$key");
    else if (!read_phc(f[0], &h.iterations, &length))
        password_malformed(r, pbkdf2, h.scheme, "its iterations are no number");
    else if (!bytes_from_base64(f[1], BASE64_DOT, &h.salt))
        password_malformed(r, pbkdf2, h.scheme, "its salt is no base64 without padding");
    else if (!bytes_from_base64(f[2], BASE64_DOT, &h.key) || (length && length != h.key.n))
        password_malformed(r, pbkdf2, h.scheme, "its key is no whole base64 without padding");
    else
        password_put_pbkdf2(r, &h);
}

/* ---- Django: pbkdf2_sha256$260000$salt$key, the salt as it stands ---- */

void password_read_pbkdf2_django(const struct reading *r, struct span s)
{
    struct pbkdf2 h = { .scheme = "Django pbkdf2_sha256" };
    struct span f[3];

    if (!span_split(s, '$', f, 3))
        password_malformed(r, pbkdf2, h.scheme, "not pbkdf2_sha256$iterations$salt$key");
    else if (!span_number(f[0], &h.iterations))
        password_malformed(r, pbkdf2, h.scheme, "its iterations are no number");
    else if (!bytes_from_text(f[1], &h.salt))
        password_malformed(r, pbkdf2, h.scheme, "its salt is too long");
    else if (!bytes_from_base64(f[2], BASE64_PADDED, &h.key) || h.key.n != PASSWORD_KEY)
        password_malformed(r, pbkdf2, h.scheme, "its key is no base64 of 32 bytes");
    else
        password_put_pbkdf2(r, &h);
}

/* ---- Werkzeug: pbkdf2:sha256:260000$salt$hex, the salt as it stands ---- */

void password_read_pbkdf2_werkzeug(const struct reading *r, struct span s)
{
    struct pbkdf2 h = { .scheme = "Werkzeug pbkdf2:sha256" };
    struct span f[3];

    if (!span_split(s, '$', f, 3))
        password_malformed(r, pbkdf2, h.scheme, "not pbkdf2:sha256:iterations$salt$key");
    else if (!span_number(f[0], &h.iterations))
        password_malformed(r, pbkdf2, h.scheme, "its iterations are no number");
    else if (!bytes_from_text(f[1], &h.salt))
        password_malformed(r, pbkdf2, h.scheme, "its salt is too long");
    else if (!bytes_from_hex(f[2], &h.key) || h.key.n != PASSWORD_KEY)
        password_malformed(r, pbkdf2, h.scheme, "its key is no hex of 32 bytes");
    else
        password_put_pbkdf2(r, &h);
}

/* ---- OpenLDAP, passlib: {PBKDF2-SHA256}10000$salt$key ---- */

void password_read_pbkdf2_ldap(const struct reading *r, struct span s)
{
    struct pbkdf2 h = { .scheme = "{PBKDF2-SHA256}" };
    struct span f[3];

    if (!span_split(s, '$', f, 3) || !span_number(f[0], &h.iterations))
        password_malformed(r, pbkdf2, h.scheme, "not iterations$salt$key");
    else if (!bytes_from_base64(f[1], BASE64_DOT, &h.salt))
        password_malformed(r, pbkdf2, h.scheme, "its salt is no base64 without padding");
    else if (!bytes_from_base64(f[2], BASE64_DOT, &h.key) || h.key.n != PASSWORD_KEY)
        password_malformed(r, pbkdf2, h.scheme, "its key is no base64 of 32 bytes");
    else
        password_put_pbkdf2(r, &h);
}

/* ---- Spring Security with the id of version 5.8: hex of salt and key ---- */

void password_read_pbkdf2_spring(const struct reading *r, struct span s)
{
    struct pbkdf2 h = { .scheme = "Spring pbkdf2 v5_8", .iterations = SPRING_ITERATIONS };

    if (password_read_declared(r, s)) /* a secret, or numbers of one's own */
        return;
    if (!bytes_from_hex(s, &h.key) || h.key.n != SPRING_SALT + PASSWORD_KEY) {
        password_malformed(r, pbkdf2, h.scheme, "not the hex of a salt of 16 and a key of 32 bytes");
        return;
    }
    h.salt.n = SPRING_SALT;
    memcpy(h.salt.at, h.key.at, SPRING_SALT);
    h.key.n -= SPRING_SALT;
    memmove(h.key.at, h.key.at + SPRING_SALT, h.key.n);
    password_put_pbkdf2(r, &h);
}

/* ---- ASP.NET Core Identity, version 3: base64 of 1, then digest, iterations and size of the salt, of four bytes
 * each, salt and key ---- */

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void password_read_aspnet(const struct reading *r, struct span s)
{
    enum { HEAD = 13, MIN_SALT = 16 };
    struct pbkdf2 h = { .scheme = "ASP.NET Identity v3" };
    struct bytes b;
    uint32_t digest, n_salt;

    if (!bytes_from_base64(s, BASE64_PADDED, &b) || b.n < HEAD + MIN_SALT + MIN_KEY) {
        password_malformed(r, pbkdf2, h.scheme, "no whole base64 of head, salt and key");
        return;
    }
    digest = big_endian(b.at + 1);
    n_salt = big_endian(b.at + 9);
    if (digest == 0 || digest == 2)
        password_pbkdf2_digest(r, digest == 0 ? "SHA1" : "SHA512");
    else if (digest != 1)
        password_malformed(r, pbkdf2, h.scheme, "a digest of an unknown number");
    else if (n_salt < MIN_SALT || n_salt > b.n - HEAD - MIN_KEY)
        password_malformed(r, pbkdf2, h.scheme, "the size of its salt does not fit");
    else {
        h.iterations = big_endian(b.at + 5);
        h.salt.n = n_salt;
        memcpy(h.salt.at, b.at + HEAD, n_salt);
        h.key.n = b.n - HEAD - n_salt;
        memcpy(h.key.at, b.at + HEAD + n_salt, h.key.n);
        password_put_pbkdf2(r, &h);
    }
}
