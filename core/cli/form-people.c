/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "cli/form.h"

#include <stdio.h>
#include <string.h>

#include "expr/expr.h"
#include "plugin/options.h"

static void show_option(const struct leat_option *o, struct leat_arena *arena)
{
    printf("  %-14s %s%s", o->name, leat_option_type_name(o, arena), o->required ? ", required" : "");
    if (o->default_text)
        printf(", default %s", *o->default_text ? o->default_text : "empty");
    printf("%s\n                 %s\n", o->main ? "; what a value without names means" : "", o->help);
}

bool leat_form_alone(const struct leat_option *options)
{
    return options && options[0].name && options[0].main && !options[1].name;
}

const char *leat_form_type(enum leat_type type)
{
    return type == LEAT_NONE ? "any" : leat_type_name(type);
}

void leat_form_signature(const struct leat_function *f)
{
    int n = 0, required;

    while (n < LEAT_MAX_ARGUMENTS && f->arguments[n])
        n++;
    required = n - f->n_optional;
    printf("%s(", f->name);
    for (int i = 0; i < n; i++)
        printf("%s%s%s", i >= required ? "[" : "", i ? ", " : "", leat_form_type(f->arguments[i]));
    if (!n) /* any types, which the table cannot say */
        printf(f->traits & LEAT_VARIADIC ? "any" : "any, any");
    printf("%s", f->traits & LEAT_VARIADIC ? ", ..." : "");
    for (int i = required; i < n; i++)
        printf("]");
    printf(") -> %s", leat_form_type(f->result));
}

/* Of what an example yields: it may be about what another function makes of the result. */
static enum leat_type example_type(const struct leat_function *table, const struct leat_function *f)
{
    const struct leat_function *tables[] = {leat_core_functions, table};
    struct leat_functions functions = {.tables = tables, .n_tables = 2};
    struct leat_schema none = {0};
    struct leat_scope scope = {.schema = &none, .functions = &functions};
    struct leat_arena arena = {0};
    const struct leat_expression *compiled;
    struct leat_field result = {.type = f->result};
    struct leat_expr_fault fault;

    if (leat_expression_compile(&scope, f->example, strlen(f->example), LEAT_NONE, &arena, &compiled, &result,
                                &fault) == 0)
        leat_expression_release(compiled);
    leat_arena_deinit(&arena);
    return result.type;
}

/* As one would write it behind a =. */
static void print_yield(enum leat_type type, const char *yields)
{
    bool bare = type == LEAT_INT64 || type == LEAT_FLOAT64 || type == LEAT_DECIMAL || type == LEAT_BOOL;

    if (!yields)
        printf("null");
    else if (bare)
        printf("%s", yields);
    else if (type == LEAT_TEXT || type == LEAT_NONE)
        printf("'%s'", yields);
    else
        printf("cast('%s' as %s)", yields, leat_type_name(type));
}

static void show_functions(const struct leat_function *table)
{
    for (const struct leat_function *f = table; f->name; f++) {
        printf("  ");
        leat_form_signature(f);
        printf("\n                 %s\n                 %s %s ", f->summary, f->example, f->yields ? "=" : "is");
        print_yield(example_type(table, f), f->yields);
        printf("\n");
    }
}

static void show(const struct leat_loaded *loaded, struct leat_arena *arena)
{
    const struct leat_plugin *p = &loaded->plugin;

    printf("%s %s: %s\n", leat_kind_name(p->kind), p->name, p->summary);
    printf("  file           %s\n", loaded->path);
    if (p->options && p->options->name)
        printf("options:%s\n", leat_form_alone(p->options) ? " one, whose value stands behind the plugin's name" : "");
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

const struct leat_form leat_form_people = {show, show_functions, "", "\n", ""};
