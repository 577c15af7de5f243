/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rings, alone and under many threads: order is kept, nothing is lost or doubled, bounds hold,
 * close and cancel wake everybody, and no batch is leaked whenever they come. Many items.
 */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "batch/batch.h"
#include "engine/ring.h"

static const struct leat_field fields[] = {{"n", LEAT_INT64, LEAT_PII, false, NULL}};
static const struct leat_schema schema = {.n_fields = 1, .fields = fields};

static struct leat_pool pool;

static int set_up(void **state)
{
    (void)state;
    leat_pool_init(&pool, &schema, NULL, 1, 1024, 1024);
    return 0;
}

static int tear_down(void **state)
{
    int n_home = 0;

    (void)state;
    for (const struct leat_batch *b = pool.free; b; b = b->host->next)
        n_home++;
    if (n_home != pool.n_made) {
        print_error("%d of %d batches have come home\n", n_home, pool.n_made);
        return -1;
    }
    leat_pool_deinit(&pool);
    return 0;
}

/* A batch that costs `bytes`; its sequence is its number. */
static struct leat_batch *item(uint64_t number, int64_t bytes)
{
    struct leat_batch *b = leat_pool_get(&pool);

    b->host->sequence = number;
    b->host->charged = bytes;
    return b;
}

static void ring_init(struct leat_ring *ring, int n_slots, int64_t limit_bytes)
{
    assert_int_equal(leat_ring_init(ring, n_slots, limit_bytes, false, NULL), 0);
}

static void push(struct leat_ring *ring, uint64_t ticket)
{
    assert_true(leat_ring_push(ring, ticket, item(ticket, 1), false));
}

static void pop_wanted(struct leat_ring *ring, uint64_t wanted)
{
    struct leat_batch *b = NULL;
    uint64_t ticket = UINT64_MAX;
    bool more = false;

    assert_int_equal(leat_ring_pop(ring, false, &b, &ticket, &more), LEAT_POP_BATCHES);
    assert_false(more);
    assert_int_equal(ticket, wanted);
    assert_int_equal(b->host->sequence, wanted);
    leat_batch_release(b);
}

static enum leat_pop pop_nothing(struct leat_ring *ring, bool wait)
{
    struct leat_batch *b = NULL;
    uint64_t ticket;
    bool more = false;
    enum leat_pop result = leat_ring_pop(ring, wait, &b, &ticket, &more);

    assert_null(b);
    return result;
}

/* ---- one thread ---- */

static void test_first_in_first_out(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 3, 100);
    assert_int_equal(pop_nothing(&ring, false), LEAT_POP_NOTHING);
    for (uint64_t i = 0; i < 10; i++) {
        push(&ring, i);
        pop_wanted(&ring, i);
    }
    push(&ring, 10);
    push(&ring, 11);
    push(&ring, 12);
    assert_int_equal(ring.n_full, 3);
    assert_int_equal(ring.bytes, 3);
    pop_wanted(&ring, 10);
    pop_wanted(&ring, 11);
    pop_wanted(&ring, 12);
    assert_int_equal(ring.n_full, 0);
    assert_int_equal(ring.bytes, 0);
    leat_ring_deinit(&ring);
}

static void test_order_is_that_of_the_tickets(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 3, 100);
    push(&ring, 2);
    push(&ring, 1);
    assert_int_equal(pop_nothing(&ring, false), LEAT_POP_NOTHING); /* ticket 0 is what is missing */
    push(&ring, 0);
    for (uint64_t i = 0; i < 3; i++)
        pop_wanted(&ring, i);
    leat_ring_deinit(&ring);
}

