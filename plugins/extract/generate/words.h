/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What generated users are made of: names, places and telephone numbers of a
 * few countries. Constant.
 */
#ifndef LEAT_GENERATE_WORDS_H
#define LEAT_GENERATE_WORDS_H

#include <stddef.h>

struct word {
    const char *text;
    size_t n;
};

/* A list of words. */
struct words {
    const struct word *list;
    unsigned n;
};

/* A name, and how its bearer writes it in a mail address. */
struct name {
    struct word written, ascii;
};

struct names {
    const struct name *list;
    unsigned n;
};

/* In a pattern # is a digit, % a digit from 2 to 9, @ a capital letter; the rest stands for itself. */
struct country {
    const char *code;
    unsigned share;          /* of 100 users */
    struct names first, last;
    struct words streets, cities, phones;
    struct word post_code;   /* a pattern */
    int number_behind;       /* "Lindenweg 4", not "4 Mill Lane" */
};

extern const struct country generate_countries[];
extern const unsigned generate_n_countries;
extern const struct names generate_foreign_first, generate_foreign_last; /* live everywhere */
extern const struct words generate_domains, generate_roles, generate_no_phones;

#endif
