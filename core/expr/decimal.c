/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * School arithmetic on arrays of decimal digits. Decimals are prices and
 * balances here: few in a row and short, so the plainest algorithm that is
 * exact wins over a faster one.
 */
#include "expr/decimal.h"

#include <string.h>

/* Digits stand most significant first; the value is d * 10^-scale. No leading
 * zeros, except that zero is one 0. */
struct number {
    bool negative;
    int n, scale;
    uint8_t d[2 * LEAT_DECIMAL_DIGITS + 8];
};

static bool is_zero(const struct number *x)
{
    return x->n == 1 && x->d[0] == 0;
}

static void strip(struct number *x)
{
    int zeros = 0;

    while (zeros < x->n - 1 && x->d[zeros] == 0)
        zeros++;
    memmove(x->d, x->d + zeros, (size_t)(x->n - zeros));
    x->n -= zeros;
    if (!x->n) {
        x->d[0] = 0;
        x->n = 1;
    }
}

static int load(struct number *x, const char *text, size_t n)
{
    size_t i = n && text[0] == '-';
    bool point = false;

    x->negative = i;
    x->n = x->scale = 0;
    for (; i < n; i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return LEAT_DECIMAL_BAD;
        if (x->n == LEAT_DECIMAL_DIGITS)
            return LEAT_DECIMAL_TOO_LONG;
        x->d[x->n++] = (uint8_t)(text[i] - '0');
        x->scale += point;
    }
    strip(x);
    return 0;
}

/* Writes canonically; the scale must not be negative. */
static int store(const struct number *x, char *out)
{
    int digits = x->n > x->scale ? x->n : x->scale + 1, n = 0;

    if (digits > LEAT_DECIMAL_DIGITS)
        return LEAT_DECIMAL_TOO_LONG;
    if (x->negative && !is_zero(x))
        out[n++] = '-';
    for (int i = digits - 1; i >= 0; i--) { /* i: power of ten before the scale */
        out[n++] = i < x->n ? (char)('0' + x->d[x->n - 1 - i]) : '0';
        if (i == x->scale && i > 0)
            out[n++] = '.';
    }
    return n;
}

/* Appends zeros: the same value with a larger scale. */
static int widen(struct number *x, int scale)
{
    int more = scale - x->scale;

    if (more <= 0)
        return 0;
    if (is_zero(x)) {
        x->scale = scale;
        return 0;
    }
    if (x->n + more > 2 * LEAT_DECIMAL_DIGITS)
        return LEAT_DECIMAL_TOO_LONG;
    memset(x->d + x->n, 0, (size_t)more);
    x->n += more;
    x->scale = scale;
    return 0;
}

/* Order of the digits alone, as whole numbers. */
static int order_digits(const struct number *a, const struct number *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return memcmp(a->d, b->d, (size_t)a->n);
}

/* a += b as whole numbers without signs. */
static void add_digits(struct number *a, const struct number *b)
{
    int n = (a->n > b->n ? a->n : b->n) + 1, carry = 0;

    memmove(a->d + (n - a->n), a->d, (size_t)a->n);
    memset(a->d, 0, (size_t)(n - a->n));
    a->n = n;
    for (int i = 1; i <= n; i++) {
        int sum = a->d[n - i] + (i <= b->n ? b->d[b->n - i] : 0) + carry;

        carry = sum > 9;
        a->d[n - i] = (uint8_t)(sum - 10 * carry);
    }
    strip(a);
}

/* a -= b; a is not smaller. */
static void subtract_digits(struct number *a, const struct number *b)
{
    int borrow = 0;

    for (int i = 1; i <= a->n; i++) {
        int difference = a->d[a->n - i] - (i <= b->n ? b->d[b->n - i] : 0) - borrow;

        borrow = difference < 0;
        a->d[a->n - i] = (uint8_t)(difference + 10 * borrow);
    }
    strip(a);
}

static int add(struct number *a, struct number *b)
{
    int scale = a->scale > b->scale ? a->scale : b->scale;

    if (widen(a, scale) < 0 || widen(b, scale) < 0)
        return LEAT_DECIMAL_TOO_LONG;
    if (a->negative == b->negative) {
        add_digits(a, b);
    } else if (order_digits(a, b) >= 0) {
        subtract_digits(a, b);
    } else {
        subtract_digits(b, a);
        *a = *b;
    }
    return 0;
}

