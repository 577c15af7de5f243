/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A host for the one plugin that is linked into a test: options from YAML
 * through the real binding, real batches, and everything the plugin says or
 * does as text, to be compared with what a reader would expect:
 *
 *     1|Ada|<null>                                a row
 *     ! conversion_failed age: REASON [raw]       a reject
 *     @ 120 3                                     the position of a batch
 */
#ifndef LEAT_TESTS_PLUGIN_HOST_H
#define LEAT_TESTS_PLUGIN_HOST_H

#include <inttypes.h>
#include <stdlib.h>

#include <leat/plugin.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "batch/batch.h"
#include "file.h"
#include "plugin/options.h"

enum { HOST_FIELDS = 128 };

/* ---- plan ---- */

struct leat_plan {
    const struct leat_plugin *plugin;
    void *self;
    struct test_file file;
    const struct leat_schema *in;
    struct leat_schema out;
    struct leat_field fields[HOST_FIELDS];
    struct leat_text_buffer said; /* wrong, notes, key, ... one a line */
    bool offline;
    int rc;
};

static const struct leat_schema *host_input(struct leat_plan *p)
{
    return p->in;
}

static int host_add_field(struct leat_plan *p, const struct leat_field *field)
{
    int n = p->out.n_fields;

    if (leat_schema_find(&p->out, field->name) >= 0)
        return -EEXIST;
    assert_true(n < HOST_FIELDS);
    p->fields[n] = *field;
    p->fields[n].name = leat_arena_strdup(&p->file.arena, field->name);
    p->out = (struct leat_schema){.n_fields = n + 1, .fields = p->fields};
    return n;
}

static void *host_alloc(struct leat_plan *p, size_t n)
{
    return leat_arena_alloc(&p->file.arena, n);
}

static void host_wrong(struct leat_plan *p, const struct leat_node *node, const char *option, const char *text)
{
    leat_text_printf(&p->said, "wrong %s: %s\n", option ? option : node && node->name ? node->name : "-", text);
}

static const struct leat_node *host_node(struct leat_plan *p, const char *option)
{
    return leat_node_get(p->file.root, option);
}

static int host_field(struct leat_plan *p, const struct leat_node *node, bool by_key)
{
    const char *name = by_key ? node->name : node->text;

    for (int i = 0; i < p->in->n_fields; i++)
        if (strcmp(p->in->fields[i].name, name) == 0)
            return i;
    leat_text_printf(&p->said, "wrong -: no field %s\n", name);
    return -1;
}

static int host_bind_into(struct leat_plan *p, const struct leat_node *node, const struct leat_option *options,
                          void *ret)
{
    struct leat_binding binding = {.arena = &p->file.arena, .diagnostics = &p->file.diagnostics, .place = node,
                                   .owner = "it"};

    return leat_options_bind(&binding, node, options, ret) ? 0 : LEAT_EPIPELINE;
}

static bool host_connects(struct leat_plan *p)
{
    return !p->offline;
}

static void host_target(struct leat_plan *p, const char *identity)
{
    leat_text_printf(&p->said, "target %s\n", identity);
}

static void host_estimate(struct leat_plan *p, enum leat_estimate what, int64_t n)
{
    leat_text_printf(&p->said, "%s %" PRId64 "\n", what == LEAT_ESTIMATE_ROWS ? "rows" : "bytes", n);
}

static void host_key(struct leat_plan *p, int field)
{
    leat_text_printf(&p->said, "key %s\n", p->fields[field].name);
}

static void host_nothing(struct leat_plan *p, int field)
{
    (void)p, (void)field;
}

static void host_leaves_out(struct leat_plan *p, int field, const char *why)
{
    leat_text_printf(&p->said, "leaves out %s: %s\n", p->in->fields[field].name, why);
}

static void host_accepts(struct leat_plan *p, int field)
{
    leat_text_printf(&p->said, "accepts %s\n", p->in->fields[field].name);
}

static void host_note(struct leat_plan *p, const char *text)
{
    leat_text_printf(&p->said, "note %s\n", text);
}

