/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr-oracle.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct oracle_value value;

static value null_of(enum leat_type type)
{
    return (value){.type = type, .null = true};
}

static value fault_of(enum leat_type type, const char *code)
{
    return (value){.type = type, .null = true, .fault = code};
}

static value unknown_of(enum leat_type type)
{
    return (value){.type = type, .unknown = true};
}

static value of_int(enum leat_type type, int64_t i)
{
    return (value){.type = type, .i = i};
}

static value of_text(const struct oracle *o, const char *text, int n)
{
    return (value){.type = LEAT_TEXT, .text = leat_arena_strndup(o->arena, text, (size_t)n), .n = n};
}

/* ---- texts as arrays of characters ---- */

struct letters {
    int n;
    int32_t c[4096];
};

static void spell(struct letters *out, const char *text, int n)
{
    out->n = 0;
    for (int i = 0; i < n;) {
        unsigned char b = (unsigned char)text[i];
        int more = b < 0x80 ? 0 : b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
        int32_t c = more == 0 ? b : b & (0x3F >> more);

        for (int k = 1; k <= more; k++)
            c = c * 64 + ((unsigned char)text[i + k] - 0x80);
        if (out->n == 4096)
            abort();
        out->c[out->n++] = c;
        i += more + 1;
    }
}

static value join(const struct oracle *o, const struct letters *in, int from, int to)
{
    char *text = leat_arena_alloc(o->arena, (size_t)in->n * 4 + 1);
    int n = 0;

    for (int i = from < 0 ? 0 : from; i < to && i < in->n; i++) {
        int32_t c = in->c[i];

        if (c < 0x80) {
            text[n++] = (char)c;
        } else if (c < 0x800) {
            text[n++] = (char)(0xC0 + c / 64);
            text[n++] = (char)(0x80 + c % 64);
        } else if (c < 0x10000) {
            text[n++] = (char)(0xE0 + c / 4096);
            text[n++] = (char)(0x80 + c / 64 % 64);
            text[n++] = (char)(0x80 + c % 64);
        } else {
            text[n++] = (char)(0xF0 + c / 262144);
            text[n++] = (char)(0x80 + c / 4096 % 64);
            text[n++] = (char)(0x80 + c / 64 % 64);
            text[n++] = (char)(0x80 + c % 64);
        }
    }
    return of_text(o, text, n);
}

static bool contains(const struct letters *set, int32_t c)
{
    for (int i = 0; i < set->n; i++)
        if (set->c[i] == c)
            return true;
    return false;
}

/* The few letters beyond ASCII that the test uses. */
static int32_t lower(int32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c == 0xC9 ? 0xE9 : c == 0xD1 ? 0xF1 : c;
}

static int32_t upper(int32_t c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c == 0xE9 ? 0xC9 : c == 0xF1 ? 0xD1 : c;
}

static bool like(const int32_t *t, int n, const int32_t *p, int m)
{
    if (!m)
        return !n;
    if (*p == '%')
        return like(t, n, p + 1, m - 1) || (n && like(t + 1, n - 1, p, m));
    if (!n)
        return false;
    if (*p == '_')
        return like(t + 1, n - 1, p + 1, m - 1);
    if (*p == '\\' && m > 1)
        return p[1] == *t && like(t + 1, n - 1, p + 2, m - 2);
    return *p == *t && like(t + 1, n - 1, p + 1, m - 1);
}

/* ---- values as text ---- */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100) || year % 400 == 0;
}

/* Years one by one, then months. */
static void put_date(char *out, int64_t days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1970, month = 1;

    while (days < 0)
        days += 365 + is_leap(--year);
    while (days >= 365 + is_leap(year))
        days -= 365 + is_leap(year++);
    for (; days >= lengths[month - 1] + (month == 2 && is_leap(year)); month++)
        days -= lengths[month - 1] + (month == 2 && is_leap(year));
    sprintf(out, "%04d-%02d-%02d", year, month, (int)days + 1);
}

static void put_decimal(char *out, __int128 digits, int scale)
{
    char back[64];
    int n = 0;
    bool negative = digits < 0;

    if (negative)
        digits = -digits;
    do {
        back[n++] = (char)('0' + (int)(digits % 10));
        digits /= 10;
        if (n == scale)
            back[n++] = '.';
    } while (digits || (scale && n < scale + 2));
    if (negative)
        *out++ = '-';
    while (n)
        *out++ = back[--n];
    *out = '\0';
}

