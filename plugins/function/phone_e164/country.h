/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Countries as legacy tables write them: ISO 3166 codes and English names.
 */
#ifndef LEAT_PHONE_COUNTRY_H
#define LEAT_PHONE_COUNTRY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ISO 3166 alpha-2 code (upper case, a literal) of a country given by its alpha-2 or alpha-3
 * code or by an English name, or NULL. Case, accents, dots, commas, brackets, hyphens and a
 * leading "the" do not matter. Any thread. */
const char *leat_country_code(const char *text, size_t n);

/* Whether the table is sorted, as the search needs it; for the tests. */
int leat_country_table_sorted(void);

#ifdef __cplusplus
}
#endif

#endif
