#include "loadtest/run.h"

#include "base/clock.h"
#include "loadtest/cpu_time.h"
#include "loadtest/report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How often signals are looked for. */
#define TICK (50 * CLOCK_MILLISECOND)

struct run {
    struct driver *driver;
    uint64_t tick; /* when to look for signals next */
    sigset_t signals;
    struct report_progress progress;
    bool shows_progress;
};

/* SIGINT and SIGTERM are taken when we ask for them. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigprocmask(SIG_BLOCK, signals, NULL);
}

/* Returns whether a signal asks for the end. */
static bool tick(struct run *r, uint64_t now)
{
    static const struct timespec at_once;

    r->tick = now + TICK;
    if (r->shows_progress)
        report_progress(&r->progress, r->driver, now);
    return sigtimedwait(&r->signals, NULL, &at_once) > 0;
}

/* Prints what failed, on a line of its own. */
static void complain(const struct run *r, const char *what, int error)
{
    report_end_progress(&r->progress);
    fprintf(stderr, "simgate-load: %s: %s\n", what, strerror(-error));
}

static bool schedule_has_ended(const struct driver *d, uint64_t now)
{
    return schedule_is_over(&d->schedule, now);
}

/* Steps until the phase is over, at `limit`, or when a signal comes. */
static int run_phase(struct run *r, bool (*is_over)(const struct driver *d, uint64_t now),
                     uint64_t limit)
{
    int error = 0;

    for (;;) {
        uint64_t now = clock_now();

        if (error || now >= limit || is_over(r->driver, now))
            break;
        if (now >= r->tick && tick(r, now))
            break;
        error = driver_step(r->driver, r->tick < limit ? r->tick : limit);
    }
    if (error)
        complain(r, "cannot send or receive (--sources must be addresses of this machine)", error);
    return error;
}

static int read_server_cpu(const struct run *r, uint64_t *nanoseconds)
{
    pid_t server = r->driver->options->server;
    int error = 0;

    *nanoseconds = 0;
    if (server)
        error = cpu_time_of(server, nanoseconds);
    if (error)
        complain(r, "cannot read the processor time of the server", error);
    return error;
}

static int begin_measuring(const struct run *r, struct run_measurement *m)
{
    m->own_cpu = cpu_time_own();
    return read_server_cpu(r, &m->server_cpu);
}

/* A server that is gone by now leaves the rest of the results. */
static void end_measuring(const struct run *r, struct run_measurement *m, uint64_t end)
{
    const struct driver *d = r->driver;
    uint64_t server_cpu;

    m->server_measured = read_server_cpu(r, &server_cpu) == 0 && d->options->server;
    m->server_cpu = m->server_measured ? server_cpu - m->server_cpu : 0;
    m->elapsed = end - d->schedule.start;
    m->answered = d->tally.answered;
    m->own_cpu = cpu_time_own() - m->own_cpu;
}

/* A run of a fixed duration is measured until its end, one of a fixed count until its last answer.
 */
static int run_phases(struct run *r, struct run_measurement *m)
{
    struct driver *d = r->driver;
    bool timed = d->options->duration > 0;
    int error = run_phase(r, schedule_has_ended, CLOCK_NEVER);
    uint64_t end = clock_now();

    schedule_stop(&d->schedule, end);
    if (!error && timed)
        end_measuring(r, m, end);
    if (!error)
        error = run_phase(r, driver_is_drained, end + d->options->drain);
    if (!error && !timed)
        end_measuring(r, m, d->last_answer ? d->last_answer : clock_now());
    return error;
}

int run_load(struct driver *d, struct run_measurement *m)
{
    struct run r = {.driver = d, .shows_progress = isatty(STDERR_FILENO)};
    int error;

    *m = (struct run_measurement){0};
    block_signals(&r.signals);
    error = begin_measuring(&r, m);
    if (error)
        return error;
    driver_start(d, clock_now());
    error = run_phases(&r, m);
    if (!error)
        error = driver_finish(d, clock_now());
    if (r.shows_progress)
        report_end_progress(&r.progress);
    return error;
}