static void host_file(struct leat_plan *p, const char *path, bool written)
{
    leat_text_printf(&p->said, "%s %s\n", written ? "writes" : "reads", path);
}

static void host_incremental(struct leat_plan *p)
{
    leat_text_printf(&p->said, "incremental\n");
}

static bool host_is_told_incremental; /* a load, of the extract */

static bool host_is_incremental(struct leat_plan *p)
{
    (void)p;
    return host_is_told_incremental;
}

static void host_ordered(struct leat_plan *p, const char *instead)
{
    (void)instead;
    leat_text_printf(&p->said, "ordered\n");
}

static void host_gathers(struct leat_plan *p)
{
    leat_text_printf(&p->said, "gathers\n");
}

static void host_partitions(struct leat_plan *p, int n)
{
    leat_text_printf(&p->said, "partitions %d\n", n);
}

static void host_unasked(struct leat_plan *p)
{
    leat_text_printf(&p->said, "unasked\n");
}

static const struct leat_plan_services host_plan = {
    .input = host_input, .add_field = host_add_field, .alloc = host_alloc, .wrong = host_wrong, .node = host_node,
    .field = host_field, .bind = host_bind_into, .may_connect = host_connects, .target = host_target,
    .estimate = host_estimate, .key = host_key, .searchable = host_nothing, .leaves_out = host_leaves_out,
    .accepts_secret = host_accepts, .note = host_note, .file = host_file, .incremental = host_incremental,
    .is_incremental = host_is_incremental, .unasked = host_unasked,
    .ordered = host_ordered, .gathers = host_gathers, .partitions = host_partitions,
};

/* ---- stage ---- */

struct leat_stage {
    struct leat_plan *plan;
    void *worker;
    const char *position, *mark, *watermark;
    const struct leat_token *token;
    int64_t rows_wanted;
    bool cancelled, stopping;
    struct leat_text_buffer *memory; /* NULL: what is remembered is gone */
    size_t n_recall, recalled;       /* bytes of it that are an earlier run's; of them given back */
    size_t recall_at_once;           /* 0: as many as are asked for */
    char kept[1024];                 /* paths, one a line, since it was emptied last */
    const char *needed;              /* such paths that the checkpoint needs, beside the one that the mark names */
    struct {
        const char *what;
        int64_t n;
    } counts[8];
    struct leat_text_buffer logged;
};

static void *host_worker(const struct leat_stage *s)
{
    return s->worker;
}

static const struct leat_schema *host_stage_input(const struct leat_stage *s)
{
    return s->plan->in;
}

static const struct leat_schema *host_stage_output(const struct leat_stage *s)
{
    return &s->plan->out;
}

static bool host_cancelled(const struct leat_stage *s)
{
    return s->cancelled;
}

static bool host_stopping(const struct leat_stage *s)
{
    return s->stopping;
}

static void host_count(struct leat_stage *s, const char *what, int64_t n)
{
    int i = 0;

    while (s->counts[i].what && strcmp(s->counts[i].what, what) != 0)
        i++;
    s->counts[i].what = what;
    s->counts[i].n += n;
}

static void host_log(struct leat_stage *s, enum leat_log_level level, const char *text)
{
    leat_text_printf(&s->logged, "%s: %s\n", level == LEAT_LOG_WARNING ? "warning" : "log", text);
}

static void host_publish(struct leat_stage *s, const char *written, const char *final)
{
    (void)s;
    assert_int_equal(rename(written, final), 0);
}

static const char *host_position(const struct leat_stage *s, int partition)
{
    return partition == 0 ? s->position : NULL;
}

static const char *host_mark(const struct leat_stage *s)
{
    return s->mark;
}

static const char *host_watermark(const struct leat_stage *s, int partition)
{
    return partition == 0 ? s->watermark : NULL;
}

static int host_remember(struct leat_stage *s, const void *bytes, size_t n, struct leat_error *err)
{
    (void)err;
    if (s->memory)
        leat_text_add(s->memory, bytes, n);
    return 0;
}

