/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load/cognito_import that compute: lines of a job's log, which row each is of, what no line is needed
 * for, the names of jobs and of files, what is sent with a second job, and replies that are none.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "load/cognito_import/jobs.h"

/* ---- lines ---- */

static void test_lines(void **state)
{
    static const struct { const char *text; enum log_tag tag; int64_t number; const char *reason; } cases[] = {
        {"[SUCCEEDED] Line Number 5956 - The import succeeded.", LOG_SUCCEEDED, 5956, NULL},
        {"[SKIPPED] Line Number 2 - The user already exists.", LOG_SKIPPED, 2, "is there already"},
        {"[FAILED] Line Number 12 - The User Record does not set any of the auto verified attributes to true. "
          "(Example: email_verified to true).", LOG_FAILED, 12, "nothing that the pool verifies"},
        {"  [failed] line 7: An account with the alias already exists.", LOG_FAILED, 7, "e-mail address or phone"},
        {"[FAILED] Line Number 1 - words that nobody knows 4711", LOG_FAILED, 1, NULL},
        {"[FAILED] Line Number 500001", LOG_FAILED, 500001, NULL},
        {"Line Number 3 - The import succeeded.", LOG_NONE, 0, NULL},
        {"[SUCCEEDED] Number 3", LOG_NONE, 0, NULL},
        {"[SUCCEEDED] Line Number x3", LOG_NONE, 0, NULL},
        {"[SUCCEEDED] Line Number 99999999999", LOG_NONE, 0, NULL},
        {"[SUCCEEDED]", LOG_NONE, 0, NULL},
        {"", LOG_NONE, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = strlen(cases[i].text);
        char *exact = malloc(n + 1); /* a sanitizer sees a byte read beyond it */
        struct log_entry entry = {0};

        memcpy(exact, cases[i].text, n);
        assert_int_equal(log_parse(exact, n, &entry), cases[i].tag != LOG_NONE);
        free(exact);
        assert_int_equal(entry.tag, cases[i].tag);
        assert_int_equal(entry.number, cases[i].number);
        if (cases[i].reason)
            assert_has(log_reason(entry.reason), cases[i].reason);
        else
            assert_null(log_reason(entry.reason));
    }
}

/* ---- which row ---- */

/* "S3 F7 K8": tags with their numbers. */
static struct log_lines lines_of(const char *text, int32_t n_rows)
{
    struct log_lines lines;

    assert_true(log_begin(&lines, n_rows));
    for (const char *p = text; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        enum log_tag tag = *p == 'S' ? LOG_SUCCEEDED : *p == 'K' ? LOG_SKIPPED : LOG_FAILED;

        log_add(&lines, &(struct log_entry){.tag = tag, .number = atoi(p + 1)});
    }
    return lines;
}

static int base_of(const char *text, int32_t n_rows, int known)
{
    struct log_lines lines = lines_of(text, n_rows);
    int base = log_base(&lines, known);

    log_end(&lines);
    return base;
}

static void test_the_first_line_is_found_out(void **state)
{
    (void)state;
    assert_int_equal(base_of("S1 S2 S3", 3, 0), 1);
    assert_int_equal(base_of("S4 S2 S3", 3, 0), 2);
    assert_int_equal(base_of("S1", 3, 0), 1);
    assert_int_equal(base_of("S4", 3, 0), 2);
    assert_int_equal(base_of("S2 S3", 3, 0), 0);    /* either */
    assert_int_equal(base_of("S2 S3", 3, 1), 1);    /* an earlier job has shown it */
    assert_int_equal(base_of("S2 S3", 3, 2), 2);
    assert_int_equal(base_of("", 3, 2), 2);
    assert_int_equal(base_of("", 3, 0), 0);
    assert_int_equal(base_of("S1 S4", 3, 0), 0);    /* four lines for three rows: neither */
    assert_int_equal(base_of("S1 S2", 3, 2), 0);    /* not what was shown before */
    assert_int_equal(base_of("S1 S5", 3, 0), 0);    /* a line that no row can have */
    assert_int_equal(base_of("S0 S1", 3, 0), 0);
    assert_int_equal(base_of("S1", 1, 0), 1);
    assert_int_equal(base_of("S2", 1, 0), 2);
}

/* ---- verdicts ---- */

static const char *judged(const char *text, int32_t n_rows, struct log_counts counts, int base)
{
    static const char letters[] = "?SKF";
    static char out[32];
    struct log_lines lines = lines_of(text, n_rows);
    uint8_t verdicts[32];

    log_judge(&lines, &counts, base, verdicts);
    for (int32_t i = 0; i < n_rows; i++)
        out[i] = letters[log_tag_of(verdicts[i])];
    out[n_rows] = '\0';
    log_end(&lines);
    return out;
}

static void test_verdicts(void **state)
{
    (void)state;
    assert_string_equal(judged("S2 K3 F4", 3, (struct log_counts){1, 1, 1}, 2), "SKF");
    assert_string_equal(judged("F3 S1 K2", 3, (struct log_counts){1, 1, 1}, 1), "SKF");
    assert_string_equal(judged("S1 S1 K2 F3", 3, (struct log_counts){1, 1, 1}, 1), "SKF"); /* read twice */
    assert_string_equal(judged("S1 F2", 3, (struct log_counts){1, 1, 1}, 1), "SFK");  /* one is left, of one kind */
    assert_string_equal(judged("S1", 3, (struct log_counts){1, 1, 1}, 1), "S??");     /* either way round */
    assert_string_equal(judged("S1 F2", 3, (struct log_counts){1, 0, 1}, 1), "SF?");  /* the job did not come so far */
    assert_string_equal(judged("", 3, (struct log_counts){3, 0, 0}, 0), "SSS");
    assert_string_equal(judged("", 3, (struct log_counts){0, 3, 0}, 0), "KKK");
    assert_string_equal(judged("", 3, (struct log_counts){2, 1, 0}, 0), "???");
    assert_string_equal(judged("S2 K3", 3, (struct log_counts){2, 1, 0}, 0), "???");  /* but which lines are these? */
    assert_string_equal(judged("S1 F1 K2 S3", 3, (struct log_counts){1, 1, 1}, 1), "?KS"); /* it says both */
}

/* ---- names ---- */

static void test_names_of_jobs(void **state)
{
    struct piece piece = {.set = COGNITO_BCRYPT, .number = 3};
    char name[JOB_NAME], hash[65];

    (void)state;
    memset(piece.hash, 'a', 64);
    memset(hash, 'b', 64);
    hash[64] = '\0';
    attempt_name("0123456789ab", &piece, 2, hash, name);
    assert_string_equal(name, "leat-0123456789ab-b3-aaaaaaaaaaaa-2-bbbbbbbb");
    assert_int_equal(attempt_prefix("0123456789ab", &piece, name), strlen("leat-0123456789ab-b3-aaaaaaaaaaaa"));
}

static void test_names_of_files(void **state)
{
    static const struct { const char *path; enum cognito_algorithm set; const char *wanted; } cases[] = {
        {"/a/users.csv", COGNITO_NO_ALGORITHM, "/a/users.csv"}, {"/a/users.csv", COGNITO_BCRYPT, "/a/users-bcrypt.csv"},
        {"/a.b/users", COGNITO_SCRYPT, "/a.b/users-scrypt"}, {"/a/.csv", COGNITO_ARGON2ID, "/a/.csv-argon2id"},
        {"users.csv", COGNITO_PBKDF2_SHA256, "users-pbkdf2_sha256.csv"},
    };
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sets_path(cases[i].path, cases[i].set, path);
        assert_string_equal(path, cases[i].wanted);
    }
}

