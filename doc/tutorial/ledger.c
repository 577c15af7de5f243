#include <stdio.h>
#include <stdlib.h>

#include <leat/plugin.h>

/* The state of one stage: leat makes it, zeroed, and frees it. */
struct ledger {
    const char *path;
    FILE *file;
    char *line; /* of getline, used again for each line */
    size_t cap;
};

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct ledger, path), .required = true, .main = true,
      .help = "File written by the old ledger." },
    LEAT_END_OF_OPTIONS
};

static const struct leat_field fields[] = {
    { .name = "id", .type = LEAT_TEXT },
    { .name = "name", .type = LEAT_TEXT },
    { .name = "email", .type = LEAT_TEXT },
    { .name = "opened", .type = LEAT_TEXT },
    LEAT_END_OF_FIELDS
};

/* Where each field stands in a line. */
enum { N_FIELDS = 4, LINE_BYTES = 78 };
static const struct { int at, n; } places[N_FIELDS] = { { 0, 8 }, { 8, 30 }, { 38, 30 }, { 68, 10 } };

static int ledger_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct ledger *l = self;
    const char *position = leat_stage_position(stage, 0); /* of a run that was interrupted, or NULL */

    l->file = fopen(l->path, "r");
    if (!l->file || (position && fseeko(l->file, atoll(position), SEEK_SET) < 0))
        return leat_fail(err, -errno, "cannot open %s: %s", l->path, strerror(errno));
    return 0;
}

/* A field is filled up with spaces; one that is blank is not put, and so is null. */
static void put_field(struct leat_batch *out, int field, const char *text, int n)
{
    while (n && text[n - 1] == ' ')
        n--;
    if (n)
        leat_batch_put_text(out, field, text, (size_t)n);
}

static enum leat_flow read_line(struct ledger *l, struct leat_batch *out, struct leat_error *err)
{
    ssize_t n = getline(&l->line, &l->cap, l->file);

    if (n < 0)
        return ferror(l->file) ? leat_read_failed(err, -errno, l->path) : LEAT_END;
    if (l->line[n - 1] == '\n')
        n--;
    if (n < LINE_BYTES) {
        leat_batch_reject_record(out, "short_line", l->line, (size_t)n, "has fewer than %d bytes", LINE_BYTES);
        return LEAT_MORE;
    }
    for (int i = 0; i < N_FIELDS; i++)
        put_field(out, i, l->line + places[i].at, places[i].n);
    leat_batch_end_row(out);
    return LEAT_MORE;
}

static enum leat_flow ledger_read(struct leat_stage *stage, void *self, struct leat_batch *out,
                                  struct leat_error *err)
{
    struct ledger *l = self;
    enum leat_flow flow = LEAT_MORE;
    char position[24];

    while (flow == LEAT_MORE && leat_batch_has_room(out))
        flow = read_line(l, out, err);
    snprintf(position, sizeof position, "%lld", (long long)ftello(l->file));
    leat_batch_set_position(out, 0, position);
    return flow;
}

static void ledger_close(struct leat_stage *stage, void *self)
{
    struct ledger *l = self;

    if (l->file)
        fclose(l->file);
    free(l->line);
    l->file = NULL;
    l->line = NULL;
}

LEAT_EXTRACT(ledger, .summary = "Reads the accounts of the old ledger", .options = options, .fields = fields,
             .open = ledger_open, .read = ledger_read, .close = ledger_close);
