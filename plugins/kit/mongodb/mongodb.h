/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the plugins for MongoDB share. client.c reaches the server and says what is wrong
 * with it, stream.c keeps its waits short, json.c writes a value of BSON as JSON, and
 * parse.c makes a value of JSON.
 *
 * A client belongs to one thread. json.c and parse.c know nothing of a server; any thread.
 */
#ifndef LEAT_KIT_MONGODB_H
#define LEAT_KIT_MONGODB_H

#include <mongoc/mongoc.h>

#include <leat/plugin.h>

#include "kit/text/put.h"

enum { LEAT_MONGODB_MAX_DEPTH = 64 }; /* of lists and documents, as the kit reads JSON */

/* ---- client.c ---- */

/* A collection, and what is done there. */
struct leat_mongodb {
    /* options */
    const struct leat_secret *url;
    const char *database, *collection;
    /* set by the plugin before the plan */
    const char *verb;          /* "read", for errors */
    const char *role;          /* that the user needs for it */
    bool hides;                /* the server's words may hold values of records */
    /* made by the plan, read-only after it */
    const char *where;         /* "shop.users at db.example.org:27017", for errors */
    const char *who;           /* " as user ann", or "" */
};

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_MONGODB_OPTIONS(type_, member_, collection_help_) \
    { .name = "url", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(type_, member_.url), .required = true, \
      .help = "Where the server is, mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE or mongodb+srv://HOST." }, \
    { .name = "database", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.database), \
      .help = "The database; that of the URL if it is not given." }, \
    { .name = "collection", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.collection), .required = true, \
      .help = collection_help_ }

/* A client, and who may want its waits to end. */
struct leat_mongodb_client {
    mongoc_client_t *client;
    struct leat_stage *stage; /* NULL: nobody */
};

/* Checks the URL and fills `where` and `who`; notes what is wrong. */
bool leat_mongodb_plan(struct leat_plan *plan, struct leat_mongodb *m);
/* The URL as libmongoc has it, which it was in the plan; NULL: no memory. Freed by mongoc_uri_destroy. */
mongoc_uri_t *leat_mongodb_uri(const struct leat_mongodb *m);
/* Makes the client; it connects when it is asked for something. `c` stays where it is. */
LEAT_MUST_CHECK int leat_mongodb_open(const struct leat_mongodb *m, struct leat_mongodb_client *c,
                                      struct leat_error *err);
void leat_mongodb_close(struct leat_mongodb_client *c);
/* How much of a message of the server's may be shown: the sentence up to where a value may begin. */
size_t leat_mongodb_safe(const char *message);
/* What the server, or the way to it, has just said. `reply` may be NULL. */
int leat_mongodb_fail(const struct leat_mongodb *m, const bson_error_t *why, const bson_t *reply,
                      struct leat_error *err);
/* Whether it may be better on another connection, a moment later. */
bool leat_mongodb_may_pass(const bson_error_t *why, const bson_t *reply);
/* The same of a code of the server. */
bool leat_mongodb_passes(uint32_t code);

/* ---- stream.c ---- */

/* Waits of this client end soon after the run is to stop. */
void leat_mongodb_watch(struct leat_mongodb_client *c);

/* ---- json.c ---- */

enum leat_bson_fit {
    LEAT_FIT_FINE,
    LEAT_FIT_NOT,
    LEAT_FIT_NO_UTF8,
    LEAT_FIT_TOO_DEEP,
    LEAT_FIT_BROKEN, /* no BSON */
    LEAT_FIT_NO_MEMORY,
};

/* Appends the value as JSON. */
LEAT_MUST_CHECK enum leat_bson_fit leat_bson_add_json(struct leat_put *b, const bson_iter_t *value);
/* For rejects: bytes that are no UTF-8 become \xff, and what cannot be shown null. */
void leat_bson_add_shown(struct leat_put *b, const bson_iter_t *value);
void leat_bson_add_key(struct leat_put *b, const char *key, size_t n);
/* What stands for a scalar as text, without quotes: that of a date, an ObjectId, a UUID, a number. False: it is none
 * of these. `room` has LEAT_BSON_ROOM bytes. */
enum { LEAT_BSON_ROOM = 64 };
bool leat_bson_text(const bson_iter_t *value, char *room, size_t *ret_n);
bool leat_bson_is_uuid(const bson_iter_t *value);

/* ---- parse.c ---- */

/* Appends what the JSON stands for. What is not fine may have left a part of it behind. */
LEAT_MUST_CHECK enum leat_bson_fit leat_bson_append_json(bson_t *to, const char *key, int n_key, const char *json,
                                                         size_t n, struct leat_put *scratch);
/* Appends a decimal number as a Decimal128. False: that cannot hold it to the last digit. */
LEAT_MUST_CHECK bool leat_bson_append_decimal(bson_t *to, const char *key, int n_key, const char *text, size_t n);

#endif
