/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * generate: makes up users of an old shop, with the dirt that such tables have.
 *
 * A row is a function of the seed and its number alone: the same whatever the
 * size of the batches, and a run can go on from any of them. A duplicate
 * repeats the address of a person before it, which is made again for that; so
 * nothing is remembered. One thread reads.
 */
#include <leat/plugin.h>

#include <stdlib.h>

#include "person.h"

struct generate {
    int64_t rows, seed;
    int64_t next; /* number of the next row, from 1 */
};

static const struct leat_option options[] = {
    { .name = "rows", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct generate, rows), .main = true,
      .default_text = "1000", .help = "How many users to make." },
    { .name = "seed", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct generate, seed), .default_text = "1",
      .help = "Another number gives other users, the same number the same ones." },
    LEAT_END_OF_OPTIONS
};

enum column { ID, USERNAME, EMAIL, EMAIL_VERIFIED, FIRST_NAME, LAST_NAME, PHONE, BIRTHDATE, COUNTRY, CREATED_AT,
              UPDATED_AT, STATUS, PASSWORD_HASH, ROLES, ADDRESS };

static const struct leat_field fields[] = {
    { .name = "id", .type = LEAT_INT64 },          { .name = "username", .type = LEAT_TEXT },
    { .name = "email", .type = LEAT_TEXT },        { .name = "email_verified", .type = LEAT_TEXT },
    { .name = "first_name", .type = LEAT_TEXT },   { .name = "last_name", .type = LEAT_TEXT },
    { .name = "phone", .type = LEAT_TEXT },        { .name = "birthdate", .type = LEAT_TEXT },
    { .name = "country", .type = LEAT_TEXT },      { .name = "created_at", .type = LEAT_TIMESTAMP },
    { .name = "updated_at", .type = LEAT_TIMESTAMP }, { .name = "status", .type = LEAT_TEXT },
    { .name = "password_hash", .type = LEAT_TEXT, .data_class = LEAT_SECRET },
    { .name = "roles", .type = LEAT_TEXT },        { .name = "address", .type = LEAT_TEXT },
    LEAT_END_OF_FIELDS
};

enum { VALUE_ROOM = 512 };

static void put(struct leat_batch *out, enum column column, const char *begin, const char *end)
{
    leat_batch_put_text(out, (int)column, begin, (size_t)(end - begin));
}

static void put_word(struct leat_batch *out, enum column column, struct word word)
{
    leat_batch_put_text(out, (int)column, word.text, word.n);
}

/* Makes a field null in so many rows of a thousand. */
static bool left_out(struct leat_batch *out, enum column column, uint64_t *state, unsigned per_mille)
{
    if (below(state, 1000) >= per_mille)
        return false;
    leat_batch_put_null(out, (int)column);
    return true;
}

static void put_account(struct leat_batch *out, struct person *who, int64_t seed)
{
    static const char verified[][4] = { "t", "1", "yes", "t", "f", "0", "no", "t" };
    char text[VALUE_ROOM], *p = text;
    unsigned dirt = below(&who->state, 1000);

    leat_batch_put_int64(out, ID, who->id);
    p = add(p, who->first->ascii.text, 1);
    p = add_word(p, who->last->ascii);
    put(out, USERNAME, text, add_number(ADD(p, "_"), (uint64_t)who->id, 4));
    if (dirt < 4)
        put(out, EMAIL, text, add_broken(text, who));
    else if (dirt < 12 && who->id > 1)
        put(out, EMAIL, text, add_duplicate(text, who, seed));
    else if (!left_out(out, EMAIL, &who->state, 2))
        put(out, EMAIL, text, add_spelt(text, who));
    if (!left_out(out, EMAIL_VERIFIED, &who->state, 30)) {
        const char *word = verified[below(&who->state, 8)];

        put(out, EMAIL_VERIFIED, word, word + strlen(word));
    }
}

static void put_names(struct leat_batch *out, struct person *who)
{
    char text[VALUE_ROOM], *p;
    unsigned dirt = below(&who->state, 100);

    if (!left_out(out, FIRST_NAME, &who->state, 20)) {
        p = add_word(text, who->first->written);
        put(out, FIRST_NAME, text, dirt == 0 ? ADD(p, " ") : dirt == 1 ? ADD(p, " \"Mo\"") : p);
    }
    if (!left_out(out, LAST_NAME, &who->state, 40)) {
        p = add_word(text, who->last->written);
        if (dirt == 2)
            upper_case(text, p);
        put(out, LAST_NAME, text, p);
    }
}

