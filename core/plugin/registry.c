/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "plugin/registry.h"

#include <dirent.h>
#include <limits.h>
#include <ltdl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "expr/expr.h"
#include "plugin/check.h"

#ifndef LEAT_PLUGIN_DIR
#define LEAT_PLUGIN_DIR "/usr/local/lib/leat/plugins"
#endif

const char *leat_kind_name(enum leat_kind kind)
{
    static const char *const names[] = {"plugin", "extract", "transform", "validate", "load", "function"};

    return names[kind];
}

static void add_table(struct leat_registry *r, const struct leat_function *table)
{
    r->tables = leat_realloc(r->tables, (size_t)(r->n_tables + 1) * sizeof *r->tables);
    r->tables[r->n_tables++] = table;
}

static void add_folder(struct leat_registry *r, const char *folder)
{
    char *real = realpath(folder, NULL);

    if (real)
        r->folders[r->n_folders++] = leat_arena_strdup(&r->arena, real);
    free(real);
}

/* An uninstalled leat stands beside config.status and plugins/. */
static void add_build_tree(struct leat_registry *r)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    const char *folder;

    if (n <= 0)
        return;
    exe[n] = '\0';
    folder = leat_path_folder(&r->arena, exe);
    if (access(leat_path_join(&r->arena, folder, "config.status"), F_OK) == 0)
        add_folder(r, leat_path_join(&r->arena, folder, "plugins/.libs"));
}

int leat_registry_init(struct leat_registry *r, const struct leat_host *host, const char *const *folders,
                       int n_folders, struct leat_error *err)
{
    *r = (struct leat_registry){.host = host};
    (void)unsetenv("LTDL_LIBRARY_PATH");
    if (n_folders && getauxval(AT_SECURE))
        return leat_fail(err, LEAT_EUSAGE, "--plugin-dir is refused in a set-uid program");
    if (lt_dlinit())
        return leat_fail(err, LEAT_EPLUGIN, "cannot prepare to load plugins: %s", lt_dlerror());
    r->open = true;
    add_table(r, leat_core_functions);
    r->folders = leat_arena_alloc(&r->arena, (size_t)(n_folders + 2) * sizeof *r->folders);
    for (int i = 0; i < n_folders; i++) {
        if (access(folders[i], R_OK | X_OK) < 0)
            return leat_fail(err, LEAT_EUSAGE, "--plugin-dir %s: %s", folders[i], strerror(errno));
        add_folder(r, folders[i]);
    }
    add_build_tree(r);
    add_folder(r, LEAT_PLUGIN_DIR);
    return 0;
}

void leat_registry_deinit(struct leat_registry *r)
{
    for (int i = 0; i < r->n_loaded; i++)
        free(r->loaded[i]);
    free(r->loaded);
    free(r->tables);
    leat_arena_deinit(&r->arena);
    *r = (struct leat_registry){0};
}

/* Opens a file that has passed leat_plugin_check_file. Modules stay resident: a
 * sanitizer's report needs their symbols, and plugins may leave threads behind. */
static lt_dlhandle open_module(const char *path, struct leat_error *err)
{
    lt_dladvise advise;
    lt_dlhandle handle = NULL;

    if (lt_dladvise_init(&advise)) {
        (void)leat_fail(err, LEAT_EPLUGIN, "cannot load %s: %s", path, lt_dlerror());
        return NULL;
    }
    if (!lt_dladvise_local(&advise) && !lt_dladvise_resident(&advise))
        handle = lt_dlopenadvise(path, advise);
    if (!handle)
        (void)leat_fail(err, LEAT_EPLUGIN, "cannot load the plugin %s: %s", path, leat_plugin_why_not(path));
    (void)lt_dladvise_destroy(&advise);
    return handle;
}

static int take_descriptor(struct leat_registry *r, lt_dlhandle handle, struct leat_loaded *loaded,
                           struct leat_error *err)
{
    const struct leat_plugin *(*entry)(const struct leat_host *);
    const struct leat_plugin *theirs;
    void *symbol = lt_dlsym(handle, "leat_plugin_v1");

