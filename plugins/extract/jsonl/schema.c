/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract jsonl: the fields that are declared, and those that the
 * first lines of the file show.
 */
#include "extract.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "kit/fields/fields.h"
#include "kit/file/input.h"
#include "kit/text/text.h"

enum { SAMPLE_LINES = 1000, SAMPLE_BYTES = 8 << 20, MAX_FIELDS = 4096 };

/* What was seen of a field, beside a bit for each enum leat_json_kind. */
enum { SEEN_FRACTION = 1 << 8, SEEN_BIG = 1 << 9 };

struct draft {
    struct leat_field field;
    unsigned seen;
};

struct survey {
    struct leat_plan *plan;
    struct jsonl *s;
    struct draft *drafts; /* MAX_FIELDS */
    int n;
    bool too_many;
    const char *wrong;    /* with the first line that is none */
    /* A key of the line at hand that no field can be named by; a path to it; the first such line */
    const char *odd, *odd_path;
    int64_t odd_line;
};

/* ---- what is declared ---- */

/* A name is a key of the record, and read as a path, too, if it looks like one. */
static void add_ways(struct survey *v, const struct leat_node *entry, int field)
{
    const struct leat_node *path = entry->kind == LEAT_MAP ? leat_node_get(entry, "path") : NULL;
    struct leat_tree *tree = &v->s->tree;
    const char *wrong = NULL;

    if (path && path->kind == LEAT_SCALAR) {
        if (!tree_add_path(v->plan, tree, path->text, field, &wrong))
            leat_plan_wrong_at(v->plan, path, "'%.80s' %s", path->text, wrong);
        return;
    }
    if (path)
        leat_plan_wrong_at(v->plan, path, "a path is a text like address.city");
    else if (!tree_add_key(v->plan, tree, entry->name, strlen(entry->name), field))
        leat_plan_wrong_at(v->plan, entry, "the key '%.80s' is the path of another field, too", entry->name);
    else if (strpbrk(entry->name, ".["))
        (void)tree_add_path(v->plan, tree, entry->name, field, &wrong);
}

static void survey_declared(struct survey *v)
{
    const struct leat_node *fields = v->s->fields;
    struct leat_declared declared;

    if (!fields)
        return;
    leat_declared_bind(v->plan, leat_fields_without(v->plan, fields, "path"), &declared);
    for (int i = 0; i < declared.n && v->n < MAX_FIELDS; i++) {
        struct leat_field *field = &v->drafts[v->n].field;

        field->name = fields->children[i]->name;
        (void)leat_declared_apply(&declared, field);
        add_ways(v, fields->children[i], v->n++);
    }
}

/* ---- what is in the file ---- */

static bool is_odd(struct survey *v, const char *name, size_t n)
{
    if (n && !memchr(name, '\0', n))
        return false;
    if (!v->odd_line) {
        v->odd = n ? "holds a NUL character" : "is empty";
        v->odd_path = n ? "\"a\\u0000b\"" : "\"\"";
    }
    return true;
}

static bool survey_key(struct record *r, const struct leat_json_span *key, const struct leat_json_span *value)
{
    struct survey *v = r->user;
    size_t n;
    const char *text = record_name(r, key, &n);
    char *name;

    if (!text || is_odd(v, text, n))
        return text != NULL;
    if (v->n == MAX_FIELDS) {
        v->too_many = true;
        return true;
    }
    name = leat_plan_alloc(v->plan, n + 1);
    memcpy(name, text, n);
    if (!tree_add_key(v->plan, &v->s->tree, name, n, v->n))
        return true;
    v->drafts[v->n++].field.name = name;
    r->values[r->n_fields++] = *value;
    return true;
}

static unsigned seen_in(const struct leat_json_span *value)
{
    unsigned seen = 1u << value->kind;
    int64_t number;

    if (value->kind == LEAT_JSON_NUMBER && !value->whole)
        seen |= SEEN_FRACTION;
    else if (value->kind == LEAT_JSON_NUMBER && !leat_text_to_int64(value->text, value->n, &number))
        seen |= SEEN_BIG;
    return seen;
}

/* What is no record shows no fields. */
static void forget(struct survey *v, struct record *r, int n)
{
    struct leat_tree *tree = &v->s->tree;

    for (int i = 0; i < tree->n; i++)
        if (tree->steps[i].field >= n)
            tree->steps[i].field = -1;
    v->n = r->n_fields = n;
}

static void survey_line(struct survey *v, struct record *r, const struct line *line)
{
    int before = v->n;

    if (!v->odd_line)
        v->odd = NULL;
    if (!record_scan(r, line->text, line->n)) {
        forget(v, r, before);
        if (!v->wrong)
            v->wrong = line->text[0] == '[' ? "a list; write one object a line, as `jq -c .[]` does" : r->wrong;
        return;
    }
    if (v->odd && !v->odd_line)
        v->odd_line = line->number;
    for (int i = 0; i < v->n; i++)
        v->drafts[i].seen |= seen_in(&r->values[i]);
}

