/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Who is in which groups: asked group by group, in their order, which takes far fewer calls than user by user. A
 * user is kept as a hash of the sub and the number of a set; a set is another one and a group more, so the users who are
 * in the same groups share it:
 *
 *     set 1: admins       set 2: set 1 + staff       set 3: staff
 *
 * Users in no group take no memory.
 */
#include "extract.h"

#include <math.h>
#include <stdlib.h>

#include "kit/text/text.h"

enum { FIRST_SLOTS = 1024, MAX_SLOTS = 1 << 24, MAX_DEPTH = 1000 };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "no memory for the groups of the users");
}

void groups_free(struct groups *groups)
{
    for (int i = 0; i < groups->n; i++)
        free(groups->all[i].name);
    free(groups->all);
    free(groups->slots);
    free(groups->sets);
    free(groups->set_slots);
    *groups = (struct groups){ 0 };
}

/* ---- which there are ---- */

static bool add_group(struct groups *groups, const struct leat_json_span *name, double precedence)
{
    int cap = groups->cap ? groups->cap * 2 : 64;
    struct group *all = groups->n < groups->cap ? groups->all : realloc(groups->all, (size_t)cap * sizeof *all);
    char *copy = all ? malloc(name->n + 1) : NULL;

    if (all)
        groups->all = all;
    if (!copy)
        return false;
    if (groups->n == groups->cap)
        groups->cap = cap;
    memcpy(copy, name->text, name->n);
    copy[name->n] = '\0';
    groups->all[groups->n++] = (struct group){ .name = copy, .n = name->n, .precedence = precedence };
    return true;
}

/* {"GroupName": "admins", "Precedence": 1, ...} */
static bool take_group(struct groups *groups, struct leat_json *j)
{
    struct leat_json_span key, value, name = { 0 };
    double precedence = INFINITY;

    leat_json_enter(j);
    while (leat_json_member(j, &key) && leat_json_value(j, &value)) {
        if (span_is(&key, "GroupName") && value.kind == LEAT_JSON_STRING)
            name = value;
        else if (span_is(&key, "Precedence") && value.kind == LEAT_JSON_NUMBER)
            (void)leat_text_to_float64(value.text, value.n, &precedence);
    }
    return !name.n || add_group(groups, &name, precedence);
}

static int compare(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->precedence != y->precedence)
        return x->precedence < y->precedence ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int take_page(struct groups *groups, const struct leat_json_span *page, struct leat_error *err)
{
    struct leat_json j = leat_json_begin(page->text, page->n);

    if (leat_json_peek(&j) != LEAT_JSON_ARRAY)
        return 0;
    leat_json_enter(&j);
    while (leat_json_item(&j) && leat_json_peek(&j) == LEAT_JSON_OBJECT)
        if (!take_group(groups, &j))
            return no_memory(err);
    return 0;
}

int groups_list(struct groups *groups, struct listing *l, struct caller *caller, int64_t deadline_ms,
                struct leat_error *err)
{
    struct leat_json_span page;
    int rc = 0;

    groups_free(groups);
    while (rc >= 0 && !l->done) {
        rc = listing_page(l, caller, deadline_ms, &page, err);
        if (rc == LISTING_BROKEN)
            groups_free(groups);
        else if (rc == 0)
            rc = take_page(groups, &page, err);
    }
    if (rc >= 0 && groups->n)
        qsort(groups->all, (size_t)groups->n, sizeof *groups->all, compare);
    return rc < 0 ? rc : 0;
}

/* ---- sets ---- */

static size_t set_place(const struct groups *groups, uint32_t parent, uint32_t group)
{
    size_t mask = groups->n_set_slots - 1;
    size_t i = (parent * UINT64_C(0x9E3779B97F4A7C15) + group * UINT64_C(0xC2B2AE3D27D4EB4F)) >> 20 & mask;

    for (; groups->set_slots[i]; i = (i + 1) & mask) {
        const struct set *s = &groups->sets[groups->set_slots[i]];

        if (s->parent == parent && s->group == group)
            break;
    }
    return i;
}

static bool grow_sets(struct groups *groups)
{
    size_t cap = groups->cap_sets ? groups->cap_sets * 2 : FIRST_SLOTS;
    struct set *sets = realloc(groups->sets, cap * sizeof *sets);
    uint32_t *slots = calloc(cap * 2, sizeof *slots);

    if (sets)
        groups->sets = sets;
    if (!sets || !slots) {
        free(slots);
        return false;
    }
    free(groups->set_slots);
    groups->set_slots = slots;
    groups->n_set_slots = cap * 2;
    groups->cap_sets = cap;
    for (size_t i = 1; i < groups->n_sets; i++)
        slots[set_place(groups, sets[i].parent, sets[i].group)] = (uint32_t)i;
    groups->n_sets += !groups->n_sets; /* 0 is the empty set */
    return true;
}

/* The set that is this one and a group more; 0: no memory. */
static uint32_t with_group(struct groups *groups, uint32_t parent, uint32_t group)
{
    uint32_t *slot;

    if (groups->n_sets + 1 >= groups->cap_sets && !grow_sets(groups))
        return 0;
    slot = &groups->set_slots[set_place(groups, parent, group)];
    if (!*slot) {
        groups->sets[groups->n_sets] = (struct set){
            .parent = parent, .group = group, .depth = parent ? groups->sets[parent].depth + 1 : 1 };
        *slot = (uint32_t)groups->n_sets++;
    }
    return *slot;
}

