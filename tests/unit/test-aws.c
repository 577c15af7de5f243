/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the AWS kit does without a server (plugins/kit/aws): regions and addresses, what a reply is, signatures of
 * AWS's own example. The chain of credentials is tested by tests/aws.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit/aws/inside.h"

const struct leat_stage_services *leat_stage_services;

/* ---- settings of each test: variables, and a config file ---- */

static const char *const variables[] = {
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT", "AWS_CA_BUNDLE",
};

static char file[4096];

static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    (void)snprintf(file, sizeof file, "%s/aws-config-%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
    setenv("AWS_CONFIG_FILE", file, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    unlink(file);
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    return unlink(file) * 0;
}

static void config(const char *text)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static struct leat_aws *opened(struct leat_aws_options options)
{
    const struct leat_aws_settings settings = {.options = options};
    struct leat_error err = {0};
    struct leat_aws *aws = NULL;

    if (leat_aws_open(&settings, &aws, &err) < 0)
        fail_msg("%s", err.text);
    return aws;
}

/* ---- regions ---- */

static void assert_region(const char *option, const char *wanted)
{
    struct leat_aws *aws = opened((struct leat_aws_options){.region = option});
    struct leat_error err = {0};
    const char *region = leat_aws_region(aws, &err);

    assert_has(region ? region : err.text, wanted);
    leat_aws_close(aws);
}

static void test_regions(void **state)
{
    (void)state;
    assert_region(NULL, "no region: set the option region, AWS_REGION, or region in the profile \"default\" of");
    config("[default]\nregion = of-file\n");
    assert_region(NULL, "of-file");
    setenv("AWS_DEFAULT_REGION", "of-default", 1);
    assert_region(NULL, "of-default");
    setenv("AWS_REGION", "of-variable", 1);
    assert_region(NULL, "of-variable");
    setenv("AWS_REGION", "", 1);
    assert_region(NULL, "of-default");
    assert_region("of-option", "of-option");
    assert_region("evil.example.org/", "the option region is none");
    assert_region("-x", "the option region is none");
    assert_region("EU-WEST-1", "the option region is none");
    assert_region("", "the option region is none");
}

/* ---- addresses ---- */

static void assert_endpoint(const char *option, const struct leat_aws_service *service, const char *region,
                            const char *wanted)
{
    struct leat_aws *aws = opened((struct leat_aws_options){.endpoint_url = option, .region = "eu-west-1"});
    struct leat_aws_endpoint endpoint;
    struct leat_error err = {0};
    char got[1024];

    if (leat_aws_find_endpoint(aws, service, region, &endpoint, &err) < 0)
        (void)snprintf(got, sizeof got, "%s", err.text);
    else
        (void)snprintf(got, sizeof got, "%s [%s] %s%s", endpoint.url, endpoint.host, endpoint.path,
                       endpoint.plain ? "plain" : "");
    if (strcmp(got, wanted) != 0 && !strstr(got, wanted))
        fail_msg("got %s, wanted %s", got, wanted);
    leat_aws_close(aws);
}

#define cognito &leat_aws_cognito

static void test_addresses_of_aws(void **state)
{
    (void)state;
    assert_endpoint(NULL, cognito, NULL, "https://cognito-idp.eu-west-1.amazonaws.com "
                                         "[cognito-idp.eu-west-1.amazonaws.com] ");
    assert_endpoint(NULL, cognito, "cn-north-1", "https://cognito-idp.cn-north-1.amazonaws.com.cn [");
    assert_endpoint(NULL, cognito, "us-gov-west-1", "https://cognito-idp.us-gov-west-1.amazonaws.com [");
    assert_endpoint(NULL, cognito, "us-iso-east-1", "https://cognito-idp.us-iso-east-1.c2s.ic.gov [");
    assert_endpoint(NULL, cognito, "us-isob-east-1", "https://cognito-idp.us-isob-east-1.sc2s.sgov.gov [");
    assert_endpoint(NULL, cognito, "eusc-de-east-1", "https://cognito-idp.eusc-de-east-1.amazonaws.eu [");
    assert_endpoint(NULL, cognito, "x/y", "the region of cognito-idp is none");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    assert_endpoint(NULL, cognito, "us-east-1", "https://cognito-idp-fips.us-east-1.amazonaws.com [");
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "True", 1);
    assert_endpoint(NULL, cognito, "us-east-1", "https://cognito-idp-fips.us-east-1.amazonaws.com [");
    assert_endpoint(NULL, cognito, "us-gov-west-1", "https://cognito-idp-fips.us-gov-west-1.api.aws [");
    assert_endpoint(NULL, &leat_aws_sts, "us-gov-west-1", "https://sts-fips.us-gov-west-1.api.aws [");
    assert_endpoint(NULL, &leat_aws_s3, "us-east-1", "https://s3-fips.dualstack.us-east-1.amazonaws.com [");
    unsetenv("AWS_USE_FIPS_ENDPOINT");
    assert_endpoint(NULL, cognito, "eu-west-1", "https://cognito-idp.eu-west-1.amazonaws.com [");
    assert_endpoint(NULL, cognito, "cn-north-1", "https://cognito-idp.cn-north-1.api.amazonwebservices.com.cn [");
    assert_endpoint(NULL, &leat_aws_sts, "eu-west-1", "https://sts.eu-west-1.api.aws [");
    assert_endpoint(NULL, &leat_aws_s3, "eu-west-1", "https://s3.dualstack.eu-west-1.amazonaws.com [");
    config("[default]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n");
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "false", 1);
    assert_endpoint(NULL, &leat_aws_logs, "us-east-1", "https://logs-fips.us-east-1.amazonaws.com [");
    assert_endpoint(NULL, &leat_aws_logs, "us-gov-east-1", "https://logs.us-gov-east-1.amazonaws.com [");
}

