/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a plugin's file and descriptor must be before anything of it is called.
 */
#ifndef LEAT_PLUGIN_CHECK_H
#define LEAT_PLUGIN_CHECK_H

#include <leat/plugin.h>

/* The file is ours or root's to trust, can be read, and is a shared object for
 * this machine. libltdl calls every failure "file not found", so this is
 * looked at before. */
LEAT_MUST_CHECK int leat_plugin_check_file(const char *path, struct leat_error *err);
/* Why the dynamic linker will not have a file that passed the check. */
const char *leat_plugin_why_not(const char *path);
/* The callbacks its kind needs, a whole option table. */
LEAT_MUST_CHECK int leat_plugin_check_descriptor(const struct leat_plugin *plugin, const char *path,
                                                 struct leat_error *err);

#endif
