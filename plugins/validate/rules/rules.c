/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * rules: what must hold of a record. This file reads the pipeline file's rules,
 * make.c makes them, run.c holds records against them.
 */
#include "make.h"

static const char *const types[] = { "bool", "int64", "float64", "decimal", "date", "timestamp", "text", "json", NULL };
static const char *const formats[] = { "email", "e164", "date", "uuid", "url", NULL };

static const struct leat_option field_options[] = {
    { .name = "required", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct spec, required),
      .help = "The value is not null." },
    { .name = "type", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct spec, type), .values = types,
      .help = "The text reads as a value of this type." },
    { .name = "format", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct spec, format), .values = formats,
      .help = "The text is of this kind." },
    { .name = "length", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct spec, length),
      .help = "The text has exactly so many characters." },
    { .name = "min_length", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct spec, min_length),
      .help = "The text has at least so many characters." },
    { .name = "max_length", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct spec, max_length),
      .help = "The text has at most so many characters." },
    { .name = "min", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct spec, min),
      .help = "The least number, date or timestamp." },
    { .name = "max", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct spec, max),
      .help = "The greatest number, date or timestamp." },
    { .name = "pattern", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct spec, pattern),
      .help = "A Perl-compatible regular expression that matches somewhere in the text." },
    { .name = "enum", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct spec, values),
      .help = "The values that there are." },
    { .name = "unique", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct spec, unique),
      .help = "No record before it has the same value." },
    { .name = "check", .type = LEAT_OPTION_EXPRESSION, LEAT_MEMBER(struct spec, check),
      .help = "An expression over the record that is not false." },
    { .name = "message", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct spec, message),
      .help = "The reason in the reject file, instead of the rule's own." },
    LEAT_END_OF_OPTIONS
};

static void make_rules_of_field(struct leat_plan *plan, struct rules *r, const struct leat_node *node)
{
    struct maker m = { .plan = plan, .rules = r };
    bool bound;

    if (node->kind != LEAT_MAP) {
        leat_plan_wrong_at(plan, node, "the rules of a field are a mapping, such as {required: true}");
        return;
    }
    m.number = leat_plan_field_of_key(plan, node);
    bound = leat_plan_bind(plan, node, field_options, &m.spec) >= 0;
    if (m.number < 0)
        return;
    m.field = &leat_plan_input(plan)->fields[m.number];
    for (int i = 0; i < node->n_children; i++) {
        m.node = node->children[i];
        make_rule(&m, bound);
    }
    if (m.spec.message && node->n_children == 1)
        leat_plan_wrong_at(plan, node->children[0], "a message needs a rule beside it");
}

/* A record that another rule rejects must not take a value: see run.c. */
static void move_unique_last(struct leat_plan *plan, struct rules *r)
{
    struct rule *ordered = leat_plan_alloc(plan, (size_t)r->n_rules * sizeof *ordered);
    int n = 0;

    for (int last = 0; last <= 1; last++)
        for (int i = 0; i < r->n_rules; i++)
            if ((r->rules[i].kind == RULE_UNIQUE) == last)
                ordered[n++] = r->rules[i];
    r->rules = ordered;
}

static int rules_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct rules *r = self;
    size_t most = 0;

    (void)err;
    for (int i = 0; i < r->fields->n_children; i++)
        most += (size_t)r->fields->children[i]->n_children + 1; /* one more for min and max */
    r->rules = leat_plan_alloc(plan, most * sizeof *r->rules);
    for (int i = 0; i < r->fields->n_children; i++)
        make_rules_of_field(plan, r, r->fields->children[i]);
    if (r->n_unique) {
        move_unique_last(plan, r);
        leat_plan_serial(plan);
        leat_plan_ordered(plan, "take  partitions:  out of the extract, or  unique  out of the rules: "
                          "- dedupe: {key: FIELD, order: FIELD, duplicates: reject}");
    }
    return 0;
}

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct rules, fields), .required = true, .main = true,
      .help = "The rules of each field: its name, and a mapping of rules." },
    LEAT_END_OF_OPTIONS
};

LEAT_VALIDATE(rules, .summary = "Rejects records that do not meet rules, with the reason", .options = options,
              .worker_size = sizeof(struct rules_worker),
              .traits = LEAT_PARALLEL | LEAT_IN_PLACE | LEAT_KEEPS_SCHEMA, .plan = rules_plan, .open = rules_open,
              .worker_open = rules_worker_open, .process = rules_process, .worker_close = rules_worker_close,
              .close = rules_close);
