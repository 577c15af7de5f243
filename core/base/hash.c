/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct leat_hash leat_hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(bytes, n, seed);

    return (struct leat_hash){.low = h.low64, .high = h.high64};
}

_Static_assert(sizeof(XXH64_state_t) == sizeof(struct leat_running_hash), "room for the state");
_Static_assert(_Alignof(XXH64_state_t) <= _Alignof(struct leat_running_hash), "where the state may lie");

void leat_running_hash_begin(struct leat_running_hash *hash)
{
    (void)XXH64_reset((XXH64_state_t *)hash->state, 0);
}

void leat_running_hash_add(struct leat_running_hash *hash, const void *bytes, size_t n)
{
    (void)XXH64_update((XXH64_state_t *)hash->state, bytes, n);
}

uint64_t leat_running_hash_value(const struct leat_running_hash *hash)
{
    return XXH64_digest((const XXH64_state_t *)hash->state);
}