/* ---- what is sent ---- */

/* The rows that go next, as a text of their numbers. */
static const char *next(struct jobs *jobs, struct piece *piece, bool *ret_none)
{
    static char out[256];
    struct leat_error err = {0};
    struct content content = {0};

    if (attempt_make(jobs, piece, ret_none, &err) < 0)
        fail_msg("%s", err.text);
    if (*ret_none)
        return "";
    assert_int_equal(content_open(&content, jobs->attempt.path, &err), 0);
    (void)snprintf(out, sizeof out, "%.*s", (int)content.n, content.p);
    content_close(&content);
    return out;
}

static void test_what_is_sent(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char folder[200], path[256];
    uint8_t verdicts[5] = {0};
    struct piece piece = {.set = COGNITO_NO_ALGORITHM, .number = 1, .path = path, .final = path, .n_rows = 5,
                          .verdicts = verdicts, .hash = "whole"};
    struct jobs jobs = {.trial = 2, .work = "w"};
    bool none;
    FILE *file;

    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/cognito-import-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/users.csv", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("head\na\nb\nc\nd\ne\n", file) >= 0);
    fclose(file);

    assert_string_equal(next(&jobs, &piece, &none), "head\na\nb\n"); /* the trial */
    assert_true(jobs.attempt.is_trial);
    assert_int_equal(jobs.attempt.number, 1);
    verdicts[0] = LOG_SUCCEEDED;
    assert_string_equal(next(&jobs, &piece, &none), "head\nb\n"); /* what the trial has left */
    assert_true(jobs.attempt.is_trial);
    verdicts[1] = LOG_SUCCEEDED;
    assert_string_equal(next(&jobs, &piece, &none), "head\nc\nd\ne\n");
    assert_false(jobs.attempt.is_trial);
    verdicts[3] = LOG_FAILED;
    assert_string_equal(next(&jobs, &piece, &none), "head\nc\ne\n");
    assert_int_equal(jobs.attempt.number, 4);
    assert_int_equal(jobs.attempt.rows[1], 4);
    verdicts[2] = verdicts[4] = LOG_SKIPPED;
    assert_string_equal(next(&jobs, &piece, &none), "");
    assert_true(none);
    attempt_end(&jobs.attempt);

    memset(verdicts, 0, sizeof verdicts);
    jobs.trial = 5; /* no fewer than there are */
    assert_string_equal(next(&jobs, &piece, &none), "head\na\nb\nc\nd\ne\n");
    assert_false(jobs.attempt.is_trial);
    assert_null(jobs.attempt.rows);
    assert_string_equal(jobs.attempt.hash, "whole");
    attempt_end(&jobs.attempt);
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left there */
}