static void survey_lines(struct survey *v, struct lines *lines, struct record *r)
{
    enum line_result result = LINE_FINE;
    struct line line;

    for (int i = 0; i < SAMPLE_LINES && lines->offset < SAMPLE_BYTES && result != LINE_NONE; i++) {
        result = lines_next(lines, &line);
        if (result == LINE_FAILED)
            return;
        if (result == LINE_FINE && !line_is_blank(&line))
            survey_line(v, r, &line);
    }
}

static int survey_file(struct survey *v, struct leat_error *err)
{
    struct record record = { .tree = &v->s->tree, .n_fields = v->n, .user = v,
                             .undeclared = v->s->rest ? NULL : survey_key };
    struct lines lines;
    struct stat st;
    int rc = lines_open(&lines, v->s->path, SAMPLE_BYTES, err);

    record.values = calloc(MAX_FIELDS + 1, sizeof *record.values);
    if (rc == 0 && record.values) {
        if (fstat(lines.fd, &st) == 0)
            leat_plan_estimate(v->plan, LEAT_ESTIMATE_BYTES, st.st_size);
        survey_lines(v, &lines, &record);
    }
    lines_close(&lines);
    free(record.values);
    record_free(&record);
    return rc;
}

/* ---- the fields ---- */

/* A field holds all that was seen of it; what cannot be one type of scalars is text, and json where lists or objects
 * are among it. */
static enum leat_type type_of(unsigned seen)
{
    seen &= ~(1u << LEAT_JSON_NONE | 1u << LEAT_JSON_NULL);
    if (seen & (1u << LEAT_JSON_ARRAY | 1u << LEAT_JSON_OBJECT))
        return LEAT_JSON;
    if (seen && !(seen & ~(1u << LEAT_JSON_TRUE | 1u << LEAT_JSON_FALSE)))
        return LEAT_BOOL;
    if ((seen & ~(unsigned)(SEEN_FRACTION | SEEN_BIG)) != 1u << LEAT_JSON_NUMBER)
        return LEAT_TEXT;
    if (seen & SEEN_BIG)
        return LEAT_DECIMAL;
    return seen & SEEN_FRACTION ? LEAT_FLOAT64 : LEAT_INT64;
}

static void add_fields(struct survey *v)
{
    struct jsonl *s = v->s;

    for (int i = 0; i < v->n; i++) {
        struct leat_field field = v->drafts[i].field;

        if (field.type == LEAT_NONE)
            field.type = type_of(v->drafts[i].seen);
        s->has_secret |= field.data_class == LEAT_SECRET;
        (void)leat_plan_add_field(v->plan, &field);
    }
    s->n_fields = v->n;
    s->rest_field = -1;
    if (s->rest) {
        s->rest_field = s->n_fields++;
        if (leat_plan_add_field(v->plan, &(struct leat_field){ .name = s->rest, .type = LEAT_JSON }) < 0)
            leat_plan_wrong(v->plan, "rest", "'%.80s' is a field of its own: give the rest another name", s->rest);
    }
}

static void judge(struct survey *v)
{
    const char *path = v->s->path;

    if (v->too_many)
        leat_plan_wrong(v->plan, "path", "%s has more than %d different keys: declare those to read with fields, and "
                        "collect the others with rest", path, MAX_FIELDS);
    else if (v->odd_line)
        leat_plan_wrong(v->plan, "path", "line %lld of %s has a key that %s, which can be no field's name: collect "
                        "such keys with rest: NAME, or take its value by fields: {NAME: {path: '%s'}}",
                        (long long)v->odd_line, path, v->odd, v->odd_path);
    else if (!v->n && !v->s->rest)
        leat_plan_wrong(v->plan, "path", "%s shows no fields%s%s; say which there are with fields", path,
                        v->wrong ? ": its first line has " : "", v->wrong ? v->wrong : "");
}

int jsonl_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct jsonl *s = self;
    struct survey v = { .plan = plan, .s = s };
    int rc;

    v.drafts = leat_plan_alloc(plan, MAX_FIELDS * sizeof *v.drafts);
    leat_tree_begin(plan, &s->tree);
    survey_declared(&v);
    leat_plan_input_file(plan, s->path);
    if (s->fields && !leat_plan_may_connect(plan) && leat_input_is_missing(s->path)) {
        leat_plan_note(plan, "the file is not there: its fields are taken to be those that `fields` names");
    } else {
        rc = survey_file(&v, err);
        if (rc < 0)
            leat_plan_wrong(plan, "path", "%s", err->text);
        if (rc < 0)
            return rc == LEAT_EUNREACHABLE ? rc : 0;
    }
    add_fields(&v);
    judge(&v);
    return 0;
}
