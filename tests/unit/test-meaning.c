/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a pipeline means: what may change between a run that was stopped and the one that goes on
 * with it, and what may not; and how the difference is told, without a secret in it.
 */
#include "unit.h"

#include "engine/run.h"
#include "pipeline.h"

/* Plugins that take what these pipelines give them. */
static const struct leat_option read_options[] = {
    {.name = "path", .type = LEAT_OPTION_TEXT, .main = true},
    {.name = "columns", .type = LEAT_OPTION_MAP},
    {.name = "cursor", .type = LEAT_OPTION_LIST},
    {.name = "page", .type = LEAT_OPTION_INTEGER, .tuning = true},
    {.name = "password", .type = LEAT_OPTION_SECRET},
    LEAT_END_OF_OPTIONS,
};
static const struct leat_option filter_options[] = {
    {.name = "where", .type = LEAT_OPTION_EXPRESSION, .main = true},
    LEAT_END_OF_OPTIONS,
};
static const struct leat_option key_options[] = {
    {.name = "key", .type = LEAT_OPTION_SECRET, .main = true},
    LEAT_END_OF_OPTIONS,
};

static const struct leat_option *options_of(const char *name)
{
    return strcmp(name, "filter") == 0 ? filter_options : strcmp(name, "vault") == 0 ? key_options : read_options;
}

enum { MAX_STAGES = 8 };

struct planned {
    struct test_pipeline file;
    struct leat_pipeline_plan plan;
    struct leat_plan stages[MAX_STAGES], rejects, results;
    struct leat_plugin plugins[MAX_STAGES + 2];
    struct leat_field fields[2]; /* of the extract */
    int n_plugins;
};

static void plan_stage(struct planned *p, struct leat_plan *stage, const struct leat_stage_model *model)
{
    struct leat_plugin *plugin = &p->plugins[p->n_plugins++];

    leat_interpolate((struct leat_node *)model->options, &p->file.pipeline.variables, &p->file.pipeline.arena,
                     &p->file.diagnostics);
    *plugin = (struct leat_plugin){.name = model->plugin, .options = options_of(model->plugin)};
    *stage = (struct leat_plan){.model = model, .plugin = plugin};
}

static void plan_all(struct planned *p, const char *text)
{
    const struct leat_pipeline *file = &p->file.pipeline;
    int n = 0;

    memset(p, 0, sizeof *p);
    pipeline_read(&p->file, text);
    assert_string_equal(pipeline_said(&p->file), "");
    plan_stage(p, &p->stages[n++], &file->extract);
    for (int i = 0; i < file->n_chain; i++)
        plan_stage(p, &p->stages[n++], &file->chain[i]);
    plan_stage(p, &p->stages[n++], &file->load);
    p->plan = (struct leat_pipeline_plan){.pipeline = &p->file.pipeline, .stages = p->stages, .n_stages = n};
    p->stages[0].out = (struct leat_schema){.fields = p->fields, .n_fields = 2};
    p->fields[0] = (struct leat_field){.name = "id", .type = LEAT_INT64};
    p->fields[1] = (struct leat_field){.name = "n", .type = LEAT_TEXT};
    if (file->rejects.plugin) {
        plan_stage(p, &p->rejects, &file->rejects);
        p->plan.rejects = &p->rejects;
    }
    if (file->results.plugin) {
        plan_stage(p, &p->results, &file->results);
        p->plan.results = &p->results;
    }
}

/* What this pipeline means; the caller's to free. */
static char *meaning_with(const char *text, unsigned char key)
{
    struct leat_text_buffer out = {0};
    struct leat_state state = {.seq_fd = -1};
    struct planned p;

    memset(state.key, key, sizeof state.key);
    plan_all(&p, text);
    leat_meaning(&p.plan, &state, &out);
    pipeline_close(&p.file);
    return out.p;
}

static char *meaning_of(const char *text)
{
    return meaning_with(text, 7);
}

#define BEGIN "leat: 1\nname: p\n"

static void test_the_whole(void **state)
{
    char *meaning = meaning_of(BEGIN "extract: {csv: {path: in.csv, columns: {id: int64, n: text}, cursor: [a, id]}}\n"
                                     "transform: [{filter: id > 1}]\n"
                                     "validate: [{filter: \"n = 'a\\tb'\"}]\n"
                                     "load: {jsonl: out.jsonl}\n"
                                     "rejects: {csv: r.csv}\n"
                                     "results: {csv: {path: s.csv}}\n");

    (void)state;
    assert_string_equal(meaning, "extract\tcsv\n"
                                 "extract.csv.path\tin.csv\n"
                                 "extract.csv.columns.id\tint64\n"
                                 "extract.csv.columns.n\ttext\n"
                                 "extract.csv.cursor[1]\ta\n"
                                 "extract.csv.cursor[2]\tid\n"
                                 "fields of the extract\tid int64, n text\n"
                                 "stage 1\tfilter\n"
                                 "stage 1.filter\tid > 1\n"
                                 "stage 1.id\tfilter\n"
                                 "stage 2\tfilter\n"
                                 "stage 2.filter\tn = 'a b'\n"
                                 "stage 2.id\tvalidate-filter\n"
                                 "load\tjsonl\n"
                                 "load.jsonl\tout.jsonl\n"
                                 "rejects\tcsv\n"
                                 "rejects.csv\tr.csv\n"
                                 "results\tcsv\n"
                                 "results.csv.path\ts.csv\n"
                                 "max_record\t1048576\n");
    free(meaning);
}

