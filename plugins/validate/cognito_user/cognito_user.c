/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * cognito_user: the rules that every user of a pool must meet, before a load
 * tries. What holds for all records (names, types, attributes that are not
 * mapped) is found in plan; what one record breaks first is its reject.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

#include "kit/cognito/cognito.h"

enum purpose { FOR_IMPORT, FOR_API };

/* A field that is checked, and what for. */
struct check {
    int field;
    const struct cognito_attribute *attribute;
};

struct cognito_user {
    const char *pool_path;
    int purpose;
    const struct leat_node *other_fields;
    struct cognito_pool pool;
    struct check *checks;
    int n_checks;
    int fields[COGNITO_N_STANDARD]; /* the input field of each standard attribute, or -1 */
};

static const char *const purposes[] = { "import", "api", NULL };

static const struct leat_option options[] = {
    { .name = "pool", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct cognito_user, pool_path), .main = true,
      .help = "JSON file as `aws cognito-idp describe-user-pool` prints it; without it a pool that requires and "
              "verifies e-mail." },
    { .name = "for", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_user, purpose), .values = purposes,
      .default_text = "import",
      .help = "How users will be created: by an import job, which wants a verified e-mail or phone, or by the API." },
    { .name = "other_fields", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct cognito_user, other_fields),
      .help = "Fields that are no attributes of the user and pass unchecked." },
    LEAT_END_OF_OPTIONS
};

static bool is_other(const struct cognito_user *u, const char *name)
{
    for (int i = 0; u->other_fields && i < u->other_fields->n_children; i++)
        if (strcmp(u->other_fields->children[i]->text, name) == 0)
            return true;
    return strcmp(name, cognito_password_hash.name) == 0 || cognito_is_extra(name, NULL);
}

static void plan_unknown(struct leat_plan *plan, const struct cognito_user *u, const char *name)
{
    const char *nearest = cognito_pool_nearest(&u->pool, name);

    if (nearest && strcmp(nearest, name) != 0)
        leat_plan_wrong(plan, NULL, "'%s' is no attribute of the pool; did you mean '%s'?", name, nearest);
    else if (cognito_is_custom(name) && !u->pool.described)
        leat_plan_wrong(plan, NULL, "'%s' can be no attribute: a custom attribute has a name of 1 to %d characters "
                        "behind custom:, and a pool has at most %d of them", name, COGNITO_MAX_CUSTOM_NAME,
                        COGNITO_MAX_CUSTOM);
    else
        leat_plan_wrong(plan, NULL, "'%s' is no attribute of the pool; drop it, or name it in other_fields", name);
}

static void plan_field(struct leat_plan *plan, struct cognito_user *u, int i)
{
    const struct leat_field *field = &leat_plan_input(plan)->fields[i];
    const struct cognito_attribute *a;
    const char *trouble;

    if (is_other(u, field->name))
        return;
    a = cognito_pool_assume(&u->pool, field->name);
    if (!a) {
        plan_unknown(plan, u, field->name);
        return;
    }
    trouble = cognito_type_trouble(a, field);
    if (trouble)
        leat_plan_wrong(plan, NULL, "'%s' is of a type that the attribute cannot take: %s", field->name, trouble);
    if (a->standard >= 0)
        u->fields[a->standard] = i;
    u->checks[u->n_checks++] = (struct check){ i, a };
}

static bool is_mapped(const struct cognito_user *u, const struct cognito_attribute *a)
{
    for (int i = 0; i < u->n_checks; i++)
        if (u->checks[i].attribute == a)
            return true;
    return false;
}

/* A field that is missing would reject every record: say so now. */
static void plan_missing(struct leat_plan *plan, const struct cognito_user *u)
{
    const struct cognito_pool *pool = &u->pool;
    bool email = pool->verifies_email && u->fields[COGNITO_EMAIL_VERIFIED] >= 0;
    bool phone = pool->verifies_phone && u->fields[COGNITO_PHONE_NUMBER_VERIFIED] >= 0;

    for (int i = 0; i < pool->n_attributes; i++)
        if (pool->attributes[i].required && !is_mapped(u, &pool->attributes[i]))
            leat_plan_wrong(plan, NULL, "every user of the pool needs '%s', and no field has that name; map it",
                            pool->attributes[i].name);
    if (u->purpose != FOR_IMPORT)
        return;
    if (!pool->verifies_email && !pool->verifies_phone)
        leat_plan_wrong(plan, "pool", "the pool verifies no attribute by itself (AutoVerifiedAttributes), and then no "
                        "import job starts; let it verify email or phone_number, or load by the API (for: api)");
    else if (!email && !phone)
        leat_plan_wrong(plan, NULL, "an import refuses every user without %s; map it",
                        pool->verifies_email ? "email_verified: true" : "phone_number_verified: true");
}

