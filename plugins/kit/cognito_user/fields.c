/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which fields of the input are what, and whether a record can be a user of the pool.
 */
#include "kit/cognito_user/users.h"

#include <math.h>
#include <string.h>

#include "kit/http/form.h"
#include "kit/json/json.h"
#include "kit/text/text.h"

/* ---- plan ---- */

/* What the field is, if it is no attribute. */
static int *extra_of(struct users *u, const char *name)
{
    if (strcmp(name, "cognito:username") == 0)
        return &u->extras.username;
    if (strcmp(name, "password") == 0)
        return &u->extras.password;
    if (strcmp(name, "groups") == 0)
        return &u->extras.groups;
    if (strcmp(name, "enabled") == 0)
        return &u->extras.enabled;
    return strcmp(name, "cognito:mfa_enabled") == 0 ? &u->extras.mfa : NULL;
}

static void plan_extra(struct leat_plan *plan, const struct users *u, int i)
{
    const struct leat_field *field = &leat_plan_input(plan)->fields[i];

    if ((i == u->extras.username || i == u->extras.password) && field->type != LEAT_TEXT && field->type != LEAT_NONE)
        leat_plan_wrong(plan, NULL, "'%s' must be of type text; cast(%s as text) makes it one", field->name, field->name);
    else if (i == u->extras.mfa && cognito_type_trouble(&u->pool->attributes[COGNITO_MFA_ENABLED], field))
        leat_plan_wrong(plan, NULL, "'%s' is of a type that it cannot have: %s", field->name,
                        cognito_type_trouble(&u->pool->attributes[COGNITO_MFA_ENABLED], field));
    else if (i == u->extras.password && u->password == PASSWORD_NONE)
        leat_plan_leaves_out(plan, i, "`password: none` says so");
    else if (i == u->extras.password)
        leat_plan_accepts_secret(plan, i);
    else if (i == u->extras.groups && u->groups == GROUPS_NONE)
        leat_plan_leaves_out(plan, i, "`groups: none` says so");
    else if (i == u->extras.groups && field->type != LEAT_JSON && field->type != LEAT_NONE)
        leat_plan_wrong(plan, NULL, "'groups' must be a list of names, of type json");
    else if (i == u->extras.enabled && field->type != LEAT_BOOL && field->type != LEAT_NONE)
        leat_plan_wrong(plan, NULL, "'enabled' must be of type bool; bool() makes one of a text");
}

static void leave_out(struct leat_plan *plan, struct users *u, int i)
{
    const char *name = leat_plan_input(plan)->fields[i].name, *nearest = cognito_pool_nearest(u->pool, name);
    char text[256];

    if (strcmp(name, cognito_password_hash.name) == 0)
        (void)snprintf(text, sizeof text, "the API takes no hashes: the user must reset the password, or is loaded by "
                       "cognito_import");
    else if (strcmp(name, "sub") == 0)
        (void)snprintf(text, sizeof text, "Cognito gives every user a new sub: keep the old id as a custom attribute");
    else if (cognito_is_extra(name, NULL))
        (void)snprintf(text, sizeof text, "is nothing that the API can set");
    else if (nearest)
        (void)snprintf(text, sizeof text, "is no attribute of the pool; did you mean '%s'?", nearest);
    else
        (void)snprintf(text, sizeof text, "is no attribute of the pool");
    leat_plan_leaves_out(plan, i, text);
}

static void plan_attribute(struct leat_plan *plan, struct users *u, int i)
{
    const struct leat_field *field = &leat_plan_input(plan)->fields[i];
    const struct cognito_attribute *a = cognito_pool_assume(u->pool, field->name);
    const char *trouble = a ? cognito_type_trouble(a, field) : NULL;

    if (!a || u->n_fields == MAX_FIELDS)
        leave_out(plan, u, i);
    else if (trouble)
        leat_plan_wrong(plan, NULL, "'%s' is of a type that the attribute cannot take: %s", field->name, trouble);
    else if (u->mark && strcmp(field->name, u->mark) == 0)
        leat_plan_wrong(plan, "mark", "'%s' is a field of the input; name an attribute of its own for the mark", u->mark);
    else
        u->fields[u->n_fields++] = (struct user_field){ .attribute = a, .name = a->name, .field = i };
}

static bool is_mapped(const struct users *u, const char *name)
{
    for (int i = 0; i < u->n_fields; i++)
        if (strcmp(u->fields[i].name, name) == 0)
            return true;
    return false;
}

