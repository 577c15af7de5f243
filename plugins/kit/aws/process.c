/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * credential_process: a program that prints credentials (AWS SDKs and Tools Reference
 * Guide, "Process credential provider"). No shell is asked: its words are parted as
 * a shell does, and nothing in them means anything more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "kit/aws/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { LIMIT_MS = 60000, LOOK_MS = 100, WAIT_MS = 10, MAX_OUTPUT = 64 << 10, MAX_WORDS = 64 };

/* ---- words ---- */

/* One word, written over where it stood; it is never longer. NULL: a quote is not closed. */
static char *take_word(char **p, char **out)
{
    char *word = *out, quote = 0;

    for (; **p && (quote || !strchr(" \t\r\n", **p)); (*p)++) {
        char c = **p;

        if (c == quote) {
            quote = 0;
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        } else if (c == '\\' && (!quote || (quote == '"' && strchr("\"\\", (*p)[1]))) && (*p)[1]) {
            *(*out)++ = *++*p;
        } else {
            *(*out)++ = c;
        }
    }
    return quote ? NULL : word;
}

/* False: no words, too many, or a quote that is not closed. */
static bool split(char *line, char *words[MAX_WORDS + 1])
{
    char *p = line, *out = line;
    int n = 0;

    for (;;) {
        bool more;

        p += strspn(p, " \t\r\n");
        if (!*p)
            break;
        if (n == MAX_WORDS || !(words[n++] = take_word(&p, &out)))
            return false;
        more = *p != '\0';
        p += more;
        *out++ = '\0';
        if (!more)
            break;
    }
    words[n] = NULL;
    return n > 0;
}

/* ---- the program ---- */

struct child {
    pid_t pid;
    int out;
    int64_t end_ms;
    struct leat_put text;
};

/* In a group of its own, so that what it starts ends with it; with no signal ignored or blocked by ours. */
static int spawn(struct child *child, char **words, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    int fault;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGHUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    fault = posix_spawnp(&child->pid, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -fault;
}

static int start(struct child *child, char **words)
{
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    rc = spawn(child, words, ends[1]);
    close(ends[1]);
    if (rc < 0)
        close(ends[0]);
    else
        child->out = ends[0];
    return rc;
}

static int too_long(struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "credential_process has not ended after %d seconds; run its command by "
                                             "hand to see what it waits for", LIMIT_MS / 1000);
}

/* Reads until its end. Returns 0, or negative: it is to be ended. */
static int read_output(const struct leat_aws *aws, struct child *child, struct leat_error *err)
{
    struct pollfd fd = { .fd = child->out, .events = POLLIN };
    char *room = leat_put_reserve(&child->text, MAX_OUTPUT + 1);

    while (room) {
        int rc = ask_pause(aws, 0, err), n = rc < 0 ? 0 : poll(&fd, 1, LOOK_MS);
        ssize_t got;

        if (rc < 0)
            return rc;
        if (leat_now_ms() > child->end_ms)
            return too_long(err);
        if (n <= 0)
            continue;
        got = read(child->out, room + child->text.n, MAX_OUTPUT + 1 - child->text.n);
        if (got == 0)
            return 0;
        child->text.n += got > 0 ? (size_t)got : 0;
        if ((got < 0 && errno != EINTR) || child->text.n > MAX_OUTPUT)
            return leat_fail(err, LEAT_EUNREACHABLE, "credential_process prints more than %d KiB, which are no "
                                                     "credentials",
                             MAX_OUTPUT >> 10);
    }
    return leat_fail(err, -ENOMEM, "out of memory");
}

static int wait_for_end(const struct leat_aws *aws, struct child *child, int *ret_status, struct leat_error *err)
{
    pid_t ended;
    int rc = 0;

    while (rc == 0 && (ended = waitpid(child->pid, ret_status, WNOHANG)) != child->pid) {
        if (ended < 0 && errno != EINTR)
            return leat_fail(err, LEAT_EUNREACHABLE, "cannot wait for credential_process: %s", strerror(errno));
        rc = leat_now_ms() > child->end_ms ? too_long(err) : ask_pause(aws, WAIT_MS, err);
    }
    return rc;
}

static void end(struct child *child)
{
    int status;

    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
}

static int run(struct chain *c, char **words, struct child *child, struct leat_error *err)
{
    int status = 0, rc = start(child, words);

    if (rc < 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has a credential_process that cannot be "
                                                 "started: %s; its first word must be a program",
                         c->profile, strerror(-rc));
    child->end_ms = leat_now_ms() + LIMIT_MS;
    rc = read_output(c->aws, child, err);
    close(child->out);
    if (rc == 0)
        rc = wait_for_end(c->aws, child, &status, err);
    if (rc < 0) {
        end(child);
        return rc;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return leat_fail(err, LEAT_EUNREACHABLE, "credential_process of the profile \"%.64s\" has ended with %s %d; run "
                                             "its command by hand to see why", c->profile,
                     WIFEXITED(status) ? "status" : "signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* ---- its output ---- */

static int read_keys(struct chain *c, const struct leat_put *text, struct leat_error *err)
{
    static const struct key_names names = { .id = "AccessKeyId", .secret = "SecretAccessKey", .token = "SessionToken",
                                            .expires = "Expiration", .may_last = true };
    char *version = json_member(text->p, text->n, NULL, "Version");
    bool ok = version && strcmp(version, "1") == 0;

    free(version);
    if (!ok)
        return leat_fail(err, LEAT_EUNREACHABLE, "credential_process of the profile \"%.64s\" does not print JSON with "
                                                 "\"Version\": 1; run its command by hand to see what it prints",
                         c->profile);
    return keys_from_json(&c->keys, &names, text->p, text->n, "credential_process", err);
}

int source_process(struct chain *c, struct leat_error *err)
{
    const char *command = aws_setting(c->aws, c->profile, "credential_process");
    char *line = command ? strdup(command) : NULL, *words[MAX_WORDS + 1];
    struct child child = { 0 };
    int rc;

    if (!command)
        return nothing(c, "no credential_process in the profile");
    if (!line)
        return leat_fail(err, -ENOMEM, "out of memory");
    if (!split(line, words))
        rc = leat_fail(err, LEAT_EUNREACHABLE, "credential_process of the profile \"%.64s\" is no command: a quote is "
                                               "not closed, or it has more than %d words", c->profile, MAX_WORDS);
    else
        rc = run(c, words, &child, err);
    if (rc == 0)
        rc = read_keys(c, &child.text, err);
    leat_put_free(&child.text);
    wipe_text(line);
    return rc;
}
