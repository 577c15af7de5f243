/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A user pool as DescribeUserPool describes it. The file comes from AWS, but by
 * way of an operator's editor: every type is checked, and a wrong one is named
 * by its place in the document.
 */
#include "kit/cognito/cognito.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

enum { MAX_DESCRIPTION = 4 << 20 };

/* What is being read, and from where. */
struct reader {
    const char *from;
    struct leat_error *err;
};

static int bad(const struct reader *r, const char *where, const char *what)
{
    return leat_fail(r->err, -EINVAL, "%s: %s %s; save what `aws cognito-idp describe-user-pool` prints", r->from,
                     where, what);
}

static void free_json(cJSON **json)
{
    cJSON_Delete(*json);
}

/* Member of an object; absent and null are the same. */
static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);

    return found && !cJSON_IsNull(found) ? found : NULL;
}

static int read_bool(const struct reader *r, const cJSON *object, const char *name, bool *ret)
{
    const cJSON *found = member(object, name);

    if (found && !cJSON_IsBool(found))
        return bad(r, name, "must be true or false");
    if (found)
        *ret = cJSON_IsTrue(found);
    return 0;
}

/* AWS writes the bounds as text: "MaxLength": "2048". */
static int read_number(const struct reader *r, const cJSON *object, const char *name, double *ret)
{
    const cJSON *found = member(object, name);
    double value;
    char *end;

    if (!found)
        return 0;
    if (cJSON_IsNumber(found)) {
        *ret = found->valuedouble;
        return 0;
    }
    if (!cJSON_IsString(found))
        return bad(r, name, "must be a number");
    value = strtod(found->valuestring, &end);
    if (end == found->valuestring || *end || isnan(value))
        return bad(r, name, "must be a number");
    *ret = value;
    return 0;
}

static int read_lengths(const struct reader *r, const cJSON *entry, struct cognito_attribute *ret)
{
    const cJSON *bounds = member(entry, "StringAttributeConstraints");
    double min = ret->min_length, max = ret->max_length;
    int rc;

    if (!bounds)
        return 0;
    if (!cJSON_IsObject(bounds))
        return bad(r, "StringAttributeConstraints", "must be an object");
    rc = read_number(r, bounds, "MinLength", &min);
    if (rc == 0)
        rc = read_number(r, bounds, "MaxLength", &max);
    if (rc < 0)
        return rc;
    if (min < 0 || max < min || max > INT32_MAX)
        return bad(r, "StringAttributeConstraints", "has lengths that cannot be");
    ret->min_length = (int32_t)min;
    ret->max_length = max < COGNITO_MAX_VALUE ? (int32_t)max : COGNITO_MAX_VALUE;
    return 0;
}

static int read_range(const struct reader *r, const cJSON *entry, struct cognito_attribute *ret)
{
    const cJSON *bounds = member(entry, "NumberAttributeConstraints");
    int rc;

    if (!bounds)
        return 0;
    if (!cJSON_IsObject(bounds))
        return bad(r, "NumberAttributeConstraints", "must be an object");
    rc = read_number(r, bounds, "MinValue", &ret->min_value);
    return rc < 0 ? rc : read_number(r, bounds, "MaxValue", &ret->max_value);
}

static int read_kind(const struct reader *r, const cJSON *entry, struct cognito_attribute *ret)
{
    static const struct {
        const char *name;
        enum cognito_kind kind;
    } types[] = {
        {"String", COGNITO_IS_TEXT}, {"Number", COGNITO_IS_NUMBER}, {"Boolean", COGNITO_IS_BOOLEAN},
        {"DateTime", COGNITO_IS_DATETIME},
    };
    const cJSON *type = member(entry, "AttributeDataType");

    for (size_t i = 0; type && cJSON_IsString(type) && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type->valuestring) == 0) {
            ret->kind = types[i].kind;
            return 0;
        }
    return bad(r, "AttributeDataType", "must be String, Number, DateTime or Boolean");
}

/* Where the entry goes: a standard attribute's place, a new one, or NULL for what cannot be set. */
static int place(const struct reader *r, const char *name, struct cognito_pool *pool, struct cognito_attribute **ret)
{
    struct cognito_attribute *found = (struct cognito_attribute *)cognito_pool_find(pool, name);

    *ret = found;
    if (found)
        return found->standard >= 0 ? 0 : bad(r, "SchemaAttributes", "has an attribute twice");
    if (!cognito_is_custom(name))
        return 0; /* sub, identities, dev:custom: ones */
    if (strlen(name) > COGNITO_MAX_NAME + 7 || strlen(name) == 7)
        return bad(r, "SchemaAttributes", "has an attribute whose name cannot be");
    if (pool->n_attributes == COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM)
        return bad(r, "SchemaAttributes", "has more than 50 custom attributes");
    *ret = &pool->attributes[pool->n_attributes++];
    **ret = (struct cognito_attribute){ .standard = -1, .max_length = COGNITO_MAX_VALUE, .min_value = -INFINITY,
                                        .max_value = INFINITY };
    memcpy((*ret)->name, name, strlen(name) + 1);
    return 0;
}

