/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The http load (plugins/load/http) against tests/doubles/httpd: what is sent, and
 * what becomes of records whose calls go well, badly, or nobody knows how.
 */
#include "unit.h"

#include <leat/plugin.h>

#define leat_plugin_v1 entry /* so that the tables of plugin-host.h can be added to */
#include "plugin-host.h"
#undef leat_plugin_v1

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batches.h"

LEAT_EXPORT const struct leat_plugin *leat_plugin_v1(const struct leat_host *host);

/* ---- what plugin-host.h lacks ---- */

static struct {
    bool incremental, ledger, no_ids, same_ids;
    int64_t batch_rows;      /* that the plan wants */
    int64_t take;            /* what the rate says to each call */
    int n_taken, n_retries, n_given_back;
    int told[3];
    int fd;
    int64_t wake_ms;
} probe;

static void on_ledger(struct leat_plan *p)
{
    (void)p;
    probe.ledger = true;
}

static void on_batch_rows(struct leat_plan *p, int64_t n)
{
    (void)p;
    probe.batch_rows = n;
}

static bool on_incremental(struct leat_plan *p)
{
    (void)p;
    return probe.incremental;
}

static bool on_has_rate(struct leat_plan *p, const char *budget)
{
    (void)p;
    return strcmp(budget, "api") == 0;
}

static int64_t on_take(struct leat_stage *s, const char *budget, bool retry)
{
    (void)s, (void)budget;
    probe.n_taken += probe.take == 0;
    probe.n_retries += retry;
    return probe.take;
}

static void on_told(struct leat_stage *s, const char *budget, enum leat_reply reply, int64_t retry_after_ms)
{
    (void)s, (void)budget, (void)retry_after_ms;
    probe.told[reply]++;
}

static void on_wake(struct leat_stage *s, int fd, int64_t ms)
{
    (void)s;
    probe.fd = fd;
    probe.wake_ms = ms;
}

static void record_id(const struct leat_batch *b, int32_t row, char ret[33])
{
    (void)snprintf(ret, 33, "%032" PRId64, probe.same_ids ? 1 : b->columns[ID].int64[row]);
    if (probe.no_ids)
        *ret = '\0';
}

static void on_give_back(struct leat_batch *b, int32_t row)
{
    (void)b;
    (void)row;
    probe.n_given_back++;
}

const struct leat_plugin *entry(const struct leat_host *host);
const struct leat_plugin *entry(const struct leat_host *host)
{
    static struct leat_plan_services plan;
    static struct leat_stage_services stage;
    static struct leat_batch_services batch;
    static struct leat_host more;

    plan = *host->plan;
    plan.ledger = on_ledger;
    plan.batch_rows = on_batch_rows;
    plan.is_incremental = on_incremental;
    plan.has_rate = on_has_rate;
    stage = *host->stage;
    stage.rate_take = on_take;
    stage.rate_told = on_told;
    stage.wake_on = on_wake;
    batch = *host->batch;
    batch.ref = leat_batch_reference;
    batch.unref = leat_batch_release;
    batch.record_id = record_id;
    batch.give_back = on_give_back;
    more = *host;
    more.plan = &plan;
    more.stage = &stage;
    more.batch = &batch;
    return leat_plugin_v1(&more);
}

/* ---- the server ---- */

static char folder[] = "/tmp/leat-http-XXXXXX", log_path[64], options[2048];
static pid_t server;
static int port;

