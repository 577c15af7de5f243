/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The option `fields:` of extracts whose store has no types of its own, or where
 * the user knows better:
 *
 *     fields:
 *       id: int64
 *       created_at: {type: timestamp, timezone: Europe/Paris}
 *       password_hash: {class: secret}
 *
 * and the conversion of text to what was declared. A timestamp without
 * `timezone` is wall time, and one written with an offset is taken to UTC; with
 * `timezone: UTC` it is an instant; with any other zone it is wall time there.
 */
#ifndef LEAT_KIT_FIELDS_H
#define LEAT_KIT_FIELDS_H

#include <leat/plugin.h>

struct leat_declared {
    int n;
    struct leat_field *fields;    /* type LEAT_NONE: only class or timezone was said */
    const struct leat_node **nodes;
    bool *used;
};

/* For the extract's option table: LEAT_FIELDS_OPTION(struct csv, fields), */
#define LEAT_FIELDS_OPTION(type_, member_) \
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(type_, member_), \
      .help = "Types of fields, NAME: TYPE or NAME: {type, class, timezone}; a field not named keeps its own." }

/* Plan: reads the value of `fields:`; NULL declares nothing. Notes every mistake. */
void leat_declared_bind(struct leat_plan *plan, const struct leat_node *map, struct leat_declared *ret);

/* Plan: the value of `fields:` with an option of the extract's own, such as `path`, taken out of its entries. */
const struct leat_node *leat_fields_without(struct leat_plan *plan, const struct leat_node *map, const char *option);

/* Plan: gives field->type, class and zone what was declared for field->name, and
 * leaves what was not. True if the field was named. */
bool leat_declared_apply(struct leat_declared *declared, struct leat_field *field);

/* Plan, after the last apply: notes each declared name that no field has. */
void leat_declared_unused(struct leat_plan *plan, const struct leat_declared *declared, const char *where);

/* Run: puts `text` into the field as a value of its type. False, with nothing
 * put, if it is none; the record is then a reject of code conversion_failed. */
bool leat_field_put(struct leat_batch *b, int field, const char *text, size_t n);

/* The same of numbers that a store has as such, to any field that holds them to the last digit: an int64 beyond 2^53 is
 * no float64, 3.0 is an int64. */
bool leat_field_put_int64(struct leat_batch *b, int field, int64_t value);
bool leat_field_put_float64(struct leat_batch *b, int field, double value);
/* A number as text to a decimal field; it may have an exponent. */
bool leat_field_put_plain(struct leat_batch *b, int field, const char *text, size_t n);

/* What the field would take, for the reason: "a whole number". */
const char *leat_field_wants(const struct leat_field *field);

#endif
