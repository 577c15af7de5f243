/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * From the values of a row to its key.
 */
#include "kit/keyset/keyset.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

int keyset_seed(uint64_t *ret_seed, struct leat_error *err)
{
    if (getentropy(ret_seed, sizeof *ret_seed) < 0)
        return leat_fail(err, -errno, "cannot get random bytes from the system: %s", strerror(errno));
    return 0;
}

static struct keyset_key hash(const void *bytes, size_t n, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(bytes, n, seed);

    if (!(h.low64 | h.high64))
        h.low64 = 1; /* all zero marks a free slot */
    return (struct keyset_key){ .high = h.high64, .low = h.low64 };
}

/* -0.0 equals 0.0, and one NaN is as good as another. */
static double one_of_equals(double value)
{
    return isnan(value) ? (double)NAN : value + 0.0;
}

static struct keyset_key hash_value(const struct leat_column *column, int32_t row, uint64_t seed)
{
    const char *text;
    size_t n;
    double real;
    bool truth;

    if (column->offsets) {
        text = leat_text(column, row, &n);
        return hash(text, n, seed);
    }
    switch (column->type) {
    case LEAT_BOOL:
        truth = leat_bool(column, row);
        return hash(&truth, sizeof truth, seed);
    case LEAT_DATE:
        return hash(&column->date[row], sizeof column->date[row], seed);
    case LEAT_FLOAT64:
        real = one_of_equals(column->float64[row]);
        return hash(&real, sizeof real, seed);
    default:
        return hash(&column->int64[row], sizeof column->int64[row], seed);
    }
}

/* The key of several values is the hash of their hashes, so that ('ab', 'c') is not ('a', 'bc'). */
bool keyset_row_key(const struct leat_batch *batch, const int *fields, int n_fields, int32_t row, uint64_t seed,
                    struct keyset_key *ret)
{
    struct keyset_key parts[2] = { { 0, 0 } };

    for (int i = 0; i < n_fields; i++) {
        const struct leat_column *column = &batch->columns[fields[i]];

        if (leat_is_null(column, row))
            return false;
        parts[1] = hash_value(column, row, seed);
        parts[0] = i == 0 ? parts[1] : hash(parts, sizeof parts, seed);
    }
    *ret = parts[0];
    return true;
}