static void compare(const char *one, const char *other, bool same)
{
    char *a = meaning_of(one), *b = meaning_of(other);

    if ((strcmp(a, b) == 0) != same)
        fail_msg("%s:\n%s\n%s", same ? "these should mean the same" : "these should differ", a, b);
    free(a);
    free(b);
}

static void test_what_does_not_count(void **state)
{
    static const char base[] = BEGIN "extract: {csv: {path: in.csv, page: 10}}\nload: {csv: out.csv}\n";

    (void)state;
    compare(base, BEGIN "extract: {csv: {path: in.csv, page: 20}}\nload: {csv: out.csv}\n", true); /* tuning */
    compare(base, BEGIN "extract: {csv: {path: in.csv}}\nload: {csv: out.csv}\n", true);
    compare(base, BEGIN "# a comment\nextract:\n  csv:\n    path: 'in.csv'\n    page: 10\nload: {csv: out.csv}\n", true);
    compare(base, BEGIN "extract: {id: users, csv: {path: in.csv, page: 10}}\nload: {csv: out.csv}\n", true);
    compare(base, BEGIN "extract: {csv: {path: in.csv, page: 10}}\nload: {csv: out.csv}\nmemory: 64MiB\n"
                        "max_rejects: 3\nstop_after: 10\nbatch_rows: 7\ncheckpoint: 0s\n", true);
}

static void test_what_counts(void **state)
{
    static const char base[] = BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x'}]\n"
                                     "load: {csv: out.csv}\nrejects: {csv: r.csv}\n";

    (void)state;
    compare(base, BEGIN "extract: {csv: {path: other.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x'}]\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: int64}}}\ntransform: [{filter: a = 'x'}]\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'y'}]\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x'}]\n"
                        "load: {jsonl: out.csv}\nrejects: {csv: r.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x'}]\n"
                        "load: {csv: out.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\n", false);
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x', id: f}]\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\n", false); /* by which it finds its memory */
    compare(base, BEGIN "extract: {csv: {path: in.csv, columns: {a: text}}}\ntransform: [{filter: a = 'x'}]\n"
                        "load: {csv: out.csv}\nrejects: {csv: r.csv}\nmax_record: 2MiB\n", false);
}

/* Of a secret, that it is there; no more, not even where it comes from. */
static void test_secrets(void **state)
{
    static const char with[] = BEGIN "extract: {csv: {path: in.csv, password: '${env:LEAT_TEST_SECRET}'}}\nload: {vault: open-sesame}\n";
    static const char other[] = BEGIN "extract: {csv: {path: in.csv, password: other}}\nload: {vault: another}\n";
    char *meaning;

    (void)state;
    setenv("LEAT_TEST_SECRET", "canary", 1);
    meaning = meaning_of(with);
    assert_null(strstr(meaning, "canary"));
    assert_null(strstr(meaning, "sesame"));
    assert_has(meaning, "extract.csv.password\t(a secret)\n");
    assert_has(meaning, "load.vault\t(a secret)\n");
    free(meaning);
    compare(with, other, true);
    compare(with, BEGIN "extract: {csv: {path: in.csv}}\nload: {vault: another}\n", false);
}

/* A value may come from anywhere: what is kept of it says only whether it is another one. */
static void test_variables(void **state)
{
    static const char text[] = BEGIN "extract: {csv: '/data/${env:LEAT_TEST_A}/in-${env:LEAT_TEST_B}.csv'}\nload: {csv: o.csv}\n";
    char *first, *again, *other, *keyed;

    (void)state;
    setenv("LEAT_TEST_A", "canary", 1);
    setenv("LEAT_TEST_B", "1", 1);
    first = meaning_of(text);
    assert_null(strstr(first, "canary"));
    assert_has(first, "extract.csv\t/data/${env:LEAT_TEST_A#");
    assert_has(first, "}/in-${env:LEAT_TEST_B#");
    assert_has(first, "}.csv\n");
    again = meaning_of(text);
    assert_string_equal(first, again);
    keyed = meaning_with(text, 8); /* nobody can try values without the state's key */
    assert_string_not_equal(first, keyed);
    setenv("LEAT_TEST_B", "2", 1);
    other = meaning_of(text);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
    free(keyed);
}

/* ---- the difference ---- */

