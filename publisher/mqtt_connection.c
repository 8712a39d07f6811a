#include "publisher/mqtt_connection.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "publisher/mqtt_client.h"
#include "publisher/mqtt_flight.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* All timers of a connection, in milliseconds. */
#define CONNECT_TIMEOUT 5000 /* from the first packet to the broker's CONNACK */
#define RETRY_FIRST     100  /* doubles with each failure; half of it is random */
#define RETRY_LAST      10000
#define STABLE          1000 /* a connection that was up for longer starts again with RETRY_FIRST */
#define MISC_PERIOD     1000 /* libmosquitto's keepalive, in whole seconds itself */
#define STAGGER         20   /* between the first attempts of two connections */

#define TEXT_MAX 160

enum mqtt_state { MQTT_DOWN, MQTT_CONNECTING, MQTT_UP };

struct mqtt_connection {
    struct sink sink;
    struct mosquitto *client;
    struct mqtt_flight flight;
    struct mqtt_url url;
    uint32_t number;
    uint16_t keepalive; /* seconds */
    enum mqtt_state state;
    bool reached; /* the socket had its first event: TCP is through */
    int watched;  /* what `poll` waits for: starting it again costs system calls */
    int connack;  /* reason code, or -1: has not come yet */
    char reason[TEXT_MAX];
    uint32_t attempts;
    uint32_t retry_delay; /* milliseconds */
    uint64_t up_since;
    uint64_t progress_at; /* when the broker last acknowledged something, or had to begin to */
    struct random_source random;
    uv_poll_t poll;
    uv_timer_t retry;    /* the next attempt; while connecting, its end */
    uv_timer_t misc;     /* runs always */
    uv_timer_t withdraw; /* armed while something waits: the earliest deadline */
};

static void connection_step(struct mqtt_connection *c, int error);
static void on_retry(uv_timer_t *timer);
static void on_withdraw(uv_timer_t *timer);

static struct mqtt_connection *connection_of(struct sink *sink)
{
    return container_of(sink, struct mqtt_connection, sink);
}

/* ---- what waits ---- */

static void arm_withdraw(struct mqtt_connection *c, uint64_t deadline, uint64_t now)
{
    if (deadline == CLOCK_NEVER || uv_is_active((uv_handle_t *)&c->withdraw))
        return;
    uv_update_time(&c->sink.loop);
    uv_timer_start(&c->withdraw, on_withdraw, (deadline - now) / CLOCK_MILLISECOND + 1, 0);
}

/* Sends what may be sent. Returns 0, or libmosquitto's error when the connection broke. */
static int serve(struct mqtt_connection *c)
{
    uint64_t now = clock_now();
    bool was_stalled = c->flight.stalled;
    int error;

    if (c->state != MQTT_UP) {
        sink_reject(&c->sink, PUBLISH_UNREACHABLE);
        return 0;
    }
    error = mqtt_flight_send(&c->flight, now);
    if (c->flight.stalled && !was_stalled)
        c->progress_at = now; /* the broker's time begins now, however long nothing was to do */
    if (!error && c->flight.stalled)
        arm_withdraw(c, sink_withdraw(&c->sink, now), now);
    return error;
}

static void on_withdraw(uv_timer_t *timer)
{
    struct mqtt_connection *c = timer->data;
    uint64_t now = clock_now();

    arm_withdraw(c, sink_withdraw(&c->sink, now), now);
    sink_deliver(&c->sink);
}

/* ---- down ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    struct mqtt_connection *c = handle->data;

    c->poll.loop = NULL;
}

static void stop_watching(struct mqtt_connection *c)
{
    c->watched = 0;
    if (c->poll.loop && !uv_is_closing((uv_handle_t *)&c->poll))
        uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

/* libmosquitto closes its socket only at the next attempt, and the broker should know now. */
static void hang_up(struct mqtt_connection *c)
{
    stop_watching(c);
    if (mosquitto_socket(c->client) >= 0)
        shutdown(mosquitto_socket(c->client), SHUT_RDWR);
}

