/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The target: which table it is, how its columns take what is written, and by which indexes
 * a row could be found that is not meant.
 */
#include "load.h"

#include <stdlib.h>
#include <strings.h>

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

/* ---- its name ---- */

/* The names in `a`.`b`, one behind the other. Returns how many there are. */
static int split(char *quoted, const char *ret[3])
{
    char *to = quoted;
    int n = 0;

    for (char *p = quoted; *p && n < 3; p += *p == '.') {
        ret[n++] = to;
        for (p++; *p && (*p != '`' || p[1] == '`'); p++) {
            p += *p == '`';
            *to++ = *p;
        }
        p++;
        *to++ = '\0';
    }
    return n;
}

static int ask_database(struct leat_plan *plan, struct leat_mysql_link *link, const char **ret, struct leat_error *err)
{
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc = leat_mysql_select(link, "SELECT DATABASE()", 0, NULL, "cannot ask for the database", err);

    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        *ret = row[0] ? keep(plan, row[0]) : NULL;
        rc = 0;
    }
    if (rc == 0 && !*ret)
        return leat_fail(err, LEAT_EPIPELINE, "no database is named: write `database: NAME', or `table: "
                         "DATABASE.NAME'");
    return rc;
}

static int find_name(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    struct leat_put quoted = { 0 };
    const char *names[3], *text;
    int n = 0, rc = 0;

    if (leat_sql_add_table(&quoted, &leat_mysql_dialect, p->load.table) && (text = leat_put_end(&quoted)))
        n = split(memcpy(leat_plan_alloc(plan, quoted.n + 1), text, quoted.n + 1), names);
    leat_put_free(&quoted);
    if (n < 1 || n > 2)
        return leat_fail(err, LEAT_EPIPELINE, "is no name of a table: write NAME or DATABASE.NAME");
    if (n == 1)
        rc = ask_database(plan, link, &p->schema, err);
    else
        p->schema = names[0];
    p->name = names[n - 1];
    return rc;
}

/* ---- its columns ---- */

static const struct {
    const char *type;
    enum kind kind;
} kinds[] = {
    { "tinyint", KIND_NUMBER }, { "smallint", KIND_NUMBER }, { "mediumint", KIND_NUMBER }, { "int", KIND_NUMBER },
    { "bigint", KIND_NUMBER },  { "decimal", KIND_NUMBER },  { "float", KIND_FLOAT },      { "double", KIND_FLOAT },
    { "bit", KIND_BITS },       { "year", KIND_YEAR },       { "enum", KIND_LISTED },      { "set", KIND_LISTED },
    { "date", KIND_TIME },      { "datetime", KIND_TIME },   { "timestamp", KIND_TIME },   { "time", KIND_TIME },
    { "char", KIND_WORDS },     { "varchar", KIND_WORDS },   { "tinytext", KIND_WORDS },   { "text", KIND_WORDS },
    { "mediumtext", KIND_WORDS }, { "longtext", KIND_WORDS }, { "json", KIND_WORDS },
};

/* decimal(12,2), double(7,2), datetime(6) */
static int digits_of(enum kind kind, const char *type)
{
    const char *comma = strchr(type, ','), *open = strchr(type, '(');

    if (kind == KIND_TIME)
        return open ? atoi(open + 1) : 0;
    if (kind == KIND_FLOAT && !comma)
        return -1;
    return kind == KIND_NUMBER || kind == KIND_FLOAT ? (comma ? atoi(comma + 1) : 0) : 0;
}

/* name, type, whole type, nullable, extra */
enum { OF_NAME, OF_TYPE, OF_WHOLE, OF_NULLABLE, OF_EXTRA, N_OF };

static void take_column(struct leat_plan *plan, struct column *c, const MYSQL_ROW row)
{
    bool nullable = strcasecmp(row[OF_NULLABLE], "YES") == 0, counts = strstr(row[OF_EXTRA], "auto_increment");

    *c = (struct column){ .name = keep(plan, row[OF_NAME]), .type = keep(plan, row[OF_WHOLE]), .kind = KIND_PLAIN };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(kinds[i].type, row[OF_TYPE]) == 0)
            c->kind = kinds[i].kind;
    c->digits = digits_of(c->kind, c->type);
    c->single = strcasecmp(row[OF_TYPE], "float") == 0;
    c->instant = strcasecmp(row[OF_TYPE], "timestamp") == 0;
    c->makes_up = counts || (c->instant && !nullable);
    c->fresh = counts; /* one that is null where nothing is written may be filled by a trigger */
}

