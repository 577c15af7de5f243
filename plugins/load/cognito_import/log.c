/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- a line ---- */

/* The first that fits; each is a word of Cognito's in small letters, and what we say of it. */
static const struct { const char *word, *sentence; } reasons[] = {
    { "", NULL },
    { "auto verified", "nothing that the pool verifies (email_verified, phone_number_verified) is true of the user" },
    { "alias", "another user has its e-mail address or phone number" },
    { "already exists", "a user of that name is there already" },
    { "password", "the password hash is not one that the import takes" },
    { "hash", "the password hash is not one that the import takes" },
    { "mfa", "cognito:mfa_enabled does not fit the pool's setting of MFA" },
    { "number of values", "its line has another number of values than the header" },
    { "too long", "its line is too long" },
    { "username", "the user name is not one that the pool takes" },
    { "phone", "the phone number is not one that the pool takes" },
    { "email", "the e-mail address is not one that the pool takes" },
    { "schema", "an attribute does not fit the pool's schema" },
    { "internal", "an error inside Cognito; such a user can be loaded once more" },
};

enum { N_REASONS = sizeof reasons / sizeof *reasons };

static bool holds(const char *text, size_t n, const char *word)
{
    size_t n_word = strlen(word);

    for (size_t i = 0; i + n_word <= n; i++)
        if (strncasecmp(text + i, word, n_word) == 0)
            return true;
    return false;
}

static int reason_in(const char *text, size_t n)
{
    for (int i = 1; i < N_REASONS; i++)
        if (holds(text, n, reasons[i].word))
            return i;
    return 0;
}

const char *log_reason(int reason)
{
    return reason > 0 && reason < N_REASONS ? reasons[reason].sentence : NULL;
}

static bool skip(const char **p, const char *end, const char *word)
{
    size_t n = strlen(word);

    while (*p < end && **p == ' ')
        (*p)++;
    if ((size_t)(end - *p) < n || strncasecmp(*p, word, n) != 0)
        return false;
    *p += n;
    return true;
}

static enum log_tag take_tag(const char **p, const char *end)
{
    static const char *const tags[] = { NULL, "[SUCCEEDED]", "[SKIPPED]", "[FAILED]" };

    for (int i = LOG_SUCCEEDED; i < LOG_N_TAGS; i++)
        if (skip(p, end, tags[i]))
            return (enum log_tag)i;
    return LOG_NONE;
}

static bool take_number(const char **p, const char *end, int64_t *ret)
{
    const char *start;

    while (*p < end && **p == ' ')
        (*p)++;
    start = *p;
    for (*ret = 0; *p < end && **p >= '0' && **p <= '9' && *p - start < 10; (*p)++)
        *ret = *ret * 10 + (**p - '0');
    return *p > start && (*p == end || **p < '0' || **p > '9');
}

bool log_parse(const char *text, size_t n, struct log_entry *ret)
{
    const char *p = text, *end = text + n;
    struct log_entry entry = { .tag = take_tag(&p, end) };

    if (entry.tag == LOG_NONE || !skip(&p, end, "line"))
        return false;
    (void)skip(&p, end, "number");
    if (!take_number(&p, end, &entry.number))
        return false;
    entry.reason = entry.tag == LOG_SUCCEEDED ? 0 : reason_in(p, (size_t)(end - p));
    *ret = entry;
    return true;
}

/* ---- the lines of a job ---- */

bool log_begin(struct log_lines *lines, int32_t n_rows)
{
    *lines = (struct log_lines){ .n_rows = n_rows, .of = calloc((size_t)n_rows + 2, 1), .lowest = INT64_MAX };
    return lines->of != NULL;
}

void log_end(struct log_lines *lines)
{
    free(lines->of);
    *lines = (struct log_lines){ 0 };
}

void log_add(struct log_lines *lines, const struct log_entry *entry)
{
    uint8_t *of, byte = (uint8_t)(entry->tag | entry->reason << 2);

    if (entry->number < 1 || entry->number > lines->n_rows + 1) {
        lines->strange = true;
        return;
    }
    of = &lines->of[entry->number];
    if (*of) {
        if (*of != LOG_TWICE && log_tag_of(*of) != entry->tag) {
            lines->n_tags[log_tag_of(*of)]--;
            lines->contradicts = true;
            *of = LOG_TWICE;
        }
        return;
    }
    *of = byte;
    lines->n_seen++;
    lines->n_tags[entry->tag]++;
    lines->lowest = entry->number < lines->lowest ? entry->number : lines->lowest;
    lines->highest = entry->number > lines->highest ? entry->number : lines->highest;
}

static bool can_be(const struct log_lines *lines, int base)
{
    return lines->lowest >= base && lines->highest < base + (int64_t)lines->n_rows;
}

int log_base(const struct log_lines *lines, int known)
{
    if (lines->strange || !lines->n_seen)
        return lines->strange ? 0 : known;
    if (known)
        return can_be(lines, known) ? known : 0;
    if (can_be(lines, 1) && can_be(lines, 2))
        return 0;
    return can_be(lines, 1) ? 1 : can_be(lines, 2) ? 2 : 0;
}

/* ---- verdicts ---- */

static int64_t count_of(const struct log_counts *counts, int tag)
{
    return tag == LOG_SUCCEEDED ? counts->imported : tag == LOG_SKIPPED ? counts->skipped : counts->failed;
}

/* What every row is that has no line, if that is certain. */
static enum log_tag rest_of(const struct log_lines *lines, const struct log_counts *counts)
{
    int64_t left = lines->n_rows - lines->n_seen;

    if (lines->contradicts || counts->imported + counts->skipped + counts->failed != lines->n_rows)
        return LOG_NONE;
    for (int tag = LOG_SUCCEEDED; tag < LOG_N_TAGS; tag++)
        if (left && count_of(counts, tag) - lines->n_tags[tag] == left)
            return (enum log_tag)tag;
    return LOG_NONE;
}

/* All are of one kind: then no line is needed. */
static enum log_tag only_kind(const struct log_lines *lines, const struct log_counts *counts)
{
    for (int tag = LOG_SUCCEEDED; tag < LOG_N_TAGS; tag++)
        if (count_of(counts, tag) == lines->n_rows &&
            counts->imported + counts->skipped + counts->failed == lines->n_rows)
            return (enum log_tag)tag;
    return LOG_NONE;
}

void log_judge(const struct log_lines *lines, const struct log_counts *counts, int base, uint8_t *ret)
{
    enum log_tag all = only_kind(lines, counts), rest = rest_of(lines, counts);

    for (int32_t i = 0; i < lines->n_rows; i++) {
        uint8_t line = base ? lines->of[i + base] : 0;

        if (line == LOG_TWICE)
            line = LOG_NONE;
        else if (!line)
            line = base ? (uint8_t)rest : (uint8_t)all;
        ret[i] = line;
    }
}
