/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the file looks like: dialect, names and types of the fields. The first
 * line is read at plan time and once more when the file is opened.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "extract/csv/csv.h"

#include "kit/file/input.h"
#include "kit/text/text.h"

enum { MAX_FIELDS = 16384, FIRST_LINE = 4 << 20 };

/* ---- the dialect ---- */

/* The one byte that is meant, or LEAT_CSV_NO_CHAR with a mistake noted. */
static int one_byte(struct leat_plan *plan, const char *option, const char *text)
{
    if (strcmp(text, "\\t") == 0)
        return '\t';
    if (text[0] && !text[1] && text[0] != '\n' && text[0] != '\r')
        return (unsigned char)text[0];
    leat_plan_wrong(plan, option, "%s is one character of one byte, and no line end; \\t is a tab", option);
    return LEAT_CSV_NO_CHAR;
}

static void plan_dialect(struct leat_plan *plan, struct csv *c)
{
    struct leat_csv_dialect *d = &c->dialect;

    d->strict = c->strict;
    d->delimiter = one_byte(plan, "delimiter", c->delimiter);
    d->quote = *c->quote ? one_byte(plan, "quote", c->quote) : LEAT_CSV_NO_CHAR;
    d->escape = c->escape && *c->escape ? one_byte(plan, "escape", c->escape) : d->quote;
    if (d->delimiter >= 0 && (d->delimiter == d->quote || d->delimiter == d->escape))
        leat_plan_wrong(plan, "delimiter", "delimiter, quote and escape must differ, but for escape and quote");
}

/* ---- the file ---- */

int csv_begin(struct csv *c, int max_values, struct leat_error *err)
{
    int rc = csv_source_open(&c->source, c->path, c->encoding, err);
    int64_t skipped = 0;

    if (rc < 0)
        return rc;
    rc = csv_source_start(&c->source, &skipped);
    if (rc < 0)
        return leat_fail(err, rc, "cannot read %s: %s", c->path, strerror(-rc));
    c->reader = (struct leat_csv_reader){ .dialect = c->dialect, .max_record = FIRST_LINE, .max_values = max_values,
                                          .fill = csv_source_fill, .source = &c->source, .offset = skipped,
                                          .line = 1 };
    rc = leat_csv_reader_init(&c->reader);
    return rc < 0 ? leat_fail(err, rc, "no memory to read %s", c->path) : 0;
}

void csv_end(struct csv *c)
{
    leat_csv_reader_deinit(&c->reader);
    csv_source_close(&c->source);
}

/* ---- the names ---- */

struct names {
    int n;
    char **names;
    const struct leat_node **nodes; /* of the option `names`; NULL where they stand in the file */
};

static void add_name(struct leat_plan *plan, struct names *names, const char *text, size_t n)
{
    char *name = leat_plan_alloc(plan, n + 1);

    memcpy(name, text, n);
    names->names[names->n++] = name;
}

static struct names names_for(struct leat_plan *plan, int n)
{
    return (struct names){ .names = leat_plan_alloc(plan, ((size_t)n + 1) * sizeof(char *)) };
}

static struct names named_by_option(struct leat_plan *plan, const struct csv *c)
{
    struct names names = names_for(plan, c->names->n_children);

    for (int i = 0; i < c->names->n_children; i++) {
        const struct leat_node *node = c->names->children[i];

        if (node->kind == LEAT_SCALAR)
            add_name(plan, &names, node->text, strlen(node->text));
        else
            leat_plan_wrong_at(plan, node, "a name is a text");
    }
    return names;
}

static struct names named_by_fields(struct leat_plan *plan, const struct csv *c)
{
    struct names names = names_for(plan, c->fields->n_children);

    for (int i = 0; i < c->fields->n_children; i++)
        add_name(plan, &names, c->fields->children[i]->name, strlen(c->fields->children[i]->name));
    return names;
}

