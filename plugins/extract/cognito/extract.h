/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of extract cognito share.
 *
 *     read ──► walk: the next prefix of subs ──► listing: its pages ──► held: its users, sorted ──► row
 *                        ▲                          │ too many                                       │
 *                        └───────── split ──────────┘                          groups, details ──────┘
 *
 * Each worker has a caller of its own, and so its own connection and credentials; the groups are read in open and only
 * looked at later.
 */
#ifndef LEAT_EXTRACT_COGNITO_H
#define LEAT_EXTRACT_COGNITO_H

#include <leat/plugin.h>

#include "kit/json/json.h"
#include "kit/keyset/keyset.h"
#include "kit/userpool/userpool.h"

enum { PAGE_USERS = 60 /* what ListUsers and its like take as Limit at most */ };

/* Whether a key or text, as it stands, is this one. */
static inline bool span_is(const struct leat_json_span *span, const char *text)
{
    return span->n == strlen(text) && memcmp(span->text, text, span->n) == 0;
}

/* ---- groups.c ---- */

/* Users by a hash of their sub; the sets of groups that there are, each once. */
struct groups {
    struct member { uint64_t high, low; uint32_t set; } *slots; /* set 0: a free slot */
    size_t n_slots, n_members;
    struct set { uint32_t parent, group, depth; } *sets;        /* from 1; parent 0: none */
    uint32_t *set_slots;                                        /* by parent and group */
    size_t n_sets, cap_sets, n_set_slots;
    struct group { char *name; size_t n; double precedence; } *all; /* name: as it stands in JSON, between its quotes */
    int n, cap;
};

/* ---- the stage ---- */

enum { FIELD_SUB, FIELD_USERNAME, FIELD_ATTRIBUTES /* the first of the others */ };

struct cognito {
    struct userpool_options pool;
    const char *filter;
    bool with_groups, with_mfa;
    int64_t partitions, memory, timeout_ms, connect_timeout_ms;
    const struct leat_node *fields;

    /* filled by plan */
    int n_attributes;            /* fields that are attributes, or the user name: the first ones */
    const char **names;          /* theirs, and of the others */
    int status, enabled, created, modified, groups_field, mfa_preferred, mfa_settings, n_fields; /* -1: no such field */
    char groups_budget[USERPOOL_BUDGET];

    struct groups groups;        /* filled by open */
};

/* ---- caller.c: one call at a time ---- */

struct caller {
    const struct cognito *c;
    struct leat_stage *stage;
    struct userpool pool;
    struct leat_http *http;
    struct leat_aws_signed is_signed;
    struct leat_put body;
    char url[600];
    bool open;
};

struct call {
    const char *operation, *budget;
    const char *members;         /* JSON behind the pool's id, without braces */
    int64_t deadline_ms;         /* 0: none */
    bool may_be_gone;            /* ResourceNotFoundException says nothing of the pool */
};

/* Does nothing if it is open. */
LEAT_MUST_CHECK int caller_open(struct caller *caller, const struct cognito *c, struct leat_stage *stage,
                                struct leat_error *err);
void caller_close(struct caller *caller);
/* Until there is a reply that counts. 0: `ret` is its body, one JSON value, till the next call; 1: Cognito has
 * something against it, which `ret_code` names. */
LEAT_MUST_CHECK int caller_call(struct caller *caller, const struct call *call, struct leat_json_span *ret,
                                char ret_code[96], struct leat_error *err);

/* ---- listing.c: a list in pages ---- */

struct listing {
    const char *operation, *budget, *list, *token_name; /* literals */
    struct leat_put members;     /* JSON beside the pool's id; "" or with a comma in front */
    struct leat_put token, work; /* the token as it stands in the reply, between its quotes */
    bool has_token, done;
    bool may_be_gone;            /* whose list it is: then it is empty */
    int n_broken;                /* times that a token was no longer taken */
};

enum { LISTING_PAGE = 0, LISTING_BROKEN = 1 };

void listing_users(struct listing *l, const struct cognito *c, const char *filter); /* NULL: all */
void listing_begin(struct listing *l);  /* anew */
void listing_free(struct listing *l);
/* The next page; none are left when l->done. LISTING_BROKEN: the token is no longer taken, and the list begins anew. */
LEAT_MUST_CHECK int listing_page(struct listing *l, struct caller *caller, int64_t deadline_ms,
                                 struct leat_json_span *ret, struct leat_error *err);

/* "email = \"a\\\"b\"": a condition, its value escaped. */
void filter_put(struct leat_put *put, const char *attribute, const char *op, const char *value, size_t n);
/* Notes what is wrong with a filter that the user wrote. */
void filter_plan(struct leat_plan *plan, const char *filter);

