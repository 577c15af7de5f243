/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "cli/form.h"

#include <stdio.h>

#include "plugin/options.h"

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
    leat_form_signature(f);
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
        if (leat_form_alone(options))
            printf("There is one. Its value stands behind the plugin's name, without this one.\n\n");
        printf("=over\n\n");
        for (; options->name; options++)
            pod_option(options, arena);
        printf("=back\n");
    }
}

const struct leat_form leat_form_pod = {pod, pod_functions, "", "\n", ""};
