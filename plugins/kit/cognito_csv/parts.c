/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/cognito_csv/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit/text/text.h"

static const char suffix[] = ".lines";

enum {
    MAX_NAME = 180, /* bytes of the file's name: `users-12.csv.lines` and the mark must have room for it */
    KEY_CHUNK = 4096
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool goes_nowhere(const char *path)
{
    return strcmp(path, "/dev/null") == 0;
}

char *parts_path(const char *path, int64_t number)
{
    const char *name = name_of(path), *dot = strrchr(name, '.');
    size_t n_stem = dot && dot > name ? (size_t)(dot - path) : strlen(path);
    char *out = malloc(strlen(path) + 24);

    if (!out)
        return NULL;
    if (number == 1 || goes_nowhere(path))
        return strcpy(out, path);
    (void)sprintf(out, "%.*s-%" PRId64 "%s", (int)n_stem, path, number, path + n_stem);
    return out;
}

static bool is_number(const char *text, size_t n)
{
    return n > 0 && strspn(text, "0123456789") >= n;
}

/* users.csv, users-12.csv, or one of them with .lines, where `path` is that of the first. */
static bool is_part_name(const char *path, const char *name)
{
    const char *first = name_of(path), *dot = strrchr(first, '.');
    size_t n_stem = dot && dot > first ? (size_t)(dot - first) : strlen(first), n_end = strlen(first + n_stem);
    size_t n = strlen(name), n_suffix = sizeof suffix - 1;

    if (n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0)
        n -= n_suffix;
    if (n < n_stem + n_end || memcmp(name, first, n_stem) != 0 ||
        memcmp(name + n - n_end, first + n_stem, n_end) != 0)
        return false;
    n -= n_stem + n_end;
    return n == 0 || (name[n_stem] == '-' && is_number(name + n_stem + 1, n - 1));
}

static char *lines_path(const char *path)
{
    char *out = malloc(strlen(path) + sizeof suffix);

    if (out)
        (void)sprintf(out, "%s%s", path, suffix);
    return out;
}

void parts_plan(struct leat_plan *plan, const char *path)
{
    char *lines = leat_plan_alloc(plan, strlen(path) + sizeof suffix);

    (void)sprintf(lines, "%s%s", path, suffix);
    if (strlen(name_of(path)) > MAX_NAME)
        leat_plan_wrong(plan, "path", "the name of the file has more than %d bytes; choose a shorter one", MAX_NAME);
    else
        leat_output_plan(plan, path);
    if (!goes_nowhere(path))
        leat_plan_output(plan, lines);
}

static void part_free(struct part *part)
{
    leat_output_close(&part->file);
    leat_output_close(&part->lines);
    free(part->path);
    free(part->lines_path);
    free(part);
}

/* Where the current part goes; it opens nothing. */
static int part_new(struct parts *parts, struct leat_error *err)
{
    struct part *part = calloc(1, sizeof *part);

    parts->current = part;
    if (part)
        part->path = parts_path(parts->path, parts->number);
    if (part && part->path)
        part->lines_path = lines_path(part->path);
    if (!part || !part->path || !part->lines_path)
        return leat_fail(err, -ENOMEM, "cannot write %s: no memory", parts->path);
    return 0;
}

static int part_open(struct parts *parts, const char *file_mark, const char *lines_mark, struct leat_error *err)
{
    struct part *part;
    int rc = part_new(parts, err);

    if (rc < 0)
        return rc;
    part = parts->current;
    rc = leat_output_open(&part->file, part->path, file_mark, err);
    if (rc == 0 && part->file.part && !parts->no_lines)
        rc = leat_output_open(&part->lines, part->lines_path, lines_mark, err);
    if (rc == 0 && leat_output_tell(&part->file) == 0)
        leat_output_put(&part->file, parts->header, parts->n_header);
    return rc;
}

/* NUMBER ROWS/MARK OF THE FILE/MARK OF THE LINES; a file's name holds no slash. */
static int resume(struct parts *parts, const char *mark, struct leat_error *err)
{
    struct leat_mark copy;
    char *file, *lines;

    (void)snprintf(copy.text, sizeof copy.text, "%s", mark);
    file = strchr(copy.text, '/');
    lines = file ? strchr(file + 1, '/') : NULL;
    if (!lines || sscanf(copy.text, "%" SCNd64 " %" SCNd64, &parts->number, &parts->rows) != 2)
        return leat_fail(err, -EINVAL, "cannot go on with %s: its mark in the state is damaged", parts->path);
    *file++ = *lines++ = '\0';
    return part_open(parts, file, lines, err);
}

void parts_sweep(struct leat_stage *stage, const char *path)
{
    leat_output_sweep(stage, path, is_part_name);
}

int parts_open(struct parts *parts, struct leat_stage *stage, struct leat_error *err)
{
    const char *mark = leat_stage_mark(stage);

    parts->number = 1;
    parts->rows = 0;
    parts_sweep(stage, parts->path);
    return mark && *mark ? resume(parts, mark, err) : part_open(parts, NULL, NULL, err);
}

bool parts_fit(const struct parts *parts, size_t n)
{
    if (!parts->current->file.part)
        return true;
    return parts->rows < parts->max_rows &&
           leat_output_tell(&parts->current->file) + (int64_t)n <= parts->max_bytes;
}

int parts_finish(struct parts *parts, struct leat_error *err)
{
    struct part *part = parts->current;
    int rc = leat_output_finish(&part->file, err);

    if (rc == 0 && !parts->no_lines)
        rc = leat_output_finish(&part->lines, err);
    if (rc < 0)
        return rc;
    part->number = parts->number;
    part->rows = parts->rows;
    part->next = parts->finished;
    parts->finished = part;
    parts->current = NULL;
    return 0;
}

/* A finished part may wait for its commit beside many others, so its buffers go, but not before the next one holds
 * the lock for all. */
int parts_turn(struct parts *parts, struct leat_error *err)
{
    struct part *part = parts->current;
    int rc = parts_finish(parts, err);

    if (rc < 0)
        return rc;
    parts->number++;
    parts->rows = 0;
    rc = part_open(parts, NULL, NULL, err);
    leat_output_rest(&part->file);
    leat_output_rest(&part->lines);
    return rc;
}

/* A key stands on one line, whatever it holds. */
static char *put_escaped(char *out, char c)
{
    static const char from[] = "\t\n\r\\", to[] = "tnr\\";
    const char *found = c ? strchr(from, c) : NULL;

    if (!found) {
        *out++ = c;
        return out;
    }
    *out++ = '\\';
    *out++ = to[found - from];
    return out;
}

static void put_key(struct leat_output *lines, const char *key, size_t n)
{
    while (n) {
        size_t chunk = n < KEY_CHUNK ? n : KEY_CHUNK;
        char *out = leat_output_reserve(lines, 2 * KEY_CHUNK);

        for (size_t i = 0; i < chunk; i++) {
            if ((unsigned char)key[i] > '\\' || ((unsigned char)key[i] > '\r' && key[i] != '\\'))
                *out++ = key[i];
            else
                out = put_escaped(out, key[i]);
        }
        leat_output_advance(lines, out);
        key += chunk;
        n -= chunk;
    }
}

void parts_note_row(struct parts *parts, const char *key, size_t n)
{
    struct leat_output *lines = &parts->current->lines;
    char *out;

    parts->rows++;
    if (!parts->current->file.part || parts->no_lines)
        return;
    out = leat_int64_put(leat_output_reserve(lines, LEAT_VALUE_ROOM), parts->rows + 1); /* the header is line 1 */
    *out++ = '\t';
    leat_output_advance(lines, out);
    put_key(lines, key, key ? n : 0);
    leat_output_put(lines, "\n", 1);
}

int parts_check(const struct parts *parts, struct leat_error *err)
{
    const struct part *part = parts->current;
    int rc = leat_output_check(&part->file, err);

    return rc < 0 || !part->file.part || parts->no_lines ? rc : leat_output_check(&part->lines, err);
}

static int publish(struct leat_stage *stage, struct leat_output *file, bool last, struct leat_error *err)
{
    int rc = last ? 0 : leat_output_keep(file, err);

    if (rc < 0)
        return rc;
    leat_stage_publish(stage, file->part, file->path);
    file->published = true;
    return 0;
}

static int publish_finished(struct parts *parts, struct leat_stage *stage, bool last, struct leat_error *err)
{
    while (parts->finished) {
        struct part *part = parts->finished;
        int rc = publish(stage, &part->file, last, err);

        if (rc == 0 && !parts->no_lines)
            rc = publish(stage, &part->lines, last, err);
        if (rc < 0)
            return rc;
        parts->finished = part->next;
        part_free(part);
    }
    return 0;
}

/* What an earlier, larger run left behind would be taken for a part of this one. */
static void warn_of_stale(const struct parts *parts, struct leat_stage *stage)
{
    char *path = parts_path(parts->path, parts->number + 1);

    if (path && access(path, F_OK) == 0)
        leat_stage_log(stage, LEAT_LOG_WARNING, "%s is not of this run, which ends with part %" PRId64 "; remove it "
                       "before you import", path, parts->number);
    free(path);
}

static int commit_last(struct parts *parts, struct leat_stage *stage, struct leat_mark *mark, struct leat_error *err)
{
    struct part *part = parts->current;
    int rc = leat_output_commit(&part->file, stage, true, mark, err);

    if (rc < 0 || !part->file.part)
        return rc;
    warn_of_stale(parts, stage);
    return leat_output_commit(&part->lines, stage, true, mark, err);
}

int parts_commit(struct parts *parts, struct leat_stage *stage, bool last, struct leat_mark *ret_mark,
                 struct leat_error *err)
{
    struct leat_mark file = {{0}}, lines = {{0}};
    int rc = publish_finished(parts, stage, last, err), n;

    if (rc == 0 && last && !parts->current)
        warn_of_stale(parts, stage);
    if (rc < 0 || !parts->current)
        return rc;
    if (last || !parts->current->file.part)
        return last ? commit_last(parts, stage, ret_mark, err) : 0;
    rc = leat_output_commit(&parts->current->file, stage, false, &file, err);
    if (rc == 0)
        rc = leat_output_commit(&parts->current->lines, stage, false, &lines, err);
    if (rc < 0)
        return rc;
    n = snprintf(ret_mark->text, sizeof ret_mark->text, "%" PRId64 " %" PRId64 "/%s/%s", parts->number, parts->rows,
                 file.text, lines.text);
    return n < (int)sizeof ret_mark->text ? 0 : leat_fail(err, -ENAMETOOLONG, "cannot write %s: its name is too long",
                                                          parts->path);
}

void parts_close(struct parts *parts)
{
    if (parts->current)
        part_free(parts->current);
    parts->current = NULL;
    while (parts->finished) {
        struct part *part = parts->finished;

        parts->finished = part->next;
        part_free(part);
    }
}
