#include "gateway/settings.h"

#include "base/clock.h"

#include <sched.h>
#include <stdio.h>

_Static_assert(CONFIG_PREFIXES_MAX <= ADMISSION_NETWORKS, "identity.networks fits");
_Static_assert((int)CONFIG_TELEMETRY_RAW == (int)TELEMETRY_RAW, "the same order");
_Static_assert((int)CONFIG_ACK_QUEUED == (int)TELEMETRY_ACK_QUEUED, "the same order");
_Static_assert((int)CONFIG_IDENTITY_OFF == (int)IDENTITY_OFF, "the same order");
_Static_assert((int)CONFIG_MID_CONFLICT_PROCESS == (int)MID_CONFLICT_PROCESS, "the same order");

/* Of a cookie's secret; the one before it stays good as long. */
#define COOKIE_LIFE (60 * CLOCK_SECOND)

uint32_t settings_worker_count(const struct config *config)
{
    cpu_set_t processors;

    if (config->gateway.workers)
        return config->gateway.workers;
    if (sched_getaffinity(0, sizeof(processors), &processors) != 0)
        return 1;
    if (CPU_COUNT(&processors) > CONFIG_WORKERS_MAX)
        return CONFIG_WORKERS_MAX;
    return (uint32_t)CPU_COUNT(&processors);
}

static struct exchange_settings for_exchanges(const struct config *config, uint32_t workers)
{
    const struct config_coap *coap = &config->coap;

    return (struct exchange_settings){
        .ack_delay = coap->ack_delay,
        .transmission = {.ack_timeout = coap->ack_timeout,
                         .ack_random_factor = coap->ack_random_factor,
                         .max_retransmit = coap->max_retransmit},
        .mid_conflict = (enum mid_conflict)coap->mid_conflict,
        .dedup_memory = coap->dedup_memory / workers,
        .dedup_per_device = coap->dedup_per_device,
        .max_exchanges = coap->max_exchanges,
        .max_payload = (uint32_t)config->telemetry.max_payload,
    };
}

static struct admission_settings for_admission(const struct config *config)
{
    struct admission_settings s = {
        .check = (enum identity_check)config->identity.check,
        .network_count = config->identity.networks.count,
        .ipv6_prefix = config->identity.ipv6_prefix,
        .device_rate = config->limits.device_rate,
        .device_burst = config->limits.device_burst,
    };

    for (uint32_t i = 0; i < s.network_count; i++)
        s.networks[i] = config->identity.networks.list[i];
    return s;
}

static struct telemetry_settings for_telemetry(const struct config *config, uint32_t workers)
{
    struct telemetry_settings s = {
        .format = (enum telemetry_format)config->telemetry.format,
        .ack = (enum telemetry_ack)config->telemetry.ack,
        .deadline = config->telemetry.deadline,
        .parse_json = config->telemetry.parse_json,
        .max_jobs = config->coap.max_exchanges,
        .payload_memory = config->telemetry.payload_memory / workers,
    };

    topic_template_init(&s.topic, config->mqtt.topic, config->mqtt.default_topic); /* was checked */
    return s;
}

static struct bootstrap_settings for_bootstrap(const struct config *config)
{
    struct bootstrap_settings s = {0};

    snprintf(s.public_url, sizeof(s.public_url), "%s", config->coaps.public_url); /* was checked */
    return s;
}

static struct error_event_settings for_error_events(const struct config *config)
{
    struct error_event_settings s = {.deadline = config->telemetry.deadline};

    error_topic_init(&s.topic, config->mqtt.error_topic); /* was checked */
    return s;
}

static struct dtls_settings for_dtls(const struct config *config, uint32_t workers)
{
    const struct config_coaps *coaps = &config->coaps;

    return (struct dtls_settings){.associations = coaps->max_associations / workers,
                                  .associations_of_source = coaps->associations_of_source,
                                  .handshakes = coaps->max_handshakes,
                                  .handshakes_of_source = coaps->handshakes_of_source,
                                  .retransmit_timeout = coaps->retransmit_timeout,
                                  .handshake_timeout = coaps->handshake_timeout,
                                  .sleep_after = coaps->freeze_after,
                                  .idle_timeout = coaps->idle_timeout,
                                  .cookie_life = COOKIE_LIFE,
                                  .lookup_by_identity =
                                      config->identity.check != CONFIG_IDENTITY_ENFORCE,
                                  .connection_ids = coaps->connection_ids};
}

struct worker_settings settings_for_workers(const struct config *config, uint32_t workers)
{
    return (struct worker_settings){
        .service = {.exchange = for_exchanges(config, workers),
                    .admission = for_admission(config),
                    .telemetry = for_telemetry(config, workers),
                    .bootstrap = for_bootstrap(config),
                    .error_event = for_error_events(config),
                    .dtls = for_dtls(config, workers),
                    .block_memory = config->coap.block_memory / workers,
                    .serves_degraded = config->store.degraded == CONFIG_DEGRADED_SERVE},
    };
}
