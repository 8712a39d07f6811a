/*
 * The fields of a device's hash in Redis (docs/redis.md), and what of them a gateway needs. Others
 * write them too, so anything may be in them: what makes no sense never lets a device in. Any
 * thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_DEVICE_FIELDS_H
#define SIMGATE_STORAGE_REDIS_DEVICE_FIELDS_H

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

struct template_names;

/* The first ones are what a gateway asks for. */
enum device_field {
    DEVICE_FIELD_STATUS,
    DEVICE_FIELD_IMSI,
    DEVICE_FIELD_LOCATION_ALLOWED,
    DEVICE_FIELD_PSK_EPOCH,
    DEVICE_FIELD_TEMPLATE,
    DEVICE_FIELDS_ASKED,
    DEVICE_FIELD_ADDRESSES = DEVICE_FIELDS_ASKED,
    DEVICE_FIELDS
};

/* A value as Redis has it: any bytes, without a NUL at its end. `text` is NULL where it has none.
 */
struct redis_field {
    const char *text;
    size_t length;
};

/* Its name in the hash, the same as the column's of the devices' file where there is one. */
const char *device_field_name(enum device_field field);

/* 18 to 22 digits. False when it is something else. */
bool device_fields_read_iccid(char iccid[DEVICE_ICCID_MAX + 1], const struct redis_field *field);

/*
 * Makes the device of its ICCID and fields. Returns NULL when they all make sense, or the name of
 * one that does not: the device is inactive without a known status, has no IMSI without a known
 * one, may not read its location unless that is said, has epoch 0 without a known one, and the
 * active template without a legal name of another. `templates` gives the name its number; where it
 * is NULL, the name is only looked at.
 */
const char *device_fields_read(struct device *device, const char *iccid,
                               const struct redis_field fields[DEVICE_FIELDS_ASKED],
                               struct template_names *templates);

/* The fields of a device but for its epoch and its template, as texts that are borrowed from it. */
void device_fields_write(const struct device *device,
                         struct redis_field fields[DEVICE_FIELDS_ASKED]);

#endif
