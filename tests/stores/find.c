/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asks an extract plugin for records by key, as a stage that enriches records does:
 *
 *     find PLUGIN.so 'table: users' id name <keys
 *
 * Keys stand one a line, their fields separated by tabs, \N for a null. For each record that is found it
 * prints the line of its key, from 0, and the record, `0: 1|Ada'; then one digit a key, 1 for found.
 * FIND_TIMES=2 asks a second time, on the same connection; FIND_PATIENCE_MS is how long an answer may take.
 */
#include "unit.h"
#include "plugin-host.h"

#include <dlfcn.h>

#include "kit/fields/fields.h"

enum { MAX_KEYS = 20000, MAX_FIELDS = 8 };

static const char *plugin_path;

const struct leat_plugin *leat_plugin_v1(const struct leat_host *host)
{
    void *object = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    const struct leat_plugin *(*entry)(const struct leat_host *) = NULL;

    if (object)
        *(void **)&entry = dlsym(object, "leat_plugin_v1");
    if (!entry) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return entry(host);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void read_keys(struct leat_batch *keys, int n_fields)
{
    char line[4096];

    while (fgets(line, sizeof line, stdin)) {
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < n_fields; i++) {
            const char *value = strsep(&rest, "\t");

            if (!value || strcmp(value, "\\N") == 0)
                leat_batch_put_null(keys, i);
            else if (!leat_field_put(keys, i, value, strlen(value)))
                fail_msg("%s is no value of %s", value, keys->schema->fields[i].name);
        }
        leat_batch_end_row(keys);
    }
}

static int ask(struct leat_stage *stage, struct leat_plan *p, struct leat_find *find)
{
    struct leat_error err = {0};
    struct leat_text_buffer line = {0};

    if (p->plugin->find(stage, p->self, find, &err) < 0) {
        printf("failed %d: %s\n", err.code, err.text);
        return 1;
    }
    for (int32_t row = 0; row < find->out->n_rows; row++) {
        line.n = 0;
        say_row(find->out, row, &line);
        printf("%d: ", find->out->host->own_origin_rows[row]);
        (void)!fwrite(line.p, 1, line.n, stdout);
    }
    for (int32_t i = 0; i < find->keys->n_rows; i++)
        putchar('0' + find->ret_found[i]);
    putchar('\n');
    leat_text_deinit(&line);
    return 0;
}

static struct leat_schema schema_of(const struct leat_plan *p, char **names, int n, struct leat_field *fields)
{
    for (int i = 0; i < n; i++) {
        int at = leat_schema_find(&p->out, names[i]);

        if (at < 0)
            fail_msg("no field %s", names[i]);
        fields[i] = p->out.fields[at];
    }
    return (struct leat_schema){.n_fields = n, .fields = fields};
}

static int find_all(struct leat_plan *p, const struct leat_schema *schema, int times, int64_t patience_ms)
{
    struct leat_stage stage = {.plan = p, .worker = calloc(1, p->plugin->worker_size)};
    struct leat_pool key_pool, pool;
    struct leat_find find;
    uint8_t *found = calloc(MAX_KEYS, 1);
    struct leat_error err = {0};
    int status = 0;

    leat_pool_init(&key_pool, schema, NULL, MAX_KEYS, 1 << 24, 1 << 24);
    leat_pool_init(&pool, &p->out, NULL, MAX_KEYS, 1 << 24, 1 << 24);
    find.keys = leat_pool_get(&key_pool);
    read_keys((struct leat_batch *)find.keys, schema->n_fields);
    assert_int_equal(leat_batch_finish((struct leat_batch *)find.keys, &err), 0);
    for (int i = 0; status == 0 && i < times; i++) {
        find.out = leat_pool_get(&pool);
        find.ret_found = found;
        find.deadline_ms = now_ms() + patience_ms;
        status = ask(&stage, p, &find);
        leat_batch_release(find.out);
    }
    p->plugin->worker_close(&stage, p->self);
    leat_batch_release((struct leat_batch *)find.keys);
    leat_pool_deinit(&key_pool);
    leat_pool_deinit(&pool);
    free(found);
    free(stage.worker);
    return status;
}

static int number_of(const char *variable, int otherwise)
{
    const char *text = getenv(variable);

    return text ? atoi(text) : otherwise;
}

int main(int argc, char **argv)
{
    struct leat_field fields[MAX_FIELDS];
    struct leat_schema schema;
    struct leat_plan *p;
    int status;

    if (argc < 4 || argc - 3 > MAX_FIELDS) {
        fprintf(stderr, "find PLUGIN.so OPTIONS FIELD... <KEYS\n");
        return 64;
    }
    plugin_path = argv[1];
    p = host_begin(argv[2], NULL, false);
    if (p->rc < 0 || strstr(host_said(p), "wrong ")) {
        fprintf(stderr, "%s", host_said(p));
        return 1;
    }
    schema = schema_of(p, argv + 3, argc - 3, fields);
    status = find_all(p, &schema, number_of("FIND_TIMES", 1), number_of("FIND_PATIENCE_MS", 60000));
    host_end(p);
    return status;
}
