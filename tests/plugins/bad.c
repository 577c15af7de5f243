/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Plugins that are wrong, one for each BAD_*: none may be more than a sentence on stderr.
 */
#include <leat/plugin.h>

struct bad {
    int64_t number;
};

#ifndef BAD_NO_ENTRY

__attribute__((unused)) static enum leat_flow bad_read(struct leat_stage *stage, void *self, struct leat_batch *b,
                                                       struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)b;
    (void)err;
    return LEAT_END;
}

__attribute__((unused)) static int bad_deliver(struct leat_stage *stage, void *self, struct leat_batch *b,
                                               struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)b;
    (void)err;
    return 0;
}

__attribute__((unused)) static const struct leat_field fields[] = {{"id", LEAT_INT64, LEAT_PII, false, 0},
                                                                   LEAT_END_OF_FIELDS};

__attribute__((unused)) static int bad_process(struct leat_stage *stage, void *self, struct leat_batch *in,
                                               struct leat_batch *out, bool *ret_again, struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)in;
    (void)out;
    (void)ret_again;
    (void)err;
    return 0;
}

/* `number` is an int64_t, a boolean is not; the host would write beyond or beside it. */
__attribute__((unused)) static const struct leat_option broken[] = {
    {.name = "number", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct bad, number), .help = "A number."},
    LEAT_END_OF_OPTIONS,
};

static const struct leat_plugin descriptor = {
#ifdef BAD_ABI
    .abi = LEAT_ABI + 98,
#else
    .abi = LEAT_ABI,
#endif
    .size = sizeof(struct leat_plugin),
    .state_size = sizeof(struct bad),
#ifndef BAD_NO_SUMMARY
    .summary = "A plugin that is wrong",
#endif
#if defined BAD_ABI
    .kind = LEAT_KIND_EXTRACT, .name = "bad_abi", .fields = fields, .read = bad_read,
#elif defined BAD_NO_READ
    .kind = LEAT_KIND_EXTRACT, .name = "no_read", .fields = fields,
#elif defined BAD_NO_FIELDS
    .kind = LEAT_KIND_EXTRACT, .name = "no_fields", .read = bad_read,
#elif defined BAD_NO_SUMMARY
    .kind = LEAT_KIND_EXTRACT, .name = "no_summary", .fields = fields, .read = bad_read,
#elif defined BAD_NAME
    .kind = LEAT_KIND_EXTRACT, .name = "another", .fields = fields, .read = bad_read,
#elif defined BAD_KIND
    .kind = LEAT_KIND_LOAD, .name = "bad_kind", .deliver = bad_deliver,
#elif defined BAD_UNKNOWN_KIND
    .kind = (enum leat_kind)77, .name = "unknown_kind", .read = bad_read,
#elif defined BAD_NO_PROCESS
    .kind = LEAT_KIND_TRANSFORM, .name = "no_process", .traits = LEAT_KEEPS_SCHEMA,
#elif defined BAD_NO_PLAN
    .kind = LEAT_KIND_TRANSFORM, .name = "no_plan", .process = bad_process,
#elif defined BAD_NO_DELIVER
    .kind = LEAT_KIND_LOAD, .name = "no_deliver",
#elif defined BAD_OPTIONS
    .kind = LEAT_KIND_EXTRACT, .name = "bad_options", .fields = fields, .read = bad_read, .options = broken,
#elif defined BAD_NO_POLL
    .kind = LEAT_KIND_LOAD, .name = "no_poll", .deliver = bad_deliver, .traits = LEAT_LATE,
#else
    .kind = LEAT_KIND_EXTRACT, .name = "null_descriptor", .fields = fields, .read = bad_read,
#endif
};

#ifdef BAD_NULL
LEAT_EXPORT const struct leat_plugin *leat_plugin_v1(const struct leat_host *host);
const struct leat_plugin *leat_plugin_v1(const struct leat_host *host)
{
    (void)host;
    return descriptor.name ? NULL : &descriptor;
}
const struct leat_batch_services *leat_batch_services;
const struct leat_plan_services *leat_plan_services;
const struct leat_stage_services *leat_stage_services;
const struct leat_call_services *leat_call_services;
#else
LEAT_PLUGIN_ENTRY(descriptor)
#endif

#else

int leat_bad_no_entry(void);
int leat_bad_no_entry(void)
{
    return sizeof(struct bad);
}

#endif