static void explain_missing(struct leat_plan *plan, struct users *u)
{
    if (u->extras.username < 0)
        leat_plan_wrong(plan, NULL, "every user needs 'cognito:username', and no field has that name; map it");
    for (int i = 0; u->pool->described && i < u->pool->n_attributes; i++) {
        const struct cognito_attribute *a = &u->pool->attributes[i];

        if (a->required && a->standard != COGNITO_USERNAME && !is_mapped(u, a->name))
            leat_plan_wrong(plan, NULL, "the pool requires '%s' of every user, and no field has that name; map it",
                            a->name);
    }
    if (u->mark && !cognito_is_custom(u->mark))
        leat_plan_wrong(plan, "mark", "takes a custom attribute, such as custom:mig_id");
    else if (u->mark && u->pool->described && !cognito_pool_find(u->pool, u->mark))
        leat_plan_wrong(plan, "mark", "the pool has no attribute '%s'; add it to the pool (a String of 32 characters)",
                        u->mark);
    if (u->password == PASSWORD_TEMPORARY && u->extras.password < 0)
        leat_plan_wrong(plan, "password", "there is no field password; map it, as type text and class secret");
}

void fields_find(struct users *u, const struct leat_schema *in)
{
    u->extras = (struct user_extras){ .username = leat_schema_find(in, "cognito:username"),
                                      .password = leat_schema_find(in, "password"),
                                      .groups = leat_schema_find(in, "groups"),
                                      .enabled = leat_schema_find(in, "enabled"),
                                      .mfa = leat_schema_find(in, "cognito:mfa_enabled") };
}

/* The fields that are of no concern are as if they were not there. */
static void forget_others(struct users *u)
{
    if (u->is_there || u->password == PASSWORD_NONE)
        u->extras.password = -1;
    if (u->is_there)
        u->extras.mfa = -1;
    if (u->no_groups || u->groups == GROUPS_NONE)
        u->extras.groups = -1;
    if (u->no_enabled)
        u->extras.enabled = -1;
}

void fields_bind(struct users *u, const struct leat_schema *in)
{
    fields_find(u, in);
    forget_others(u);
}

void fields_plan(struct leat_plan *plan, struct users *u)
{
    const struct leat_schema *in = leat_plan_input(plan);

    fields_find(u, in);
    for (int i = 0; i < in->n_fields; i++) {
        int *extra = extra_of(u, in->fields[i].name);

        if (extra) {
            plan_extra(plan, u, i);
        } else {
            plan_attribute(plan, u, i);
        }
    }
    explain_missing(plan, u);
    forget_others(u);
}

void fields_plan_there(struct leat_plan *plan, struct users *u)
{
    fields_bind(u, leat_plan_input(plan));
    if (u->extras.username >= 0)
        plan_extra(plan, u, u->extras.username);
    if (u->extras.groups >= 0)
        plan_extra(plan, u, u->extras.groups);
    if (u->extras.enabled >= 0)
        plan_extra(plan, u, u->extras.enabled);
}

void fields_plan_known(struct leat_plan *plan, struct users *u)
{
    const struct leat_schema *in = leat_plan_input(plan);

    for (int i = 0; i < in->n_fields; i++) {
        bool extra = extra_of(u, in->fields[i].name);
        const struct cognito_attribute *a = extra ? NULL : cognito_pool_assume(u->pool, in->fields[i].name);

        if (a && u->n_fields < MAX_FIELDS && !cognito_type_trouble(a, &in->fields[i]))
            u->fields[u->n_fields++] = (struct user_field){ .attribute = a, .name = a->name, .field = i };
    }
}

/* ---- open ---- */

int fields_open(struct users *u, const struct leat_schema *in, struct leat_error *err)
{
    for (int i = 0; i < COGNITO_N_STANDARD; i++)
        u->standard[i] = -1;
    for (int i = 0; i < u->n_fields; i++) {
        u->fields[i].field = leat_schema_find(in, u->fields[i].name);
        if (u->fields[i].field < 0)
            return leat_fail(err, LEAT_EPLUGIN, "a field of the plan is not in the batches");
        if (u->fields[i].attribute->standard >= 0)
            u->standard[u->fields[i].attribute->standard] = u->fields[i].field;
    }
    fields_bind(u, in);
    return 0;
}

/* ---- a record ---- */

