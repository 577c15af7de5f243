/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * csv: reads records from a CSV file of any dialect and encoding. The parser is
 * the kit's (kit/csv/read.h); plan.c finds names and types, put.c makes rows,
 * source.c reads the file.
 *
 * One worker; a position is the offset and the line of the next record, the trace
 * of the file up to there (kit/file/input.h), and up to where that is: the same, or
 * where the encoding is not UTF-8 as many bytes as had been read.
 */
#include "extract/csv/csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kit/file/input.h"

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct csv, path), .required = true, .main = true,
      .help = "File to read." },
    { .name = "header", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct csv, header), .default_text = "true",
      .help = "Whether the first line holds names and no record; false is the default where `names` is given." },
    { .name = "names", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct csv, names),
      .help = "Names of the fields, in the order of the file, instead of those in it." },
    { .name = "delimiter", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, delimiter), .default_text = ",",
      .help = "Character between two fields; \\t is a tab." },
    { .name = "quote", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, quote), .default_text = "\"",
      .help = "Character around a field that holds delimiters or line ends; empty for none." },
    { .name = "escape", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, escape),
      .help = "Character that makes the next one ordinary, such as \\; without it a quote is doubled." },
    { .name = "encoding", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, encoding), .default_text = "UTF-8",
      .help = "Encoding of the file, as iconv names it: UTF-16, ISO-8859-1, WINDOWS-1252." },
    { .name = "null", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct csv, null), .default_text = "",
      .help = "What stands for null where it is not quoted." },
    { .name = "strict", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct csv, strict), .default_text = "true",
      .help = "Whether a line with missing fields or a misplaced quote is rejected, or taken as far as it goes." },
    LEAT_FIELDS_OPTION(struct csv, fields),
    LEAT_END_OF_OPTIONS
};

static int cannot_read(const struct csv *c, int code, struct leat_error *err)
{
    return leat_fail(err, code, "cannot read %s: %s", c->path, strerror(-code));
}

static bool same_name(const struct csv *c, int i, const char *name)
{
    char room[1024 + LEAT_CSV_SLACK];
    const struct leat_csv_value *v = &c->reader.values[i];
    size_t n = strlen(name);

    if (v->n > 2 * n + 1 || v->n > 1024)
        return v->n > 1024 && n > 512; /* not worth a proof */
    return leat_csv_value_copy(&c->reader, v, room) == n && memcmp(room, name, n) == 0;
}

static bool has_name(const struct csv *c, const char *name)
{
    for (int i = 0; i < c->reader.n_values && i < c->n_fields; i++)
        if (same_name(c, i, name))
            return true;
    return false;
}

/* The file may be another one than at plan time. */
static int check_header(const struct csv *c, const struct leat_schema *schema, struct leat_error *err)
{
    bool same = c->reader.n_values == c->n_fields;

    for (int i = 0; i < schema->n_fields; i++)
        if (!has_name(c, schema->fields[i].name))
            return leat_fail(err, LEAT_EDATA, "%s has changed since it was planned: the column '%.80s' has vanished",
                             c->path, schema->fields[i].name);
    for (int i = 0; same && i < schema->n_fields; i++)
        same = same_name(c, i, schema->fields[i].name);
    return same ? 0 : leat_fail(err, LEAT_EDATA, "%s has changed since it was planned: its columns are others, or in "
                                "another order; run again", c->path);
}

static int read_header(struct csv *c, const struct leat_schema *schema, struct leat_error *err)
{
    switch (leat_csv_next(&c->reader)) {
    case LEAT_CSV_RECORD:
        return c->names ? 0 : check_header(c, schema, err);
    case LEAT_CSV_FAILED:
        return cannot_read(c, c->reader.error, err);
    default:
        return leat_fail(err, LEAT_EDATA, "%s has changed since it was planned: it has no header any more", c->path);
    }
}

