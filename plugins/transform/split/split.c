/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * split: of a record with a list in a field makes one record for each element,
 * with all other fields repeated. The books count what is made, and the source
 * record's verdict is the worst of its children's; the host does both.
 *
 * A worker remembers where in a batch, and in which list, it stopped when the
 * batch that goes out was full.
 */
#include <leat/plugin.h>

#include "list.h"

enum { DROP, KEEP };

struct split {
    const char *field, *as, *separator;
    bool trim;
    int empty;
    int number; /* of the field */
    struct list_style style;
};

struct split_worker {
    struct list list;
    int32_t done;      /* rows of the selection that are done */
    bool inside;       /* the list of the next one is begun */
    int32_t n_made;    /* elements of it that went out */
};

static const char *const empties[] = { "drop", "keep", NULL };

static const struct leat_option options[] = {
    { .name = "field", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct split, field), .required = true, .main = true,
      .help = "The field that holds a list." },
    { .name = "as", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct split, as),
      .help = "Name of the field that holds the element in the records that go out; the same by default." },
    { .name = "separator", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct split, separator),
      .help = "What stands between the elements of a text; without it the field is a JSON array." },
    { .name = "trim", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct split, trim), .default_text = "false",
      .help = "Takes spaces, tabs and line breaks off both ends of an element." },
    { .name = "empty", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct split, empty), .values = empties,
      .default_text = "drop", .help = "What becomes of a record whose list is null or empty: nothing, or one record "
                                      "whose element is null." },
    LEAT_END_OF_OPTIONS
};

static void check_field(struct leat_plan *plan, struct split *s, enum leat_type type)
{
    if (s->separator && type != LEAT_TEXT)
        leat_plan_wrong(plan, "separator", "'%s' is no text, so nothing stands between its elements", s->field);
    else if (!s->separator && type == LEAT_TEXT)
        leat_plan_wrong(plan, "field", "'%s' is a text; say what stands between its elements by `separator`, or cast "
                        "it to json before", s->field);
    else if (type != LEAT_TEXT && type != LEAT_JSON)
        leat_plan_wrong(plan, "field", "'%s' is no list; split takes a json or a text", s->field);
}

static int split_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct split *s = self;
    const struct leat_schema *input = leat_plan_input(plan);

    (void)err;
    s->number = leat_plan_field(plan, leat_plan_node(plan, "field"));
    if (s->number >= 0)
        check_field(plan, s, input->fields[s->number].type);
    if (s->separator && !*s->separator)
        leat_plan_wrong(plan, "separator", "an empty text separates nothing");
    s->style = (struct list_style){ .separator = s->separator, .trim = s->trim,
                                    .n_separator = s->separator ? strlen(s->separator) : 0 };
    for (int i = 0; i < input->n_fields; i++) {
        struct leat_field field = input->fields[i];

        if (i == s->number)
            field = (struct leat_field){ .name = s->as ? s->as : field.name, .type = LEAT_TEXT,
                                         .data_class = field.data_class };
        if (leat_plan_add_field(plan, &field) >= 0)
            continue;
        leat_plan_wrong(plan, "as", "there is a field '%s' already", field.name);
        (void)leat_plan_add_field(plan, &input->fields[i]); /* so that later stages find it */
    }
    return 0;
}

static void put_record(const struct split *s, struct leat_batch *out, const struct leat_batch *in, int32_t row,
                       const struct element *element)
{
    for (int field = 0; field < in->schema->n_fields; field++) {
        if (field != s->number)
            leat_batch_put_value(out, field, &in->columns[field], row);
        else if (element->text)
            leat_batch_put_text(out, field, element->text, element->n);
        else
            leat_batch_put_null(out, field);
    }
    leat_batch_end_row_from(out, row);
}

/* False: the row has no list and is rejected. */
static bool begin_list(const struct split *s, struct split_worker *w, struct leat_batch *in, int32_t row)
{
    const struct leat_column *column = &in->columns[s->number];
    const char *text;
    size_t n;

    w->n_made = 0;
    w->list.more = false;
    if (leat_is_null(column, row))
        return true;
    text = leat_text(column, row, &n);
    if (list_begin(&w->list, &s->style, text, n))
        return true;
    leat_batch_reject(in, row, s->number, "bad_list", "'%s' is no JSON array", s->field);
    return false;
}

/* Puts the elements of the list of `row` that are left. 1: all; 0: `out` is full. */
static int put_elements(const struct split *s, struct split_worker *w, struct leat_batch *in, struct leat_batch *out,
                        int32_t row, struct leat_error *err)
{
    struct element element = { NULL, 0 };

    if (!w->list.more && w->n_made == 0 && s->empty == KEEP) {
        if (!leat_batch_has_room(out))
            return 0;
        put_record(s, out, in, row, &element);
    }
    while (w->list.more) {
        int rc;

        if (!leat_batch_has_room(out))
            return 0;
        rc = list_next(&w->list, &s->style, &element, err);
        if (rc < 0)
            return rc;
        put_record(s, out, in, row, &element);
        w->n_made++;
    }
    return 1;
}

static int split_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                         bool *ret_again, struct leat_error *err)
{
    const struct split *s = self;
    struct split_worker *w = leat_stage_worker(stage);

    for (; w->done < in->n_selected; w->done++, w->inside = false) {
        int32_t row = in->selection ? in->selection[w->done] : w->done;
        int rc;

        if (!w->inside && !begin_list(s, w, in, row))
            continue;
        w->inside = true;
        rc = put_elements(s, w, in, out, row, err);
        if (rc < 0)
            return rc;
        if (rc == 0) {
            *ret_again = true;
            return 0;
        }
    }
    w->done = 0;
    return 0;
}

static void split_worker_close(struct leat_stage *stage, void *self)
{
    struct split_worker *w = leat_stage_worker(stage);

    (void)self;
    list_deinit(&w->list);
}

LEAT_TRANSFORM(split, .summary = "Makes a record of each element of a list", .options = options,
               .worker_size = sizeof(struct split_worker), .traits = LEAT_PARALLEL, .plan = split_plan,
               .process = split_process, .worker_close = split_worker_close);