/* Half of the delay is random, so that many gateways do not come back at once. */
static uint64_t next_delay(struct mqtt_connection *c)
{
    uint32_t delay = c->retry_delay / 2;

    delay += random_below(&c->random, c->retry_delay - delay + 1);
    c->retry_delay = c->retry_delay * 2 < RETRY_LAST ? c->retry_delay * 2 : RETRY_LAST;
    return delay;
}

/* Closes the connection, if there is one, and plans the next attempt. */
static void fall(struct mqtt_connection *c, const char *reason)
{
    bool was_up = c->state == MQTT_UP;
    uint64_t delay;

    if (was_up) {
        counter_add(&c->sink.counters[PUBLISHER_DISCONNECTS], 1);
        counter_set(&c->sink.counters[PUBLISHER_CONNECTIONS_UP], 0);
        if (clock_now() - c->up_since > STABLE * CLOCK_MILLISECOND)
            c->retry_delay = RETRY_FIRST;
    }
    c->state = MQTT_DOWN;
    atomic_store(&c->sink.up, false);
    hang_up(c);
    uv_timer_stop(&c->withdraw);
    sink_reject(&c->sink, PUBLISH_UNREACHABLE);
    delay = next_delay(c);
    log_warning(c->sink.settings.log, "broker %s:%u: %s %u: %s; next attempt in %u ms", c->url.host,
                c->url.port, was_up ? "lost connection" : "cannot open connection", c->number,
                reason, (unsigned)delay);
    uv_update_time(&c->sink.loop);
    uv_timer_start(&c->retry, on_retry, delay, 0);
}

/* What libmosquitto's error means; the broker's own words come first. */
static const char *explain(struct mqtt_connection *c, int error)
{
    if (c->reason[0])
        return c->reason;
    if (c->connack > 0)
        return mosquitto_reason_string(c->connack);
    return mosquitto_strerror(error);
}

/* ---- connecting ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct mqtt_connection *c = poll->data;
    int error = mosquitto_loop_read(c->client, 1);

    c->reached = true;
    /* during a TLS handshake libmosquitto reads on both events, and only then has what to write */
    if (!error && (c->state == MQTT_CONNECTING || (events & UV_WRITABLE)))
        error = mosquitto_loop_write(c->client, 1);
    /* it takes some ends of a connection that is being opened for something to wait for */
    if (!error && (status < 0 || (c->connack < 0 && (events & UV_DISCONNECT))))
        error = MOSQ_ERR_CONN_LOST;
    connection_step(c, error);
}

static int start_watching(struct mqtt_connection *c)
{
    int error = uv_poll_init(&c->sink.loop, &c->poll, mosquitto_socket(c->client));

    if (error) {
        c->poll.loop = NULL;
        return MOSQ_ERR_UNKNOWN;
    }
    c->poll.data = c;
    return MOSQ_ERR_SUCCESS;
}

static void on_log(struct mosquitto *client, void *context, int level, const char *text)
{
    struct mqtt_connection *c = context;

    if (level == MOSQ_LOG_ERR && !c->reason[0]) /* what TLS found wrong */
        snprintf(c->reason, sizeof(c->reason), "%s", text);
}

/* Without blocking but for the look-up, which tries only the first address that does not fail at
 * once. So where there are several, every other attempt goes through all of them, and blocks. */
static int begin_connect(struct mqtt_connection *c)
{
    bool thorough = c->attempts++ % 2 == 1 && mqtt_client_has_choice(c->url.host);

    /* libmosquitto keeps an old CONNACK's Receive Maximum when the new one has none */
    mosquitto_int_option(c->client, MOSQ_OPT_SEND_MAXIMUM, MQTT_FLIGHT_MAX);
    if (thorough)
        return mosquitto_connect(c->client, c->url.host, c->url.port, c->keepalive);
    return mosquitto_connect_async(c->client, c->url.host, c->url.port, c->keepalive);
}

