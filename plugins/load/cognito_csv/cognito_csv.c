/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * cognito_csv: writes users in the dialect of Amazon Cognito's import, in parts
 * that one import job takes, each with a map from line to source key, because
 * Cognito reports by line number. Here are the options and the life of the
 * stage; in kit/cognito_csv, columns.h says which columns there are, table.h how a
 * row is written, parts.h where it goes.
 *
 * One worker; the state is touched by its thread alone.
 */
#include <leat/plugin.h>

#include "kit/cognito_csv/columns.h"
#include "kit/cognito_csv/put.h"

enum { LIMIT_ROWS = 500000, LIMIT_BYTES = 100000000 };

struct cognito_csv {
    const char *path, *pool_path;
    const struct leat_node *header;
    int64_t max_rows, max_bytes;
    struct cognito_pool pool;
    struct table table;
    struct parts parts;
    char *header_line;      /* the plan's memory */
    char *fixed;
};

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct cognito_csv, path), .required = true, .main = true,
      .help = "File to write; further parts are named NAME-2.csv and so on, and beside each stands its line map." },
    { .name = "header", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct cognito_csv, header),
      .help = "Columns of the target: a list of names, or a JSON file as `aws cognito-idp get-csv-header` prints it; "
              "without it those of the pool." },
    { .name = "pool", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct cognito_csv, pool_path),
      .help = "JSON file as `aws cognito-idp describe-user-pool` prints it, by whose rules records are rejected." },
    { .name = "max_rows", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito_csv, max_rows),
      .default_text = "500000", .min = 1, .max = LIMIT_ROWS,
      .help = "Users a part has at most; an import job takes no more than the default." },
    { .name = "max_bytes", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct cognito_csv, max_bytes),
      .default_text = "100000000",
      .help = "Bytes a part has at most; an import job takes no more than the default, 100 MB of 1,000,000 bytes." },
    LEAT_END_OF_OPTIONS
};

static int csv_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct cognito_csv *c = self;
    struct leat_error why = {0};

    (void)err;
    cognito_pool_default(&c->pool);
    c->pool.attributes[COGNITO_EMAIL].required = false; /* of a pool that is not described nobody knows */
    if (c->pool_path && cognito_pool_read(c->pool_path, &c->pool, &why) < 0) {
        leat_plan_wrong(plan, "pool", "%s", why.text);
        return 0;
    }
    c->table = (struct table){ .pool = &c->pool, .demands_verified = c->pool.described };
    columns_plan(plan, c->header, &c->pool, &c->table);
    c->fixed = leat_plan_alloc(plan, table_fixed_size(&c->table));
    c->header_line = leat_plan_alloc(plan, table_header_size(&c->table) + 1);
    table_bind(&c->table, leat_plan_input(plan), c->fixed);
    columns_explain(plan, &c->table);
    columns_note(plan, &c->table);
    parts_plan(plan, c->path);
    if (c->max_bytes > LIMIT_BYTES)
        leat_plan_wrong(plan, "max_bytes", "max_bytes is at most %d: an import job takes 100 MB of 1,000,000 bytes, "
                        "and MB counts 1,048,576 here; write %d, or 95MB", LIMIT_BYTES, LIMIT_BYTES);
    if ((int64_t)table_header_size(&c->table) >= c->max_bytes)
        leat_plan_wrong(plan, "max_bytes", "the header alone has %zu bytes; give max_bytes more",
                        table_header_size(&c->table));
    return 0;
}

static int csv_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct cognito_csv *c = self;

    /* The host may have taken secret fields out since plan. */
    table_bind(&c->table, leat_stage_input(stage), c->fixed);
    c->parts = (struct parts){ .path = c->path, .header = c->header_line, .max_rows = c->max_rows,
                               .max_bytes = c->max_bytes };
    c->parts.n_header = (size_t)(table_write_header(&c->table, c->header_line) - c->header_line);
    return parts_open(&c->parts, stage, err);
}

static int write_row(struct cognito_csv *c, struct leat_batch *batch, int32_t row, struct leat_error *err)
{
    struct table_trouble trouble;
    int rc = put_row(&c->parts, &c->table, batch, row, &trouble, err);
    size_t n = 0;
    const char *key;

    if (rc < 0)
        return rc;
    if (rc == 0) {
        table_reject(&c->table, batch, row, &trouble);
        return 0;
    }
    key = leat_batch_key(batch, row, &n);
    parts_note_row(&c->parts, key, n);
    return 0;
}

static int csv_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct cognito_csv *c = self;
    int rc = 0;

    (void)stage;
    LEAT_EACH_ROW(batch, row) {
        rc = write_row(c, batch, row, err);
        if (rc < 0)
            return rc;
    }
    rc = parts_check(&c->parts, err);
    if (rc == 0)
        leat_batch_answer_rest(batch, LEAT_LOADED);
    return rc;
}

static int csv_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                      struct leat_error *err)
{
    struct cognito_csv *c = self;

    return parts_commit(&c->parts, stage, last, ret_mark, err);
}

static void csv_close(struct leat_stage *stage, void *self)
{
    struct cognito_csv *c = self;

    (void)stage;
    parts_close(&c->parts);
}

LEAT_LOAD(cognito_csv, .summary = "Writes users into CSV files that Amazon Cognito's user import takes",
          .options = options, .plan = csv_plan, .open = csv_open, .deliver = csv_deliver, .commit = csv_commit,
          .close = csv_close);
