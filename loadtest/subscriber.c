#include "loadtest/subscriber.h"

#include "base/clock.h"
#include "base/secret_file.h"
#include "loadtest/names.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT      1883
#define DEFAULT_FILTER    "#"
#define KEEPALIVE         30  /* seconds */
#define SESSION_EXPIRY    600 /* seconds that the broker keeps our subscription without us */
#define SUBSCRIBE_TIMEOUT (10 * CLOCK_SECOND)
#define IN_FLIGHT         65535
#define HOST_MAX          254

/* What mosquitto did not queue for slow subscribers, told every sys_interval (10 s) if it changed.
 */
#define DROPPED_TOPIC "$SYS/broker/publish/messages/dropped"

struct subscriber {
    struct mosquitto *client;
    struct ledger *ledger;
    char host[HOST_MAX];
    int port;
    char filter[256];
    bool running;
    bool gone; /* the connection was down in the end */

    /* libmosquitto's thread; ours when that has ended */
    int subscription;  /* identifier of our SUBSCRIBE */
    bool counts_drops; /* the broker tells what it drops */
    uint64_t dropped_before, dropped;

    bool is_waited_for; /* deliveries are to be told of; atomic */

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    bool connected, subscribed, refused;
    bool forgotten; /* the broker had lost our subscription when we came back */
    uint64_t connects;
};

static int parse_url(struct subscriber *s, const char *url)
{
    static const char scheme[] = "mqtt://";
    const char *slash, *colon;
    char *end;
    size_t length;

    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
        return -EINVAL;
    url += sizeof(scheme) - 1;
    slash = strchr(url, '/');
    length = slash ? (size_t)(slash - url) : strlen(url);
    colon = memchr(url, ':', length);
    s->port = DEFAULT_PORT;
    if (colon) {
        s->port = (int)strtol(colon + 1, &end, 10);
        if (end != url + length || s->port < 1 || s->port > 65535)
            return -EINVAL;
        length = (size_t)(colon - url);
    }
    if (length == 0 || length >= sizeof(s->host))
        return -EINVAL;
    memcpy(s->host, url, length);
    snprintf(s->filter, sizeof(s->filter), "%s", slash && slash[1] ? slash + 1 : DEFAULT_FILTER);
    return mosquitto_sub_topic_check(s->filter) == MOSQ_ERR_SUCCESS ? 0 : -EINVAL;
}

/* ---- libmosquitto's thread ---- */

static void on_connect(struct mosquitto *client, void *context, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct subscriber *s = context;

    pthread_mutex_lock(&s->mutex);
    s->refused = reason != 0;
    s->connected = reason == 0;
    /* bit 0: the broker still has our session (MQTT 5 §3.2.2.1.1) */
    if (s->subscribed && !(flags & 1))
        s->forgotten = true;
    s->connects++;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    if (reason == 0)
        mosquitto_subscribe_v5(client, &s->subscription, s->filter, 1, 0, NULL);
}

static void on_disconnect(struct mosquitto *client, void *context, int reason,
                          const mosquitto_property *properties)
{
    struct subscriber *s = context;

    pthread_mutex_lock(&s->mutex);
    s->connected = false;
    pthread_mutex_unlock(&s->mutex);
}

static void on_subscribe(struct mosquitto *client, void *context, int id, int count,
                         const int *granted, const mosquitto_property *properties)
{
    struct subscriber *s = context;

    if (id != s->subscription)
        return;
    pthread_mutex_lock(&s->mutex);
    if (count > 0 && granted[0] <= 2)
        s->subscribed = true;
    else
        s->refused = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    mosquitto_subscribe_v5(client, NULL, DROPPED_TOPIC, 0, 0, NULL);
}

static void note_drops(struct subscriber *s, const struct mosquitto_message *message)
{
    char text[24] = "";

    memcpy(text, message->payload,
           (size_t)message->payloadlen < sizeof(text) ? (size_t)message->payloadlen : 0);
    s->dropped = strtoull(text, NULL, 10);
    if (!s->counts_drops)
        s->dropped_before = s->dropped;
    s->counts_drops = true;
}

static void on_message(struct mosquitto *client, void *context,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    struct subscriber *s = context;
    struct message_name name;

    if (strcmp(message->topic, DROPPED_TOPIC) == 0) {
        note_drops(s, message);
        return;
    }
    if (names_find(&name, s->ledger->run, message->payload, (size_t)message->payloadlen))
        ledger_deliver(s->ledger, name.device, name.sequence);
    else
        s->ledger->foreign++;
    /* either we see that it is waited for, or who begins to wait sees what we entered */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->is_waited_for, __ATOMIC_RELAXED))
        return;
    pthread_mutex_lock(&s->mutex);
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

/* ---- the run's thread ---- */

static void wait_until(struct subscriber *s, uint64_t deadline)
{
    struct timespec at = {.tv_sec = (time_t)(deadline / CLOCK_SECOND),
                          .tv_nsec = (long)(deadline % CLOCK_SECOND)};

    pthread_cond_timedwait(&s->changed, &s->mutex, &at);
}