const char *oracle_text(const struct oracle *o, struct oracle_value v)
{
    char *out = leat_arena_alloc(o->arena, 80);
    int64_t seconds;

    switch (v.type) {
    case LEAT_BOOL:
        return v.i ? "true" : "false";
    case LEAT_INT64:
        sprintf(out, "%lld", (long long)v.i);
        return out;
    case LEAT_FLOAT64:
        for (int digits = 15; digits < 18; digits++) {
            sprintf(out, "%.*g", digits, v.f);
            if (strtod(out, NULL) == v.f)
                break;
        }
        return out;
    case LEAT_DECIMAL:
        put_decimal(out, v.digits, v.scale);
        return out;
    case LEAT_DATE:
        put_date(out, v.i);
        return out;
    case LEAT_TIMESTAMP: /* whole seconds only */
        seconds = v.i / 1000000;
        put_date(out, (seconds - ((seconds % 86400) + 86400) % 86400) / 86400);
        seconds = ((seconds % 86400) + 86400) % 86400;
        sprintf(out + strlen(out), " %02d:%02d:%02dZ", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                (int)(seconds % 60));
        return out;
    default:
        return leat_arena_strndup(o->arena, v.text, (size_t)v.n);
    }
}

/* ---- conversions ---- */

static value to_float(value v)
{
    if (v.type == LEAT_INT64)
        v.f = (double)v.i;
    if (v.type == LEAT_DECIMAL)
        v.f = (double)v.digits / pow(10, v.scale);
    v.type = LEAT_FLOAT64;
    return v;
}

static value to_decimal(value v)
{
    if (v.type == LEAT_INT64)
        v.digits = v.i, v.scale = 0;
    v.type = LEAT_DECIMAL;
    return v;
}

/* What both sides of an operator, or several results, become. */
static enum leat_type common(enum leat_type a, enum leat_type b)
{
    if (a == LEAT_NONE || a == b)
        return b;
    if (b == LEAT_NONE)
        return a;
    if (a == LEAT_FLOAT64 || b == LEAT_FLOAT64)
        return LEAT_FLOAT64;
    return LEAT_DECIMAL;
}

static value made(value v, enum leat_type type)
{
    if (v.null || v.fault || v.unknown) {
        v.type = type;
        return v;
    }
    return v.type == type ? v : type == LEAT_FLOAT64 ? to_float(v) : to_decimal(v);
}

static int order(value a, value b)
{
    __int128 x = a.digits, y = b.digits;
    int n, sign;

    switch (a.type) {
    case LEAT_FLOAT64:
        return (a.f > b.f) - (a.f < b.f);
    case LEAT_TEXT:
        n = a.n < b.n ? a.n : b.n;
        sign = memcmp(a.text, b.text, (size_t)n);
        return sign ? sign : a.n - b.n;
    case LEAT_DECIMAL:
        for (int i = a.scale; i < b.scale; i++)
            x *= 10;
        for (int i = b.scale; i < a.scale; i++)
            y *= 10;
        return (x > y) - (x < y);
    default:
        return (a.i > b.i) - (a.i < b.i);
    }
}

static bool reads_int(const char *p, int n, int64_t *ret, bool *ret_overflow)
{
    char copy[64];
    char *end;
    long long v;

    while (n && isspace((unsigned char)*p))
        p++, n--;
    while (n && isspace((unsigned char)p[n - 1]))
        n--;
    if (!n || n > 60 || isspace((unsigned char)p[*p == '-' || *p == '+']))
        return false;
    memcpy(copy, p, (size_t)n);
    copy[n] = '\0';
    errno = 0;
    v = strtoll(copy, &end, 10);
    *ret = v;
    *ret_overflow = n > 19 || errno == ERANGE;
    return *end == '\0' && end > copy && isdigit((unsigned char)end[-1]);
}

static value cast(const struct oracle *o, value v, enum leat_type to)
{
    int64_t i;
    bool overflow;

    if (v.type == to)
        return v;
    if (to == LEAT_TEXT) {
        const char *text = oracle_text(o, v);

        return of_text(o, text, (int)strlen(text));
    }
    if (v.type == LEAT_TEXT && to == LEAT_INT64) {
        if (!reads_int(v.text, v.n, &i, &overflow))
            return fault_of(to, "conversion_failed");
        return overflow ? unknown_of(to) : of_int(to, i);
    }
    if (v.type == LEAT_BOOL)
        return of_int(LEAT_INT64, v.i);
    if (to == LEAT_BOOL)
        return of_int(LEAT_BOOL, v.i != 0);
    if (v.type == LEAT_FLOAT64) { /* to int64: halves to the even one */
        if (!(fabs(v.f) < 9e18))
            return fabs(v.f) < 1e19 ? unknown_of(to) : fault_of(to, "out_of_range");
        return of_int(LEAT_INT64, (int64_t)nearbyint(v.f));
    }
    if (v.type == LEAT_DATE)
        return of_int(LEAT_TIMESTAMP, v.i * 86400 * 1000000);
    if (v.type == LEAT_TIMESTAMP)
        return of_int(LEAT_DATE, (int64_t)floor((double)v.i / 86400e6));
    return to == LEAT_FLOAT64 ? to_float(v) : to_decimal(v);
}

