/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where a service is: another address than AWS's own if somebody says so, else
 * SERVICE[-fips].REGION.SUFFIX, whose suffix is that of the region's partition.
 */
#include "kit/aws/inside.h"

#include <ctype.h>
#include <string.h>

const struct leat_aws_service leat_aws_cognito = {
    .name = "cognito-idp", .host = "cognito-idp", .id = "cognito_identity_provider",
    .target = "AWSCognitoIdentityProviderService", .dualstack = LEAT_AWS_DUALSTACK_ANYWAY };
const struct leat_aws_service leat_aws_logs = { .name = "logs", .host = "logs", .id = "cloudwatch_logs",
                                                .target = "Logs_20140328", .gov_is_fips = true };
const struct leat_aws_service leat_aws_sts = { .name = "sts", .host = "sts", .id = "sts", .gov_is_fips = true };
const struct leat_aws_service leat_aws_s3 = { .name = "s3", .host = "s3", .id = "s3",
                                              .dualstack = LEAT_AWS_DUALSTACK_WORD };
const struct leat_aws_service leat_aws_sso = { .name = "awsssoportal", .host = "portal.sso", .id = "sso" };
const struct leat_aws_service leat_aws_quotas = { .name = "servicequotas", .host = "servicequotas",
                                                  .id = "service_quotas", .target = "ServiceQuotasV20190624" };

#define GOV "us-gov-"

