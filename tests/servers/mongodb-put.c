/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Puts documents into a MongoDB server for the tests, which have no other client:
 *
 *     mongodb-put URL DATABASE COLLECTION <documents     one a line, in extended JSON
 *     mongodb-put --numbers N URL DATABASE COLLECTION    {_id: 1, name: "name 1", even: false} ... N
 *     mongodb-put --command URL DATABASE <command        runs a command and prints the reply
 *
 * The collection is emptied first. Prints how many were put.
 */
#include <mongoc/mongoc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 1000 };

static void die(const char *what, const bson_error_t *why)
{
    fprintf(stderr, "mongodb-put: %s: %s\n", what, why ? why->message : "usage: mongodb-put [--numbers N | --command] "
            "URL DATABASE [COLLECTION]");
    exit(1);
}

struct batch {
    mongoc_collection_t *collection;
    const bson_t *docs[AT_ONCE];
    size_t n;
    long put;
};

static void flush(struct batch *b)
{
    bson_error_t why;

    if (b->n && !mongoc_collection_insert_many(b->collection, b->docs, b->n, NULL, NULL, &why))
        die("cannot insert", &why);
    for (size_t i = 0; i < b->n; i++)
        bson_destroy((bson_t *)b->docs[i]);
    b->put += (long)b->n;
    b->n = 0;
}

static void add(struct batch *b, const bson_t *doc)
{
    b->docs[b->n++] = doc;
    if (b->n == AT_ONCE)
        flush(b);
}

static const bson_t *parse(const char *line, size_t n)
{
    bson_error_t why;
    const bson_t *doc = bson_new_from_json((const uint8_t *)line, (ssize_t)n, &why);

    if (!doc)
        die("a line is no extended JSON", &why);
    return doc;
}

static void put_lines(struct batch *b)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    while ((n = getline(&line, &cap, stdin)) > 0)
        if (line[0] == '{')
            add(b, parse(line, (size_t)n));
    free(line);
}

static void put_numbers(struct batch *b, long n)
{
    char name[32];

    for (long i = 1; i <= n; i++) {
        snprintf(name, sizeof name, "name %ld", i);
        add(b, BCON_NEW("_id", BCON_INT64(i), "name", BCON_UTF8(name), "even", BCON_BOOL(i % 2 == 0)));
    }
}

static void run_command(mongoc_client_t *client, const char *database)
{
    char *line = NULL, *json;
    size_t cap = 0;
    bson_error_t why;
    bson_t reply;
    ssize_t n;

    while ((n = getline(&line, &cap, stdin)) > 0) {
        const bson_t *command = parse(line, (size_t)n);

        if (!mongoc_client_command_simple(client, database, command, NULL, &reply, &why))
            die("the server says", &why);
        json = bson_as_relaxed_extended_json(&reply, NULL);
        puts(json);
        bson_free(json);
        bson_destroy(&reply);
        bson_destroy((bson_t *)command);
    }
    free(line);
}

static void put(mongoc_client_t *client, const char *database, const char *collection, long numbers)
{
    struct batch b = { .collection = mongoc_client_get_collection(client, database, collection) };

    (void)mongoc_collection_drop(b.collection, NULL); /* it may not be there */
    if (numbers)
        put_numbers(&b, numbers);
    else
        put_lines(&b);
    flush(&b);
    printf("%ld\n", b.put);
    mongoc_collection_destroy(b.collection);
}

int main(int argc, char **argv)
{
    bool command = argc > 1 && strcmp(argv[1], "--command") == 0;
    bool numbers = argc > 2 && strcmp(argv[1], "--numbers") == 0;
    char **rest = argv + 1 + command + 2 * numbers;
    mongoc_client_t *client;

    if (argc - (rest - argv) != (command ? 2 : 3))
        die("the arguments", NULL);
    mongoc_log_set_handler(NULL, NULL); /* FerretDB knows no sessions, and is asked to end them */
    mongoc_init();
    client = mongoc_client_new(rest[0]);
    if (!client)
        die("the URL", NULL);
    if (command)
        run_command(client, rest[1]);
    else
        put(client, rest[1], rest[2], numbers ? atol(argv[2]) : 0);
    mongoc_client_destroy(client);
    mongoc_cleanup();
    return 0;
}
