/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records on their way to an API that cannot be asked twice: many calls at once
 * from one thread, each record answered once.
 *
 *     deliver ──► held batches ──► pick ──► job: READY ──► FLYING ──► settle ──► answered
 *                                   ▲             ▲                     │ │
 *                                   └── aside ◄───┼──── one by one ─────┘ │
 *                                                 └──── WAITING ◄─────────┘
 *
 *     flow.c      batches in, jobs, the loop
 *     pick.c      which records go next
 *     settle.c    what becomes of a job when its reply is here
 *
 * What a call is and what a reply means is the owner's: `struct flow_calls`.
 *
 * F1  A call whose outcome is not known is not made again before the record has
 *     been read back, unless a second call does no harm (`repeatable`).
 * F2  Two records that share an alias are never on their way together, and the
 *     first to come is the first to go.
 * F3  The owner's answers and rejections are given by flow, but for records that
 *     leave in `build`. One thread: that of the load.
 */
#ifndef LEAT_KIT_FLOW_H
#define LEAT_KIT_FLOW_H

#include <leat/plugin.h>

#include "kit/http/http.h"
#include "kit/text/put.h"

enum { FLOW_MAX_ALIASES = 4, FLOW_MAX_BUDGETS = 8, FLOW_RECORD_ID = 33 };

/* What a reply to a call means. */
enum flow_outcome {
    FLOW_LOADED,
    FLOW_THERE,      /* already there, and that is said to be right */
    FLOW_EXISTS,     /* something is in its way; whose is not said */
    FLOW_REJECTED,
    FLOW_THROTTLED,  /* not worked on: again, later */
    FLOW_UNCLEAR,
    FLOW_AGAIN,      /* not worked on: again, at once; the owner has mended what was wrong */
    FLOW_STOP,       /* nothing that is said of a record: the run cannot go on */
};

/* What a reply to a read-back means. */
enum flow_found {
    FLOW_FOUND_OURS,
    FLOW_FOUND_FOREIGN,
    FLOW_FOUND_SOMETHING,  /* ours or a stranger's: that cannot be told */
    FLOW_FOUND_NOTHING,
    FLOW_FOUND_THROTTLED,
    FLOW_FOUND_UNCLEAR,
    FLOW_FOUND_AGAIN,      /* as FLOW_AGAIN */
    FLOW_FOUND_STOP,
};

/* A batch of the host's, until all of its records are answered. */
struct flow_held {
    struct leat_batch *batch;
    int32_t *rows;          /* selected when it came: the host takes answered ones out of the selection */
    int32_t n_rows, cap_rows;
    int32_t next;           /* of rows, the first that no job has had */
    int32_t n_open;
    struct flow_held *following;
};

struct flow_record {
    struct flow_held *held;
    int32_t row;
    bool ask;               /* the next call is a read-back */
    bool alone;             /* not together with others in a request */
    bool maybe_sent;        /* a call for it may have been worked on */
    bool update;            /* was loaded before and has changed: to find it there proves nothing */
    bool repeatable;        /* a second call does no harm */
    uint16_t tries;         /* that came to nothing, but for throttled ones, which are counted apart */
    uint16_t n_throttled;
    uint8_t n_absent;       /* read-backs in a row that found nothing */
    uint8_t n_again;        /* FLOW_AGAIN of the call at hand */
    uint8_t n_exists;       /* replies that said that something is there */
    int64_t not_before_ms;  /* of one that was put aside; 0: as soon as there is room */
    short refused;          /* status of a rejection that counts only if nothing is found; 0: none */
    uint64_t aliases[FLOW_MAX_ALIASES]; /* 0: none */
    /* The owner's; 0 when the record comes. */
    uint16_t step;
    uint16_t place;
    bool known;
    const char *why;
};

enum flow_job_state {
    FLOW_IDLE,
    FLOW_READY,    /* as soon as the rate lets it */
    FLOW_WAITING,  /* until wake_ms */
    FLOW_FLYING,
};

/* A slot of the client with the records it is busy with. */
struct flow_job {
    enum flow_job_state state;
    struct flow_record *records;
    int n;
    bool again;             /* this call was made before */
    bool fresh;             /* no call for these records has been made */
    int64_t wake_ms;
    void *own;              /* calls.job_size bytes of the owner's, zeroed when the flow is opened */
};