/* Each of the six places, the next one when it is gone. */
static void test_order_of_addresses(void **state)
{
    (void)state;
    config("[default]\nservices = local\nendpoint_url = https://profile\n[services local]\ncognito_identity_provider "
           "=\n  endpoint_url = https://service\n");
    setenv("AWS_ENDPOINT_URL", "https://variable", 1);
    setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "https://own", 1);
    assert_endpoint("https://option", cognito, NULL, "https://option [option]");
    assert_endpoint("https://option", &leat_aws_sts, NULL, "https://variable [variable]");
    assert_endpoint(NULL, cognito, NULL, "https://own [own]");
    assert_endpoint(NULL, &leat_aws_logs, NULL, "https://variable [variable]");
    unsetenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
    assert_endpoint(NULL, cognito, NULL, "https://variable [variable]");
    unsetenv("AWS_ENDPOINT_URL");
    assert_endpoint(NULL, cognito, NULL, "https://service [service]");
    assert_endpoint(NULL, &leat_aws_logs, NULL, "https://profile [profile]");
    config("[default]\nendpoint_url = https://profile\n");
    assert_endpoint(NULL, cognito, NULL, "https://profile [profile]");
    setenv("AWS_ENDPOINT_URL", "https://variable", 1);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_endpoint(NULL, cognito, NULL, "https://cognito-idp.eu-west-1.amazonaws.com [");
    assert_endpoint("https://option", cognito, NULL, "https://option [option]");
    unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    config("[default]\nignore_configured_endpoint_urls = true\n");
    assert_endpoint(NULL, cognito, NULL, "https://cognito-idp.eu-west-1.amazonaws.com [");
    unsetenv("AWS_ENDPOINT_URL");
    config("[default]\nservices = gone\n");
    assert_endpoint(NULL, cognito, NULL, "has no section [services gone]");
}

static void test_addresses_that_are_allowed(void **state)
{
    (void)state;
    assert_endpoint("http://localhost:9229/", cognito, NULL, "http://localhost:9229 [localhost:9229] plain");
    assert_endpoint("http://[::1]:80/a/", cognito, NULL, "http://[::1]:80/a [[::1]] /aplain");
    assert_endpoint("https://h:443", cognito, NULL, "https://h:443 [h] ");
    assert_endpoint("https://h:8443/a/b", cognito, NULL, "https://h:8443/a/b [h:8443] /a/b");
    assert_endpoint("http://cognito.example.org", cognito, NULL, "the address of cognito-idp (option endpoint_url) "
                                                                 "must begin with https://; http:// is for 127.0.0.1");
    assert_endpoint("https://u:p@h/", cognito, NULL, "must not hold a user");
    assert_endpoint("https://h/?a=b", cognito, NULL, "must not have a ?");
    assert_endpoint("h", cognito, NULL, "is no URL");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    assert_endpoint("https://h", cognito, NULL, "FIPS is asked for, and option endpoint_url names another address");
}

static void test_certificates(void **state)
{
    struct leat_aws *aws = opened((struct leat_aws_options){0});

    (void)state;
    assert_null(leat_aws_ca_file(aws));
    leat_aws_close(aws);
    config("[default]\nca_bundle = /f\n");
    aws = opened((struct leat_aws_options){0});
    assert_string_equal(leat_aws_ca_file(aws), "/f");
    setenv("AWS_CA_BUNDLE", "/v", 1);
    assert_string_equal(leat_aws_ca_file(aws), "/v");
    leat_aws_close(aws);
    aws = opened((struct leat_aws_options){.ca_file = "/o"});
    assert_string_equal(leat_aws_ca_file(aws), "/o");
    leat_aws_close(aws);
}

