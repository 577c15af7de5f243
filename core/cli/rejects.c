/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * rejects: what is in a reject file, by stage, field and code. The file is read
 * as any extract reads it, by a pipeline of our own; what stays of it are the
 * groups, each with its first record, whose key and value are masked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "delivery/records.h"
#include "engine/sync.h"
#include "expr/json.h"

enum { MAX_GROUPS = 10000, SLOTS = 1 << 15 /* more than twice as many */, MAX_TEXT = 300 };

#define REST "leat:rest"
/* A reject has a record and what was said of it, so it may be larger than the record was. */
#define LIMITS "memory: 64MiB\nmax_record: 16MiB\nload: {\"null\": {}}\n"

static const char csv_pipeline[] = "leat: 1\nname: rejects\nextract: {csv: {path: ''}}\n" LIMITS;
static const char jsonl_pipeline[] = "leat: 1\nname: rejects\nextract:\n  jsonl:\n    path: ''\n    rest: " REST "\n"
    "    fields: {leat:stage: text, leat:field: text, leat:code: text, leat:reason: text, leat:key: text, "
    "leat:raw: text}\n" LIMITS;

/* A text of the file, not NUL-terminated; p NULL: null, or there is no such column. */
struct value {
    const char *p;
    size_t n;
};

struct group {
    struct value what[3]; /* stage, field, code: never NULL, may be empty */
    int64_t n, first;     /* rejects; number of the first in the file */
    const char *reason, *key, *shown; /* of the first; the latter two masked; NULL: there is none */
};

enum { STAGE, FIELD, CODE, REASON, KEY, RAW, N_COLUMNS = LEAT_N_REJECT_COLUMNS };

struct summary {
    struct leat_arena arena;
    struct group *groups;
    int n_groups, cap_groups;
    int *slots;             /* numbers of groups, from 1 */
    int last;               /* group of the reject before */
    int columns[N_COLUMNS]; /* -1: there is none */
    int rest;               /* the record's own keys as JSON; -1: they are columns */
    int64_t n_rows, n_rejects, n_beyond, n_unreadable, first_unreadable;
    char why_unreadable[MAX_TEXT];
};

/* ---- masking ---- */

enum { SHOWN = 12, MOST_STARS = 3, LEAST_SHOWN = 4, LOOKED_AT = 1024 };

static bool is_shape(char c)
{
    return c == ' ' || (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7F);
}

static size_t n_bytes(const char *p, const char *end)
{
    const char *next = p + 1;

    while (next < end && ((unsigned char)*next & 0xC0) == 0x80)
        next++;
    return (size_t)(next - p);
}

static bool has_characters(const char *p, const char *end, int n)
{
    for (; p < end && n; n--)
        p += n_bytes(p, end);
    return n == 0;
}

/* The first character and the shape: a***@***.***. Of a value that has hardly more than that only the shape. */
static const char *masked(struct leat_arena *arena, struct value v)
{
    const char *p = v.p, *end = v.p + (v.n < LOOKED_AT ? v.n : LOOKED_AT), *text;
    struct leat_text_buffer out = {0};
    int n_shown = 0, n_stars = 0;

    if (has_characters(p, end, LEAST_SHOWN) && !is_shape(*p)) {
        leat_text_add(&out, p, n_bytes(p, end));
        p += n_bytes(p, end);
        n_shown++;
    }
    for (; p < end && n_shown <= SHOWN; p += n_bytes(p, end)) {
        n_stars = is_shape(*p) ? 0 : n_stars + 1;
        if (n_stars > MOST_STARS)
            continue;
        leat_text_add(&out, n_stars ? "*" : p, 1);
        n_shown++;
    }
    if (n_shown > SHOWN) { /* the last two are one byte each */
        out.n -= 2;
        leat_text_add_string(&out, "…");
    }
    text = leat_cli_visible(arena, out.p ? out.p : "", out.n);
    leat_text_deinit(&out);
    return text;
}

/* ---- the values of a row ---- */

static struct value value_at(const struct leat_batch *b, int column, int32_t row)
{
    struct value v = {0};

    if (column >= 0 && !leat_is_null(&b->columns[column], row))
        v.p = leat_text(&b->columns[column], row, &v.n);
    return v;
}

/* Never NULL, and not too long to be kept. */
static struct value kept_part(struct value v)
{
    if (!v.p)
        return (struct value){.p = ""};
    if (v.n > MAX_TEXT)
        v.n = MAX_TEXT;
    return v;
}

static struct value in_rest(struct summary *s, struct value rest, struct value name)
{
    struct leat_json_step step = {.key = name.p, .n_key = name.n};
    struct leat_json found;
    struct value v = {0};
    char *text;

