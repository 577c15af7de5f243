/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "batch/books.h"

const char *leat_verdict_name(enum leat_verdict verdict)
{
    static const char *const names[LEAT_N_VERDICTS] = {
        NULL, "loaded", "already_there", "filtered", "duplicate", "rejected", "conflict", "unknown",
    };

    return names[verdict];
}

int64_t leat_books_difference(const struct leat_books *books)
{
    int64_t right = books->pending;

    for (int i = LEAT_LOADED; i < LEAT_N_VERDICTS; i++)
        right += books->counts[i];
    return books->read + books->made - right;
}

bool leat_books_balance(const struct leat_books *books)
{
    return leat_books_difference(books) == 0 && books->pending == 0;
}
