/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The table in memory: extendible hashing. The top bits of a key choose an
 * entry of the directory, which names a segment; within it the low bits choose
 * a slot, with linear probing.
 *
 *     directory   00 ─► segment      depth 1: both 00 and 01
 *     (depth 2)   01 ─┘
 *                 10 ─► segment      depth 2
 *                 11 ─► segment
 *
 * A full segment is split in two by its next bit, and nothing else moves: no
 * old table beside a new one, so no key ever costs more than 40 bytes (a
 * segment just split is 40 % full). All segments have one size, so memory is
 * handed out from chunks and does not break into pieces.
 */
#include "kit/keyset/keyset.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kit/keyset/spill.h"

enum { SLOTS = 1023, FULL = 818, CHUNK_SEGMENTS = 64 };

struct segment {
    uint32_t n_keys, depth;
    uint64_t unused; /* makes it 16 KiB, four pages */
    struct keyset_key slots[SLOTS];
};

struct keyset {
    struct segment **directory; /* 2^depth */
    int depth;
    int64_t n_keys, limit;      /* limit: bytes of segments and directory */
    int n_segments;
    struct segment **chunks;    /* CHUNK_SEGMENTS each, handed out in order */
    int n_chunks;
    struct segment *scratch;    /* for a split */
    struct keyset_settings settings;
    struct spill spill;
};

static int64_t table_bytes(const struct keyset *set)
{
    return (int64_t)set->n_segments * (int64_t)sizeof(struct segment) +
           (INT64_C(1) << set->depth) * (int64_t)sizeof *set->directory;
}

static int out_of_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "no memory for the keys seen so far; set a smaller `memory`");
}

static int add_chunk(struct keyset *set, struct leat_error *err)
{
    size_t bytes = CHUNK_SEGMENTS * sizeof(struct segment);
    struct segment **chunks = realloc(set->chunks, ((size_t)set->n_chunks + 1) * sizeof *chunks);
    void *chunk;

    if (!chunks)
        return out_of_memory(err);
    set->chunks = chunks;
    /* not malloc: pages that no segment has used yet cost nothing, and all go back at once */
    chunk = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        return out_of_memory(err);
    set->chunks[set->n_chunks++] = chunk;
    return 0;
}

/* Writes to each page before anyone reads it. A page that is read first is shared with
 * all that are zero, and the write after it must tell the other cores: measured, a third
 * of the time of a million keys. */
static void touch(struct segment *segment)
{
    for (size_t i = 0; i < sizeof *segment; i += 4096)
        ((volatile char *)segment)[i] = 0;
}

/* An empty segment, or NULL. */
static struct segment *add_segment(struct keyset *set, int depth, struct leat_error *err)
{
    struct segment *segment;

    if (set->n_segments == set->n_chunks * CHUNK_SEGMENTS && add_chunk(set, err) < 0)
        return NULL;
    segment = &set->chunks[set->n_segments / CHUNK_SEGMENTS][set->n_segments % CHUNK_SEGMENTS];
    touch(segment);
    set->n_segments++;
    segment->depth = (uint32_t)depth;
    return segment;
}

static void clear(struct keyset *set)
{
    for (int i = 0; i < set->n_chunks; i++)
        (void)munmap(set->chunks[i], CHUNK_SEGMENTS * sizeof(struct segment));
    free(set->chunks);
    free(set->directory);
    set->chunks = NULL;
    set->directory = NULL;
    set->n_chunks = set->n_segments = set->depth = 0;
    set->n_keys = 0;
}

/* A directory of one entry with one segment. */
static int begin(struct keyset *set, struct leat_error *err)
{
    set->directory = calloc(1, sizeof *set->directory);
    if (!set->directory)
        return out_of_memory(err);
    set->directory[0] = add_segment(set, 0, err);
    return set->directory[0] ? 0 : -ENOMEM;
}

int keyset_open(struct keyset **ret, const struct keyset_settings *settings, struct leat_error *err)
{
    struct keyset *set = calloc(1, sizeof *set);
    int rc;

    *ret = NULL;
    if (!set)
        return out_of_memory(err);
    set->scratch = malloc(sizeof *set->scratch);
    set->settings = *settings;
    set->limit = settings->memory;
    set->spill.settings = &set->settings;
    rc = set->scratch ? begin(set, err) : out_of_memory(err);
    if (rc < 0)
        keyset_close(set);
    else
        *ret = set;
    return rc;
}

void keyset_close(struct keyset *set)
{
    if (!set)
        return;
    clear(set);
    spill_deinit(&set->spill);
    free(set->scratch);
    free(set);
}

static size_t place(const struct keyset *set, uint64_t high)
{
    return (size_t)(high >> 1 >> (63 - set->depth)); /* in two steps, as the depth may be 0 */
}

static uint32_t first_slot(struct keyset_key key)
{
    return (uint32_t)((key.low & UINT32_MAX) * SLOTS >> 32);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct keyset_key *find_slot(struct segment *segment, struct keyset_key key)
{
    for (uint32_t i = first_slot(key);; i = i + 1 == SLOTS ? 0 : i + 1) {
        struct keyset_key *slot = &segment->slots[i];

        if ((slot->low == key.low && slot->high == key.high) || !(slot->low | slot->high))
            return slot;
    }
}

static bool is_free(const struct keyset_key *slot)
{
    return !(slot->low | slot->high);
}

static int double_directory(struct keyset *set, struct leat_error *err)
{
    size_t n = (size_t)1 << set->depth;
    struct segment **directory = malloc(2 * n * sizeof *directory);

    if (!directory)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++)
        directory[2 * i] = directory[2 * i + 1] = set->directory[i];
    free(set->directory);
    set->directory = directory;
    set->depth++;
    return 0;
}

