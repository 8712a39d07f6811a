/*
 * All devices in Redis, one page of a SCAN after the other, so that their number does not matter.
 * They come in Redis' own order, and those that are added or removed meanwhile may come or not; a
 * device may come twice while Redis makes its tables larger or smaller. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_REDIS_SCAN_H
#define SIMGATE_STORAGE_CTL_REDIS_SCAN_H

#include "storage/ctl/connection.h"
#include "storage/location.h"
#include "storage/psk.h"
#include "storage/redis/device_fields.h"

#include <stdbool.h>
#include <stdint.h>

/* The fields of a hash with a device's location, and of that with its keys. */
enum {
    LOCATION_FIELD_LONGITUDE,
    LOCATION_FIELD_LATITUDE,
    LOCATION_FIELD_SOURCE,
    LOCATION_FIELD_TIME,
    LOCATION_FIELDS
};
enum { PSK_FIELD_KEY, PSK_FIELD_FORMAT, PSK_FIELD_ORIGIN, PSK_FIELDS };

/* What is known of a device. It may be anything, since others write it, too. */
struct redis_device {
    char iccid[DEVICE_ICCID_MAX + 1];
    struct redis_field fields[DEVICE_FIELDS];
    struct redis_field location[LOCATION_FIELDS]; /* where it was asked for */
    struct redis_field psk[PSK_FIELDS];           /* the same */
};

/* Takes a device, which is borrowed until it returns. False ends the scan. */
typedef bool redis_scan_fn(void *context, const struct redis_device *device);

struct redis_scan {
    struct ctl_connection *connection;
    const char *iccid; /* what ICCIDs begin with: digits */
    bool with_location;
    bool with_psk;
    redis_scan_fn *take;
    void *context;
    uint64_t strange;    /* keys that are no device's, though they begin so */
    uint64_t wrong_type; /* keys of locations and of pre-shared keys: taken as missing */
    bool ended;          /* by `take` */
};

/* False after a complaint. */
bool redis_scan_run(struct redis_scan *s);

/* Complains of keys that were strange. Whether there were any. */
bool redis_scan_complain(const struct redis_scan *s);

/* Where the device is. False when that is not known, or makes no sense. */
bool redis_device_location(const struct redis_device *device, struct location *location);

/* Its newest key. False when there is none, or it makes no sense. */
bool redis_device_psk(const struct redis_device *device, struct psk *key);

/* What is known of a device besides its own hash. */
struct redis_device_extras {
    struct location location; /* zeros where it is not known */
    bool has_psk;
};

/* Asks for it. False after a complaint. */
bool redis_device_ask_extras(struct ctl_connection *connection, const char *iccid,
                             struct redis_device_extras *extras);

#endif
