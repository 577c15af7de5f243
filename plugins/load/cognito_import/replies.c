/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What AWS answers, read with care: a field that is missing or of another type is as if the
 * service had not answered, and nothing of it is shown.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "jobs.h"

static void free_json(cJSON **json)
{
    cJSON_Delete(*json);
}

static int garbled(const char *operation, struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "what answers %s is not what AWS documents; look at what stands between, "
                     "and run again to go on", operation);
}

static const char *text_in(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(found) ? found->valuestring : NULL;
}

/* What no counter and no date can be is as if it were not there. */
static double number_in(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(found) && found->valuedouble >= 0 && found->valuedouble < 1e15 ? found->valuedouble : 0;
}

/* ---- jobs ---- */

static const char *const statuses[] = {
    [JOB_UNKNOWN] = "unknown", [JOB_CREATED] = "Created", [JOB_PENDING] = "Pending", [JOB_IN_PROGRESS] = "InProgress",
    [JOB_STOPPING] = "Stopping", [JOB_EXPIRED] = "Expired", [JOB_STOPPED] = "Stopped", [JOB_FAILED] = "Failed",
    [JOB_SUCCEEDED] = "Succeeded",
};

const char *job_status_name(enum job_status status)
{
    return statuses[status];
}

static enum job_status status_of(const char *text)
{
    for (int i = JOB_CREATED; text && i <= JOB_SUCCEEDED; i++)
        if (strcmp(text, statuses[i]) == 0)
            return (enum job_status)i;
    return JOB_UNKNOWN;
}

/* import- and letters, digits and dashes, for it is put into requests as it is. */
static bool is_id(const char *text)
{
    return text && strlen(text) < JOB_ID &&
           strspn(text, "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text);
}

static bool read_job(const cJSON *object, struct job *ret)
{
    const char *id = text_in(object, "JobId"), *name = text_in(object, "JobName");

    if (!is_id(id) || !name)
        return false;
    *ret = (struct job){ .status = status_of(text_in(object, "Status")), .created_s = number_in(object, "CreationDate"),
                         .started_s = number_in(object, "StartDate"),
                         .counts = { (int64_t)number_in(object, "ImportedUsers"),
                                     (int64_t)number_in(object, "SkippedUsers"),
                                     (int64_t)number_in(object, "FailedUsers") } };
    (void)snprintf(ret->id, sizeof ret->id, "%s", id);
    (void)snprintf(ret->name, sizeof ret->name, "%s", name);
    ret->started = ret->started_s > 0 || (ret->status != JOB_CREATED && ret->status != JOB_EXPIRED);
    return true;
}

int reply_job(const struct leat_http_reply *reply, struct job *ret, struct leat_put *url, struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(reply->body, reply->n_body);
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "UserImportJob");
    const char *address = text_in(object, "PreSignedUrl");

    if (url)
        url->n = 0;
    if (!read_job(object, ret))
        return garbled("about an import job", err);
    if (url && address) {
        leat_put_string(url, address);
        if (!leat_put_end(url))
            return leat_fail(err, -ENOMEM, "out of memory");
    }
    return 0;
}

static struct job *find_job(struct jobs *jobs, const char *id)
{
    for (int i = 0; i < jobs->n_found; i++)
        if (strcmp(jobs->found[i].id, id) == 0)
            return &jobs->found[i];
    return NULL;
}

/* Of this work, or of one before it that was given up or could not tell what became of all. */
static bool is_ours(const struct jobs *jobs, const char *name)
{
    size_t n = WORK_DIGITS - FAMILY_DIGITS;

    return strncmp(name, "leat-", 5) == 0 && strlen(name) > 5 + WORK_DIGITS && name[5 + WORK_DIGITS] == '-' &&
           strncmp(name + 5 + n, jobs->work + n, FAMILY_DIGITS) == 0;
}

bool jobs_keep(struct jobs *jobs, const struct job *job)
{
    struct job *known = find_job(jobs, job->id);

    if (known) {
        bool used = known->used;

        *known = *job;
        known->used = used;
        return true;
    }
    if (jobs->n_found == jobs->cap_found) {
        int cap = jobs->cap_found * 2 + 16;
        struct job *grown = realloc(jobs->found, (size_t)cap * sizeof *grown);

        if (!grown)
            return false;
        jobs->found = grown;
        jobs->cap_found = cap;
    }
    jobs->found[jobs->n_found++] = *job;
    return true;
}

/* One that comes twice would be asked for for ever. */
static bool is_same_token(const struct jobs *jobs, const char *token)
{
    return token && jobs->token.n && strcmp(token, jobs->token.p) == 0;
}

static int take_token(struct jobs *jobs, const char *token, struct leat_error *err)
{
    jobs->token.n = 0;
    leat_put_string(&jobs->token, token ? token : "");
    return leat_put_end(&jobs->token) ? 0 : leat_fail(err, -ENOMEM, "out of memory");
}

int reply_list(struct jobs *jobs, struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root =
        cJSON_ParseWithLength(jobs->call.reply.body, jobs->call.reply.n_body);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "UserImportJobs"), *object;
    struct job job;

    if (!cJSON_IsObject(root) || (list && !cJSON_IsArray(list)))
        return garbled("ListUserImportJobs", err);
    cJSON_ArrayForEach(object, list) {
        if (!read_job(object, &job))
            return garbled("ListUserImportJobs", err);
        jobs->seen_at_work |= job.status > JOB_CREATED && job.status < JOB_EXPIRED;
        if (is_ours(jobs, job.name) && !jobs_keep(jobs, &job))
            return leat_fail(err, -ENOMEM, "out of memory");
    }
    if (is_same_token(jobs, text_in(root, "PaginationToken")))
        return garbled("ListUserImportJobs", err);
    return take_token(jobs, text_in(root, "PaginationToken"), err);
}

/* ---- logs ---- */

int reply_log(struct jobs *jobs, bool *ret_more, struct leat_error *err)
{
    __attribute__((cleanup(free_json))) cJSON *root =
        cJSON_ParseWithLength(jobs->call.reply.body, jobs->call.reply.n_body);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "events"), *object;
    const char *token = text_in(root, "nextForwardToken");
    struct log_entry entry;

    if (!cJSON_IsArray(list))
        return garbled("GetLogEvents", err);
    cJSON_ArrayForEach(object, list) {
        const char *message = text_in(object, "message");

        if (message && log_parse(message, strlen(message), &entry))
            log_add(&jobs->lines, &entry);
    }
    *ret_more = token && !is_same_token(jobs, token);
    return *ret_more ? take_token(jobs, token, err) : 0;
}