/* Regions by what their names begin with, and the last one for all others. */
static const struct partition { const char *begin, *suffix, *dualstack; } partitions[] = {
    { "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
    { "us-iso-", "c2s.ic.gov", "api.aws.ic.gov" },
    { "us-isob-", "sc2s.sgov.gov", "api.aws.scloud" },
    { "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
    { "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
    { "eusc-", "amazonaws.eu", "api.amazonwebservices.eu" },
    { GOV, "amazonaws.com", "api.aws" },
    { "", "amazonaws.com", "api.aws" },
};

static const struct partition *partition_of(const char *region)
{
    const struct partition *p = partitions;

    while (strncmp(region, p->begin, strlen(p->begin)) != 0)
        p++;
    return p;
}

/* ---- region ---- */

/* It becomes a part of a host's name. */
bool aws_is_region(const char *text)
{
    size_t n = strlen(text);

    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-')
            return false;
    return n > 0 && n < 64 && *text != '-' && text[n - 1] != '-';
}

const char *leat_aws_region(const struct leat_aws *aws, struct leat_error *err)
{
    const char *region = aws->settings.options.region, *from = "option region";

    if (!region && (region = aws_env("AWS_REGION")))
        from = "AWS_REGION";
    if (!region && (region = aws_env("AWS_DEFAULT_REGION")))
        from = "AWS_DEFAULT_REGION";
    if (!region && (region = aws_setting(aws, aws->profile, "region")))
        from = "region of the profile";
    if (!region)
        (void)leat_fail(err, LEAT_EUNREACHABLE, "no region: set the option region, AWS_REGION, or region in the "
                                                "profile \"%.64s\" of %.300s", aws->profile, aws->config_path);
    else if (!aws_is_region(region))
        (void)leat_fail(err, LEAT_EUNREACHABLE, "the %s is none; one is written eu-central-1", from);
    return region && aws_is_region(region) ? region : NULL;
}

/* ---- another address ---- */

static const char *of_service_in_environment(const struct leat_aws_service *service)
{
    char name[64];

    (void)snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", service->id);
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return aws_env(name);
}

/* Of the section that the profile's `services` names. Negative: there is no such section. */
static int of_service_in_file(const struct leat_aws *aws, const struct leat_aws_service *service, const char **ret,
                              struct leat_error *err)
{
    const char *section = aws_setting(aws, aws->profile, "services");
    const struct ini_item *item;

    *ret = NULL;
    if (!section)
        return 0;
    if (!ini_has_section(&aws->config, INI_SERVICES, section))
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has services = %.64s, but %.300s has no "
                                                 "section [services %.64s]; write it, or take the setting out",
                         aws->profile, section, aws->config_path, section);
    item = ini_find(&aws->config, INI_SERVICES, section, service->id, "endpoint_url");
    *ret = item ? item->value : NULL;
    return 0;
}

static int find_url(const struct leat_aws *aws, const struct leat_aws_service *service, bool own, const char **ret_from,
                    const char **ret, struct leat_error *err)
{
    int rc = 0;

    *ret_from = "option endpoint_url";
    *ret = own ? aws->settings.options.endpoint_url : NULL;
    if (*ret || aws_is_true(aws, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
        return 0;
    if ((*ret = of_service_in_environment(service))) {
        *ret_from = "AWS_ENDPOINT_URL_ and the service's name";
    } else if ((*ret = aws_env("AWS_ENDPOINT_URL"))) {
        *ret_from = "AWS_ENDPOINT_URL";
    } else if ((rc = of_service_in_file(aws, service, ret, err)) == 0 && *ret) {
        *ret_from = "endpoint_url of the services section";
    } else if (rc == 0) {
        *ret = aws_setting(aws, aws->profile, "endpoint_url");
        *ret_from = "endpoint_url of the profile";
    }
    return rc;
}

/* Cuts it into host and path. */
static int take_url(const char *url, struct leat_aws_endpoint *ret, struct leat_error *err)
{
    char identity[LEAT_HTTP_IDENTITY];
    const char *wrong = leat_http_url_check(url, &ret->plain, identity), *host;
    size_t n = strlen(url), n_host;

    if (!wrong && strchr(url, '?'))
        wrong = "must not have a ? and what is behind it";
    while (n && url[n - 1] == '/')
        n--;
    if (!wrong && n >= sizeof ret->url)
        wrong = "is too long";
    if (wrong)
        return leat_fail(err, LEAT_EUNREACHABLE, "the address of %s (%s) %s", ret->service->name, ret->from, wrong);
    memcpy(ret->url, url, n);
    ret->url[n] = '\0';
    host = strstr(ret->url, "://") + 3;
    n_host = strcspn(host, "/");
    ret->path = host + n_host;
    if (n_host >= sizeof ret->host)
        return leat_fail(err, LEAT_EUNREACHABLE, "the address of %s (%s) is too long", ret->service->name, ret->from);
    memcpy(ret->host, host, n_host);
    ret->host[n_host] = '\0';
    return 0;
}

/* libcurl writes the port into Host unless it is the scheme's own. */
static void cut_default_port(struct leat_aws_endpoint *ret)
{
    const char *port = strncmp(ret->url, "https:", 6) == 0 ? ":443" : ":80";
    size_t n = strlen(ret->host), n_port = strlen(port);

    if (n > n_port && strcmp(ret->host + n - n_port, port) == 0)
        ret->host[n - n_port] = '\0';
}

/* ---- AWS's own ---- */

/* Of a host that has IPv6 as well. */
static const char *suffix_of(const struct leat_aws_service *service, const struct partition *partition)
{
    switch (service->dualstack) {
    case LEAT_AWS_DUALSTACK_WORD:
        return partition->suffix;
    case LEAT_AWS_DUALSTACK_ANYWAY:
        return *partition->begin ? partition->dualstack : partition->suffix;
    default:
        return partition->dualstack;
    }
}

static int make_url(const struct leat_aws *aws, struct leat_aws_endpoint *ret, struct leat_error *err)
{
    const struct leat_aws_service *service = ret->service;
    const struct partition *partition = partition_of(ret->region);
    bool fips = aws_is_true(aws, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    bool dualstack = aws_is_true(aws, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    char url[sizeof ret->url];

    if (service->gov_is_fips && !dualstack && strcmp(partition->begin, GOV) == 0)
        fips = false;
    (void)snprintf(url, sizeof url, "https://%s%s%s.%s.%s", service->host, fips ? "-fips" : "",
                   dualstack && service->dualstack == LEAT_AWS_DUALSTACK_WORD ? ".dualstack" : "", ret->region,
                   dualstack ? suffix_of(service, partition) : partition->suffix);
    ret->from = "the region";
    return take_url(url, ret, err);
}

int leat_aws_find_endpoint(const struct leat_aws *aws, const struct leat_aws_service *service, const char *region,
                           struct leat_aws_endpoint *ret, struct leat_error *err)
{
    /* The option names the address of the load's own service; the chain's have theirs. */
    bool own = service != &leat_aws_sts && service != &leat_aws_sso;
    const char *url;
    int rc;

    *ret = (struct leat_aws_endpoint){ .service = service };
    if (!region)
        region = leat_aws_region(aws, err);
    if (!region)
        return LEAT_EUNREACHABLE;
    if (!aws_is_region(region))
        return leat_fail(err, LEAT_EUNREACHABLE, "the region of %s is none; one is written eu-central-1",
                         service->name);
    (void)snprintf(ret->region, sizeof ret->region, "%s", region);
    rc = find_url(aws, service, own, &ret->from, &url, err);
    if (rc < 0)
        return rc;
    if (url && aws_is_true(aws, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"))
        return leat_fail(err, LEAT_EUNREACHABLE, "FIPS is asked for, and %s names another address for %s; take one of "
                                                 "the two away", ret->from, service->name);
    rc = url ? take_url(url, ret, err) : make_url(aws, ret, err);
    cut_default_port(ret);
    return rc;
}
