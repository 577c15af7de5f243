/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The formats, written by hand: they are asked for every record.
 */
#define _GNU_SOURCE 1 /* memrchr */

#include "rules.h"

enum { ATEXT = 1, LABEL = 2, DIGIT = 4, HEX = 8, SPECIAL = 16 };

/* ATEXT: RFC 5322, section 3.2.3, and with RFC 6531 all beyond ASCII. LABEL: a
 * letter, digit or hyphen of a domain, or beyond ASCII. SPECIAL: what stands in
 * URLs beside those (RFC 3986), beyond the authority. */
static const uint8_t classes[256] = {
    ['a' ... 'f'] = ATEXT | LABEL | HEX, ['g' ... 'z'] = ATEXT | LABEL,
    ['A' ... 'F'] = ATEXT | LABEL | HEX, ['G' ... 'Z'] = ATEXT | LABEL,
    ['0' ... '9'] = ATEXT | LABEL | DIGIT | HEX, ['-'] = ATEXT | LABEL, [0x80 ... 0xFF] = ATEXT | LABEL,
    ['!'] = ATEXT | SPECIAL, ['#'] = ATEXT | SPECIAL, ['$'] = ATEXT | SPECIAL, ['%'] = ATEXT | SPECIAL,
    ['&'] = ATEXT | SPECIAL, ['\''] = ATEXT | SPECIAL, ['*'] = ATEXT | SPECIAL, ['+'] = ATEXT | SPECIAL,
    ['/'] = ATEXT | SPECIAL, ['='] = ATEXT | SPECIAL, ['?'] = ATEXT | SPECIAL, ['_'] = ATEXT | SPECIAL,
    ['~'] = ATEXT | SPECIAL, ['^'] = ATEXT, ['`'] = ATEXT, ['{'] = ATEXT, ['|'] = ATEXT, ['}'] = ATEXT,
    ['.'] = SPECIAL, [':'] = SPECIAL, ['@'] = SPECIAL, ['('] = SPECIAL, [')'] = SPECIAL, [','] = SPECIAL,
    [';'] = SPECIAL, ['['] = SPECIAL, [']'] = SPECIAL,
};

static bool is(char c, int class)
{
    return classes[(unsigned char)c] & class;
}

/* Spaces and signs that nobody sees: copied along from a web page, never meant. */
static bool is_invisible(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        { 0x80, 0xA0 }, { 0xAD, 0xAD }, { 0x1680, 0x1680 }, { 0x180E, 0x180E }, { 0x2000, 0x200F },
        { 0x2028, 0x202F }, { 0x205F, 0x206F }, { 0x3000, 0x3000 }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF },
        { 0xFFF0, 0xFFFF }, { 0xE0000, 0xE0FFF },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i][0] && point <= ranges[i][1])
            return true;
    return false;
}

/* Of valid UTF-8. */
static bool has_invisible(const char *text, size_t n)
{
    uint32_t point = 0;
    int more = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x80)
            continue;
        if (c >= 0xC0) {
            more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            point = c & (0x3Fu >> more);
            continue;
        }
        point = point << 6 | (c & 0x3F);
        if (--more == 0 && is_invisible(point))
            return true;
    }
    return false;
}

/* An address, while it is read. */
struct reader {
    const unsigned char *p, *end;
    unsigned all; /* bits of all bytes so far */
};

/* Skips ASCII letters and digits, eight bytes at a time while there are eight. Adding to a byte below 0x80
 * sets its top bit if it is large enough, and carries into no other. */