/* ---- held.c: users that were read and wait for their turn ---- */

enum { SUB_ROOM = 40 };

struct held {
    struct leat_put text;
    struct one { char sub[SUB_ROOM]; size_t at, n; } *all;
    size_t n, cap, next;
};

void held_clear(struct held *held);
void held_free(struct held *held);
/* Takes over the users of a page that belong: whose sub begins with `prefix` and is not in `seen` (NULL: whatever). */
LEAT_MUST_CHECK int held_add(struct held *held, const struct leat_json_span *page, const char *prefix,
                             struct keyset *seen, struct leat_error *err);
/* By sub, each once. */
void held_sort(struct held *held);
/* The next one. */
struct leat_json_span held_user(const struct held *held);
/* Goes behind a sub. */
void held_skip(struct held *held, const char *sub);

struct keyset_key sub_key(const char *sub, size_t n);
/* The sub of a user, or of another thing with attributes. False: it has none that can be one. */
bool user_sub(const struct leat_json_span *user, char ret[SUB_ROOM]);

/* ---- walk.c: the prefixes that a partition reads, in order ---- */

enum { WALK_DIGITS = 8 };

struct walk {
    int at, end;                 /* in 256ths of all subs */
    size_t base, n;              /* digits: of the prefixes that are divided, and now */
    char prefix[WALK_DIGITS + 1];
    char behind[SUB_ROOM];       /* "": nothing has been given */
    int64_t room;                /* bytes that a prefix may have */
    bool large[WALK_DIGITS + 1]; /* of so many digits: the last one was */
    int64_t sums[WALK_DIGITS + 1]; /* bytes of those that the last one was split into */
    bool done;
};

void walk_begin(struct walk *w, int part, int n_parts, const char *behind, int64_t room);
/* The prefix is done, and had so many bytes. */
void walk_next(struct walk *w, int64_t n_bytes);
/* Whether a prefix of more than one page is likely too large. */
bool walk_is_large(const struct walk *w);
/* Goes on with those that are one digit longer. False: it has all digits. */
bool walk_split(struct walk *w);

/* ---- groups.c ---- */

/* Those of a list, in the order of precedence, then of their names. */
LEAT_MUST_CHECK int groups_list(struct groups *groups, struct listing *l, struct caller *caller, int64_t deadline_ms,
                                struct leat_error *err);
void groups_put_all(const struct groups *groups, struct leat_put *put);
LEAT_MUST_CHECK int groups_read(struct groups *groups, struct caller *caller, struct leat_error *err);
void groups_free(struct groups *groups);
/* The groups of a user as a JSON list. */
void groups_put(const struct groups *groups, const char *sub, struct leat_put *put);

/* ---- row.c ---- */

struct row {
    struct leat_json_span *spans; /* by field */
    struct leat_put text, groups, members;
    int64_t n_unknown;            /* attributes that no field takes */
};

LEAT_MUST_CHECK int row_open(struct row *row, const struct cognito *c, struct leat_error *err);
void row_free(struct row *row);
/* What a user has, `attributes` is the list's name. */
void row_read(struct row *row, const struct cognito *c, const struct leat_json_span *user, const char *attributes);
/* A value without its escapes, till the next call. False: it has half a character. */
bool row_text(struct row *row, const struct leat_json_span *span, const char **ret, size_t *ret_n);
/* Puts all values. -1, or the field whose value is none of its type. */
int row_put(struct row *row, const struct cognito *c, struct leat_batch *out);
/* Rejects the row that was put, for that field. */
void row_reject(struct row *row, int bad, struct leat_batch *out);

/* ---- details.c: calls for one user ---- */

/* Adds what only AdminGetUser knows. */
LEAT_MUST_CHECK int details_mfa(struct row *row, struct caller *caller, int64_t deadline_ms, struct leat_error *err);
/* The user's groups by AdminListGroupsForUser. */
LEAT_MUST_CHECK int details_groups(struct row *row, struct caller *caller, int64_t deadline_ms, struct leat_error *err);

/* ---- a worker ---- */

struct worker {
    struct caller caller;
    struct listing listing;
    struct held held;
    struct walk walk;
    struct keyset *seen;         /* where users come as the pool lists them */
    struct row row;
    char last[SUB_ROOM];         /* who was given last */
    bool in_order;               /* else as the pool lists them */
};

int cognito_plan(struct leat_plan *plan, void *self, struct leat_error *err);
int cognito_worker_open(struct leat_stage *stage, void *self, struct leat_error *err);
enum leat_flow cognito_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err);
int cognito_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);

#endif
