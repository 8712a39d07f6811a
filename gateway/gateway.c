#include "gateway/gateway.h"

#include "base/clock.h"
#include "gateway/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

_Static_assert(CONFIG_WORKERS_MAX <= RECEIVE_WORKERS, "a receive loop can serve every worker");
_Static_assert(CONFIG_WORKERS_MAX <= LISTENER_SOCKETS, "every worker can have a socket");
_Static_assert(GATEWAY_LISTENERS <= EGRESS_LISTENERS, "a worker can answer on every listener");

/* How long a stop waits for a publisher's thread that is stuck. */
#define PUBLISHER_STOP_TIMEOUT (2 * CLOCK_SECOND)

static int complain(const struct gateway *g, int error, const char *what)
{
    log_error(g->log, "%s: %s", what, strerror(-error));
    return error;
}

static int complain_with(const struct gateway *g, int error, const char *key, char *text)
{
    log_error(g->log, "%s: %s", key, text ? text : strerror(-error));
    free(text);
    return error;
}

static bool is_in_workers(const struct gateway *g)
{
    return g->config->gateway.receive == RECEIVE_WORKER;
}

/* A receive loop on a thread of its own, or one in each worker. */
static uint32_t receive_loops(const struct gateway *g)
{
    return is_in_workers(g) ? g->worker_count : 1;
}

static const char *scheme_of(const struct gateway *g, uint32_t listener)
{
    return g->secure_listeners >> listener & 1 ? "coaps" : "coap";
}

static int open_listener(struct gateway *g, const struct net_address *address)
{
    struct listener_settings settings = {.sockets = receive_loops(g),
                                         .receive_buffer = g->config->gateway.receive_buffer,
                                         .takeover = g->takeover,
                                         .shard = is_in_workers(g) ? &g->shard : NULL};
    struct listener *l = &g->listeners[g->listener_count];
    char text[NET_ADDRESS_TEXT];
    int error = listener_open(l, address, &settings);

    if (error) {
        log_error(g->log, "%s.listen: %s: %s%s", scheme_of(g, g->listener_count),
                  net_address_format(address, text), strerror(-error),
                  error == -EADDRINUSE ? " (--takeover shares the port with its owner)" : "");
        return error;
    }
    g->listener_count++;
    return 0;
}

static int open_listeners(struct gateway *g)
{
    const struct config_addresses *coap = &g->config->coap.listen;
    const struct config_addresses *coaps = &g->config->coaps.listen;
    int error = 0;

    for (uint32_t i = 0; !error && i < coap->count; i++)
        error = open_listener(g, &coap->list[i]);
    for (uint32_t i = 0; !error && i < coaps->count; i++) {
        g->secure_listeners |= 1u << g->listener_count;
        error = open_listener(g, &coaps->list[i]);
    }
    return error;
}

static int open_store(struct gateway *g)
{
    char *text = NULL;
    int error = store_open(&g->store, &g->config->store.settings, g->log, &text);

    return error ? complain_with(g, error, "store.url", text) : 0;
}

/* What /bootstrap tells; port 0 in the configuration is known only now. */
static uint16_t coaps_port(const struct gateway *g)
{
    for (uint32_t i = 0; i < g->listener_count; i++)
        if (g->secure_listeners >> i & 1)
            return g->listeners[i].address.port;
    return 0;
}

static int open_workers(struct gateway *g)
{
    struct worker_settings settings = settings_for_workers(g->config, g->worker_count);
    int error = 0;

    settings.receivers = receive_loops(g);
    settings.slots = receive_slots(g->worker_count);
    settings.inbox = RECEIVE_INBOX;
    settings.socket_count = g->listener_count;
    settings.service.secure_listeners = g->secure_listeners;
    settings.service.dtls.prefix.node = g->node;
    settings.service.bootstrap.coaps_port = coaps_port(g);
    for (uint32_t i = 0; !error && i < g->worker_count; i++) {
        for (uint32_t k = 0; k < g->listener_count; k++)
            settings.sockets[k] =
                (struct egress_socket){.fd = g->listeners[k].sockets[is_in_workers(g) ? i : 0],
                                       .wildcard = g->listeners[k].wildcard};
        settings.service.dtls.prefix.worker = (uint8_t)i;
        error = worker_open(&g->workers[i], i, &settings, g->store, g->log);
    }
    return error ? complain(g, error, "opening the workers") : 0;
}

static void wake_worker(void *context, unsigned lane)
{
    struct gateway *g = context;

    worker_wake(g->workers[lane]);
}

static int open_publisher(struct gateway *g)
{
    char *text = NULL;
    int error = publisher_open(&g->publisher, &g->config->mqtt.publisher, g->worker_count,
                               wake_worker, g, g->log, &text);

    if (error)
        return complain_with(g, error, "mqtt.url", text);
    for (uint32_t i = 0; !error && i < g->worker_count; i++)
        error = worker_attach_publisher(g->workers[i], publisher_lane(g->publisher, i));
    return error ? complain(g, error, "opening the workers") : 0;
}

