/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract jsonl: lines.c cuts the file into lines, tree.c knows
 * which path belongs to which field, record.c finds the fields' values in a
 * line, put.c makes them a row, schema.c plans, jsonl.c is the plugin around.
 *
 *     {"id": 7, "address": {"city": "Sète"}, "roles": ["user"], "note": ""}
 *
 *     the tree:  id ─ field 0
 *                address ─ city ─ field 1
 *                roles ─ [0] ─ field 2           "note" is not declared
 *
 * One thread reads; nothing here is shared.
 */
#ifndef LEAT_EXTRACT_JSONL_H
#define LEAT_EXTRACT_JSONL_H

#include <leat/plugin.h>

#include "kit/fields/tree.h"
#include "kit/json/json.h"

/* ---- lines.c ---- */

struct lines {
    int fd;             /* -1: closed */
    char *buffer;
    size_t cap, begin, end;
    size_t max;         /* a longer line is LINE_TOO_LONG */
    int64_t offset;     /* in the file, of the next line */
    int64_t number;     /* of the next line, from 1 */
    bool ended;         /* nothing more to read */
};

struct line {
    const char *text;   /* without its line end; until the next call */
    size_t n;
    int64_t offset, number;
};

enum line_result { LINE_NONE, LINE_FINE, LINE_TOO_LONG /* `text` is its beginning */, LINE_FAILED /* errno */ };

LEAT_MUST_CHECK int lines_open(struct lines *l, const char *path, size_t max, struct leat_error *err);
LEAT_MUST_CHECK int lines_seek(struct lines *l, int64_t offset, int64_t number);
enum line_result lines_next(struct lines *l, struct line *ret);
bool line_is_blank(const struct line *line);
void lines_close(struct lines *l);

/* ---- tree.c ---- */

/* Adds the way to a field; all memory is the plan's. False with `wrong` said: the path is none, or taken. */
bool tree_add_path(struct leat_plan *plan, struct leat_tree *tree, const char *path, int field, const char **ret_wrong);
/* Adds a key of the record itself. False if it is taken. */
bool tree_add_key(struct leat_plan *plan, struct leat_tree *tree, const char *key, size_t n, int field);

/* ---- record.c ---- */

struct record {
    const struct leat_tree *tree;
    int n_fields;
    struct leat_json_span *values; /* n_fields; kind LEAT_JSON_NONE: not there */
    const char *wrong, *code;      /* what is wrong with the line, and where */
    size_t wrong_at;
    char *scratch;                 /* a key without its escapes */
    size_t cap_scratch;
    /* Each key of the record that no field takes whole. False: the record is wrong (record_wrong). */
    bool (*undeclared)(struct record *, const struct leat_json_span *key, const struct leat_json_span *value);
    void *user;
};

/* Finds the values of a line. False: the line is no record, see `wrong`. */
bool record_scan(struct record *r, const char *text, size_t n);
/* A key without its escapes; in the line or in `scratch`. NULL: half a surrogate pair. */
const char *record_key(struct record *r, const struct leat_json_span *key, size_t *ret_n);
void record_free(struct record *r);
/* Notes what is wrong with the line, a literal, unless something is already; returns false. */
bool record_wrong(struct record *r, const char *code, const char *what);
/* The same as record_key; NULL, with the record wrong, also for a key that is no text. */
const char *record_name(struct record *r, const struct leat_json_span *key, size_t *ret_n);
/* Room for n bytes; moves the text. False: no memory. */
bool jsonl_reserve(char **text, size_t *cap, size_t n);

/* ---- the plugin ---- */

struct jsonl {
    /* options */
    const char *path, *rest;
    const struct leat_node *fields;
    /* made by plan, read-only after it */
    struct leat_tree tree;
    int n_fields, rest_field;  /* rest_field -1: none */
    bool has_secret;
    /* of the thread that reads */
    struct lines lines;
    struct record record;
    char *rest_text;           /* what `rest` takes, of the line at hand */
    size_t n_rest, cap_rest;
    char *value;               /* of one field, unescaped */
    size_t cap_value;
    int64_t n_blank, n_undeclared;    /* since they were counted last */
    int64_t n_left_out, first_left_out; /* values of undeclared keys in all; the line of the first */
};

int jsonl_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* Puts the values found in `line` as a row, or as a reject. */
void jsonl_put_row(struct jsonl *s, struct leat_batch *out, const struct line *line);
/* What `rest` takes: added to, while the record is scanned. */
bool jsonl_keep_rest(struct record *r, const struct leat_json_span *key, const struct leat_json_span *value);

#endif