/* ---- arithmetic ---- */

static value int_operate(enum oracle_op op, __int128 a, __int128 b)
{
    __int128 r;

    if ((op == O_DIVIDE || op == O_MODULO) && b == 0)
        return fault_of(LEAT_INT64, "division_by_zero");
    r = op == O_ADD ? a + b : op == O_SUBTRACT ? a - b : op == O_MULTIPLY ? a * b : op == O_DIVIDE ? a / b : a % b;
    if (r > INT64_MAX || r < INT64_MIN)
        return fault_of(LEAT_INT64, "out_of_range");
    return of_int(LEAT_INT64, (int64_t)r);
}

static value float_operate(enum oracle_op op, double a, double b)
{
    value v = {.type = LEAT_FLOAT64};

    if (op == O_DIVIDE && b == 0)
        return fault_of(LEAT_FLOAT64, "division_by_zero");
    v.f = op == O_ADD ? a + b : op == O_SUBTRACT ? a - b : op == O_MULTIPLY ? a * b : a / b;
    return isinf(v.f) ? fault_of(LEAT_FLOAT64, "out_of_range") : v;
}

static const __int128 large = (__int128)1000000000000000000;

static value decimal_operate(enum oracle_op op, value a, value b)
{
    value v = {.type = LEAT_DECIMAL};

    if (a.digits > large || a.digits < -large || b.digits > large || b.digits < -large || a.scale > 9 || b.scale > 9)
        return unknown_of(LEAT_DECIMAL);
    if (op == O_MULTIPLY) {
        v.digits = a.digits * b.digits;
        v.scale = a.scale + b.scale;
        return v;
    }
    for (; a.scale < b.scale; a.scale++)
        a.digits *= 10;
    for (; b.scale < a.scale; b.scale++)
        b.digits *= 10;
    v.scale = a.scale;
    if (op == O_MODULO && b.digits == 0)
        return fault_of(LEAT_DECIMAL, "division_by_zero");
    v.digits = op == O_ADD ? a.digits + b.digits : op == O_SUBTRACT ? a.digits - b.digits : a.digits % b.digits;
    return v;
}

static value operate(const struct oracle_node *node, value a, value b)
{
    enum leat_type type = common(a.type, b.type);

    if (a.null || b.null)
        return null_of(node->type);
    if (a.type == LEAT_DATE && b.type == LEAT_DATE)
        return of_int(LEAT_INT64, a.i - b.i);
    if (a.type == LEAT_DATE)
        return of_int(LEAT_DATE, node->op == O_ADD ? a.i + b.i : a.i - b.i);
    a = made(a, type);
    b = made(b, type);
    if (type == LEAT_INT64)
        return int_operate(node->op, a.i, b.i);
    return type == LEAT_FLOAT64 ? float_operate(node->op, a.f, b.f) : decimal_operate(node->op, a, b);
}

/* ---- functions ---- */

static value pad(const struct oracle *o, const value *a, int n, bool left)
{
    struct letters text, with, out = {0};
    int64_t want = a[1].i < 0 ? 0 : a[1].i;

    if (want > 1 << 20)
        return fault_of(LEAT_TEXT, "out_of_range");
    if (want > 4000)
        return unknown_of(LEAT_TEXT);
    spell(&text, a[0].text, a[0].n);
    spell(&with, n > 2 ? a[2].text : " ", n > 2 ? a[2].n : 1);
    if (text.n >= want || !with.n)
        return join(o, &text, 0, (int)want);
    for (int i = 0; left && i < want - text.n; i++)
        out.c[out.n++] = with.c[i % with.n];
    for (int i = 0; i < text.n; i++)
        out.c[out.n++] = text.c[i];
    for (int i = 0; !left && out.n < want; i++)
        out.c[out.n++] = with.c[i % with.n];
    return join(o, &out, 0, out.n);
}

static bool here(const struct letters *t, int at, const struct letters *what)
{
    return what->n <= t->n - at && memcmp(t->c + at, what->c, (size_t)what->n * sizeof *t->c) == 0;
}