/* ---- replies ---- */

static void assert_judged(long status, const char *body, int64_t date_s, enum leat_aws_verdict wanted, const char *code)
{
    const struct leat_http_reply reply = {.end = LEAT_HTTP_REPLIED, .status = status, .date_s = date_s, .body = body,
                                          .n_body = strlen(body)};
    struct leat_aws_fault fault;

    leat_aws_judge(&reply, 1000000, &fault);
    if (fault.verdict != wanted || strcmp(fault.code, code) != 0)
        fail_msg("%ld %s: got %d %s, wanted %d %s", status, body, fault.verdict, fault.code, wanted, code);
}

static void test_names_of_errors(void **state)
{
    (void)state;
    assert_judged(200, "", 0, LEAT_AWS_FINE, "");
    assert_judged(204, "{\"__type\":\"x\"}", 0, LEAT_AWS_FINE, "");
    assert_judged(400, "{\"__type\":\"UsernameExistsException\"}", 0, LEAT_AWS_RECORD, "UsernameExistsException");
    assert_judged(400, " {\"message\":\"m\",\"__type\":\"com.amazonaws.x#AliasExistsException:http://y/\"}",
                  0, LEAT_AWS_RECORD,
                  "AliasExistsException");
    assert_judged(400, "{\"code\":\"InvalidPasswordException\"}", 0, LEAT_AWS_RECORD, "InvalidPasswordException");
    assert_judged(403, "<E><Error><Code>AccessDenied</Code></Error></E>", 0, LEAT_AWS_STOP, "AccessDenied");
    assert_judged(400, "{\"__type\":\"a b\"}", 0, LEAT_AWS_STOP, "");
    assert_judged(400, "{\"__type\":\"x<y\"}", 0, LEAT_AWS_STOP, "");
    assert_judged(400, "{\"__type\":7", 0, LEAT_AWS_STOP, "");
    assert_judged(400, "{\"__type\":null}", 0, LEAT_AWS_STOP, "");
    assert_judged(400, "", 0, LEAT_AWS_STOP, "");
    assert_judged(404, "<html>", 0, LEAT_AWS_STOP, "");
}

static void test_verdicts(void **state)
{
    (void)state;
    assert_judged(400, "{\"__type\":\"TooManyRequestsException\"}", 0, LEAT_AWS_THROTTLED, "TooManyRequestsException");
    assert_judged(500, "{\"__type\":\"ThrottlingException\"}", 0, LEAT_AWS_THROTTLED, "ThrottlingException");
    assert_judged(503, "<Error><Code>SlowDown</Code></Error>", 0, LEAT_AWS_THROTTLED, "SlowDown");
    assert_judged(400, "{\"__type\":\"LimitExceededException\"}", 0, LEAT_AWS_STOP, "LimitExceededException");
    assert_judged(400, "{\"__type\":\"InternalErrorException\"}", 0, LEAT_AWS_RETRY, "InternalErrorException");
    assert_judged(500, "", 0, LEAT_AWS_RETRY, "");
    assert_judged(502, "<html>", 0, LEAT_AWS_RETRY, "");
    assert_judged(500, "{\"__type\":\"NewException\"}", 0, LEAT_AWS_RETRY, "NewException");
    assert_judged(500, "{\"__type\":\"ResourceNotFoundException\"}", 0, LEAT_AWS_STOP, "ResourceNotFoundException");
    assert_judged(400, "{\"__type\":\"ExpiredTokenException\"}", 0, LEAT_AWS_EXPIRED, "ExpiredTokenException");
    assert_judged(400, "{\"__type\":\"NotAuthorizedException\"}", 0, LEAT_AWS_STOP, "NotAuthorizedException");
    assert_judged(400, "{\"__type\":\"NewException\"}", 0, LEAT_AWS_RECORD, "NewException");
}

