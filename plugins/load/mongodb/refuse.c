/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the server has against a record. Its messages quote values, `dup key: { email:
 * "..." }', and so does what it says of a failed validation: only names out of them,
 * and what stands before the first quote, brace, colon or digit, are shown.
 */
#include "load.h"

/* Codes of the server (src/mongo/base/error_codes.yml has their names). */
enum {
    INTERNAL_ERROR = 1,
    PATH_NOT_VIABLE = 28,
    IMMUTABLE_FIELD = 66,
    DOCUMENT_VALIDATION_FAILURE = 121,
};

static const struct {
    int32_t code;
    const char *word;
} words[] = {
    { 11000, "constraint_unique" }, { 11001, "constraint_unique" }, { 12582, "constraint_unique" },
    { 121, "constraint_check" }, { 10334, "record_too_large" }, { 17419, "record_too_large" },
    { 17420, "record_too_large" }, { 17280, "record_too_large" }, { 2, "constraint_type" }, { 9, "constraint_type" },
    { 14, "constraint_type" }, { 28, "constraint_type" }, { 52, "constraint_type" }, { 53, "constraint_type" },
    { 55, "constraint_type" }, { 56, "constraint_type" }, { 57, "constraint_type" }, { 66, "constraint_type" },
    { 171, "constraint_type" }, { 16755, "constraint_type" }, { 16756, "constraint_type" },
};

/* InternalError, Unauthorized, IllegalOperation, CommandNotSupportedOnView, OutOfDiskSpace: what befalls one befalls
 * all, or is no fault of the record. */
static const int32_t fatal[] = { INTERNAL_ERROR, 13, 20, 166, 14031 };

static const char *word_of(int32_t code)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].code == code)
            return words[i].word;
    return "refused";
}

static bool is_fatal(int32_t code)
{
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (fatal[i] == code)
            return true;
    return false;
}

/* ---- texts ---- */

static void add(struct refusal *r, const char *before, const char *text, size_t n)
{
    size_t at = strlen(r->reason);

    (void)snprintf(r->reason + at, sizeof r->reason - at, "%s%.*s", before, (int)n, text);
}

static const char *member_text(const bson_iter_t *doc, const char *name)
{
    bson_iter_t it;

    if (!bson_iter_recurse(doc, &it) || !bson_iter_find(&it, name) || !BSON_ITER_HOLDS_UTF8(&it))
        return NULL;
    return bson_iter_utf8(&it, NULL);
}

static int32_t member_number(const bson_iter_t *doc, const char *name)
{
    bson_iter_t it;

    if (!bson_iter_recurse(doc, &it) || !bson_iter_find(&it, name))
        return -1;
    return (int32_t)bson_iter_as_int64(&it);
}

/* ---- a value that has to be unique ---- */

/* index: email_1 dup key: { email: "..." } */
static void add_index(struct refusal *r, const char *message)
{
    const char *name = strstr(message, " index: "), *end = name ? strstr(name, " dup key") : NULL;

    if (end && end > name + 8)
        add(r, ", says the index ", name + 8, (size_t)(end - name - 8));
}

static void read_duplicate(struct refusal *r, const bson_iter_t *error, const char *message)
{
    const char *before = "a document with the same ";
    bson_iter_t it, key;

    r->duplicate = true;
    if (bson_iter_recurse(error, &it) && bson_iter_find(&it, "keyPattern") && BSON_ITER_HOLDS_DOCUMENT(&it) &&
        bson_iter_recurse(&it, &key))
        for (; bson_iter_next(&key); before = ", ") {
            if (!*r->field)
                (void)snprintf(r->field, sizeof r->field, "%s", bson_iter_key(&key));
            add(r, before, bson_iter_key(&key), bson_iter_key_len(&key));
        }
    if (*before == 'a')
        add(r, before, "key or unique value", 19);
    add(r, " is there", "", 0);
    add_index(r, message);
}

/* ---- a validator of the collection ---- */

struct details {
    struct refusal *r;
    int n, depth;
};

/* operatorName: "required", propertyName: "age", missingProperties: ["name"]; all else may be a value. */
static void take_detail(struct details *d, const bson_iter_t *it)
{
    const char *key = bson_iter_key(it);
    bson_iter_t item;

    if (BSON_ITER_HOLDS_UTF8(it) && (strcmp(key, "operatorName") == 0 || strcmp(key, "propertyName") == 0)) {
        const char *name = bson_iter_utf8(it, NULL);

        if (strcmp(key, "propertyName") == 0 && !*d->r->field)
            (void)snprintf(d->r->field, sizeof d->r->field, "%s", name);
        add(d->r, d->n++ ? ", " : ": ", name, strlen(name));
    } else if (BSON_ITER_HOLDS_ARRAY(it) && strcmp(key, "missingProperties") == 0 && bson_iter_recurse(it, &item)) {
        while (bson_iter_next(&item))
            if (BSON_ITER_HOLDS_UTF8(&item))
                add(d->r, d->n++ ? ", " : ": ", bson_iter_utf8(&item, NULL), strlen(bson_iter_utf8(&item, NULL)));
    }
}

static bool is_value(const char *key)
{
    return strncmp(key, "considered", 10) == 0 || strcmp(key, "specifiedAs") == 0 ||
           strcmp(key, "missingProperties") == 0;
}

static void walk_details(struct details *d, bson_iter_t *it)
{
    bson_iter_t inside;

    while (d->depth < 16 && bson_iter_next(it)) {
        take_detail(d, it);
        if ((BSON_ITER_HOLDS_DOCUMENT(it) || BSON_ITER_HOLDS_ARRAY(it)) && !is_value(bson_iter_key(it)) &&
            bson_iter_recurse(it, &inside)) {
            d->depth++;
            walk_details(d, &inside);
            d->depth--;
        }
    }
}

static void read_validation(struct refusal *r, const bson_iter_t *error)
{
    struct details d = { .r = r };
    bson_iter_t it, details;

    add(r, "the validation of the collection refuses it", "", 0);
    if (bson_iter_recurse(error, &it) && bson_iter_find_descendant(&it, "errInfo.details", &details) &&
        BSON_ITER_HOLDS_DOCUMENT(&details) && bson_iter_recurse(&details, &it))
        walk_details(&d, &it);
}

/* ---- what else ---- */

static void read_message(struct refusal *r, int32_t code, const char *message)
{
    char number[40];
    size_t n = leat_mongodb_safe(message);

    (void)snprintf(number, sizeof number, " (code %d)", code);
    if (code == IMMUTABLE_FIELD)
        add(r, "the document that is there has another _id, or another field that cannot change", "", 0);
    else if (code == PATH_NOT_VIABLE)
        add(r, "the document that is there holds no document where one is to be written into", "", 0);
    else if (n >= 8)
        add(r, "the server says: ", message, n);
    else
        add(r, "the server refuses it", "", 0);
    add(r, number, "", 0);
}

static void read_error(const bson_iter_t *error, struct refusal *ret)
{
    int32_t code = member_number(error, "code");
    const char *message = member_text(error, "errmsg");

    *ret = (struct refusal){ .at = member_number(error, "index"), .code = word_of(code) };
    message = message ? message : "";
    if (strcmp(ret->code, "constraint_unique") == 0)
        read_duplicate(ret, error, message);
    else if (code == DOCUMENT_VALIDATION_FAILURE)
        read_validation(ret, error);
    else
        read_message(ret, code, message);
}

/* The first of a list in the reply. */
static bool first_of(const bson_t *reply, const char *list, bson_iter_t *ret)
{
    bson_iter_t it;

    return bson_iter_init_find(&it, reply, list) && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, ret) &&
           bson_iter_next(ret) && BSON_ITER_HOLDS_DOCUMENT(ret);
}

/* Written, but not as safely as was asked for: all of it is to be written once more. */
static bool is_unsafe(const bson_t *reply)
{
    bson_iter_t it;

    return first_of(reply, "writeConcernErrors", &it) || bson_iter_init_find(&it, reply, "writeConcernError");
}

/* What FerretDB says of the command as a whole, where it means one record. */
static bool is_constraint(const bson_error_t *why)
{
    return why->domain == MONGOC_ERROR_SERVER && why->code == INTERNAL_ERROR &&
           strstr(why->message, "UNIQUE constraint failed");
}

static enum answer read_whole(const bson_t *reply, const bson_error_t *why, struct refusal *ret)
{
    if (!why->domain && !why->code)
        return ANSWER_FINE;
    if (is_constraint(why)) {
        *ret = (struct refusal){ .code = "constraint_unique", .duplicate = true };
        add(ret, "a document with the same key or unique value is there", "", 0);
        return ANSWER_REFUSED;
    }
    return leat_mongodb_may_pass(why, reply) ? ANSWER_PASSES : ANSWER_FAILED;
}

enum answer refuse_read(const bson_t *reply, const bson_error_t *why, int32_t n, struct refusal *ret)
{
    bson_iter_t error;
    int32_t code;

    if (is_unsafe(reply))
        return ANSWER_PASSES;
    if (!first_of(reply, "writeErrors", &error))
        return read_whole(reply, why, ret);
    code = member_number(&error, "code");
    if (leat_mongodb_passes((uint32_t)code))
        return ANSWER_PASSES;
    read_error(&error, ret);
    return is_fatal(code) || ret->at < 0 || ret->at >= n ? ANSWER_FAILED : ANSWER_REFUSED;
}
