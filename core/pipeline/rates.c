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

/* 50/s, 3000/m, 0.5/s: calls a second. */
static bool parse_rate(const char *text, double *ret)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"/s", 1}, {"/m", 60}, {"/min", 60}, {"/h", 3600}, {"/d", 86400}};
    char *end;
    double n = strtod(text, &end);

    if (end == text || !(n > 0) || n > 1e9)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *ret = n / units[i].seconds;
            return true;
        }
    return false;
}

static bool parse_share(const char *text, double *ret)
{
    char *end;

    *ret = strtod(text, &end) / 100;
    return end != text && strcmp(end, "%") == 0 && *ret >= 0 && *ret < 1;
}

static const char *scalar_of(const struct leat_node *map, const char *name)
{
    const struct leat_node *node = leat_node_get(map, name);

    return node && node->kind == LEAT_SCALAR ? node->text : NULL;
}

static void read_rate(struct leat_pipeline *p, const struct leat_node *node, struct leat_diagnostics *diagnostics)
{
    static const char *const keys[] = {"quota", "leave"};
    struct leat_rate *rate = &p->rates[p->n_rates++];
    const char *quota, *leave = "0%";
    double left = 0;

    leat_interpolate((struct leat_node *)node, &p->variables, &p->arena, diagnostics);
    quota = node->kind == LEAT_SCALAR ? node->text : scalar_of(node, "quota");
    if (leat_node_get(node, "leave"))
        leave = scalar_of(node, "leave");
    rate->name = node->name;
    for (int i = 0; node->kind == LEAT_MAP && i < node->n_children; i++)
        if (strcmp(node->children[i]->name, keys[0]) != 0 && strcmp(node->children[i]->name, keys[1]) != 0)
            leat_unknown_key(diagnostics, node, node->children[i], keys, 2, "a rate");
    if (!quota || !parse_rate(quota, &rate->quota))
        leat_wrong_at(diagnostics, node, form, "rates: %s is not a number of calls in a time", node->name);
    else if (!leave || !parse_share(leave, &left))
        leat_wrong_at(diagnostics, node, form, "rates: what %s leaves for others is a share of it, below 100%%",
                      node->name);
    rate->per_second = rate->quota * (1 - left);
}

void leat_rates_read(struct leat_pipeline *p, struct leat_diagnostics *diagnostics)
{
    const struct leat_node *rates = leat_node_get(p->root, "rates");

    if (!rates)
        return;
    if (rates->kind != LEAT_MAP) {
        leat_wrong_at(diagnostics, rates, "write  rates: {api: 50/s}", "rates: takes named budgets");
        return;
    }
    p->rates = leat_arena_alloc(&p->arena, ((size_t)rates->n_children + 1) * sizeof *p->rates);
    for (int i = 0; i < rates->n_children; i++)
        read_rate(p, rates->children[i], diagnostics);
}
