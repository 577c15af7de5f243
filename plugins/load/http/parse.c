/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Templates out of the pipeline file.
 */
#include "template.h"

#include <string.h>

#include "kit/json/json.h"
#include "kit/secrets/secrets.h"

static struct piece *add(struct leat_plan *plan, struct template *t)
{
    if (t->n == t->cap) {
        int cap = t->cap ? t->cap * 2 : 16;
        struct piece *grown = leat_plan_alloc(plan, (size_t)cap * sizeof *grown);

        if (t->n)
            memcpy(grown, t->pieces, (size_t)t->n * sizeof *grown);
        t->pieces = grown; /* the old one goes with the plan */
        t->cap = cap;
    }
    return &t->pieces[t->n++];
}

/* Behind another literal it becomes one with it. */
void template_add_literal(struct leat_plan *plan, struct template *t, const char *text, size_t n)
{
    struct piece *last = t->n ? &t->pieces[t->n - 1] : NULL;
    bool joins = last && last->kind == PIECE_LITERAL;
    size_t before = joins ? last->n : 0;
    char *all = leat_plan_alloc(plan, before + n + 1);

    if (before)
        memcpy(all, last->text, before);
    memcpy(all + before, text, n);
    if (!joins)
        last = add(plan, t);
    *last = (struct piece){ .kind = PIECE_LITERAL, .text = all, .n = before + n };
}

static void add_escaped(struct leat_plan *plan, struct template *t, const char *text, size_t n,
                        enum leat_put_form form)
{
    char *room;

    if (!n)
        return;
    if (form != LEAT_PUT_INSIDE && form != LEAT_PUT_JSON) {
        template_add_literal(plan, t, text, n);
        return;
    }
    room = leat_plan_alloc(plan, LEAT_JSON_ROOM(n));
    template_add_literal(plan, t, room, (size_t)(leat_json_escape_slice(room, text, n) - room));
}

/* ---- fields ---- */

static const struct leat_node *named(struct leat_plan *plan, const struct leat_node *node, const char *name)
{
    struct leat_node *copy = leat_plan_alloc(plan, sizeof *copy);

    *copy = *node; /* so that a mistake shows the place of the template */
    copy->kind = LEAT_SCALAR;
    copy->text = name;
    return copy;
}

static bool may_be_sent(const struct template_source *source, const struct leat_node *node, int field)
{
    const struct leat_field *f = &leat_plan_input(source->plan)->fields[field];

    if (f->data_class != LEAT_SECRET)
        return true;
    if (!source->no_secrets)
        leat_plan_accepts_secret(source->plan, field);
    else
        leat_plan_wrong_at(source->plan, node, "the field '%s' is secret and must not stand in %s", f->name,
                           source->why_no_secrets);
    return !source->no_secrets;
}

static void add_field(const struct template_source *source, struct template *t, const struct leat_node *node,
                      const char *name, enum leat_put_form form)
{
    int field;

    if (strcmp(name, "leat:id") == 0) {
        *add(source->plan, t) = (struct piece){ .kind = PIECE_ID, .form = form };
        t->has_id = true;
        t->n_fields++;
        return;
    }
    field = leat_plan_field(source->plan, named(source->plan, node, name));
    if (field < 0 || !may_be_sent(source, node, field))
        return;
    *add(source->plan, t) = (struct piece){ .kind = PIECE_FIELD, .form = form, .text = name, .field = field };
    t->n_fields++;
}

/* {NAME} and its end, or NULL. `p` is at the brace. */
static const char *end_of_field(const char *p)
{
    const char *end = strchr(p, '}');

    return end && end > p + 1 ? end : NULL;
}

static char *copy_of(struct leat_plan *plan, const char *text, size_t n)
{
    char *copy = leat_plan_alloc(plan, n + 1);

    memcpy(copy, text, n);
    return copy;
}

static bool is_input(struct leat_plan *plan, const char *name)
{
    return leat_schema_find(leat_plan_input(plan), name) >= 0 || strcmp(name, "leat:id") == 0;
}

/* {{email}}, as other tools have it, would be sent as the text {email}}. */
static void check_double(const struct template_source *source, const struct leat_node *node, const char *p)
{
    const char *end = end_of_field(p + 1);

    if (end && end[1] == '}' && is_input(source->plan, copy_of(source->plan, p + 2, (size_t)(end - p - 2))))
        leat_plan_wrong_at(source->plan, node, "a field stands in single braces: %.*s", (int)(end - p), p + 1);
}

static void add_named(const struct template_source *source, struct template *t, const struct leat_node *node,
                      const char *name, enum leat_put_form form)
{
    if (!source->records)
        add_field(source, t, node, name, form);
    else if (strcmp(name, "records") == 0 && form == LEAT_PUT_JSON)
        *add(source->plan, t) = (struct piece){ .kind = PIECE_RECORDS };
    else
        leat_plan_wrong_at(source->plan, node, "an envelope holds '{records}' once, as a value of its own, and no fields; "
                                               "these stand in `body`");
}

