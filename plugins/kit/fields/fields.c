/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Reads `fields:` at plan time.
 */
#include "kit/fields/fields.h"
#include "kit/fields/zone.h"

/* In the order of enum leat_type, from LEAT_BOOL on. */
static const char *const types[] = { "bool", "int64", "float64", "decimal", "date", "timestamp", "text", "bytes",
                                     "json", NULL };
static const char *const classes[] = { "public", "pii", "secret", NULL };
#define ALL_TYPES "bool, int64, float64, decimal, date, timestamp, text, bytes and json"

struct entry {
    const char *type, *timezone;
    int data_class;
};

static const struct leat_option entry_options[] = {
    { .name = "type", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct entry, type),
      .help = "Type of the field: " ALL_TYPES "." },
    { .name = "class", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct entry, data_class), .values = classes,
      .default_text = "pii", .help = "Who may see the values: public, pii or secret." },
    { .name = "timezone", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct entry, timezone),
      .help = "Zone of a timestamp without an offset, such as Europe/Paris; UTC makes it an instant." },
    LEAT_END_OF_OPTIONS
};

static enum leat_type type_named(struct leat_plan *plan, const struct leat_node *node, const char *name)
{
    for (int i = 0; types[i]; i++)
        if (strcmp(types[i], name) == 0)
            return (enum leat_type)(LEAT_BOOL + i);
    leat_plan_wrong_at(plan, node, "there is no type '%.40s'; the types are " ALL_TYPES, name);
    return LEAT_NONE;
}

static void unknown_zone(struct leat_plan *plan, const struct leat_node *node, const char *timezone)
{
    char near[LEAT_TIMEZONE_ROOM];

    if (leat_timezone_nearest(timezone, near))
        leat_plan_wrong_at(plan, node, "there is no time zone '%.40s'; did you mean '%s'?", timezone, near);
    else
        leat_plan_wrong_at(plan, node, "there is no time zone '%.40s'; one is named like Europe/Paris", timezone);
}

static void set_zone(struct leat_plan *plan, const struct leat_node *node, const char *timezone,
                     struct leat_field *field)
{
    field->local = field->type == LEAT_TIMESTAMP;
    if (!timezone)
        return;
    node = leat_node_get(node, "timezone");
    if (field->type != LEAT_TIMESTAMP)
        leat_plan_wrong_at(plan, node, "only a timestamp has a timezone; say `type: timestamp`");
    else if (!leat_timezone_is_known(timezone))
        unknown_zone(plan, node, timezone);
    field->local = strcmp(timezone, "UTC") != 0;
    field->timezone = field->local ? timezone : NULL;
}

static void bind_entry(struct leat_plan *plan, const struct leat_node *node, struct leat_field *field)
{
    struct entry entry = {0};

    field->name = node->name;
    if (node->kind == LEAT_SCALAR)
        entry.type = node->text;
    else if (node->kind == LEAT_MAP && leat_plan_bind(plan, node, entry_options, &entry) == 0)
        field->data_class = (enum leat_class)(entry.data_class + LEAT_PUBLIC);
    else if (node->kind == LEAT_LIST)
        leat_plan_wrong_at(plan, node, "a field is declared as NAME: TYPE or NAME: {type, class, timezone}");
    if (entry.type)
        field->type = type_named(plan, node, entry.type);
    set_zone(plan, node, entry.timezone, field);
}

/* The entry without this option. */
static const struct leat_node *without(struct leat_plan *plan, const struct leat_node *entry, const char *option)
{
    const struct leat_node **kept;
    struct leat_node *copy;
    int n = 0;

    if (entry->kind != LEAT_MAP || !leat_node_get(entry, option))
        return entry;
    kept = leat_plan_alloc(plan, (size_t)entry->n_children * sizeof *kept);
    for (int i = 0; i < entry->n_children; i++)
        if (strcmp(entry->children[i]->name, option) != 0)
            kept[n++] = entry->children[i];
    copy = leat_plan_alloc(plan, sizeof *copy);
    *copy = *entry;
    copy->children = kept;
    copy->n_children = n;
    return copy;
}

const struct leat_node *leat_fields_without(struct leat_plan *plan, const struct leat_node *map, const char *option)
{
    const struct leat_node **entries = leat_plan_alloc(plan, (size_t)map->n_children * sizeof *entries);
    struct leat_node *copy = leat_plan_alloc(plan, sizeof *copy);

    for (int i = 0; i < map->n_children; i++)
        entries[i] = without(plan, map->children[i], option);
    *copy = *map;
    copy->children = entries;
    return copy;
}

void leat_declared_bind(struct leat_plan *plan, const struct leat_node *map, struct leat_declared *ret)
{
    size_t n = map ? (size_t)map->n_children : 0;

    *ret = (struct leat_declared){0};
    if (!n)
        return;
    ret->n = (int)n;
    ret->fields = leat_plan_alloc(plan, n * sizeof *ret->fields);
    ret->nodes = leat_plan_alloc(plan, n * sizeof *ret->nodes);
    ret->used = leat_plan_alloc(plan, n * sizeof *ret->used);
    for (size_t i = 0; i < n; i++) {
        ret->nodes[i] = map->children[i];
        bind_entry(plan, map->children[i], &ret->fields[i]);
    }
}

bool leat_declared_apply(struct leat_declared *declared, struct leat_field *field)
{
    for (int i = 0; i < declared->n; i++) {
        const struct leat_field *d = &declared->fields[i];

        if (strcmp(d->name, field->name) != 0)
            continue;
        declared->used[i] = true;
        field->data_class = d->data_class;
        if (d->type != LEAT_NONE) {
            field->type = d->type;
            field->local = d->local;
            field->timezone = d->timezone;
        }
        return true;
    }
    return false;
}

void leat_declared_unused(struct leat_plan *plan, const struct leat_declared *declared, const char *where)
{
    for (int i = 0; i < declared->n; i++)
        if (!declared->used[i])
            leat_plan_wrong_at(plan, declared->nodes[i], "%s has no field '%.80s'", where, declared->fields[i].name);
}