    if (!rest.p || leat_json_find(rest.p, rest.n, &step, 1, &found) != 1)
        return v;
    v = (struct value){.p = found.p, .n = (size_t)(found.end - found.p)};
    if (v.n && *v.p == '"') {
        text = leat_arena_alloc(&s->arena, v.n);
        v.n = leat_json_unquote(found, (uint8_t *)text);
        v.p = text;
    } else if (v.n == 4 && memcmp(v.p, "null", 4) == 0) {
        v.p = NULL;
    }
    return v;
}

/* What the source has in the field at fault, or else what was no record. */
static struct value value_at_fault(struct summary *s, const struct leat_batch *b, int32_t row, struct value field)
{
    struct value v = {0};

    if (s->rest >= 0 && field.n)
        v = in_rest(s, value_at(b, s->rest, row), field);
    for (int i = 0; s->rest < 0 && i < b->schema->n_fields; i++)
        if (strlen(b->schema->fields[i].name) == field.n && leat_is_rejected_field(&b->schema->fields[i]) &&
            memcmp(b->schema->fields[i].name, field.p, field.n) == 0)
            v = value_at(b, i, row);
    return v.p ? v : value_at(b, s->columns[RAW], row);
}

/* ---- groups ---- */

static bool is_same(const struct group *g, const struct value *what)
{
    for (int i = 0; i < 3; i++)
        if (g->what[i].n != what[i].n || memcmp(g->what[i].p, what[i].p, what[i].n) != 0)
            return false;
    return true;
}

static int *slot_of(const struct summary *s, const struct value *what)
{
    uint64_t h = 0;
    int at;

    for (int i = 0; i < 3; i++)
        h = leat_hash_bytes(what[i].p, what[i].n, h).low;
    for (at = (int)(h % SLOTS); s->slots[at] && !is_same(&s->groups[s->slots[at] - 1], what); at = (at + 1) % SLOTS)
        ;
    return &s->slots[at];
}

static struct value copied(struct summary *s, struct value v)
{
    return (struct value){.p = leat_arena_strndup(&s->arena, v.p, v.n), .n = v.n};
}

/* A group with its first record. */
static void begin_group(struct summary *s, const struct leat_batch *b, int32_t row, const struct value *what)
{
    struct value key = value_at(b, s->columns[KEY], row), reason = kept_part(value_at(b, s->columns[REASON], row));
    struct value shown = value_at_fault(s, b, row, what[FIELD]);
    struct group *g;

    s->groups = leat_grow(s->groups, s->n_groups, &s->cap_groups, sizeof *s->groups);
    g = &s->groups[s->n_groups++];
    *g = (struct group){.first = s->n_rows + row + 1, .reason = leat_cli_visible(&s->arena, reason.p, reason.n),
                        .key = key.p ? masked(&s->arena, key) : NULL,
                        .shown = shown.p ? masked(&s->arena, shown) : NULL};
    for (int i = 0; i < 3; i++)
        g->what[i] = copied(s, what[i]);
}

static void add_row(struct summary *s, const struct leat_batch *b, int32_t row)
{
    struct value what[3];
    int *slot;

    for (int i = 0; i < 3; i++)
        what[i] = kept_part(value_at(b, s->columns[i], row));
    s->n_rejects++;
    if (!s->n_groups || !is_same(&s->groups[s->last], what)) {
        slot = slot_of(s, what);
        if (!*slot && s->n_groups == MAX_GROUPS) {
            s->n_beyond++;
            return;
        }
        if (!*slot) {
            begin_group(s, b, row, what);
            *slot = s->n_groups;
        }
        s->last = *slot - 1;
    }
    s->groups[s->last].n++;
}

static void add_batch(struct summary *s, const struct leat_batch *b)
{
    const struct leat_account *a = &b->host->account;

    LEAT_EACH_ROW(b, row)
        add_row(s, b, row);
    if (a->n_rejects && !s->n_unreadable) {
        s->first_unreadable = s->n_rows + a->rejects[0].row + 1;
        (void)snprintf(s->why_unreadable, sizeof s->why_unreadable, "%s%s%s",
                       a->rejects[0].field ? a->rejects[0].field : "", a->rejects[0].field ? " " : "",
                       a->text.p + a->rejects[0].reason);
    }
    s->n_unreadable += a->n_rejects;
    s->n_rows += b->n_rows;
}

static int by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* ---- reading ---- */

static int read_all(struct summary *s, struct leat_run *run, struct leat_error *err)
{
    struct leat_batch *b;
    bool more = true;
    int rc = leat_sync_open(run, true, err);

    while (rc == 0 && more) {
        rc = leat_sync_read(run, &b, &more, err);
        if (rc < 0)
            break;
        add_batch(s, b);
        leat_batch_release(b);
    }
    leat_sync_close(run);
    return rc;
}

