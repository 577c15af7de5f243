/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A pipeline model out of a string literal, through a real file.
 */
#ifndef LEAT_TESTS_PIPELINE_H
#define LEAT_TESTS_PIPELINE_H

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "file.h"
#include "pipeline/model.h"

struct test_pipeline {
    struct leat_pipeline pipeline;
    struct leat_diagnostics diagnostics;
    struct leat_text_buffer said;
    char path[64];
    int rc;
};

__attribute__((unused)) static void pipeline_read_with(struct test_pipeline *t, const char *text, size_t n,
                                                       const struct leat_overrides *overrides)
{
    struct leat_error err = {0};
    int fd;

    *t = (struct test_pipeline){.path = "/tmp/leat-test-XXXXXX"};
    fd = mkstemp(t->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(leat_file_write(t->path, text, n), 0);
    t->rc = leat_pipeline_read(&t->pipeline, t->path, overrides, &t->diagnostics, &err);
    unlink(t->path);
    leat_diagnostics_text(&t->diagnostics, &t->said);
    assert_int_equal(t->rc, t->diagnostics.n ? LEAT_EPIPELINE : 0);
}

__attribute__((unused)) static void pipeline_read(struct test_pipeline *t, const char *text)
{
    static const struct leat_overrides none;

    pipeline_read_with(t, text, strlen(text), &none);
}

__attribute__((unused)) static const char *pipeline_said(const struct test_pipeline *t)
{
    return t->said.p ? t->said.p : "";
}

__attribute__((unused)) static void pipeline_close(struct test_pipeline *t)
{
    leat_text_deinit(&t->said);
    leat_diagnostics_deinit(&t->diagnostics);
    leat_pipeline_deinit(&t->pipeline);
}

#endif
