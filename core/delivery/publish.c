/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/publish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

static int64_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

void leat_publisher_add(struct leat_publisher *p, const char *written, const char *final, int64_t size)
{
    p->files = leat_grow(p->files, p->n, &p->cap, sizeof *p->files);
    p->files[p->n++] = (struct leat_published){.written = leat_arena_strdup(&p->arena, written),
                                               .final = leat_arena_strdup(&p->arena, final),
                                               .size = size >= 0 ? size : size_of(written)};
}

int leat_publisher_commit(struct leat_publisher *p, struct leat_error *err)
{
    while (p->n) {
        struct leat_published *file = &p->files[p->n - 1];
        int rc = rename(file->written, file->final) < 0 ? -errno : 0;

        if (rc == -ENOENT && file->size >= 0 && size_of(file->final) == file->size)
            rc = 0;
        if (rc == 0)
            rc = leat_file_sync_folder(file->final);
        if (rc < 0)
            return leat_fail(err, rc, "cannot give the file %s its name: %s", file->final, strerror(-rc));
        p->n--;
    }
    return 0;
}

void leat_publisher_deinit(struct leat_publisher *p)
{
    for (int i = 0; i < p->n && !p->may_be_needed; i++)
        (void)unlink(p->files[i].written);
    free(p->files);
    leat_arena_deinit(&p->arena);
    *p = (struct leat_publisher){0};
}
