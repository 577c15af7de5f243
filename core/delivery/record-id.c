/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/record-id.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

int leat_record_ids_open(struct leat_record_ids *ids, const struct leat_state *state, struct leat_error *err)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    ids->who = state->ids;
    ids->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (ids->mac && EVP_MAC_init(ids->mac, state->key, sizeof state->key, params))
        return 0;
    return leat_fail(err, -EIO, "the cryptographic library has no HMAC-SHA256");
}

void leat_record_ids_close(struct leat_record_ids *ids)
{
    EVP_MAC_CTX_free(ids->mac);
    ids->mac = NULL;
}

int leat_record_id(struct leat_record_ids *ids, const char *key, size_t n, int32_t ordinal,
                   struct leat_record_id *ret, struct leat_error *err)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    size_t n_sum = 0;

    if (EVP_MAC_init(ids->mac, NULL, 0, NULL) && /* anew, under the same key */
        EVP_MAC_update(ids->mac, (const unsigned char *)ids->who, strlen(ids->who) + 1) &&
        EVP_MAC_update(ids->mac, (const unsigned char *)&ordinal, sizeof ordinal) &&
        EVP_MAC_update(ids->mac, (const unsigned char *)key, n) &&
        EVP_MAC_final(ids->mac, sum, &n_sum, sizeof sum) && n_sum >= sizeof ret->bytes) {
        memcpy(ret->bytes, sum, sizeof ret->bytes);
        return 0;
    }
    return leat_fail(err, -EIO, "the cryptographic library cannot compute HMAC-SHA256");
}