/* What the owner does for it. `self` is what flow_open was given. */
struct flow_calls {
    size_t job_size;
    /* Frees what is in job->own, once no call is on its way any more. NULL: nothing. */
    void (*free_job)(void *own);
    /* A record that comes: 1 it may go, 0 it has been rejected. NULL: all may. */
    int (*admit)(void *self, struct leat_batch *batch, int32_t row, struct leat_error *err);
    /* A record that is picked for the first time: sets what is the owner's, and the read-back of one that may have been
     * sent. NULL: nothing. */
    void (*begin)(void *self, struct flow_record *record);
    /* The budget that the job's call is taken from; NULL: the stage's own. The same pointer for the same budget. */
    const char *(*budget)(void *self, const struct flow_job *job);
    /* Writes what a job sends; records that cannot be sent are rejected, told by flow_answered, and leave the job. */
    int (*build)(void *self, struct flow_job *job, struct leat_error *err);
    /* Starts the call whose number is the job's (flow_number). */
    int (*start)(void *self, struct flow_job *job, struct leat_error *err);
    enum flow_outcome (*judge)(void *self, struct flow_job *job, const struct leat_http_reply *reply);
    enum flow_found (*judge_found)(void *self, struct flow_job *job, const struct leat_http_reply *reply);
    /* The job's one record is there as it should be (`verdict`): true if another call is to be made for it, which is
     * then set up in the record. NULL: never. */
    bool (*next)(void *self, struct flow_job *job, enum leat_verdict verdict, const struct leat_http_reply *reply);
    /* Answers a record that is there. NULL: without any values. */
    void (*answer)(void *self, const struct flow_job *job, const struct flow_record *record, enum leat_verdict verdict,
                   const struct leat_http_reply *reply);
    /* Rejects the job's one record. `reply` NULL: the reply with `status` was there before. */
    void (*reject)(void *self, const struct flow_job *job, long status, const struct leat_http_reply *reply);
    /* Says why the run cannot go on. */
    int (*stop)(void *self, const struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err);
};

struct flow_settings {
    struct leat_http_settings http;  /* n_calls: jobs */
    int batch;                       /* records in a request, at most */
    int retries;
    bool repeatable;                 /* records begin as that */
    bool has_find;                   /* they can be read back */
    int64_t find_delay_ms;           /* before what was not found is asked for once more */
    int aliases[FLOW_MAX_ALIASES];   /* fields of the batches */
    int n_aliases;
};

/* A budget that let nothing go. */
struct flow_lane {
    const char *budget;
    int64_t not_before_ms;
};

struct flow {
    struct flow_settings settings;
    const struct flow_calls *calls;
    void *self;
    struct leat_stage *stage;        /* of the callback at hand */
    struct leat_http *client;
    struct flow_job *jobs;
    int n_jobs, n_idle, n_flying;
    int *idle;                       /* numbers of idle jobs, a stack */
    bool jobs_wait;                  /* some are FLOW_READY or FLOW_WAITING */
    int turn;                        /* the job that is looked at first, so that none waits for ever */
    bool held_up;                    /* a record that has just been picked may not go yet */
    struct flow_lane lanes[FLOW_MAX_BUDGETS];
    int n_lanes;
    struct flow_held *first, *last, *unused;
    int64_t n_waiting;               /* records that no job has had, of all that is held */
    struct flow_record *todo;        /* records between two jobs, from `todo_head` on */
    int todo_head, n_todo, cap_todo;
    bool flush;                      /* hold nothing back for a fuller request */
    bool stopping;                   /* nothing more is to be sent */
    struct leat_put scratch;         /* of flow and of its owner */
    uint64_t random;
};

/* In the load's open. `calls` and what it points to outlive the flow; to be closed in any case. */
LEAT_MUST_CHECK int flow_open(struct flow *flow, struct leat_stage *stage, const struct flow_settings *settings,
                              const struct flow_calls *calls, void *self, struct leat_error *err);
/* In the load's close: what was not sent is given back, as if it had not come. */
void flow_close(struct flow *flow);

/* The load's deliver and poll. */
LEAT_MUST_CHECK int flow_deliver(struct flow *flow, struct leat_stage *stage, struct leat_batch *batch,
                                 struct leat_error *err);
enum leat_flow flow_poll(struct flow *flow, struct leat_stage *stage, bool dry, struct leat_error *err);

/* Of the client's calls. */
static inline int flow_number(const struct flow *flow, const struct flow_job *job)
{
    return (int)(job - flow->jobs);
}

/* That the job's call is taken from, as it is set up now. */
static inline const char *flow_budget(const struct flow *flow, const struct flow_job *job)
{
    return flow->calls->budget ? flow->calls->budget(flow->self, job) : NULL;
}

/* A record that has its verdict leaves; the caller takes it out of its job. */
void flow_answered(struct flow *flow, const struct flow_record *record);

/* ---- between the files ---- */

/* Gives an idle job its next records. False: there are none for it now, or `err` has a code. */
bool flow_pick(struct flow *flow, struct flow_job *job, struct leat_error *err);
LEAT_MUST_CHECK int flow_put_aside(struct flow *flow, const struct flow_record *record, struct leat_error *err);
/* The reply to a job is here: it is answered, or goes on. */
LEAT_MUST_CHECK int flow_settle(struct flow *flow, struct flow_job *job, const struct leat_http_reply *reply,
                                struct leat_error *err);
void flow_free(struct flow *flow, struct flow_job *job);

#endif
