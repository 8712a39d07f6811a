/*
 * simgate: reads its configuration, runs the gateway until a signal, and finishes what is in
 * flight.
 */
#include "base/clock.h"
#include "gateway/admin.h"
#include "gateway/gateway.h"
#include "gateway/options.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* How often a stopping gateway looks whether it is through, in milliseconds. */
#define DRAIN_CHECK 20

struct process {
    uv_loop_t loop;
    uv_signal_t terminate, interrupt, hangup;
    uv_timer_t drain;
    uv_work_t reload;
    bool reloading;
    bool reload_again;       /* a signal came meanwhile */
    uint64_t drain_deadline; /* nanoseconds, monotonic */
    struct gateway gateway;
    struct admin *admin;
    const struct config *config;
    struct log log;
};

static void end(struct process *p)
{
    admin_close(p->admin);
    p->admin = NULL;
    uv_close((uv_handle_t *)&p->drain, NULL);
    uv_close((uv_handle_t *)&p->terminate, NULL);
    uv_close((uv_handle_t *)&p->interrupt, NULL);
    uv_close((uv_handle_t *)&p->hangup, NULL);
}

static void on_drain_check(uv_timer_t *timer)
{
    struct process *p = timer->data;
    uint32_t open = gateway_open_exchanges(&p->gateway);

    if (open && clock_now() < p->drain_deadline)
        return;
    if (open)
        log_warning(&p->log, "stopping with %u requests or responses not through", open);
    end(p);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct process *p = signal->data;

    if (p->gateway.draining) {
        log_warning(&p->log, "second signal: exiting at once");
        _exit(EXIT_FAILURE);
    }
    log_info(&p->log, "signal %d: finishing %u requests and responses, then exiting", number,
             gateway_open_exchanges(&p->gateway));
    gateway_drain(&p->gateway);
    p->drain_deadline = clock_now() + p->config->gateway.drain_timeout;
    uv_timer_start(&p->drain, on_drain_check, DRAIN_CHECK, DRAIN_CHECK);
}

/* On a thread of libuv's pool: a large file takes a second or two, and /healthz is asked meanwhile.
 */
static void reload(uv_work_t *work)
{
    struct process *p = work->data;

    gateway_reload(&p->gateway);
}

static void start_reload(struct process *p);

static void on_reloaded(uv_work_t *work, int status)
{
    struct process *p = work->data;

    p->reloading = false;
    if (p->reload_again)
        start_reload(p);
}

static void start_reload(struct process *p)
{
    p->reload.data = p;
    p->reload_again = false;
    p->reloading = uv_queue_work(&p->loop, &p->reload, reload, on_reloaded) == 0;
}

static void on_hangup(uv_signal_t *signal, int number)
{
    struct process *p = signal->data;

    if (p->reloading)
        p->reload_again = true;
    else
        start_reload(p);
}

static int open_process(struct process *p)
{
    int error = uv_loop_init(&p->loop);

    p->terminate.data = p->interrupt.data = p->hangup.data = p->drain.data = p;
    if (!error)
        error = uv_signal_init(&p->loop, &p->terminate);
    if (!error)
        error = uv_signal_init(&p->loop, &p->interrupt);
    if (!error)
        error = uv_signal_init(&p->loop, &p->hangup);
    if (!error)
        error = uv_timer_init(&p->loop, &p->drain);
    if (!error)
        error = uv_signal_start(&p->terminate, on_signal, SIGTERM);
    if (!error)
        error = uv_signal_start(&p->interrupt, on_signal, SIGINT);
    if (!error)
        error = uv_signal_start(&p->hangup, on_hangup, SIGHUP);
    return error;
}

static int open_admin(struct process *p)
{
    const struct config_addresses *listen = &p->config->admin.listen;
    char text[NET_ADDRESS_TEXT];
    int error;

    if (listen->count == 0)
        return 0;
    error = admin_open(&p->admin, &p->loop, &listen->list[0], &p->gateway, &p->log);
    if (error)
        log_error(&p->log, "admin.listen: %s: %s", net_address_format(&listen->list[0], text),
                  strerror(-error));
    return error;
}

static int run(const struct config *config, bool takeover)
{
    struct process p = {.config = config, .log = log_to_stderr(config->gateway.log_level)};
    int error;

    signal(SIGPIPE, SIG_IGN);
    error = open_process(&p);
    if (error) {
        log_error(&p.log, "starting: %s", uv_strerror(error));
        return EXIT_FAILURE;
    }
    error = gateway_open(&p.gateway, config, takeover, &p.log);
    if (!error)
        error = open_admin(&p);
    if (error)
        end(&p);
    else
        gateway_announce(&p.gateway);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    gateway_close(&p.gateway);
    uv_loop_close(&p.loop);
    if (!error)
        log_info(&p.log, "stopped");
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    struct config config = {0};
    int status = EXIT_USAGE;

    if (options_parse(&options, argc, argv, stderr) == 0 &&
        options_prepare(&options, (const char *const *)environ, &config, &status, stdout, stderr))
        status = run(&config, options.takeover);
    config_deinit(&config);
    options_deinit(&options);
    return status;
}
