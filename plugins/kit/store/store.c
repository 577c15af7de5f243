/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/store/store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

int64_t leat_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

bool leat_is_loopback(const char *host, size_t n)
{
    char name[INET6_ADDRSTRLEN] = "";
    unsigned char v4[4];

    if (n > 2 && *host == '[' && host[n - 1] == ']')
        host++, n -= 2;
    if (n >= sizeof name)
        return false;
    memcpy(name, host, n);
    return strcasecmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 ||
           (inet_pton(AF_INET, name, v4) == 1 && v4[0] == 127);
}

const char *leat_system_certificates(void)
{
    static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem" };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i], R_OK) == 0)
            return files[i];
    return NULL;
}

int leat_in_plan(int rc, struct leat_error *err)
{
    if (rc != LEAT_ERETRY && rc != -ETIMEDOUT && rc != -EIO && rc != -EACCES && rc != -ENOMEM && rc != -ENOSPC)
        return rc;
    if (err)
        err->code = LEAT_EUNREACHABLE;
    return LEAT_EUNREACHABLE;
}
