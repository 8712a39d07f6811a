/*
 * Which devices a list is to have: what the command line says of them, all of which has to be so.
 * One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_FILTER_H
#define SIMGATE_STORAGE_CTL_DEVICE_FILTER_H

#include "base/net_address.h"
#include "storage/ctl/arguments.h"
#include "storage/redis/device_fields.h"

#include <stdbool.h>
#include <stdint.h>

struct device_row;

struct device_filter {
    const char *iccid;    /* what ICCIDs begin with; "" is any */
    const char *status;   /* "active", "inactive"; NULL is either, as below */
    const char *allowed;  /* "true", "false" */
    const char *template; /* a name, TEMPLATE_NO_NAME, or "" for devices that name none */
    bool has_network;
    struct net_prefix network; /* that an address is in */
    unsigned ipv6_prefix;      /* bits of an IPv6 address that identify a device */
    uint64_t limit;            /* of devices; UINT64_MAX is none */
};

/* Reads the options, and the word that ICCIDs begin with. False after a complaint. */
bool device_filter_read(struct device_filter *f, const struct ctl_arguments *a);

/* Whether a row has such devices, be it only one of a prefix's. */
bool device_filter_takes_row(const struct device_filter *f, const struct device_row *row);

/* The same of a device in Redis, whose fields may be anything; but for its ICCID, which Redis looks
 * at. What makes no sense there is taken as gateways take it. */
bool device_filter_takes_fields(const struct device_filter *f,
                                const struct redis_field fields[DEVICE_FIELDS]);

#endif