static void start(const char *delay)
{
    const char *build = getenv("top_builddir");
    char path[512], text[16] = "";
    int pipes[2];

    (void)snprintf(path, sizeof path, "%s/tests/doubles/httpd", build ? build : ".");
    assert_int_equal(pipe(pipes), 0);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        execl(path, path, delay, log_path, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    assert_true(read(pipes[0], text, sizeof text - 1) > 0);
    close(pipes[0]);
    port = atoi(text);
    assert_true(port > 0);
}

static int start_fast(void **state)
{
    (void)state;
    memset(&probe, 0, sizeof probe);
    start("0");
    return 0;
}

static int start_slow(void **state)
{
    (void)state;
    memset(&probe, 0, sizeof probe);
    start("2");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (server > 0 && kill(server, SIGTERM) == 0)
        waitpid(server, NULL, 0);
    server = 0;
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(log_path, sizeof log_path, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(log_path);
    return rmdir(folder);
}

/* The log's lines that begin with `mark`, without their numbers; the caller's to free. */
static char *logged(char mark)
{
    struct leat_text_buffer out = {0};
    FILE *f = fopen(log_path, "r");
    char line[4096];

    assert_non_null(f);
    leat_text_add_string(&out, "");
    while (fgets(line, sizeof line, f))
        if (line[0] == mark)
            leat_text_add_string(&out, strchr(line + 2, ' ') + 1);
    fclose(f);
    return out.p;
}

static int n_lines(const char *text, const char *begin)
{
    int n = 0;

    for (; *text; text = strchr(text, '\n') + 1)
        n += strncmp(text, begin, strlen(begin)) == 0;
    return n;
}

static void assert_sent(const char *wanted)
{
    char *got = logged('>');

    assert_string_equal(got, wanted);
    free(got);
}

/* ---- a load ---- */

/* {url: http://127.0.0.1:PORT + path, more}; PORT in `more` stands for the port. */
static const char *with(const char *path, const char *more)
{
    struct leat_text_buffer all = {0};
    const char *at;

    leat_text_printf(&all, "{url: 'http://127.0.0.1:%d%s', ", port, path);
    for (; (at = strstr(more, "PORT")); more = at + 4) {
        leat_text_add(&all, more, (size_t)(at - more));
        leat_text_printf(&all, "%d", port);
    }
    leat_text_printf(&all, "%s}", more);
    assert_true(all.n < sizeof options);
    (void)snprintf(options, sizeof options, "%s", all.p);
    leat_text_deinit(&all);
    return options;
}

/* As the host does it; what has become of all batches so far, in `out`. */
static void deliver(struct loading *l, struct leat_batch *b, const uint8_t *must_verify)
{
    if (!b->host->account.verdicts)
        assert_int_equal(leat_batch_finish(b, &l->err), 0);
    b->must_verify = must_verify;
    if (l->plan->plugin->deliver(&l->stage, l->plan->self, b, &l->err) < 0)
        fail_msg("%s", l->err.text);
}

static enum leat_flow poll_once(struct loading *l)
{
    return l->plan->plugin->poll(&l->stage, l->plan->self, true, &l->err);
}

/* Waits as the host does, for what the load has asked to be woken by. */
static enum leat_flow poll_to_end(struct loading *l)
{
    enum leat_flow flow = poll_once(l);

    for (int i = 0; i < 1000000 && (flow == LEAT_MORE || flow == LEAT_FULL); i++) {
        struct pollfd fd = {.fd = probe.fd, .events = POLLIN};

        (void)poll(&fd, 1, (int)probe.wake_ms);
        flow = poll_once(l);
    }
    return flow;
}

static void say_fate(struct leat_batch *b, struct leat_text_buffer *out)
{
    static const char *const verdicts[LEAT_N_VERDICTS] = {"open",      "loaded",   "there",    "filtered",
                                                          "duplicate", "rejected", "conflict", "unknown"};
    const struct leat_account *a = &b->host->account;

    leat_batch_settle(b);
    for (int32_t i = 0; i < b->n_rows; i++)
        leat_text_printf(out, "%s%s", i ? " " : "", verdicts[a->verdicts[i]]);
    leat_text_add_string(out, "\n");
    say_rejects(b, out);
    for (int i = 0; i < a->n_answers; i++)
        leat_text_printf(out, "= %d %s %.*s\n", a->answers[i].row, a->answers[i].name, (int)a->answers[i].n,
                         a->text.p + a->answers[i].text);
}

static struct leat_batch *names(struct loading *l, const char *const *all)
{
    struct leat_batch *b = load_batch(l);

    for (int64_t i = 0; all[i]; i++)
        put_row(b, i + 1, all[i]);
    return b;
}

/* Loads records with these names in one batch; what became of them, and how the load failed if it did. */
static char *load(const char *opts, const char *const *all, const uint8_t *must_verify)
{
    struct leat_text_buffer out = {0};
    struct leat_batch *b;
    struct loading l;

    load_begin(&l, opts, &test_schema);
    b = names(&l, all);
    deliver(&l, b, must_verify);
    if (poll_to_end(&l) != LEAT_END)
        leat_text_printf(&out, "failed %d: %s\n", l.err.code, l.err.text);
    say_fate(b, &out);
    leat_batch_release(b);
    load_end(&l, false);
    return out.p;
}

#define names_of(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_loads(const char *opts, const char *const *all, const char *wanted)
{
    char *got = load(opts, all, NULL);

    assert_string_equal(got, wanted);
    free(got);
}

static void assert_has_loaded(const char *opts, const char *const *all, const char *part)
{
    char *got = load(opts, all, NULL);

    assert_has(got, part);
    free(got);
}

/* ---- what is sent ---- */

static void put_all(struct leat_batch *b)
{
    leat_batch_put_int64(b, ID, INT64_MIN);
    leat_batch_put_text(b, NAME, "a\"\\\n\xc3\xa9/ {x}", 11);
    leat_batch_put_bool(b, GOOD, true);
    leat_batch_put_float64(b, SCORE, -0.1);
    leat_batch_put_date(b, BORN, 19782);
    leat_batch_put_int64(b, SEEN, INT64_C(1709208000000000));
    leat_batch_put_text(b, PRICE, "12345678901234567890.50", 23);
    leat_batch_put_text(b, BLOB, "\0\xff\xef\x01", 4);
    leat_batch_put_text(b, DOC, "{\"a\":[1]}", 9);
    leat_batch_end_row(b);
}

static void load_all(const char *opts)
{
    struct leat_text_buffer out = {0};
    struct leat_batch *b;
    struct loading l;

    load_begin(&l, opts, &test_schema);
    b = load_batch(&l);
    put_all(b);
    leat_batch_put_int64(b, ID, 7);
    leat_batch_put_text(b, NAME, "b", 1);
    leat_batch_end_row(b);
    deliver(&l, b, NULL);
    assert_int_equal(poll_to_end(&l), LEAT_END);
    say_fate(b, &out);
    assert_string_equal(out.p, "loaded loaded\n");
    leat_text_deinit(&out);
    leat_batch_release(b);
    load_end(&l, false);
}

static void test_the_whole_record_is_sent(void **state)
{
    (void)state;
    load_all(with("/x", "concurrency: 1"));
    assert_sent("POST /x - {\"id\":-9223372036854775808,\"name\":\"a\\\"\\\\\\n\xc3\xa9/ {x}\",\"good\":true,"
                "\"score\":-0.1,\"born\":\"2024-02-29\",\"seen\":\"2024-02-29T12:00:00Z\","
                "\"price\":12345678901234567890.50,\"blob\":\"AP/vAQ==\",\"doc\":{\"a\":[1]}}\n"
                "POST /x - {\"id\":7,\"name\":\"b\",\"good\":null,\"score\":null,\"born\":null,\"seen\":null,"
                "\"price\":null,\"blob\":null,\"doc\":null}\n");
}

static void test_nulls_can_be_left_out(void **state)
{
    (void)state;
    load_all(with("/x", "concurrency: 1, nulls: omit, body: {a: {s: '{score}', i: '{id}'}, d: '{doc}', z: [1]}"));
    assert_sent("POST /x - {\"a\":{\"s\":-0.1,\"i\":-9223372036854775808},\"d\":{\"a\":[1]},\"z\":[1]}\n"
                "POST /x - {\"a\":{\"i\":7},\"z\":[1]}\n");
}

static void test_a_template_is_filled(void **state)
{
    (void)state;
    load_all(with("/x", "concurrency: 1, method: PATCH, body: {n: '<{name}|{seen}|{blob}>', plain: 1, text: '1', "
                        "zip: 01234, yes: true, t: 'true', none: null, list: ['{{{id}', '{leat:id}'], 'k\"': x}"));
    assert_sent("PATCH /x - {\"n\":\"<a\\\"\\\\\\n\xc3\xa9/ {x}|2024-02-29T12:00:00Z|AP/vAQ==>\",\"plain\":1,\"text\":\"1\","
                "\"zip\":\"01234\",\"yes\":true,\"t\":\"true\",\"none\":null,"
                "\"list\":[\"{-9223372036854775808\",\"-0000000000009223372036854775808\"],\"k\\\"\":\"x\"}\n"
                "PATCH /x - {\"n\":\"<b||>\",\"plain\":1,\"text\":\"1\",\"zip\":\"01234\",\"yes\":true,\"t\":\"true\","
                "\"none\":null,\"list\":[\"{7\",\"00000000000000000000000000000007\"],\"k\\\"\":\"x\"}\n");
}

static void test_urls_are_encoded(void **state)
{
    (void)state;
    assert_loads(with("/store/{name}?x={id}", "concurrency: 1, method: PUT, body: {v: 1}"),
                 names_of("a b/c?d%\xc3\xa9", "", "..", "."),
                 "loaded rejected rejected rejected\n! empty_in_url name: has no value, and the URL needs one\n"
                 "! dots_in_url -: a part of the URL's path would be . or ..\n"
                 "! dots_in_url -: a part of the URL's path would be . or ..\n");
    assert_sent("PUT /store/a%20b%2Fc%3Fd%25%C3%A9?x=1 - {\"v\":1}\n");
}

static void test_headers_hold_fields_on_one_line(void **state)
{
    (void)state;
    assert_loads(with("/x", "concurrency: 1, headers: {Idempotency-Key: 'k-{name}'}, body: {v: 1}"),
                 names_of("a", "b\r\nX: y", "c"),
                 "loaded rejected loaded\n! bad_header -: a header cannot hold control characters\n");
    assert_sent("POST /x k-a {\"v\":1}\nPOST /x k-c {\"v\":1}\n");
}

static void test_records_go_in_lists(void **state)
{
    (void)state;
    assert_loads(with("/x", "batch: 2, concurrency: 1, body: {id: '{name}'}"), names_of("a", "b", "c"),
                 "loaded loaded loaded\n");
    assert_sent("POST /x - [{\"id\":\"a\"},{\"id\":\"b\"}]\nPOST /x - [{\"id\":\"c\"}]\n");
}

static void test_an_envelope_stands_around_the_list(void **state)
{
    (void)state;
    assert_loads(with("/x", "batch: 2, concurrency: 1, body: {id: '{name}'}, envelope: {mode: new, all: '{records}', z: 1}"),
                 names_of("a", "b"), "loaded loaded\n");
    assert_sent("POST /x - {\"mode\":\"new\",\"all\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"z\":1}\n");
}

/* ---- what a reply means ---- */

static void test_statuses(void **state)
{
    static const struct {
        const char *path, *more, *wanted;
    } cases[] = {
        {"/status/204", "concurrency: 2", "loaded\n"},
        {"/status/400", "concurrency: 2", "rejected\n! refused -: the server answered 400\n"},
        {"/status/422", "code: /code", "rejected\n! refused -: the server answered 422 (code_422)\n"},
        {"/status/422", "code: /number", "rejected\n! refused -: the server answered 422\n"},
        {"/status/422", "code: /who", "rejected\n! refused -: the server answered 422\n"},
        {"/text", "concurrency: 2", "loaded\n"},
        {"/text", "answer: {id: /id}", "unknown\n"},
        {"/status/409", "concurrency: 2", "conflict\n"},
        {"/status/409", "already_there: 409", "there\n"},
        {"/status/409", "already_there: [{status: 409, path: /code, equals: code_409}]", "there\n"},
        {"/status/409", "already_there: [{status: 409, path: /code, equals: '{name}'}]", "conflict\n"},
        {"/status/418", "reject: [4xx]", "rejected\n! refused -: the server answered 418\n"},
        {"/status/202", "accept: 202", "loaded\n"},
        {"/status/200", "reject: [{path: /code}]", "rejected\n! refused -: the server answered 200\n"},
        {"/status/404", "method: PUT, headers: {X: '{id}'}", "failed -1005: the server answered 404 to a record"},
        {"/status/404/{id}", "method: PUT", "rejected\n"},
        {"/status/401", "concurrency: 2", "failed -1005: the server answered 401 to a record: it does not accept who we"},
        {"/status/202", "accept: 201", "failed -1005: the server answered 202"},
        {"/status/302", "concurrency: 2", "failed -1005: the server answered 302"},
        {"/status/500", "concurrency: 2", "unknown\n"},
        {"/status/500", "idempotency: key, retries: 1", "unknown\n"},
        {"/status/429", "retries: 1", "failed -1005: the server still answers 429 after 5 tries"},
        {"/status/400", "throttled: 400, retries: 0", "failed -1005: the server still answers 400 after 1 tries"},
        {"/wait/500/9223372036854775807", "concurrency: 2", "unknown\n"},
        {"/wait/400/7200", "throttled: 400, retries: 0", "failed -1005: the server wants no calls for 120 minutes"},
        {"/wait/429/9223372036854775807", "retries: 0", "failed -1005: the server wants no calls for 1440 minutes"},
        {"/text", "reject: [{path: /error}]", "unknown\n"},
        {"/text", "reject: [{status: 200, path: /error}], accept: 200", "unknown\n"},
        {"/text", "accept: [{status: 200, path: /ok}]", "unknown\n"},
        {"/text", "reject: [{status: 4xx, path: /error}]", "loaded\n"},
        {"/status/204", "reject: [{path: /error}]", "loaded\n"},
        {"/head", "concurrency: 2", "unknown\n"},
        {"/status/207", "concurrency: 2", "loaded\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_has_loaded(with(cases[i].path, cases[i].more), names_of("a"), cases[i].wanted);
}

static void test_answers_are_kept(void **state)
{
    (void)state;
    assert_loads(with("/store", "answer: {number: /result/number, gone: /none}, body: {id: '{name}'}, concurrency: 1"),
                 names_of("a", "b"), "loaded loaded\n= 0 number 7\n= 1 number 7\n");
}

#define FIND "find: {url: 'http://127.0.0.1:PORT/store/{name}', ours: [{path: /owner, equals: '{id}'}], delay: 1ms}, "
#define STORE "body: {id: '{name}', owner: '{id}'}, concurrency: 1, "
#define TROUBLE names_of("a", "lost", "err", "drop", "busy", "foreign", "bad")

static void test_answers_may_stand_elsewhere_in_what_is_found(void **state)
{
    (void)state;
    assert_loads(with("/store", "answer: {who: /nowhere}, body: {id: '{name}', owner: '{id}'}, concurrency: 1, find: {url: "
                 "'http://127.0.0.1:PORT/store/{name}', ours: [{path: /owner, equals: '{id}'}], delay: 1ms, answer: {who: "
                 "/owner}}"), names_of("lost"), "loaded\n= 0 who 1\n");
}

static void test_unclear_records_are_read_back(void **state)
{
    char *got;

    (void)state;
    assert_loads(with("/store", STORE FIND "code: /error/code"), TROUBLE,
                 "loaded loaded loaded loaded loaded conflict rejected\n! refused -: the server answered 422 (bad_email)\n");
    got = logged('>');
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"lost\""), 1);
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"err\""), 1);
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"drop\""), 2);
    assert_int_equal(n_lines(got, "GET /store/drop"), 2); /* nothing found is believed the second time */
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"busy\""), 2);
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"foreign\""), 1);
    assert_int_equal(n_lines(got, "GET /store/a"), 0);
    free(got);
    assert_true(probe.ledger);
}

