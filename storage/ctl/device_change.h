/*
 * Changes of devices in Redis, each of them one step for everybody who looks. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_CHANGE_H
#define SIMGATE_STORAGE_CTL_DEVICE_CHANGE_H

#include "base/net_address.h"
#include "storage/ctl/connection.h"
#include "storage/device_row.h"
#include "storage/redis/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_CHANGE_SCRIPT 64 /* characters of its name */

enum device_change_mode {
    DEVICE_CHANGE_ADD,    /* there is no such device yet */
    DEVICE_CHANGE_SET,    /* there is one */
    DEVICE_CHANGE_PUT,    /* either */
    DEVICE_CHANGE_REMOVE, /* the device and its addresses */
};

struct device_change {
    enum device_change_mode mode;
    bool take_addresses;   /* from devices that have them */
    bool reset_psk;        /* it has no key any more */
    struct device_row row; /* what is given in it is set; the ICCID is there, "" is no new key */
    unsigned address_count;
    uint8_t addresses[DEVICE_ADDRESSES_MAX][16]; /* instead of the row's, where that is given */
};

enum device_change_outcome {
    DEVICE_CHANGE_ADDED,
    DEVICE_CHANGE_UPDATED,
    DEVICE_CHANGE_UNCHANGED,
    DEVICE_CHANGE_REMOVED,
    DEVICE_CHANGE_EXISTS, /* from here on nothing was changed */
    DEVICE_CHANGE_ABSENT,
    DEVICE_CHANGE_TAKEN,      /* another device has an address */
    DEVICE_CHANGE_WRONG_TYPE, /* of a key that it is about */
    DEVICE_CHANGE_OUTCOMES
};

struct device_change_result {
    enum device_change_outcome outcome;
    char address[NET_ADDRESS_TEXT];   /* that is taken */
    char owner[DEVICE_ICCID_MAX + 1]; /* who has it */
    char key[REDIS_KEY_MAX + 1];      /* whose type is wrong */
};

/* Adds an address, unless the change has it already. False when there is no room. */
bool device_change_add_address(struct device_change *c, const uint8_t ip[16]);

/* Any number of changes that are under way, in their order. */
struct device_changes {
    struct ctl_connection *connection;
    char script[DEVICE_CHANGE_SCRIPT + 1]; /* its name */
};

/* False after a complaint. */
bool device_changes_begin(struct device_changes *changes, struct ctl_connection *connection);

/* Sends some; their results come once they are received. False after a complaint. */
bool device_changes_send(struct device_changes *changes, const struct device_change *list,
                         size_t count);

/*
 * Receives the results of what was sent in one call. `*done` is how many of them are valid; it is
 * `count` unless an answer was missing or an error, which is complained of; later changes may have
 * been made all the same. False after a complaint.
 */
bool device_changes_receive(struct device_changes *changes, struct device_change_result *results,
                            size_t count, size_t *done);

/* Makes some changes, and waits for their results: all of that at once. */
bool device_changes_run(struct ctl_connection *connection, const struct device_change *list,
                        struct device_change_result *results, size_t count, size_t *done);

#endif
