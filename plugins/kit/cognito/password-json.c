/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Credentials that are stored as JSON: Keycloak's, where secretData and
 * credentialData are JSON in a text or, put together by hand, objects; and
 * Firebase's, which cannot go.
 */
#define _GNU_SOURCE /* memmem */
#include "kit/cognito/password-parts.h"

#include "kit/json/json.h"

enum { NESTED_ROOM = 4096, VALUE_ROOM = 768 };

/* The member of that name of an object; false if there is none. */
static bool member(struct span object, const char *name, struct leat_json_span *ret)
{
    struct leat_json j = leat_json_begin(object.p, object.n);
    struct leat_json_span key;

    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return false;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key) && leat_json_value(&j, ret))
        if (key.n == strlen(name) && memcmp(key.text, name, key.n) == 0)
            return true;
    return false;
}

/* What a string stands for; the text itself, or its unescaped form in the room. */
static bool text_of(const struct leat_json_span *value, char *room, size_t cap, struct span *ret)
{
    ret->p = value->text;
    ret->n = value->n;
    if (value->kind != LEAT_JSON_STRING || !value->escaped)
        return value->kind == LEAT_JSON_STRING;
    ret->p = room;
    return value->n <= cap && leat_json_unescape(value->text, value->n, room, &ret->n);
}

static bool text_member(struct span object, const char *name, char *room, size_t cap, struct span *ret)
{
    struct leat_json_span value;

    return member(object, name, &value) && text_of(&value, room, cap, ret);
}

/* An object, or a text that holds one. */
static bool object_member(struct span object, const char *name, char room[NESTED_ROOM], struct span *ret)
{
    struct leat_json_span value;

    if (!member(object, name, &value))
        return false;
    if (value.kind == LEAT_JSON_OBJECT) {
        *ret = (struct span){ value.text, value.n };
        return true;
    }
    return text_of(&value, room, NESTED_ROOM, ret) && leat_json_is_value(ret->p, ret->n);
}

/* Argon2's parameters are lists of one text each: {"memory":["7168"]} */
static bool listed(struct span object, const char *name, struct span *ret)
{
    struct leat_json_span list, item;
    struct leat_json j;

    if (!member(object, name, &list) || list.kind != LEAT_JSON_ARRAY)
        return false;
    j = leat_json_begin(list.text, list.n);
    (void)leat_json_peek(&j);
    leat_json_enter(&j);
    if (!leat_json_item(&j) || !leat_json_value(&j, &item) || item.kind != LEAT_JSON_STRING || item.escaped)
        return false;
    *ret = (struct span){ item.text, item.n };
    return !leat_json_item(&j) && !j.wrong;
}

static bool listed_number(struct span object, const char *name, uint64_t *ret)
{
    struct span text;

    return listed(object, name, &text) && span_number(text, ret);
}

static bool number_member(struct span object, const char *name, uint64_t *ret)
{
    struct leat_json_span value;

    return member(object, name, &value) && value.kind == LEAT_JSON_NUMBER &&
           span_number((struct span){ value.text, value.n }, ret);
}

/* ---- Keycloak ---- */

struct keycloak {
    struct span algorithm, credential, value, salt;
    bool has_value, has_salt;
};

static void read_pbkdf2(const struct reading *r, const struct keycloak *k)
{
    struct pbkdf2 h = { .scheme = "Keycloak pbkdf2-sha256" };

    if (!number_member(k->credential, "hashIterations", &h.iterations))
        password_malformed(r, COGNITO_PBKDF2_SHA256, h.scheme, "no hashIterations");
    else if (!k->has_value || !bytes_from_base64(k->value, BASE64_PADDED, &h.key))
        password_malformed(r, COGNITO_PBKDF2_SHA256, h.scheme, "no value in base64");
    else if (!k->has_salt || !bytes_from_base64(k->salt, BASE64_PADDED, &h.salt))
        password_malformed(r, COGNITO_PBKDF2_SHA256, h.scheme, "no salt in base64");
    else if (h.key.n != 32 && h.key.n != 64)
        password_malformed(r, COGNITO_PBKDF2_SHA256, h.scheme, "its value is neither 32 nor 64 bytes");
    else
        password_put_pbkdf2(r, &h);
}

static bool unpad(struct span *s)
{
    struct bytes room;
    bool good = bytes_from_base64(*s, BASE64_PADDED, &room);

    while (good && s->n && s->p[s->n - 1] == '=')
        s->n--;
    return good;
}

