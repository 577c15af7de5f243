/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * scrypt. Its last step is one iteration of PBKDF2-HMAC-SHA256 (RFC 7914,
 * section 6), so that of a longer key the first 32 bytes are the key of 32.
 */
#define _GNU_SOURCE /* memrchr */
#include "kit/cognito/password-parts.h"

#include "kit/text/text.h"

enum { MAX_N = 65536, MAX_R = 8, MAX_P = 1, MIN_KEY = 16, LONG_KEY = 64 };

static const enum cognito_algorithm scrypt = COGNITO_SCRYPT;

/* ---- what goes ---- */

static void put(const struct reading *r, const struct scrypt *h)
{
    bool cut = h->key.n > PASSWORD_KEY;
    char *out = r->out->hash;

    out = leat_int64_put(out, (int64_t)h->n);
    *out++ = '$';
    out = leat_int64_put(out, (int64_t)h->r);
    *out++ = '$';
    out = leat_int64_put(out, (int64_t)h->p);
    *out++ = '$';
    out = leat_hex_put(out, (const char *)h->salt.at, h->salt.n);
    *out++ = '$';
    out = leat_hex_put(out, (const char *)h->key.at, cut ? PASSWORD_KEY : h->key.n);
    password_keep(r, scrypt, out, "%s, N=%u r=%u p=%u%s", h->scheme, (unsigned)h->n, (unsigned)h->r, (unsigned)h->p,
                  cut ? ", key cut to 32 bytes" : "");
}

static bool over(const struct reading *r, const struct scrypt *h)
{
    bool n = h->n > MAX_N, block = h->r > MAX_R, p = h->p > MAX_P;

    if (n || block || p)
        password_refuse(r, COGNITO_OVER_BOUND, scrypt, "over_bound", "%s, N=%llu%s r=%llu%s p=%llu%s", h->scheme,
                        (unsigned long long)h->n, n ? " > 65536" : "", (unsigned long long)h->r, block ? " > 8" : "",
                        (unsigned long long)h->p, p ? " > 1" : "");
    return n || block || p;
}

void password_put_scrypt(const struct reading *r, const struct scrypt *h)
{
    size_t salt = r->declared ? r->declared->salt_bytes : 0;

    if (h->n < 2 || (h->n & (h->n - 1)))
        password_malformed(r, scrypt, h->scheme, "N is no power of two");
    else if (!h->r || !h->p || h->r >= 1 << 30 || h->p >= 1 << 30 || h->r * h->p >= 1 << 30)
        password_malformed(r, scrypt, h->scheme, "r or p is none that scrypt has");
    else if (!h->salt.n)
        password_malformed(r, scrypt, h->scheme, "its salt is empty");
    else if (!password_whole(h->key.n, MIN_KEY))
        password_malformed(r, scrypt, h->scheme, "its key is not whole");
    else if (over(r, h))
        return;
    else if (salt && salt != h->salt.n)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, scrypt, "salt_size",
                        "%s, a salt of another size than was declared as taken", h->scheme);
    else
        put(r, h);
}

/* ---- passlib, PHC: $scrypt$ln=16,r=8,p=1$salt$key ---- */