static int read_attribute(const struct reader *r, const cJSON *entry, struct cognito_pool *pool)
{
    const cJSON *name = member(entry, "Name");
    struct cognito_attribute *a;
    bool is_mutable = true;
    int rc;

    if (!name || !cJSON_IsString(name) || !*name->valuestring)
        return bad(r, "SchemaAttributes", "has an entry without a Name");
    rc = place(r, name->valuestring, pool, &a);
    if (rc < 0 || !a)
        return rc;
    rc = a->standard < 0 ? read_kind(r, entry, a) : 0;
    if (rc == 0)
        rc = read_bool(r, entry, "Required", &a->required);
    if (rc == 0)
        rc = read_bool(r, entry, "Mutable", &is_mutable);
    if (rc == 0)
        rc = read_lengths(r, entry, a);
    a->immutable = !is_mutable;
    return rc < 0 ? rc : read_range(r, entry, a);
}

static int read_schema(const struct reader *r, const cJSON *object, struct cognito_pool *pool)
{
    const cJSON *list = member(object, "SchemaAttributes"), *entry;

    if (!list || !cJSON_IsArray(list))
        return bad(r, "SchemaAttributes", "must be a list of the pool's attributes");
    pool->attributes[COGNITO_EMAIL].required = false;
    cJSON_ArrayForEach(entry, list) {
        int rc = read_attribute(r, entry, pool);

        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A list of which `email` and `phone_number` matter here. */
static int read_pair(const struct reader *r, const cJSON *object, const char *name, bool *ret_email, bool *ret_phone)
{
    const cJSON *list = member(object, name), *entry;

    *ret_email = *ret_phone = false;
    if (list && !cJSON_IsArray(list))
        return bad(r, name, "must be a list");
    cJSON_ArrayForEach(entry, list) {
        if (!cJSON_IsString(entry))
            return bad(r, name, "must be a list of attribute names");
        *ret_email |= strcmp(entry->valuestring, "email") == 0;
        *ret_phone |= strcmp(entry->valuestring, "phone_number") == 0;
    }
    return 0;
}

static int read_mfa(const struct reader *r, const cJSON *object, enum cognito_mfa *ret)
{
    static const char *const words[] = { [COGNITO_MFA_OFF] = "OFF", [COGNITO_MFA_OPTIONAL] = "OPTIONAL",
                                         [COGNITO_MFA_ON] = "ON" };
    const cJSON *mfa = member(object, "MfaConfiguration");

    for (int i = COGNITO_MFA_OFF; mfa && cJSON_IsString(mfa) && i <= COGNITO_MFA_ON; i++)
        if (strcmp(words[i], mfa->valuestring) == 0) {
            *ret = (enum cognito_mfa)i;
            return 0;
        }
    return mfa ? bad(r, "MfaConfiguration", "must be OFF, ON or OPTIONAL") : 0;
}

static int read_pool(const struct reader *r, const cJSON *object, struct cognito_pool *ret)
{
    int rc = read_schema(r, object, ret);

    ret->described = true;
    if (rc == 0)
        rc = read_pair(r, object, "AutoVerifiedAttributes", &ret->verifies_email, &ret->verifies_phone);
    if (rc == 0)
        rc = read_pair(r, object, "UsernameAttributes", &ret->username_is_email, &ret->username_is_phone);
    if (rc == 0)
        rc = read_pair(r, object, "AliasAttributes", &ret->alias_email, &ret->alias_phone);
    return rc < 0 ? rc : read_mfa(r, object, &ret->mfa);
}

int cognito_pool_parse(const char *json, size_t n, const char *from, struct cognito_pool *ret, struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(json, n);
    const struct reader r = { from, err };
    const cJSON *object = root;

    if (!cJSON_IsObject(root))
        return bad(&r, "the file", "must hold one JSON object");
    if (member(root, "UserPool"))
        object = member(root, "UserPool");
    if (!cJSON_IsObject(object))
        return bad(&r, "UserPool", "must be an object");
    cognito_pool_default(ret);
    return read_pool(&r, object, ret);
}

static int read_open_file(FILE *file, const char *path, size_t limit, char **ret, size_t *ret_n,
                          struct leat_error *err)
{
    char *text = malloc(limit + 1);
    size_t n = text ? fread(text, 1, limit + 1, file) : 0;

    *ret = text;
    *ret_n = n;
    if (!text)
        return leat_fail(err, -ENOMEM, "cannot read %s: no memory", path);
    if (ferror(file))
        return leat_fail(err, -EIO, "cannot read %s: %s", path, strerror(errno));
    return n <= limit ? 0 : leat_fail(err, -EFBIG, "cannot read %s: it is larger than %zu bytes", path, limit);
}

int cognito_read_file(const char *path, size_t limit, char **ret, size_t *ret_n, struct leat_error *err)
{
    FILE *file = fopen(path, "re");
    int rc;

    *ret = NULL;
    if (!file)
        return leat_fail(err, -errno, "cannot open %s: %s", path, strerror(errno));
    rc = read_open_file(file, path, limit, ret, ret_n, err);
    (void)fclose(file);
    if (rc < 0) {
        free(*ret);
        *ret = NULL;
    }
    return rc;
}

int cognito_pool_read(const char *path, struct cognito_pool *ret, struct leat_error *err)
{
    char *text = NULL;
    size_t n = 0;
    int rc = cognito_read_file(path, MAX_DESCRIPTION, &text, &n, err);

    if (rc == 0)
        rc = cognito_pool_parse(text, n, path, ret, err);
    free(text);
    return rc;
}