static void attempt(struct mqtt_connection *c)
{
    int error;

    c->connack = -1;
    c->reason[0] = '\0';
    c->reached = false;
    mosquitto_log_callback_set(c->client, on_log);
    sink_block(&c->sink);
    error = begin_connect(c);
    sink_unblock(&c->sink);
    if (error <= 0) /* negative: MOSQ_ERR_CONN_PENDING */
        error = start_watching(c);
    if (error) {
        fall(c, error == MOSQ_ERR_EAI ? "the name look-up failed" : explain(c, error));
        return;
    }
    c->state = MQTT_CONNECTING;
    uv_update_time(&c->sink.loop);
    uv_timer_start(&c->retry, on_retry, CONNECT_TIMEOUT, 0);
    connection_step(c, MOSQ_ERR_SUCCESS);
}

static void on_retry(uv_timer_t *timer)
{
    struct mqtt_connection *c = timer->data;

    if (c->state == MQTT_CONNECTING)
        fall(c, "no answer in time");
    else
        attempt(c);
    sink_deliver(&c->sink);
}

static void rise(struct mqtt_connection *c)
{
    /* with one, libmosquitto formats a text for each PUBLISH and each PUBACK */
    mosquitto_log_callback_set(c->client, NULL);
    c->state = MQTT_UP;
    c->up_since = c->progress_at = clock_now();
    uv_timer_stop(&c->retry);
    counter_add(&c->sink.counters[PUBLISHER_CONNECTS], 1);
    counter_set(&c->sink.counters[PUBLISHER_CONNECTIONS_UP], 1);
    atomic_store(&c->sink.up, true);
    log_info(c->sink.settings.log, "broker %s:%u: connection %u is up, at most %u in flight",
             c->url.host, c->url.port, c->number, c->flight.limit);
}

/* ---- after each thing that libmosquitto did ---- */

static void watch(struct mqtt_connection *c)
{
    bool writing = c->state == MQTT_CONNECTING ? !c->reached : mosquitto_want_write(c->client);
    int events = UV_READABLE | UV_DISCONNECT | (writing ? UV_WRITABLE : 0);

    if (events != c->watched)
        uv_poll_start(&c->poll, events, on_poll);
    c->watched = events;
}

static void connection_step(struct mqtt_connection *c, int error)
{
    if (!error && c->state == MQTT_CONNECTING && c->connack == 0)
        rise(c);
    if (!error)
        error = serve(c);
    if (!error && c->state != MQTT_DOWN && mosquitto_socket(c->client) < 0)
        error = MOSQ_ERR_CONN_LOST;
    if (error)
        fall(c, explain(c, error));
    else if (c->state != MQTT_DOWN)
        watch(c);
    sink_deliver(&c->sink);
}

static bool acknowledges_nothing(const struct mqtt_connection *c)
{
    return c->flight.stalled && clock_now() - c->progress_at > c->keepalive * CLOCK_SECOND;
}

static void on_misc(uv_timer_t *timer)
{
    struct mqtt_connection *c = timer->data;
    int error;

    if (c->state == MQTT_DOWN)
        return;
    error = mosquitto_loop_misc(c->client);
    if (!error) /* TLS may have left decrypted bytes behind, which no poll tells of */
        error = mosquitto_loop_read(c->client, 1);
    if (!error && c->state == MQTT_UP && acknowledges_nothing(c)) {
        snprintf(c->reason, sizeof(c->reason), "the broker acknowledges nothing");
        error = MOSQ_ERR_CONN_LOST;
    }
    connection_step(c, error);
}

/* ---- called by libmosquitto, which must not be called from here ---- */

static void on_connack(struct mosquitto *client, void *context, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct mqtt_connection *c = context;

    c->connack = reason;
    mqtt_flight_connected(&c->flight, properties);
}

