/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "plugin/options.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"


struct binder {
    const struct leat_binding *binding;
    const struct leat_option *option;
    const struct leat_node *node; /* the value */
    void *member;
};

static size_t member_size(enum leat_option_type type)
{
    switch (type) {
    case LEAT_OPTION_INTEGER:
    case LEAT_OPTION_SIZE:
    case LEAT_OPTION_DURATION:
        return sizeof(int64_t);
    case LEAT_OPTION_BOOLEAN:
        return sizeof(bool);
    case LEAT_OPTION_ENUM:
        return sizeof(int);
    default:
        return sizeof(void *);
    }
}

bool leat_options_broken(const struct leat_option *options, size_t state_size, const char **ret_what)
{
    for (; options && options->name; options++) {
        *ret_what = options->name;
        if (options->size != member_size(options->type) || options->offset + options->size > state_size ||
            !options->help || (options->type == LEAT_OPTION_ENUM && !options->values))
            return true;
    }
    return false;
}

static const char *words(const char *const *values, struct leat_arena *arena)
{
    struct leat_text_buffer all = {0};
    const char *text;

    for (int i = 0; values[i]; i++)
        leat_text_printf(&all, "%s%s", i ? ", " : "", values[i]);
    text = leat_arena_strdup(arena, all.n ? all.p : "");
    leat_text_deinit(&all);
    return text;
}

const char *leat_option_type_name(const struct leat_option *option, struct leat_arena *arena)
{
    static const char *const names[] = {
        [LEAT_OPTION_TEXT] = "text", [LEAT_OPTION_INTEGER] = "integer", [LEAT_OPTION_SIZE] = "size",
        [LEAT_OPTION_DURATION] = "duration", [LEAT_OPTION_BOOLEAN] = "true or false", [LEAT_OPTION_PATH] = "path",
        [LEAT_OPTION_LIST] = "list", [LEAT_OPTION_MAP] = "mapping", [LEAT_OPTION_EXPRESSION] = "expression",
        [LEAT_OPTION_QUERY] = "query", [LEAT_OPTION_SECRET] = "secret", [LEAT_OPTION_STAGE] = "stage",
    };

    if (option->type == LEAT_OPTION_ENUM)
        return leat_arena_printf(arena, "one of %s", words(option->values, arena));
    return names[option->type];
}

static bool wrong(const struct binder *b, const char *hint, const char *what)
{
    leat_wrong_at(b->binding->diagnostics, b->node, hint, "%s: %s %s", b->binding->owner, b->option->name, what);
    return false;
}

static bool in_range(const struct binder *b, int64_t value)
{
    const struct leat_option *o = b->option;
    bool any = !o->min && !o->max;
    char text[128];

    if (any ? value >= 0 : value >= o->min && value <= o->max) {
        memcpy(b->member, &value, sizeof value);
        return true;
    }
    if (any)
        (void)snprintf(text, sizeof text, "must not be negative");
    else
        (void)snprintf(text, sizeof text, "must be from %" PRId64 " to %" PRId64, o->min, o->max);
    return wrong(b, NULL, text);
}

static bool bind_number(const struct binder *b)
{
    const char *text = b->node->text;
    int64_t value;

    if (b->option->type == LEAT_OPTION_INTEGER)
        return leat_parse_integer(text, &value) ? in_range(b, value) : wrong(b, NULL, "must be a whole number");
    if (b->option->type == LEAT_OPTION_SIZE)
        return leat_parse_size(text, &value) ? in_range(b, value)
                                             : wrong(b, "write it as 64k, 32MiB or 1G", "must be a size");
    return leat_parse_duration(text, &value) ? in_range(b, value)
                                             : wrong(b, "write it as 250ms, 30s, 5m, 2h or 1d", "must be a duration");
}

static bool bind_boolean(const struct binder *b)
{
    bool value = strcmp(b->node->text, "true") == 0;

    if (!value && strcmp(b->node->text, "false") != 0)
        return wrong(b, "write true or false", "must be true or false");
    memcpy(b->member, &value, sizeof value);
    return true;
}

static bool bind_enum(const struct binder *b)
{
    struct leat_arena *arena = b->binding->arena;
    const char *near;
    int n = 0;

    for (; b->option->values[n]; n++)
        if (strcmp(b->option->values[n], b->node->text) == 0) {
            memcpy(b->member, &n, sizeof n);
            return true;
        }
    near = leat_nearest(b->node->text, b->option->values, n);
    return wrong(b, near ? leat_arena_printf(arena, "did you mean '%s'?", near) : NULL,
                 leat_arena_printf(arena, "must be one of %s", words(b->option->values, arena)));
}