static void read_argon2(const struct reading *r, const struct keycloak *k)
{
    struct argon2 h = { .scheme = "Keycloak argon2id", .salt = k->salt, .key = k->value };
    struct leat_json_span found;
    struct span more = { "", 0 }, type, version;
    uint64_t length;

    if (member(k->credential, "additionalParameters", &found))
        more = (struct span){ found.text, found.n };
    if (listed(more, "type", &type) && (span_is(type, "i") || span_is(type, "d"))) {
        password_other(r, "Keycloak Argon2, but not Argon2id");
        return;
    }
    if (!listed(more, "type", &type) || !span_is(type, "id") || !listed(more, "version", &version) ||
        !listed_number(more, "memory", &h.m) || !listed_number(more, "parallelism", &h.p) ||
        !number_member(k->credential, "hashIterations", &h.t)) {
        password_malformed(r, COGNITO_ARGON2ID, h.scheme, "its parameters are not all there");
        return;
    }
    h.version = span_is(version, "1.3") ? 19 : span_is(version, "1.0") ? 16 : 0;
    if (!k->has_value || !k->has_salt || !unpad(&h.salt) || !unpad(&h.key) ||
        (listed_number(more, "hashLength", &length) && length != h.key.n * 3 / 4))
        password_malformed(r, COGNITO_ARGON2ID, h.scheme, "no salt and value in whole base64");
    else
        password_put_argon2(r, &h);
}

static void read_credential(const struct reading *r, const struct keycloak *k)
{
    if (span_is(k->algorithm, "pbkdf2-sha256"))
        read_pbkdf2(r, k);
    else if (span_is(k->algorithm, "argon2"))
        read_argon2(r, k);
    else if (span_is(k->algorithm, "bcrypt") && k->has_value)
        password_read_bcrypt(r, k->value);
    else if (span_is(k->algorithm, "pbkdf2"))
        password_pbkdf2_digest(r, "SHA1");
    else if (span_is(k->algorithm, "pbkdf2-sha512"))
        password_pbkdf2_digest(r, "SHA512");
    else
        password_other(r, "a Keycloak credential of another algorithm");
}

/* `key` is what the key is called in `secret`. */
static void read_keycloak(const struct reading *r, struct span secret, const char *key, struct span credential)
{
    char algorithm[64], value[VALUE_ROOM], salt[VALUE_ROOM];
    struct keycloak k = { .credential = credential };

    if (!text_member(credential, "algorithm", algorithm, sizeof algorithm, &k.algorithm)) {
        password_malformed(r, COGNITO_NO_ALGORITHM, "Keycloak credential", "no algorithm");
        return;
    }
    k.has_value = text_member(secret, key, value, sizeof value, &k.value);
    k.has_salt = text_member(secret, "salt", salt, sizeof salt, &k.salt);
    read_credential(r, &k);
}

/* ---- which JSON it is ---- */

static bool holds(struct span s, const char *text)
{
    return memmem(s.p, s.n, text, strlen(text)) != NULL;
}

static void read_broken(const struct reading *r, struct span s)
{
    if (holds(s, "\"secretData\"") || holds(s, "\"credentialData\""))
        password_malformed(r, holds(s, "pbkdf2-sha256") ? COGNITO_PBKDF2_SHA256
                              : holds(s, "argon2")      ? COGNITO_ARGON2ID
                                                        : COGNITO_NO_ALGORITHM,
                           "Keycloak credential", "its JSON is not whole");
    else
        password_other(r, "broken JSON of no known kind");
}

static void read_unlike_keycloak(const struct reading *r, struct span s)
{
    struct leat_json_span value;

    if (member(s, "hashedSaltedValue", &value)) /* exports of early versions */
        read_keycloak(r, s, "hashedSaltedValue", s);
    else if (member(s, "passwordHash", &value))
        password_other(r, "Firebase scrypt, whose key is encrypted with the project's signer key");
    else
        password_other(r, "JSON of no known kind");
}

void password_read_json(const struct reading *r, struct span s)
{
    char secret_room[NESTED_ROOM], credential_room[NESTED_ROOM];
    struct span secret = { "", 0 }, credential;
    struct leat_json_span value;

    if (!leat_json_is_value(s.p, s.n))
        read_broken(r, s);
    else if (!member(s, "secretData", &value) && !member(s, "credentialData", &value))
        read_unlike_keycloak(r, s);
    else if (member(s, "type", &value) && !span_is((struct span){ value.text, value.n }, "password"))
        password_other(r, "a Keycloak credential that is no password");
    else if (!object_member(s, "credentialData", credential_room, &credential))
        read_broken(r, s);
    else {
        if (!object_member(s, "secretData", secret_room, &secret))
            secret.n = 0;
        read_keycloak(r, secret, "value", credential);
    }
}