/* column1, column2, ... for as many fields as the first line has. */
static struct names counted(struct leat_plan *plan, const struct csv *c)
{
    struct names names = names_for(plan, c->reader.n_values);

    for (int i = 0; i < c->reader.n_values; i++) {
        char name[32];

        add_name(plan, &names, name, (size_t)sprintf(name, "column%d", i + 1));
    }
    return names;
}

static struct names named_by_line(struct leat_plan *plan, const struct csv *c)
{
    struct names names = names_for(plan, c->reader.n_values);

    for (int i = 0; i < c->reader.n_values; i++) {
        const struct leat_csv_value *v = &c->reader.values[i];
        char *room = leat_plan_alloc(plan, v->n + LEAT_CSV_SLACK);

        add_name(plan, &names, room, leat_csv_value_copy(&c->reader, v, room));
    }
    return names;
}

/* False for a line that is none of names: the marks of a file that is read the wrong way. */
static bool holds_names(struct leat_plan *plan, const struct csv *c)
{
    if (memchr(c->reader.raw, '\0', c->reader.n_raw)) {
        leat_plan_wrong(plan, "path", "the first line of %s holds a NUL byte, and a name cannot; if the file is UTF-16, "
                        "say `encoding: UTF-16LE`", c->path);
        return false;
    }
    for (int i = 0; i < c->reader.n_values; i++)
        if (!c->reader.values[i].flags && memchr(c->reader.values[i].p, '\r', c->reader.values[i].n)) {
            leat_plan_wrong(plan, "path", "the first line of %s holds a carriage return; if each line ends with one, "
                            "make it a line feed first: tr '\\r' '\\n'", c->path);
            return false;
        }
    return true;
}

static void check_names(struct leat_plan *plan, const struct csv *c, const struct names *names)
{
    for (int i = 0; i < names->n; i++) {
        if (!leat_text_is_utf8(names->names[i], strlen(names->names[i])))
            leat_plan_wrong(plan, "path", "the name of field %d is not valid UTF-8; say which `encoding:` the file "
                            "has", i + 1);
        if (!*names->names[i])
            leat_plan_wrong(plan, c->names ? "names" : "path", "field %d has no name; give all fields one by `names: "
                            "[...]`%s", i + 1, c->names ? "" : " and `header: true`");
        for (int before = 0; before < i; before++)
            if (*names->names[i] && strcmp(names->names[before], names->names[i]) == 0) {
                leat_plan_wrong(plan, c->names ? "names" : "path", "fields %d and %d are both named '%.80s'; give all "
                                "fields one name each by `names: [...]`%s", before + 1, i + 1, names->names[i],
                                c->names ? "" : " and `header: true`");
                break;
            }
    }
}

static void declare(struct leat_plan *plan, struct csv *c, const struct names *names)
{
    struct leat_declared declared;

    c->n_fields = names->n;
    c->as_text = leat_plan_alloc(plan, (size_t)names->n + 1);
    leat_declared_bind(plan, c->fields, &declared);
    for (int i = 0; i < names->n; i++) {
        struct leat_field field = { .name = names->names[i], .type = LEAT_TEXT };

        (void)leat_declared_apply(&declared, &field);
        c->as_text[i] = field.type == LEAT_TEXT;
        c->has_secret |= field.data_class == LEAT_SECRET;
        (void)leat_plan_add_field(plan, &field);
    }
    leat_declared_unused(plan, &declared, c->path);
}

/* ---- the plan ---- */

static bool looks_like_utf16(const struct csv *c)
{
    const char *first = c->reader.buffer;

    return c->reader.end >= 2 && (memcmp(first, "\xFF\xFE", 2) == 0 || memcmp(first, "\xFE\xFF", 2) == 0);
}

static void wrong_first_line(struct leat_plan *plan, const struct csv *c)
{
    leat_plan_wrong(plan, "path", "the first line of %s is no CSV: it has %s (byte %lld); see delimiter, quote and "
                    "escape", c->path, c->reader.fault == LEAT_CSV_TOO_LARGE ? "no end within 4 MiB"
                    : "a quote where none may stand, or one that is not closed",
                    (long long)c->reader.fault_offset + 1);
}

