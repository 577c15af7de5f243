/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Any YAML bound by an option table that has every type once.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline/interpolate.h"
#include "pipeline/yaml.h"
#include "plugin/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct every {
    const char *text, *path;
    int64_t integer, size, duration;
    bool boolean;
    int word;
    const struct leat_node *list, *map, *expression;
    const struct leat_query *query;
    const struct leat_secret *secret;
};

static const char *const words[] = {"one", "two", NULL};
static const struct leat_option options[] = {
    {.name = "text", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct every, text), .main = true, .help = "Text."},
    {.name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct every, path), .help = "Path."},
    {.name = "integer", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct every, integer), .help = "Integer.",
     .min = -5, .max = 5, .default_text = "1"},
    {.name = "size", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct every, size), .help = "Size."},
    {.name = "duration", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct every, duration), .help = "Duration."},
    {.name = "boolean", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct every, boolean), .help = "Boolean."},
    {.name = "word", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct every, word), .values = words, .help = "Word."},
    {.name = "list", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct every, list), .help = "List."},
    {.name = "map", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct every, map), .help = "Map."},
    {.name = "expression", .type = LEAT_OPTION_EXPRESSION, LEAT_MEMBER(struct every, expression), .help = "E."},
    {.name = "query", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct every, query), .help = "Query."},
    {.name = "secret", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct every, secret), .help = "Secret."},
    LEAT_END_OF_OPTIONS
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct leat_arena arena = {0};
    struct leat_diagnostics diagnostics = {0};
    struct leat_parameter parameter = {.name = "p", .value = "a 'value' with ${env:HOME}"};
    struct leat_variables variables = {.parameters = &parameter, .n_parameters = 1};
    struct leat_source source = {.path = "fuzz.yaml", .folder = "/", .n = n};
    struct leat_binding binding = {.arena = &arena, .diagnostics = &diagnostics, .owner = "fuzz"};
    struct every every = {0};
    struct leat_node *root;

    source.text = leat_arena_strndup(&arena, (const char *)bytes, n);
    root = n > 1 << 16 ? NULL : leat_yaml_parse(&source, &arena, &diagnostics);
    if (root) {
        leat_interpolate(root, &variables, &arena, &diagnostics);
        binding.place = root;
        if (leat_options_bind(&binding, root, options, &every)) {
            if (every.integer < -5 || every.integer > 5 || every.size < 0 || every.word < 0 || every.word > 1)
                abort(); /* what is bound keeps its bounds */
            if (every.expression)
                (void)leat_interpolated_expression(every.expression, &arena);
            leat_options_wipe(options, &every);
        }
    }
    leat_diagnostics_deinit(&diagnostics);
    leat_arena_deinit(&arena);
    return 0;
}
