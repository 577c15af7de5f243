/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What plugins there are, and what each takes.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/form.h"
#include "engine/run.h"

static void list_one(const struct leat_plugin *p, bool json, bool first)
{
    struct leat_text_buffer b = {0};

    if (!json) {
        printf("%-10s %-16s %s\n", leat_kind_name(p->kind), p->name, p->summary);
        return;
    }
    leat_text_printf(&b, "%s{\"kind\":\"%s\",\"name\":\"%s\",\"summary\":", first ? "" : ",\n",
                     leat_kind_name(p->kind), p->name);
    leat_text_add_json_string(&b, p->summary);
    leat_text_add_string(&b, "}");
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}

static int list(struct leat_registry *registry, bool json)
{
    const char *const *paths;
    int n = leat_registry_files(registry, &paths), n_shown = 0, status = EX_OK;

    fputs(json ? "[" : "", stdout);
    for (int i = 0; i < n; i++) {
        const struct leat_loaded *loaded;
        struct leat_error err = {0};

        if (leat_registry_load(registry, paths[i], &loaded, &err) == 0)
            list_one(&loaded->plugin, json, !n_shown++);
        else
            status = leat_cli_failed(&err, true);
    }
    fputs(json ? "]\n" : "", stdout);
    if (!n)
        fprintf(stderr, "leat: there are no plugins; --plugin-dir names a folder that has some\n");
    return status;
}

/* NAME, or KIND-NAME as the file is called. */
static bool is_meant(const char *path, const char *name)
{
    const char *file = strrchr(path, '/') + 1, *dash = strchr(file, '-') + 1;
    size_t n = strlen(name);

    return (strncmp(file, name, n) == 0 && strcmp(file + n, ".so") == 0) ||
           (strncmp(dash, name, n) == 0 && strcmp(dash + n, ".so") == 0);
}

static int unknown_plugin(struct leat_registry *registry, const char *name)
{
    const char *const *paths;
    int n = leat_registry_files(registry, &paths);
    const char **names = leat_arena_alloc(&registry->arena, (size_t)(2 * n + 1) * sizeof *names), *near;

    for (int i = 0; i < n; i++) {
        const char *file = strrchr(paths[i], '/') + 1;

        names[2 * i] = leat_arena_strndup(&registry->arena, file, strlen(file) - 3);
        names[2 * i + 1] = strchr(names[2 * i], '-') + 1;
    }
    names[2 * n] = "functions";
    near = leat_nearest(name, names, 2 * n + 1);
    leat_cli_say("there is no plugin '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
    fprintf(stderr, "leat plugin list shows what there is\n");
    return EX_USAGE;
}

static int show_named(struct leat_registry *registry, const char *name, const struct leat_form *form)
{
    const char *const *paths;
    int n = leat_registry_files(registry, &paths), n_meant = 0, n_shown = 0, status = EX_OK;

    for (int i = 0; i < n; i++)
        n_meant += is_meant(paths[i], name);
    fputs(n_meant > 1 ? form->begin : "", stdout);
    for (int i = 0; i < n; i++) {
        const struct leat_loaded *loaded;
        struct leat_error err = {0};

        if (!is_meant(paths[i], name))
            continue;
        if (leat_registry_load(registry, paths[i], &loaded, &err) < 0) {
            status = leat_cli_failed(&err, true);
            continue;
        }
        fputs(n_shown++ ? form->between : "", stdout);
        form->plugin(loaded, &registry->arena);
    }
    fputs(n_meant > 1 ? form->end : "", stdout);
    return n_meant ? status : unknown_plugin(registry, name);
}

static int show_what(struct leat_registry *registry, const struct leat_cli *cli)
{
    const struct leat_form *form = cli->json     ? &leat_form_schema
                                   : cli->format ? &leat_form_pod
                                                 : &leat_form_people;
    const char *what = cli->operands[1];

    if (cli->format && strcmp(cli->format, "pod") != 0) {
        leat_cli_say("plugin show: --format is pod, not '%s'", cli->format);
        return EX_USAGE;
    }
    if (strcmp(what, "functions") != 0)
        return show_named(registry, what, form);
    form->functions(leat_core_functions);
    return EX_OK;
}

int leat_cli_plugin(const struct leat_cli *cli)
{
    struct leat_registry registry;
    struct leat_error err = {0};
    const char *verb = cli->file ? cli->file : "";
    int status;

    if (leat_registry_init(&registry, &leat_host_table, cli->plugin_dirs, cli->n_plugin_dirs, &err) < 0) {
        status = leat_cli_failed(&err, true);
    } else if (strcmp(verb, "list") == 0 && cli->n_operands == 1) {
        status = list(&registry, cli->json);
    } else if (strcmp(verb, "show") == 0 && cli->n_operands == 2) {
        status = show_what(&registry, cli);
    } else if (strcmp(verb, "index") == 0 && cli->n_operands == 2) {
        status = leat_registry_write_index(&registry, cli->operands[1], &err) < 0 ? leat_cli_failed(&err, true) : EX_OK;
    } else {
        fprintf(stderr, "leat: say  leat plugin list  or  leat plugin show NAME\n");
        status = EX_USAGE;
    }
    leat_registry_deinit(&registry);
    return status;
}
