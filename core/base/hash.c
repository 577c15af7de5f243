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
