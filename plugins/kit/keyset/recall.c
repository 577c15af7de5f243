/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a stage had seen before the run that it goes on with was stopped.
 */
#include "kit/keyset/keyset.h"

#include <leat/stage.h>

enum { AT_ONCE = 1024 };

/* The next n bytes, or what is left: their number. They were remembered by units. */
static int64_t recall(struct leat_stage *stage, void *into, size_t unit, size_t n, struct leat_error *err)
{
    size_t got = 0;
    int64_t more = 1;

    while (got < n && more > 0) {
        more = leat_recall(stage, (char *)into + got, n - got, err);
        if (more < 0)
            return more;
        got += (size_t)more;
    }
    return got % unit == 0 ? (int64_t)got
                           : leat_fail(err, LEAT_EDATA, "the keys that the last run has seen are damaged; "
                                       "`leat run --restart` starts anew");
}

static int add_keys(struct keyset *set, const struct keyset_key *keys, int64_t n, struct leat_error *err)
{
    int rc = 0;

    for (int64_t i = 0; i < n && rc >= 0; i++) {
        if (i + KEYSET_AHEAD < n)
            keyset_prefetch(set, keys[i + KEYSET_AHEAD]);
        rc = keyset_add(set, keys[i], err);
    }
    return rc < 0 ? rc : 0;
}

int keyset_recall(struct keyset *set, struct leat_stage *stage, struct leat_error *err)
{
    struct keyset_key keys[AT_ONCE];
    int64_t n;
    int rc = 0;

    while (rc == 0 && (n = recall(stage, keys, sizeof keys[0], sizeof keys, err)) != 0) {
        rc = n < 0 ? (int)n : add_keys(set, keys, n / (int64_t)sizeof keys[0], err);
        if (rc == 0 && leat_stage_cancelled(stage))
            rc = leat_fail(err, LEAT_ECANCELED, "stopped");
    }
    return rc;
}

int keyset_recall_seed(struct leat_stage *stage, uint64_t *ret_seed, struct leat_error *err)
{
    int64_t n = recall(stage, ret_seed, sizeof *ret_seed, sizeof *ret_seed, err);

    return n < 0 ? (int)n : n > 0;
}
