/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * floor-mongodb URL DATABASE COLLECTION: looks at every key of every document, in order of _id, and does nothing with
 * it: what the client library takes.
 */
#include <mongoc/mongoc.h>
#include <stdio.h>

static void read_all(mongoc_cursor_t *rows, long long *ret_n_rows, long long *ret_n_bytes)
{
    const bson_t *doc;
    bson_iter_t it;

    for (; mongoc_cursor_next(rows, &doc); ++*ret_n_rows) {
        if (!bson_iter_init(&it, doc))
            continue;
        while (bson_iter_next(&it))
            *ret_n_bytes += bson_iter_key_len(&it);
        *ret_n_bytes += doc->len;
    }
}

int main(int argc, char **argv)
{
    long long n_rows = 0, n_bytes = 0;
    mongoc_collection_t *collection;
    bson_t filter = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "batchSize", BCON_INT32(2000));
    mongoc_client_t *client;
    mongoc_cursor_t *rows;
    bson_error_t why;

    mongoc_init();
    client = argc == 4 ? mongoc_client_new(argv[1]) : NULL;
    if (!client) {
        fprintf(stderr, "floor-mongodb: usage: floor-mongodb URL DATABASE COLLECTION\n");
        return 2;
    }
    collection = mongoc_client_get_collection(client, argv[2], argv[3]);
    rows = mongoc_collection_find_with_opts(collection, &filter, options, NULL);
    read_all(rows, &n_rows, &n_bytes);
    if (mongoc_cursor_error(rows, &why)) {
        fprintf(stderr, "floor-mongodb: %s\n", why.message);
        return 1;
    }
    mongoc_cursor_destroy(rows);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    bson_destroy(options);
    mongoc_cleanup();
    printf("%lld documents, %lld bytes\n", n_rows, n_bytes);
    return n_rows == 0;
}
