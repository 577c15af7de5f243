/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of kit/aws share.
 *
 *     aws.c          settings, the files, the clock
 *     ini.c          reads the files
 *     endpoint.c     region, partition, address
 *     sign.c         Signature Version 4
 *     errors.c       what a reply is
 *     ask.c          one request, waited for; leat_aws_call
 *     credentials.c  the chain of sources, and renewing
 *     keys.c         credentials out of JSON and XML, and their end
 *     role.c         sources: assume role, web identity (STS)
 *     sso.c, process.c, metadata.c     the others that are more than a look into a file
 */
#ifndef LEAT_KIT_AWS_INSIDE_H
#define LEAT_KIT_AWS_INSIDE_H

#include "kit/aws/aws.h"
#include "kit/aws/ini.h"

struct leat_aws {
    struct leat_aws_settings settings;
    struct ini config, shared;     /* ~/.aws/config, ~/.aws/credentials */
    char *config_path, *shared_path;
    char *profile;
    int64_t clock_offset_s;        /* AWS's clock minus ours */
    const char *container, *metadata; /* where these services are; tests have others */

    /* credentials.c */
    struct leat_aws_keys keys;
    int source;                    /* that `keys` are from; -1: none yet */
    int64_t fetched_s, not_before_s; /* when they came; when renewing may be tried again */
    int generation;                /* how often they have come */
    bool refused;                  /* a reply has said that they have expired */
};

/* ---- aws.c ---- */

/* Of the environment; what is set to nothing is not set. */
const char *aws_env(const char *name);
/* Of the environment, or of the profile: true, or false. */
bool aws_is_true(const struct leat_aws *aws, const char *variable, const char *key);
/* A setting of a profile, out of either file; NULL: none. */
const char *aws_setting(const struct leat_aws *aws, const char *profile, const char *key);
bool aws_has_profile(const struct leat_aws *aws, const char *profile);
/* `~/' is the user's own folder. From malloc, or NULL. */
char *aws_path(const char *path);
/* Reads a file as a whole, at most `max` bytes; what is there in the end is a secret. */
int aws_read_file(const char *path, size_t max, struct leat_put *ret);
int aws_read_files(struct leat_aws *aws, struct leat_error *err);

/* ---- endpoint.c ---- */

bool aws_is_region(const char *text);

/* ---- ask.c ---- */

struct ask {
    const char *what;           /* whom, for people: "STS" */
    const char *method, *url;
    struct curl_slist *headers;
    const char *body;
    size_t n_body;
    bool plain, direct;         /* http is allowed; never by the proxy */
    int64_t timeout_ms;
};

struct answer {
    struct leat_http_reply reply; /* its body is `body` */
    struct leat_put body;
    char why[CURL_ERROR_SIZE];
};

enum { ASK_MS = 10000 };

/* Sends it once. 0: a reply of whatever kind, or none: answer->reply says. Negative: stopped, no memory. */
LEAT_MUST_CHECK int ask(const struct leat_aws *aws, const struct ask *what, struct answer *ret,
                        struct leat_error *err);
void answer_free(struct answer *answer);
/* Waits, and asks whether the run is to stop. */
LEAT_MUST_CHECK int ask_pause(const struct leat_aws *aws, int64_t ms, struct leat_error *err);
/* LEAT_ERETRY with what came instead of an answer that can be used. */
LEAT_MUST_CHECK int ask_failed(const struct ask *what, const struct leat_http_reply *reply, struct leat_error *err);

/* ---- keys.c ---- */

void keys_free(struct leat_aws_keys *keys);
/* Takes the parts over, each of them from malloc or NULL; `from` is named where one is missing or no key. */
LEAT_MUST_CHECK int keys_make(struct leat_aws_keys *ret, char *id, char *secret, char *token, const char *from,
                              struct leat_error *err);
/* Copies of texts; NULL stays NULL. */
LEAT_MUST_CHECK int keys_copy(struct leat_aws_keys *ret, const char *id, const char *secret, const char *token,
                              const char *from, struct leat_error *err);

/* What the members of a JSON object, or the elements of a reply of STS, are called. */
struct key_names {
    const char *within;         /* the object that they are in; NULL: the outermost */
    const char *id, *secret, *token, *expires;
    bool in_ms;                 /* `expires` is a number of milliseconds */
    bool may_last;              /* it need not be there */
};

LEAT_MUST_CHECK int keys_from_json(struct leat_aws_keys *ret, const struct key_names *names, const char *text, size_t n,
                                   const char *from, struct leat_error *err);
LEAT_MUST_CHECK int keys_from_xml(struct leat_aws_keys *ret, const struct leat_put *xml, const char *from,
                                  struct leat_error *err);
/* A member of a JSON object, as text; from malloc. NULL: none. `within`: of the object under that name. */
char *json_member(const char *text, size_t n, const char *within, const char *name);
/* The text of the first element of that name; from malloc. NULL: none. */
char *xml_element(const char *text, size_t n, const char *name);
/* 2026-11-22T04:30:00Z as seconds. */
bool time_of(const char *text, int64_t *ret_s);
void wipe_text(char *text);

/* ---- credentials.c ---- */

struct chain {
    struct leat_aws *aws;
    const char *profile;
    bool no_environment;        /* the profile was asked for by its name */
    struct leat_put tried;
    struct leat_aws_keys keys;
    const char *visited[8];     /* profiles on the way to this one */
    int n_visited;
};

/* What a source returns: 0: chain->keys; 1: it has none, and said why by nothing(); negative: it should have. */
typedef int source_load(struct chain *chain, struct leat_error *err);

source_load source_role, source_web_identity, source_sso, source_process, source_container, source_metadata;
source_load source_environment;

LEAT_PRINTF(2, 3) int nothing(struct chain *chain, const char *format, ...);
/* Only what a profile says: for a source_profile. */
int chain_of_profile(struct chain *chain, struct leat_error *err);

#endif