static void test_a_slot_may_hold_many_batches_or_none(void **state)
{
    struct leat_ring ring;
    struct leat_batch *first = item(0, 5), *b;
    uint64_t ticket;
    bool more = false;

    (void)state;
    ring_init(&ring, 2, 100);
    first->host->next = item(1, 6);
    first->host->next->host->next = NULL;
    assert_true(leat_ring_push(&ring, 0, first, false));
    assert_int_equal(ring.bytes, 11);
    assert_true(leat_ring_push(&ring, 1, NULL, false));
    assert_int_equal(leat_ring_pop(&ring, true, &b, &ticket, &more), LEAT_POP_BATCHES);
    assert_int_equal(b->host->next->host->sequence, 1);
    leat_batch_release(b->host->next);
    leat_batch_release(b);
    assert_int_equal(leat_ring_pop(&ring, true, &b, &ticket, &more), LEAT_POP_BATCHES);
    assert_null(b);
    assert_int_equal(ticket, 1);
    leat_ring_deinit(&ring);
}

static void test_parts_are_popped_by_one(void **state)
{
    bool first = false, other = false;
    struct leat_batch *b = NULL;
    struct leat_ring ring;
    uint64_t ticket;

    (void)state;
    ring_init(&ring, 2, 100);
    assert_true(leat_ring_push(&ring, 0, item(0, 5), true));
    assert_int_equal(leat_ring_pop(&ring, false, &b, &ticket, &first), LEAT_POP_BATCHES);
    leat_batch_release(b);
    assert_true(first);
    push(&ring, 0);
    push(&ring, 1);
    assert_int_equal(leat_ring_pop(&ring, false, &b, &ticket, &other), LEAT_POP_NOTHING); /* not its ticket */
    assert_int_equal(leat_ring_pop(&ring, false, &b, &ticket, &first), LEAT_POP_BATCHES);
    leat_batch_release(b);
    assert_int_equal(ticket, 0);
    assert_false(first);
    pop_wanted(&ring, 1);
    leat_ring_deinit(&ring);
}

static void test_close_drains_first(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 4, 100);
    push(&ring, 0);
    push(&ring, 1);
    leat_ring_close(&ring, 2);
    pop_wanted(&ring, 0);
    pop_wanted(&ring, 1);
    assert_int_equal(pop_nothing(&ring, true), LEAT_POP_END);
    assert_int_equal(pop_nothing(&ring, false), LEAT_POP_END);
    leat_ring_deinit(&ring);
}

static void test_close_waits_for_tickets_that_are_on_their_way(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 4, 100);
    push(&ring, 1);
    leat_ring_close(&ring, 2); /* ticket 0 is with a slow worker */
    assert_int_equal(pop_nothing(&ring, false), LEAT_POP_NOTHING);
    push(&ring, 0);
    pop_wanted(&ring, 0);
    pop_wanted(&ring, 1);
    assert_int_equal(pop_nothing(&ring, true), LEAT_POP_END);
    leat_ring_deinit(&ring);
}

static void test_close_of_nothing(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 1, 100);
    leat_ring_close(&ring, 0);
    assert_int_equal(pop_nothing(&ring, true), LEAT_POP_END);
    leat_ring_deinit(&ring);
}

static void test_cancel_loses_no_batch(void **state)
{
    struct leat_ring ring;

    (void)state;
    ring_init(&ring, 4, 100);
    push(&ring, 0);
    push(&ring, 2);
    leat_ring_cancel(&ring);
    assert_int_equal(pop_nothing(&ring, true), LEAT_POP_CANCELLED);
    assert_false(leat_ring_push(&ring, 1, item(1, 1), false)); /* takes it all the same */
    leat_ring_drain(&ring);
    leat_ring_deinit(&ring);
}

static void test_the_descriptor_tells(void **state)
{
    struct leat_ring ring;
    struct pollfd fd = {.events = POLLIN};
    uint64_t count;

    (void)state;
    assert_int_equal(leat_ring_init(&ring, 2, 100, true, NULL), 0);
    fd.fd = ring.notify_fd;
    assert_int_equal(poll(&fd, 1, 0), 0);
    push(&ring, 0);
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_int_equal(read(ring.notify_fd, &count, sizeof count), sizeof count);
    pop_wanted(&ring, 0);
    leat_ring_close(&ring, 1);
    assert_int_equal(poll(&fd, 1, 0), 1);
    leat_ring_deinit(&ring);
}

