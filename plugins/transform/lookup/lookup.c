/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * lookup: adds fields to a record that another store has for its key. Records stay
 * as they are and in their order, and columns that were there are not copied.
 *
 * Each worker has a connection and a cache of its own; what `plan` has made is
 * read-only.
 */
#include "lookup.h"

#include <stdlib.h>

static const char *const manys[] = { "reject", "first", "list", NULL };
static const char *const missings[] = { "null", "reject", "drop", NULL };

static const struct leat_option options[] = {
    { .name = "from", .type = LEAT_OPTION_STAGE, LEAT_MEMBER(struct lookup, from), .required = true,
      .help = "The store to ask, as it would stand under extract." },
    { .name = "on", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct lookup, on), .required = true,
      .help = "Which record belongs to which: a field that both have, {FIELD THERE: FIELD HERE}, or a list of such." },
    { .name = "take", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct lookup, take), .required = true,
      .help = "What to take: a field of the store, {NEW FIELD: FIELD THERE}, or a list of such." },
    { .name = "many", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct lookup, many), .values = manys,
      .default_text = "reject",
      .help = "Where a key has several records there: the record is rejected, the first by the values taken counts, or "
              "each field becomes a list (json) of what all of them have." },
    { .name = "missing", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct lookup, missing), .values = missings,
      .default_text = "null",
      .help = "Where a key has none: the fields are null (with many: list, an empty list), or the record is rejected, or "
              "dropped." },
    { .name = "keys", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct lookup, keys), .default_text = "500", .min = 1,
      .max = 100000, .tuning = true, .help = "How many keys are asked for in one call, at most." },
    { .name = "cache", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct lookup, cache), .default_text = "16MiB", .max = INT64_C(1) << 40,
      .tuning = true, .help = "Memory for what was found, of each worker, so that a key that comes again is not asked "
                              "for again." },
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct lookup, timeout), .default_text = "1m",
      .min = 1, .max = INT64_C(86400000), .tuning = true, .help = "How long an answer may take." },
    LEAT_END_OF_OPTIONS
};

/* ---- plan ---- */

/* The two sides of an item: NAME, or LEFT: RIGHT. */
typedef void pair_fn(struct leat_plan *plan, struct lookup *s, const char *left, const struct leat_node *node,
                     const char *right);

static void each_pair(struct leat_plan *plan, struct lookup *s, const struct leat_node *list, const char *option,
                      pair_fn *each)
{
    for (int i = 0; i < list->n_children; i++) {
        const struct leat_node *item = list->children[i];

        if (item->kind == LEAT_SCALAR)
            each(plan, s, item->text, item, item->text);
        else if (item->kind == LEAT_LIST)
            leat_plan_wrong_at(plan, item, "%s: write NAME or LEFT: RIGHT", option);
        for (int k = 0; item->kind == LEAT_MAP && k < item->n_children; k++) {
            const struct leat_node *pair = item->children[k];

            if (pair->kind == LEAT_SCALAR)
                each(plan, s, pair->name, pair, pair->text);
            else
                leat_plan_wrong_at(plan, pair, "%s: %s takes the name of one field", option, pair->name);
        }
    }
}

static int count_pairs(const struct leat_node *list)
{
    int n = 0;

    for (int i = 0; i < list->n_children; i++)
        n += list->children[i]->kind == LEAT_MAP ? list->children[i]->n_children : 1;
    return n;
}

static void add_key(struct leat_plan *plan, struct lookup *s, const char *there, const struct leat_node *node,
                    const char *here)
{
    struct leat_field field = { .type = LEAT_NONE };
    int at = leat_plan_finder_field(plan, s->finder, there, node, &field), mine;

    (void)here;
    mine = leat_plan_field(plan, node);
    if (at < 0 || mine < 0)
        return;
    leat_plan_finder_key(plan, s->finder, at, mine, node);
    s->key_fields[s->n_keys++] = mine;
}