static void plan_notes(struct leat_plan *plan, const struct cognito_user *u)
{
    char text[512];

    if (!u->pool.described)
        leat_plan_note(plan, "no pool is described: the rules are those of a pool with sign-in by user name that "
                       "requires and verifies the e-mail address");
    for (int i = 0; i < u->n_checks; i++) {
        const struct cognito_attribute *a = u->checks[i].attribute;

        if (a->standard < 0 && !u->pool.described)
            (void)snprintf(text, sizeof text, "the pool must have the attribute '%s', a String", a->name);
        else if (a->immutable && a->standard != COGNITO_USERNAME)
            (void)snprintf(text, sizeof text, "'%s' is immutable: it is set when the user is created, and never again",
                           a->name);
        else
            continue;
        leat_plan_note(plan, text);
    }
}

static int user_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    const struct leat_schema *input = leat_plan_input(plan);
    struct cognito_user *u = self;
    struct leat_error why = {0};

    (void)err;
    cognito_pool_default(&u->pool);
    if (u->pool_path && cognito_pool_read(u->pool_path, &u->pool, &why) < 0) {
        leat_plan_wrong(plan, "pool", "%s", why.text);
        return 0;
    }
    u->checks = leat_plan_alloc(plan, (size_t)input->n_fields * sizeof *u->checks);
    for (int i = 0; i < COGNITO_N_STANDARD; i++)
        u->fields[i] = -1;
    for (int i = 0; i < input->n_fields; i++)
        plan_field(plan, u, i);
    plan_missing(plan, u);
    plan_notes(plan, u);
    return 0;
}

static enum cognito_fault check_values(const struct cognito_user *u, const struct leat_batch *batch, int32_t row,
                                       const struct check **ret_check)
{
    for (int i = 0; i < u->n_checks; i++) {
        const struct check *c = &u->checks[i];
        enum cognito_fault fault = cognito_check_value(&u->pool, c->attribute, &batch->schema->fields[c->field],
                                                       &batch->columns[c->field], row);

        *ret_check = c;
        if (fault)
            return fault;
    }
    return COGNITO_OK;
}

/* The field where a fault of the flags belongs. */
static int flag_field(const struct cognito_user *u, enum cognito_fault fault)
{
    int email = u->fields[COGNITO_EMAIL_VERIFIED], phone = u->fields[COGNITO_PHONE_NUMBER_VERIFIED];

    if (fault == COGNITO_NO_PHONE || (fault == COGNITO_NOT_VERIFIED && !u->pool.verifies_email))
        return phone;
    return email;
}

static void reject(const struct cognito_user *u, struct leat_batch *batch, int32_t row, enum cognito_fault fault,
                   const struct check *check)
{
    char room[COGNITO_REASON_ROOM];

    leat_batch_reject(batch, row, check->field, cognito_fault_code(fault), "%s",
                      cognito_fault_reason(fault, &u->pool, check->attribute, room));
}

static void check_row(const struct cognito_user *u, struct leat_batch *batch, int32_t row)
{
    const struct check *check;
    struct cognito_verified user;
    enum cognito_fault fault = check_values(u, batch, row, &check);

    if (fault) {
        reject(u, batch, row, fault, check);
        return;
    }
    user = cognito_verified_of(batch, row, u->fields);
    fault = cognito_check_verified(&u->pool, &user, u->purpose == FOR_IMPORT);
    if (fault)
        reject(u, batch, row, fault, &(struct check){ flag_field(u, fault), NULL });
}

static int user_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                        bool *ret_again, struct leat_error *err)
{
    const struct cognito_user *u = self;

    (void)stage, (void)out, (void)ret_again, (void)err;
    LEAT_EACH_ROW(in, row)
        check_row(u, in, row);
    return 0;
}

LEAT_VALIDATE(cognito_user, .summary = "Checks users against the rules of an Amazon Cognito user pool",
              .options = options, .traits = LEAT_PARALLEL | LEAT_IN_PLACE | LEAT_KEEPS_SCHEMA, .plan = user_plan,
              .process = user_process);
