/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Before the run: options, what the pool is like, which columns its import has.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "import.h"
#include "kit/cognito_csv/columns.h"

static void free_json(cJSON **json)
{
    cJSON_Delete(*json);
}

static void close_pool(struct userpool *pool)
{
    userpool_close(pool);
}

/* ---- options ---- */

/* API reference, CreateUserImportJob: 20 to 2048 characters of an ARN. */
static void check_role(struct leat_plan *plan, const char *role)
{
    size_t n = role ? strlen(role) : 0;

    if (role && (n < 20 || n > 2048 || strncmp(role, "arn:", 4) != 0 || strpbrk(role, " \t\r\n\"\\")))
        leat_plan_wrong(plan, "cloudwatch_role_arn", "is no ARN of a role, such as "
                        "arn:aws:iam::123456789012:role/cognito-import");
}

/* The path is signed and sent as it is written. */
static void check_place(struct leat_plan *plan, const char *place)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/";
    const char *rest = place && strncmp(place, "s3://", 5) == 0 ? place + 5 : NULL;

    if (place && (!rest || !*rest || *rest == '/' || strspn(rest, letters) != strlen(rest) || strstr(rest, "//") ||
                  strstr(rest, "..")))
        leat_plan_wrong(plan, "stage_to", "is written s3://BUCKET/PREFIX, with letters, digits and .-_/ alone");
}

static bool is_mapped(struct leat_plan *plan, const char *name)
{
    return leat_schema_find(leat_plan_input(plan), name) >= 0;
}

static void check_hashing(struct leat_plan *plan, const struct cognito_import *c)
{
    if (c->hashing > HASHING_NONE && !is_mapped(plan, cognito_password_hash.name))
        leat_plan_wrong(plan, "password_hashing", "there is no field password_hash whose hashes could be imported; "
                        "map it, or take the option away");
}

/* What no file can carry. */
static void plan_after(struct leat_plan *plan, struct cognito_import *c)
{
    int n = 0;

    c->after.options = &c->options;
    c->after.pool = &c->rules;
    c->after.live = &c->pool;
    c->after.is_there = import_is_there;
    c->after.owner = c;
    c->after.no_groups = c->after_import == AFTER_ENABLED || c->after_import == AFTER_NONE;
    c->after.no_enabled = c->after_import == AFTER_GROUPS || c->after_import == AFTER_NONE;
    c->after.concurrency = 16;
    c->after.timeout_ms = 30000;
    c->after.connect_timeout_ms = 10000;
    c->after.retries = 30; /* a server that is not there for some minutes: what was done is lost if this gives up */
    fields_plan_there(plan, &c->after);
    if (c->after.extras.groups >= 0)
        c->elsewhere[n++] = "groups";
    if (c->after.extras.enabled >= 0)
        c->elsewhere[n++] = "enabled";
    c->has_after = n > 0;
    c->plain.elsewhere = c->elsewhere;
}

static void plan_paths(struct leat_plan *plan, struct cognito_import *c)
{
    for (int i = 0; i < N_SETS; i++) {
        bool used = c->sets.split || i == (int)c->sets.only;

        if (!used)
            continue;
        c->sets.sets[i].path = leat_plan_alloc(plan, strlen(c->path) + 24);
        sets_path(c->path, (enum cognito_algorithm)i, c->sets.sets[i].path);
        parts_plan(plan, c->sets.sets[i].path);
    }
}

/* ---- the pool ---- */

static int read_name(struct leat_plan *plan, struct cognito_import *c, const struct leat_put *reply,
                     struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(reply->p, reply->n);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "UserPool"), "Name");

    if (!cJSON_IsString(name))
        return leat_fail(err, LEAT_EUNREACHABLE, "what answers DescribeUserPool is not what AWS documents: the pool "
                         "has no name");
    c->pool_name = leat_plan_alloc(plan, strlen(name->valuestring) + 1);
    (void)strcpy(c->pool_name, name->valuestring);
    return 0;
}

/* A column that the rules do not know of stays blank. */
static const struct cognito_attribute *attribute_of(struct leat_plan *plan, const struct cognito_import *c,
                                                    const char *name)
{
    const struct cognito_attribute *known = cognito_pool_find(&c->rules, name);
    struct cognito_attribute *blank;

    if (known || strcmp(name, cognito_password_hash.name) == 0)
        return known ? known : &cognito_password_hash;
    blank = leat_plan_alloc(plan, sizeof *blank);
    *blank = (struct cognito_attribute){ .standard = -1, .max_length = COGNITO_MAX_VALUE };
    (void)snprintf(blank->name, sizeof blank->name, "%s", name);
    return blank;
}

