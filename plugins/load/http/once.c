/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Under `idempotency: key` the server takes two calls with one key for the same. So two
 * records of one key must not both be sent: the second is rejected, as the ledger
 * does it elsewhere. The keys that were seen are remembered over a crash.
 */
#include "load.h"

#include "kit/keyset/keyset.h"
#include "kit/text/text.h"

enum { MEMORY = 8 << 20, AT_ONCE = 256 };

static bool is_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

static int recall_keys(struct http *h, struct leat_error *err)
{
    struct keyset_key keys[AT_ONCE];
    int64_t n;
    int rc = 0;

    while (rc >= 0 && (n = leat_recall(h->stage, keys, sizeof keys, err)) != 0) {
        if (n < 0 || n % (int64_t)sizeof keys[0])
            return n < 0 ? (int)n : leat_fail(err, LEAT_EDATA, "the keys that the last run has sent are damaged; "
                                              "`leat run --restart` starts anew");
        for (int64_t i = 0; i < n / (int64_t)sizeof keys[0] && rc >= 0; i++)
            rc = keyset_add(h->seen, keys[i], err);
    }
    return rc < 0 ? rc : 0;
}

int once_open(struct http *h, struct leat_error *err)
{
    struct keyset_settings settings = { .memory = MEMORY, .cancelled = is_cancelled, .cancelled_arg = h->stage };
    int rc;

    if (h->idempotency != IDEMPOTENCY_KEY)
        return 0;
    rc = keyset_open(&h->seen, &settings, err);
    return rc < 0 ? rc : recall_keys(h, err);
}

/* False: the record has none. */
static bool key_of(const struct leat_batch *b, int32_t row, struct keyset_key *ret)
{
    char id[RECORD_ID], bytes[16];

    leat_batch_record_id(b, row, id);
    if (!*id || !leat_text_to_bytes(id, 32, bytes))
        return false;
    memcpy(ret, bytes, sizeof *ret);
    return true;
}

int once_allows(struct http *h, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct keyset_key key;
    int rc;

    if (!h->seen || !key_of(b, row, &key))
        return 1;
    rc = keyset_add(h->seen, key, err);
    if (rc == 0)
        leat_batch_reject(b, row, -1, "duplicate_key", "has the key of a record before it, and so the server would take "
                          "the two for one");
    if (rc > 0 && leat_remember(h->stage, &key, sizeof key, err) < 0)
        return err->code;
    return rc;
}

void once_close(struct http *h)
{
    keyset_close(h->seen);
}
