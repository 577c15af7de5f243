/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * json_get(document, path). A path is names and [numbers]: a.b[0].c; a name
 * that has a dot, a bracket or a quote in it stands in double quotes: a."b.c".
 * A text that stops being JSON only behind the value that was looked for is
 * not found out.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "expr/functions.h"
#include "expr/json.h"
#include "expr/kernel.h"

struct path {
    int n_steps;
    struct leat_json_step *steps;
    char *names; /* what the keys point into */
};

static bool element(const char **p, const char *end, struct leat_json_step *step)
{
    const char *q = *p + 1;
    int64_t index = 0;

    while (q < end && *q >= '0' && *q <= '9' && index < INT32_MAX)
        index = index * 10 + *q++ - '0';
    if (q == *p + 1 || q == end || *q != ']')
        return false;
    *step = (struct leat_json_step){.index = index};
    *p = q + 1;
    return true;
}

/* Names are copied to *names, which moves. */
static bool member(const char **p, const char *end, struct leat_json_step *step, char **names)
{
    const char *q = *p;
    bool quoted = q < end && *q == '"';

    *step = (struct leat_json_step){.key = *names};
    for (q += quoted; q < end && (quoted || !memchr(".[\"", *q, 3)); q++) {
        if (quoted && *q == '"') {
            if (q + 1 == end || q[1] != '"')
                break;
            q++;
        }
        *(*names)++ = *q;
    }
    step->n_key = (size_t)(*names - step->key);
    if (quoted && (q == end || *q++ != '"'))
        return false;
    *p = q;
    return quoted || step->n_key;
}

static bool parse(const char *p, const char *end, struct path *path)
{
    char *names = path->names;

    while (p < end) {
        struct leat_json_step *step = &path->steps[path->n_steps++];

        if (*p == '[' ? !element(&p, end, step) : !member(&p, end, step, &names))
            return false;
        if (p < end && *p != '[' && (*p++ != '.' || p == end || *p == '['))
            return false;
    }
    return path->n_steps > 0;
}

void leat_unbind_json_get(void *bound)
{
    struct path *path = bound;

    free(path->steps);
    free(path->names);
    free(path);
}

int leat_bind_json_get(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_column *c = bind->arguments[1].column;
    struct path *path;
    size_t n;

    if (!c || leat_is_null(c, 0))
        return leat_fail(err, -EINVAL, "the path of json_get() is a constant text such as 'a.b[0]'");
    n = (size_t)c->offsets[1];
    path = leat_alloc(sizeof *path);
    path->steps = leat_alloc_array(n + 1, sizeof *path->steps);
    path->names = leat_alloc(n + 1);
    if (parse((const char *)c->bytes, (const char *)c->bytes + n, path)) {
        *ret_bound = path;
        return 0;
    }
    leat_unbind_json_get(path);
    return leat_fail(err, -EINVAL, "'%.*s' is no path; one looks like a.b[0], or a.\"b.c\" for a name with a dot",
                     n < 100 ? (int)n : 100, (const char *)c->bytes);
}

int leat_fn_json_get(const struct leat_call *call, struct leat_error *err)
{
    const struct path *path = call->bound;
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        struct leat_json value = {0};
        size_t n;
        const char *text = (const char *)text_at(&in, row, &n);
        int found = leat_json_find(text, n, path->steps, path->n_steps, &value);
        uint8_t *room;

        n = (size_t)(value.end - value.p);
        if (found < 0)
            call_fail(call, row, "conversion_failed", "the text is no JSON");
        else if (!found || (n == 4 && memcmp(value.p, "null", 4) == 0))
            call_put_null(call, row);
        else if ((room = text_out_room(call, &out, row, n))) {
            if (*value.p == '"')
                n = leat_json_unquote(value, room);
            else
                memcpy(room, value.p, n);
            text_out_end_row(&out, n);
        }
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}