static int go_on(struct csv *c, const char *position, struct leat_error *err)
{
    char was[LEAT_INPUT_TRACE], is[LEAT_INPUT_TRACE];
    int64_t offset, line, traced;
    int rc;

    if (sscanf(position, "%" SCNd64 " %" SCNd64 " %16s %" SCNd64, &offset, &line, was, &traced) != 4)
        return leat_fail(err, LEAT_EDATA, "where the run stopped in %s cannot be made out; `leat run --restart` begins "
                         "anew", c->path);
    rc = csv_source_seek(&c->source, offset);
    if (rc == -ENODATA)
        return leat_fail(err, LEAT_EDATA, "%s has become shorter than where the last run stopped; `leat run --restart` "
                         "begins anew", c->path);
    if (rc < 0)
        return cannot_read(c, rc, err);
    if (!leat_input_trace(c->source.fd, traced, is) || strcmp(is, was) != 0)
        return leat_fail(err, LEAT_EDATA, "%s has changed since the run that stopped; `leat run --restart` begins anew",
                         c->path);
    leat_csv_reader_seek(&c->reader, offset, line);
    return 0;
}

static int csv_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct csv *c = self;
    const char *position = leat_stage_position(stage, 0);
    int rc = csv_begin(c, c->n_fields, err);

    if (rc == 0 && c->header)
        rc = read_header(c, leat_stage_output(stage), err);
    return rc == 0 && position ? go_on(c, position, err) : rc;
}

/* There is none where the file has been cut short meanwhile. */
static void set_position(const struct csv *c, struct leat_batch *out)
{
    int64_t offset = leat_csv_next_offset(&c->reader), traced = csv_source_read(&c->source, offset);
    char trace[LEAT_INPUT_TRACE], position[128];

    if (!leat_input_trace(c->source.fd, traced, trace))
        return;
    (void)snprintf(position, sizeof position, "%" PRId64 " %" PRId64 " %s %" PRId64, offset, c->reader.line, trace,
                   traced);
    leat_batch_set_position(out, 0, position);
}

/* So many lines may be records that one reject, without their bytes, would hide how many are lost. */
static enum leat_flow swallowed(const struct csv *c, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_EDATA, "%s: the quote in line %" PRId64 " (byte %" PRId64 ") is not closed before the "
                    "end of the file, more than max_record behind it; close it, or see quote and escape", c->path,
                    c->reader.fault_line, c->reader.fault_offset + 1);
    return LEAT_FAILED;
}

static enum leat_flow read_rows(struct csv *c, struct leat_batch *out, struct leat_error *err)
{
    while (leat_batch_has_room(out)) {
        switch (leat_csv_next(&c->reader)) {
        case LEAT_CSV_RECORD:
            csv_put_record(c, out);
            break;
        case LEAT_CSV_BAD:
            if (c->reader.fault == LEAT_CSV_UNCLOSED && !c->reader.raw)
                return swallowed(c, err);
            csv_put_bad(c, out);
            break;
        case LEAT_CSV_END:
            return LEAT_END;
        case LEAT_CSV_FAILED:
            return leat_read_failed(err, c->reader.error, c->path);
        }
    }
    return LEAT_MORE;
}

static enum leat_flow csv_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct csv *c = self;
    enum leat_flow flow;

    c->reader.max_record = (size_t)out->max_record;
    flow = read_rows(c, out, err);
    if (c->n_empty_lines)
        leat_stage_count(stage, "empty line", c->n_empty_lines);
    c->n_empty_lines = 0;
    set_position(c, out);
    return flow;
}

static void csv_close(struct leat_stage *stage, void *self)
{
    struct csv *c = self;

    (void)stage;
    csv_end(c);
    free(c->scratch);
}

LEAT_EXTRACT(csv, .summary = "Reads records from a CSV file", .options = options, .plan = csv_plan, .open = csv_open,
             .read = csv_read, .close = csv_close);