static void take_field(struct leat_plan *plan, struct lookup *s, const char *here, const struct leat_node *node,
                       const char *there)
{
    struct leat_field field = { .type = LEAT_TEXT };
    int at = leat_plan_finder_field(plan, s->finder, there, node, &field);
    struct leat_field added = { .name = here, .type = field.type, .data_class = field.data_class, .local = field.local,
                                .timezone = field.timezone };

    if (at < 0)
        return;
    s->fields[s->n_taken] = field;
    s->taken[s->n_taken++] = at;
    if (s->many == MANY_LIST && field.type == LEAT_BYTES)
        leat_plan_wrong_at(plan, node, "'%s' is bytes, which a list cannot hold", there);
    if (s->many == MANY_LIST)
        added = (struct leat_field){ .name = here, .type = LEAT_JSON, .data_class = field.data_class };
    if (leat_plan_add_field(plan, &added) == -EEXIST)
        leat_plan_wrong_at(plan, node, "there is a field '%s' already; give it another name:  take: {NAME: %s}", here,
                           there);
}

static int lookup_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct lookup *s = self;
    const struct leat_schema *input = leat_plan_input(plan);

    (void)err;
    for (int i = 0; i < input->n_fields; i++)
        (void)leat_plan_add_field(plan, &input->fields[i]);
    s->first = input->n_fields;
    s->finder = leat_plan_finder(plan, s->from);
    if (!s->finder)
        return 0;
    s->key_fields = leat_plan_alloc(plan, ((size_t)count_pairs(s->on) + 1) * sizeof *s->key_fields);
    s->taken = leat_plan_alloc(plan, ((size_t)count_pairs(s->take) + 1) * sizeof *s->taken);
    s->fields = leat_plan_alloc(plan, ((size_t)count_pairs(s->take) + 1) * sizeof *s->fields);
    each_pair(plan, s, s->on, "on", add_key);
    each_pair(plan, s, s->take, "take", take_field);
    if (!s->on->n_children)
        leat_plan_wrong(plan, "on", "names no field");
    if (!s->take->n_children)
        leat_plan_wrong(plan, "take", "names no field");
    return 0;
}

/* ---- rows ---- */

/* What becomes of a row whose key has no values to give. */
static void end_row(const struct lookup *s, const struct worker *w, struct leat_batch *in, int32_t row)
{
    enum status status = w->entries[row] < 0 ? ABSENT : w->cache.young.entries[w->entries[row]].status;
    int field = s->key_fields[0];

    switch (status) {
    case ABSENT:
        if (s->missing == MISSING_REJECT)
            leat_batch_reject(in, row, field, "not_found", "has no record in the store that is asked");
        else if (s->missing == MISSING_DROP)
            leat_batch_drop(in, row, LEAT_FILTERED);
        break;
    case SEVERAL:
        leat_batch_reject(in, row, field, "several_found", "has several records in the store that is asked (see many)");
        break;
    case TOO_MANY:
        leat_batch_reject(in, row, field, "too_many_found", "has more records in the store that is asked than a batch "
                          "takes");
        break;
    case NOT_VISIBLE:
        leat_batch_reject(in, row, field, "not_visible", "may have a record in the store that is asked, which does not "
                          "show it yet");
        break;
    default:
        break;
    }
}

static void count(struct leat_stage *stage, const struct worker *w, const struct leat_batch *in)
{
    int64_t n_null = 0, n_absent = 0;

    LEAT_EACH_ROW(in, row) {
        n_null += w->entries[row] < 0;
        n_absent += w->entries[row] >= 0 && w->cache.young.entries[w->entries[row]].status == ABSENT;
    }
    leat_stage_count(stage, "key was null", n_null);
    leat_stage_count(stage, "key was not found", n_absent);
}

static int lookup_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                          bool *ret_again, struct leat_error *err)
{
    const struct lookup *s = self;
    struct worker *w = leat_stage_worker(stage);
    int rc = ask_for(stage, s, in, err);

    (void)ret_again;
    if (rc < 0)
        return rc;
    count(stage, w, in);
    LEAT_EACH_ROW(in, row)
        end_row(s, w, in, row);
    leat_batch_align(out, in);
    for (int i = 0; i < s->first; i++)
        leat_batch_share(out, i, in, i);
    return columns_fill(s, w, in, out, err);
}

static void lookup_worker_close(struct leat_stage *stage, void *self)
{
    const struct lookup *s = self;
    struct worker *w = leat_stage_worker(stage);

    cache_free(&w->cache);
    columns_free(s, w);
    leat_put_free(&w->json);
    free(w->entries);
    free(w->pending);
    free(w->starts);
    free(w->order);
}

LEAT_TRANSFORM(lookup, .summary = "Adds fields that another store has for a record's key", .options = options,
               .worker_size = sizeof(struct worker), .traits = LEAT_PARALLEL, .plan = lookup_plan,
               .process = lookup_process, .worker_close = lookup_worker_close);