static bool bind_pointer(const struct binder *b, const void *value)
{
    memcpy(b->member, &value, sizeof value);
    return true;
}

static bool bind_path(const struct binder *b)
{
    if (!*b->node->text)
        return wrong(b, NULL, "must not be empty");
    return bind_pointer(b, leat_path_join(b->binding->arena, leat_node_host(b->node)->source->folder, b->node->text));
}

/* One that stands in the file is a mistake, and so nothing will run; but with it the plan can be made, and finds what
 * else is wrong. */
static bool bind_secret(const struct binder *b)
{
    struct leat_secret *secret = leat_arena_alloc(b->binding->arena, sizeof *secret);

    secret->text = b->node->text;
    secret->n = strlen(b->node->text);
    if (!leat_node_host(b->node)->n_values) {
        b->binding->diagnostics->keep_lines = true;
        (void)wrong(b, "write ${env:NAME} or ${file:PATH}", "is a secret and must not stand in the file");
        secret->text = leat_arena_strdup(b->binding->arena, secret->text); /* since it will be wiped */
    }
    return bind_pointer(b, secret);
}

/* True if SQL's text ends inside quotes; an apostrophe in a comment opens none. */
static bool inside_quotes(const char *text)
{
    char quote = 0;

    for (; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (strncmp(text, "--", 2) == 0)
            text += strcspn(text, "\n") - (text[strcspn(text, "\n")] == '\0');
        else if (strncmp(text, "/*", 2) == 0)
            text = strstr(text, "*/") ? strstr(text, "*/") + 1 : text + strlen(text) - 1;
        else if (*text == '\'' || *text == '"' || *text == '`')
            quote = *text;
    }
    return quote != 0;
}

static bool bind_query(const struct binder *b)
{
    const struct leat_node_private *host = leat_node_host(b->node);
    struct leat_query *query = leat_arena_alloc(b->binding->arena, sizeof *query);
    const char **one = leat_arena_alloc(b->binding->arena, sizeof *one);

    for (int i = 0; i < host->n_values; i++)
        if (inside_quotes(host->pieces[i]))
            return wrong(b, "leave the quotes away: the variable is a bound parameter, never a part of the query's text",
                         "has a variable inside quotes");
    one[0] = b->node->text;
    query->n_params = host->n_values;
    query->texts = host->n_values ? host->pieces : one;
    query->params = host->values;
    return bind_pointer(b, query);
}

/* One scalar where a list is taken is a list of one. */
static bool bind_list(const struct binder *b)
{
    struct leat_node *list;
    const struct leat_node **children;

    if (b->node->kind == LEAT_LIST)
        return bind_pointer(b, b->node);
    list = leat_arena_alloc(b->binding->arena, sizeof *list);
    children = leat_arena_alloc(b->binding->arena, sizeof *children);
    *list = *b->node;
    list->kind = LEAT_LIST;
    list->children = children;
    list->n_children = 1;
    children[0] = b->node;
    return bind_pointer(b, list);
}

static bool bind_value(const struct binder *b)
{
    enum leat_option_type type = b->option->type;

    if (type == LEAT_OPTION_LIST)
        return bind_list(b);
    if (type == LEAT_OPTION_MAP)
        return b->node->kind == LEAT_MAP ? bind_pointer(b, b->node)
                                         : wrong(b, "write  name: value  below it", "must be a mapping");
    if (type == LEAT_OPTION_STAGE && b->node->kind != LEAT_LIST)
        return bind_pointer(b, b->node);
    if (b->node->kind != LEAT_SCALAR)
        return wrong(b, NULL,
                     leat_arena_printf(b->binding->arena, "must be %s, not a %s",
                                       leat_option_type_name(b->option, b->binding->arena),
                                       b->node->kind == LEAT_LIST ? "list" : "mapping"));
    switch (type) {
    case LEAT_OPTION_INTEGER:
    case LEAT_OPTION_SIZE:
    case LEAT_OPTION_DURATION:
        return bind_number(b);
    case LEAT_OPTION_BOOLEAN:
        return bind_boolean(b);
    case LEAT_OPTION_ENUM:
        return bind_enum(b);
    case LEAT_OPTION_PATH:
        return bind_path(b);
    case LEAT_OPTION_SECRET:
        return bind_secret(b);
    case LEAT_OPTION_QUERY:
        return bind_query(b);
    case LEAT_OPTION_EXPRESSION:
        return bind_pointer(b, b->node);
    default:
        return bind_pointer(b, b->node->text);
    }
}