static int open_loop(struct gateway *g, uint32_t index)
{
    struct receive_socket sockets[GATEWAY_LISTENERS];
    struct receive_settings settings = {.index = index,
                                        .workers = g->workers,
                                        .shard = &g->shard,
                                        .node = g->node,
                                        .home = is_in_workers(g) ? g->workers[index] : NULL,
                                        .sockets = sockets,
                                        .socket_count = g->listener_count};

    for (uint32_t i = 0; i < g->listener_count; i++)
        sockets[i] = (struct receive_socket){.fd = g->listeners[i].sockets[index],
                                             .listener = i,
                                             .is_secure = g->secure_listeners >> i & 1,
                                             .local = g->listeners[i].address,
                                             .wildcard = g->listeners[i].wildcard};
    g->loop_count++;
    return receive_loop_open(&g->loops[index], &settings);
}

static int open_loops(struct gateway *g)
{
    int error = 0;

    for (uint32_t i = 0; !error && i < receive_loops(g); i++)
        error = open_loop(g, i);
    return error ? complain(g, error, "opening the receive loops") : 0;
}

static int start(struct gateway *g)
{
    int error = 0;

    for (uint32_t i = 0; !error && i < g->worker_count; i++)
        error = worker_start(g->workers[i]);
    for (uint32_t i = 0; !error && i < g->loop_count; i++)
        error = receive_loop_start(g->loops[i]);
    return error ? complain(g, error, "starting the threads") : 0;
}

void gateway_announce(const struct gateway *g)
{
    char text[NET_ADDRESS_TEXT];

    for (uint32_t i = 0; i < g->listener_count; i++)
        log_info(g->log, "listening on %s://%s", scheme_of(g, i),
                 net_address_format(&g->listeners[i].address, text));
    log_info(g->log, "%u worker%s, receive loop %s", g->worker_count,
             g->worker_count == 1 ? "" : "s", is_in_workers(g) ? "in each" : "on its own thread");
}

int gateway_open(struct gateway *g, const struct config *config, bool takeover,
                 const struct log *log)
{
    int error;

    *g = (struct gateway){.config = config, .log = log, .takeover = takeover};
    g->worker_count = settings_worker_count(config);
    error = getrandom(&g->node, sizeof(g->node), 0) == sizeof(g->node) ? 0 : -errno;
    if (!error)
        error = shard_init(&g->shard, g->worker_count);
    if (!error)
        error = open_store(g);
    if (!error)
        error = open_listeners(g);
    if (!error)
        error = open_workers(g);
    if (!error)
        error = open_publisher(g);
    if (!error)
        error = open_loops(g);
    if (!error)
        error = start(g);
    return error;
}

void gateway_close(struct gateway *g)
{
    for (uint32_t i = 0; i < g->loop_count; i++)
        if (g->loops[i])
            receive_loop_stop(g->loops[i]);
    for (uint32_t i = 0; i < g->worker_count; i++)
        if (g->workers[i])
            worker_stop(g->workers[i]);
    if (g->publisher)
        publisher_stop(g->publisher, PUBLISHER_STOP_TIMEOUT);
    for (uint32_t i = 0; i < g->worker_count; i++)
        worker_close(g->workers[i]);
    for (uint32_t i = 0; i < g->loop_count; i++)
        receive_loop_close(g->loops[i]);
    publisher_close(g->publisher);
    store_close(g->store);
    for (uint32_t i = 0; i < g->listener_count; i++)
        listener_close(&g->listeners[i]);
}

void gateway_reload(struct gateway *g)
{
    char *text;
    int error = store_reload(g->store, &text);

    if (!error)
        return;
    log_error(g->log, "store.url was not read again, and nothing has changed: %s",
              text ? text : strerror(-error));
    free(text);
}

void gateway_drain(struct gateway *g)
{
    g->draining = true;
    for (uint32_t i = 0; i < g->worker_count; i++)
        worker_drain(g->workers[i]);
}

uint32_t gateway_open_exchanges(const struct gateway *g)
{
    uint32_t open = 0;

    for (uint32_t i = 0; i < g->worker_count; i++)
        open += worker_open_exchanges(g->workers[i]);
    return open;
}

const char *gateway_not_ready(const struct gateway *g)
{
    if (g->draining)
        return "stopping";
    if (store_state(g->store) == STORE_STARTING)
        return "the store was not reached yet";
    if (store_state(g->store) == STORE_DOWN && g->config->store.degraded == CONFIG_DEGRADED_REFUSE)
        return "the store is unreachable";
    if (!publisher_ready(g->publisher))
        return "the broker is unreachable";
    return NULL;
}

const char *gateway_degraded(const struct gateway *g)
{
    if (store_state(g->store) == STORE_DOWN)
        return "degraded: the store is unreachable or refuses to answer";
    return NULL;
}