static void test_what_could_not_be_asked_for_is_not_sent(void **state)
{
    (void)state;
    assert_loads(with("/store", STORE FIND), names_of(""),
                 "rejected\n! empty_in_url name: has no value, and the URL needs one\n");
    assert_sent("");
}

static void test_without_find_unclear_is_unknown(void **state)
{
    (void)state;
    assert_has_loaded(with("/store", STORE "code: /error/code"), TROUBLE,
                      "loaded unknown unknown unknown loaded conflict rejected\n");
    assert_int_equal(probe.batch_rows, 1); /* no more than these stay unknown, should the run be killed */
}

static void test_what_is_found_may_be_a_strangers(void **state)
{
    (void)state;
    assert_loads(with("/store", "body: {id: '{name}'}, find: {url: 'http://127.0.0.1:PORT/store/{name}', delay: 1ms}"),
                 names_of("lost", "foreign", "drop"), "unknown there loaded\n");
}

static void test_whatever_is_found_can_be_ours(void **state)
{
    (void)state;
    assert_loads(with("/store", "body: {id: '{name}'}, find: {url: 'http://127.0.0.1:PORT/store/{name}', ours: always}"),
                 names_of("lost"), "loaded\n");
}

static void test_a_key_is_sent_again(void **state)
{
    char *got;

    (void)state;
    assert_loads(with("/x", "idempotency: key, concurrency: 1, body: {v: '{name}'}"), names_of("a", "b"),
                 "loaded loaded\n");
    assert_sent("POST /x 00000000000000000000000000000001 {\"v\":\"a\"}\n"
                "POST /x 00000000000000000000000000000002 {\"v\":\"b\"}\n");
    assert_false(probe.ledger);
    assert_loads(with("/store", STORE "idempotency: key"), names_of("drop"), "loaded\n");
    got = logged('>');
    assert_int_equal(n_lines(got, "POST /store 00000000000000000000000000000001 {\"id\":\"drop\""), 2);
    free(got);
    probe.no_ids = true;
    assert_has_loaded(with("/x", "idempotency: key"), names_of("a"), "! no_key");
}