static int ask_columns(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    static const char sql[] =
        "SELECT column_name, data_type, column_type, is_nullable, extra FROM "
        "information_schema.columns WHERE table_schema = ? AND table_name = ? AND extra NOT LIKE '%VIRTUAL "
        "GENERATED%' AND extra NOT LIKE '%STORED GENERATED%' ORDER BY ordinal_position LIMIT 4096";
    const struct leat_mysql_value values[] = { { .bytes = p->schema, .n = strlen(p->schema) },
                                               { .bytes = p->name, .n = strlen(p->name) } };
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc = leat_mysql_select(link, sql, 2, values, "cannot ask for the columns of the table", err);

    p->columns = rc == 0 ? leat_plan_alloc(plan, 4096 * sizeof *p->columns) : NULL;
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        take_column(plan, &p->columns[p->n_columns++], row);
        rc = 0;
    }
    return rc;
}

struct column *table_column(const struct mysql *p, const char *name)
{
    for (int i = 0; i < p->n_columns; i++)
        if (strcasecmp(p->columns[i].name, name) == 0)
            return &p->columns[i];
    return NULL;
}

int table_has(void *self, const char *name, struct leat_error *err)
{
    const struct mysql *p = self;

    (void)err;
    return table_column(p, name) != NULL;
}

/* ---- the table ---- */

static int check_table(const char *name, const MYSQL_ROW row, struct leat_error *err)
{
    if (!row[0])
        return leat_fail(err, LEAT_EPIPELINE, "%s is a view, of which nobody knows what it would write to: name the "
                         "table behind it", name);
    if (!row[1] || strcasecmp(row[1], "YES") != 0)
        return leat_fail(err, LEAT_EPIPELINE, "%s is kept by %.64s, which has no transactions, and so a run that is "
                         "interrupted would leave a part of its rows; ALTER TABLE ... ENGINE=InnoDB", name, row[0]);
    return 1;
}

int table_is_there(const struct mysql *p, struct leat_mysql_link *link, const char *name, struct leat_error *err)
{
    static const char sql[] =
        "SELECT IF(t.table_type LIKE '%VIEW', NULL, t.engine), e.transactions FROM information_schema.tables AS t LEFT "
        "JOIN information_schema.engines AS e ON e.engine = t.engine WHERE t.table_schema = ? AND t.table_name = ?";
    const struct leat_mysql_value values[] = { { .bytes = p->schema, .n = strlen(p->schema) },
                                               { .bytes = name, .n = strlen(name) } };
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc = leat_mysql_select(link, sql, 2, values, "cannot ask for the table", err), there = 0;

    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        there = check_table(name, row, err);
        rc = 0;
    }
    return rc < 0 ? rc : there;
}

int table_find(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    int rc = find_name(plan, p, link, err), there;

    if (rc < 0)
        return rc;
    p->load.target = leat_sql_keep_name(plan, &leat_mysql_dialect, p->schema, p->name);
    p->load.commits = leat_sql_keep_name(plan, &leat_mysql_dialect, p->schema, "leat_commits");
    if (strcasecmp(p->name, "leat_commits") == 0)
        return leat_fail(err, LEAT_EPIPELINE, "in leat_commits leat notes its commits; name another table");
    if (strcasecmp(p->name, STAGING) == 0) /* which would hide it */
        return leat_fail(err, LEAT_EPIPELINE, STAGING " is what leat calls a temporary table of its own; rename it, or name "
                         "another table");
    there = table_is_there(p, link, p->name, err);
    if (there > 0)
        rc = ask_columns(plan, p, link, err);
    return rc < 0 ? rc : there;
}

/* ---- its indexes ---- */

/* As SHOW INDEX has them, in MariaDB and in MySQL. */
enum { AT_NOT_UNIQUE = 1, AT_NAME = 2, AT_PLACE = 3, AT_COLUMN = 4, AT_PREFIX = 7, N_AT };

