/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Opening a file that an extract reads, and knowing it again when a later run
 * goes on with it.
 */
#ifndef LEAT_KIT_INPUT_H
#define LEAT_KIT_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <leat/error.h>

/* Opens a regular file for reading; `what` is read from it, for the text: "CSV is". A pipe is
 * refused, as the plan would have read its beginning, and the run would miss that. A file that is not
 * there, or may not be read, is LEAT_EUNREACHABLE. Never blocks. */
LEAT_MUST_CHECK int leat_input_open(const char *path, const char *what, int *ret_fd, struct leat_error *err);

/* True where nothing has that name. */
bool leat_input_is_missing(const char *path);

enum { LEAT_INPUT_TRACE = 17 };

/* For a position: a hash of the last bytes before `offset`, in hexadecimal digits. It differs where they do, and where
 * a last line without an end has grown since. False: the file is not that long, or cannot be read. */
bool leat_input_trace(int fd, int64_t offset, char ret[LEAT_INPUT_TRACE]);

#endif
