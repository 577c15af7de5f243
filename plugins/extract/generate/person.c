/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "person.h"

enum { RECENT = 5000 /* how far back a duplicate may reach */ };

char *add_number(char *p, uint64_t value, int min_digits)
{
    char digits[20];
    int n = 0;

    for (; value > 0 || n < min_digits; value /= 10)
        digits[n++] = (char)('0' + value % 10);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

char *add_pattern(char *p, uint64_t *state, struct word pattern)
{
    uint64_t bits = draw(state);

    for (size_t i = 0; i < pattern.n; i++) {
        char c = pattern.text[i];

        if (c == '#') {
            c = (char)('0' + bits % 10);
            bits /= 10;
        } else if (c == '%') {
            c = (char)('2' + bits % 8);
            bits /= 8;
        } else if (c == '@') {
            c = (char)('A' + bits % 26);
            bits /= 26;
        }
        *p++ = c;
    }
    return p;
}

static const struct country *pick_country(uint64_t *state)
{
    unsigned percent = below(state, 100), i = 0;

    while (percent >= generate_countries[i].share)
        percent -= generate_countries[i++].share;
    return &generate_countries[i];
}

struct person make_person(int64_t seed, int64_t id)
{
    struct person who = { .id = id, .state = mix(mix((uint64_t)seed) + (uint64_t)id) };
    struct names first, last;

    who.country = pick_country(&who.state);
    first = below(&who.state, 10) ? who.country->first : generate_foreign_first;
    last = below(&who.state, 10) ? who.country->last : generate_foreign_last;
    who.first = &first.list[below(&who.state, first.n)];
    who.last = &last.list[below(&who.state, last.n)];
    who.domain = pick(&who.state, generate_domains);
    return who;
}

static char *add_local_part(char *p, const struct person *who)
{
    p = add_word(p, who->first->ascii);
    *p++ = '.';
    p = add_word(p, who->last->ascii);
    return add_number(p, (uint64_t)who->id, 1);
}

static char *add_address_of(char *p, const struct person *who)
{
    p = add_local_part(p, who);
    *p++ = '@';
    return add_word(p, who->domain);
}

void upper_case(char *from, const char *to)
{
    for (; from < to; from++)
        if (*from >= 'a' && *from <= 'z')
            *from = (char)(*from - 'a' + 'A');
}

char *add_spelt(char *p, struct person *who)
{
    unsigned how = below(&who->state, 100);
    char *begin;

    if (how < 2)
        *p++ = ' ';
    begin = p;
    p = add_address_of(p, who);
    if (how >= 4 && how < 20)
        upper_case(begin, begin + 1);
    else if (how >= 20 && how < 24)
        upper_case(begin, p);
    return how >= 1 && how < 4 ? ADD(p, "  ") : p;
}

char *add_broken(char *p, struct person *who)
{
    switch (below(&who->state, 7)) {
    case 0:
        return add_local_part(p, who);
    case 1:
        return add_word(ADD(p, "@"), who->domain);
    case 2:
        return ADD(add_local_part(p, who), "@localhost");
    case 3:
        return add_word(ADD(add_local_part(p, who), "@@"), who->domain);
    case 4:
        return add_word(ADD(add_local_part(p, who), " @"), who->domain);
    case 5:
        return ADD(add_address_of(p, who), ", old@example.com");
    default:
        return ADD(p, "unknown");
    }
}

char *add_duplicate(char *p, struct person *who, int64_t seed)
{
    unsigned n_before = who->id - 1 < RECENT ? (unsigned)(who->id - 1) : RECENT;
    struct person earlier = make_person(seed, who->id - 1 - below(&who->state, n_before));
    char *begin = p;

    p = add_address_of(p, &earlier);
    upper_case(begin, below(&who->state, 2) ? p : begin + 1);
    return p;
}