/* ---- replies ---- */

static void test_replies_that_are_none(void **state)
{
    static const char *const texts[] = {
        "", "{", "[]", "null", "{\"UserImportJob\": 1}", "{\"UserImportJob\": {}}", "{\"UserImportJob\": {\"JobId\": "
               "5}}",
        "{\"UserImportJob\": {\"JobId\": \"a\\\"b\", \"JobName\": \"x\"}}", "<html>",
    };
    struct leat_http_reply good = {.body = "{\"UserImportJob\": {\"JobId\": \"import-1\", \"JobName\": \"n\", "
                                    "\"Status\": \"Succeeded\", \"ImportedUsers\": 3, \"PreSignedUrl\": \"u\"}}"};
    struct leat_put url = {0};
    struct job job;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_http_reply reply = {.body = texts[i], .n_body = strlen(texts[i])};
        struct leat_error err = {0};

        assert_int_equal(reply_job(&reply, &job, &url, &err), LEAT_EUNREACHABLE);
        assert_has(err.text, "is not what AWS documents");
    }
    good.n_body = strlen(good.body);
    assert_int_equal(reply_job(&good, &job, &url, NULL), 0);
    assert_int_equal(job.status, JOB_SUCCEEDED);
    assert_int_equal(job.counts.imported, 3);
    assert_string_equal(url.p, "u");
    leat_put_free(&url);
}

