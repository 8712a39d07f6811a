/*
 * A row of the devices' file and the columns that it may have: what is legal in each, and how its
 * text becomes part of the row. Any thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_ROW_H
#define SIMGATE_STORAGE_DEVICE_ROW_H

#include "base/net_address.h"
#include "storage/problems.h"
#include "storage/store.h"
#include "storage/template_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_ICCID_MIN     18 /* digits */
#define DEVICE_IMSI_MIN      6  /* digits */
#define DEVICE_ADDRESSES_MAX 32
#define DEVICE_PSK_TEXT_MAX  256 /* characters */
#define DEVICE_PSK_HEX_MAX   256 /* digits: 128 bytes */

/* Texts are as the file has them, "" where it has none. */
struct device_row {
    uint32_t line;             /* of the file, from 1 */
    uint32_t given;            /* DEVICE_COLUMN_BIT() of the columns that were read */
    unsigned address_count;    /* 0 and more than 1 are legal for some readers only */
    struct net_prefix address; /* the first; of full length for one address */
    uint8_t further[DEVICE_ADDRESSES_MAX - 1][16];
    bool active;
    bool location_allowed;
    bool psk_is_hex;
    char iccid[DEVICE_ICCID_MAX + 1];
    char imsi[DEVICE_IMSI_MAX + 1];
    char psk[DEVICE_PSK_TEXT_MAX + 1];
    struct location location;
    char template[TEMPLATE_NAME_MAX + 1];
};

enum device_column {
    DEVICE_COLUMN_ICCID,
    DEVICE_COLUMN_ADDRESS,
    DEVICE_COLUMN_STATUS,
    DEVICE_COLUMN_IMSI,
    DEVICE_COLUMN_PSK,
    DEVICE_COLUMN_PSK_FORMAT,
    DEVICE_COLUMN_LOCATION_ALLOWED,
    DEVICE_COLUMN_LONGITUDE,
    DEVICE_COLUMN_LATITUDE,
    DEVICE_COLUMN_SOURCE,
    DEVICE_COLUMN_SAMPLE_TIME,
    DEVICE_COLUMN_TEMPLATE,
    DEVICE_COLUMNS
};

#define DEVICE_COLUMN_BIT(column) (UINT32_C(1) << (column))

const char *device_column_name(enum device_column column);

/* What is legal in the column, for the user: "6 to 15 digits are". */
const char *device_column_legal(enum device_column column);

/* Whether every file must have the column, and every row a value in it. */
bool device_column_is_required(enum device_column column);

/* Puts `text`, which may be empty where nothing is required, into the row, which begins as zeros.
 * False when it is not legal. */
bool device_row_read(struct device_row *row, enum device_column column, const char *text);

/* As device_row_read(), and adds a problem instead. The row has its line. */
void device_row_set(struct device_row *row, enum device_column column, const char *text,
                    struct problems *problems);

/* Checks what only several columns together can tell, once all are set. */
void device_row_check(const struct device_row *row, struct problems *problems);

#endif