static const unsigned char *skip_alphanumeric(const unsigned char *p, const unsigned char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;

    for (; end - p >= 8; p += 8) {
        uint64_t word, lower, plain;

        memcpy(&word, p, 8);
        lower = word | ones * 0x20;
        plain = (lower + ones * (0x80 - 'a')) & ~(lower + ones * (0x7F - 'z'));
        plain |= (word + ones * (0x80 - '0')) & ~(word + ones * (0x7F - '9'));
        if (word & tops || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
            return p;
        if (~plain & tops)
            return p + (__builtin_ctzll(~plain & tops) >> 3);
    }
    return p;
}

/* Words joined by single dots, up to the @. */
static bool read_local_part(struct reader *r)
{
    const unsigned char *begin = r->p, *word = r->p;

    for (; (r->p = skip_alphanumeric(r->p, r->end)) < r->end; r->p++) {
        unsigned c = *r->p;

        r->all |= c;
        if (classes[c] & ATEXT)
            continue;
        if (r->p == word || (c != '.' && c != '@'))
            return false;
        if (c == '@')
            return r->p++ - begin <= 64;
        word = r->p + 1;
    }
    return false;
}

static bool is_label(const unsigned char *begin, const unsigned char *end)
{
    return begin < end && end - begin <= 63 && *begin != '-' && end[-1] != '-';
}

static bool is_number(const unsigned char *p, const unsigned char *end)
{
    while (p < end && classes[*p] & DIGIT)
        p++;
    return p == end;
}

/* At least two labels, the last of which is no number (an address is no domain). */
static bool read_domain(struct reader *r)
{
    const unsigned char *begin = r->p, *label = r->p;

    for (; (r->p = skip_alphanumeric(r->p, r->end)) < r->end; r->p++) {
        unsigned c = *r->p;

        r->all |= c;
        if (classes[c] & LABEL)
            continue;
        if (c != '.' || !is_label(label, r->p))
            return false;
        label = r->p + 1;
    }
    return label > begin && is_label(label, r->end) && !is_number(label, r->end);
}

/* One pass, as this is the rule that nearly every record is held against. */
bool is_email(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct reader r = { .p = (const unsigned char *)text, .end = (const unsigned char *)text + n };

    (void)rule, (void)worker;
    return n <= 254 && read_local_part(&r) && read_domain(&r) && (r.all < 0x80 || !has_invisible(text, n));
}

static bool is_ascii(const char *text, size_t n)
{
    unsigned char all = 0;

    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

bool is_e164(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    (void)rule, (void)worker;
    if (n < 3 || n > 16 || text[0] != '+' || text[1] == '0')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!is(text[i], DIGIT))
            return false;
    return true;
}

bool is_uuid(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    (void)rule, (void)worker;
    if (n != 36)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? text[i] != '-' : !is(text[i], HEX))
            return false;
    }
    return true;
}

/* ---- http and https addresses ---- */

static bool skip_scheme(const char **p, const char *end)
{
    static const char scheme[] = "http";
    const char *q = *p;

    for (int i = 0; i < 4; i++, q++)
        if (q == end || (*q | 0x20) != scheme[i])
            return false;
    if (q < end && (*q | 0x20) == 's')
        q++;
    if (end - q < 3 || memcmp(q, "://", 3) != 0)
        return false;
    *p = q + 3;
    return true;
}

static bool is_port(const char *p, const char *end)
{
    int port = 0;

    for (; p < end; p++) {
        if (!is(*p, DIGIT) || port > 6553)
            return false;
        port = port * 10 + *p - '0';
    }
    return port <= 65535;
}

/* [2001:db8::1]; the parts of the address are not looked at. Returns its end. */
static const char *skip_literal(const char *p, const char *end)
{
    const char *begin = ++p;

    while (p < end && (is(*p, HEX) || *p == ':' || *p == '.'))
        p++;
    return p < end && *p == ']' && p - begin >= 2 ? p + 1 : NULL;
}

/* USER@HOST:PORT, the first and the last of which may be missing. */
static bool is_authority(const char *p, const char *end)
{
    const char *at = memrchr(p, '@', (size_t)(end - p)), *begin;

    p = begin = at ? at + 1 : p;
    if (p < end && *p == '[')
        p = skip_literal(p, end);
    else
        while (p < end && (is(*p, LABEL) || *p == '.' || *p == '_' || *p == '~' || *p == '%'))
            p++;
    return p && p > begin && *begin != '.' && (p == end || (*p == ':' && is_port(p + 1, end)));
}

/* Every character may stand in a URL, and a percent sign begins an escape. */
static bool has_url_characters(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (!is(*p, LABEL | SPECIAL))
            return false;
        if (*p == '%' && (end - p < 3 || !is(p[1], HEX) || !is(p[2], HEX)))
            return false;
    }
    return true;
}

bool is_url(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    const char *p = text, *end = text + n, *path;

    (void)rule, (void)worker;
    if (!skip_scheme(&p, end) || !has_url_characters(p, end))
        return false;
    for (path = p; path < end && *path != '/' && *path != '?' && *path != '#';)
        path++;
    return is_authority(p, path) && (is_ascii(text, n) || !has_invisible(text, n));
}