/* Of jobs in a list those of the same pipeline are kept, whichever run they are of; a page must lead on. */
static void test_lists(void **state)
{
    struct jobs jobs = {.work = "01234567abcd"};
    struct leat_error err = {0};
    const char *body = "{\"PaginationToken\": \"next\", \"UserImportJobs\": ["
        "{\"JobId\": \"a\", \"JobName\": \"leat-01234567abcd-b1-x\", \"Status\": \"Succeeded\"},"
        "{\"JobId\": \"b\", \"JobName\": \"leat-76543210abcd-b1-x\", \"Status\": \"Succeeded\"},"
        "{\"JobId\": \"c\", \"JobName\": \"leat-01234567ffff-b1-x\", \"Status\": \"Resting\"},"
        "{\"JobId\": \"d\", \"JobName\": \"leat\", \"Status\": \"Created\"}]}";

    (void)state;
    jobs.call.reply = (struct leat_http_reply){.body = body, .n_body = strlen(body)};
    assert_int_equal(reply_list(&jobs, &err), 0);
    assert_int_equal(jobs.n_found, 2);
    assert_string_equal(jobs.found[1].id, "b");
    assert_string_equal(jobs.token.p, "next");
    assert_false(jobs.seen_at_work);
    assert_int_equal(reply_list(&jobs, &err), LEAT_EUNREACHABLE); /* the same page again */
    leat_put_free(&jobs.token);
    free(jobs.found);
}

static void test_an_empty_file(void **state)
{
    struct content content = {0};
    struct leat_error err = {0};

    (void)state;
    errno = ENOSPC; /* of something before */
    assert_int_equal(content_open(&content, "/dev/null", &err), -EIO);
    assert_has(err.text, "it is empty");
    assert_int_equal(content_open(&content, "/nowhere/at/all", &err), -ENOENT);
}

/* ---- the canary ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct canary_user *)a)->name, ((const struct canary_user *)b)->name);
}

static void test_where_a_canary_stands(void **state)
{
    struct piece pieces[] = {{.set = COGNITO_BCRYPT, .n_rows = 10}, {.set = COGNITO_SCRYPT, .n_rows = 5},
                             {.set = COGNITO_BCRYPT, .n_rows = 3}};
    struct sets sets = {.pieces = pieces, .n_pieces = 3};
    struct canary canary = {.path = "canary.csv", .n = 3, .users = {{.name = "a", .n_name = 1, .line = 4},
                            {.name = "ab", .n_name = 2, .line = 3}, {.name = "b", .n_name = 1, .line = 2}}};
    struct leat_error err = {0};

    (void)state;
    canary_meet(&canary, "ab", 2, COGNITO_BCRYPT, 11, true);
    canary_meet(&canary, "abc", 3, COGNITO_BCRYPT, 2, true);
    canary_meet(&canary, "b", 1, COGNITO_SCRYPT, 4, true);
    assert_int_equal(canary_place(&canary, &sets, &err), 0);
    assert_int_equal(canary.n_missing, 1);
    assert_int_equal(canary.n_of[COGNITO_NO_ALGORITHM], 1);
    assert_int_equal(canary_missing(&canary, &err), LEAT_EDATA);
    assert_has(err.text, "1 are not in the input, or were rejected (line 4)");
    for (int i = 0; i < 3; i++)
        pieces[i].n_canary = 0;
    memset(canary.n_of, 0, sizeof canary.n_of);
    qsort(canary.users, 3, sizeof *canary.users, by_name);
    canary_meet(&canary, "a", 1, COGNITO_BCRYPT, 9, true);
    canary_meet(&canary, "a", 1, COGNITO_BCRYPT, 12, true); /* the first of two is meant */
    assert_int_equal(canary_place(&canary, &sets, &err), 0);
    assert_int_equal(pieces[0].n_canary, 1);
    assert_int_equal(canary.users[pieces[0].canary].row, 9);
    assert_int_equal(pieces[1].n_canary, 1);
    assert_int_equal(canary.users[pieces[1].canary].row, 4);
    assert_int_equal(pieces[2].n_canary, 1);
    assert_int_equal(canary.users[pieces[2].canary].row, 1);
    assert_int_equal(canary.n_of[COGNITO_BCRYPT], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_the_first_line_is_found_out),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_names_of_jobs),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_an_empty_file),
        cmocka_unit_test(test_where_a_canary_stands),
        cmocka_unit_test(test_names_of_files),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_replies_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
