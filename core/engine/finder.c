/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of another store, which a stage asks for records by key.
 */
#include <string.h>

#include "engine/plan.h"

static struct leat_arena *arena_of(struct leat_plan *asker)
{
    return &asker->whole->arena;
}

/* What goes wrong in it is the asking stage's as well, and what it has to say. */
static void take_over(struct leat_plan *asker, const struct leat_plan *p)
{
    asker->failed |= p->failed;
    asker->unsure |= p->failed;
    for (int i = 0; i < p->n_notes; i++)
        leat_host_plan_services.note(asker, leat_arena_printf(arena_of(asker), "%s: %s", p->model->plugin, p->notes[i]));
    for (int i = 0; i < p->n_files; i++)
        leat_host_plan_services.file(asker, p->files[i].path, p->files[i].written);
}

static void check(const struct leat_plan *p)
{
    struct leat_diagnostics *diagnostics = p->whole->diagnostics;

    if (p->failed)
        return;
    if (p->incremental)
        leat_wrong_at(diagnostics, p->model->node, "take  incremental:  out of it",
                      "%s: it is asked for all records of a key, not for those that have changed", p->model->id);
    else if (!p->out.n_fields && (!p->unasked || p->whole->given))
        leat_wrong_at(diagnostics, p->model->node,
                      p->whole->given ? "for tests, say which it has:  fields: {id: int64, email: text}" : NULL,
                      "%s: it declares no fields", p->model->id);
}

struct leat_finder *leat_finder_plan(struct leat_plan *asker, const struct leat_node *node)
{
    static const struct leat_schema nothing;
    struct leat_pipeline_plan *whole = asker->whole;
    struct leat_finder *finder = leat_arena_alloc(&whole->arena, sizeof *finder);
    struct leat_stage_model *model = leat_arena_alloc(&whole->arena, sizeof *model);
    int before = whole->diagnostics->n;

    if (leat_stage_model_read(whole->pipeline, node, LEAT_KIND_EXTRACT, model, whole->diagnostics)) {
        model->id = leat_arena_printf(&whole->arena, "%s: %s", asker->model->id, model->plugin);
        leat_plan_stage(&finder->plan, whole, model, &nothing);
        finder->asker = asker;
        finder->node = node;
        finder->number = whole->n_finders++;
        finder->next = whole->finders;
        whole->finders = finder;
        check(&finder->plan);
        take_over(asker, &finder->plan);
    }
    if (whole->diagnostics->n == before && finder->plan.plugin && !finder->plan.failed)
        return finder;
    asker->failed = asker->unsure = true;
    return NULL;
}

/* ---- fields ---- */

int leat_finder_field(struct leat_plan *asker, const struct leat_finder *finder, const char *name,
                      const struct leat_node *node, struct leat_field *ret)
{
    int at = leat_schema_find(&finder->plan.out, name);

    if (at >= 0) {
        *ret = finder->plan.out.fields[at];
        return at;
    }
    asker->unsure = true;
    if (finder->plan.unasked && !asker->whole->given)
        return -1; /* who knows */
    asker->failed = true;
    leat_wrong_at(asker->whole->diagnostics, node, leat_plan_field_hint(asker, &finder->plan.out, name),
                  "%s has no field '%s'", finder->plan.model->id, name);
    return -1;
}

static void key_wrong(struct leat_plan *asker, const struct leat_node *node, const char *hint, const char *text)
{
    asker->failed = asker->unsure = true;
    if (!asker->whole->unsure)
        leat_wrong_at(asker->whole->diagnostics, node, hint, "%s", text);
}

/* A store that was not asked has not said what it can be asked by. */
static bool can_be_asked_by(const struct leat_plan *p, int field)
{
    return !p->plugin->find || p->unasked || (p->searchable && p->searchable[field]);
}

static bool fit(const struct leat_field *a, const struct leat_field *b)
{
    return a->type == b->type && (a->type != LEAT_TIMESTAMP || a->local == b->local);
}

void leat_finder_key(struct leat_plan *asker, struct leat_finder *finder, int field, int in_field,
                     const struct leat_node *node)
{
    const struct leat_plan *p = &finder->plan;
    const struct leat_field *there = &p->out.fields[field], *here = &asker->in.fields[in_field];
    struct leat_arena *arena = arena_of(asker);

    if (finder->keys.n_fields == LEAT_MAX_KEY || !can_be_asked_by(p, field)) {
        key_wrong(asker, node, NULL, leat_arena_printf(arena, "%s cannot be asked for records by '%s'", p->model->id,
                                                       there->name));
        return;
    }
    if (!fit(there, here))
        key_wrong(asker, node,
                  leat_arena_printf(arena, "make them the same before it:  set: {%s: cast(%s as %s)}", here->name,
                                    here->name, leat_type_name(there->type)),
                  leat_arena_printf(arena, "%s: '%s' is %s%s, and '%s' of %s is %s%s: nothing would be found",
                                    asker->model->id, here->name, here->local ? "a local " : "",
                                    leat_type_name(here->type), there->name, p->model->plugin,
                                    there->local ? "a local " : "", leat_type_name(there->type)));
    finder->keys.fields = finder->key_fields;
    finder->key_numbers[finder->keys.n_fields] = field;
    finder->key_fields[finder->keys.n_fields++] = *there;
}
