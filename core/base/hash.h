/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Hashes of keys: 128 bits of XXH3 under a seed of the run, so that two keys
 * that differ are taken for one with a chance of n * n / 2^129 (10 million
 * keys: 1.5e-25).
 */
#ifndef LEAT_BASE_HASH_H
#define LEAT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct leat_hash {
    uint64_t low, high;
};

struct leat_hash leat_hash_bytes(const void *bytes, size_t n, uint64_t seed);

#endif