static int multiply(struct number *a, const struct number *b)
{
    uint32_t sums[2 * LEAT_DECIMAL_DIGITS + 8] = {0}, carry = 0;
    int n = a->n + b->n;

    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++)
            sums[i + k + 1] += (uint32_t)a->d[i] * b->d[k];
    for (int i = n - 1; i >= 0; i--) {
        sums[i] += carry;
        carry = sums[i] / 10;
        a->d[i] = (uint8_t)(sums[i] % 10);
    }
    a->n = n;
    a->scale += b->scale;
    a->negative = a->negative != b->negative;
    strip(a);
    return 0;
}

/* Whole-number division of the digits: a becomes the quotient, `rest` what is left. */
static void divide_digits(struct number *a, const struct number *b, struct number *rest)
{
    rest->n = 1;
    rest->d[0] = 0;
    for (int i = 0; i < a->n; i++) {
        uint8_t digit = 0;

        rest->d[rest->n++] = a->d[i];
        strip(rest);
        while (order_digits(rest, b) >= 0) {
            subtract_digits(rest, b);
            digit++;
        }
        a->d[i] = digit;
    }
    strip(a);
}

static int divide(struct number *a, const struct number *b)
{
    struct number rest, twice;
    int scale = a->scale > b->scale ? a->scale : b->scale;

    if (is_zero(b))
        return LEAT_DECIMAL_BY_ZERO;
    if (scale < LEAT_DECIMAL_DIVISION_SCALE)
        scale = LEAT_DECIMAL_DIVISION_SCALE;
    if (widen(a, scale + b->scale) < 0)
        return LEAT_DECIMAL_TOO_LONG;
    a->negative = a->negative != b->negative;
    a->scale = scale;
    divide_digits(a, b, &rest);
    twice = rest;
    add_digits(&twice, &rest);
    if (order_digits(&twice, b) >= 0)
        add_digits(a, &(struct number){.n = 1, .d = {1}});
    return 0;
}

static int modulo(struct number *a, struct number *b)
{
    struct number rest;
    int scale = a->scale > b->scale ? a->scale : b->scale;

    if (is_zero(b))
        return LEAT_DECIMAL_BY_ZERO;
    if (widen(a, scale) < 0 || widen(b, scale) < 0)
        return LEAT_DECIMAL_TOO_LONG;
    divide_digits(a, b, &rest);
    rest.negative = a->negative;
    rest.scale = scale;
    *a = rest;
    return 0;
}

int leat_decimal_operate(char op, const char *a, size_t na, const char *b, size_t nb, char *out)
{
    struct number x, y;
    int rc = load(&x, a, na);

    if (rc >= 0)
        rc = load(&y, b, nb);
    if (rc < 0)
        return rc;
    if (op == '-')
        y.negative = !y.negative;
    if (op == '*')
        rc = multiply(&x, &y);
    else if (op == '/')
        rc = divide(&x, &y);
    else if (op == '%')
        rc = modulo(&x, &y);
    else
        rc = add(&x, &y);
    return rc < 0 ? rc : store(&x, out);
}

int leat_decimal_round(const char *a, size_t na, int scale, char mode, char *out)
{
    struct number x;
    int rc = load(&x, a, na), cut;
    bool up, any = false;

    if (rc < 0)
        return rc;
    if (scale > LEAT_DECIMAL_DIGITS || scale < -LEAT_DECIMAL_DIGITS)
        return LEAT_DECIMAL_TOO_LONG;
    if (scale >= x.scale)
        return widen(&x, scale) < 0 ? LEAT_DECIMAL_TOO_LONG : store(&x, out);
    cut = x.scale - scale; /* digits that go */
    for (int i = 0; i < cut && i < x.n; i++)
        any = any || x.d[x.n - 1 - i];
    up = mode == 'r' ? cut <= x.n && x.d[x.n - cut] >= 5 : any && (mode == 'c') != x.negative;
    x.n = cut < x.n ? x.n - cut : 0;
    strip(&x);
    x.scale = scale;
    if (up)
        add_digits(&x, &(struct number){.n = 1, .d = {1}});
    if (x.scale < 0) { /* zeros in place of the digits that went */
        int zeros = is_zero(&x) ? 0 : -x.scale;

        memset(x.d + x.n, 0, (size_t)zeros);
        x.n += zeros;
        x.scale = 0;
    }
    return store(&x, out);
}

