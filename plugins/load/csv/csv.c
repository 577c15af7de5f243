/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * csv: writes the selected rows as RFC 4180 into a file that gets its name when
 * the run is done. How a value is written is the kit's (kit/csv/write.h); here
 * are the options and the life of the file.
 *
 * One worker; the state is touched by its thread alone.
 */
#include <leat/plugin.h>

#include "kit/csv/write.h"
#include "kit/file/file.h"
#include "kit/secrets/secrets.h"

enum { MINIMAL, ALL };
enum { LF, CRLF };
enum { MAX_NULL = 32 };

struct csv {
    const char *path, *delimiter, *null;
    bool header, bom, secrets;
    int quote, guard, line_ending;
    struct leat_output file;
    struct leat_csv_writer writer;
};

static const char *const quotes[] = { "minimal", "all", NULL };
static const char *const guards[] = { "off", "escape", "reject", NULL };
static const char *const line_endings[] = { "lf", "crlf", NULL };

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct csv, path), .required = true, .main = true,
      .help = "File to write; it gets this name when the run is done." },
    { .name = "delimiter", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, delimiter), .default_text = ",",
      .help = "Character between two fields; \\t is a tab." },
    { .name = "header", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct csv, header), .default_text = "true",
      .help = "Whether the first line holds the names of the fields." },
    { .name = "quote", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct csv, quote), .values = quotes,
      .default_text = "minimal", .help = "Which values stand in quotes: those that need them, or all but nulls." },
    { .name = "null", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, null), .default_text = "",
      .help = "What is written for a null; a text that reads the same is quoted." },
    { .name = "bom", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct csv, bom), .default_text = "false",
      .help = "Whether the file begins with a byte order mark, by which Excel knows UTF-8." },
    { .name = "formula_guard", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct csv, guard), .values = guards,
      .default_text = "off",
      .help = "What becomes of a text that a spreadsheet would run: off, escape (an apostrophe before it) or reject." },
    { .name = "line_ending", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct csv, line_ending), .values = line_endings,
      .default_text = "lf", .help = "How a line ends." },
    LEAT_SECRETS_OPTION(struct csv, secrets),
    LEAT_END_OF_OPTIONS
};

/* The one character that is meant, or 0. */
static char delimiter_of(const char *text)
{
    if (strcmp(text, "\\t") == 0)
        return '\t';
    return text[0] && !text[1] ? text[0] : '\0';
}

static bool usable_delimiter(char c)
{
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    return c && !alnum && !(c & 0x80) && !strchr("\"\\\r\n", c);
}

/* A name cannot be rejected, and with the guard on nobody reckons with one. */
static void check_names(struct leat_plan *plan, const struct csv *c)
{
    const struct leat_schema *input = leat_plan_input(plan);

    for (int i = 0; c->header && c->guard == LEAT_CSV_GUARD_REJECT && i < input->n_fields; i++)
        if (leat_csv_is_formula(input->fields[i].name, strlen(input->fields[i].name)))
            leat_plan_wrong(plan, "formula_guard", "the name of the field '%.80s' is one that a spreadsheet would run: "
                            "rename it, or say `formula_guard: escape`", input->fields[i].name);
}

static int csv_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct csv *c = self;
    char delimiter = delimiter_of(c->delimiter);

    (void)err;
    c->null = c->null ? c->null : "";
    if (!usable_delimiter(delimiter))
        leat_plan_wrong(plan, "delimiter", "the delimiter is one character such as , ; | or \\t, and no letter, digit, "
                        "quote or line end");
    else if (strlen(c->null) > MAX_NULL || strpbrk(c->null, "\"\r\n") || strchr(c->null, delimiter))
        leat_plan_wrong(plan, "null", "the text for null has at most %d bytes, and no delimiter, quote or line end",
                        MAX_NULL);
    check_names(plan, c);
    leat_output_plan(plan, c->path);
    leat_secrets_plan(plan, c->secrets);
    return 0;
}

static int csv_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct csv *c = self;
    int rc;

    leat_output_sweep(stage, c->path, NULL);
    rc = leat_output_open(&c->file, c->path, leat_stage_mark(stage), err);
    if (rc < 0)
        return rc;
    c->writer = (struct leat_csv_writer){ .delimiter = delimiter_of(c->delimiter), .quote_all = c->quote == ALL,
                                          .crlf = c->line_ending == CRLF, .null = c->null, .guard = c->guard };
    rc = leat_csv_writer_init(&c->writer, leat_stage_input(stage), err);
    if (rc < 0 || leat_output_tell(&c->file))
        return rc;
    if (c->bom)
        leat_output_put(&c->file, "\xEF\xBB\xBF", 3);
    if (c->header)
        leat_csv_write_header(&c->writer, &c->file);
    return leat_output_check(&c->file, err);
}

static int csv_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct csv *c = self;
    int rc = leat_csv_write_batch(&c->writer, &c->file, batch, err);

    (void)stage;
    if (rc == 0)
        leat_batch_answer_rest(batch, LEAT_LOADED);
    return rc;
}

static int csv_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                      struct leat_error *err)
{
    struct csv *c = self;

    return leat_output_commit(&c->file, stage, last, ret_mark, err);
}

static void csv_close(struct leat_stage *stage, void *self)
{
    struct csv *c = self;

    (void)stage;
    leat_csv_writer_deinit(&c->writer);
    leat_output_close(&c->file);
}

LEAT_LOAD(csv, .summary = "Writes records into a CSV file", .options = options, .plan = csv_plan, .open = csv_open,
          .deliver = csv_deliver, .commit = csv_commit, .close = csv_close);