static int64_t host_recall(struct leat_stage *s, void *into, size_t n, struct leat_error *err)
{
    size_t left = s->n_recall - s->recalled;

    (void)err;
    n = s->recall_at_once && n > s->recall_at_once ? s->recall_at_once : n;
    n = n < left ? n : left;
    if (n)
        memcpy(into, s->memory->p + s->recalled, n);
    s->recalled += n;
    return (int64_t)n;
}

static void host_keeps(struct leat_stage *s, const char *path)
{
    size_t n = strlen(s->kept);

    assert_true(snprintf(s->kept + n, sizeof s->kept - n, "%s\n", path) < (int)(sizeof s->kept - n));
}

static bool host_is_kept(const struct leat_stage *s, const char *path)
{
    const char *found = s->needed ? strstr(s->needed, path) : NULL;

    return (found && found[strlen(path)] == '\n') || (s->mark && strstr(s->mark, strrchr(path, '/') + 1));
}

static const struct leat_token *host_token(const struct leat_stage *s)
{
    return s->token;
}

static int64_t host_rows_wanted(const struct leat_stage *s)
{
    return s->rows_wanted;
}

static const struct leat_stage_services host_stage = {
    .worker = host_worker, .input = host_stage_input, .output = host_stage_output, .cancelled = host_cancelled,
    .log = host_log, .count = host_count, .publish = host_publish, .position = host_position, .mark = host_mark,
    .rows_wanted = host_rows_wanted, .watermark = host_watermark, .remember = host_remember, .recall = host_recall,
    .keeps = host_keeps, .is_kept = host_is_kept, .token = host_token,
    .stopping = host_stopping,
};

static const struct leat_batch_services host_batch = {
    .grow = leat_batch_grow, .put_null = leat_batch_null, .end_row = leat_batch_row_done,
    .reject_record = leat_batch_record_rejected, .reject = leat_batch_row_rejected,
    .drop = leat_batch_row_dropped, .answer = leat_batch_row_answered, .answer_rest = leat_batch_rest_answered,
    .end_row_from = leat_batch_row_done_from, .set_position = leat_batch_position,
};

/* ---- a plan ---- */

static void (*host_before_plan)(void *self); /* gives an option what only a pipeline can, such as variables */

/* Plans the plugin with its options as YAML in flow style; `in`: a load's input. */
__attribute__((unused)) static struct leat_plan *host_begin(const char *options, const struct leat_schema *in,
                                                            bool offline)
{
    static const struct leat_host host = {.abi = LEAT_ABI, .size = sizeof host, .batch = &host_batch,
                                          .plan = &host_plan, .stage = &host_stage};
    extern const struct leat_plugin *leat_plugin_v1(const struct leat_host *) __attribute__((weak)); /* none in a test of a kit */
    struct leat_plan *p = calloc(1, sizeof *p);
    struct leat_error err = {0};
    const char *broken;

    p->plugin = leat_plugin_v1(&host);
    p->in = in;
    p->offline = offline;
    assert_false(leat_options_broken(p->plugin->options, p->plugin->state_size, &broken));
    file_parse(&p->file, options);
    if (!p->file.root)
        fail_msg("%s", file_said(&p->file));
    p->self = calloc(1, p->plugin->state_size + 1);
    if (host_bind_into(p, p->file.root, p->plugin->options, p->self) < 0)
        fail_msg("%s", file_said(&p->file));
    for (const struct leat_field *f = p->plugin->fields; f && f->name; f++)
        assert_true(host_add_field(p, f) >= 0);
    if (host_before_plan)
        host_before_plan(p->self);
    p->rc = p->plugin->plan ? p->plugin->plan(p, p->self, &err) : 0;
    leat_text_add_string(&p->said, file_said(&p->file));
    return p;
}

__attribute__((unused)) static const char *host_said(const struct leat_plan *p)
{
    return p->said.p ? p->said.p : "";
}

__attribute__((unused)) static void host_end(struct leat_plan *p)
{
    file_close(&p->file);
    leat_text_deinit(&p->said);
    free(p->self);
    free(p);
}

