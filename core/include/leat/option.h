/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Options as data. From one table come checking, `leat plugin show`, the
 * manual page, the JSON Schema for editors, and redaction. Values land in the
 * plugin's own struct before `plan` is called; what they point to lives as
 * long as the stage.
 */
#ifndef LEAT_OPTION_H
#define LEAT_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an option takes, and the type of the member it lands in. */
enum leat_option_type {
    LEAT_OPTION_END = 0,
    LEAT_OPTION_TEXT,       /* const char *; NULL when not given */
    LEAT_OPTION_INTEGER,    /* int64_t, with min and max */
    LEAT_OPTION_SIZE,       /* int64_t bytes: 64k, 32MiB, 1G */
    LEAT_OPTION_DURATION,   /* int64_t milliseconds: 250ms, 30s, 5m, 2h, 1d */
    LEAT_OPTION_BOOLEAN,    /* bool: true, false */
    LEAT_OPTION_ENUM,       /* int: index into `values` */
    LEAT_OPTION_PATH,       /* const char *, made absolute from the pipeline file's folder */
    LEAT_OPTION_LIST,       /* const struct leat_node *, a list; a scalar or a mapping is a list of one */
    LEAT_OPTION_MAP,        /* const struct leat_node *, a mapping */
    LEAT_OPTION_EXPRESSION, /* const struct leat_node *, for leat_plan_expression */
    LEAT_OPTION_QUERY,      /* const struct leat_query * */
    LEAT_OPTION_SECRET,     /* const struct leat_secret *; never shown */
    LEAT_OPTION_STAGE,      /* const struct leat_node *, {PLUGIN: OPTIONS}, for leat_plan_finder */
};

/* A text in the store's own language, cut at its bound parameters:
 * texts[0] param 0 texts[1] param 1 ... texts[n_params]. */
struct leat_query {
    int n_params;
    const char *const *texts;  /* n_params + 1 */
    const char *const *params; /* n_params */
};

/* A secret. Has no printed form; wiped when the stage is closed. */
struct leat_secret {
    const char *text; /* NUL-terminated */
    size_t n;
};

/* A part of the pipeline file: read-only, and it knows where it stands. */
enum leat_node_kind { LEAT_SCALAR, LEAT_LIST, LEAT_MAP };

struct leat_node {
    enum leat_node_kind kind;
    bool plain;                     /* scalar written without quotes: `null` is null, `'null'` is text */
    const char *name;               /* in a mapping: its key; else NULL */
    const char *text;               /* scalar: its text, variables replaced; NUL-terminated */
    int n_children;                 /* list items, or a mapping's values in the order written */
    const struct leat_node *const *children;
    int line, column;               /* of the value, from 1 */
    int name_line, name_column;     /* of the key */
    const void *host;               /* the host's own part */
};

struct leat_option {
    const char *name;
    enum leat_option_type type;
    size_t offset, size;            /* of the member: LEAT_MEMBER(struct, member) */
    bool required;
    bool main;                      /* what a value without option names means */
    bool tuning;                    /* says how, not what: may differ in a run that goes on */
    const char *help;               /* one line, a sentence */
    const char *default_text;       /* as a user would write it; NULL: zero, false, NULL */
    const char *const *values;      /* ENUM: the words, ended by NULL */
    int64_t min, max;               /* INTEGER, SIZE, DURATION; both 0: any that is not negative */
};

#define LEAT_MEMBER(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define LEAT_END_OF_OPTIONS { .name = 0, .type = LEAT_OPTION_END }

/* The value under `name` in a mapping, or NULL. */
static inline const struct leat_node *leat_node_get(const struct leat_node *map, const char *name)
{
    for (int i = 0; map && map->kind == LEAT_MAP && i < map->n_children; i++) {
        const char *a = map->children[i]->name, *b = name;

        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return map->children[i];
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
