/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts that hold a salt and a key and nothing else, read as a clause of the
 * declaration says. A text that cannot be what a clause describes is left to
 * the next one, and to the readers behind.
 */
#include "kit/cognito/password-parts.h"

/* NO: another kind of text. NEARLY: cut into salt and key as declared, but not of the sizes or digits declared. */
enum fit { NO, NEARLY, YES };

static bool decode(struct span s, enum cognito_encoding encoding, struct bytes *ret)
{
    switch (encoding) {
    case COGNITO_HEX: return bytes_from_any_hex(s, ret);
    case COGNITO_BASE64: return bytes_from_base64(s, s.n % 4 == 0 ? BASE64_PADDED : BASE64_BARE, ret);
    case COGNITO_TEXT: return bytes_from_text(s, ret);
    }
    return false;
}

static enum fit read_apart(const struct cognito_clause *c, struct span s, struct bytes *salt, struct bytes *key)
{
    struct span f[2];

    if (!span_split(s, c->separator, f, 2))
        return NO;
    return decode(f[c->key_first], c->salt, salt) && decode(f[!c->key_first], c->key, key) &&
           key->n == c->key_bytes && salt->n && (!c->salt_bytes || salt->n == c->salt_bytes) ? YES : NEARLY;
}

static enum fit read_run(const struct cognito_clause *c, struct span s, struct bytes *salt, struct bytes *key)
{
    struct bytes all;
    const uint8_t *from_salt, *from_key;

    if (!decode(s, c->key, &all) || all.n != c->salt_bytes + c->key_bytes)
        return NO; /* a digest of another scheme looks the same */
    from_salt = all.at + (c->key_first ? c->key_bytes : 0);
    from_key = all.at + (c->key_first ? 0 : c->salt_bytes);
    memcpy(salt->at, from_salt, salt->n = c->salt_bytes);
    memcpy(key->at, from_key, key->n = c->key_bytes);
    return YES;
}

static enum fit take_apart(const struct cognito_clause *c, struct span s, struct bytes *salt, struct bytes *key)
{
    enum fit fit = c->separator ? read_apart(c, s, salt, key) : read_run(c, s, salt, key);

    if (fit != YES)
        return fit;
    if (salt->n + c->n_pepper > sizeof salt->at)
        return NEARLY;
    memcpy(salt->at + salt->n, c->pepper, c->n_pepper);
    salt->n += c->n_pepper;
    return YES;
}

static enum fit read_scrypt(const struct reading *r, const struct cognito_clause *c, struct span s)
{
    struct scrypt h = { .scheme = "declared scrypt", .n = c->n, .r = c->r, .p = c->p };
    enum fit fit = take_apart(c, s, &h.salt, &h.key);

    if (fit == YES)
        password_put_scrypt(r, &h);
    return fit;
}

static enum fit read_pbkdf2(const struct reading *r, const struct cognito_clause *c, struct span s)
{
    static const char *const digests[] = { "SHA256", "SHA1", "SHA384", "SHA512" };
    struct pbkdf2 h = { .scheme = c->n_pepper ? "declared pbkdf2 with a secret" : "declared pbkdf2",
                        .iterations = c->iterations };
    enum fit fit = take_apart(c, s, &h.salt, &h.key);

    if (fit == YES && c->digest == COGNITO_SHA256)
        password_put_pbkdf2(r, &h);
    else if (fit == YES)
        password_pbkdf2_digest(r, digests[c->digest]);
    return fit;
}

bool password_read_declared(const struct reading *r, struct span s)
{
    const struct cognito_declaration *d = r->declared;
    enum cognito_algorithm nearly = COGNITO_NO_ALGORITHM;

    for (int i = 0; d && i < d->n_clauses; i++) {
        const struct cognito_clause *c = &d->clauses[i];
        enum fit fit = c->algorithm == COGNITO_SCRYPT ? read_scrypt(r, c, s) : read_pbkdf2(r, c, s);

        if (fit == YES)
            return true;
        if (fit == NEARLY && !nearly)
            nearly = c->algorithm;
    }
    if (nearly)
        password_malformed(r, nearly, "declared form", "salt and key are not of the declared digits and sizes");
    return nearly;
}