/* "id int64, name text secret" */
__attribute__((unused)) static const char *host_schema(const struct leat_plan *p)
{
    static const char *const types[] = {"?",    "bool",      "int64", "float64", "decimal",
                                        "date", "timestamp", "text",  "bytes",   "json"};
    static char text[2048];
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < p->out.n_fields; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s%s%s", i ? ", " : "", p->fields[i].name,
                              types[p->fields[i].type], p->fields[i].local ? " local" : "",
                              p->fields[i].data_class == LEAT_SECRET ? " secret" : "");
    return text;
}

/* ---- rows as text ---- */

static void say_value(const struct leat_field *field, const struct leat_column *c, int32_t row,
                      struct leat_text_buffer *out)
{
    char room[40];
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        leat_text_add_string(out, "<null>");
    } else if (c->offsets) {
        text = leat_text(c, row, &n);
        leat_text_add(out, text, n);
    } else if (c->type == LEAT_BOOL) {
        leat_text_add_string(out, leat_bool(c, row) ? "true" : "false");
    } else if (c->type == LEAT_FLOAT64) {
        leat_text_printf(out, "%g", c->float64[row]);
    } else if (c->type == LEAT_DATE) {
        leat_text_add(out, room, leat_format_date(room, c->date[row]));
    } else if (c->type == LEAT_TIMESTAMP) {
        leat_text_add(out, room, leat_format_timestamp(room, c->int64[row], !field->local));
    } else {
        leat_text_printf(out, "%" PRId64, c->int64[row]);
    }
}

__attribute__((unused)) static void say_row(const struct leat_batch *b, int32_t row, struct leat_text_buffer *out)
{
    for (int i = 0; i < b->schema->n_fields; i++) {
        leat_text_add_string(out, i ? "|" : "");
        say_value(&b->schema->fields[i], &b->columns[i], row, out);
    }
    leat_text_add_string(out, "\n");
}

__attribute__((unused)) static void say_rejects(const struct leat_batch *b, struct leat_text_buffer *out)
{
    const struct leat_account *a = &b->host->account;

    for (int i = 0; i < a->n_rejects; i++) {
        const struct leat_reject *r = &a->rejects[i];

        leat_text_printf(out, "! %s %s: %s", r->code, r->field ? r->field : "-", a->text.p + r->reason);
        if (r->has_raw) {
            leat_text_add_string(out, " [");
            leat_text_add(out, a->text.p + r->raw, r->n_raw);
            leat_text_add_string(out, "]");
        }
        leat_text_add_string(out, "\n");
    }
}

/* ---- an extract ---- */

struct reading {
    int32_t cap_rows;     /* of a batch; 0: 16 */
    int64_t max_record;   /* 0: 1 MiB */
    int max_batches;      /* 0: all */
    const char *position, *watermark;
    bool positions;       /* say those of the batches */
};

static void say_batch(const struct leat_batch *b, const struct reading *how, struct leat_text_buffer *out)
{
    LEAT_EACH_ROW(b, row)
        say_row(b, row, out);
    say_rejects(b, out);
    if (how->positions && b->host->has_position)
        leat_text_printf(out, "@ %s\n", b->host->position.p);
}

/* Opens, reads, closes; what came is the caller's to free, errors stand behind it. */
__attribute__((unused)) static char *host_read(struct leat_plan *p, struct reading how)
{
    struct leat_stage stage = {.plan = p, .position = how.position, .watermark = how.watermark, .rows_wanted = -1};
    struct leat_text_buffer out = {0};
    struct leat_error err = {0};
    enum leat_flow flow = LEAT_MORE;
    struct leat_pool pool;
    int n = 0;

    leat_pool_init(&pool, &p->out, NULL, how.cap_rows ? how.cap_rows : 16, 1 << 20,
                   how.max_record ? how.max_record : 1 << 20);
    leat_text_add_string(&out, "");
    if (p->plugin->open && p->plugin->open(&stage, p->self, &err) < 0)
        flow = LEAT_FAILED;
    while (flow == LEAT_MORE && (!how.max_batches || n++ < how.max_batches)) {
        struct leat_batch *b = leat_pool_get(&pool);

        b->host->stage = "test";
        flow = p->plugin->read(&stage, p->self, b, &err);
        if (flow != LEAT_FAILED && leat_batch_finish(b, &err) < 0)
            flow = LEAT_FAILED;
        if (flow != LEAT_FAILED)
            say_batch(b, &how, &out);
        leat_batch_release(b);
    }
    if (flow == LEAT_FAILED)
        leat_text_printf(&out, "failed %d: %s\n", err.code, err.text);
    if (p->plugin->close)
        p->plugin->close(&stage, p->self);
    for (int i = 0; stage.counts[i].what; i++)
        leat_text_printf(&out, "%s %" PRId64 "\n", stage.counts[i].what, stage.counts[i].n);
    leat_text_add(&out, stage.logged.p ? stage.logged.p : "", stage.logged.n);
    leat_text_deinit(&stage.logged);
    leat_pool_deinit(&pool);
    return out.p;
}

