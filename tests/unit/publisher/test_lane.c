/* Lanes and a sink of the test's own, whose thread does what the test tells it. */
#include "base/clock.h"
#include "base/log.h"
#include "publisher/lane.h"

#include <criterion/criterion.h>
#include <time.h>
#include <unistd.h>

struct echo_sink {
    struct sink sink;
    _Atomic bool paused; /* publications are left in the rings */
    _Atomic bool stuck;  /* pump() blocks until `release` can be read */
    int release[2];
};

static void echo_start(struct sink *sink)
{
    atomic_store(&sink->up, true);
}

static void echo_pump(struct sink *sink)
{
    struct echo_sink *echo = (struct echo_sink *)sink;
    struct publication *publication;
    char byte;

    if (atomic_load(&echo->stuck)) {
        sink_block(sink);
        cr_assert_eq(read(echo->release[0], &byte, 1), 1);
        sink_unblock(sink);
    }
    while (!atomic_load(&echo->paused) && (publication = sink_next(sink)))
        sink_return(sink, publication, PUBLISH_ACKNOWLEDGED);
    sink_withdraw(sink, clock_now());
}

static void echo_nothing(struct sink *sink)
{
}

static const struct sink_ops echo_ops = {
    .start = echo_start, .pump = echo_pump, .end = echo_nothing, .surrender = echo_nothing};

static void ignore_wake(void *context, unsigned lane)
{
}

struct fixture {
    struct echo_sink *echo;
    struct sink *sinks[1];
    struct publisher_lane *lanes;
    struct log log;
};

static void open_fixture(struct fixture *f, unsigned lanes, uint32_t queue)
{
    struct sink_settings settings = {
        .log = &f->log, .lanes = lanes, .queue = queue, .wake = ignore_wake};

    f->log = log_to_stderr(LOG_ERROR);
    f->echo = aligned_alloc(RING_CACHE_LINE, sizeof(*f->echo));
    f->lanes = aligned_alloc(RING_CACHE_LINE, lanes * sizeof(*f->lanes));
    f->sinks[0] = &f->echo->sink;
    atomic_store(&f->echo->paused, false);
    atomic_store(&f->echo->stuck, false);
    cr_assert_eq(pipe(f->echo->release), 0);
    cr_assert_eq(sink_init(f->sinks[0], &echo_ops, &settings, 4), 0);
    for (unsigned i = 0; i < lanes; i++)
        lane_init(&f->lanes[i], i, f->sinks, 1);
    cr_assert_eq(sink_start(f->sinks[0]), 0);
    while (!publisher_lane_ready(&f->lanes[0], 0))
        ;
}

static void stop(struct fixture *f, uint64_t timeout)
{
    sink_ask_to_end(f->sinks[0]);
    sink_join(f->sinks[0], clock_now() + timeout);
}

static void close_fixture(struct fixture *f)
{
    stop(f, CLOCK_SECOND);
    cr_expect(sink_deinit(f->sinks[0]));
    free(f->echo);
    free(f->lanes);
}

static struct publication *collect(struct publisher_lane *lane)
{
    struct publication *publication = NULL;

    for (uint64_t end = clock_now() + CLOCK_SECOND; !publication && clock_now() < end;)
        publication = publisher_collect(lane);
    return publication;
}

Test(lane, gives_back_in_order_what_the_sink_returned)
{
    struct publication publications[8] = {{.deadline = 0}};
    struct fixture f;

    open_fixture(&f, 2, 16);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(publisher_submit(&f.lanes[1], &publications[i]), PUBLISH_PENDING);
    cr_expect_null(publisher_collect(&f.lanes[1]), "nothing goes before the flush");
    publisher_flush(&f.lanes[1]);
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(collect(&f.lanes[1]), &publications[i]);
        cr_expect_eq(publications[i].result, PUBLISH_ACKNOWLEDGED);
    }
    cr_expect_null(publisher_collect(&f.lanes[0]));
    close_fixture(&f);
}

