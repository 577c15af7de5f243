/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where settings come from: options, environment, files.
 */
#include "kit/aws/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

const char *aws_env(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* ---- files ---- */

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder) + strlen(name) + 2;
    char *path = malloc(n);

    if (path)
        (void)snprintf(path, n, "%s/%s", folder, name);
    return path;
}

/* A service that systemd starts has no HOME. */
char *aws_path(const char *path)
{
    const char *home = aws_env("HOME");
    struct passwd entry, *found = NULL;
    char room[4096];

    if (strncmp(path, "~/", 2) != 0)
        return strdup(path);
    if (!home && getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
        home = entry.pw_dir;
    return join(home ? home : "", path + 2);
}

int aws_read_file(const char *path, size_t max, struct leat_put *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), fault;
    char *room = fd < 0 ? NULL : leat_put_reserve(ret, max + 1);
    ssize_t got = room ? 1 : -1;

    while (got > 0 && ret->n <= max) {
        got = read(fd, ret->p + ret->n, max + 1 - ret->n);
        ret->n += got > 0 ? (size_t)got : 0;
    }
    fault = fd >= 0 && !room ? ENOMEM : errno;
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return -fault;
    return ret->n > max ? -EFBIG : leat_put_end(ret) ? 0 : -ENOMEM;
}

int aws_read_files(struct leat_aws *aws, struct leat_error *err)
{
    int rc;

    ini_free(&aws->config);
    ini_free(&aws->shared);
    rc = ini_read(&aws->config, aws->config_path, true, err);
    return rc < 0 ? rc : ini_read(&aws->shared, aws->shared_path, false, err);
}

const char *aws_setting(const struct leat_aws *aws, const char *profile, const char *key)
{
    const struct ini_item *item = ini_find(&aws->shared, INI_PROFILE, profile, key, NULL);

    if (!item)
        item = ini_find(&aws->config, INI_PROFILE, profile, key, NULL);
    return item ? item->value : NULL;
}

bool aws_has_profile(const struct leat_aws *aws, const char *profile)
{
    return ini_has_section(&aws->shared, INI_PROFILE, profile) || ini_has_section(&aws->config, INI_PROFILE, profile);
}

bool aws_is_true(const struct leat_aws *aws, const char *variable, const char *key)
{
    const char *text = aws_env(variable);

    if (!text)
        text = aws_setting(aws, aws->profile, key);
    return text && strcasecmp(text, "true") == 0;
}

/* ---- life ---- */

static char *path_of(const char *variable, const char *otherwise)
{
    const char *path = aws_env(variable);

    return aws_path(path ? path : otherwise);
}

static const char *profile_name(const struct leat_aws *aws)
{
    const char *name = aws->settings.options.profile;

    if (!name)
        name = aws_env("AWS_PROFILE");
    if (!name)
        name = aws_env("AWS_DEFAULT_PROFILE");
    return name ? name : "default";
}

static int begin(struct leat_aws *aws, struct leat_error *err)
{
    const char *proxy = aws->settings.options.proxy, *wrong = proxy ? leat_http_proxy_check(proxy) : NULL;
    int rc;

    if (wrong)
        return leat_fail(err, LEAT_EUNREACHABLE, "the option proxy %s", wrong);
    aws->profile = strdup(profile_name(aws));
    aws->config_path = path_of("AWS_CONFIG_FILE", "~/.aws/config");
    aws->shared_path = path_of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    if (!aws->profile || !aws->config_path || !aws->shared_path)
        return leat_fail(err, -ENOMEM, "out of memory");
    rc = aws_read_files(aws, err);
    if (rc == 0 && strcmp(aws->profile, "default") != 0 && !aws_has_profile(aws, aws->profile))
        return leat_fail(err, LEAT_EUNREACHABLE, "there is no profile \"%.64s\" in %.200s or %.200s; write it there, "
                                                 "or name another (the option profile, or AWS_PROFILE)", aws->profile,
                         aws->config_path, aws->shared_path);
    return rc;
}

int leat_aws_open(const struct leat_aws_settings *settings, struct leat_aws **ret, struct leat_error *err)
{
    struct leat_aws *aws = calloc(1, sizeof *aws);
    int rc;

    if (!aws)
        return leat_fail(err, -ENOMEM, "out of memory");
    aws->settings = *settings;
    aws->source = -1;
    aws->container = "http://169.254.170.2";
    aws->metadata = "http://169.254.169.254";
    rc = begin(aws, err);
    if (rc < 0)
        leat_aws_close(aws);
    else
        *ret = aws;
    return rc;
}

void leat_aws_close(struct leat_aws *aws)
{
    if (!aws)
        return;
    ini_free(&aws->config);
    ini_free(&aws->shared);
    keys_free(&aws->keys);
    free(aws->config_path);
    free(aws->shared_path);
    free(aws->profile);
    free(aws);
}

const char *leat_aws_ca_file(const struct leat_aws *aws)
{
    const char *file = aws->settings.options.ca_file;

    if (!file)
        file = aws_env("AWS_CA_BUNDLE");
    return file ? file : aws_setting(aws, aws->profile, "ca_bundle");
}

/* ---- the clock ---- */

int64_t leat_aws_now(const struct leat_aws *aws)
{
    return (int64_t)time(NULL) + aws->clock_offset_s;
}

bool leat_aws_told(struct leat_aws *aws, const struct leat_http_reply *reply, const struct leat_aws_fault *fault,
                   const struct leat_aws_signed *is_signed)
{
    if (fault->verdict == LEAT_AWS_CLOCK && reply->date_s) {
        aws->clock_offset_s = reply->date_s - (int64_t)time(NULL);
        return true;
    }
    if (fault->verdict != LEAT_AWS_EXPIRED)
        return false;
    aws->refused |= is_signed->generation == aws->generation;
    return true;
}