static value replace(const struct oracle *o, const value *a)
{
    struct letters text, from, to, out = {0};

    spell(&text, a[0].text, a[0].n);
    spell(&from, a[1].text, a[1].n);
    spell(&to, a[2].text, a[2].n);
    for (int i = 0; i < text.n;) {
        bool hit = from.n && here(&text, i, &from);

        if (out.n + to.n + 1 > 4000)
            return unknown_of(LEAT_TEXT);
        for (int k = 0; hit && k < to.n; k++)
            out.c[out.n++] = to.c[k];
        if (!hit)
            out.c[out.n++] = text.c[i];
        i += hit ? from.n : 1;
    }
    return join(o, &out, 0, out.n);
}

static value translate(const struct oracle *o, const value *a)
{
    struct letters text, from, to, out = {0};

    spell(&text, a[0].text, a[0].n);
    spell(&from, a[1].text, a[1].n);
    spell(&to, a[2].text, a[2].n);
    for (int i = 0; i < text.n; i++) {
        int k = 0;

        while (k < from.n && from.c[k] != text.c[i])
            k++;
        if (k == from.n)
            out.c[out.n++] = text.c[i];
        else if (k < to.n)
            out.c[out.n++] = to.c[k];
    }
    return join(o, &out, 0, out.n);
}

static value split_part(const struct oracle *o, const value *a)
{
    struct letters text, by;
    int starts[4097], n = 1;
    int64_t k = a[2].i;

    if (!k)
        return fault_of(LEAT_TEXT, "out_of_range");
    spell(&text, a[0].text, a[0].n);
    spell(&by, a[1].text, a[1].n);
    if (!by.n || !text.n)
        return k == 1 || k == -1 ? a[0] : of_text(o, "", 0);
    starts[0] = 0;
    for (int i = 0; i < text.n;) {
        if (here(&text, i, &by))
            starts[n++] = i += by.n;
        else
            i++;
    }
    if (k < 0)
        k = n + k + 1;
    if (k < 1 || k > n)
        return of_text(o, "", 0);
    return join(o, &text, starts[k - 1], k < n ? starts[k] - by.n : text.n);
}

static value trimmed(const struct oracle *o, const value *a, int n, bool left, bool right)
{
    struct letters text, set;
    int from = 0, to;

    spell(&text, a[0].text, a[0].n);
    spell(&set, n > 1 ? a[1].text : " ", n > 1 ? a[1].n : 1);
    to = text.n;
    while (left && from < to && contains(&set, text.c[from]))
        from++;
    while (right && to > from && contains(&set, text.c[to - 1]))
        to--;
    return join(o, &text, from, to);
}

static value substr(const struct oracle *o, const value *a, int n)
{
    struct letters text;
    __int128 from = a[1].i, to;

    spell(&text, a[0].text, a[0].n);
    if (n > 2 && a[2].i < 0)
        return fault_of(LEAT_TEXT, "out_of_range");
    to = n > 2 ? from + a[2].i : 5000;
    from = from < 1 ? 1 : from > 5000 ? 5000 : from;
    to = to > 5000 ? 5000 : to;
    return to <= from ? of_text(o, "", 0) : join(o, &text, (int)from - 1, (int)to - 1);
}

/* Patterns whose meaning is known here by name. */
static value regexp(const struct oracle *o, const value *a, int n)
{
    struct letters text, with, out = {0};
    bool global = n > 3, run = false, done = false;
    const char *p = a[1].text;

    spell(&text, a[0].text, a[0].n);
    spell(&with, a[2].text, a[2].n);
    for (int i = 0; i < text.n; i++) {
        int32_t c = text.c[i];
        bool digit = c >= '0' && c <= '9', again = run, hit;

        if (strcmp(p, "\\D") == 0)
            hit = !digit;
        else if (strcmp(p, "[^0-9]+") == 0)
            hit = !digit;
        else if (strcmp(p, "[a-c/]") == 0)
            hit = (c >= 'a' && c <= 'c') || c == '/';
        else if (strcmp(p, "\\s+") == 0)
            hit = c == ' ' || c == '\t';
        else /* ^0 */
            hit = i == 0 && c == '0';
        run = hit && p[strlen(p) - 1] == '+';
        if (done && !(run && again))
            hit = false;
        if (!hit) {
            out.c[out.n++] = c;
            run = false;
            continue;
        }
        for (int k = 0; !(run && again) && k < with.n; k++)
            out.c[out.n++] = with.c[k];
        done = !global;
        if (out.n > 3000)
            return unknown_of(LEAT_TEXT);
    }
    return join(o, &out, 0, out.n);
}

static value to_bool(const value *a)
{
    static const char *const words[] = {"f", "false", "n", "no", "off", "0", "t", "true", "y", "yes", "on", "1"};
    char word[16] = "";
    int n = 0;

    for (int i = 0; i < a->n; i++) {
        if (a->text[i] == ' ' && (!n || strspn(a->text + i, " ") == (size_t)(a->n - i)))
            continue;
        if (n == 15)
            return fault_of(LEAT_BOOL, "conversion_failed");
        word[n++] = (char)tolower((unsigned char)a->text[i]);
    }
    for (int i = 0; i < 12; i++)
        if (strcmp(word, words[i]) == 0)
            return of_int(LEAT_BOOL, i >= 6);
    return fault_of(LEAT_BOOL, "conversion_failed");
}