static void test_a_key_that_comes_twice_is_sent_once(void **state)
{
    (void)state;
    probe.same_ids = true;
    assert_loads(with("/x", "idempotency: key, concurrency: 1, body: {v: '{name}'}"), names_of("a", "b", "c"),
                 "loaded rejected rejected\n! duplicate_key -: has the key of a record before it, and so the server would "
                 "take the two for one\n! duplicate_key -: has the key of a record before it, and so the server would "
                 "take the two for one\n");
    assert_sent("POST /x 00000000000000000000000000000001 {\"v\":\"a\"}\n");
}

static void test_put_to_its_own_url_is_sent_again(void **state)
{
    (void)state;
    assert_loads(with("/store/{name}", "method: PUT, body: {v: 1}"), names_of("lost"), "loaded\n");
    assert_sent("PUT /store/lost - {\"v\":1}\nPUT /store/lost - {\"v\":1}\n");
}

static void test_a_rejection_after_an_unclear_call_is_checked(void **state)
{
    (void)state;
    assert_loads(with("/store", STORE FIND), names_of("late"), "loaded\n");
}

/* ---- after a crash ---- */

static void test_what_may_have_been_sent_is_asked_for_first(void **state)
{
    const uint8_t verify[] = {3};
    char *got;

    (void)state;
    assert_loads(with("/store", STORE FIND), names_of("a"), "loaded\n");
    got = load(with("/store", STORE FIND), names_of("a", "b", "c"), verify);
    assert_string_equal(got, "loaded loaded loaded\n");
    free(got);
    got = logged('>');
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"a\""), 1);
    assert_int_equal(n_lines(got, "GET /store/b"), 2);
    assert_int_equal(n_lines(got, "POST /store - {\"id\":\"b\""), 1);
    assert_int_equal(n_lines(got, "GET /store/c"), 0);
    free(got);
}

