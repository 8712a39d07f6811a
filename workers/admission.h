/*
 * Who may come in: whether a source address or an ICCID is a device, whether that is active, and
 * how fast it may send. Either is a name of 16 bytes (device_name.h). These checks stand between
 * the message layer and the router's. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_ADMISSION_H
#define SIMGATE_WORKERS_ADMISSION_H

#include "workers/device_cache.h"
#include "workers/resources/resource.h"

#define ADMISSION_NETWORKS 32

/* Whether the address of a client that has a key has to be that of the SIM whose key it is. */
enum identity_check {
    IDENTITY_ENFORCE, /* yes: the address says whose it is */
    IDENTITY_ALARM,   /* the key says whose it is, and an address that disagrees is reported */
    IDENTITY_OFF,     /* the key says whose it is */
};

struct admission_settings {
    enum identity_check check; /* of CoAPS; with plain CoAP there is nothing but the address */
    /* sources in these have an identity by address */
    struct net_prefix networks[ADMISSION_NETWORKS];
    uint32_t network_count;
    uint32_t ipv6_prefix;  /* bits of an IPv6 source that are the identity */
    uint32_t device_rate;  /* messages a second; 0: no limit */
    uint32_t device_burst; /* messages at once */
};

enum admission_counter {
    ADMISSION_OUTSIDE_NETWORKS,
    ADMISSION_UNKNOWN,
    ADMISSION_INACTIVE,
    ADMISSION_RATE_LIMITED,
    ADMISSION_DISAGREED_REFUSED,
    ADMISSION_DISAGREED_SERVED,
    ADMISSION_COUNTERS
};

extern const struct counter_description admission_counters[ADMISSION_COUNTERS];

struct admission {
    struct admission_settings settings;
    struct device_cache registered;
    struct device_cache unknown; /* apart, so that strangers cannot push devices out */
    uint64_t counters[ADMISSION_COUNTERS];
};

/* Returns 0 or -errno. */
int admission_init(struct admission *a, const struct admission_settings *settings);

void admission_deinit(struct admission *a);

/* The identity that a source address has: itself, or its prefix. False when it has none. */
bool admission_has_address(const struct admission *a, const struct net_address *peer,
                           uint8_t identity[16]);

/* The same for a request, which is counted as refused when it has none (4.01). */
bool admission_identity(struct admission *a, const struct net_address *peer, uint8_t identity[16]);

/* What is known of an identity, or NULL: then the store is to be asked, and admission_learn()
 * called with its answer (NULL: no such device). */
struct device_entry *admission_find(struct admission *a, uint64_t now, const uint8_t identity[16]);

/* The same where device_cache_place() of the identity among the registered devices is known. */
struct device_entry *admission_find_at(struct admission *a, uint64_t now,
                                       const uint8_t identity[16], uint32_t place);

/* A registered device that is known from earlier, for when the store could not be asked, or NULL.
 */
struct device_entry *admission_find_stale(const struct admission *a, const uint8_t identity[16]);

struct device_entry *admission_learn(struct admission *a, uint64_t now, const uint8_t identity[16],
                                     const struct device *device);

/* What was learnt may be outdated: of an identity, of a device, of all. */
void admission_forget(struct admission *a, const uint8_t identity[16]);
void admission_forget_device(struct admission *a, const char *iccid);
void admission_doubt(struct admission *a);

/* A client at the address of this device claimed to be another one, or proved it: counted, and said
 * in an error event of this device, at most once a minute. */
void admission_disagree(struct admission *a, struct resources *r, struct device_entry *source,
                        const struct net_address *peer, const char *claimed);

/* Whether the device may send now. Returns 0 or the code to answer with. */
uint8_t admission_check(struct admission *a, uint64_t now, struct device_entry *e);

#endif