static value number_function(const char *name, value a)
{
    __int128 unit = 1, rest;

    if (a.type == LEAT_INT64) {
        if (strcmp(name, "abs") == 0 && a.i == INT64_MIN)
            return fault_of(LEAT_INT64, "out_of_range");
        return of_int(LEAT_INT64, strcmp(name, "abs") == 0 && a.i < 0 ? -a.i : a.i);
    }
    if (a.type == LEAT_FLOAT64) {
        a.f = strcmp(name, "abs") == 0     ? fabs(a.f)
              : strcmp(name, "round") == 0 ? nearbyint(a.f)
              : strcmp(name, "floor") == 0 ? floor(a.f)
                                           : ceil(a.f);
        return a;
    }
    if (strcmp(name, "abs") == 0) {
        a.digits = a.digits < 0 ? -a.digits : a.digits;
        return a;
    }
    for (int i = 0; i < a.scale; i++)
        unit *= 10;
    rest = a.digits % unit;
    a.digits /= unit;
    a.scale = 0;
    if (strcmp(name, "round") == 0)
        a.digits += 2 * rest >= unit ? 1 : 2 * rest <= -unit ? -1 : 0;
    else if (strcmp(name, "floor") == 0)
        a.digits -= rest < 0;
    else
        a.digits += rest > 0;
    return a;
}

static value strict_function(const struct oracle *o, const struct oracle_node *node, const value *a, int n)
{
    const char *name = node->name;
    struct letters text;
    int64_t k;

    if (strcmp(name, "abs") == 0 || strcmp(name, "round") == 0 || strcmp(name, "floor") == 0 ||
        strcmp(name, "ceil") == 0)
        return number_function(name, a[0]);
    if (strcmp(name, "epoch") == 0)
        return of_int(LEAT_INT64, a[0].type == LEAT_DATE ? a[0].i * 86400 : (int64_t)floor((double)a[0].i / 1e6));
    if (strcmp(name, "bool") == 0)
        return to_bool(a);
    if (strcmp(name, "starts_with") == 0)
        return of_int(LEAT_BOOL, a[1].n <= a[0].n && memcmp(a[0].text, a[1].text, (size_t)a[1].n) == 0);
    if (strcmp(name, "lpad") == 0 || strcmp(name, "rpad") == 0)
        return pad(o, a, n, *name == 'l');
    if (strcmp(name, "replace") == 0)
        return replace(o, a);
    if (strcmp(name, "translate") == 0)
        return translate(o, a);
    if (strcmp(name, "split_part") == 0)
        return split_part(o, a);
    if (strcmp(name, "substr") == 0)
        return substr(o, a, n);
    if (strcmp(name, "regexp_replace") == 0)
        return regexp(o, a, n);
    if (strcmp(name, "trim") == 0 || strcmp(name, "ltrim") == 0 || strcmp(name, "rtrim") == 0)
        return trimmed(o, a, n, *name != 'r', *name != 'l');
    spell(&text, a[0].text, a[0].n);
    if (strcmp(name, "length") == 0)
        return of_int(LEAT_INT64, text.n);
    k = n > 1 ? a[1].i : 0;
    if (strcmp(name, "left") == 0)
        return join(o, &text, 0, (int)(k < 0 ? (k < -text.n ? 0 : text.n + k) : k > text.n ? text.n : k));
    if (strcmp(name, "right") == 0)
        return join(o, &text, (int)(k < 0 ? (k < -text.n ? text.n : -k) : k > text.n ? 0 : text.n - k), text.n);
    for (int i = 0; i < text.n; i++) {
        if (strcmp(name, "lower") == 0)
            text.c[i] = lower(text.c[i]);
        if (strcmp(name, "upper") == 0)
            text.c[i] = upper(text.c[i]);
    }
    for (int i = 0; strcmp(name, "reverse") == 0 && i < text.n / 2; i++) {
        int32_t c = text.c[i];

        text.c[i] = text.c[text.n - 1 - i];
        text.c[text.n - 1 - i] = c;
    }
    return join(o, &text, 0, text.n);
}