static void on_puback(struct mosquitto *client, void *context, int id, int reason,
                      const mosquitto_property *properties)
{
    struct mqtt_connection *c = context;

    mqtt_flight_acknowledge(&c->flight, id, reason);
    c->progress_at = clock_now();
}

static void on_disconnect(struct mosquitto *client, void *context, int reason,
                          const mosquitto_property *properties)
{
    struct mqtt_connection *c = context;

    if (reason >= MQTT_RC_UNSPECIFIED && !c->reason[0])
        snprintf(c->reason, sizeof(c->reason), "%s", mosquitto_reason_string(reason));
}

/* ---- the sink's operations ---- */

static void start(struct sink *sink)
{
    struct mqtt_connection *c = connection_of(sink);

    uv_timer_start(&c->misc, on_misc, MISC_PERIOD, MISC_PERIOD);
    uv_timer_start(&c->retry, on_retry, c->number * STAGGER, 0);
}

static void pump(struct sink *sink)
{
    connection_step(connection_of(sink), MOSQ_ERR_SUCCESS);
}

static void end(struct sink *sink)
{
    struct mqtt_connection *c = connection_of(sink);

    atomic_store(&sink->up, false);
    sink_reject(sink, PUBLISH_UNREACHABLE);
    counter_set(&sink->counters[PUBLISHER_CONNECTIONS_UP], 0);
    stop_watching(c);
    if (c->state == MQTT_UP)
        mosquitto_disconnect_v5(c->client, MQTT_RC_NORMAL_DISCONNECTION, NULL);
}

static void surrender(struct sink *sink)
{
    mqtt_flight_surrender(&connection_of(sink)->flight);
}

static void close_connection(struct sink *sink)
{
    struct mqtt_connection *c = connection_of(sink);

    mqtt_flight_deinit(&c->flight);
    if (!sink_deinit(sink))
        return;
    if (c->client) {
        mosquitto_destroy(c->client);
        mosquitto_lib_cleanup();
    }
    free(c);
}

static const struct sink_ops connection_ops = {
    .start = start,
    .pump = pump,
    .end = end,
    .surrender = surrender,
    .close = close_connection,
};

static int init_client(struct mqtt_connection *c, const struct mqtt_connection_settings *settings,
                       char **error)
{
    mosquitto_lib_init();
    c->client = mqtt_client_new(settings, c, error);
    if (!c->client) {
        mosquitto_lib_cleanup();
        return *error ? -EINVAL : -ENOMEM;
    }
    mosquitto_connect_v5_callback_set(c->client, on_connack);
    mosquitto_publish_v5_callback_set(c->client, on_puback);
    mosquitto_disconnect_v5_callback_set(c->client, on_disconnect);
    return mqtt_flight_init(&c->flight, &c->sink, c->client);
}

static void init_timers(struct mqtt_connection *c)
{
    uv_timer_t *timers[] = {&c->retry, &c->misc, &c->withdraw};

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(&c->sink.loop, timers[i]);
        timers[i]->data = c;
    }
}

int mqtt_connection_open(struct sink **sink, const struct mqtt_connection_settings *settings,
                         const struct sink_settings *common, char **error)
{
    struct mqtt_connection *c = aligned_alloc(RING_CACHE_LINE, sizeof(*c));
    int result;

    if (!c)
        return -ENOMEM;
    *c = (struct mqtt_connection){
        .url = settings->url,
        .number = settings->number,
        .keepalive = (uint16_t)settings->publisher->keepalive,
        .retry_delay = RETRY_FIRST,
    };
    result = sink_init(&c->sink, &connection_ops, common, MQTT_FLIGHT_MAX);
    if (!result)
        result = random_source_init(&c->random);
    if (!result)
        result = init_client(c, settings, error);
    if (result) {
        close_connection(&c->sink);
        return result;
    }
    init_timers(c);
    *sink = &c->sink;
    return 0;
}
