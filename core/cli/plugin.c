/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What plugins there are, and what each takes: for people, as the sections of
 * the manual pages (--format pod), and as JSON Schema for editors (--json). All
 * three come from the plugin's own tables.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "engine/run.h"
#include "plugin/options.h"

/* How something is shown; one table, three forms. */
struct form {
    void (*plugin)(const struct leat_loaded *loaded, struct leat_arena *arena);
    void (*functions)(const struct leat_function *table);
    const char *separator; /* between two plugins */
};

/* ---- for people ---- */

static void show_option(const struct leat_option *o, struct leat_arena *arena)
{
    printf("  %-14s %s%s", o->name, leat_option_type_name(o, arena), o->required ? ", required" : "");
    if (o->default_text)
        printf(", default %s", *o->default_text ? o->default_text : "empty");
    printf("%s\n                 %s\n", o->main ? "; what a value without names means" : "", o->help);
}

/* Its value stands right behind the plugin's name. */
static bool is_alone(const struct leat_option *options)
{
    return options && options[0].name && options[0].main && !options[1].name;
}

static const char *type_or_any(enum leat_type type)
{
    return type == LEAT_NONE ? "any" : leat_type_name(type);
}

/* NAME(text[, int64]) -> text */
static void print_signature(const struct leat_function *f)
{
    int n = 0, required;

    while (n < LEAT_MAX_ARGUMENTS && f->arguments[n])
        n++;
    required = n - f->n_optional;
    printf("%s(", f->name);
    for (int i = 0; i < n; i++)
        printf("%s%s%s", i >= required ? "[" : "", i ? ", " : "", type_or_any(f->arguments[i]));
    if (!n) /* any types, which the table cannot say */
        printf(f->traits & LEAT_VARIADIC ? "any" : "any, any");
    printf("%s", f->traits & LEAT_VARIADIC ? ", ..." : "");
    for (int i = required; i < n; i++)
        printf("]");
    printf(") -> %s", type_or_any(f->result));
}

static void show_functions(const struct leat_function *table)
{
    for (const struct leat_function *f = table; f->name; f++) {
        printf("  ");
        print_signature(f);
        printf("\n                 %s\n                 %s = %s%s%s\n", f->summary, f->example, f->yields ? "'" : "",
               f->yields ? f->yields : "null", f->yields ? "'" : "");
    }
}

static void show(const struct leat_loaded *loaded, struct leat_arena *arena)
{
    const struct leat_plugin *p = &loaded->plugin;

    printf("%s %s: %s\n", leat_kind_name(p->kind), p->name, p->summary);
    printf("  file           %s\n", loaded->path);
    if (p->options && p->options->name)
        printf("options:%s\n", is_alone(p->options) ? " one, whose value stands behind the plugin's name" : "");
    for (const struct leat_option *o = p->options; o && o->name; o++)
        show_option(o, arena);
    if (p->fields)
        printf("fields:\n");
    for (const struct leat_field *f = p->fields; f && f->name; f++)
        printf("  %-14s %s\n", f->name, leat_type_name(f->type));
    if (p->functions) {
        printf("functions:\n");
        show_functions(p->functions);
    }
}

/* ---- for the manual pages ---- */

/* What stands between `backquotes` becomes code. */
static void pod_text(const char *text)
{
    bool code = false;

    for (; *text; text++) {
        if (*text == '<' || *text == '>')
            printf("E<%s>", *text == '<' ? "lt" : "gt");
        else if (*text == '`')
            fputs((code = !code) ? "C<" : ">", stdout);
        else
            putchar(*text);
    }
}

static void pod_code(const char *text)
{
    printf("C<");
    pod_text(text);
    printf(">");
}

static void pod_option(const struct leat_option *o, struct leat_arena *arena)
{
    printf("=item B<%s> (%s%s", o->name, leat_option_type_name(o, arena), o->required ? ", required" : "");
    if (o->default_text && *o->default_text) {
        printf(", default ");
        pod_code(o->default_text);
    } else if (o->default_text) {
        printf(", default empty");
    }
    printf(")\n\n");
    pod_text(o->help);
    printf("%s\n\n", o->main ? " This is also what a value without option names means." : "");
}

static void pod_signature(const struct leat_function *f)
{
    printf("=item B<< ");
    print_signature(f);
    printf(" >>\n\n");
}

static void pod_functions(const struct leat_function *table)
{
    printf("=over\n\n");
    for (const struct leat_function *f = table; f->name; f++) {
        pod_signature(f);
        pod_text(f->summary);
        printf("%s\n\n  %s\n    %s\n\n", f->traits & LEAT_CAN_FAIL ? " It can fail." : "", f->example,
               f->yields ? f->yields : "(null)");
    }
    printf("=back\n");
}

static void pod(const struct leat_loaded *loaded, struct leat_arena *arena)
{
    const struct leat_option *options = loaded->plugin.options;

    if (loaded->plugin.functions) {
        pod_functions(loaded->plugin.functions);
    } else if (!options || !options->name) {
        printf("There are none.\n");
    } else {
        if (is_alone(options))
            printf("There is one. Its value stands behind the plugin's name, without this one.\n\n");
        printf("=over\n\n");
        for (; options->name; options++)
            pod_option(options, arena);
        printf("=back\n");
    }
}

