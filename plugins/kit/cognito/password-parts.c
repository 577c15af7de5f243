/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/cognito/password-parts.h"

#include "kit/text/text.h"

/* ---- spans ---- */

bool span_split(struct span s, char separator, struct span *ret_fields, int wanted)
{
    for (int i = 0; i < wanted; i++) {
        const char *end = s.n ? memchr(s.p, separator, s.n) : NULL;

        if ((end != NULL) != (i + 1 < wanted))
            return false;
        ret_fields[i] = (struct span){ s.p, end ? (size_t)(end - s.p) : s.n };
        s.p += ret_fields[i].n + (end != NULL);
        s.n -= ret_fields[i].n + (end != NULL);
    }
    return true;
}

bool span_number(struct span s, uint64_t *ret)
{
    uint64_t value = 0;

    if (!s.n || s.n > 19 || (s.n > 1 && *s.p == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.p[i] - '0'); /* 19 digits fit */
    }
    *ret = value;
    return value <= INT64_MAX;
}

bool span_parameter(struct span s, const char *name, uint64_t *ret)
{
    return span_skip(&s, name) && span_skip(&s, "=") && span_number(s, ret);
}

bool span_has_only(struct span s, const char *alphabet)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(alphabet, s.p[i]))
            return false;
    return s.n > 0;
}

bool span_is_hex(struct span s)
{
    return s.n % 2 == 0 && span_has_only(s, "0123456789abcdefABCDEF");
}

/* ---- bytes ---- */

bool bytes_from_text(struct span s, struct bytes *ret)
{
    if (s.n > sizeof ret->at)
        return false;
    memcpy(ret->at, s.p, s.n);
    ret->n = s.n;
    return true;
}

bool bytes_from_any_hex(struct span s, struct bytes *ret)
{
    ret->n = s.n / 2;
    return ret->n <= sizeof ret->at && s.n % 2 == 0 && leat_text_to_bytes(s.p, s.n, (char *)ret->at);
}

bool bytes_from_hex(struct span s, struct bytes *ret)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'F')
            return false;
    return bytes_from_any_hex(s, ret);
}

/* The six bits of a character, or -1. */
static int base64_digit(char c, bool dot)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '/' ? 63 : c == '+' || (dot && c == '.') ? 62 : -1;
}

/* Drops the padding; false where it is not what the length asks for. */
static bool unpad(struct span *s)
{
    if (s->n % 4 != 0)
        return false;
    for (int i = 0; i < 2 && s->n && s->p[s->n - 1] == '='; i++)
        s->n--;
    return true;
}

bool bytes_from_base64(struct span s, enum base64 kind, struct bytes *ret)
{
    uint32_t bits = 0;
    int n_bits = 0;

    if ((kind == BASE64_PADDED && !unpad(&s)) || s.n % 4 == 1 || s.n / 4 * 3 + s.n % 4 > sizeof ret->at)
        return false;
    ret->n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = base64_digit(s.p[i], kind == BASE64_DOT);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        ret->at[ret->n++] = (uint8_t)(bits >> n_bits);
        bits &= (1U << n_bits) - 1;
    }
    return bits == 0; /* else the text goes on somewhere */
}

/* The alphabet of crypt(3): ./0-9A-Za-z */
static int crypt64_digit(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 38;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 12;
    return c >= '.' && c <= '9' ? c - '.' : -1;
}

bool bytes_from_crypt64(struct span s, struct bytes *ret)
{
    uint32_t bits = 0;
    int n_bits = 0;

    if (s.n != 43)
        return false;
    ret->n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = crypt64_digit(s.p[i]);

        if (digit < 0)
            return false;
        bits |= (uint32_t)digit << n_bits;
        for (n_bits += 6; n_bits >= 8; n_bits -= 8, bits >>= 8)
            ret->at[ret->n++] = (uint8_t)bits;
    }
    return bits == 0;
}

/* ---- verdicts ---- */

void password_refuse(const struct reading *r, enum cognito_verdict verdict, enum cognito_algorithm algorithm,
                     const char *code, const char *format, ...)
{
    va_list args;

    r->out->verdict = verdict;
    r->out->algorithm = algorithm;
    r->out->code = code;
    r->out->n = 0;
    va_start(args, format);
    (void)vsnprintf(r->out->reason, sizeof r->out->reason, format, args);
    va_end(args);
}

void password_malformed(const struct reading *r, enum cognito_algorithm algorithm, const char *scheme,
                        const char *what)
{
    password_refuse(r, COGNITO_MALFORMED, algorithm, "malformed", "%s: %s", scheme, what);
}

void password_other(const struct reading *r, const char *scheme)
{
    password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "other_scheme",
                    "%s, which Cognito does not take", scheme);
}

void password_keep(const struct reading *r, enum cognito_algorithm algorithm, const char *end, const char *format, ...)
{
    struct cognito_password *out = r->out;
    bool same;
    va_list args;

    out->n = (size_t)(end - out->hash);
    same = out->n == r->stored.n && memcmp(out->hash, r->stored.p, out->n) == 0;
    out->verdict = same ? COGNITO_AS_IS : COGNITO_TRANSCODE;
    out->algorithm = algorithm;
    out->code = same ? "as_is" : "transcode";
    va_start(args, format);
    (void)vsnprintf(out->reason, sizeof out->reason, format, args);
    va_end(args);
}