/* ---- waiting ---- */

struct pusher {
    struct leat_ring *ring;
    uint64_t ticket;
    int64_t bytes;
    pthread_t thread;
    atomic_bool done;
    bool pushed;
};

static void *push_one(void *argument)
{
    struct pusher *p = argument;

    p->pushed = leat_ring_push(p->ring, p->ticket, item(p->ticket, p->bytes), false);
    atomic_store(&p->done, true);
    return NULL;
}

static void start(struct pusher *p, struct leat_ring *ring, uint64_t ticket, int64_t bytes)
{
    *p = (struct pusher){.ring = ring, .ticket = ticket, .bytes = bytes};
    assert_int_equal(pthread_create(&p->thread, NULL, push_one, p), 0);
}

static void assert_waits(struct pusher *p)
{
    usleep(20000);
    assert_false(atomic_load(&p->done));
}

static bool join(struct pusher *p)
{
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    return p->pushed;
}

static void test_full_in_slots(void **state)
{
    struct leat_ring ring;
    struct pusher p;

    (void)state;
    ring_init(&ring, 2, 1000);
    push(&ring, 0);
    push(&ring, 1);
    start(&p, &ring, 2, 1);
    assert_waits(&p);
    pop_wanted(&ring, 0);
    assert_true(join(&p));
    pop_wanted(&ring, 1);
    pop_wanted(&ring, 2);
    assert_true(ring.full_us > 0);
    leat_ring_deinit(&ring);
}

static void test_full_in_bytes(void **state)
{
    struct leat_ring ring;
    struct pusher p;

    (void)state;
    ring_init(&ring, 100, 10);
    assert_true(leat_ring_push(&ring, 0, item(0, 8), false));
    start(&p, &ring, 1, 8);
    assert_waits(&p);
    pop_wanted(&ring, 0); /* now 1 is the next in order, and goes in whatever it costs */
    assert_true(join(&p));
    pop_wanted(&ring, 1);
    leat_ring_deinit(&ring);
}

/* A worker that is ahead has filled the bytes; the one that all wait for is let in. */
static void test_the_next_in_order_is_always_let_in(void **state)
{
    struct leat_ring ring;
    struct pusher p;

    (void)state;
    ring_init(&ring, 4, 10);
    assert_true(leat_ring_push(&ring, 1, item(1, 10), false));
    start(&p, &ring, 2, 1);
    assert_waits(&p);
    assert_true(leat_ring_push(&ring, 0, item(0, 1000), false));
    pop_wanted(&ring, 0);
    pop_wanted(&ring, 1);
    assert_true(join(&p));
    pop_wanted(&ring, 2);
    assert_int_equal(ring.bytes, 0);
    leat_ring_deinit(&ring);
}

static void test_cancel_wakes_who_waits_to_push(void **state)
{
    struct leat_ring ring;
    struct pusher p[3];

    (void)state;
    ring_init(&ring, 1, 100);
    push(&ring, 0);
    for (uint64_t i = 0; i < 3; i++)
        start(&p[i], &ring, i + 1, 1);
    assert_waits(&p[0]);
    leat_ring_cancel(&ring);
    for (int i = 0; i < 3; i++)
        assert_false(join(&p[i]));
    leat_ring_drain(&ring);
    leat_ring_deinit(&ring);
}

static void *pop_end(void *argument)
{
    struct leat_batch *b;
    uint64_t ticket;
    bool more = false;

    return (void *)(uintptr_t)leat_ring_pop(argument, true, &b, &ticket, &more);
}

