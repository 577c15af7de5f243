/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A pipeline file of any bytes: parsed, its variables replaced, modelled, and
 * its mistakes shown.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/model.h"
#include "pipeline/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void fuzz_tree(const uint8_t *bytes, size_t n)
{
    struct leat_arena arena = {0};
    struct leat_diagnostics diagnostics = {0};
    struct leat_text_buffer text = {0};
    struct leat_source source = {.path = "fuzz.yaml", .folder = "/", .n = n};
    struct leat_variables variables = {};
    struct leat_node *root;

    source.text = leat_arena_strndup(&arena, (const char *)bytes, n);
    root = leat_yaml_parse(&source, &arena, &diagnostics);
    if (root)
        leat_interpolate(root, &variables, &arena, &diagnostics);
    leat_diagnostics_text(&diagnostics, &text);
    leat_text_deinit(&text);
    leat_diagnostics_deinit(&diagnostics);
    leat_arena_deinit(&arena);
}

static void fuzz_model(const uint8_t *bytes, size_t n)
{
    char path[] = "/tmp/leat-fuzz-XXXXXX";
    int fd = mkstemp(path);
    struct leat_overrides overrides = {0};
    struct leat_diagnostics diagnostics = {0};
    struct leat_pipeline pipeline;
    struct leat_error err = {0};

    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    close(fd);
    if (leat_pipeline_read(&pipeline, path, &overrides, &diagnostics, &err) < 0 && !*err.text)
        abort(); /* a failure says why */
    leat_pipeline_deinit(&pipeline);
    leat_diagnostics_deinit(&diagnostics);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n > 1 << 16)
        return 0;
    fuzz_tree(bytes, n);
    fuzz_model(bytes, n);
    return 0;
}