/* ---- a load ---- */

struct loading {
    struct leat_plan *plan;
    struct leat_stage stage;
    struct leat_pool pool;
    struct leat_error err;
};

/* Plans and opens; fails the test where either does. */
__attribute__((unused)) static void load_begin(struct loading *l, const char *options, const struct leat_schema *in)
{
    *l = (struct loading){.plan = host_begin(options, in, false)};
    l->stage = (struct leat_stage){.plan = l->plan};
    leat_pool_init(&l->pool, in, NULL, 1000, 1 << 30, 1 << 30);
    if (l->plan->rc < 0 || strstr(host_said(l->plan), "wrong "))
        fail_msg("%s", host_said(l->plan));
    if (l->plan->plugin->open(&l->stage, l->plan->self, &l->err) < 0)
        fail_msg("%s", l->err.text);
}

__attribute__((unused)) static struct leat_batch *load_batch(struct loading *l)
{
    struct leat_batch *b = leat_pool_get(&l->pool);

    b->host->stage = "test";
    return b;
}

/* Delivers a batch that was put and releases it. What became of its rows: "loaded 2, rejected 1" and the rejects,
 * the caller's to free. */
__attribute__((unused)) static char *load_deliver(struct loading *l, struct leat_batch *b)
{
    static const char *const verdicts[LEAT_N_VERDICTS] = {"open",     "loaded",   "there",   "filtered",
                                                          "duplicate", "rejected", "conflict", "unknown"};
    struct leat_text_buffer out = {0};

    assert_int_equal(leat_batch_finish(b, &l->err), 0);
    if (l->plan->plugin->deliver(&l->stage, l->plan->self, b, &l->err) < 0)
        leat_text_printf(&out, "failed %d: %s\n", l->err.code, l->err.text);
    leat_batch_settle(b);
    for (int i = 0; i < LEAT_N_VERDICTS; i++)
        if (b->host->account.counts[i])
            leat_text_printf(&out, "%s %" PRId64 "\n", verdicts[i], b->host->account.counts[i]);
    say_rejects(b, &out);
    leat_batch_release(b);
    return out.p;
}

__attribute__((unused)) static void load_end(struct loading *l, bool commit)
{
    struct leat_mark mark = {{0}};

    if (commit && l->plan->plugin->commit(&l->stage, l->plan->self, true, &mark, &l->err) < 0)
        fail_msg("%s", l->err.text);
    l->plan->plugin->close(&l->stage, l->plan->self);
    leat_pool_deinit(&l->pool);
    host_end(l->plan);
}

/* Plans and reads in one go. */
__attribute__((unused)) static void assert_reads(const char *options, struct reading how, const char *wanted)
{
    struct leat_plan *p = host_begin(options, NULL, false);
    char *got;

    if (p->rc < 0 || strstr(host_said(p), "wrong "))
        fail_msg("%s", host_said(p));
    got = host_read(p, how);
    assert_string_equal(got, wanted);
    free(got);
    host_end(p);
}

/* The plan notes this mistake. */
__attribute__((unused)) static void assert_wrong(const char *options, const struct leat_schema *in, const char *wanted)
{
    struct leat_plan *p = host_begin(options, in, false);

    if (!strstr(host_said(p), wanted))
        fail_msg("wanted: %s\nsaid: %s", wanted, host_said(p));
    host_end(p);
}

#endif