static int add_header(struct leat_plan *plan, struct cognito_import *c, const struct leat_put *reply,
                      struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(reply->p, reply->n);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "CSVHeader"), *name;

    cJSON_ArrayForEach(name, list) {
        const struct cognito_attribute *a;

        if (!cJSON_IsString(name) || strlen(name->valuestring) > COGNITO_MAX_NAME + 8)
            return leat_fail(err, LEAT_EUNREACHABLE, "what answers GetCSVHeader is not what AWS documents");
        a = attribute_of(plan, c, name->valuestring);
        if (!table_find(&c->plain, a->name) && !table_add(&c->plain, a, a->name))
            return leat_fail(err, LEAT_EUNREACHABLE, "the header of the pool's import has more columns than any "
                             "should");
    }
    return c->plain.n_columns ? 0 : leat_fail(err, LEAT_EUNREACHABLE, "GetCSVHeader names no columns");
}

static int ask_pool(struct leat_plan *plan, struct cognito_import *c, struct userpool *pool, struct leat_error *err)
{
    int rc = userpool_describe(pool, &c->rules, err);

    if (rc == 0)
        rc = read_name(plan, c, &pool->reply, err);
    if (rc == 0 && c->has_after)
        rc = userpool_quotas(pool, &c->options, 1U << USERPOOL_USER_UPDATE, err);
    if (rc == 0)
        rc = userpool_call(pool, "GetCSVHeader", NULL, NULL, err);
    return rc == 0 ? add_header(plan, c, &pool->reply, err) : rc;
}

/* Without a look at the pool: what any pool has, and what is mapped. */
static void add_assumed(struct leat_plan *plan, struct cognito_import *c)
{
    const struct leat_schema *input = leat_plan_input(plan);

    for (int i = 0; i < c->rules.n_attributes; i++)
        (void)table_add(&c->plain, &c->rules.attributes[i], c->rules.attributes[i].name);
    for (int i = 0; i < input->n_fields; i++) {
        const struct cognito_attribute *a =
            cognito_is_custom(input->fields[i].name) ? cognito_pool_assume(&c->rules, input->fields[i].name) : NULL;

        if (a && !table_find(&c->plain, a->name))
            (void)table_add(&c->plain, a, a->name);
    }
}

static int look_at_pool(struct leat_plan *plan, struct cognito_import *c, struct leat_error *err)
{
    __attribute__((cleanup(close_pool))) struct userpool pool = { 0 };
    const char *identity;
    int rc = leat_http_prepare(err);

    if (rc == 0)
        rc = userpool_open(&pool, &c->options, NULL, NULL, err);
    if (rc == 0)
        rc = userpool_identity(&pool, &identity, err);
    if (rc < 0)
        return rc;
    leat_plan_target(plan, identity);
    if (leat_plan_may_connect(plan))
        return ask_pool(plan, c, &pool, err);
    add_assumed(plan, c);
    return 0;
}

/* ---- columns ---- */

static void lay_out(struct leat_plan *plan, struct cognito_import *c)
{
    struct table *tables[] = { &c->plain, &c->hashed };

    c->plain.pool = &c->rules;
    c->plain.pool_option = "user_pool_id";
    c->plain.demands_verified = c->rules.described;
    c->plain.hash_left = "stays behind, as password_hashing: none says; users get a new password";
    c->hashed = c->plain;
    if (!table_find(&c->hashed, cognito_password_hash.name))
        (void)table_add(&c->hashed, &cognito_password_hash, cognito_password_hash.name);
    for (int i = 0; i < 2; i++) {
        c->fixed[i] = leat_plan_alloc(plan, table_fixed_size(tables[i]));
        c->headers[i] = leat_plan_alloc(plan, table_header_size(tables[i]) + 1);
    }
}

