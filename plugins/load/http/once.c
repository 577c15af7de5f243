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

enum { MEMORY = 8 << 20 };

static bool is_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

int once_open(struct http *h, struct leat_error *err)
{
    struct keyset_settings settings = { .memory = MEMORY, .cancelled = is_cancelled, .cancelled_arg = h->flow.stage };
    int rc;

    if (h->idempotency != IDEMPOTENCY_KEY)
        return 0;
    rc = keyset_open(&h->seen, &settings, err);
    return rc < 0 ? rc : keyset_recall(h->seen, h->flow.stage, err);
}

/* False: the record has none. */
static bool key_of(const struct leat_batch *b, int32_t row, struct keyset_key *ret)
{
    char id[FLOW_RECORD_ID], bytes[16];

    leat_batch_record_id(b, row, id);
    if (!*id || !leat_text_to_bytes(id, 32, bytes))
        return false;
    memcpy(ret, bytes, sizeof *ret);
    return true;
}

int once_allows(void *self, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct http *h = self;
    struct keyset_key key;
    int rc;

    if (!h->seen || !key_of(b, row, &key))
        return 1;
    rc = keyset_add(h->seen, key, err);
    if (rc == 0)
        leat_batch_reject(b, row, -1, "duplicate_key", "has the key of a record before it, and so the server would take "
                          "the two for one");
    if (rc > 0 && leat_remember(h->flow.stage, &key, sizeof key, err) < 0)
        return err->code;
    return rc;
}

void once_close(struct http *h)
{
    keyset_close(h->seen);
}
