/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The shared files of the AWS SDKs, ~/.aws/config and ~/.aws/credentials, as a flat
 * list of values that point into the text of the file:
 *
 *     [profile shop]                   PROFILE  shop  region             eu-west-1
 *     region = eu-west-1     # west    SERVICES local cognito_idp.port   1
 *     [services local]
 *     cognito_idp =
 *       port = 1
 */
#ifndef LEAT_KIT_AWS_INI_H
#define LEAT_KIT_AWS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include <leat/error.h>

enum ini_kind { INI_PROFILE, INI_SESSION, INI_SERVICES, INI_OTHER };

struct ini_item {
    enum ini_kind kind;
    const char *section;  /* its name without the kind: shop */
    const char *key;      /* in small letters; NULL: the heading itself */
    const char *sub;      /* of a nested setting: its own key; else NULL */
    const char *value;
    int line;
    bool bare;            /* under [default], which counts for nothing once there is [profile default] */
};

struct ini {
    const char *path;     /* borrowed */
    char *text;
    size_t n_text;
    struct ini_item *items;
    int n, cap;
    bool prefixed_default; /* there is a [profile default] */
    bool is_missing;       /* there is no such file */
};

/* Sections are `[profile NAME]`, `[default]`, `[sso-session NAME]` and `[services NAME]` in a config file, and
 * profiles by their mere names in the other. A file that is not there has nothing in it. */
LEAT_MUST_CHECK int ini_read(struct ini *ini, const char *path, bool is_config, struct leat_error *err);
/* The same of a text, which becomes the list's own: n bytes and room for one more, from malloc. */
LEAT_MUST_CHECK int ini_parse(struct ini *ini, const char *path, char *text, size_t n, bool is_config,
                              struct leat_error *err);
void ini_free(struct ini *ini);

bool ini_has_section(const struct ini *ini, enum ini_kind kind, const char *section);
/* The last one counts, as each section may stand there twice. `sub` NULL: no nested one. NULL: none, or empty. */
const struct ini_item *ini_find(const struct ini *ini, enum ini_kind kind, const char *section, const char *key,
                                const char *sub);

#endif