void import_bind(struct cognito_import *c, const struct leat_schema *schema)
{
    size_t n[2];

    table_bind(&c->plain, schema, c->fixed[0]);
    table_bind(&c->hashed, schema, c->fixed[1]);
    n[0] = (size_t)(table_write_header(&c->plain, c->headers[0]) - c->headers[0]);
    n[1] = (size_t)(table_write_header(&c->hashed, c->headers[1]) - c->headers[1]);
    for (int i = 0; i < N_SETS; i++) {
        int which = i != COGNITO_NO_ALGORITHM;

        c->sets.tables[i] = which ? &c->hashed : &c->plain;
        c->sets.headers[i] = c->headers[which];
        c->sets.n_headers[i] = n[which];
    }
    c->sets.hash_field = leat_schema_find(schema, cognito_password_hash.name);
    c->sets.name_field = leat_schema_find(schema, "cognito:username");
}

static void plan_sets(struct leat_plan *plan, struct cognito_import *c)
{
    bool mapped = is_mapped(plan, cognito_password_hash.name);

    c->sets.split = c->hashing == HASHING_AUTO && mapped;
    c->sets.only = COGNITO_NO_ALGORITHM;
    if (c->hashing > HASHING_NONE)
        c->sets.only = (enum cognito_algorithm)(c->hashing - HASHING_NONE);
    c->sets.no_hashes = c->hashing == HASHING_NONE;
    c->sets.max_rows = c->part_rows;
    c->sets.max_bytes = 100000000; /* "Importing users into user pools from a CSV file": 100 MB */
    c->sets.lines = c->keep;
}

static void plan_notes(struct leat_plan *plan, const struct cognito_import *c)
{
    char text[320];

    (void)snprintf(text, sizeof text, "users go in by import jobs, one at a time in the whole account, each of at "
                   "most %lld users and 100 MB; AWS takes about 20 to 30 users a second", (long long)c->part_rows);
    leat_plan_note(plan, text);
    leat_plan_note(plan, "no user becomes a monthly active one by the import itself, and no message is sent");
    if (c->sets.split)
        leat_plan_note(plan, "password_hash: a job for each algorithm, and one for users whose hash cannot go; how "
                       "many that are is known once all records are read");
    if (c->has_after) {
        (void)snprintf(text, sizeof text, "%s%s%s cannot stand in a file: set by the API for users who were imported, at "
                       "%.0f an hour; each of them becomes a monthly active user of this month, and is billed as one "
                       "(after_import: none leaves them out)", c->elsewhere[0], c->elsewhere[1] ? " and " : "",
                       c->elsewhere[1] ? c->elsewhere[1] : "",
                       userpool_rate(&c->options, USERPOOL_USER_UPDATE) * 3600);
        leat_plan_note(plan, text);
    }
    if (c->trial > 0) {
        (void)snprintf(text, sizeof text, "before the first large job %lld users are imported for a trial",
                       (long long)c->trial);
        leat_plan_note(plan, text);
    }
}

int import_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct cognito_import *c = self;
    int rc;

    check_role(plan, c->role);
    check_place(plan, c->stage_to);
    check_hashing(plan, c);
    c->sets.declared = declaration_plan(plan, "password_declaration", c->declaration);
    c->sets.canary = canary_plan(plan, &c->canary, c->hashing == HASHING_NONE) ? &c->canary : NULL;
    plan_sets(plan, c);
    plan_paths(plan, c);
    cognito_pool_default(&c->rules);
    c->rules.attributes[COGNITO_EMAIL].required = false;
    if (!userpool_plan(plan, &c->options))
        return 0;
    plan_after(plan, c);
    rc = look_at_pool(plan, c, err);
    if (rc < 0)
        return leat_in_plan(rc, err);
    fields_plan_known(plan, &c->after);
    lay_out(plan, c);
    import_bind(c, leat_plan_input(plan));
    columns_explain(plan, c->hashing == HASHING_NONE ? &c->plain : &c->hashed);
    userpool_plan_quotas(plan, &c->options, 1U << USERPOOL_POOL_RESOURCE_UPDATE | 1U << USERPOOL_POOL_RESOURCE_READ |
                                            1U << USERPOOL_USER_READ | (c->has_after ? 1U << USERPOOL_USER_UPDATE : 0) |
                                            (c->sets.canary ? 1U << USERPOOL_USER_AUTHENTICATION : 0));
    leat_plan_ledger(plan);
    leat_plan_at_once(plan);
    leat_plan_ordered(plan, "take  partitions:  out of the extract: a run that goes on knows its import jobs by what "
                      "they hold");
    plan_notes(plan, c);
    return 0;
}
