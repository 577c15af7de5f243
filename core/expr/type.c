/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <string.h>
#include <strings.h>

#include "expr/tree.h"

/* The first name of a type is the one that leat writes; the others are
 * PostgreSQL's, for those who have them in their fingers. */
static const struct {
    const char *name;
    enum leat_type type;
} names[] = {
    {"bool", LEAT_BOOL},       {"boolean", LEAT_BOOL},
    {"int64", LEAT_INT64},     {"int", LEAT_INT64},      {"integer", LEAT_INT64}, {"bigint", LEAT_INT64},
    {"float64", LEAT_FLOAT64}, {"float", LEAT_FLOAT64},  {"double", LEAT_FLOAT64},
    {"decimal", LEAT_DECIMAL}, {"numeric", LEAT_DECIMAL},
    {"date", LEAT_DATE},       {"timestamp", LEAT_TIMESTAMP},
    {"text", LEAT_TEXT},       {"varchar", LEAT_TEXT},   {"string", LEAT_TEXT},
    {"bytes", LEAT_BYTES},     {"bytea", LEAT_BYTES},
    {"json", LEAT_JSON},       {"jsonb", LEAT_JSON},
};

const char *leat_type_name(enum leat_type type)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return "null";
}

enum leat_type leat_type_named(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && strncasecmp(names[i].name, name, n) == 0)
            return names[i].type;
    return LEAT_NONE;
}
