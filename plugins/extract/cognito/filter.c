/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Conditions of ListUsers (API reference, ListUsers, Filter): one attribute, = or ^=, one value in quotes.
 */
#include "extract.h"

#include <strings.h>

#include "kit/text/text.h"

enum { MAX_FILTER = 256 };

static const char *const searchable[] = { "username", "email", "phone_number", "name", "given_name", "family_name",
                                          "preferred_username", "cognito:user_status", "status", "sub", NULL };

void filter_put(struct leat_put *put, const char *attribute, const char *op, const char *value, size_t n)
{
    leat_put_printf(put, "%s %s \"", attribute, op);
    for (size_t i = 0; i < n; i++) {
        if (value[i] == '"' || value[i] == '\\')
            leat_put_string(put, "\\");
        leat_put_bytes(put, value + i, 1);
    }
    leat_put_string(put, "\"");
}

/* ---- one that the user wrote ---- */

static void skip_spaces(const char **p)
{
    *p += strspn(*p, " ");
}

static bool is_searchable(const char *name, size_t n)
{
    for (const char *const *one = searchable; *one; one++)
        if (strlen(*one) == n && memcmp(*one, name, n) == 0)
            return true;
    return false;
}

static const char *nearest(const char *name, size_t n)
{
    const char *best = NULL;
    int least = 4;

    for (const char *const *one = searchable; *one; one++) {
        int d = leat_text_distance(name, n, *one, strlen(*one));

        if (d < least) {
            least = d;
            best = *one;
        }
    }
    return best;
}

static const char hint[] = "a filter is one condition such as cognito:user_status = \"CONFIRMED\" or email ^= \"a\"";

static bool plan_name(struct leat_plan *plan, const char *name, size_t n)
{
    const char *near = nearest(name, n);

    if (is_searchable(name, n))
        return true;
    if (n > 7 && memcmp(name, "custom:", 7) == 0)
        leat_plan_wrong(plan, "filter", "Cognito does not search custom attributes; leave them behind with a "
                                        "transform: `- filter: ...`");
    else if (!n)
        leat_plan_wrong(plan, "filter", "begins with no attribute; %s", hint);
    else
        leat_plan_wrong(plan, "filter", "Cognito does not search by '%.*s'; it does by username, email, phone_number, "
                        "name, given_name, family_name, preferred_username, cognito:user_status, status and sub%s%s%s",
                        n < 40 ? (int)n : 40, name, near ? " (is " : "", near ? near : "", near ? " meant?)" : "");
    return false;
}

/* The end of a value behind its first quote, or NULL. */
static const char *value_end(const char *p)
{
    while (*p && *p != '"')
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : NULL;
}

static void plan_value(struct leat_plan *plan, const char *p)
{
    const char *end = *p == '"' ? value_end(p + 1) : NULL;

    if (!end) {
        leat_plan_wrong(plan, "filter", "its value stands in double quotes, and a quote in it behind a backslash; %s",
                        hint);
        return;
    }
    skip_spaces(&end);
    if (*end)
        leat_plan_wrong(plan, "filter", "Cognito takes one condition and no more; leave others to a transform: "
                                        "`- filter: ...`");
}

void filter_plan(struct leat_plan *plan, const char *filter)
{
    const char *p = filter, *name;
    bool quoted;
    size_t n;

    if (strlen(filter) > MAX_FILTER)
        leat_plan_wrong(plan, "filter", "is longer than %d characters, which Cognito does not take", MAX_FILTER);
    skip_spaces(&p);
    quoted = *p == '"';
    name = p += quoted;
    n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-");
    p += n;
    p += quoted && *p == '"';
    if (!plan_name(plan, name, n))
        return;
    skip_spaces(&p);
    if (*p != '=' && (*p != '^' || p[1] != '=')) {
        leat_plan_wrong(plan, "filter", "compares by = (is) or ^= (begins with); %s", hint);
        return;
    }
    p += *p == '=' ? 1 : 2;
    skip_spaces(&p);
    plan_value(plan, p);
}