/* What is in its way stands where find does not look: twice is enough. */
static void test_what_exists_and_is_not_found_is_in_conflict(void **state)
{
    char *got;

    (void)state;
    assert_loads(with("/status/409", "find: {url: 'http://127.0.0.1:PORT/store/{name}', ours: always, delay: 1ms}"),
                 names_of("a"), "conflict\n");
    got = logged('>');
    assert_int_equal(n_lines(got, "POST "), 2);
    assert_int_equal(n_lines(got, "GET "), 4);
    free(got);
    /* What may be our own, and be seen late, is not called a stranger's. */
    got = load(with("/status/409", "retries: 2, find: {url: 'http://127.0.0.1:PORT/store/{name}', ours: always, delay: 1ms}"),
               names_of("a"), (const uint8_t[]){1});
    assert_string_equal(got, "unknown\n");
    free(got);
}

static void test_nobody_to_ask_leaves_it_unknown(void **state)
{
    const uint8_t verify[] = {1};
    char *got = load(with("/store", STORE), names_of("a", "b"), verify);

    (void)state;
    assert_string_equal(got, "unknown loaded\n");
    free(got);
}

/* ---- several in a request ---- */

static void test_a_bad_one_does_not_take_its_neighbours_along(void **state)
{
    (void)state;
    assert_has_loaded(with("/store", STORE "batch: 4"), names_of("a", "bad", "c", "d"),
                      "loaded rejected loaded loaded\n");
    assert_has_loaded(with("/store", STORE "batch: 4, already_there: 409"), names_of("a", "x"), "there loaded\n");
}

/* Some may have failed, and nobody has said how that is told. */
static void test_a_list_may_be_done_in_part(void **state)
{
    (void)state;
    assert_has_loaded(with("/status/207", "batch: 2, concurrency: 1"), names_of("a", "b"),
                      "failed -1005: the server answered 207 to several records, of which some may have failed");
    assert_has_loaded(with("/status/207", "batch: 2, accept: 207"), names_of("a", "b"), "loaded loaded\n");
}