/* concat, concat_ws and ||: the texts of any values. */
static value concat(const struct oracle *o, const struct oracle_node *node, const value *a, int n)
{
    bool ws = node->op == O_FUNCTION && strcmp(node->name, "concat_ws") == 0, first = true;
    struct leat_text_buffer out = {0};
    value v;

    if (ws && a[0].null)
        return null_of(LEAT_TEXT);
    for (int i = ws; i < n; i++) {
        if (a[i].null)
            continue;
        if (ws && !first)
            leat_text_add(&out, a[0].text, (size_t)a[0].n);
        first = false;
        leat_text_add_string(&out, oracle_text(o, a[i]));
    }
    v = out.n > 2000 ? unknown_of(LEAT_TEXT) : of_text(o, out.p ? out.p : "", (int)out.n);
    leat_text_deinit(&out);
    return v;
}

static value strict(const struct oracle *o, const struct oracle_node *node, const value *a, int n)
{
    struct letters x, y;
    value v;

    for (int i = 0; i < n; i++)
        if (a[i].null)
            return null_of(node->type);
    switch (node->op) {
    case O_NEGATE:
        if (a[0].type == LEAT_INT64)
            return int_operate(O_SUBTRACT, 0, a[0].i);
        v = a[0];
        v.f = -v.f;
        v.digits = -v.digits;
        return v;
    case O_NOT:
        return of_int(LEAT_BOOL, !a[0].i);
    case O_CAST:
        return cast(o, a[0], node->type);
    case O_LIKE:
        spell(&x, a[0].text, a[0].n);
        spell(&y, a[1].text, a[1].n);
        return of_int(LEAT_BOOL, like(x.c, x.n, y.c, y.n) != node->negated);
    case O_CONCAT_OP:
        return concat(o, node, a, n);
    default:
        return strict_function(o, node, a, n);
    }
}

/* ---- three values ---- */

/* a op b; null where SQL says so. */
static value compare(enum oracle_op op, value a, value b)
{
    enum leat_type type = common(a.type, b.type);
    int sign;

    if (a.null || b.null) {
        if (op == O_DISTINCT || op == O_NOT_DISTINCT)
            return of_int(LEAT_BOOL, (a.null != b.null) == (op == O_DISTINCT));
        return null_of(LEAT_BOOL);
    }
    sign = order(made(a, type), made(b, type));
    switch (op) {
    case O_EQ:
    case O_NOT_DISTINCT:
        return of_int(LEAT_BOOL, sign == 0);
    case O_NE:
    case O_DISTINCT:
        return of_int(LEAT_BOOL, sign != 0);
    case O_LT:
        return of_int(LEAT_BOOL, sign < 0);
    case O_LE:
        return of_int(LEAT_BOOL, sign <= 0);
    case O_GT:
        return of_int(LEAT_BOOL, sign > 0);
    default:
        return of_int(LEAT_BOOL, sign >= 0);
    }
}

#define ask(into, i)                                                                               \
    do {                                                                                           \
        (into) = oracle_evaluate(o, node->args[i]);                                                \
        if ((into).fault || (into).unknown) {                                                      \
            (into).type = node->type;                                                              \
            return (into);                                                                         \
        }                                                                                          \
    } while (0)

static value chain(const struct oracle *o, const struct oracle_node *node)
{
    bool decides = node->op == O_OR, null = false;
    value v;

    for (int i = 0; i < node->n_args; i++) {
        ask(v, i);
        if (!v.null && v.i == decides)
            return v;
        null = null || v.null;
    }
    return null ? null_of(LEAT_BOOL) : of_int(LEAT_BOOL, !decides);
}

static value between(const struct oracle *o, const struct oracle_node *node)
{
    value x, low, high, above, below;

    ask(x, 0);
    ask(low, 1);
    above = compare(O_GE, x, low);
    if (!above.null && !above.i)
        return of_int(LEAT_BOOL, node->negated);
    ask(high, 2);
    below = compare(O_LE, x, high);
    if (!below.null && !below.i)
        return of_int(LEAT_BOOL, node->negated);
    return above.null || below.null ? null_of(LEAT_BOOL) : of_int(LEAT_BOOL, !node->negated);
}

static value in(const struct oracle *o, const struct oracle_node *node)
{
    bool null = false;
    value x, member;

    ask(x, 0);
    if (x.null)
        return null_of(LEAT_BOOL);
    for (int i = 1; i < node->n_args; i++) {
        value equal;

        ask(member, i);
        equal = compare(O_EQ, x, member);
        if (!equal.null && equal.i)
            return of_int(LEAT_BOOL, !node->negated);
        null = null || equal.null;
    }
    return null ? null_of(LEAT_BOOL) : of_int(LEAT_BOOL, node->negated);
}

