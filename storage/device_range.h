/*
 * The devices of a row whose address is a prefix: one for each address, or for each /64 of an IPv6
 * prefix that is not longer, since that is what a bearer gets. The n-th device has the row's
 * numbers plus n. A row with one address is a range of one. Any thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_RANGE_H
#define SIMGATE_STORAGE_DEVICE_RANGE_H

#include "base/net_address.h"

#include <stdbool.h>
#include <stdint.h>

/* The number of the last device, counted from 0. */
uint64_t device_range_last(const struct net_prefix *prefix);

/* The number of the device that has this address, which is one of the prefix's. */
uint64_t device_range_offset(const struct net_prefix *prefix, const uint8_t ip[16]);

/* The first address of the device with this number, the inverse of device_range_offset(). */
void device_range_address(const struct net_prefix *prefix, uint64_t offset, uint8_t ip[16]);

/* Adds to a decimal number and keeps its count of digits. False when the sum has more. */
bool device_range_add(char *digits, uint64_t offset);

#endif
