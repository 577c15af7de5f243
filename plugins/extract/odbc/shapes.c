/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What becomes of a column: by the types of ODBC (Programmer's Reference, appendix D), and by
 * the names of the server's own types where those say more, or where its driver changes values.
 */
#include "extract.h"

#include <strings.h>

enum {
    TYPE_MSSQL_VARIANT = -150,
    TYPE_MSSQL_XML = -152,
    TYPE_MSSQL_TIME = -154,
    TYPE_MSSQL_OFFSET = -155,
};

enum { NUMBER_ROOM = 32, DECIMAL_ROOM = 160, TIME_ROOM = 80, GUESS_ROOM = 512 };

/* ---- fetching ---- */

static const struct leat_odbc_fetch any_length_narrow = { .c_type = SQL_C_CHAR },
                                    any_length_wide = { .c_type = SQL_C_WCHAR },
                                    any_length_bytes = { .c_type = SQL_C_BINARY };

static struct leat_odbc_fetch short_text(size_t room)
{
    return (struct leat_odbc_fetch){ .c_type = SQL_C_CHAR, .room = room, .firm = true };
}

static struct leat_odbc_fetch fixed(SQLSMALLINT c_type, size_t room)
{
    return (struct leat_odbc_fetch){ .c_type = c_type, .room = room, .firm = true };
}

/* ---- by the types of ODBC ---- */

static struct shape number(enum leat_type type, enum search search, int bound)
{
    return (struct shape){ .type = type, .fetch = short_text(NUMBER_ROOM),
                           .column = { .form = FORM_PARSED, .search = search, .bound = bound } };
}

static struct shape decimal(const struct leat_odbc_column *c)
{
    struct shape s = number(LEAT_DECIMAL, SEARCH_DECIMAL, LEAT_ODBC_DECIMAL);

    s.fetch.room = DECIMAL_ROOM;
    s.column.digits = c->digits;
    return s;
}

static struct shape a_float(enum source source)
{
    return (struct shape){ .type = LEAT_FLOAT64,
                           .fetch = source == SOURCE_REAL ? fixed(SQL_C_FLOAT, sizeof(SQLREAL))
                                                          : fixed(SQL_C_DOUBLE, sizeof(SQLDOUBLE)),
                           .column = { .source = source, .form = FORM_PARSED, .orderless = true } };
}

static struct shape a_date(void)
{
    return (struct shape){ .type = LEAT_DATE, .fetch = fixed(SQL_C_TYPE_DATE, sizeof(SQL_DATE_STRUCT)),
                           .column = { .source = SOURCE_DATE, .form = FORM_PARSED, .bound = LEAT_ODBC_DATE } };
}

static struct shape timestamp(const struct leat_odbc_column *c)
{
    return (struct shape){ .type = LEAT_TIMESTAMP, .local = true,
                           .fetch = fixed(SQL_C_TYPE_TIMESTAMP, sizeof(SQL_TIMESTAMP_STRUCT)),
                           .note = c->digits > 6 ? "%s has more digits of a second than microseconds; a record that "
                                                   "uses them is rejected, unless `fields' says `%s: text'" : NULL,
                           .column = { .source = SOURCE_TIMESTAMP, .form = FORM_TIME, .bound = LEAT_ODBC_TIMESTAMP,
                                       .digits = c->digits < 9 ? c->digits : 9 } };
}

/* What comes as a short text in ASCII. */
static struct shape word(enum leat_type type, enum source source, size_t room)
{
    return (struct shape){ .type = type, .fetch = short_text(room),
                           .column = { .source = source, .form = type == LEAT_TEXT ? FORM_RAW : FORM_TIME,
                                       .orderless = true } };
}

/* Characters of the supplementary planes take two units of UTF-16. */
static struct shape text(const struct leat_odbc_column *c, bool of_any_length)
{
    struct shape s = { .type = LEAT_TEXT, .fetch = any_length_wide,
                       .column = { .source = SOURCE_WIDE, .form = FORM_RAW, .search = SEARCH_TEXT, .texts = true } };

    if (!of_any_length && c->size)
        s.fetch = (struct leat_odbc_fetch){ SQL_C_WCHAR, c->size * 2 * sizeof(SQLWCHAR), true };
    return s;
}

static struct shape bytes(const struct leat_odbc_column *c, bool of_any_length)
{
    struct shape s = { .type = LEAT_BYTES, .fetch = any_length_bytes,
                       .column = { .source = SOURCE_BYTES, .form = FORM_RAW, .search = SEARCH_BYTES,
                                   .bound = LEAT_ODBC_BYTES, .orderless = of_any_length } };

    if (!of_any_length && c->size)
        s.fetch = (struct leat_odbc_fetch){ SQL_C_BINARY, c->size, true };
    return s;
}

static struct shape unknown(const struct leat_odbc_column *c)
{
    struct shape s = text(c, true);

    s.column.orderless = true;
    s.column.search = SEARCH_NOT;
    s.note = "%s is of a type that is not known here, and is read as the text that the driver makes of it";
    return s;
}

static struct shape standard(const struct leat_odbc_column *c)
{
    switch (c->type) {
    case SQL_BIT:
        return number(LEAT_BOOL, SEARCH_NOT, LEAT_ODBC_INTEGER);
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
        return number(LEAT_INT64, SEARCH_INTEGER, LEAT_ODBC_INTEGER);
    case SQL_BIGINT:
        return c->is_unsigned ? number(LEAT_DECIMAL, SEARCH_DECIMAL, LEAT_ODBC_DECIMAL)
                              : number(LEAT_INT64, SEARCH_INTEGER, LEAT_ODBC_INTEGER);
    case SQL_REAL:
        return a_float(SOURCE_REAL);
    case SQL_FLOAT:
    case SQL_DOUBLE:
        return a_float(SOURCE_DOUBLE);
    case SQL_DECIMAL:
    case SQL_NUMERIC:
        return decimal(c);
    case SQL_DATE:
    case SQL_TYPE_DATE:
        return a_date();
    case SQL_TIMESTAMP:
    case SQL_TYPE_TIMESTAMP:
        return timestamp(c);
    case TYPE_MSSQL_OFFSET:
        return word(LEAT_TIMESTAMP, SOURCE_OFFSET, TIME_ROOM);
    case SQL_TIME:
    case SQL_TYPE_TIME:
    case TYPE_MSSQL_TIME:
        return word(LEAT_TEXT, SOURCE_TEXT, TIME_ROOM);
    case SQL_GUID: {
        struct shape s = word(LEAT_TEXT, SOURCE_GUID, TIME_ROOM);

        s.column.search = SEARCH_UUID;
        return s;
    }
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
        return text(c, false);
    case SQL_LONGVARCHAR:
    case SQL_WLONGVARCHAR:
    case TYPE_MSSQL_XML:
        return text(c, true);
    case SQL_BINARY:
    case SQL_VARBINARY:
        return bytes(c, false);
    case SQL_LONGVARBINARY:
        return bytes(c, true);
    default:
        return c->type >= SQL_INTERVAL_YEAR && c->type <= SQL_INTERVAL_MINUTE_TO_SECOND
                   ? word(LEAT_TEXT, SOURCE_TEXT, TIME_ROOM)
                   : unknown(c);
    }
}

/* ---- PostgreSQL ---- */

static bool is_any(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

/* All comes as the server writes it: the driver would change dates before Christ, `infinity', and UUIDs. What it says
 * of lengths is a guess. */
static struct shape narrow(enum leat_type type, size_t room, const char *select, const char *cast)
{
    return (struct shape){ .type = type, .select = select, .cast = cast,
                           .fetch = { .c_type = SQL_C_CHAR, .room = room },
                           .column = { .form = type == LEAT_TEXT ? FORM_RAW : FORM_PARSED } };
}

static struct shape postgres_number(const struct leat_odbc_column *c)
{
    static const char *const types[][2] = { { "int2", "smallint" }, { "int4", "integer" }, { "int8", "bigint" },
                                            { "oid", "oid" }, { "bool", "boolean" }, { "numeric", "numeric" },
                                            { "money", "numeric" }, { "float4", "real" },
                                            { "float8", "double precision" } };
    struct shape s = narrow(LEAT_INT64, 64, NULL, NULL);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(types[i][0], c->type_name) == 0)
            s.cast = types[i][1];
    if (strcmp(s.cast, "boolean") == 0) {
        s.type = LEAT_BOOL;
    } else if (strcmp(s.cast, "numeric") == 0) {
        s.type = LEAT_DECIMAL;
        s.column.search = SEARCH_DECIMAL;
    } else if (*c->type_name == 'f') {
        s.type = LEAT_FLOAT64;
    } else {
        s.column.search = SEARCH_INTEGER;
    }
    if (strcasecmp(c->type_name, "money") == 0) {
        s.select = "CAST(leat.%s AS numeric)";
        s.column.search = SEARCH_NOT;
        s.column.orderless = true;
    }
    return s;
}

static struct shape postgres_time(const struct leat_odbc_column *c)
{
    bool date = strcasecmp(c->type_name, "date") == 0, zoned = strcasecmp(c->type_name, "timestamptz") == 0;
    struct shape s = narrow(date ? LEAT_DATE : LEAT_TIMESTAMP, TIME_ROOM, "CAST(leat.%s AS text)",
                            date ? "date" : zoned ? "timestamptz" : "timestamp");

    if (c->type == SQL_TYPE_TIME)
        return narrow(LEAT_TEXT, TIME_ROOM, NULL, "time");
    s.local = !date && !zoned;
    s.column.form = FORM_ERA;
    return s;
}

static struct shape postgres_text(const struct leat_odbc_column *c)
{
    struct shape s = narrow(LEAT_TEXT, GUESS_ROOM, NULL, strcasecmp(c->type_name, "char") == 0 ? "bpchar" : "text");

    if (c->size && c->size < GUESS_ROOM / 4)
        s.fetch.room = c->size * 4;
    s.column.search = SEARCH_TEXT;
    s.column.texts = true;
    s.column.padded = strcasecmp(c->type_name, "char") == 0;
    return s;
}

static struct shape postgres(const struct leat_odbc_column *c)
{
    static const char *const numbers[] = { "int2", "int4", "int8", "oid", "bool", "numeric", "money", "float4",
                                           "float8", NULL };
    static const char *const texts[] = { "char", "varchar", "text", NULL };
    struct shape s;

    if (is_any(c->type_name, numbers))
        return postgres_number(c);
    if (is_any(c->type_name, texts))
        return postgres_text(c);
    if (c->type == SQL_TYPE_DATE || c->type == SQL_TYPE_TIME || c->type == SQL_TYPE_TIMESTAMP)
        return postgres_time(c);
    if (strcasecmp(c->type_name, "bytea") == 0) {
        s = bytes(c, true);
        s.cast = "bytea";
        s.column.orderless = false;
        return s;
    }
    s = narrow(LEAT_TEXT, GUESS_ROOM, NULL, NULL);
    s.column.orderless = true;
    if (strcasecmp(c->type_name, "uuid") == 0) {
        s.select = "CAST(leat.%s AS text)";
        s.cast = "uuid";
        s.column.search = SEARCH_UUID;
        s.column.orderless = false;
    }
    return s;
}

/* ---- MariaDB and MySQL ---- */

/* Wide texts the driver ends at a NUL, dates of zeros it makes nulls, and a FLOAT as a text has six digits. */
static struct shape mariadb_integer(const struct leat_odbc_column *c)
{
    struct shape s = standard(c);

    s.cast = c->is_unsigned ? "UNSIGNED" : "SIGNED";
    s.column.bound = LEAT_ODBC_TEXT;
    return s;
}

static struct shape mariadb_bits(const struct leat_odbc_column *c)
{
    bool one = c->type == SQL_BIT;
    struct shape s = { .type = one ? LEAT_BOOL : c->size > 63 ? LEAT_DECIMAL : LEAT_INT64, .cast = "UNSIGNED",
                       .fetch = fixed(SQL_C_BINARY, 8),
                       .column = { .source = SOURCE_BITS, .form = FORM_PARSED,
                                   .search = one ? SEARCH_NOT : c->size > 63 ? SEARCH_DECIMAL : SEARCH_INTEGER } };

    return s;
}

static struct shape mariadb_decimal(struct leat_plan *plan, const struct leat_odbc_column *c)
{
    char *cast = leat_plan_alloc(plan, 24);
    struct shape s = decimal(c);

    (void)snprintf(cast, 24, "DECIMAL(65,%d)", c->digits > 0 && c->digits < 40 ? c->digits : 0);
    s.cast = cast;
    s.column.bound = LEAT_ODBC_TEXT;
    return s;
}

static struct shape mariadb_time(const struct leat_odbc_column *c)
{
    bool date = c->type == SQL_TYPE_DATE, time = c->type == SQL_TYPE_TIME;
    struct shape s = { .type = date ? LEAT_DATE : time ? LEAT_TEXT : LEAT_TIMESTAMP,
                       .local = strcasecmp(c->type_name, "timestamp") != 0,
                       .cast = date ? "DATE" : time ? "TIME(6)" : "DATETIME(6)", .fetch = short_text(TIME_ROOM),
                       .column = { .form = time ? FORM_RAW : FORM_PARSED } };

    s.local &= !date && !time;
    return s;
}

static struct shape mariadb_text(const struct leat_odbc_column *c)
{
    bool is_long = c->type == SQL_WLONGVARCHAR || c->type == SQL_LONGVARCHAR;
    struct shape s = { .type = LEAT_TEXT, .cast = "BINARY", .fetch = any_length_narrow,
                       .column = { .form = FORM_RAW, .search = SEARCH_TEXT, .orderless = is_long, .texts = true } };

    s.column.bytes = c->size * 4;
    if (!is_long)
        s.fetch = short_text(c->size * 4);
    return s;
}

static struct shape mariadb(struct leat_plan *plan, const struct leat_odbc_column *c)
{
    if (strcasecmp(c->type_name, "bit") == 0)
        return mariadb_bits(c);
    switch (c->type) {
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
        return mariadb_integer(c);
    case SQL_DECIMAL:
    case SQL_NUMERIC:
        return mariadb_decimal(plan, c);
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
        return mariadb_time(c);
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
        return mariadb_text(c);
    default:
        return standard(c);
    }
}

/* ---- SQLite ---- */

/* A column may hold anything. As bytes all of it comes: as a text the driver ends it at a NUL, writes bytes as digits,
 * and a number with 15 digits, which is another one. */
static struct shape sqlite(const struct leat_odbc_column *c)
{
    static const char *const decimals[] = { "decimal", "numeric", NULL };
    struct shape s = standard(c);
    bool integer = s.type == LEAT_INT64, is_float = s.type == LEAT_FLOAT64;

    if (is_any(c->type_name, decimals) || strncasecmp(c->type_name, "decimal(", 8) == 0 ||
        strncasecmp(c->type_name, "numeric(", 8) == 0)
        s.type = LEAT_DECIMAL;
    s.select = s.type == LEAT_BYTES
                   ? "CAST(leat.%s AS BLOB)"
                   : "CAST(CASE typeof(leat.%s) WHEN 'real' THEN quote(leat.%s) ELSE leat.%s END AS BLOB)";
    s.fetch = any_length_bytes;
    s.note = NULL;
    s.column = (struct column){ .form = s.type == LEAT_TEXT || s.type == LEAT_BYTES ? FORM_RAW : FORM_PARSED,
                                .search = integer ? SEARCH_INTEGER : s.type == LEAT_TEXT ? SEARCH_TEXT
                                        : s.type == LEAT_BYTES ? SEARCH_BYTES : SEARCH_NOT,
                                .bound = integer ? LEAT_ODBC_INTEGER : s.type == LEAT_BYTES ? LEAT_ODBC_BYTES
                                                                                            : LEAT_ODBC_TEXT,
                                .orderless = is_float || s.type == LEAT_DECIMAL, .texts = s.type == LEAT_TEXT };
    if (s.type == LEAT_BYTES)
        s.column.source = SOURCE_BYTES;
    return s;
}

/* ---- SQL Server ---- */

/* A datetime is compared with a datetime2 by digits that it does not have. */
static struct shape mssql(const struct leat_odbc_column *c)
{
    struct shape s = standard(c);

    if (strcasecmp(c->type_name, "datetime") == 0)
        s.cast = "datetime";
    else if (strcasecmp(c->type_name, "smalldatetime") == 0)
        s.cast = "smalldatetime";
    return s;
}

struct shape shape_of(struct leat_plan *plan, enum leat_odbc_kind kind, const struct leat_odbc_column *c)
{
    switch (kind) {
    case LEAT_ODBC_POSTGRES:
        return postgres(c);
    case LEAT_ODBC_MARIADB:
        return mariadb(plan, c);
    case LEAT_ODBC_SQLITE:
        return sqlite(c);
    case LEAT_ODBC_MSSQL:
        return mssql(c);
    default:
        return standard(c);
    }
}