static int no_reject_file(const char *path, struct leat_error *err)
{
    return leat_fail(err, LEAT_EDATA, "%s is no reject file: it has no leat:stage and leat:code, which rejects: puts "
                     "behind the fields of a record", path);
}

static int find_columns(struct summary *s, const struct leat_schema *schema, const char *path, struct leat_error *err)
{
    for (int c = 0; c < N_COLUMNS; c++)
        s->columns[c] = leat_schema_find(schema, leat_reject_columns[c]);
    s->rest = leat_schema_find(schema, REST);
    if (s->rest >= 0 && schema->fields[s->rest].type != LEAT_JSON)
        s->rest = -1;
    return s->columns[STAGE] >= 0 && s->columns[CODE] >= 0 ? 0 : no_reject_file(path, err);
}

/* In JSON lines the keys that a line lacks are seen only here. */
static int check_groups(const struct summary *s, const char *path, struct leat_error *err)
{
    bool strange = s->n_groups == 1 && !s->groups[0].what[STAGE].n && !s->groups[0].what[CODE].n;

    return strange || (!s->n_rejects && s->n_unreadable) ? no_reject_file(path, err) : 0;
}

static int summarise(struct summary *s, const struct leat_pipeline_plan *plan, const char *path,
                     struct leat_error *err)
{
    struct leat_run_options options = {.rows_wanted = -1};
    struct leat_run run;
    int rc = find_columns(s, &leat_plan_extract(plan)->out, path, err);

    if (rc < 0)
        return rc;
    s->slots = leat_alloc_array(SLOTS, sizeof *s->slots);
    rc = leat_run_init(&run, plan, &options, err);
    if (rc == 0)
        rc = read_all(s, &run, err);
    leat_run_deinit(&run);
    if (s->n_groups)
        qsort(s->groups, (size_t)s->n_groups, sizeof *s->groups, by_count);
    return rc < 0 ? rc : check_groups(s, path, err);
}

/* ---- showing ---- */

static const char *example_of(struct leat_arena *arena, const struct group *g)
{
    return leat_arena_printf(arena, "record %" PRId64 "%s%s%s%s", g->first, g->key ? ", key " : "",
                             g->key ? g->key : "", g->shown ? ": " : "", g->shown ? g->shown : "");
}

static void add_group(struct leat_table *t, const struct group *g, int width)
{
    const char *count = leat_arena_printf(&t->arena, "%*" PRId64, width, g->n);
    const char *example = example_of(&t->arena, g);

    leat_table_add(t, count, strlen(count));
    for (int i = 0; i < 3; i++)
        leat_table_add(t, g->what[i].n ? g->what[i].p : "-", g->what[i].n ? g->what[i].n : 1);
    leat_table_add(t, g->reason, strlen(g->reason));
    leat_table_add(t, example, strlen(example));
}

static void print(const struct summary *s, const char *path)
{
    static const char *const names[] = {"count", "stage", "field", "code", "reason", "example"};
    struct leat_table t = {.names = names, .n_columns = 6};
    int width = s->n_groups ? snprintf(NULL, 0, "%" PRId64, s->groups[0].n) : 0;

    for (int i = 0; i < s->n_groups; i++)
        add_group(&t, &s->groups[i], width < 5 ? 5 : width);
    if (s->n_groups) /* a file or a pipe gets all of it */
        leat_table_print(&t, stdout, isatty(STDOUT_FILENO) ? leat_terminal_width(STDOUT_FILENO) : 1 << 12);
    leat_table_deinit(&t);
    fflush(stdout);
    leat_cli_put(stderr, path);
    fprintf(stderr, ": %" PRId64 " reject%s", s->n_rejects, s->n_rejects == 1 ? "" : "s");
    if (s->n_beyond)
        fprintf(stderr, ", %" PRId64 " of them of more kinds than are shown", s->n_beyond);
    fputs("\n", stderr);
}

static void add_text(struct leat_text_buffer *b, const char *name, const char *text)
{
    leat_text_printf(b, ",\"%s\":", name);
    leat_text_add_json_string(b, text);
}

