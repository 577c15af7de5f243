/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The log: lines on stderr, from any thread, whole. Warnings and errors by
 * default. Never a value of a record, never a secret: who logs sees to that.
 */
#ifndef LEAT_OBSERVE_LOG_H
#define LEAT_OBSERVE_LOG_H

#include <leat/stage.h>

/* Lines above this level are not written. Before any thread starts. */
void leat_log_level(enum leat_log_level most);
/* Lines are JSON objects {"time", "level", "text"} from now on. Before any thread starts. */
void leat_log_json(bool json);
bool leat_log_is_json(void);
void leat_log(enum leat_log_level level, const char *format, ...) LEAT_PRINTF(2, 3);

#endif