static void plan_empty(struct leat_plan *plan, struct csv *c)
{
    struct names none = {0};

    if (c->header)
        leat_plan_wrong(plan, "path", "%s is empty, and its first line should hold the names of the fields; if that is "
                        "right, say `header: false` and `names: [...]`", c->path);
    else if (!c->names)
        leat_plan_wrong(plan, "path", "%s is empty, so its fields are not known; say `names: [...]`", c->path);
    else
        none = named_by_option(plan, c);
    check_names(plan, c, &none);
    declare(plan, c, &none);
}

static void plan_first_line(struct leat_plan *plan, struct csv *c)
{
    struct names names;

    if (c->reader.n_values > MAX_FIELDS) {
        leat_plan_wrong(plan, "path", "the first line of %s has %d fields, and %d are the most that are taken; see "
                        "delimiter", c->path, c->reader.n_values, MAX_FIELDS);
        return;
    }
    if (c->header && !c->names && !holds_names(plan, c))
        return;
    names = c->names ? named_by_option(plan, c) : c->header ? named_by_line(plan, c) : counted(plan, c);
    if (names.n != c->reader.n_values && c->dialect.strict)
        leat_plan_wrong(plan, "names", "%d names are given, and the first line of %s has %d fields", names.n, c->path,
                        c->reader.n_values);
    check_names(plan, c, &names);
    declare(plan, c, &names);
}

static void plan_file(struct leat_plan *plan, struct csv *c)
{
    enum leat_csv_result result = leat_csv_next(&c->reader);
    struct stat st;

    if (fstat(c->source.fd, &st) == 0)
        leat_plan_estimate(plan, LEAT_ESTIMATE_BYTES, st.st_size);
    if (looks_like_utf16(c)) {
        leat_plan_wrong(plan, "path", "%s begins like UTF-16; say `encoding: UTF-16`", c->path);
        return;
    }
    switch (result) {
    case LEAT_CSV_RECORD:
        plan_first_line(plan, c);
        break;
    case LEAT_CSV_END:
        plan_empty(plan, c);
        break;
    case LEAT_CSV_BAD:
        wrong_first_line(plan, c);
        break;
    case LEAT_CSV_FAILED:
        leat_plan_wrong(plan, "path", "cannot read %s: %s", c->path, strerror(-c->reader.error));
        break;
    }
}

/* `check` and `test` also work without the file, by what the pipeline says of it. */
static bool plan_without_file(struct leat_plan *plan, struct csv *c)
{
    struct names names;

    if (leat_plan_may_connect(plan) || !leat_input_is_missing(c->path) || (!c->names && !c->fields))
        return false;
    leat_plan_note(plan, "the file is not there: its fields are taken to be those that the pipeline names");
    names = c->names ? named_by_option(plan, c) : named_by_fields(plan, c);
    check_names(plan, c, &names);
    declare(plan, c, &names);
    return true;
}

int csv_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct csv *c = self;
    int rc;

    c->null = c->null ? c->null : "";
    c->n_null = strlen(c->null);
    if (c->names && !leat_plan_node(plan, "header"))
        c->header = false; /* or a file without a header would lose its first record */
    plan_dialect(plan, c);
    leat_plan_input_file(plan, c->path);
    if (!csv_source_knows(c->encoding)) {
        leat_plan_wrong(plan, "encoding", "there is no encoding '%.60s' here; `iconv -l` lists those that are",
                        c->encoding);
        return 0;
    }
    if (plan_without_file(plan, c))
        return 0;
    rc = csv_begin(c, MAX_FIELDS, err);
    if (rc == 0)
        plan_file(plan, c);
    else
        leat_plan_wrong(plan, "path", "%s", err->text);
    csv_end(c);
    return rc == LEAT_EUNREACHABLE ? rc : 0;
}
