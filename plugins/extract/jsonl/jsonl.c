/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * jsonl: reads JSON objects, one a line. Since no JSON text holds a bare line
 * end, a line that is broken harms no other.
 *
 * One thread reads; a position is the offset and number of the next line, and the
 * trace of the file up to there (kit/file/input.h).
 */
#include "extract.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kit/file/input.h"

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct jsonl, path), .required = true, .main = true,
      .help = "The file to read, with one JSON object a line." },
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct jsonl, fields),
      .help = "Fields, NAME: TYPE or NAME: {type, class, timezone, path}; a path is like address.city or roles[0], "
              "and NAME if it is not given." },
    { .name = "rest", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct jsonl, rest),
      .help = "Name of a json field for all keys that fields does not name; else each is a field of its own." },
    LEAT_END_OF_OPTIONS
};

/* Where any field is secret the line stays out of the reject file: nobody knows what stands where in it. */
static void reject_line(const struct jsonl *s, struct leat_batch *out, const struct line *line)
{
    leat_batch_reject_record(out, s->record.code, s->has_secret ? NULL : line->text, line->n,
                             "has %s (line %" PRId64 ", byte %" PRId64 ")", s->record.wrong, line->number,
                             line->offset + (int64_t)s->record.wrong_at + 1);
}

static void read_line(struct jsonl *s, struct leat_batch *out, const struct line *line)
{
    int64_t before = s->n_undeclared;

    if (line_is_blank(line)) {
        s->n_blank++;
        return;
    }
    s->n_rest = 0;
    if (record_scan(&s->record, line->text, line->n)) {
        jsonl_put_row(s, out, line);
        if (s->n_undeclared != before && !s->first_left_out)
            s->first_left_out = line->number;
        return;
    }
    s->n_undeclared = before; /* they are in the reject */
    reject_line(s, out, line);
}

static void reject_too_long(const struct jsonl *s, struct leat_batch *out, const struct line *line)
{
    leat_batch_reject_record(out, "record_too_large", s->has_secret ? NULL : line->text, line->n,
                             "takes more than %zu bytes in the file (line %" PRId64 ", byte %" PRId64
                             "); see max_record", s->lines.max, line->number, line->offset + 1);
}

static void count(struct leat_stage *stage, struct jsonl *s)
{
    if (s->n_blank)
        leat_stage_count(stage, "blank line", s->n_blank);
    if (s->n_undeclared)
        leat_stage_count(stage, "undeclared key left out", s->n_undeclared);
    s->n_left_out += s->n_undeclared;
    s->n_blank = s->n_undeclared = 0;
}

/* A number in the report is easily missed, and these values are nowhere else. */
static void warn_of_left_out(struct leat_stage *stage, const struct jsonl *s)
{
    if (s->n_left_out)
        leat_stage_log(stage, LEAT_LOG_WARNING, "%" PRId64 " value%s of undeclared keys %s left out (first: line "
                       "%" PRId64 "); name them in fields: or take rest:", s->n_left_out,
                       s->n_left_out == 1 ? "" : "s", s->n_left_out == 1 ? "was" : "were", s->first_left_out);
}

/* There is none where the file has been cut short meanwhile. */
static void set_position(const struct jsonl *s, struct leat_batch *out)
{
    char trace[LEAT_INPUT_TRACE], position[96];

    if (!leat_input_trace(s->lines.fd, s->lines.offset, trace))
        return;
    (void)snprintf(position, sizeof position, "%" PRId64 " %" PRId64 " %s", s->lines.offset, s->lines.number, trace);
    leat_batch_set_position(out, 0, position);
}

static enum leat_flow jsonl_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct jsonl *s = self;
    enum line_result result = LINE_FINE;
    struct line line;

    s->lines.max = (size_t)out->max_record;
    while (leat_batch_has_room(out) && result != LINE_NONE) {
        result = lines_next(&s->lines, &line);
        if (result == LINE_FAILED)
            return leat_read_failed(err, -errno, s->path);
        if (result == LINE_TOO_LONG)
            reject_too_long(s, out, &line);
        else if (result == LINE_FINE)
            read_line(s, out, &line);
    }
    count(stage, s);
    set_position(s, out);
    if (result == LINE_NONE)
        warn_of_left_out(stage, s);
    return result == LINE_NONE ? LEAT_END : LEAT_MORE;
}

static int go_on(struct jsonl *s, const char *position, struct leat_error *err)
{
    char was[LEAT_INPUT_TRACE], is[LEAT_INPUT_TRACE];
    int64_t offset, number;

    if (sscanf(position, "%" SCNd64 " %" SCNd64 " %16s", &offset, &number, was) != 3)
        return leat_fail(err, LEAT_EDATA, "where the run stopped in %s cannot be made out; `leat run --restart` begins "
                         "anew", s->path);
    if (lines_seek(&s->lines, offset, number) < 0)
        return leat_fail(err, LEAT_EDATA, "%s has become shorter than where the last run stopped; `leat run --restart` "
                         "begins anew", s->path);
    if (!leat_input_trace(s->lines.fd, offset, is) || strcmp(is, was) != 0)
        return leat_fail(err, LEAT_EDATA, "%s has changed since the run that stopped; `leat run --restart` begins anew",
                         s->path);
    return 0;
}

static int jsonl_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct jsonl *s = self;
    const char *position = leat_stage_position(stage, 0);
    int rc = lines_open(&s->lines, s->path, SIZE_MAX, err);

    if (rc < 0)
        return rc;
    s->record = (struct record){ .tree = &s->tree, .n_fields = s->n_fields, .undeclared = jsonl_keep_rest, .user = s };
    s->record.values = calloc((size_t)s->n_fields + 1, sizeof *s->record.values);
    if (!s->record.values)
        return leat_fail(err, -ENOMEM, "cannot read %s: out of memory", s->path);
    return position ? go_on(s, position, err) : 0;
}

static void jsonl_close(struct leat_stage *stage, void *self)
{
    struct jsonl *s = self;

    (void)stage;
    lines_close(&s->lines);
    free(s->record.values);
    record_free(&s->record);
    free(s->rest_text);
    free(s->value);
    s->rest_text = s->value = NULL;
    s->cap_rest = s->cap_value = 0;
}

LEAT_EXTRACT(jsonl, .summary = "Reads JSON objects, one a line", .options = options, .plan = jsonl_plan,
             .open = jsonl_open, .read = jsonl_read, .close = jsonl_close);