/* Moves the keys whose next bit is set into the sibling; the others are put anew. */
static void share_out(struct keyset *set, struct segment *segment, struct segment *sibling)
{
    struct segment *old = set->scratch, *to[2] = { segment, sibling };
    int shift = 63 - (int)segment->depth;

    *old = *segment;
    memset(segment, 0, sizeof *segment);
    segment->depth = sibling->depth = old->depth + 1;
    for (int i = 0; i < SLOTS; i++) {
        struct segment *half = to[old->slots[i].high >> shift & 1];

        if (is_free(&old->slots[i]))
            continue;
        *find_slot(half, old->slots[i]) = old->slots[i];
        half->n_keys++;
    }
}

static int split(struct keyset *set, struct segment *segment, uint64_t high, struct leat_error *err)
{
    struct segment *sibling;
    size_t n, first;

    if ((int)segment->depth == set->depth && double_directory(set, err) < 0)
        return -ENOMEM;
    sibling = add_segment(set, 0, err);
    if (!sibling)
        return -ENOMEM;
    n = (size_t)1 << (set->depth - (int)segment->depth); /* directory entries that name the segment */
    first = place(set, high) & ~(n - 1);
    share_out(set, segment, sibling);
    for (size_t i = first + n / 2; i < first + n; i++)
        set->directory[i] = sibling;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return keyset_key_compare(a, b);
}

/* Moves a segment's keys to its front, in order. */
static void sort_segment(struct segment *segment)
{
    uint32_t n = 0;

    for (int i = 0; i < SLOTS; i++)
        if (!is_free(&segment->slots[i]))
            segment->slots[n++] = segment->slots[i];
    qsort(segment->slots, n, sizeof segment->slots[0], by_key);
}

/* The directory is ordered by the top bits, so sorted segments one after the other are a sorted run. */
static int write_table(struct keyset *set, struct spill_writer *writer, struct leat_error *err)
{
    size_t n = (size_t)1 << set->depth;
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0;) {
        struct segment *segment = set->directory[i];

        sort_segment(segment);
        for (uint32_t k = 0; k < segment->n_keys; k++)
            spill_remember(&set->spill, segment->slots[k]);
        rc = spill_put(writer, segment->slots, segment->n_keys, err);
        i += (size_t)1 << (set->depth - (int)segment->depth);
    }
    return rc;
}

/* From the first time on, half of the memory is the filter's. */
static int spill_table(struct keyset *set, struct leat_error *err)
{
    struct spill_writer writer;
    int rc = 0, ended;

    if (!set->spill.filter) {
        set->limit = set->settings.memory / 2;
        rc = spill_init(&set->spill, (size_t)set->limit, err);
    }
    if (rc == 0)
        rc = spill_begin(&writer, set->n_keys, err);
    if (rc < 0)
        return rc;
    rc = write_table(set, &writer, err);
    clear(set);
    ended = spill_end(&set->spill, &writer, rc == 0, err);
    rc = rc < 0 ? rc : ended;
    return rc < 0 ? rc : begin(set, err);
}

/* Room for one more key in the segment of `high`: splits it, or spills all. */
static int make_room(struct keyset *set, uint64_t high, struct leat_error *err)
{
    struct segment *segment = set->directory[place(set, high)];
    int64_t more = (int64_t)sizeof *segment;

    if ((int)segment->depth == set->depth)
        more += (INT64_C(1) << set->depth) * (int64_t)sizeof *set->directory;
    if (table_bytes(set) + more > set->limit)
        return spill_table(set, err);
    return split(set, segment, high, err);
}

int keyset_add(struct keyset *set, struct keyset_key key, struct leat_error *err)
{
    struct segment *segment = set->directory[place(set, key.high)];
    struct keyset_key *slot = find_slot(segment, key);
    int rc;

    if (!is_free(slot))
        return 0;
    if (set->spill.n_runs) {
        rc = spill_find(&set->spill, key, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    while (segment->n_keys >= FULL) {
        rc = make_room(set, key.high, err);
        if (rc < 0)
            return rc;
        segment = set->directory[place(set, key.high)];
        slot = find_slot(segment, key);
    }
    *slot = key;
    segment->n_keys++;
    set->n_keys++;
    return 1;
}

int keyset_has(struct keyset *set, struct keyset_key key, struct leat_error *err)
{
    if (!is_free(find_slot(set->directory[place(set, key.high)], key)))
        return 1;
    return set->spill.n_runs ? spill_find(&set->spill, key, err) : 0;
}

void keyset_prefetch(const struct keyset *set, struct keyset_key key)
{
    __builtin_prefetch(&set->directory[place(set, key.high)]->slots[first_slot(key)], 1);
}

struct keyset_counts keyset_count(const struct keyset *set)
{
    return (struct keyset_counts){ .n_in_memory = set->n_keys, .n_spilled = spill_keys(&set->spill),
                                   .n_bytes = table_bytes(set) + spill_bytes(&set->spill) };
}
