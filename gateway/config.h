/*
 * simgate's configuration: what it holds, and loading and printing it. Main thread. Loading reads
 * what it is given and changes nothing else; a loaded configuration does not change any more, so
 * any thread may read it. The configuration owns its texts.
 *
 * The rows in config_table.c describe each key; members are named as the keys are.
 */
#ifndef SIMGATE_GATEWAY_CONFIG_H
#define SIMGATE_GATEWAY_CONFIG_H

#include "base/log.h"
#include "base/net_address.h"
#include "publisher/publisher.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_ADDRESSES_MAX 8
#define CONFIG_PREFIXES_MAX  32
#define CONFIG_WORKERS_MAX   64

struct config_addresses {
    uint32_t count;
    struct net_address list[CONFIG_ADDRESSES_MAX];
};

struct config_prefixes {
    uint32_t count;
    struct net_prefix list[CONFIG_PREFIXES_MAX];
};

/* In the order of their words in config_table.c. */
enum config_mid_conflict { CONFIG_MID_CONFLICT_RFC, CONFIG_MID_CONFLICT_PROCESS };
enum config_telemetry_format { CONFIG_TELEMETRY_ENVELOPE, CONFIG_TELEMETRY_RAW };
enum config_telemetry_ack { CONFIG_ACK_BROKER, CONFIG_ACK_QUEUED };
enum config_degraded { CONFIG_DEGRADED_SERVE, CONFIG_DEGRADED_REFUSE };
enum receive_placement { RECEIVE_DEDICATED, RECEIVE_WORKER };

/* Durations are nanoseconds and sizes are bytes. */

struct config_coap {
    struct config_addresses listen;
    uint64_t ack_delay;
    uint64_t ack_timeout;
    double ack_random_factor;
    uint32_t max_retransmit;
    enum config_mid_conflict mid_conflict;
    uint64_t dedup_memory; /* of all workers together */
    uint32_t dedup_per_device;
    uint32_t max_exchanges; /* of each worker */
    uint64_t block_memory;  /* of all workers together */
};

struct config_coaps {
    struct config_addresses listen; /* none: no CoAPS */
    const char *public_url;
    uint32_t max_associations;       /* of all workers together */
    uint32_t associations_of_source; /* of one address */
    uint32_t max_handshakes;         /* of each worker */
    uint32_t handshakes_of_source;   /* of one address */
    uint64_t retransmit_timeout;
    uint64_t handshake_timeout;
    uint64_t freeze_after;
    uint64_t idle_timeout;
    bool connection_ids;
};

struct config_gateway {
    uint32_t workers; /* 0: one for each processor */
    enum receive_placement receive;
    uint64_t receive_buffer;
    uint64_t drain_timeout;
    enum log_level log_level;
};

enum config_identity_check { CONFIG_IDENTITY_ENFORCE, CONFIG_IDENTITY_ALARM, CONFIG_IDENTITY_OFF };

struct config_identity {
    struct config_prefixes networks;
    uint32_t ipv6_prefix; /* bits */
    enum config_identity_check check;
};

struct config_store {
    struct store_settings settings;
    const char *password_file; /* already read into settings.password */
    enum config_degraded degraded;
};

struct config_mqtt {
    struct publisher_settings publisher; /* texts are "" where there is none, never NULL */
    const char *password_file;           /* already read into publisher.password */
    const char *topic;
    const char *default_topic;
    const char *error_topic;
};

struct config_telemetry {
    enum config_telemetry_format format;
    enum config_telemetry_ack ack;
    uint64_t deadline;
    uint64_t max_payload;
    bool parse_json;
    uint64_t payload_memory; /* of all workers together */
};

struct config_limits {
    uint32_t device_rate; /* messages a second, 0: no limit */
    uint32_t device_burst;
};

struct config_admin {
    struct config_addresses listen; /* none or one */
};

struct config {
    struct config_coap coap;
    struct config_coaps coaps;
    struct config_gateway gateway;
    struct config_identity identity;
    struct config_store store;
    struct config_mqtt mqtt;
    struct config_telemetry telemetry;
    struct config_limits limits;
    struct config_admin admin;
};

/* Where values come from, besides the defaults. A later source overrides an earlier one. */
struct config_sources {
    const char *file;               /* path of an INI file, or NULL */
    const char *const *environment; /* "NAME=value" texts and a NULL, or NULL */
    const char *const *settings;    /* "section.key=value" texts (--set), the last wins */
    size_t setting_count;
    bool incomplete_is_fine; /* required keys may be missing, as for --print-config */
};

/*
 * Loads a configuration. `*errors` is every error found, a line each, for the user and freed by the
 * caller, when the result is -EINVAL; else it is NULL. Errors: -EINVAL, -ENOMEM. After an error the
 * configuration holds what could be loaded; it is to be released all the same.
 */
int config_load(struct config *config, const struct config_sources *sources, char **errors);

/* Accepts a configuration of zeros. */
void config_deinit(struct config *config);

/* Prints an INI file that loads back to the same configuration, but for secrets: those are left out
 * unless they come from files. */
void config_print_ini(FILE *out, const struct config *config);

/* Prints docs/configuration.md, from the table alone. */
void config_print_markdown(FILE *out);

#endif
