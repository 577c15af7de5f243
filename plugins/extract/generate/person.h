/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A made-up person: what follows from the seed and a row's number alone, drawn
 * from a generator of its own. The text helpers write at `p` and return the end.
 */
#ifndef LEAT_GENERATE_PERSON_H
#define LEAT_GENERATE_PERSON_H

#include <stdint.h>
#include <string.h>

#include "words.h"

struct person {
    int64_t id;
    const struct country *country;
    const struct name *first, *last;
    struct word domain;
    uint64_t state; /* of the generator: the rest of the row is drawn from it */
};

struct person make_person(int64_t seed, int64_t id);

/* The mail address as its owner typed it: right, but in another spelling. */
char *add_spelt(char *p, struct person *who);
/* What is no mail address. */
char *add_broken(char *p, struct person *who);
/* The address of a person some rows before, in capitals or with one. */
char *add_duplicate(char *p, struct person *who, int64_t seed);

/* splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators") */
static inline uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t draw(uint64_t *state)
{
    return mix(*state += UINT64_C(0x9E3779B97F4A7C15));
}

static inline unsigned below(uint64_t *state, unsigned n)
{
    return (unsigned)((draw(state) >> 32) * n >> 32);
}

static inline struct word pick(uint64_t *state, struct words words)
{
    return words.list[below(state, words.n)];
}

static inline char *add(char *p, const char *text, size_t n)
{
    memcpy(p, text, n);
    return p + n;
}

/* A literal. */
#define ADD(p, literal) add(p, literal "", sizeof(literal) - 1)

static inline char *add_word(char *p, struct word word)
{
    return add(p, word.text, word.n);
}

char *add_number(char *p, uint64_t value, int min_digits);
char *add_pattern(char *p, uint64_t *state, struct word pattern);
void upper_case(char *from, const char *to);

#endif