static void print_json(const struct summary *s, const char *path)
{
    struct leat_text_buffer b = {0};

    leat_text_add_string(&b, "{\"file\":");
    leat_text_add_json_string(&b, path);
    leat_text_printf(&b, ",\"rejects\":%" PRId64 ",\"unreadable\":%" PRId64 ",\"not_shown\":%" PRId64 ",\"groups\":[",
                     s->n_rejects, s->n_unreadable, s->n_beyond);
    for (int i = 0; i < s->n_groups; i++) {
        const struct group *g = &s->groups[i];

        leat_text_printf(&b, "%s\n{\"count\":%" PRId64, i ? "," : "", g->n);
        add_text(&b, "stage", g->what[STAGE].n ? g->what[STAGE].p : NULL);
        add_text(&b, "field", g->what[FIELD].n ? g->what[FIELD].p : NULL);
        add_text(&b, "code", g->what[CODE].n ? g->what[CODE].p : NULL);
        add_text(&b, "reason", g->reason);
        leat_text_printf(&b, ",\"record\":%" PRId64, g->first);
        add_text(&b, "key", g->key);
        add_text(&b, "value", g->shown);
        leat_text_add_string(&b, "}");
    }
    leat_text_add_string(&b, "]}\n");
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}

static void say_unreadable(const struct summary *s, const char *path)
{
    if (s->n_unreadable)
        leat_cli_say("%s: %" PRId64 " line%s cannot be read and %s not counted; the first is record %" PRId64 ": %s", path,
                     s->n_unreadable, s->n_unreadable == 1 ? "" : "s", s->n_unreadable == 1 ? "is" : "are",
                     s->first_unreadable, s->why_unreadable);
}

/* ---- the command ---- */

/* path=... as --set takes it, with nothing in it that is a variable. */
static const char *set_path(struct leat_arena *arena, const char *plugin, const char *path)
{
    struct leat_text_buffer b = {0};
    const char *kept;

    leat_text_printf(&b, "extract.%s.path=", plugin);
    for (; *path; path++)
        leat_text_add(&b, path[0] == '$' && path[1] == '{' ? "$$" : path, path[0] == '$' && path[1] == '{' ? 2 : 1);
    kept = leat_arena_strdup(arena, b.p);
    leat_text_deinit(&b);
    return kept;
}

/* The same for the delimiter that the file was written with. */
static const char *set_delimiter(struct leat_arena *arena, char delimiter)
{
    if (delimiter == '\t')
        return "extract.csv.delimiter=\\t";
    return leat_arena_printf(arena, "extract.csv.delimiter=%c", delimiter ? delimiter : ',');
}

/* What is wrong with the pipeline is wrong with the file. */
static int explain(const struct leat_session *session, const char *path, int rc, struct leat_error *err)
{
    return rc < 0 && session->diagnostics.n
               ? leat_fail(err, LEAT_EDATA, "cannot read '%s' as a reject file: %s", path,
                           session->diagnostics.items[0].text)
               : rc;
}

static int read_file(struct summary *s, struct leat_session *session, const struct leat_cli *cli,
                     struct leat_error *err)
{
    struct leat_plan_options options = {.may_connect = true};
    const char *plugin, *sets[2];
    struct leat_overrides overrides = {.sets = sets};
    int rc = leat_cli_reject_plugin(cli->file, &plugin, err);

    if (rc < 0)
        return rc;
    sets[overrides.n_sets++] = set_path(&s->arena, plugin, cli->file);
    if (*plugin == 'c')
        sets[overrides.n_sets++] = set_delimiter(&s->arena, leat_cli_reject_delimiter(cli->file));
    rc = leat_registry_init(&session->registry, &leat_host_table, cli->plugin_dirs, cli->n_plugin_dirs, err);
    if (rc == 0)
        rc = leat_pipeline_read_text(&session->pipeline, cli->file, *plugin == 'c' ? csv_pipeline : jsonl_pipeline,
                                     &overrides, &session->diagnostics, err);
    if (rc == 0)
        rc = leat_plan_make(&session->plan, &session->pipeline, &session->registry, &options, &session->diagnostics,
                            err);
    return rc < 0 ? explain(session, cli->file, rc, err) : summarise(s, &session->plan, cli->file, err);
}

int leat_cli_rejects(const struct leat_cli *cli)
{
    struct leat_session session = {.lock = {.fd = -1}, .state = {.seq_fd = -1}};
    struct leat_error err = {0};
    struct summary s = {0};
    int rc;

    if (cli->n_operands != 1) {
        leat_cli_say("rejects: name one reject file, such as rejects.csv");
        return EX_USAGE;
    }
    rc = read_file(&s, &session, cli, &err);
    if (rc == 0)
        (cli->json ? print_json : print)(&s, cli->file);
    if (rc == 0)
        say_unreadable(&s, cli->file);
    else
        leat_cli_say("%s", err.text);
    leat_session_close(&session);
    free(s.groups);
    free(s.slots);
    leat_arena_deinit(&s.arena);
    return rc < 0 && rc > LEAT_EPIPELINE ? EX_NOINPUT : leat_exit_status(rc, true);
}