Test(lane, is_overloaded_when_its_share_of_the_queue_is_full)
{
    struct publication publications[9] = {{.deadline = CLOCK_NEVER}};
    struct fixture f;

    open_fixture(&f, 2, 16);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(publisher_submit(&f.lanes[0], &publications[i]), PUBLISH_PENDING);
    cr_expect_eq(publisher_submit(&f.lanes[0], &publications[8]), PUBLISH_OVERLOADED);
    cr_expect_eq(publisher_submit(&f.lanes[1], &publications[8]), PUBLISH_PENDING);
    cr_expect_eq(counter_read(&f.lanes[0].counters[PUBLISHER_OVERLOADED]), 1);
    close_fixture(&f);
}

/* What is not collected counts, or the way back could be too narrow. */
Test(lane, is_overloaded_when_nobody_collects)
{
    static struct publication publications[1000];
    struct fixture f;
    int pending = 0, returned = 0;

    open_fixture(&f, 1, 8);
    for (int i = 0; i < 1000; i++) {
        pending += publisher_submit(&f.lanes[0], &publications[i]) == PUBLISH_PENDING;
        publisher_flush(&f.lanes[0]);
        usleep(i < 50 ? 1000 : 0);
    }
    while (collect(&f.lanes[0]))
        returned++;
    cr_expect_eq(pending, 16, "the ring has 8, the sink holds 4, in powers of two: %d", pending);
    cr_expect_eq(returned, pending);
    close_fixture(&f);
}

Test(lane, withdraws_what_waited_until_its_deadline)
{
    struct publication late = {.deadline = 1}, early = {.deadline = CLOCK_NEVER};
    struct fixture f;

    open_fixture(&f, 1, 8);
    atomic_store(&f.echo->paused, true);
    publisher_submit(&f.lanes[0], &late);
    publisher_submit(&f.lanes[0], &early);
    publisher_flush(&f.lanes[0]);
    cr_assert_eq(collect(&f.lanes[0]), &late);
    cr_expect_eq(late.result, PUBLISH_WITHDRAWN);
    cr_expect_null(publisher_collect(&f.lanes[0]));
    close_fixture(&f);
}

Test(lane, gets_back_what_it_submitted_too_late)
{
    struct publication waiting = {.deadline = CLOCK_NEVER}, staged = waiting, late = waiting;
    struct fixture f;

    open_fixture(&f, 1, 8);
    atomic_store(&f.echo->paused, true);
    publisher_submit(&f.lanes[0], &waiting);
    publisher_flush(&f.lanes[0]);
    publisher_submit(&f.lanes[0], &staged);
    stop(&f, CLOCK_SECOND);
    cr_expect_eq(publisher_submit(&f.lanes[0], &late), PUBLISH_UNREACHABLE);
    cr_expect_eq(collect(&f.lanes[0]), &waiting);
    cr_expect_eq(collect(&f.lanes[0]), &staged);
    cr_expect_eq(staged.result, PUBLISH_UNREACHABLE);
    cr_expect_null(publisher_collect(&f.lanes[0]));
    close_fixture(&f);
}

Test(lane, does_not_wait_for_a_stuck_sink)
{
    struct publication waiting = {.deadline = CLOCK_NEVER};
    struct fixture f;
    uint64_t begin;

    open_fixture(&f, 1, 8);
    atomic_store(&f.echo->stuck, true);
    publisher_submit(&f.lanes[0], &waiting);
    publisher_flush(&f.lanes[0]);
    usleep(50000);
    begin = clock_now();
    f.log.level = LOG_ERROR;
    stop(&f, 50 * CLOCK_MILLISECOND);
    cr_expect_lt(clock_now() - begin, CLOCK_SECOND);
    cr_expect_eq(collect(&f.lanes[0]), &waiting);
    cr_expect_eq(waiting.result, PUBLISH_UNREACHABLE);
    cr_expect_not(sink_deinit(f.sinks[0]), "its memory must stay");
    cr_assert_eq(write(f.echo->release[1], "x", 1), 1);
    usleep(50000); /* the thread comes back, and must end without touching anything */
    free(f.lanes);
}