    if (!symbol)
        return leat_fail(err, LEAT_EPLUGIN, "%s is no plugin of leat: it does not export leat_plugin_v1", loaded->path);
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function pointer */
    theirs = entry(r->host);
    if (!theirs)
        return leat_fail(err, LEAT_EPLUGIN, "%s gave no descriptor", loaded->path);
    if (theirs->abi != LEAT_ABI)
        return leat_fail(err, LEAT_EABI,
                         "%s was built for plugin ABI %u, and this leat speaks %d; build it anew against the installed "
                         "headers",
                         loaded->path, theirs->abi, LEAT_ABI);
    memcpy(&loaded->plugin, theirs, theirs->size < sizeof loaded->plugin ? theirs->size : sizeof loaded->plugin);
    return leat_plugin_check_descriptor(&loaded->plugin, loaded->path, err);
}

int leat_registry_load(struct leat_registry *r, const char *path, const struct leat_loaded **ret,
                       struct leat_error *err)
{
    char *real = realpath(path, NULL);
    struct leat_loaded *loaded;
    lt_dlhandle handle;
    int rc;

    if (!real)
        return leat_fail(err, -errno, "cannot load the plugin %s: %s", path, strerror(errno));
    for (int i = 0; i < r->n_loaded; i++)
        if (strcmp(r->loaded[i]->path, real) == 0) {
            free(real);
            *ret = r->loaded[i];
            return 0;
        }
    loaded = leat_alloc(sizeof *loaded);
    loaded->path = leat_arena_strdup(&r->arena, real);
    free(real);
    rc = leat_plugin_check_file(loaded->path, err);
    if (rc == 0) {
        handle = open_module(loaded->path, err);
        rc = handle ? take_descriptor(r, handle, loaded, err) : LEAT_EPLUGIN;
    }
    if (rc < 0) {
        free(loaded);
        return rc;
    }
    r->loaded = leat_grow(r->loaded, r->n_loaded, &r->cap_loaded, sizeof *r->loaded);
    r->loaded[r->n_loaded++] = loaded;
    if (loaded->plugin.kind == LEAT_KIND_FUNCTION)
        add_table(r, loaded->plugin.functions);
    *ret = loaded;
    return 0;
}

static const char *find_file(struct leat_registry *r, const char *file)
{
    for (int i = 0; i < r->n_folders; i++) {
        const char *path = leat_arena_printf(&r->arena, "%s/%s", r->folders[i], file);

        if (access(path, F_OK) == 0)
            return path;
    }
    return NULL;
}

/* The name in KIND-NAME.so, or NULL if the file is not of that kind. */
static const char *name_in(struct leat_registry *r, const char *path, enum leat_kind kind)
{
    const char *file = strrchr(path, '/') + 1, *prefix = leat_kind_name(kind);
    size_t n = strlen(prefix);

    if (strncmp(file, prefix, n) != 0 || file[n] != '-')
        return NULL;
    file += n + 1;
    return leat_arena_strndup(&r->arena, file, strlen(file) - 3);
}

static const char *nearest_plugin(struct leat_registry *r, enum leat_kind kind, const char *name)
{
    const char *const *paths;
    int n_paths = leat_registry_files(r, &paths), n = 0;
    const char **names = leat_arena_alloc(&r->arena, (size_t)(n_paths + 1) * sizeof *names);

    for (int i = 0; i < n_paths; i++) {
        names[n] = name_in(r, paths[i], kind);
        n += names[n] != NULL;
    }
    return leat_nearest(name, names, n);
}

int leat_registry_stage(struct leat_registry *r, enum leat_kind kind, const char *name,
                        const struct leat_plugin **ret, const char **ret_near, struct leat_error *err)
{
    const struct leat_loaded *loaded;
    const char *path = NULL;
    int rc;

    if (ret_near)
        *ret_near = NULL;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) && strlen(name) < 64)
        path = find_file(r, leat_arena_printf(&r->arena, "%s-%s.so", leat_kind_name(kind), name));
    if (!path) {
        if (ret_near)
            *ret_near = nearest_plugin(r, kind, name);
        return leat_fail(err, -ENOENT, "there is no %s plugin '%s'", leat_kind_name(kind), name);
    }
    rc = leat_registry_load(r, path, &loaded, err);
    if (rc < 0)
        return rc;
    if (loaded->plugin.kind != kind || strcmp(loaded->plugin.name, name) != 0)
        return leat_fail(err, LEAT_EPLUGIN, "%s says that it is %s %s; a plugin's file is named KIND-NAME.so", path,
                         leat_kind_name(loaded->plugin.kind), loaded->plugin.name);
    *ret = &loaded->plugin;
    return 0;
}

static int by_file(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;

    return strcmp(strrchr(x, '/'), strrchr(y, '/'));
}

