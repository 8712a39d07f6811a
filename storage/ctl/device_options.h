/*
 * What the command line says of a device: its ICCID, its addresses, its fields. Each function
 * complains to standard error of what is not legal.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_OPTIONS_H
#define SIMGATE_STORAGE_CTL_DEVICE_OPTIONS_H

#include "storage/ctl/arguments.h"
#include "storage/ctl/device_change.h"

#include <stdbool.h>
#include <stdint.h>

/* The bits of an IPv6 address that identify a device. False after a complaint. */
bool ctl_ipv6_prefix(const struct ctl_arguments *a, unsigned *bits);

/* Cuts an IPv6 address to these bits. Whether that changed it. */
bool ctl_cut_address(uint8_t ip[16], unsigned bits);

/* Reads a word that is an ICCID. False after a complaint. */
bool ctl_read_iccid(struct device_row *row, const char *word);

/* Reads an option that is a column's value, where it is given. False after a complaint. */
bool ctl_read_column(struct device_row *row, const struct ctl_arguments *a, enum ctl_option option,
                     enum device_column column);

/* Reads the options of the device. False after a complaint. */
bool ctl_read_device(const struct ctl_arguments *a, struct device_change *c);

#endif
