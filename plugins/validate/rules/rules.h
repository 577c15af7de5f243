/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of the plugin share. A rule looks at one field, and passes or
 * fails; it is made in plan (rules.c) and read-only once the stage is open, so
 * that all workers share it. What a worker writes is its struct rules_worker.
 */
#ifndef LEAT_RULES_H
#define LEAT_RULES_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <leat/plugin.h>

#include "kit/keyset/keyset.h"
#include "kit/text/text.h"

struct rules_worker;
struct rule;

typedef bool rule_test(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n);

enum rule_kind {
    RULE_REQUIRED, /* is not null */
    RULE_TEXT,     /* `test` of the bytes; fields whose columns have bytes */
    RULE_INTEGER,  /* low <= value <= high; int64, timestamp */
    RULE_DATE,     /* the same for dates */
    RULE_REAL,     /* the same for float64 */
    RULE_ONE_OF,   /* `numbers`; int64 */
    RULE_CHECK,    /* an expression */
    RULE_UNIQUE,   /* always last, see rules.c */
};

/* A decimal number where it is written: sign, digits before and behind the point. */
struct decimal {
    bool negative;
    const char *whole, *fraction; /* no zeros in front, none behind */
    size_t n_whole, n_fraction;
};

/* Texts in order of length, then bytes. */
struct word {
    const char *text;
    size_t n;
};

struct rule {
    enum rule_kind kind;
    int field;
    rule_test *test;
    union {
        struct { int64_t low, high; };         /* INTEGER, DATE; also lengths */
        struct { double real_low, real_high; };
        struct decimal decimal;                /* bound of a number in a text */
        struct { const struct word *words; int n_words; };
        struct { const int64_t *numbers; int n_numbers; };
        const struct leat_expression *expression;
        struct { const char *pattern; pcre2_code *compiled; /* in open */ };
        struct keyset *seen;                   /* in open */
    };
    const char *code, *reason;
};

struct rules {
    const struct leat_node *fields;
    struct rule *rules; /* in the order written; those of kind UNIQUE last */
    int n_rules, n_unique;
    uint64_t seed;      /* of the keys of UNIQUE */
};

struct rules_worker {
    int32_t cap_rows;
    int32_t *rows;           /* that have passed so far */
    uint8_t *truths;         /* of a check */
    struct keyset_key *keys; /* n_unique a row; all zero: null */
    pcre2_match_data *match; /* NULL where there is no pattern */
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    int64_t n_gave_up;       /* patterns that ran into the limit */
};

/* run.c */
int rules_open(struct leat_stage *stage, void *self, struct leat_error *err);
int rules_worker_open(struct leat_stage *stage, void *self, struct leat_error *err);
int rules_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                  bool *ret_again, struct leat_error *err);
void rules_worker_close(struct leat_stage *stage, void *self);
void rules_close(struct leat_stage *stage, void *self);

/* formats.c */
rule_test is_email, is_e164, is_uuid, is_url;

/* values.c: texts that are values, and comparisons with a bound */
rule_test is_int64, is_float64, is_decimal, is_date, is_plain_date, is_timestamp, is_bool, is_json;
rule_test at_least_decimal, at_most_decimal, date_in_range;
/* The digits are in `text`, or for a number with an exponent in `room`. */
bool parse_decimal(const char *text, size_t n, char room[LEAT_DECIMAL_ROOM], struct decimal *ret);

/* text.c: what a text looks like */
rule_test characters_in_range, bytes_in_range, is_one_of, matches_pattern;
int compare_words(const void *a, const void *b);
/* NULL, with the reason in `room`, if the pattern is none. */
pcre2_code *compile_pattern(const char *pattern, char *room, size_t n_room);
int open_pattern_limits(struct rules_worker *worker, struct leat_error *err);

#endif