static bool is_plugin_file(const char *file)
{
    size_t n = strlen(file);

    if (n < 6 || strcmp(file + n - 3, ".so") != 0)
        return false;
    for (int kind = LEAT_KIND_EXTRACT; kind <= LEAT_KIND_FUNCTION; kind++) {
        size_t k = strlen(leat_kind_name((enum leat_kind)kind));

        if (strncmp(file, leat_kind_name((enum leat_kind)kind), k) == 0 && file[k] == '-')
            return true;
    }
    return false;
}

struct file_list {
    const char **paths;
    int n, cap;
};

static void list_folder(struct leat_registry *r, const char *folder, struct file_list *list)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        bool seen = false;

        for (int i = 0; i < list->n; i++)
            seen |= strcmp(strrchr(list->paths[i], '/') + 1, entry->d_name) == 0;
        if (seen || !is_plugin_file(entry->d_name))
            continue;
        list->paths = leat_grow(list->paths, list->n, &list->cap, sizeof *list->paths);
        list->paths[list->n++] = leat_arena_printf(&r->arena, "%s/%s", folder, entry->d_name);
    }
    if (dir)
        closedir(dir);
}

int leat_registry_files(struct leat_registry *r, const char *const **ret_paths)
{
    struct file_list list = {0};
    const char **kept;

    for (int i = 0; i < r->n_folders; i++)
        list_folder(r, r->folders[i], &list);
    kept = leat_arena_alloc(&r->arena, (size_t)(list.n + 1) * sizeof *kept);
    if (list.n) {
        qsort(list.paths, (size_t)list.n, sizeof *list.paths, by_file);
        memcpy(kept, list.paths, (size_t)list.n * sizeof *kept);
    }
    free(list.paths);
    *ret_paths = kept;
    return list.n;
}

static bool has_function(const struct leat_registry *r, const char *name)
{
    for (int i = 0; i < r->n_tables; i++)
        for (const struct leat_function *f = r->tables[i]; f->name; f++)
            if (strcmp(f->name, name) == 0)
                return true;
    return false;
}

/* The file that the index of a folder names for a function. */
static const char *look_up(struct leat_registry *r, const char *folder, const char *name)
{
    struct leat_text_buffer text = {0};
    size_t n = strlen(name);
    const char *file = NULL;

    if (leat_file_read(leat_arena_printf(&r->arena, "%s/functions.index", folder), 1 << 20, &text) == 0)
        for (const char *line = text.p; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            if (strncmp(line, name, n) == 0 && line[n] == '\t') {
                file = leat_arena_strndup(&r->arena, line + n + 1, strcspn(line + n + 1, "\n/"));
                break;
            }
    leat_text_deinit(&text);
    return file;
}

int leat_registry_function(struct leat_registry *r, const char *name, struct leat_error *err)
{
    const struct leat_loaded *loaded;

    if (has_function(r, name))
        return 0;
    for (int i = 0; i < r->n_folders; i++) {
        const char *file = look_up(r, r->folders[i], name);

        if (file)
            return leat_registry_load(r, leat_path_join(&r->arena, r->folders[i], file), &loaded, err);
    }
    return 0;
}

int leat_registry_write_index(struct leat_registry *r, const char *folder, struct leat_error *err)
{
    struct file_list list = {0};
    struct leat_text_buffer out = {0};
    const struct leat_loaded *loaded;
    int rc = 0;

    list_folder(r, folder, &list);
    for (int i = 0; i < list.n && rc == 0; i++) {
        const char *file = strrchr(list.paths[i], '/') + 1;

        if (strncmp(file, "function-", 9) != 0)
            continue;
        rc = leat_registry_load(r, list.paths[i], &loaded, err);
        for (const struct leat_function *f = rc == 0 ? loaded->plugin.functions : NULL; f && f->name; f++)
            leat_text_printf(&out, "%s\t%s\n", f->name, file);
    }
    free(list.paths);
    if (rc == 0) {
        const char *path = leat_arena_printf(&r->arena, "%s/functions.index", folder);

        rc = leat_file_write(path, out.p ? out.p : "", out.n);
        if (rc == 0 && chmod(path, 0644) < 0)
            rc = -errno;
        if (rc < 0)
            rc = leat_fail(err, rc, "cannot write %s: %s", path, strerror(-rc));
    }
    leat_text_deinit(&out);
    return rc;
}
