/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The host of plugin-host.h for the mongodb extract or, with TEST_OF_LOAD, load, whose URL is a secret. Only a variable gives
 * one, and that host has none: so it is not required here, but is what `url` holds.
 */
#ifndef LEAT_TESTS_TEST_MONGODB_H
#define LEAT_TESTS_TEST_MONGODB_H

#include <leat/plugin.h>

#define leat_plugin_v1 plugin_without_url
#include "plugin-host.h"
#undef leat_plugin_v1

#ifdef TEST_OF_LOAD
#include "load/mongodb/load.h"
#else
#include "extract/mongodb/extract.h"
#endif

static struct leat_secret url;

static void say_unasked(struct leat_plan *p)
{
    leat_text_printf(&p->said, "unasked\n");
}

const struct leat_plugin *plugin_without_url(const struct leat_host *host);
const struct leat_plugin *plugin_without_url(const struct leat_host *host)
{
    static struct leat_plan_services services;
    static struct leat_option options[32];
    static struct leat_plugin copy;
    struct leat_host mine = *host;

    services = *host->plan;
    services.unasked = say_unasked;
    mine.plan = &services;
    copy = *leat_plugin_v1(&mine);
    for (int i = 0; copy.options[i].name; i++) {
        assert_true(i < 31);
        options[i] = copy.options[i];
        options[i].required = options[i].required && strcmp(options[i].name, "url") != 0;
    }
    copy.options = options;
    return &copy;
}

/* For host_before_plan. */
static void give_url(void *self)
{
    ((struct mongodb *)self)->at.url = &url;
}

#endif