static void test_clock(void **state)
{
    const char *signature = "{\"__type\":\"InvalidSignatureException\"}", *name = "InvalidSignatureException";

    (void)state;
    assert_judged(400, signature, 1000000 + 900, LEAT_AWS_CLOCK, name);
    assert_judged(400, signature, 1000000 - 900, LEAT_AWS_CLOCK, name);
    assert_judged(400, signature, 1000000 + 20, LEAT_AWS_STOP, name);
    assert_judged(400, signature, 0, LEAT_AWS_STOP, name);
    assert_judged(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", 1, LEAT_AWS_CLOCK, "RequestTimeTooSkewed");
}

static void test_no_reply(void **state)
{
    struct leat_aws_fault fault;
    struct leat_error err = {0};
    struct leat_http_reply reply = {.end = LEAT_HTTP_UNCLEAR, .why = "gone"};

    (void)state;
    leat_aws_judge(&reply, 0, &fault);
    assert_int_equal(fault.verdict, LEAT_AWS_RETRY);
    reply.end = LEAT_HTTP_NOT_SENT;
    leat_aws_judge(&reply, 0, &fault);
    assert_int_equal(fault.verdict, LEAT_AWS_RETRY);
    reply.end = LEAT_HTTP_HOPELESS;
    leat_aws_judge(&reply, 0, &fault);
    assert_int_equal(fault.verdict, LEAT_AWS_STOP);
    assert_int_equal(leat_aws_fail(&fault, &reply, cognito, "Op", &err), LEAT_EUNREACHABLE);
    assert_string_equal(err.text, "cognito-idp Op: gone");
}

/* Late replies to credentials that have been renewed since say nothing of those at hand. */
static void test_what_a_reply_tells(void **state)
{
    struct leat_aws *aws = opened((struct leat_aws_options){0});
    const struct leat_http_reply reply = {.status = 400, .date_s = 5000000000};
    struct leat_aws_fault expired = {.verdict = LEAT_AWS_EXPIRED}, clock = {.verdict = LEAT_AWS_CLOCK},
                          other = {.verdict = LEAT_AWS_RECORD};
    struct leat_aws_signed before = {.generation = 1}, now = {.generation = 2};

    (void)state;
    aws->generation = 2;
    assert_false(leat_aws_told(aws, &reply, &other, &now));
    assert_true(leat_aws_told(aws, &reply, &expired, &before));
    assert_false(aws->refused);
    assert_true(leat_aws_told(aws, &reply, &expired, &now));
    assert_true(aws->refused);
    assert_int_equal(aws->clock_offset_s, 0);
    assert_true(leat_aws_told(aws, &reply, &clock, &now));
    assert_in_range(leat_aws_now(aws), 5000000000, 5000000100);
    assert_false(leat_aws_told(aws, &(struct leat_http_reply){.status = 400}, &clock, &now));
    leat_aws_close(aws);
}

/* ---- signatures: the example that AWS has published for years ("GET iam ListUsers", AKIDEXAMPLE) ---- */

static void test_the_example(void **state)
{
    const struct leat_aws_header type = {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
    const struct leat_aws_request request = {.host = "iam.amazonaws.com", .path = "/",
                                             .query = "Version=2010-05-08&Action=ListUsers",
                                             .headers = &type, .n_headers = 1, .region = "us-east-1", .service = "iam"};
    const struct leat_aws_keys keys = {.id = (char[]){"AKIDEXAMPLE"},
                                       .secret = (char[]){"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}};
    struct leat_aws_signed is = {0};
    const struct curl_slist *last;

    (void)state;
    for (int i = 0; i < 2; i++) /* used again */
        assert_int_equal(leat_aws_sign(&request, &keys, 1440938160, &is, NULL), 0);
    for (last = is.headers; last->next; last = last->next)
        ;
    assert_string_equal(is.headers->next->data, "X-Amz-Date: 20150830T123600Z");
    assert_string_equal(last->data, "Authorization: AWS4-HMAC-SHA256 "
                                    "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                                    "SignedHeaders=content-type;host;x-amz-date, "
                                    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    leat_aws_signed_free(&is);
}

static void test_parameters(void **state)
{
    struct leat_put put = {0};

    (void)state;
    leat_aws_put_parameter(&put, "a b", "c&d=\xc3\xa9~");
    leat_aws_put_parameter(&put, "e", "");
    assert_string_equal(leat_put_end(&put), "a%20b=c%26d%3D%C3%A9~&e=");
    leat_put_free(&put);
}

#define with_settings(test) cmocka_unit_test_setup_teardown(test, clear, tidy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_settings(test_regions),
        with_settings(test_addresses_of_aws),
        with_settings(test_order_of_addresses),
        with_settings(test_addresses_that_are_allowed),
        with_settings(test_certificates),
        cmocka_unit_test(test_names_of_errors),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_no_reply),
        with_settings(test_what_a_reply_tells),
        cmocka_unit_test(test_the_example),
        cmocka_unit_test(test_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
