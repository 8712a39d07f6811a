#include "loadtest/subscriber.h"

#include "base/clock.h"
#include "base/secret_file.h"
#include "loadtest/broker_url.h"
#include "loadtest/names.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEPALIVE         30  /* seconds */
#define SESSION_EXPIRY    600 /* seconds that the broker keeps our subscription without us */
#define SUBSCRIBE_TIMEOUT (10 * CLOCK_SECOND)
#define IN_FLIGHT         65535

/* Where the usual systems have their certificates. */
#define SYSTEM_CA_PATH "/etc/ssl/certs"

/* What mosquitto did not queue for slow subscribers, told every sys_interval (10 s) if it changed.
 */
#define DROPPED_TOPIC "$SYS/broker/publish/messages/dropped"

struct subscriber {
    struct mosquitto *client;
    struct ledger *ledger;
    struct broker_url url;
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
    char reason[80]; /* the first error before we were subscribed */
};

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
        mosquitto_subscribe_v5(client, &s->subscription, s->url.filter, 1, 0, NULL);
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

/* Why a broker is not trusted, only the log tells. */
static void on_log(struct mosquitto *client, void *context, int level, const char *text)
{
    struct subscriber *s = context;
    const char *last = strrchr(text, ':');

    if (level != MOSQ_LOG_ERR)
        return;
    text = last ? last + 1 : text;
    text += strspn(text, " ");
    pthread_mutex_lock(&s->mutex);
    if (!s->subscribed && !*s->reason) {
        snprintf(s->reason, sizeof(s->reason), "%s", text);
        s->refused = true;
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->mutex);
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

static const char *scheme(const struct subscriber *s)
{
    return s->url.tls ? "mqtts" : "mqtt";
}

static const char *describe(const struct subscriber *s, int error)
{
    if (*s->reason)
        return s->reason;
    return error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error);
}

static int start(struct subscriber *s, char problem[160])
{
    mosquitto_property *properties = NULL;
    int error = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                             SESSION_EXPIRY);

    if (!error)
        error = mosquitto_property_add_int16(&properties, MQTT_PROP_RECEIVE_MAXIMUM, IN_FLIGHT);
    if (!error)
        error = mosquitto_connect_bind_v5(s->client, s->url.host, s->url.port, KEEPALIVE, NULL,
                                          properties);
    mosquitto_property_free_all(&properties);
    if (!error)
        error = mosquitto_loop_start(s->client);
    s->running = !error;
    if (!error)
        return 0;
    snprintf(problem, 160, "cannot connect to %s://%.50s:%d: %.60s", scheme(s), s->url.host,
             s->url.port, describe(s, error));
    return -ECONNREFUSED;
}

static int await_subscription(struct subscriber *s, char problem[160])
{
    uint64_t deadline = clock_now() + SUBSCRIBE_TIMEOUT;
    bool good;

    pthread_mutex_lock(&s->mutex);
    while (!s->subscribed && !s->refused && clock_now() < deadline)
        wait_until(s, deadline);
    good = s->subscribed;
    if (!good)
        snprintf(problem, 160, "%s://%.30s:%d does not let us subscribe to %.20s%s%.50s", scheme(s),
                 s->url.host, s->url.port, s->url.filter, *s->reason ? ": " : "", s->reason);
    pthread_mutex_unlock(&s->mutex);
    return good ? 0 : -EACCES;
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
    mosquitto_log_callback_set(s->client, on_log);
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

/* The path is needed besides the option: with that alone, 2.0.11 cannot connect a second time. */
static int encrypt(struct subscriber *s, const struct options *o, char problem[160])
{
    int error = MOSQ_ERR_SUCCESS;

    if (o->verify_ca && access(o->verify_ca, R_OK) != 0) { /* libmosquitto would not say why */
        snprintf(problem, 160, "%.100s: %.50s", o->verify_ca, strerror(errno));
        return -EINVAL;
    }
    if (!o->verify_ca)
        error = mosquitto_int_option(s->client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (!error)
        error = mosquitto_tls_set(s->client, o->verify_ca, o->verify_ca ? NULL : SYSTEM_CA_PATH,
                                  NULL, NULL, NULL);
    if (!error)
        return 0;
    snprintf(problem, 160, "%.80s: %.60s", o->verify_ca ? o->verify_ca : "certificates",
             mosquitto_strerror(error));
    return -EINVAL;
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
    if (broker_url_parse(&s->url, o->verify) != 0 ||
        mosquitto_sub_topic_check(s->url.filter) != MOSQ_ERR_SUCCESS) {
        snprintf(problem, 160, "--verify must be mqtt[s]://HOST[:PORT][/FILTER], not '%.80s'",
                 o->verify);
        return -EINVAL;
    }
    error = init_client(s);
    if (!error)
        error = authenticate(s, o, problem);
    if (!error && s->url.tls)
        error = encrypt(s, o, problem);
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