static void test_close_and_cancel_wake_who_waits_to_pop(void **state)
{
    for (int cancel = 0; cancel < 2; cancel++) {
        struct leat_ring ring;
        pthread_t threads[3];
        void *result;

        (void)state;
        ring_init(&ring, 2, 100);
        for (int i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, pop_end, &ring), 0);
        usleep(10000);
        if (cancel)
            leat_ring_cancel(&ring);
        else
            leat_ring_close(&ring, 0);
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], &result);
            assert_int_equal((uintptr_t)result, cancel ? LEAT_POP_CANCELLED : LEAT_POP_END);
        }
        leat_ring_deinit(&ring);
    }
}

/* ---- many threads: source ring, workers, sink ring, as a run has them ---- */

struct line {
    struct leat_ring source, sink;
    uint64_t n;             /* tickets to send */
    int n_workers;
    uint64_t cancel_at;     /* the sink cancels when it sees this ticket; UINT64_MAX: never */
    atomic_int n_running;
    uint64_t n_seen, n_batches;
    bool in_order, over;
};

/* Slots of none, one or two batches, some of them dear. */
static struct leat_batch *slot_of(uint64_t ticket)
{
    struct leat_batch *b;

    if (ticket % 7 == 3)
        return NULL;
    b = item(ticket, ticket % 11 == 0 ? 50 : 1);
    b->host->next = NULL;
    if (ticket % 5 == 0) {
        b->host->next = item(ticket, 1);
        b->host->next->host->next = NULL;
    }
    return b;
}

/* Some come in three parts. */
static bool in_parts(uint64_t ticket)
{
    return ticket % 13 == 4;
}

static bool push_parts(struct leat_ring *ring, uint64_t ticket)
{
    for (int i = 0; i < 2 && in_parts(ticket); i++) {
        struct leat_batch *b = item(ticket, 1);

        b->host->next = NULL;
        if (!leat_ring_push(ring, ticket, b, true))
            return false;
    }
    return leat_ring_push(ring, ticket, slot_of(ticket), false);
}

static void *run_source(void *argument)
{
    struct line *line = argument;
    uint64_t ticket = 0;

    while (ticket < line->n && push_parts(&line->source, ticket))
        ticket++;
    leat_ring_close(&line->source, ticket);
    return NULL;
}

static void *run_worker(void *argument)
{
    struct line *line = argument;
    struct leat_batch *b;
    uint64_t ticket;
    bool more = false;

    while (leat_ring_pop(&line->source, true, &b, &ticket, &more) == LEAT_POP_BATCHES)
        if (!leat_ring_push(&line->sink, ticket, b, more))
            break;
    if (atomic_fetch_sub(&line->n_running, 1) == 1)
        leat_ring_close(&line->sink, line->source.head);
    return NULL;
}

static void take_slot(struct line *line, uint64_t ticket, struct leat_batch *b, bool more)
{
    line->in_order &= ticket == line->n_seen;
    line->n_seen += !more;
    while (b) {
        struct leat_batch *next = b->host->next;

        line->in_order &= b->host->sequence == ticket;
        line->n_batches++;
        leat_batch_release(b);
        b = next;
    }
}

static void *run_sink(void *argument)
{
    struct line *line = argument;
    struct leat_batch *b;
    enum leat_pop pop;
    uint64_t ticket;
    bool more = false;

    while ((pop = leat_ring_pop(&line->sink, true, &b, &ticket, &more)) == LEAT_POP_BATCHES) {
        take_slot(line, ticket, b, more);
        if (ticket == line->cancel_at && !more) {
            leat_ring_cancel(&line->source);
            leat_ring_cancel(&line->sink);
        }
    }
    line->over = pop == LEAT_POP_END;
    return NULL;
}

