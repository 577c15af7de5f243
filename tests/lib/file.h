/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A pipeline file out of a string literal, and what the core has to say of it.
 */
#ifndef LEAT_TESTS_FILE_H
#define LEAT_TESTS_FILE_H

#include <string.h>

#include "base/source.h"
#include "pipeline/yaml.h"

struct test_file {
    struct leat_source source;
    struct leat_arena arena;
    struct leat_diagnostics diagnostics;
    struct leat_text_buffer said;
    struct leat_node *root;
};

/* Parses; `root` is NULL if it is no YAML that leat takes. */
__attribute__((unused)) static void file_parse_bytes(struct test_file *f, const char *text, size_t n)
{
    *f = (struct test_file){.source = {.path = "file.yaml", .folder = "/folder", .text = text, .n = n}};
    f->root = leat_yaml_parse(&f->source, &f->arena, &f->diagnostics);
}

__attribute__((unused)) static void file_parse(struct test_file *f, const char *text)
{
    file_parse_bytes(f, text, strlen(text));
}

/* All that was said so far; never NULL. */
__attribute__((unused)) static const char *file_said(struct test_file *f)
{
    leat_text_deinit(&f->said);
    leat_diagnostics_text(&f->diagnostics, &f->said);
    return f->said.p ? f->said.p : "";
}

__attribute__((unused)) static void file_close(struct test_file *f)
{
    leat_text_deinit(&f->said);
    leat_diagnostics_deinit(&f->diagnostics);
    leat_arena_deinit(&f->arena);
}

#endif
