/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Plugins: found by name, loaded by checked path before any thread starts, and
 * never closed. One registry a process, used by the main thread only (libltdl
 * is not made for threads).
 */
#ifndef LEAT_PLUGIN_REGISTRY_H
#define LEAT_PLUGIN_REGISTRY_H

#include <leat/plugin.h>

#include "base/arena.h"

struct leat_loaded {
    struct leat_plugin plugin; /* our copy, as long as the plugin knows it */
    const char *path;
};

struct leat_registry {
    struct leat_arena arena;
    const struct leat_host *host;
    const char **folders;      /* searched in order */
    int n_folders;
    struct leat_loaded **loaded;
    int n_loaded, cap_loaded;
    const struct leat_function **tables; /* of the functions that are loaded; the core's first */
    int n_tables;
    bool open;
};

/* `folders` come first (--plugin-dir), then the build tree's of an uninstalled
 * leat, then the installed one. */
LEAT_MUST_CHECK int leat_registry_init(struct leat_registry *registry, const struct leat_host *host,
                                       const char *const *folders, int n_folders, struct leat_error *err);
void leat_registry_deinit(struct leat_registry *registry);

/* Finds and loads a stage's plugin. On a name that is not there: -ENOENT, and
 * `ret_near` (may be NULL) gets the nearest name of that kind, or NULL. */
LEAT_MUST_CHECK int leat_registry_stage(struct leat_registry *registry, enum leat_kind kind, const char *name,
                                        const struct leat_plugin **ret, const char **ret_near,
                                        struct leat_error *err);
/* Loads the plugin that has a function, by the index. 0 also if none has it. */
LEAT_MUST_CHECK int leat_registry_function(struct leat_registry *registry, const char *name, struct leat_error *err);
/* Loads one file, whatever is in it. */
LEAT_MUST_CHECK int leat_registry_load(struct leat_registry *registry, const char *path,
                                       const struct leat_loaded **ret, struct leat_error *err);

/* Every plugin file of the folders, the first of each name, sorted: KIND-NAME.so paths. */
int leat_registry_files(struct leat_registry *registry, const char *const **ret_paths);
/* Writes `functions.index` into a folder: a line NAME TAB FILE for each function. */
LEAT_MUST_CHECK int leat_registry_write_index(struct leat_registry *registry, const char *folder,
                                              struct leat_error *err);

/* "extract", "transform", ... */
const char *leat_kind_name(enum leat_kind kind);

#endif
