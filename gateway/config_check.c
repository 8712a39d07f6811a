#include "gateway/config_loading.h"
#include "gateway/settings.h"
#include "publisher/mqtt_url.h"
#include "storage/redis/keys.h"
#include "storage/redis/url.h"
#include "workers/resources/bootstrap.h"
#include "workers/resources/error_event.h"
#include "workers/resources/telemetry.h"
#include "workers/resources/topic.h"

#include <string.h>

static void check_topic(struct config_loading *l)
{
    const struct config_mqtt *mqtt = &l->config->mqtt;
    struct topic_template t;
    const char *wrong = topic_template_init(&t, mqtt->topic, mqtt->default_topic);

    if (wrong)
        fprintf(config_complain(l, "mqtt.topic"), "%s\n", wrong);
}

static void check_error_topic(struct config_loading *l)
{
    struct topic_template t;
    const char *wrong = error_topic_init(&t, l->config->mqtt.error_topic);

    if (wrong)
        fprintf(config_complain(l, "mqtt.error_topic"), "%s\n", wrong);
}

static void check_certificate(struct config_loading *l)
{
    const struct publisher_settings *p = &l->config->mqtt.publisher;

    if (!*p->cert_file != !*p->key_file)
        fprintf(config_complain(l, *p->cert_file ? "mqtt.cert_file" : "mqtt.key_file"),
                "a certificate and its key go together: set %s as well\n",
                *p->cert_file ? "mqtt.key_file" : "mqtt.cert_file");
}

static void check_broker(struct config_loading *l)
{
    const char *url = l->config->mqtt.publisher.url;
    struct mqtt_url parsed;
    const char *wrong = strcmp(url, "null:") == 0 || strcmp(url, "stdout:") == 0
                            ? NULL
                            : mqtt_url_parse(&parsed, url);

    if (wrong)
        fprintf(config_complain(l, "mqtt.url"), "%s\n", wrong);
}

/* The file of a memory store is not looked at: that is done when it is opened. */
static void check_store(struct config_loading *l)
{
    const struct store_settings *s = &l->config->store.settings;
    struct redis_url url;
    const char *wrong = strncmp(s->url, "redis", 5) == 0 ? redis_url_parse(&url, s->url) : NULL;

    if (wrong)
        fprintf(config_complain(l, "store.url"), "%s\n", wrong);
    if (s->timeout > l->config->telemetry.deadline + TELEMETRY_RESERVATION_GRACE)
        fprintf(
            config_complain(l, "redis.timeout"),
            "too long for telemetry.deadline: an answer would come when its reservation is over\n");
    if (!redis_prefix_is_legal(s->prefix))
        fprintf(config_complain(l, "redis.prefix"),
                "legal are at most %d printable ASCII characters but no space, { and }\n",
                REDIS_PREFIX_MAX);
}

/* The largest payload has to fit a worker's share: twice, since memory grows by doubling and base64
 * takes a third more. */
static void check_memory(struct config_loading *l, const char *name, uint64_t memory)
{
    uint64_t share = memory / settings_worker_count(l->config);

    if (share < 2 * l->config->telemetry.max_payload)
        fprintf(config_complain(l, name),
                "too small for telemetry.max_payload: each worker's share has to be twice that\n");
}

static void check_public_url(struct config_loading *l)
{
    const char *url = l->config->coaps.public_url;

    if (*url && strncmp(url, "coaps://", 8) != 0)
        fprintf(config_complain(l, "coaps.public_url"), "legal is coaps://HOST:PORT\n");
    else if (strlen(url) > BOOTSTRAP_URL_MAX)
        fprintf(config_complain(l, "coaps.public_url"),
                "too long: devices have room for %d characters\n", BOOTSTRAP_URL_MAX);
}

void config_check(struct config_loading *l)
{
    check_topic(l);
    check_error_topic(l);
    check_broker(l);
    check_certificate(l);
    check_store(l);
    check_public_url(l);
    check_memory(l, "coap.block_memory", l->config->coap.block_memory);
    check_memory(l, "telemetry.payload_memory", l->config->telemetry.payload_memory);
#ifndef SIMGATE_DTLS
    if (l->config->coaps.listen.count)
        fprintf(config_complain(l, "coaps.listen"), "this build has no DTLS: leave it empty\n");
#endif
}