static void run_line(struct line *line, int n_slots, int64_t limit_bytes)
{
    pthread_t threads[18];
    int n = 0;

    line->in_order = true;
    atomic_init(&line->n_running, line->n_workers);
    ring_init(&line->source, n_slots, limit_bytes);
    ring_init(&line->sink, n_slots, limit_bytes);
    assert_int_equal(pthread_create(&threads[n++], NULL, run_sink, line), 0);
    for (int i = 0; i < line->n_workers; i++)
        assert_int_equal(pthread_create(&threads[n++], NULL, run_worker, line), 0);
    assert_int_equal(pthread_create(&threads[n++], NULL, run_source, line), 0);
    while (n--)
        assert_int_equal(pthread_join(threads[n], NULL), 0);
    leat_ring_drain(&line->source);
    leat_ring_drain(&line->sink);
    leat_ring_deinit(&line->source);
    leat_ring_deinit(&line->sink);
    assert_true(line->in_order);
}

/* Sanitizers and valgrind are slow: they get fewer items. */
static uint64_t scaled(uint64_t n)
{
    const char *valgrind = getenv("LEAT_VALGRIND");

#ifdef __SANITIZE_THREAD__
    n /= 20;
#endif
    return valgrind && *valgrind ? n / 100 : n;
}

static uint64_t batches_up_to(uint64_t n)
{
    uint64_t all = 0;

    for (uint64_t t = 0; t < n; t++)
        all += (t % 7 == 3 ? 0 : t % 5 == 0 ? 2 : 1) + (in_parts(t) ? 2 : 0);
    return all;
}

static void test_many_items(void **state)
{
    static const struct {
        int n_slots, n_workers;
        int64_t bytes;
        uint64_t n;
    } shapes[] = {{1, 1, 1000, 10000}, {1, 4, 1, 5000}, {2, 3, 20, 20000}, {7, 2, 30, 40000}, {64, 8, 60, 20000},
                  {8, 1, 1000, 300000}, {16, 16, 40, 5000}};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct line line = {.n = scaled(shapes[i].n), .n_workers = shapes[i].n_workers, .cancel_at = UINT64_MAX};

        run_line(&line, shapes[i].n_slots, shapes[i].bytes);
        assert_true(line.over);
        assert_int_equal(line.n_seen, line.n);
        assert_int_equal(line.n_batches, batches_up_to(line.n));
    }
}

static void test_cancelled_anywhere(void **state)
{
    unsigned seed = 42;

    (void)state;
    for (uint64_t round = 0; round < scaled(600); round++) {
        struct line line = {.n = 2000, .n_workers = 1 + rand_r(&seed) % 5, .cancel_at = (uint64_t)rand_r(&seed) % 500};

        run_line(&line, 1 + rand_r(&seed) % 9, 1 + rand_r(&seed) % 60);
        assert_false(line.over);
        assert_int_equal(line.n_seen, line.cancel_at + 1);
    }
}

static void test_closed_anywhere(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (uint64_t round = 0; round < scaled(1000); round++) {
        struct line line = {.n = (uint64_t)rand_r(&seed) % 40, .n_workers = 1 + rand_r(&seed) % 5,
                            .cancel_at = UINT64_MAX};

        run_line(&line, 1 + rand_r(&seed) % 9, 1 + rand_r(&seed) % 60);
        assert_true(line.over);
        assert_int_equal(line.n_seen, line.n);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(test_first_in_first_out),
        EACH(test_order_is_that_of_the_tickets),
        EACH(test_a_slot_may_hold_many_batches_or_none),
        EACH(test_parts_are_popped_by_one),
        EACH(test_close_drains_first),
        EACH(test_close_waits_for_tickets_that_are_on_their_way),
        EACH(test_close_of_nothing),
        EACH(test_cancel_loses_no_batch),
        EACH(test_the_descriptor_tells),
        EACH(test_full_in_slots),
        EACH(test_full_in_bytes),
        EACH(test_the_next_in_order_is_always_let_in),
        EACH(test_cancel_wakes_who_waits_to_push),
        EACH(test_close_and_cancel_wake_who_waits_to_pop),
        EACH(test_many_items),
        EACH(test_cancelled_anywhere),
        EACH(test_closed_anywhere),
    };
    alarm(240); /* a wait that nobody ends is a failure, not a hang */
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