static int start(struct subscriber *s, char problem[160])
{
    mosquitto_property *properties = NULL;
    int error = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                             SESSION_EXPIRY);

    if (!error)
        error = mosquitto_property_add_int16(&properties, MQTT_PROP_RECEIVE_MAXIMUM, IN_FLIGHT);
    if (!error)
        error = mosquitto_connect_bind_v5(s->client, s->host, s->port, KEEPALIVE, NULL, properties);
    mosquitto_property_free_all(&properties);
    if (!error)
        error = mosquitto_loop_start(s->client);
    if (error) {
        snprintf(problem, 160, "cannot connect to mqtt://%.60s:%d: %s", s->host, s->port,
                 error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error));
        return -ECONNREFUSED;
    }
    s->running = true;
    return 0;
}

static int await_subscription(struct subscriber *s, char problem[160])
{
    uint64_t deadline = clock_now() + SUBSCRIBE_TIMEOUT;
    bool good;

    pthread_mutex_lock(&s->mutex);
    while (!s->subscribed && !s->refused && clock_now() < deadline)
        wait_until(s, deadline);
    good = s->subscribed;
    pthread_mutex_unlock(&s->mutex);
    if (good)
        return 0;
    snprintf(problem, 160, "mqtt://%.50s:%d does not let us subscribe to %.50s", s->host, s->port,
             s->filter);
    return -EACCES;
}

static int init_client(struct subscriber *s)
{
    char id[40];

    snprintf(id, sizeof(id), "simgate-load-%06x-%llx", s->ledger->run,
             (unsigned long long)clock_now());
    s->client = mosquitto_new(id, false, s);
    if (!s->client)
        return -ENOMEM;
    mosquitto_int_option(s->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(s->client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_reconnect_delay_set(s->client, 1, 1, false);
    mosquitto_connect_v5_callback_set(s->client, on_connect);
    mosquitto_disconnect_v5_callback_set(s->client, on_disconnect);
    mosquitto_subscribe_v5_callback_set(s->client, on_subscribe);
    mosquitto_message_v5_callback_set(s->client, on_message);
    return 0;
}

static int authenticate(struct subscriber *s, const struct options *o, char problem[160])
{
    char password[SECRET_MAX + 1] = "";
    int error;

    if (!o->verify_user)
        return 0;
    if (o->verify_password_file && !secret_file_read(o->verify_password_file, password)) {
        snprintf(problem, 160, "%.100s: %.50s", o->verify_password_file, strerror(errno));
        return -EINVAL;
    }
    error = mosquitto_username_pw_set(s->client, o->verify_user, *password ? password : NULL);
    explicit_bzero(password, sizeof(password));
    return error ? -ENOMEM : 0;
}

int subscriber_open(struct subscriber **subscriber, const struct options *o, struct ledger *ledger,
                    char problem[160])
{
    struct subscriber *s = calloc(1, sizeof(*s));
    pthread_condattr_t monotonic;
    int error;

    *subscriber = s;
    if (!s)
        return -ENOMEM;
    s->ledger = ledger;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    mosquitto_lib_init();
    error = parse_url(s, o->verify);
    if (error) {
        snprintf(problem, 160, "--verify must be mqtt://HOST[:PORT][/FILTER], not '%.80s'",
                 o->verify);
        return error;
    }
    error = init_client(s);
    if (!error)
        error = authenticate(s, o, problem);
    if (!error)
        error = start(s, problem);
    return error ? error : await_subscription(s, problem);
}

uint64_t subscriber_wait(struct subscriber *s, uint64_t quiet)
{
    uint64_t began = clock_now(), deadline = began + quiet;
    uint64_t seen = counter_read(&s->ledger->fresh);

    __atomic_store_n(&s->is_waited_for, true, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    pthread_mutex_lock(&s->mutex);
    while (ledger_is_missing(s->ledger) && clock_now() < deadline) {
        uint64_t fresh;

        wait_until(s, deadline);
        fresh = counter_read(&s->ledger->fresh);
        if (fresh != seen)
            deadline = clock_now() + quiet;
        seen = fresh;
    }
    pthread_mutex_unlock(&s->mutex);
    return clock_now() - began;
}

uint64_t subscriber_stop(struct subscriber *s)
{
    if (!s)
        return 0;
    if (s->running) {
        pthread_mutex_lock(&s->mutex);
        s->gone = !s->connected;
        pthread_mutex_unlock(&s->mutex);
        mosquitto_disconnect_v5(s->client, MQTT_RC_NORMAL_DISCONNECTION, NULL);
        mosquitto_loop_stop(s->client, false);
        s->running = false;
    }
    return s->connects > 1 ? s->connects - 1 : 0;
}

const char *subscriber_trouble(const struct subscriber *s)
{
    if (s->forgotten)
        return "the broker forgot our subscription in the middle of the run";
    if (s->gone)
        return "the broker was gone in the end";
    if (s->dropped > s->dropped_before)
        return "the broker dropped publications for slow subscribers (mosquitto: "
               "max_queued_messages 0)";
    return NULL;
}

void subscriber_close(struct subscriber *s)
{
    if (!s)
        return;
    subscriber_stop(s);
    if (s->client)
        mosquitto_destroy(s->client);
    mosquitto_lib_cleanup();
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
