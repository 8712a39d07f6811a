#include "loadtest/run.h"

#include "base/clock.h"
#include "loadtest/cpu_time.h"
#include "loadtest/report/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A server of which nothing was heard for so long is not there. */
#define SILENCE (10 * CLOCK_SECOND)

/* How often signals are looked for. */
#define TICK (50 * CLOCK_MILLISECOND)

/* What the series is made of: the sums at its last entry. */
struct run_mark {
    uint64_t at;
    uint64_t sent, answered, errors, retransmissions;
    uint64_t server_cpu, own_cpu;
};

struct run {
    struct driver *driver;
    struct results *results;
    uint64_t tick; /* when to look for signals next */
    struct run_mark mark;
    struct run_mark first; /* at the start */
    struct progress progress;
    bool interrupted;
};

static void fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
}

void run_block_signals(void)
{
    sigset_t signals;

    fill_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

static bool has_signal(void)
{
    static const struct timespec at_once;
    sigset_t signals;

    fill_signals(&signals);
    return sigtimedwait(&signals, NULL, &at_once) > 0;
}

/* Prints what failed, on a line of its own. */
static void complain(struct run *r, const char *what, int error)
{
    progress_clear(&r->progress);
    fprintf(stderr, "simgate-load: %s: %s\n", what, strerror(-error));
}

/* ---- the series ---- */

static uint64_t server_cpu(const struct run *r)
{
    uint64_t nanoseconds = 0;
    uint64_t server = r->driver->options->server_pid;

    /* one that is gone leaves the rest of the results */
    if (server && cpu_time_of((pid_t)server, &nanoseconds) != 0)
        r->results->server_measured = false;
    return r->results->server_measured ? nanoseconds : 0;
}

static struct run_mark mark_now(const struct run *r, uint64_t now)
{
    const struct results_totals *t = &r->results->totals;

    return (struct run_mark){
        .at = now,
        .sent = t->sent,
        .answered = t->answered,
        .errors = t->refused + t->rejected + t->failed_handshakes + t->timeouts,
        .retransmissions = t->retransmissions,
        .server_cpu = server_cpu(r),
        .own_cpu = cpu_time_own(),
    };
}

static uint64_t difference(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

/* Ends an entry of the series, and moves its latencies to those of the run. */
static int end_second(struct run *r, uint64_t now)
{
    struct driver *d = r->driver;
    struct run_mark *before = &r->mark, mark = mark_now(r, now);
    struct results_second second = {
        .length = now - before->at,
        .sent = mark.sent - before->sent,
        .answered = mark.answered - before->answered,
        .errors = mark.errors - before->errors,
        .retransmissions = mark.retransmissions - before->retransmissions,
        .in_flight = r->results->in_flight,
        .p50 = results_quantile(&d->second, 0.5, d->second_max),
        .p99 = results_quantile(&d->second, 0.99, d->second_max),
        .latency_max = d->second_max,
        .server_cpu = difference(mark.server_cpu, before->server_cpu),
        .own_cpu = mark.own_cpu - before->own_cpu,
    };

    histogram_merge(&r->results->latency, &d->second);
    if (d->second_max > r->results->latency_max)
        r->results->latency_max = d->second_max;
    d->second = (struct histogram){0};
    d->second_max = 0;
    r->mark = mark;
    driver_count_datagrams(d);
    return results_append(r->results, &second);
}

/* ---- phases ---- */

static bool schedule_has_ended(const struct run *r, uint64_t now)
{
    return schedule_is_over(&r->driver->schedule, now);
}

static bool is_drained(const struct run *r, uint64_t now)
{
    return driver_is_drained(r->driver, now);
}

/* All have had their turn; or so many have failed, or nothing is heard for so long, that the others
 * need not try. */
static bool is_prepared(const struct run *r, uint64_t now)
{
    struct driver *d = r->driver;
    uint64_t ended = d->schedule.started - r->results->in_flight;

    if (d->prepared == 0 && ended >= d->options->preparing)
        return true;
    if (d->sockets.datagrams_received == 0 && now > d->schedule.start + SILENCE)
        return true;
    return schedule_is_over(&d->schedule, now) && r->results->in_flight == 0;
}

/* Returns 1 when a signal asks for the end, or 0 or -errno. */
static int tick(struct run *r, uint64_t now)
{
    int error = 0;

    r->tick = now + TICK;
    if (r->results->start && now >= r->mark.at + CLOCK_SECOND)
        error = end_second(r, now);
    if (r->driver->preparing)
        r->results->devices_ready = r->driver->prepared;
    progress_show(&r->progress, r->results, now);
    if (error)
        return error;
    r->interrupted = has_signal();
    return r->interrupted;
}

/* Steps until the phase is over, at `limit`, or when a signal comes. Returns 0 or -errno. */
static int run_phase(struct run *r, bool (*is_over)(const struct run *r, uint64_t now),
                     uint64_t limit)
{
    int result = 0;

    r->interrupted = false;
    while (!result) {
        uint64_t now = clock_now();

        if (now >= limit || is_over(r, now))
            break;
        if (now >= r->tick)
            result = tick(r, now);
        if (!result)
            result = driver_step(r->driver, r->tick < limit ? r->tick : limit);
    }
    if (result < 0)
        complain(r, "cannot send or receive (--sources must be addresses of this machine)", result);
    return result < 0 ? result : 0;
}

static void complain_of_devices(const struct driver *d)
{
    const struct results_step_totals *b = &d->results->steps[RESULTS_BOOTSTRAP];
    const struct results_step_totals *h = &d->results->steps[RESULTS_HANDSHAKE];

    if (d->sockets.datagrams_received == 0) {
        fputs("simgate-load: nothing answers\n", stderr);
        return;
    }
    fprintf(stderr,
            "simgate-load: no device got an association: of %" PRIu64
            ", /bootstrap answered %" PRIu64 " (%" PRIu64 " with a key), %" PRIu64
            " handshakes failed and %" PRIu64 " were not answered\n",
            d->schedule.started, b->succeeded + b->failed, b->succeeded, h->failed, h->timeouts);
}

/* Devices get what they need first. Returns 0, or -errno where none did. */
static int prepare(struct run *r)
{
    struct driver *d = r->driver;
    uint64_t began = clock_now();
    int error;

    driver_prepare(d, began);
    error = run_phase(r, is_prepared, CLOCK_NEVER);
    r->results->prepared = clock_now() - began;
    if (!error && r->interrupted) {
        error = -EINTR;
        complain(r, "nothing was sent yet", error);
    }
    if (error || d->prepared > 0)
        return error;
    progress_clear(&r->progress);
    complain_of_devices(d);
    return -ECONNREFUSED;
}

static int begin_measuring(struct run *r)
{
    uint64_t server = r->driver->options->server_pid, nanoseconds;
    uint64_t now = clock_now();
    int error = server ? cpu_time_of((pid_t)server, &nanoseconds) : 0;

    if (error) {
        complain(r, "cannot read the processor time of the server", error);
        return error;
    }
    r->results->server_measured = server != 0;
    r->results->wall_ms = clock_wall_ms();
    r->results->start = now;
    r->results->open_loop = options_open_loop(r->driver->options);
    r->mark = r->first = mark_now(r, now);
    driver_start(r->driver, now);
    return 0;
}

static void end_measuring(struct run *r, uint64_t end)
{
    struct run_mark mark = mark_now(r, end);

    r->results->elapsed = end - r->results->start;
    r->results->measured_answered = mark.answered;
    r->results->own_cpu = mark.own_cpu - r->first.own_cpu;
    if (r->results->server_measured)
        r->results->server_cpu = difference(mark.server_cpu, r->first.server_cpu);
}

/* A run of a fixed duration is measured until its end, one of a fixed count until its last answer.
 */
static int run_phases(struct run *r)
{
    struct driver *d = r->driver;
    bool timed = d->options->duration > 0;
    int error = run_phase(r, schedule_has_ended, d->schedule.end);
    uint64_t end = clock_now();

    r->results->end = r->interrupted ? RESULTS_INTERRUPTED : RESULTS_COMPLETE;
    schedule_stop(&d->schedule, end);
    if (!error && timed)
        end_measuring(r, end);
    if (!error)
        error = run_phase(r, is_drained, end + d->options->drain);
    if (!error && !timed)
        end_measuring(r, d->last_answer ? d->last_answer : clock_now());
    return error;
}

static int finish(struct run *r)
{
    struct driver *d = r->driver;
    uint64_t now = clock_now();
    int error = driver_finish(d, now);

    if (!error)
        error = end_second(r, now);
    verify_finish(&d->verify, d->options->verify_wait, &r->results->verification, driver_sent_by,
                  d);
    return error;
}

int run_load(struct driver *d)
{
    struct run r = {.driver = d, .results = d->results};
    int error;

    progress_init(&r.progress);
    error = driver_needs_preparation(d) ? prepare(&r) : 0;
    if (!error)
        error = begin_measuring(&r);
    if (!error)
        error = run_phases(&r);
    if (!error)
        error = finish(&r);
    progress_clear(&r.progress);
    return error;
}
