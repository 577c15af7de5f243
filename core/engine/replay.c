/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rejects fed again: what the replay takes from the extract for which the reject
 * file stands, and what it must not take the place of.
 */
#include <string.h>
#include <sys/stat.h>

#include "engine/run.h"

enum { MOST_NAMES = 100 };

/* The same key, so that ledger and results know a record by it; and records that were loaded before
 * may have changed, as far as that extract's may. */
void leat_replay_plan_extract(struct leat_plan *extract)
{
    const struct leat_replay *replay = extract->whole->pipeline->replay;

    if (!replay || extract->failed)
        return;
    extract->incremental = replay->incremental;
    extract->key.n = 0;
    for (int i = 0; i < replay->n_key; i++) {
        int at = leat_schema_find(&extract->out, replay->key[i]);

        if (at >= 0)
            extract->key.fields[extract->key.n++] = at;
    }
}

/* The first of out-2.csv, out-3.csv ... that is not there. */
static const char *free_name(struct leat_arena *arena, const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *dot = strrchr(name, '.');
    int n_stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    const char *other;
    struct stat st;
    int n = 2;

    do
        other = leat_arena_printf(arena, "%.*s-%d%s", n_stem, name, n, name + n_stem);
    while (n++ < MOST_NAMES &&
           stat(leat_arena_printf(arena, "%.*s%s", (int)(name - path), path, other), &st) == 0);
    return other;
}

/* The file that a stage would take from a run before this one; NULL: none. */
static const char *taken_file(const struct leat_plan *stage)
{
    struct stat st;

    if (!stage || !stage->plugin || stage->plugin->last_commit) /* one with transactions adds to what is there */
        return NULL;
    for (int i = 0; i < stage->n_files; i++)
        if (stage->files[i].written && stat(stage->files[i].path, &st) == 0 && S_ISREG(st.st_mode))
            return stage->files[i].path;
    return NULL;
}

static void add_setting(struct leat_text_buffer *b, const char *section, const char *name, const struct leat_plan *stage,
                        const char *path)
{
    const struct leat_option *option = stage->plugin->options;

    while (option && option->name && option->type != LEAT_OPTION_PATH)
        option++;
    leat_text_printf(b, " --set %s.%s.%s=%s", section, name, option && option->name ? option->name : "path",
                     free_name(&stage->whole->arena, path));
}

/* Also what the others would take, so that one look is enough. */
const char *leat_replay_hint(const struct leat_pipeline_plan *plan)
{
    const struct leat_plan *stages[] = {leat_plan_load(plan), plan->rejects, plan->results};
    static const char *const sections[] = {"load", "rejects", "results"};
    struct leat_arena *arena = &stages[0]->whole->arena;
    struct leat_text_buffer b = {0};
    const char *hint, *path;

    for (int i = 0; i < 3; i++)
        if ((path = taken_file(stages[i])))
            add_setting(&b, sections[i], i == 0 ? plan->pipeline->load_name : stages[i]->model->plugin, stages[i], path);
    hint = b.n ? leat_arena_printf(arena, "give the replay files of its own:%s", b.p) : NULL;
    leat_text_deinit(&b);
    return hint;
}

int leat_replay_spare_files(const struct leat_pipeline_plan *plan, struct leat_error *err)
{
    const struct leat_plan *stages[] = {leat_plan_load(plan), plan->rejects, plan->results};
    const char *path;

    for (int i = 0; plan->pipeline->replay && i < 3; i++)
        if ((path = taken_file(stages[i])))
            return leat_fail(err, LEAT_EUSAGE, "%s: %s is what a run before has written, and a replay would take its "
                             "place; %s", stages[i]->model->id, path, leat_replay_hint(plan));
    return 0;
}