static value cases(const struct oracle *o, const struct oracle_node *node)
{
    int first = node->op == O_CASE_OF, last = node->n_args - node->otherwise;
    value x = {0}, condition, result;

    if (first)
        ask(x, 0);
    for (int i = first; i < last; i += 2) {
        ask(condition, i);
        if (first)
            condition = compare(O_EQ, x, condition);
        if (condition.null || !condition.i)
            continue;
        ask(result, i + 1);
        return made(result, node->type);
    }
    if (!node->otherwise)
        return null_of(node->type);
    ask(result, last);
    return made(result, node->type);
}

static value coalesce(const struct oracle *o, const struct oracle_node *node)
{
    value v;

    for (int i = 0; i < node->n_args; i++) {
        ask(v, i);
        if (!v.null)
            return made(v, node->type);
    }
    return null_of(node->type);
}

static value extreme(const struct oracle_node *node, const value *a, int n)
{
    value best = null_of(node->type);

    for (int i = 0; i < n; i++) {
        value v = made(a[i], node->type);

        if (!v.null && (best.null || (node->op == O_GREATEST ? order(v, best) > 0 : order(v, best) < 0)))
            best = v;
    }
    return best;
}

/* Those that look at all their arguments. */
static value eager(const struct oracle *o, const struct oracle_node *node)
{
    value a[ORACLE_MAX_ARGS], v;

    for (int i = 0; i < node->n_args; i++)
        ask(a[i], i);
    switch (node->op) {
    case O_ADD: case O_SUBTRACT: case O_MULTIPLY: case O_DIVIDE: case O_MODULO:
        return operate(node, a[0], a[1]);
    case O_EQ: case O_NE: case O_LT: case O_LE: case O_GT: case O_GE: case O_DISTINCT: case O_NOT_DISTINCT:
        return compare(node->op, a[0], a[1]);
    case O_IS_NULL:
        return of_int(LEAT_BOOL, a[0].null != node->negated);
    case O_IS_TRUE: case O_IS_FALSE:
        return of_int(LEAT_BOOL, (!a[0].null && a[0].i == (node->op == O_IS_TRUE)) != node->negated);
    case O_NULLIF:
        v = compare(O_EQ, a[0], a[1]);
        return !v.null && v.i ? null_of(node->type) : made(a[0], node->type);
    case O_GREATEST: case O_LEAST:
        return extreme(node, a, node->n_args);
    case O_FUNCTION:
        if (strncmp(node->name, "concat", 6) == 0)
            return concat(o, node, a, node->n_args);
        /* fall through */
    default:
        v = strict(o, node, a, node->n_args);
        return v.fault && node->tries ? null_of(node->type) : v;
    }
}

struct oracle_value oracle_evaluate(const struct oracle *o, const struct oracle_node *node)
{
    switch (node->op) {
    case O_LITERAL:
        return node->literal;
    case O_FIELD:
        return o->field(o->context, node->field);
    case O_AND: case O_OR:
        return chain(o, node);
    case O_BETWEEN:
        return between(o, node);
    case O_IN:
        return in(o, node);
    case O_CASE: case O_CASE_OF:
        return cases(o, node);
    case O_COALESCE:
        return coalesce(o, node);
    default:
        return eager(o, node);
    }
}

/* ---- printing ---- */

/* The level of an operator in the table of precedence; 11 needs no brackets. */
static int level(const struct oracle_node *node)
{
    static const int levels[] = {
        [O_OR] = 1, [O_AND] = 2, [O_NOT] = 3, [O_IS_NULL] = 4, [O_IS_TRUE] = 4, [O_IS_FALSE] = 4, [O_DISTINCT] = 4,
        [O_NOT_DISTINCT] = 4, [O_EQ] = 5, [O_NE] = 5, [O_LT] = 5, [O_LE] = 5, [O_GT] = 5, [O_GE] = 5, [O_IN] = 6,
        [O_BETWEEN] = 6, [O_LIKE] = 6, [O_CONCAT_OP] = 7, [O_ADD] = 8, [O_SUBTRACT] = 8, [O_MULTIPLY] = 9,
        [O_DIVIDE] = 9, [O_MODULO] = 9, [O_NEGATE] = 10, [O_FUNCTION] = 0,
    };

    return levels[node->op] ? levels[node->op] : 11;
}

static const char *const *names_of_fields;

static void print(const struct oracle_node *node, int least, struct leat_text_buffer *out);

static void list(const struct oracle_node *node, int from, struct leat_text_buffer *out)
{
    leat_text_add_string(out, "(");
    for (int i = from; i < node->n_args; i++) {
        leat_text_add_string(out, i > from ? ", " : "");
        print(node->args[i], 1, out);
    }
    leat_text_add_string(out, ")");
}