/* ---- for editors ---- */

static void json_text(const char *text)
{
    struct leat_text_buffer b = {0};

    leat_text_add_json(&b, text, strlen(text));
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}

/* An editor gives a plain scalar a type of its own, so texts take numbers and booleans too. */
static const char *json_type(enum leat_option_type type)
{
    switch (type) {
    case LEAT_OPTION_INTEGER:
        return "\"type\":[\"integer\",\"string\"]";
    case LEAT_OPTION_SIZE:
    case LEAT_OPTION_DURATION:
        return "\"type\":[\"string\",\"integer\"]";
    case LEAT_OPTION_BOOLEAN:
        return "\"type\":\"boolean\"";
    case LEAT_OPTION_LIST:
        return "\"type\":[\"array\",\"string\",\"number\",\"boolean\"]";
    case LEAT_OPTION_MAP:
        return "\"type\":\"object\"";
    default:
        return "\"type\":[\"string\",\"number\",\"boolean\",\"null\"]";
    }
}

static void json_option(const struct leat_option *o)
{
    printf("{\"description\":");
    json_text(o->help);
    if (o->default_text) {
        printf(",\"default\":");
        json_text(o->default_text);
    }
    if (o->type == LEAT_OPTION_ENUM) {
        printf(",\"enum\":[");
        for (int i = 0; o->values[i]; i++) {
            printf("%s", i ? "," : "");
            json_text(o->values[i]);
        }
        printf("]}");
    } else {
        printf(",%s}", json_type(o->type));
    }
}

static void json_options(const struct leat_option *options)
{
    const char *separator = "";

    printf("{\"type\":[\"object\",\"null\"],\"additionalProperties\":false,\"properties\":{");
    for (const struct leat_option *o = options; o && o->name; o++) {
        printf("%s", o == options ? "" : ",");
        json_text(o->name);
        printf(":");
        json_option(o);
    }
    printf("},\"required\":[");
    for (const struct leat_option *o = options; o && o->name; o++)
        if (o->required) {
            printf("%s", separator);
            json_text(o->name);
            separator = ",";
        }
    printf("]}");
}

static void json_functions(const struct leat_function *table)
{
    printf("[");
    for (const struct leat_function *f = table; f->name; f++) {
        printf("%s{\"name\":", f == table ? "" : ",");
        json_text(f->name);
        printf(",\"result\":\"%s\",\"summary\":", type_or_any(f->result));
        json_text(f->summary);
        printf(",\"example\":");
        json_text(f->example);
        printf(",\"yields\":");
        if (f->yields)
            json_text(f->yields);
        else
            printf("null");
        printf("}");
    }
    printf("]\n");
}

/* A value that is the main option alone, or a mapping of options. */
static void json_schema(const struct leat_loaded *loaded, struct leat_arena *arena)
{
    const struct leat_plugin *p = &loaded->plugin;
    const struct leat_option *main_option = leat_options_main(p->options);

    (void)arena;
    if (p->functions) {
        json_functions(p->functions);
        return;
    }
    printf("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"%s %s\",\"description\":",
           leat_kind_name(p->kind), p->name);
    json_text(p->summary);
    printf(",\"anyOf\":[");
    if (main_option)
        json_option(main_option);
    if (!is_alone(p->options)) {
        printf("%s", main_option ? "," : "");
        json_options(p->options);
    }
    printf("]}\n");
}

/* ---- list, show ---- */

static void list_one(const struct leat_plugin *p, bool json, bool first)
{
    if (!json) {
        printf("%-10s %-16s %s\n", leat_kind_name(p->kind), p->name, p->summary);
        return;
    }
    printf("%s{\"kind\":\"%s\",\"name\":\"%s\",\"summary\":", first ? "" : ",\n", leat_kind_name(p->kind), p->name);
    json_text(p->summary);
    printf("}");
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

static int show_named(struct leat_registry *registry, const char *name, const struct form *form)
{
    const char *const *paths;
    int n = leat_registry_files(registry, &paths), found = 0;

    for (int i = 0; i < n; i++) {
        const struct leat_loaded *loaded;
        struct leat_error err = {0};

        if (!is_meant(paths[i], name))
            continue;
        if (leat_registry_load(registry, paths[i], &loaded, &err) < 0)
            return leat_cli_failed(&err, true);
        if (found++)
            fputs(form->separator, stdout);
        form->plugin(loaded, &registry->arena);
    }
    if (found)
        return EX_OK;
    fprintf(stderr, "leat: there is no plugin '%s'; leat plugin list shows what there is\n", name);
    return EX_USAGE;
}

static int show_what(struct leat_registry *registry, const struct leat_cli *cli)
{
    static const struct form people = {show, show_functions, "\n"}, page = {pod, pod_functions, "\n"},
                             editor = {json_schema, json_functions, ""};
    const struct form *form = cli->json ? &editor : cli->format ? &page : &people;
    const char *what = cli->operands[1];

    if (cli->format && strcmp(cli->format, "pod") != 0) {
        fprintf(stderr, "leat plugin show: --format is pod, not '%s'\n", cli->format);
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