static void put_contact(struct leat_batch *out, struct person *who)
{
    char text[VALUE_ROOM], *p;
    unsigned day = 1 + below(&who->state, 28), month = 1 + below(&who->state, 12), year = 1938 + below(&who->state, 70);

    if (!left_out(out, PHONE, &who->state, 60)) {
        if (below(&who->state, 100) == 0)
            put_word(out, PHONE, pick(&who->state, generate_no_phones));
        else
            put(out, PHONE, text, add_pattern(text, &who->state, pick(&who->state, who->country->phones)));
    }
    if (!left_out(out, BIRTHDATE, &who->state, 50)) {
        bool iso = below(&who->state, 5) > 1;

        p = add_number(text, iso ? year : day, 2);
        *p++ = iso ? '-' : '/';
        p = add_number(p, month, 2);
        *p++ = iso ? '-' : '/';
        put(out, BIRTHDATE, text, add_number(p, iso ? day : year, 2));
    }
    leat_batch_put_text(out, COUNTRY, who->country->code, 2);
}

static void put_history(struct leat_batch *out, struct person *who)
{
    const int64_t begin = 1293840000, end = 1751328000; /* 2011-01-01, 2025-07-01 */
    int64_t created = begin + (int64_t)(draw(&who->state) % (uint64_t)(end - begin));
    int64_t updated = created + (int64_t)(draw(&who->state) % (uint64_t)(end - created));
    unsigned percent = below(&who->state, 100);
    const char *status = percent < 84 ? "active" : percent < 95 ? "disabled" : "deleted";

    leat_batch_put_int64(out, CREATED_AT, created * 1000000);
    leat_batch_put_int64(out, UPDATED_AT, updated * 1000000);
    put(out, STATUS, status, status + strlen(status));
}

/* Has the shape of bcrypt and is the hash of nothing. */
static void put_hash(struct leat_batch *out, struct person *who)
{
    static const char base64[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char prefix[][8] = { "$2y$10$", "$2a$08$", "$2b$12$", "$2y$10$" };
    char text[VALUE_ROOM], *p = add(text, prefix[below(&who->state, 4)], 7);
    uint64_t bits = 0;

    if (left_out(out, PASSWORD_HASH, &who->state, 20))
        return;
    for (int i = 0; i < 53; i++, bits >>= 6) {
        if (i % 10 == 0)
            bits = draw(&who->state);
        *p++ = base64[bits & 63];
    }
    put(out, PASSWORD_HASH, text, p);
}

static void put_roles(struct leat_batch *out, struct person *who)
{
    char text[VALUE_ROOM], *p = text;
    unsigned n = 1 + below(&who->state, 3), first = below(&who->state, generate_roles.n - 2);
    bool json = below(&who->state, 10) == 0; /* since the last rewrite of the shop */

    if (left_out(out, ROLES, &who->state, 40))
        return;
    if (json)
        p = ADD(p, "[\"");
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            p = json ? ADD(p, "\", \"") : ADD(p, ",");
        p = add_word(p, generate_roles.list[i ? first + i : 0]);
    }
    put(out, ROLES, text, json ? ADD(p, "\"]") : p);
}

static void put_address(struct leat_batch *out, struct person *who)
{
    char text[VALUE_ROOM], *p = text;
    const struct country *country = who->country;
    struct word street = pick(&who->state, country->streets);
    unsigned house = 1 + below(&who->state, 240), dirt = below(&who->state, 100);

    if (left_out(out, ADDRESS, &who->state, 60))
        return;
    if (dirt < 3)
        p = ADD(p, "\"The Old Mill\", ");
    else if (dirt < 6)
        p = ADD(add_word(ADD(p, "c/o "), who->last->written), "\n");
    p = country->number_behind ? add_number(ADD(add_word(p, street), " "), house, 1)
                               : add_word(ADD(add_number(p, house, 1), " "), street);
    p = dirt < 80 ? ADD(p, ", ") : dirt < 98 ? ADD(p, "\n") : ADD(p, "\r\n");
    p = add_word(p, pick(&who->state, country->cities));
    put(out, ADDRESS, text, add_pattern(ADD(p, " "), &who->state, country->post_code));
}

static enum leat_flow generate_read(struct leat_stage *stage, void *self, struct leat_batch *out,
                                    struct leat_error *err)
{
    struct generate *g = self;
    char position[24];

    (void)stage, (void)err;
    for (; leat_batch_has_room(out) && g->next <= g->rows; g->next++) {
        struct person who = make_person(g->seed, g->next);

        put_account(out, &who, g->seed);
        put_names(out, &who);
        put_contact(out, &who);
        put_history(out, &who);
        put_hash(out, &who);
        put_roles(out, &who);
        put_address(out, &who);
        leat_batch_end_row(out);
    }
    (void)snprintf(position, sizeof position, "%lld", (long long)g->next);
    leat_batch_set_position(out, 0, position);
    return g->next <= g->rows ? LEAT_MORE : LEAT_END;
}

static int generate_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct generate *g = self;
    const char *position = leat_stage_position(stage, 0);

    (void)err;
    g->next = position ? strtoll(position, NULL, 10) : 1;
    return 0;
}

static int generate_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    const struct generate *g = self;

    (void)err;
    leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, g->rows);
    return 0;
}

LEAT_EXTRACT(generate, .summary = "Makes up users of an old shop, seeded and dirty", .options = options,
             .fields = fields, .traits = LEAT_NO_FILES, .plan = generate_plan, .open = generate_open,
             .read = generate_read);
