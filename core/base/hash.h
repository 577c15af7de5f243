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

/* The same whatever pieces the bytes come in (XXH64). Begins with leat_running_hash_begin. */
struct leat_running_hash {
    uint64_t state[11];
};

void leat_running_hash_begin(struct leat_running_hash *hash);
void leat_running_hash_add(struct leat_running_hash *hash, const void *bytes, size_t n);
/* Of all so far; more may be added. */
uint64_t leat_running_hash_value(const struct leat_running_hash *hash);

#endif
