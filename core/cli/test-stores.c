/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the stores hold that a pipeline's stages ask, as a test gives it:
 *
 *     stores: {lookup: [{user_id: 1, group: admin}]}
 *
 * by the id of the stage that asks. A store that is not given is empty.
 */
#include <string.h>

#include "cli/test-stores.h"

static const struct leat_node *rows_of(const struct leat_node *test, const struct leat_finder *finder)
{
    const struct leat_node *stores = leat_node_get(test, "stores");

    return stores ? leat_node_get(stores, finder->asker->model->id) : NULL;
}

static int give_store(struct leat_run *run, const struct leat_finder *finder, const struct leat_node *test,
                      struct leat_error *err)
{
    struct leat_held *held = &run->held[finder->number];
    struct leat_given given = {.what = "a store's", .schema = &finder->plan.out, .cap_rows = LEAT_FIND_ROWS};
    struct leat_batch *rows = leat_held_batch(held);
    int rc = leat_given_init(&given, &finder->plan.whole->arena, err);

    if (rc == 0) {
        rc = leat_given_read(&given, rows_of(test, finder), rows, err);
        leat_given_deinit(&given);
    }
    if (rc == 0)
        rc = leat_batch_finish(rows, err);
    if (rc == 0)
        return leat_held_give(held, rows, err);
    leat_batch_release(rows);
    return rc;
}

int leat_test_stores_give(struct leat_run *run, const struct leat_node *test, struct leat_error *err)
{
    int rc = 0;

    for (const struct leat_finder *f = run->plan->finders; f && rc == 0; f = f->next)
        rc = give_store(run, f, test, err);
    return rc;
}