static bool is_null(const struct leat_node *node)
{
    return node->kind == LEAT_SCALAR && node->plain && (!*node->text || strcmp(node->text, "null") == 0);
}

/* A default is a scalar that nobody wrote. */
static const struct leat_node *default_node(const struct leat_binding *binding, const struct leat_option *option)
{
    struct leat_node *node = leat_arena_alloc(binding->arena, sizeof *node);
    struct leat_node_private *host = leat_arena_alloc(binding->arena, sizeof *host);
    struct leat_source *source = leat_arena_alloc(binding->arena, sizeof *source);

    source->path = "default";
    source->folder = ".";
    source->text = "";
    host->source = source;
    node->text = option->default_text;
    node->host = host;
    return node;
}

static bool bind_option(const struct leat_binding *binding, const struct leat_option *option,
                        const struct leat_node *node, void *ret)
{
    struct binder b = {.binding = binding, .option = option, .node = node, .member = (char *)ret + option->offset};

    if (node && is_null(node) && option->type != LEAT_OPTION_EXPRESSION && option->type != LEAT_OPTION_TEXT)
        node = NULL; /* key: with nothing behind it is not given */
    if (node && binding->uninterpolated && strstr(node->text, "${"))
        return true;
    if (!node && option->required) {
        leat_wrong_at(binding->diagnostics, binding->place,
                      leat_arena_printf(binding->arena, "%s: %s", option->name, option->help),
                      "%s needs the option '%s'", binding->owner, option->name);
        return false;
    }
    if (!node && option->default_text)
        b.node = node = default_node(binding, option);
    return node ? bind_value(&b) : true;
}

static int count(const struct leat_option *options)
{
    int n = 0;

    while (options && options[n].name)
        n++;
    return n;
}

const struct leat_option *leat_options_main(const struct leat_option *options)
{
    for (; options && options->name; options++)
        if (options->main)
            return options;
    return NULL;
}

/* An unknown name is a mistake, but what is known can still be used to find more. */
static void check_names(const struct leat_binding *binding, const struct leat_node *node,
                        const struct leat_option *options)
{
    int n = count(options);
    const char **names = leat_arena_alloc(binding->arena, (size_t)(n + 1) * sizeof *names);

    for (int i = 0; i < n; i++)
        names[i] = options[i].name;
    for (int i = 0; i < node->n_children; i++) {
        bool known = false;

        for (int j = 0; j < n; j++)
            known |= strcmp(names[j], node->children[i]->name) == 0;
        if (!known)
            leat_unknown_key(binding->diagnostics, node, node->children[i], names, n, binding->owner);
    }
}

/* A value without a name gets that of the main option; one that was set by name takes its place. */
static void name_main(const struct leat_node *node, const struct leat_option *main_option)
{
    struct leat_node *value = (struct leat_node *)leat_node_get(node, LEAT_MAIN_OPTION);
    const struct leat_node *named = main_option ? leat_node_get(node, main_option->name) : NULL;

    if (value && named)
        *value = *named;
    else if (value && main_option)
        value->name = main_option->name;
}

bool leat_options_bind(const struct leat_binding *binding, const struct leat_node *node,
                       const struct leat_option *options, void *ret)
{
    const struct leat_option *main_option = leat_options_main(options);
    bool whole = node && main_option &&
                 (node->kind != LEAT_MAP || (count(options) == 1 && main_option->type == LEAT_OPTION_MAP));
    bool ok = true;

    if (node && node->kind != LEAT_MAP && !main_option) {
        leat_wrong_at(binding->diagnostics, node, count(options) ? "write  option: value  below it" : NULL,
                      count(options) ? "%s takes named options" : "%s takes no options", binding->owner);
        return false;
    }
    name_main(node, main_option);
    if (node && !whole)
        check_names(binding, node, options);
    for (; options && options->name; options++) {
        const struct leat_node *value = NULL;

        if (whole)
            value = options == main_option ? node : NULL;
        else if (node)
            value = leat_node_get(node, options->name);
        ok &= bind_option(binding, options, value, ret);
    }
    return ok;
}

void leat_options_wipe(const struct leat_option *options, void *bound)
{
    for (; options && options->name; options++) {
        struct leat_secret *secret;

        if (options->type != LEAT_OPTION_SECRET)
            continue;
        memcpy(&secret, (char *)bound + options->offset, sizeof secret);
        if (secret)
            explicit_bzero((char *)secret->text, secret->n);
    }
}
