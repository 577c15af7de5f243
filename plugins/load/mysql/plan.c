/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of load mysql. The server is given the statements to prepare, and so a right, a
 * table or a column that is missing is known before the run; only what is made
 * in the run cannot be tried, for a CREATE TABLE is there to stay.
 */
#include "load.h"

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot plan how to write to the table: out of memory");
}

/* What tells this table from every other. */
static void declare_target(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link)
{
    char target[1024], where[300], *doing;
    size_t n = strlen(p->load.target) + 20;

    leat_mysql_where(&p->server, link->conn, where);
    (void)snprintf(target, sizeof target, "%s table %.600s", where, p->load.target);
    leat_plan_target(plan, target);
    doing = leat_plan_alloc(plan, n);
    (void)snprintf(doing, n, "cannot write to %s", p->load.target);
    p->doing = doing;
}

/* ---- columns ---- */

/* That of a table which is still to be made, from words.c. */
static struct column made_column(const struct leat_field *field)
{
    static const enum kind kinds[] = {
        [LEAT_BOOL] = KIND_NUMBER,    [LEAT_INT64] = KIND_NUMBER, [LEAT_FLOAT64] = KIND_FLOAT,
        [LEAT_DECIMAL] = KIND_NUMBER, [LEAT_DATE] = KIND_TIME,    [LEAT_TIMESTAMP] = KIND_TIME,
        [LEAT_TEXT] = KIND_WORDS,     [LEAT_JSON] = KIND_WORDS,   [LEAT_BYTES] = KIND_PLAIN,
    };
    static const int digits[] = { [LEAT_FLOAT64] = -1, [LEAT_DECIMAL] = 30, [LEAT_TIMESTAMP] = 6, [LEAT_JSON] = 0 };

    return (struct column){ .name = field->name, .kind = kinds[field->type],
                            .digits = (size_t)field->type < sizeof digits / sizeof *digits ? digits[field->type] : 0 };
}

static void check_column(struct leat_plan *plan, const struct mysql *p, int i)
{
    const struct leat_field *field = &leat_plan_input(plan)->fields[p->load.fields[i]];
    const struct column *c = p->into[i];
    char text[300];

    for (int j = 0; j < i; j++)
        if (p->into[j] == c)
            leat_plan_wrong(plan, "table", "two fields go into the column %s, for the case of its letters does not "
                            "count; leave one of them out", c->name);
    if (!c->instant || field->type != LEAT_TIMESTAMP || !field->local)
        return;
    (void)snprintf(text, sizeof text, "%.100s is wall time and its column a TIMESTAMP, which is an instant: it is "
                   "taken to be in UTC", field->name);
    leat_plan_note(plan, text);
}

static void choose_columns(struct leat_plan *plan, struct mysql *p)
{
    const struct leat_schema *in = leat_plan_input(plan);
    size_t n = (size_t)p->load.n_fields;
    struct column *made = p->n_columns ? NULL : leat_plan_alloc(plan, n * sizeof *made);

    p->into = leat_plan_alloc(plan, n * sizeof *p->into);
    for (int i = 0; i < p->load.n_fields; i++) {
        const struct leat_field *field = &in->fields[p->load.fields[i]];

        if (made)
            made[i] = made_column(field);
        p->into[i] = made ? &made[i] : table_column(p, field->name);
        check_column(plan, p, i);
    }
}

/* ---- trying it ---- */

/* `sql` is let go. */
static int try(struct leat_mysql_link *link, struct leat_put *sql, const char *doing, struct leat_error *err)
{
    MYSQL_STMT *statement = NULL;
    MYSQL_RES *fields = NULL;
    const char *text = leat_put_end(sql);
    int rc = text ? leat_mysql_describe(link, text, doing, &statement, &fields, err) : no_memory(err);

    if (fields)
        mysql_free_result(fields);
    if (statement)
        (void)mysql_stmt_close(statement);
    leat_put_free(sql);
    return rc;
}