bool leat_decimal_to_int64(const char *a, size_t na, int64_t *ret)
{
    char whole[LEAT_DECIMAL_BYTES];
    int n = leat_decimal_round(a, na, 0, 'r', whole), i;
    int64_t value = 0;
    bool negative;

    if (n < 0)
        return false;
    negative = whole[0] == '-';
    for (i = negative; i < n; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, (int64_t)(whole[i] - '0'), &value)) /* negative: has room for one more */
            return false;
    return negative ? (*ret = value, true) : !__builtin_sub_overflow((int64_t)0, value, ret);
}

/* ---- reading and comparing, without loading ---- */

/* The exponent behind e, capped: beyond that any number is too long. */
static bool read_exponent(const char *p, const char *end, int *ret)
{
    bool negative = p < end && *p == '-';
    int value = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = value < 100000 ? value * 10 + *p - '0' : value;
    }
    *ret = negative ? -value : value;
    return true;
}

int leat_decimal_read(const char *text, size_t n, char *out)
{
    const char *p = text, *end = text + n, *e;
    struct number x = {0};
    int exponent = 0, digits = 0;
    bool point = false;

    if (p < end && (*p == '-' || *p == '+'))
        x.negative = *p++ == '-';
    for (e = p; e < end && *e != 'e' && *e != 'E'; e++) {
        if (*e == '.' && !point) {
            point = true;
            continue;
        }
        if (*e < '0' || *e > '9')
            return LEAT_DECIMAL_BAD;
        digits++;
        if (x.n == LEAT_DECIMAL_DIGITS)
            return LEAT_DECIMAL_TOO_LONG;
        if (x.n || *e != '0' || point)
            x.d[x.n++] = (uint8_t)(*e - '0');
        x.scale += point;
    }
    if (!digits || (e < end && !read_exponent(e + 1, end, &exponent)))
        return LEAT_DECIMAL_BAD;
    strip(&x);
    x.scale -= exponent;
    if (x.scale > LEAT_DECIMAL_DIGITS || x.scale < -LEAT_DECIMAL_DIGITS)
        return LEAT_DECIMAL_TOO_LONG;
    if (x.scale < 0 && widen(&x, 0) < 0)
        return LEAT_DECIMAL_TOO_LONG;
    return store(&x, out);
}

/* Digits before the point of a canonical number; those of 0.x do not count. */
static size_t whole_digits(const char *p, size_t n)
{
    const char *point = memchr(p, '.', n);
    size_t whole = point ? (size_t)(point - p) : n;

    return whole == 1 && *p == '0' ? 0 : whole;
}

/* Order of two canonical numbers without signs. */
static int order_positive(const char *a, size_t na, const char *b, size_t nb)
{
    size_t whole_a = whole_digits(a, na), whole_b = whole_digits(b, nb), n = na < nb ? na : nb;
    int order;

    if (whole_a != whole_b)
        return whole_a < whole_b ? -1 : 1;
    /* The points stand below each other from here on. */
    order = memcmp(a, b, n);
    if (order)
        return order < 0 ? -1 : 1;
    for (size_t i = n; i < na; i++)
        if (a[i] != '.' && a[i] != '0')
            return 1;
    for (size_t i = n; i < nb; i++)
        if (b[i] != '.' && b[i] != '0')
            return -1;
    return 0;
}

static bool is_text_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != '0' && p[i] != '.' && p[i] != '-')
            return false;
    return true;
}

int leat_decimal_order(const char *a, size_t na, const char *b, size_t nb)
{
    bool minus_a = na && *a == '-', minus_b = nb && *b == '-';

    if (minus_a != minus_b) {
        if (is_text_zero(a, na) && is_text_zero(b, nb))
            return 0;
        return minus_a ? -1 : 1;
    }
    if (minus_a)
        return order_positive(b + 1, nb - 1, a + 1, na - 1);
    return order_positive(a, na, b, nb);
}
