/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Ids of records: HMAC-SHA256 (RFC 2104), cut to 128 bits, of a record's key under
 * the state's, apart for each target. The same in every run, and nothing can be
 * told from it without the state.
 */
#ifndef LEAT_DELIVERY_RECORD_ID_H
#define LEAT_DELIVERY_RECORD_ID_H

#include "batch/batch.h"
#include "delivery/state.h"

struct leat_record_ids {
    struct evp_mac_ctx_st *mac; /* NULL: not open */
    const char *who;
};

LEAT_MUST_CHECK int leat_record_ids_open(struct leat_record_ids *ids, const struct leat_state *state,
                                         struct leat_error *err);
void leat_record_ids_close(struct leat_record_ids *ids);
/* `ordinal`: of several records made of one, from 1; 0: it is the only one. */
LEAT_MUST_CHECK int leat_record_id(struct leat_record_ids *ids, const char *key, size_t n, int32_t ordinal,
                                   struct leat_record_id *ret, struct leat_error *err);

#endif