static int try_text(struct leat_mysql_link *link, const char *text, const char *doing, struct leat_error *err)
{
    struct leat_put sql = { 0 };

    if (!text)
        return 0;
    leat_put_string(&sql, text);
    return try(link, &sql, doing, err);
}

/* leat_commits is there, of an engine with transactions, and may be written; or it may be made. */
static int try_commits(const struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    static const struct leat_token token = { .who = "", .what = "" };
    struct leat_put sql = { 0 };
    int there = table_is_there(p, link, "leat_commits", err);

    if (there < 0)
        return there;
    if (!there)
        return try_text(link, p->commits_sql, "cannot make the table in which commits are noted", err);
    commits_word(&sql, p, &token);
    return try(link, &sql, "cannot note commits in leat_commits", err);
}

static int try_staged(const struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    int rc = leat_mysql_do(link, p->staging_sql, err);

    if (rc < 0 && mysql_errno(link->conn) == 1170)
        return leat_fail(err, LEAT_EPIPELINE, "a column of key is a TEXT or BLOB, by which no index finds a row: make "
                         "it VARCHAR or VARBINARY");
    if (rc == 0)
        rc = try_text(link, p->update_sql, p->doing, err);
    return rc == 0 ? try_text(link, p->insert_sql, p->doing, err) : rc;
}

static int try_all(const struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc = try_text(link, p->create_sql, "cannot make the table", err);

    if (rc == 0 && p->n_columns && p->staging_sql)
        rc = try_staged(p, link, err);
    if (rc == 0 && p->n_columns) {
        word_trial(&sql, p);
        rc = try(link, &sql, p->doing, err);
    }
    if (rc == 0 && p->n_columns && p->load.mode == LEAT_SQL_REPLACE) {
        leat_put_printf(&sql, "DELETE FROM %s", p->load.target);
        rc = try(link, &sql, p->doing, err);
    }
    return rc == 0 ? try_commits(p, link, err) : rc;
}

static int note_durability(struct leat_plan *plan, struct leat_mysql_link *link, struct leat_error *err)
{
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc = leat_mysql_select(link, "SELECT @@innodb_flush_log_at_trx_commit", 0, NULL, "cannot ask the server", err);

    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        if (row[0] && strcmp(row[0], "1") != 0)
            leat_plan_note(plan, "the server has innodb_flush_log_at_trx_commit = 0 or 2: if its machine crashes, it "
                           "may forget what it has committed last");
        rc = 0;
    }
    return rc;
}

/* ---- the plan ---- */

static int look(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    int rc = commits_settle(link, err), there = rc < 0 ? rc : table_find(plan, p, link, err);

    rc = there < 0 ? there : 0;
    if (there == 0 && !p->load.create)
        rc = leat_fail(err, LEAT_EPIPELINE, "there is no table %s; `create: true' makes it", p->load.target);
    if (rc == 0) {
        declare_target(plan, p, link);
        rc = leat_sql_load_fields(plan, &p->load, there ? table_has : NULL, p, err);
    }
    if (rc < 0)
        return rc;
    choose_columns(plan, p);
    rc = table_indexes(plan, p, link, err);
    if (rc == 0 && !words(plan, p))
        rc = no_memory(err);
    if (rc == 0)
        rc = try_all(p, link, err);
    return rc == 0 ? note_durability(plan, link, err) : rc;
}

int mysql_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct mysql *p = self;
    struct leat_mysql_link link = { 0 };
    struct leat_error why = { 0 };
    int rc;

    if (!err)
        err = &why;
    if (!leat_sql_load_plan(plan, &p->load))
        return 0;
    if (!leat_plan_may_connect(plan)) {
        leat_plan_note(plan, "the server was not asked for its table; `leat check --connect' asks");
        return 0;
    }
    rc = leat_mysql_open(&p->server, NULL, true, &link, err);
    if (rc == 0)
        rc = look(plan, p, &link, err);
    rc = leat_in_plan(rc, err);
    if (rc < 0)
        leat_plan_wrong(plan, link.conn ? "table" : NULL, "%s", err->text);
    leat_mysql_close(&link);
    return rc;
}
