/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * How far two names are apart, for "did you mean".
 */
#include "kit/text/text.h"

#include <limits.h>

enum { MAX_NAME = 64 };

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

int leat_text_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int row[MAX_NAME + 1];

    if (n_a > MAX_NAME || n_b > MAX_NAME)
        return INT_MAX;
    for (size_t j = 0; j <= n_b; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n_a; i++) {
        int diagonal = row[0]++;

        for (size_t j = 1; j <= n_b; j++) {
            int change = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            int gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = change < gap ? change : gap;
        }
    }
    return row[n_b];
}
