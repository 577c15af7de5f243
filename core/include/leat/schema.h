/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Fields: the names, types and classes of the columns that flow between two
 * stages.
 */
#ifndef LEAT_SCHEMA_H
#define LEAT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The type of a field, and how a column of it is laid out (batch.h). */
enum leat_type {
    LEAT_NONE = 0,  /* ends a list of fields; in expressions: the type of a bare null */
    LEAT_BOOL,      /* bitmap, least significant bit first */
    LEAT_INT64,     /* int64_t */
    LEAT_FLOAT64,   /* double */
    LEAT_DECIMAL,   /* canonical decimal text, any precision: -12.50 */
    LEAT_DATE,      /* int32_t, days since 1970-01-01, proleptic Gregorian */
    LEAT_TIMESTAMP, /* int64_t, microseconds since 1970-01-01 00:00:00; see leat_field.local */
    LEAT_TEXT,      /* valid UTF-8; also uuid, time, interval */
    LEAT_BYTES,     /* bytes as they are */
    LEAT_JSON,      /* JSON text: lists and documents */
};

/* Who may see a field's values. A result has the strictest class of its
 * inputs; the larger value is the stricter class. */
enum leat_class {
    LEAT_PUBLIC = -1, /* may stand in logs and reports */
    LEAT_PII = 0,     /* the default: never in logs or reports */
    LEAT_SECRET = 1,  /* not even in a preview; dropped before a load that does not declare it */
};

struct leat_field {
    const char *name;     /* matched exactly; never empty */
    enum leat_type type;
    enum leat_class data_class;
    bool local;           /* timestamp only: wall time of `timezone`, not a UTC instant */
    const char *timezone; /* with `local`: an IANA name, NULL for UTC */
};

#define LEAT_END_OF_FIELDS { 0, LEAT_NONE, LEAT_PII, false, 0 }

/* The fields of the batches between two stages, in order. Read-only once the
 * plan is made; the plan owns it and it outlives every batch. */
struct leat_schema {
    int n_fields;
    const struct leat_field *fields;
};

/* The number of the field of that name, or -1. */
static inline int leat_schema_find(const struct leat_schema *schema, const char *name)
{
    for (int i = 0; i < schema->n_fields; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return i;
    return -1;
}

/* True for the types whose columns have offsets and bytes. */
static inline bool leat_type_is_text(enum leat_type type)
{
    return type == LEAT_TEXT || type == LEAT_BYTES || type == LEAT_JSON || type == LEAT_DECIMAL;
}

/* Bytes a value of a fixed-width type takes; 0 for bool and the text types. */
static inline int leat_type_width(enum leat_type type)
{
    if (type == LEAT_INT64 || type == LEAT_FLOAT64 || type == LEAT_TIMESTAMP)
        return 8;
    return type == LEAT_DATE ? 4 : 0;
}

#ifdef __cplusplus
}
#endif

#endif
