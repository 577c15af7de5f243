/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * rates: what stages may ask of a server, by name:
 *
 *     rates:
 *       api:   50/s
 *       login: {quota: 3000/m, leave: 20%}    # a fifth of it for others
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline/model.h"

static const char form[] = "write it as 50/s, 3000/m, 1000/h, or {quota: 50/s, leave: 20%}";
static const double least = 1.0 / 86400, most = 1e9; /* calls a second */

/* Digits with an optional fraction: not all that strtod takes. Returns what stands behind, or NULL. */
static const char *parse_number(const char *text, double *ret)
{
    size_t n = strspn(text, "0123456789.");
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;
    *ret = strtod(text, &end);
    return end == text + n ? end : NULL;
}

/* 50/s, 3000/m, 0.5/s: calls a second. */
static bool parse_rate(const char *text, double *ret)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"/s", 1}, {"/m", 60}, {"/min", 60}, {"/h", 3600}, {"/d", 86400}};
    double n;
    const char *unit = parse_number(text, &n);

    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].unit) == 0) {
            *ret = n / units[i].seconds;
            return *ret >= least && *ret <= most;
        }
    return false;
}

static bool parse_share(const char *text, double *ret)
{
    double percent;
    const char *unit = parse_number(text, &percent);

    if (!unit || strcmp(unit, "%") != 0 || !(percent < 100))
        return false;
    *ret = percent / 100;
    return true;
}

/* The quota of {quota: 50/s}, or of 50/s beside which --set has put leave:. */
static const struct leat_node *quota_of(const struct leat_node *node)
{
    const struct leat_node *quota = leat_node_get(node, "quota");

    return node->kind != LEAT_MAP ? node : quota ? quota : leat_node_get(node, LEAT_MAIN_OPTION);
}

static void check_keys(const struct leat_node *node, struct leat_diagnostics *diagnostics)
{
    static const char *const keys[] = {"quota", "leave"};

    for (int i = 0; node->kind == LEAT_MAP && i < node->n_children; i++) {
        const char *key = node->children[i]->name;

        if (strcmp(key, keys[0]) != 0 && strcmp(key, keys[1]) != 0 && strcmp(key, LEAT_MAIN_OPTION) != 0)
            leat_unknown_key(diagnostics, node, node->children[i], keys, 2, "a rate");
    }
}

static void read_values(struct leat_rate *rate, const struct leat_node *node, struct leat_diagnostics *diagnostics)
{
    const struct leat_node *quota = quota_of(node), *leave = leat_node_get(node, "leave");
    double left = 0;

    if (!quota || !parse_rate(quota->text, &rate->quota))
        leat_wrong_at(diagnostics, quota ? quota : node, form,
                      "rates: %s takes a number of calls in a time, at least one a day", rate->name);
    if (leave && !parse_share(leave->text, &left))
        leat_wrong_at(diagnostics, leave, form, "rates: what %s leaves for others is a share of it, below 100%%",
                      rate->name);
    rate->per_second = rate->quota * (1 - left);
}

static void read_rate(struct leat_pipeline *p, const struct leat_node *node, struct leat_diagnostics *diagnostics)
{
    struct leat_rate *rate = &p->rates[p->n_rates++];
    int n = diagnostics->n;

    rate->name = node->name;
    if (!*node->name)
        leat_wrong_key(diagnostics, node, "give it a name that stages can take it by", "rates: a budget has no name");
    leat_interpolate((struct leat_node *)node, &p->variables, &p->arena, diagnostics);
    if (diagnostics->n > n)
        return; /* what a variable without a value leaves behind is no second mistake */
    check_keys(node, diagnostics);
    read_values(rate, node, diagnostics);
}

void leat_rates_read(struct leat_pipeline *p, struct leat_diagnostics *diagnostics)
{
    const struct leat_node *rates = leat_node_get(p->root, "rates");

    if (!rates || (rates->kind == LEAT_SCALAR && rates->plain && !*rates->text))
        return;
    if (rates->kind != LEAT_MAP) {
        leat_wrong_at(diagnostics, rates, "write  rates: {api: 50/s}", "rates: takes named budgets");
        return;
    }
    p->rates = leat_arena_alloc(&p->arena, ((size_t)rates->n_children + 1) * sizeof *p->rates);
    for (int i = 0; i < rates->n_children; i++)
        read_rate(p, rates->children[i], diagnostics);
}