static void test_an_unclear_list_is_asked_for_one_by_one(void **state)
{
    char *got;

    (void)state;
    assert_loads(with("/store", STORE "batch: 3, find: {url: 'http://127.0.0.1:PORT/store/{name}', ours: always, delay: 1ms}"),
                 names_of("a", "lost", "c", "drop", "e", "f"), "loaded loaded loaded loaded loaded loaded\n");
    got = logged('>');
    assert_int_equal(n_lines(got, "GET /store/a"), 1);
    assert_int_equal(n_lines(got, "GET /store/lost"), 1);
    assert_int_equal(n_lines(got, "POST /store - [{\"id\":\"a\""), 1);
    assert_int_equal(n_lines(got, "POST /store - [{\"id\":\"e\""), 1); /* found absent twice, then by itself */
    free(got);
}

/* ---- many at once ---- */

/* The most requests that were on their way together, of all or of those that hold `part`. */
static int most_at_once(const char *part)
{
    static char on_their_way[100000];
    FILE *f = fopen(log_path, "r");
    char line[4096];
    int now = 0, most = 0, number;

    assert_non_null(f);
    memset(on_their_way, 0, sizeof on_their_way);
    while (fgets(line, sizeof line, f)) {
        number = atoi(line + 2);
        for (char *c = line; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        if (line[0] == '>' && (!part || strstr(line, part)))
            now += on_their_way[number] = 1;
        else if (line[0] == '<')
            now -= on_their_way[number];
        most = now > most ? now : most;
    }
    fclose(f);
    return most;
}

static void test_as_many_as_allowed_are_on_their_way(void **state)
{
    struct loading l;
    struct leat_batch *batches[6];

    (void)state;
    load_begin(&l, with("/x", "concurrency: 8"), &test_schema);
    for (int i = 0; i < 6; i++) {
        batches[i] = load_batch(&l);
        for (int j = 0; j < 60; j++)
            put_row(batches[i], i * 60 + j, "n");
        deliver(&l, batches[i], NULL); /* the later ones wait for room */
        if (i == 5)
            assert_true(batches[0]->host->n_ended == 60);
        if (i == 0)
            assert_int_equal(poll_once(&l), LEAT_FULL);
    }
    assert_int_equal(poll_to_end(&l), LEAT_END);
    for (int i = 0; i < 6; i++) {
        leat_batch_settle(batches[i]);
        assert_int_equal(batches[i]->host->account.counts[LEAT_LOADED], 60);
        leat_batch_release(batches[i]);
    }
    load_end(&l, false);
    assert_int_equal(most_at_once(NULL), 8);
}

static void test_aliases_are_never_on_their_way_together(void **state)
{
    char *got;

    (void)state;
    assert_loads(with("/x", "concurrency: 8, alias: name, body: {n: '{name}', i: '{id}'}"),
                 names_of("Anna@x", "b", "anna@X", "c", "ANNA@x", "d", "e", "f", "anna@x", "g"),
                 "loaded loaded loaded loaded loaded loaded loaded loaded loaded loaded\n");
    assert_int_equal(most_at_once("anna@x"), 1);
    assert_true(most_at_once(NULL) > 1);
    got = logged('>');
    assert_true(strstr(got, "\"i\":1}") < strstr(got, "\"i\":3}"));
    assert_true(strstr(got, "\"i\":3}") < strstr(got, "\"i\":5}"));
    assert_true(strstr(got, "\"i\":5}") < strstr(got, "\"i\":9}"));
    free(got);
}

/* The second waits for the first, so the third, of which nothing is on its way, waits for the second. */
static void test_nobody_is_overtaken(void **state)
{
    static const char *const prices[] = {"1", "2", "2"};
    struct leat_batch *b;
    struct loading l;
    char *got;

    (void)state;
    load_begin(&l, with("/x", "concurrency: 8, alias: [name, price], body: {i: '{id}'}"), &test_schema);
    b = load_batch(&l);
    for (int i = 0; i < 3; i++) {
        leat_batch_put_text(b, PRICE, prices[i], 1);
        put_row(b, i, i < 2 ? "a" : "b");
    }
    deliver(&l, b, NULL);
    assert_int_equal(poll_to_end(&l), LEAT_END);
    leat_batch_settle(b);
    assert_int_equal(b->host->account.counts[LEAT_LOADED], 3);
    leat_batch_release(b);
    load_end(&l, false);
    got = logged('>');
    assert_string_equal(got, "POST /x - {\"i\":0}\nPOST /x - {\"i\":1}\nPOST /x - {\"i\":2}\n");
    free(got);
}

static void test_aliases_part_lists(void **state)
{
    (void)state;
    assert_loads(with("/x", "batch: 3, alias: [name], concurrency: 1, body: {n: '{name}'}"),
                 names_of("a", "\xc3\x84", "\xc3\xa4", "b"), "loaded loaded loaded loaded\n");
    assert_sent("POST /x - [{\"n\":\"a\"},{\"n\":\"\xc3\x84\"},{\"n\":\"b\"}]\nPOST /x - [{\"n\":\"\xc3\xa4\"}]\n");
}

/* ---- rates and ends ---- */

static void test_the_rate_is_asked_and_told(void **state)
{
    (void)state;
    assert_loads(with("/store", STORE "rate: api, retries: 3"), names_of("a", "busy", "err"), "loaded loaded unknown\n");
    assert_int_equal(probe.n_taken, 4);
    assert_int_equal(probe.n_retries, 1);
    assert_int_equal(probe.told[LEAT_REPLY_FINE], 2);
    assert_int_equal(probe.told[LEAT_REPLY_THROTTLED], 1);
    assert_int_equal(probe.told[LEAT_REPLY_FAILED], 1);
}

static void test_the_rate_says_when(void **state)
{
    struct leat_batch *b;
    struct loading l;

    (void)state;
    probe.take = 60000;
    load_begin(&l, with("/x", "concurrency: 4"), &test_schema);
    b = names(&l, names_of("a", "b", "c"));
    deliver(&l, b, NULL);
    assert_int_equal(poll_once(&l), LEAT_MORE);
    assert_int_equal(poll_once(&l), LEAT_MORE);
    assert_sent("");
    l.stage.cancelled = true;
    assert_int_equal(poll_once(&l), LEAT_FAILED);
    assert_int_equal(l.err.code, LEAT_ECANCELED);
    leat_batch_settle(b);
    assert_int_equal(b->n_selected, 3);
    leat_batch_release(b);
    load_end(&l, false);
    probe.take = LEAT_EUNREACHABLE;
    assert_has_loaded(with("/x", "concurrency: 2"), names_of("a"), "failed -1005: the server has throttled or failed");
}

static void test_a_stop_begins_nothing_new(void **state)
{
    struct leat_batch *b;
    struct loading l;

    (void)state;
    load_begin(&l, with("/x", "concurrency: 1"), &test_schema);
    b = names(&l, names_of("a", "b", "c"));
    deliver(&l, b, NULL);
    l.stage.stopping = true;
    assert_int_equal(poll_once(&l), LEAT_FAILED);
    assert_int_equal(l.err.code, LEAT_ECANCELED);
    leat_batch_settle(b);
    assert_int_equal(b->n_selected, 3);
    leat_batch_release(b);
    load_end(&l, false);
    assert_int_equal(probe.n_given_back, 3);
    assert_int_equal(probe.n_taken, 0);
}

static void test_nobody_listens(void **state)
{
    stop(state);
    assert_has_loaded(with("/x", "retries: 2"), names_of("a"), "failed -1005: cannot reach the server: ");
    assert_int_equal(probe.n_taken, 3);
    assert_int_equal(probe.n_given_back, 1); /* which never left */
    start("0");
}

static void test_a_reply_can_be_too_large(void **state)
{
    (void)state;
    assert_loads(with("/x", "max_reply: 11"), names_of("a"), "unknown\n");
    assert_loads(with("/x", "max_reply: 12"), names_of("a"), "loaded\n");
}

/* ---- plan ---- */

static char *plan_said(const char *opts)
{
    struct leat_plan *p = host_begin(opts, &test_schema, true);
    char *said = strdup(host_said(p));

    host_end(p);
    return said;
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *options, *wanted;
    } cases[] = {
        {"{url: 'https://h/{nme}'}", "no field nme"},
        {"{url: 'http://h.example/x'}", "must begin with https://; http:// is for"},
        {"{url: 'http://127.0.0.1.example/x'}", "must begin with https://; http:// is for"},
        {"{url: 'https://u:p@h/x'}", "must not hold a user or a password"},
        {"{url: 'https://{name}/x'}", "must not have a field before its path"},
        {"{url: 'https://h.{name}/x'}", "must not have a field before its path"},
        {"{url: 'ftp://h/x'}", "must begin with https://"},
        {"{url: 'https://h/a b'}", "must not have spaces"},
        {"{url: 'https://h/x#y'}", "must not have a #"},
        {"{url: 'https://h/{id'}", "a brace opens a field"},
        {"{url: 'https://h/x', body: {a: {name}}}", "write it in quotes: '{name}'"},
        {"{url: 'https://h/x', body: {a: '{{name}}'}}", "a field stands in single braces: {name}"},
        {"{url: 'https://h/x', envelope: {a: 1}}", "must say '{records}' once"},
        {"{url: 'https://h/x', envelope: {a: '{records}', b: '{name}'}}", "an envelope holds '{records}' once"},
        {"{url: 'https://h/{id}', batch: 2}", "no single one's field in its URL"},
        {"{url: 'https://h/x', batch: 2, headers: {X: '{id}'}}", "no single one's field in a header"},
        {"{url: 'https://h/x', batch: 2, answer: {a: /b}}", "no single one's answer"},
        {"{url: 'https://h/x', batch: 2, idempotency: key}", "put '{leat:id}' into `body`"},
        {"{url: 'https://h/x', headers: {Content-Length: 1}}", "is set by leat itself"},
        {"{url: 'https://h/x', headers: {'X Y': 1}}", "a header is written NAME: TEXT"},
        {"{url: 'https://h/x', headers: {idempotency-key: 1}, idempotency: key}", "sets this header"},
        {"{url: 'https://h/x', accept: 2000}", "a status is written 409"},
        {"{url: 'https://h/x', reject: [{status: 400}]}", "needs the option 'path'"},
        {"{url: 'https://h/x', reject: [{path: a}]}", "is a JSON pointer"},
        {"{url: 'https://h/x', code: /a~2}", "is a JSON pointer"},
        {"{url: 'https://h/x', find: {url: 'https://h/x'}}", "must have a field, as in"},
        {"{url: 'https://h/x', find: {url: 'https://h/{id}', ours: [{path: /a}]}}", "or always"},
        {"{url: 'https://h/x', find: {url: 'https://h/{id}', answer: {n: /n}}}", "`answer` has no n"},
        {"{url: 'https://h/x', rate: fast}", "there is no 'fast' in rates:"},
        {"{url: 'https://h/x', alias: [nme]}", "no field nme"},
        {"{url: 'https://h/x', user: u}", "user and password go together"},
        {"{url: 'https://h/x', headers: {authorization: Bearer x}}", "authorization holds a secret: use `bearer`"},
        {"{url: 'https://h/x', headers: {Cookie: a=b}}", "Cookie holds a secret"},
        {"{url: 'https://h/x', idempotency: key, idempotency_header: Host}", "the header Host is set by leat itself"},
        {"{url: 'https://h/x', idempotency: key, idempotency_header: 'a b'}", "this is no name of a header"},
        {"{url: 'http://[::1]/x', proxy: 'http://h:3128'}", "takes no http:// to this very machine"},
        {"{url: 'https://h/x', proxy: 'http://u:p@h:3128'}", "must not hold a user or a password"},
        {"{url: 'https://h/x', find: {url: 'http://localhost/{id}'}, proxy: 'http://h'}", "no http:// to this"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said = plan_said(cases[i].options);

        assert_has(said, cases[i].wanted);
        free(said);
    }
}

static void test_what_the_plan_says(void **state)
{
    char *said = plan_said("{url: 'https://h/users/{id}?k=v', method: PUT}");

    (void)state;
    assert_string_equal(said, "target https://h:443/users/x?5fc712b9\n");
    free(said);
    said = plan_said("{url: 'https://h/users/{id}', method: PUT, proxy: 'http://h:3128'}");
    assert_string_equal(said, "target https://h:443/users/x\n");
    free(said);
    said = plan_said("{url: 'https://h/users'}");
    assert_has(said, "note without find: a record whose reply is lost");
    free(said);
    said = plan_said("{url: 'http://localhost:8/x', find: {url: 'http://[::1]/{id}'}}");
    assert_has(said, "note without find.ours:");
    free(said);
}

static void test_secret_fields(void **state)
{
    static const struct leat_field fields[] = {{"id", LEAT_INT64, LEAT_PII, false, NULL},
                                               {"hash", LEAT_TEXT, LEAT_SECRET, false, NULL}};
    static const struct leat_schema schema = {.n_fields = 2, .fields = fields};
    static const struct {
        const char *options, *wanted;
    } cases[] = {
        {"{url: 'https://h/x'}", "leaves out hash: left out, for it is secret"},
        {"{url: 'https://h/x', secrets: true}", "accepts hash"},
        {"{url: 'https://h/x', body: {h: '{hash}'}}", "accepts hash"},
        {"{url: 'https://h/{hash}'}", "the field 'hash' is secret and must not stand in a URL"},
        {"{url: 'https://h/x', alias: hash}", "is secret and cannot be an alias"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_plan *p = host_begin(cases[i].options, &schema, true);

        assert_has(host_said(p), cases[i].wanted);
        host_end(p);
    }
}

#define fast(test) cmocka_unit_test_setup_teardown(test, start_fast, stop)
#define slow(test) cmocka_unit_test_setup_teardown(test, start_slow, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fast(test_the_whole_record_is_sent),
        fast(test_nulls_can_be_left_out),
        fast(test_a_template_is_filled),
        fast(test_urls_are_encoded),
        fast(test_headers_hold_fields_on_one_line),
        fast(test_records_go_in_lists),
        fast(test_an_envelope_stands_around_the_list),
        fast(test_statuses),
        fast(test_answers_are_kept),
        fast(test_answers_may_stand_elsewhere_in_what_is_found),
        fast(test_unclear_records_are_read_back),
        fast(test_what_could_not_be_asked_for_is_not_sent),
        fast(test_without_find_unclear_is_unknown),
        fast(test_what_is_found_may_be_a_strangers),
        fast(test_whatever_is_found_can_be_ours),
        fast(test_a_key_is_sent_again),
        fast(test_a_key_that_comes_twice_is_sent_once),
        fast(test_put_to_its_own_url_is_sent_again),
        fast(test_a_rejection_after_an_unclear_call_is_checked),
        fast(test_what_may_have_been_sent_is_asked_for_first),
        fast(test_what_exists_and_is_not_found_is_in_conflict),
        fast(test_nobody_to_ask_leaves_it_unknown),
        fast(test_a_bad_one_does_not_take_its_neighbours_along),
        fast(test_a_list_may_be_done_in_part),
        fast(test_an_unclear_list_is_asked_for_one_by_one),
        slow(test_as_many_as_allowed_are_on_their_way),
        slow(test_aliases_are_never_on_their_way_together),
        slow(test_nobody_is_overtaken),
        fast(test_aliases_part_lists),
        fast(test_the_rate_is_asked_and_told),
        fast(test_the_rate_says_when),
        fast(test_a_stop_begins_nothing_new),
        fast(test_nobody_listens),
        fast(test_a_reply_can_be_too_large),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_what_the_plan_says),
        cmocka_unit_test(test_secret_fields),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