/* A unique index, column by column. */
struct index {
    char name[200];
    int n;          /* columns */
    int n_key;      /* of them are in the key, in full */
    bool apart;     /* a row that is inserted never equals another by it */
};

static bool in_key(const struct mysql *p, const char *column)
{
    for (int i = 0; i < p->load.n_key; i++)
        if (strcasecmp(p->load.key->children[i]->text, column) == 0)
            return true;
    return false;
}

static bool is_written(const struct mysql *p, const struct column *c)
{
    for (int i = 0; i < p->load.n_fields; i++)
        if (p->into[i] == c)
            return true;
    return false;
}

static void add_part(struct index *index, const struct mysql *p, const MYSQL_ROW row)
{
    const struct column *c = row[AT_COLUMN] ? table_column(p, row[AT_COLUMN]) : NULL;

    if (strcmp(row[AT_PLACE], "1") == 0) {
        *index = (struct index){ 0 };
        (void)snprintf(index->name, sizeof index->name, "%s", row[AT_NAME]);
    }
    index->n++;
    index->n_key += row[AT_COLUMN] && !row[AT_PREFIX] && in_key(p, row[AT_COLUMN]);
    index->apart |= c && c->fresh && !is_written(p, c);
}

/* Whether there is one over exactly the key, and the name of one by which another row could be found. */
struct found {
    bool key;
    char other[200];
};

/* By an index that has all columns of the key, no other row is found than by the key. */
static void end_index(const struct mysql *p, const struct index *index, struct found *found)
{
    if (!index->n)
        return;
    if (index->n == p->load.n_key && index->n_key == index->n)
        found->key = true;
    else if (index->n_key < p->load.n_key && !index->apart)
        memcpy(found->other, index->name, sizeof found->other);
}

static int ask_indexes(struct mysql *p, struct leat_mysql_link *link, struct found *found,
                       struct leat_error *err)
{
    struct leat_put sql = { 0 };
    struct index index = { 0 };
    unsigned long *lengths;
    const char *text;
    MYSQL_ROW row;
    int rc;

    leat_put_printf(&sql, "SHOW INDEX FROM %s", p->load.target);
    text = leat_put_end(&sql);
    rc = text ? leat_mysql_select(link, text, 0, NULL, "cannot ask for the table's indexes", err)
              : leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    leat_put_free(&sql);
    if (rc == 0 && mysql_num_fields(link->rows) < N_AT)
        return leat_fail(err, -EIO, "cannot ask for the table's indexes: the server tells less of them than others do");
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        bool first = strcmp(row[AT_PLACE], "1") == 0;

        rc = 0;
        p->by_index |= first && row[AT_COLUMN] && in_key(p, row[AT_COLUMN]);
        if (first)
            end_index(p, &index, found);
        if (strcmp(row[AT_NOT_UNIQUE], "0") == 0)
            add_part(&index, p, row);
        else
            index.n = 0;
    }
    end_index(p, &index, found);
    return rc;
}

static void note_other(struct leat_plan *plan, const struct found *found)
{
    char text[400];

    (void)snprintf(text, sizeof text, "the table has one more unique index, %s: a record with a value there that "
                   "another row has is rejected, and rows go by way of a temporary table, which takes longer",
                   found->other);
    leat_plan_note(plan, text);
}

int table_indexes(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    struct found found = { 0 };
    int rc;

    if (p->load.mode != LEAT_SQL_UPSERT && p->load.mode != LEAT_SQL_MERGE)
        return 0;
    if (!p->n_columns) {
        p->direct = true;
        return 0;
    }
    rc = ask_indexes(p, link, &found, err);
    if (rc == 0 && p->load.mode == LEAT_SQL_UPSERT && !found.key)
        return leat_fail(err, LEAT_EPIPELINE, "upsert needs a unique index of %s over exactly the columns of key; "
                         "CREATE UNIQUE INDEX makes one, and `mode: merge' does without", p->load.target);
    p->direct = found.key && !*found.other && p->load.mode == LEAT_SQL_UPSERT;
    if (rc == 0 && p->load.mode == LEAT_SQL_UPSERT && *found.other)
        note_other(plan, &found);
    return rc;
}
