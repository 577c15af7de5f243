/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Files of the host's own: small ones, read and written whole.
 */
#ifndef LEAT_BASE_FILE_H
#define LEAT_BASE_FILE_H

#include "base/arena.h"
#include "base/text.h"

/* Appends the whole file; more than `limit` bytes is -EFBIG. 0 or a negated errno. */
LEAT_MUST_CHECK int leat_file_read(const char *path, size_t limit, struct leat_text_buffer *out);
/* Writes the file whole or not at all: beside it, fsynced, renamed. Mode 0600.
 * Follows links; a pipe or a device is written as it is. */
LEAT_MUST_CHECK int leat_file_write(const char *path, const char *text, size_t n);
/* Copies a file, whole or not at all, as leat_file_write does. */
LEAT_MUST_CHECK int leat_file_copy(const char *from, const char *to);
/* Flushes the folder that holds `path`, so that a rename in it stays. */
LEAT_MUST_CHECK int leat_file_sync_folder(const char *path);
/* The folder of a path, "." where it has none. */
const char *leat_path_folder(struct leat_arena *arena, const char *path);
/* `path` if it is absolute, else below `folder`. */
const char *leat_path_join(struct leat_arena *arena, const char *folder, const char *path);
/* The real path, all links followed. Where it does not exist: its real folder,
 * joined with its name; the path as it is where the folder does not exist, too. */
const char *leat_path_canonical(struct leat_arena *arena, const char *path);

#endif