static void print_literal(const struct oracle_node *node, struct leat_text_buffer *out)
{
    const value *v = &node->literal;
    char text[80];

    if (v->null) {
        leat_text_add_string(out, "null");
        return;
    }
    if (v->type != LEAT_TEXT) {
        if (v->type == LEAT_FLOAT64)
            sprintf(text, "%.17e", v->f);
        else if (v->type == LEAT_DECIMAL)
            put_decimal(text, v->digits, v->scale);
        else
            sprintf(text, "%lld", (long long)v->i);
        if (v->type == LEAT_DECIMAL && !strchr(text, '.')) /* without a point it would be an int64 */
            leat_text_printf(out, "cast(%s as decimal)", text);
        else
            leat_text_add_string(out, v->type == LEAT_BOOL ? v->i ? "true" : "false" : text);
        return;
    }
    leat_text_add_string(out, "'");
    for (int i = 0; i < v->n; i++)
        leat_text_add(out, v->text[i] == '\'' ? "''" : v->text + i, v->text[i] == '\'' ? 2 : 1);
    leat_text_add_string(out, "'");
}

static void print_case(const struct oracle_node *node, struct leat_text_buffer *out)
{
    int first = node->op == O_CASE_OF, last = node->n_args - node->otherwise;

    leat_text_add_string(out, "case ");
    if (first)
        print(node->args[0], 1, out);
    for (int i = first; i < last; i += 2) {
        leat_text_add_string(out, " when ");
        print(node->args[i], 1, out);
        leat_text_add_string(out, " then ");
        print(node->args[i + 1], 1, out);
    }
    if (node->otherwise) {
        leat_text_add_string(out, " else ");
        print(node->args[last], 1, out);
    }
    leat_text_add_string(out, " end");
}

static void print_range(const struct oracle_node *node, struct leat_text_buffer *out)
{
    print(node->args[0], 7, out);
    leat_text_add_string(out, node->negated ? " not " : " ");
    if (node->op == O_IN) {
        leat_text_add_string(out, "in ");
        list(node, 1, out);
        return;
    }
    leat_text_add_string(out, node->op == O_LIKE ? "like " : "between ");
    print(node->args[1], 7, out);
    if (node->op == O_BETWEEN) {
        leat_text_add_string(out, " and ");
        print(node->args[2], 7, out);
    }
}

static void print_infix(const struct oracle_node *node, struct leat_text_buffer *out)
{
    int own = level(node);
    bool chained = node->op == O_AND || node->op == O_OR || node->op == O_CONCAT_OP;

    for (int i = 0; i < node->n_args; i++) {
        if (i)
            leat_text_printf(out, " %s ", node->name);
        print(node->args[i], own == 5 || chained || i ? own + 1 : own, out);
    }
}

static void print_bare(const struct oracle_node *node, struct leat_text_buffer *out)
{
    switch (node->op) {
    case O_LITERAL:
        print_literal(node, out);
        break;
    case O_FIELD:
        leat_text_add_string(out, names_of_fields[node->field]);
        break;
    case O_NEGATE: case O_NOT:
        leat_text_printf(out, "%s ", node->name);
        print(node->args[0], level(node), out);
        break;
    case O_IS_NULL: case O_IS_TRUE: case O_IS_FALSE:
        print(node->args[0], 4, out);
        leat_text_printf(out, " is %s%s", node->negated ? "not " : "",
                         node->op == O_IS_NULL ? "null" : node->op == O_IS_TRUE ? "true" : "false");
        break;
    case O_IN: case O_BETWEEN: case O_LIKE:
        print_range(node, out);
        break;
    case O_CASE: case O_CASE_OF:
        print_case(node, out);
        break;
    case O_CAST:
        leat_text_printf(out, "%scast(", node->tries ? "try_" : "");
        print(node->args[0], 1, out);
        leat_text_printf(out, " as %s)", node->name);
        break;
    case O_FUNCTION: case O_COALESCE: case O_NULLIF: case O_GREATEST: case O_LEAST:
        leat_text_printf(out, "%s%s", node->tries ? "try_" : "", node->name);
        list(node, 0, out);
        break;
    default:
        print_infix(node, out);
    }
}

static void print(const struct oracle_node *node, int least, struct leat_text_buffer *out)
{
    bool negative = node->op == O_LITERAL && !node->literal.null && node->literal.type != LEAT_TEXT &&
                    (node->literal.i < 0 || node->literal.f < 0 || node->literal.digits < 0);
    bool brackets = (negative ? 10 : level(node)) < least;

    if (brackets)
        leat_text_add_string(out, "(");
    print_bare(node, out);
    if (brackets)
        leat_text_add_string(out, ")");
}

void oracle_print(const struct oracle_node *node, const char *const *field_names, struct leat_text_buffer *out)
{
    names_of_fields = field_names;
    print(node, 1, out);
}