static bool reject(struct users *u, struct leat_batch *b, int32_t row, int field, enum cognito_fault fault,
                   const struct cognito_attribute *attribute)
{
    char room[COGNITO_REASON_ROOM];

    if (fault == COGNITO_OK)
        return false;
    leat_batch_reject(b, row, field, cognito_fault_code(fault), "%s",
                      cognito_fault_reason(fault, u->pool, attribute, room));
    return true;
}

bool fields_check_groups(const struct users *u, struct leat_batch *b, int32_t row)
{
    char group[GROUP_ROOM];
    int rc = u->extras.groups >= 0;

    for (int i = 0; rc > 0; i++)
        rc = fields_group(u, b, row, i, group, sizeof group);
    if (rc < 0)
        leat_batch_reject(b, row, u->extras.groups, "bad_groups", "must be a list of names of groups, of at most %d "
                          "characters each", MAX_GROUP);
    return rc == 0;
}

int fields_admit(void *self, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct users *u = self;
    const struct cognito_attribute *username = &u->pool->attributes[COGNITO_USERNAME];
    struct cognito_verified user = cognito_verified_of(b, row, u->standard);
    const struct leat_field *fields = b->schema->fields;

    (void)err;
    if (reject(u, b, row, u->extras.username,
               cognito_check_value(u->pool, username, &fields[u->extras.username], &b->columns[u->extras.username], row),
               username))
        return 0;
    for (int i = 0; i < u->n_fields; i++) {
        const struct user_field *f = &u->fields[i];

        if (reject(u, b, row, f->field,
                   cognito_check_value(u->pool, f->attribute, &fields[f->field], &b->columns[f->field], row), f->attribute))
            return 0;
    }
    if (reject(u, b, row, -1, cognito_check_verified(u->pool, &user, false), NULL))
        return 0;
    return fields_check_groups(u, b, row);
}

/* ---- values ---- */

static bool put_seconds(const struct leat_column *column, int32_t row, struct leat_put *put)
{
    int64_t us = column->int64[row];

    leat_put_printf(put, "%lld", (long long)(us / 1000000 - (us % 1000000 < 0)));
    return true;
}

bool fields_put(const struct user_field *f, const struct leat_batch *b, int32_t row, struct leat_put *put)
{
    const struct leat_column *column = &b->columns[f->field];
    size_t before = put->n;

    if (leat_is_null(column, row))
        return false;
    if (column->type == LEAT_TIMESTAMP && f->attribute->kind == COGNITO_IS_EPOCH)
        return put_seconds(column, row, put);
    leat_put_value(put, LEAT_PUT_PLAIN, &b->schema->fields[f->field], column, row);
    if (f->attribute->kind == COGNITO_IS_BOOLEAN && column->offsets && put->n > before && !put->failed) {
        bool truth = cognito_boolean(put->p + before, put->n - before) == 1;

        put->n = before;
        leat_put_string(put, truth ? "true" : "false");
    }
    return put->n > before;
}

const char *fields_text(const struct leat_batch *b, int field, int32_t row, size_t *ret_n)
{
    *ret_n = 0;
    if (field < 0 || leat_is_null(&b->columns[field], row) || !b->columns[field].offsets)
        return NULL;
    return leat_text(&b->columns[field], row, ret_n);
}

/* API reference, GroupNameType: 1 to 128 letters, marks, symbols, digits and signs; no white space, nothing invisible. */
static bool is_group(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
            return false;
        count += (text[i] & 0xC0) != 0x80;
    }
    return count >= 1 && count <= MAX_GROUP;
}

int fields_group(const struct users *u, const struct leat_batch *b, int32_t row, int n, char *ret, size_t room)
{
    size_t length, n_text;
    const char *text = fields_text(b, u->extras.groups, row, &n_text);
    struct leat_json j = leat_json_begin(text, n_text);
    struct leat_json_span span;

    if (!text || leat_json_peek(&j) == LEAT_JSON_NULL)
        return 0;
    if (leat_json_peek(&j) != LEAT_JSON_ARRAY)
        return -1;
    leat_json_enter(&j);
    while (leat_json_item(&j)) {
        if (!leat_json_value(&j, &span) || span.kind != LEAT_JSON_STRING || !span.n || span.n >= room)
            return -1;
        if (!leat_json_unescape(span.text, span.n, ret, &length) || !is_group(ret, length))
            return -1;
        if (n-- > 0)
            continue;
        ret[length] = '\0';
        return 1;
    }
    return j.wrong ? -1 : 0;
}