static void assert_difference(const char *before, const char *now, const char *wanted)
{
    struct leat_text_buffer out = {0};

    leat_meaning_difference(before, now, &out);
    assert_string_equal(out.p ? out.p : "", wanted);
    leat_text_deinit(&out);
}

static void test_the_difference(void **state)
{
    (void)state;
    assert_difference("a\t1\nb\t2\n", "a\t1\nb\t2\n", "");
    assert_difference("a\t1\nb\t2\n", "a\t1\nb\t22\n", "b was '2', is '22'");
    assert_difference("a\t1\nb\t2\n", "a\t1\n", "b is gone, it was '2'");
    assert_difference("a\t1\n", "a\t1\nb\t\n", "b is new: ''");
    assert_difference("ab\t1\n", "a\t1\n", "ab is gone, it was '1'; a is new: '1'");
    assert_difference("a\t1\nb\t2\nc\t3\n", "a\t0\nc\t3\nd\t4\n", "a was '1', is '0'; b is gone, it was '2'; d is new: '4'");
}

static void test_a_difference_in_variables(void **state)
{
    (void)state;
    assert_difference("q\ta ${param:x#0123abcd} b\n", "q\ta ${param:x#0123abce} b\n", "q has another value of ${param:x}");
    assert_difference("q\t${env:A#0123abcd}${param:x#00000000}-${param:y#11111111}\n",
                      "q\t${env:A#0123abcc}${param:x#00000000}-${param:y#11111112}\n",
                      "q has another value of ${env:A}, ${param:y}");
    assert_difference("q\t${param:x#0123abcd} > 1\n", "q\t${param:x#0123abcd} > 2\n",
                      "q was '${param:x} > 1', is '${param:x} > 2'");
    assert_difference("q\t${param:x#0123abcd}\n", "q\t7\n", "q was '${param:x}', is '7'");
    assert_difference("q\t${param:x#0123abcd}\n", "r\t${param:y#0123abcd}\n",
                      "q is gone, it was '${param:x}'; r is new: '${param:y}'");
    assert_difference("q\t#0123abcd}\n", "q\t${#0123abc}\n", "q was '#0123abcd}', is '${#0123abc}'"); /* are none */
    assert_difference("q\t${param:x#0123abcd} ${\n", "q\t\n", "q was '${param:x} ${', is ''");
}

/* By the name that the file says, without a default that it may have. */
static void test_the_difference_of_a_parameter(void **state)
{
    static const char text[] = BEGIN "extract: {csv: '${env:LEAT_TEST_A:-canary}/${param:x}.csv'}\nload: {csv: o.csv}\n"
                                     "params: {x: {default: '${env:LEAT_TEST_B}'}}\n";
    char *before, *now;

    (void)state;
    unsetenv("LEAT_TEST_A");
    setenv("LEAT_TEST_B", "canary1", 1);
    before = meaning_of(text);
    setenv("LEAT_TEST_B", "canary2", 1);
    now = meaning_of(text);
    assert_difference(before, now, "extract.csv has another value of ${param:x}");
    assert_has(before, "extract.csv\t${env:LEAT_TEST_A#");
    assert_null(strstr(before, "canary"));
    free(before);
    free(now);
}

static void test_a_long_difference(void **state)
{
    struct leat_text_buffer before = {0}, now = {0}, out = {0};
    char value[400];

    (void)state;
    assert_difference("a\t1\nb\t1\nc\t1\nd\t1\ne\t1\n", "a\t2\nb\t2\nc\t2\nd\t2\ne\t2\n",
                      "a was '1', is '2'; b was '1', is '2'; c was '1', is '2'; d was '1', is '2'; e was '1', is '2'");
    assert_difference("a\t1\nb\t1\nc\t1\nd\t1\n", "e\t1\nf\t1\ng\t1\n",
                      "a is gone, it was '1'; b is gone, it was '1'; c is gone, it was '1'; d is gone, it was '1'; "
                      "e is new: '1'; and 2 more");
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    leat_text_printf(&before, "query\t%s1%s\n", value, value);
    leat_text_printf(&now, "query\t%s2%s\n", value, value);
    leat_meaning_difference(before.p, now.p, &out);
    assert_has(out.p, "query was '...vvv");
    assert_has(out.p, "v1v"); /* where they differ is shown */
    assert_has(out.p, "v...', is '...v");
    assert_has(out.p, "v2v");
    assert_true(out.n < 320);
    leat_text_deinit(&before);
    leat_text_deinit(&now);
    leat_text_deinit(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole),      cmocka_unit_test(test_what_does_not_count),
        cmocka_unit_test(test_what_counts),    cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_variables),      cmocka_unit_test(test_the_difference),
        cmocka_unit_test(test_a_long_difference), cmocka_unit_test(test_a_difference_in_variables),
        cmocka_unit_test(test_the_difference_of_a_parameter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
