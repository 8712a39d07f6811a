/*
 * What only a whole file of devices can tell: which rows name a device or an address that another
 * one has, and which addresses within a prefix belong to other rows. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_IMPORT_CHECK_H
#define SIMGATE_STORAGE_CTL_IMPORT_CHECK_H

#include "storage/device_row.h"
#include "storage/memory_table.h"

#include <stddef.h>

/* An address or a prefix of a row. */
struct import_address {
    uint8_t first[16];
    uint8_t bits;
    uint32_t line;
};

struct import_check {
    struct import_address *addresses; /* sorted once they are all there */
    size_t address_count, address_capacity;
    struct memory_row *rows; /* their ICCIDs */
    size_t row_count, row_capacity;
};

/* Adds a row's addresses, and its ICCIDs where that is asked for. Returns 0 or -ENOMEM. */
int import_check_add(struct import_check *c, const struct device_row *row, bool with_iccids);

/* All are there. */
void import_check_sort(struct import_check *c);

/* Adds a problem for each address and each ICCID that another row has, too. Returns 0 or -ENOMEM.
 */
int import_check_twice(const struct import_check *c, struct problems *problems);

/* Accepts zeros. */
void import_check_free(struct import_check *c);

/* Goes through a prefix's addresses in their order. */
struct import_holes {
    const struct import_check *check;
    struct net_prefix prefix;
    size_t next; /* of the check's addresses */
    bool is_in_hole;
    uint8_t last[16]; /* of the hole */
};

void import_holes_begin(struct import_holes *h, const struct import_check *c,
                        const struct net_prefix *prefix);

/* Whether the address, which is one of the prefix's and behind the one before, is another row's:
 * one that has it alone or in a longer prefix. */
bool import_holes_have(struct import_holes *h, const uint8_t ip[16]);

#endif
