/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "cli/form.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plugin/options.h"

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
    case LEAT_OPTION_STAGE:
        return "\"type\":[\"object\",\"string\"]";
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
        printf(",\"result\":\"%s\",\"summary\":", leat_form_type(f->result));
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
    if (!leat_form_alone(p->options)) {
        printf("%s", main_option ? "," : "");
        json_options(p->options);
    }
    printf("]}\n");
}

const struct leat_form leat_form_schema = {json_schema, json_functions, "[", ",\n", "]\n"};
