/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rejects fed again: what of the planned pipeline the replay needs to know, so
 * that its extract can be exchanged for the reject file (pipeline/replay.c).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "delivery/records.h"

enum { START = 1 << 20 }; /* of a file, in which its names stand */

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), n_ending = strlen(ending);

    return n > n_ending && strcmp(path + n - n_ending, ending) == 0;
}

/* 0: the file is empty. */
static int first_byte(const char *path, char *ret, struct leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc = fd < 0 ? -errno : 0;
    struct stat st;

    *ret = 0;
    if (rc == 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        rc = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    if (rc == 0 && read(fd, ret, 1) < 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (rc == -EINVAL)
        return leat_fail(err, rc, "cannot read the reject file '%s': it is no regular file", path);
    return rc < 0 ? leat_fail(err, rc, "cannot read the reject file '%s': %s", path, strerror(-rc)) : 0;
}

int leat_cli_reject_plugin(const char *path, const char **ret, struct leat_error *err)
{
    char first;
    int rc = first_byte(path, &first, err);

    if (ends_in(path, ".jsonl") || ends_in(path, ".ndjson"))
        *ret = "jsonl";
    else
        *ret = first == '{' && !ends_in(path, ".csv") ? "jsonl" : "csv";
    return rc;
}

/* The start of the file, NUL-terminated; what cannot be read is found out by who reads all of it. */
static void read_start(const char *path, char ret[static START])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = 0, more = fd < 0 ? 0 : 1;

    while (more > 0 && n < START - 1) {
        more = read(fd, ret + n, (size_t)(START - 1 - n));
        n += more > 0 ? more : 0;
    }
    ret[n] = '\0';
    if (fd >= 0)
        close(fd);
}

static bool is_delimiter(char c)
{
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    return c && !alnum && !(c & 0x80) && !strchr("\"\\\r\n", c);
}

/* What stands at both sides of the name `name` at p, where it has two; 0: it is no name of a column. */
static char around(const char *start, const char *p, const char *name)
{
    const char *end = p + strlen(name);
    bool quoted = p > start && p[-1] == '"';
    char before = p - quoted > start ? p[-1 - quoted] : '\n', after = end[quoted];

    if (quoted && *end != '"')
        return 0;
    if (before == '\n')
        before = after;
    else if (after == '\n' || after == '\r' || !after)
        after = before;
    return before == after && is_delimiter(before) ? before : 0;
}

char leat_cli_reject_delimiter(const char *path)
{
    static const char name[] = "leat:stage";
    char *text = leat_alloc(START), found = 0;
    const char *start;

    read_start(path, text);
    start = strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
    for (const char *p = start; !found && (p = strstr(p, name)); p++)
        found = around(start, p, name);
    free(text);
    return found;
}

/* ---- how the file was written ---- */

static const struct leat_option *option_named(const struct leat_option *options, const char *name)
{
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

/* What the extract of the same name knows, too, such as a delimiter. */
static bool is_shared(const struct leat_plan *written, const struct leat_plugin *reader, const struct leat_node *node)
{
    const struct leat_option *ours = option_named(written->plugin->options, node->name);
    const struct leat_option *theirs = option_named(reader->options, node->name);

    return ours && theirs && ours->type == theirs->type && ours->type != LEAT_OPTION_PATH;
}

static int take_options(struct leat_replay *r, struct leat_session *s, struct leat_error *err)
{
    const struct leat_plan *written = s->source_plan.rejects;
    const struct leat_node *options = written ? written->model->options : NULL;
    const struct leat_node *guarded = options ? leat_node_get(options, "formula_guard") : NULL;
    const struct leat_plugin *reader;
    const struct leat_node **taken;
    int rc = leat_registry_stage(&s->registry, LEAT_KIND_EXTRACT, r->plugin, &reader, NULL, err);

    if (rc < 0 || !options || options->kind != LEAT_MAP || strcmp(written->plugin->name, r->plugin) != 0)
        return rc;
    if (guarded && strcmp(guarded->text, "escape") == 0)
        return leat_fail(err, LEAT_EUSAGE, "cannot feed rejects again that were written with formula_guard: escape, "
                         "since some of their values have got an apostrophe; take it out of rejects: and reject anew");
    taken = leat_arena_alloc(&s->source_plan.arena, ((size_t)options->n_children + 1) * sizeof *taken);
    for (int i = 0; i < options->n_children; i++)
        if (is_shared(written, reader, options->children[i]))
            taken[r->n_options++] = options->children[i];
    r->options = taken;
    return 0;
}

/* ---- what it stands for ---- */

static int refuse_secrets(const struct leat_schema *schema, struct leat_error *err)
{
    for (int i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].data_class == LEAT_SECRET)
            return leat_fail(err, LEAT_EUSAGE, "cannot feed rejects again: the field '%.80s' of the extract is secret, "
                             "and a reject file has no secrets; put the records right where they come from, and run "
                             "without --from-rejects", schema->fields[i].name);
    return 0;
}

const char *leat_cli_replay_obstacle(const struct leat_schema *schema)
{
    for (int i = 0; i < LEAT_N_REJECT_COLUMNS; i++)
        if (leat_schema_find(schema, leat_reject_columns[i]) >= 0)
            return leat_reject_columns[i];
    return NULL;
}

static int refuse_names(const struct leat_schema *schema, struct leat_error *err)
{
    const char *name = leat_cli_replay_obstacle(schema);

    if (!name)
        return 0;
    return leat_fail(err, LEAT_EUSAGE, "cannot feed rejects again: the extract has a field '%s', and in a reject file "
                     "the column of that name says what leat has to say of the record; put the records right where they "
                     "come from, and run without --from-rejects, or give the field another name there", name);
}

static void take_key(struct leat_replay *r, struct leat_session *s)
{
    const struct leat_plan *extract = leat_plan_extract(&s->source_plan);
    const char **names = leat_arena_alloc(&s->source_plan.arena, (LEAT_MAX_KEY + 1) * sizeof *names);

    names[0] = extract->out.fields[0].name; /* unless it says another */
    for (int i = 0; i < extract->key.n; i++)
        names[i] = extract->out.fields[extract->key.fields[i]].name;
    r->key = names;
    r->n_key = extract->key.n ? extract->key.n : 1;
}

int leat_cli_replay(struct leat_session *s, const char *path, struct leat_replay *r, struct leat_error *err)
{
    const struct leat_plan *extract = leat_plan_extract(&s->source_plan);
    int rc = leat_cli_reject_plugin(path, &r->plugin, err);

    r->path = path;
    r->schema = &extract->out;
    r->extract_id = extract->model->id;
    r->incremental = extract->incremental;
    if (rc == 0)
        rc = refuse_secrets(r->schema, err);
    if (rc == 0)
        rc = refuse_names(r->schema, err);
    if (rc == 0)
        rc = take_options(r, s, err);
    take_key(r, s);
    return rc;
}
