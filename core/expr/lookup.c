/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Up to eight members are compared one by one, more are hashed. A text is
 * compared by its length and its first eight bytes as one word; only longer
 * ones need a memcmp, and most codes and flags are not longer.
 */
#include "expr/lookup.h"

#include "base/hash.h"
#include "expr/kernel.h"

enum { FEW = 8 };

struct member {
    uint64_t word; /* the number, or a text's first bytes */
    const uint8_t *bytes;
    uint32_t n;    /* 0 for numbers */
    int32_t index;
};

struct leat_lookup {
    bool has_null, is_text;
    int n_members;
    uint32_t n_slots;     /* a power of two; 0: members are searched one by one */
    struct member *members;
    int32_t *slots;       /* members' numbers, -1 where empty */
};

static uint64_t first_word(const uint8_t *p, size_t n, bool slack)
{
    uint64_t word = 0;

    if (n >= 8 || slack) {
        memcpy(&word, p, 8);
        return n >= 8 ? word : word & ((UINT64_C(1) << 8 * n) - 1);
    }
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << 8 * i;
    return word;
}

static bool same(const struct member *m, uint64_t word, const uint8_t *bytes, size_t n)
{
    return m->word == word && m->n == n && (n <= 8 || memcmp(m->bytes + 8, bytes + 8, n - 8) == 0);
}

static uint32_t hash(uint64_t word, const uint8_t *bytes, size_t n)
{
    if (n > 8) /* ids of one kind share their first bytes */
        return (uint32_t)leat_hash_bytes(bytes, n, 0).low;
    return (uint32_t)((word ^ n << 56) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static int32_t find(const struct leat_lookup *l, uint64_t word, const uint8_t *bytes, size_t n)
{
    if (!l->n_slots) {
        for (int i = 0; i < l->n_members; i++)
            if (same(&l->members[i], word, bytes, n))
                return l->members[i].index;
        return -1;
    }
    for (uint32_t i = hash(word, bytes, n);; i++) {
        int32_t slot = l->slots[i & (l->n_slots - 1)];

        if (slot < 0)
            return -1;
        if (same(&l->members[slot], word, bytes, n))
            return l->members[slot].index;
    }
}

static void add(struct leat_lookup *l, struct member m)
{
    if (find(l, m.word, m.bytes, m.n) >= 0) /* the first of equals counts */
        return;
    l->members[l->n_members] = m;
    if (l->n_slots) {
        uint32_t i = hash(m.word, m.bytes, m.n);

        while (l->slots[i & (l->n_slots - 1)] >= 0)
            i++;
        l->slots[i & (l->n_slots - 1)] = l->n_members;
    }
    l->n_members++;
}

static struct member member(const struct leat_column *c, int32_t index)
{
    struct member m = {.index = index};

    if (c->offsets) {
        m.bytes = c->bytes;
        m.n = (uint32_t)c->offsets[1];
        m.word = first_word(m.bytes, m.n, false);
    } else {
        m.word = c->type == LEAT_DATE ? (uint64_t)c->date[0] : (uint64_t)c->int64[0];
    }
    return m;
}

static bool suitable(enum leat_type type)
{
    return type == LEAT_TEXT || type == LEAT_BYTES || type == LEAT_INT64 || type == LEAT_TIMESTAMP || type == LEAT_DATE;
}

const struct leat_lookup *leat_lookup_new(struct leat_arena *arena, struct leat_term *const *args, int n_args, int step)
{
    struct leat_lookup *l;
    size_t n = (size_t)(n_args / step) + 1;

    for (int i = 0; i < n_args; i += step)
        if (args[i]->kind != TERM_CONSTANT || !suitable(args[i]->result.type))
            return NULL;
    l = leat_arena_alloc(arena, sizeof *l);
    l->is_text = leat_type_is_text(args[0]->result.type);
    l->members = leat_arena_alloc(arena, n * sizeof *l->members);
    if (n > FEW) {
        for (l->n_slots = 4 * FEW; l->n_slots < 2 * n;)
            l->n_slots *= 2;
        l->slots = leat_arena_alloc(arena, l->n_slots * sizeof *l->slots);
        memset(l->slots, 0xFF, l->n_slots * sizeof *l->slots);
    }
    for (int i = 0; i < n_args; i += step) {
        if (leat_term_is_null(args[i]))
            l->has_null = true;
        else
            add(l, member(&args[i]->column, i / step));
    }
    return l;
}

bool leat_lookup_has_null(const struct leat_lookup *l)
{
    return l->has_null;
}

static void find_texts(const struct leat_lookup *l, const struct leat_argument *x, struct leat_rows rows, int32_t *ret)
{
    struct text_in in = text_in(x);

    for (int32_t i = 0; i < rows.n; i++) {
        size_t n;
        const uint8_t *p = text_at(&in, rows.rows[i], &n);

        ret[i] = find(l, first_word(p, n, text_has_slack(&in, p)), p, n);
    }
}

void leat_lookup_find(const struct leat_lookup *l, const struct leat_argument *x, struct leat_rows rows, int32_t *ret)
{
    const struct leat_column *c = x->column;
    int32_t mask = argument_mask(x);

    if (l->is_text) {
        find_texts(l, x, rows, ret);
        return;
    }
    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i] & mask;

        ret[i] = find(l, c->type == LEAT_DATE ? (uint64_t)c->date[row] : (uint64_t)c->int64[row], NULL, 0);
    }
}