void template_add_text(const struct template_source *source, struct template *t, const struct leat_node *node,
                       const char *text, enum leat_put_form form)
{
    const char *end;

    while (*text) {
        size_t n = strcspn(text, "{");

        add_escaped(source->plan, t, text, n, form);
        text += n;
        if (!*text)
            break;
        if (text[1] == '{') {
            check_double(source, node, text);
            add_escaped(source->plan, t, text, 1, form);
            text += 2;
        } else if ((end = end_of_field(text))) {
            add_named(source, t, node, copy_of(source->plan, text + 1, (size_t)(end - text - 1)), form);
            text = end + 1;
        } else {
            leat_plan_wrong_at(source->plan, node, "a brace opens a field, {NAME}; a brace itself is written {{");
            return;
        }
    }
}

/* ---- JSON ---- */

static bool is_one_field(const char *text)
{
    const char *end = text[0] == '{' && text[1] != '{' ? end_of_field(text) : NULL;

    return end && !end[1];
}

/* true, null and numbers as JSON has them are that; a postcode 01234 is text, and so is all that stands in quotes. */
static bool is_bare(const struct leat_node *node)
{
    return node->plain && *node->text != '"' && leat_json_is_value(node->text, strlen(node->text));
}

static void add_scalar(const struct template_source *source, struct template *t, const struct leat_node *node)
{
    if (is_one_field(node->text)) {
        template_add_text(source, t, node, node->text, LEAT_PUT_JSON);
    } else if (is_bare(node)) {
        template_add_literal(source->plan, t, node->text, strlen(node->text));
    } else if (node->plain && !*node->text) {
        template_add_literal(source->plan, t, "null", 4);
    } else {
        template_add_literal(source->plan, t, "\"", 1);
        template_add_text(source, t, node, node->text, LEAT_PUT_INSIDE);
        template_add_literal(source->plan, t, "\"", 1);
    }
}

/* Unquoted, {name} is a mapping with the key `name` and nothing behind it. */
static bool is_unquoted_field(const struct leat_node *node)
{
    return node->kind == LEAT_MAP && node->n_children == 1 && node->children[0]->kind == LEAT_SCALAR &&
           node->children[0]->plain && !*node->children[0]->text;
}

static void add_key(struct leat_plan *plan, struct template *t, const char *name)
{
    template_add_literal(plan, t, "\"", 1);
    add_escaped(plan, t, name, strlen(name), LEAT_PUT_INSIDE);
    template_add_literal(plan, t, "\":", 2);
}

/* A member that is left out where its value is null. */
static void add_optional(const struct template_source *source, struct template *t, const struct leat_node *member)
{
    int skip = t->n;

    add(source->plan, t)->kind = PIECE_SKIP;
    add(source->plan, t)->kind = PIECE_COMMA;
    add_key(source->plan, t, member->name);
    add_scalar(source, t, member);
    if (t->pieces[t->n - 1].kind == PIECE_FIELD)
        t->pieces[skip] = (struct piece){
            .kind = PIECE_SKIP, .text = t->pieces[t->n - 1].text, .n = (size_t)(t->n - 1 - skip)};
    else
        t->pieces[skip] = (struct piece){ .kind = PIECE_LITERAL, .text = "" };
}

static void add_member(const struct template_source *source, struct template *t, const struct leat_node *member,
                       bool first)
{
    if (source->omit_nulls && member->kind == LEAT_SCALAR && is_one_field(member->text)) {
        add_optional(source, t, member);
        return;
    }
    if (source->omit_nulls)
        add(source->plan, t)->kind = PIECE_COMMA;
    else if (!first)
        template_add_literal(source->plan, t, ",", 1);
    add_key(source->plan, t, member->name);
    template_add_json(source, t, member);
}

static void add_map(const struct template_source *source, struct template *t, const struct leat_node *node)
{
    if (is_unquoted_field(node)) {
        leat_plan_wrong_at(source->plan, node, "write it in quotes: '{%s}'", node->children[0]->name);
        return;
    }
    template_add_literal(source->plan, t, "{", 1);
    for (int i = 0; i < node->n_children; i++)
        add_member(source, t, node->children[i], i == 0);
    template_add_literal(source->plan, t, "}", 1);
}

void template_add_json(const struct template_source *source, struct template *t, const struct leat_node *node)
{
    if (node->kind == LEAT_SCALAR) {
        add_scalar(source, t, node);
    } else if (node->kind == LEAT_MAP) {
        add_map(source, t, node);
    } else {
        template_add_literal(source->plan, t, "[", 1);
        for (int i = 0; i < node->n_children; i++) {
            if (i)
                template_add_literal(source->plan, t, ",", 1);
            template_add_json(source, t, node->children[i]);
        }
        template_add_literal(source->plan, t, "]", 1);
    }
}

void template_add_record(const struct template_source *source, struct template *t, bool secrets)
{
    const struct leat_schema *in = leat_plan_input(source->plan);
    bool first = true;

    template_add_literal(source->plan, t, "{", 1);
    for (int i = 0; i < in->n_fields; i++) {
        const char *name = in->fields[i].name;

        if (leat_secret_left_out(source->plan, i, secrets))
            continue;
        if (source->omit_nulls) {
            *add(source->plan, t) = (struct piece){ .kind = PIECE_SKIP, .text = name, .n = 3 };
            add(source->plan, t)->kind = PIECE_COMMA;
        } else if (!first) {
            template_add_literal(source->plan, t, ",", 1);
        }
        add_key(source->plan, t, name);
        *add(source->plan, t) = (struct piece){ .kind = PIECE_FIELD, .form = LEAT_PUT_JSON, .text = name };
        t->n_fields++;
        first = false;
    }
    template_add_literal(source->plan, t, "}", 1);
}