void password_read_scrypt_phc(const struct reading *r, struct span s)
{
    struct scrypt h = { .scheme = "scrypt" };
    struct span f[3], parameters[3];
    uint64_t log2_n;

    if (!span_skip(&s, "$scrypt$") || !span_split(s, '$', f, 3) || !span_split(f[0], ',', parameters, 3))
        password_malformed(r, scrypt, h.scheme, "not $scrypt$ln=..,r=..,p=..$salt$key");
    else if (!span_parameter(parameters[0], "ln", &log2_n) || log2_n < 1 || log2_n > 63 ||
             !span_parameter(parameters[1], "r", &h.r) || !span_parameter(parameters[2], "p", &h.p))
        password_malformed(r, scrypt, h.scheme, "its parameters are not ln, r and p");
    else if (!bytes_from_base64(f[1], BASE64_BARE, &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is no base64 without padding");
    else if (!bytes_from_base64(f[2], BASE64_BARE, &h.key))
        password_malformed(r, scrypt, h.scheme, "its key is no whole base64 without padding");
    else {
        h.n = UINT64_C(1) << log2_n;
        password_put_scrypt(r, &h);
    }
}

/* ---- Django: scrypt$N$salt$r$p$key, the salt as it stands ---- */

void password_read_scrypt_django(const struct reading *r, struct span s)
{
    struct scrypt h = { .scheme = "Django scrypt" };
    struct span f[5];

    if (!span_split(s, '$', f, 5))
        password_malformed(r, scrypt, h.scheme, "not scrypt$N$salt$r$p$key");
    else if (!span_number(f[0], &h.n) || !span_number(f[2], &h.r) || !span_number(f[3], &h.p))
        password_malformed(r, scrypt, h.scheme, "N, r or p is no number");
    else if (!bytes_from_text(f[1], &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is too long");
    else if (!bytes_from_base64(f[4], BASE64_PADDED, &h.key) || h.key.n != LONG_KEY)
        password_malformed(r, scrypt, h.scheme, "its key is no base64 of 64 bytes");
    else
        password_put_scrypt(r, &h);
}

/* ---- Werkzeug: scrypt:N:r:p$salt$hex, the salt as it stands ---- */

void password_read_scrypt_werkzeug(const struct reading *r, struct span s)
{
    struct scrypt h = { .scheme = "Werkzeug scrypt" };
    struct span f[3], parameters[3];

    if (!span_split(s, '$', f, 3) || !span_split(f[0], ':', parameters, 3))
        password_malformed(r, scrypt, h.scheme, "not scrypt:N:r:p$salt$key");
    else if (!span_number(parameters[0], &h.n) || !span_number(parameters[1], &h.r) ||
             !span_number(parameters[2], &h.p))
        password_malformed(r, scrypt, h.scheme, "N, r or p is no number");
    else if (!bytes_from_text(f[1], &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is too long");
    else if (!bytes_from_hex(f[2], &h.key) || h.key.n != LONG_KEY)
        password_malformed(r, scrypt, h.scheme, "its key is no hex of 64 bytes");
    else
        password_put_scrypt(r, &h);
}

/* ---- crypt(3), libsodium: $7$, log2 N in one character, r and p in five each, the salt as it stands, $, key ---- */

static const char crypt64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool crypt64_number(struct span s, uint64_t *ret)
{
    if (!span_has_only(s, crypt64))
        return false;
    *ret = 0;
    for (size_t i = s.n; i > 0; i--)
        *ret = *ret << 6 | (uint64_t)(strchr(crypt64, s.p[i - 1]) - crypt64);
    return true;
}

void password_read_scrypt_crypt(const struct reading *r, struct span s)
{
    enum { HEAD = 11 };
    struct scrypt h = { .scheme = "$7$ scrypt" };
    const char *end;
    uint64_t log2_n;

    (void)span_skip(&s, "$7$");
    end = s.n > HEAD ? memrchr(s.p + HEAD, '$', s.n - HEAD) : NULL;
    if (!end)
        password_malformed(r, scrypt, h.scheme, "not $7$, parameters, salt, $ and key");
    else if (!crypt64_number((struct span){ s.p, 1 }, &log2_n) || log2_n < 1 ||
             !crypt64_number((struct span){ s.p + 1, 5 }, &h.r) || !crypt64_number((struct span){ s.p + 6, 5 }, &h.p))
        password_malformed(r, scrypt, h.scheme, "its parameters are not those of crypt(3)");
    else if (!bytes_from_text((struct span){ s.p + HEAD, (size_t)(end - s.p) - HEAD }, &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is too long");
    else if (!bytes_from_crypt64((struct span){ end + 1, (size_t)(s.p + s.n - end) - 1 }, &h.key))
        password_malformed(r, scrypt, h.scheme, "its key is not 43 characters of crypt(3)");
    else {
        h.n = UINT64_C(1) << log2_n;
        password_put_scrypt(r, &h);
    }
}

/* ---- Spring Security: $, hex of log2 N, r and p, $salt$key ---- */

void password_read_scrypt_spring(const struct reading *r, struct span s)
{
    struct scrypt h = { .scheme = "Spring scrypt" };
    struct span f[3];
    uint64_t packed = 0;

    if (!span_skip(&s, "$") || !span_split(s, '$', f, 3) || f[0].n < 5 || f[0].n > 6 || f[0].p[0] == '0' ||
        !span_has_only(f[0], "0123456789abcdef")) {
        password_malformed(r, scrypt, h.scheme, "not $parameters$salt$key");
        return;
    }
    for (size_t i = 0; i < f[0].n; i++)
        packed = packed << 4 | (uint64_t)(f[0].p[i] <= '9' ? f[0].p[i] - '0' : f[0].p[i] - 'a' + 10);
    h.n = packed >> 16 <= 63 ? UINT64_C(1) << (packed >> 16) : 0;
    h.r = packed >> 8 & 0xFF;
    h.p = packed & 0xFF;
    if (!bytes_from_base64(f[1], BASE64_PADDED, &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is no base64");
    else if (!bytes_from_base64(f[2], BASE64_PADDED, &h.key))
        password_malformed(r, scrypt, h.scheme, "its key is no whole base64");
    else
        password_put_scrypt(r, &h);
}

/* ---- Cognito, simple-scrypt: N$r$p$salt$key in lower-case hex ---- */

void password_read_scrypt_cognito(const struct reading *r, struct span s)
{
    struct scrypt h = { .scheme = "scrypt" };
    struct span f[5];

    if (!span_split(s, '$', f, 5))
        password_malformed(r, scrypt, h.scheme, "not N$r$p$salt$key");
    else if (!span_number(f[0], &h.n) || !span_number(f[1], &h.r) || !span_number(f[2], &h.p))
        password_malformed(r, scrypt, h.scheme, "N, r or p is no number");
    else if (!bytes_from_hex(f[3], &h.salt))
        password_malformed(r, scrypt, h.scheme, "its salt is no lower-case hex");
    else if (!bytes_from_hex(f[4], &h.key))
        password_malformed(r, scrypt, h.scheme, "its key is no whole lower-case hex");
    else
        password_put_scrypt(r, &h);
}