/* ---- users ---- */

static struct member *member_place(struct member *slots, size_t n_slots, struct keyset_key key)
{
    size_t i = key.low & (n_slots - 1);

    while (slots[i].set && (slots[i].high != key.high || slots[i].low != key.low))
        i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static int grow_members(struct groups *groups, struct leat_error *err)
{
    size_t n = groups->n_slots ? groups->n_slots * 2 : FIRST_SLOTS;
    struct member *slots;

    if (n > MAX_SLOTS)
        return leat_fail(err, LEAT_EDATA, "the pool has more than %d million users in groups, more than are held in "
                         "memory; take `groups: true` out", MAX_SLOTS / 4 * 3 / 1000000);
    slots = calloc(n, sizeof *slots);
    if (!slots)
        return no_memory(err);
    for (size_t i = 0; i < groups->n_slots; i++) {
        const struct member *m = &groups->slots[i];

        if (m->set)
            *member_place(slots, n, (struct keyset_key){ .high = m->high, .low = m->low }) = *m;
    }
    free(groups->slots);
    groups->slots = slots;
    groups->n_slots = n;
    return 0;
}

static int add_member(struct groups *groups, const char *sub, uint32_t group, struct leat_error *err)
{
    struct keyset_key key = sub_key(sub, strlen(sub));
    struct member *m;
    uint32_t set;
    int rc = groups->n_members * 4 >= groups->n_slots * 3 ? grow_members(groups, err) : 0;

    if (rc < 0)
        return rc;
    m = member_place(groups->slots, groups->n_slots, key);
    if (m->set && groups->sets[m->set].group == group)
        return 0; /* the list began anew */
    if (m->set && groups->sets[m->set].depth == MAX_DEPTH)
        return leat_fail(err, LEAT_EDATA, "a user is in more than %d groups", MAX_DEPTH);
    set = with_group(groups, m->set, group);
    if (!set)
        return no_memory(err);
    groups->n_members += !m->set;
    *m = (struct member){ .high = key.high, .low = key.low, .set = set };
    return 0;
}

static int add_members(struct groups *groups, const struct leat_json_span *page, uint32_t group, struct leat_error *err)
{
    struct leat_json j = leat_json_begin(page->text, page->n);
    struct leat_json_span user;
    char sub[SUB_ROOM];
    int rc = 0;

    if (leat_json_peek(&j) != LEAT_JSON_ARRAY)
        return 0;
    leat_json_enter(&j);
    while (rc == 0 && leat_json_item(&j) && leat_json_value(&j, &user))
        rc = user_sub(&user, sub) ? add_member(groups, sub, group, err)
                                  : leat_fail(err, LEAT_EDATA, "a user of a group comes without a sub; what stands at "
                                                               "this address?");
    return rc;
}

static int read_members(struct groups *groups, struct listing *l, struct caller *caller, int group,
                        struct leat_error *err)
{
    struct leat_json_span page;
    int rc = 0;

    l->members.n = 0;
    leat_put_printf(&l->members, ",\"GroupName\":\"%s\"", groups->all[group].name);
    listing_begin(l);
    l->n_broken = 0;
    while (rc >= 0 && !l->done) {
        rc = listing_page(l, caller, 0, &page, err);
        if (rc == LISTING_PAGE)
            rc = add_members(groups, &page, (uint32_t)group, err);
    }
    return rc < 0 ? rc : 0;
}

int groups_read(struct groups *groups, struct caller *caller, struct leat_error *err)
{
    const struct userpool_options *pool = &caller->c->pool;
    struct listing l = { .operation = "ListGroups", .budget = userpool_budget(pool, USERPOOL_POOL_RESOURCE_READ),
                         .list = "Groups", .token_name = "NextToken" };
    int rc = groups_list(groups, &l, caller, 0, err);

    l.operation = "ListUsersInGroup";
    l.budget = userpool_budget(pool, USERPOOL_USER_LIST);
    l.list = "Users";
    l.may_be_gone = true; /* a group, meanwhile */
    for (int i = 0; rc == 0 && i < groups->n; i++)
        rc = read_members(groups, &l, caller, i, err);
    listing_free(&l);
    return rc;
}

/* ---- as JSON ---- */

static void put_name(const struct group *group, bool first, struct leat_put *put)
{
    leat_put_string(put, first ? "\"" : ", \"");
    leat_put_bytes(put, group->name, group->n);
    leat_put_string(put, "\"");
}

void groups_put_all(const struct groups *groups, struct leat_put *put)
{
    leat_put_string(put, "[");
    for (int i = 0; i < groups->n; i++)
        put_name(&groups->all[i], i == 0, put);
    leat_put_string(put, "]");
}

void groups_put(const struct groups *groups, const char *sub, struct leat_put *put)
{
    const struct member none = { 0 };
    const struct keyset_key key = sub_key(sub, strlen(sub));
    const struct member *m = groups->n_slots ? member_place(groups->slots, groups->n_slots, key) : &none;
    uint32_t path[MAX_DEPTH], n = 0;

    for (uint32_t set = m->set; set; set = groups->sets[set].parent)
        path[n++] = groups->sets[set].group;
    leat_put_string(put, "[");
    for (uint32_t i = n; i-- > 0;)
        put_name(&groups->all[path[i]], i == n - 1, put);
    leat_put_string(put, "]");
}
