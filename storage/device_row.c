#include "storage/device_row.h"

#include <ctype.h>
#include <string.h>

#define SHOWN_MAX 40 /* characters of a wrong value */

static bool consists_of(const char *text, size_t min, size_t max, int (*legal)(int))
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if (!legal((unsigned char)text[i]))
            return false;
    return length >= min && length <= max;
}

static int is_psk_character(int c)
{
    return isprint(c) && c != ',';
}

/* Keeps a text that was found to fit. */
static bool keep(char *to, const char *text)
{
    memcpy(to, text, strlen(text) + 1);
    return true;
}

static bool read_iccid(struct device_row *row, const char *text)
{
    return consists_of(text, DEVICE_ICCID_MIN, DEVICE_ICCID_MAX, isdigit) && keep(row->iccid, text);
}

/* One of several: an address, and none that the device has already. */
static bool read_further(struct device_row *row, const char *text)
{
    struct net_prefix address;

    if (row->address_count == DEVICE_ADDRESSES_MAX || row->address.bits != 128 ||
        !net_prefix_parse(&address, text) || address.bits != 128 ||
        memcmp(address.ip, row->address.ip, 16) == 0)
        return false;
    for (unsigned i = 0; i + 1 < row->address_count; i++)
        if (memcmp(address.ip, row->further[i], 16) == 0)
            return false;
    memcpy(row->further[row->address_count++ - 1], address.ip, 16);
    return true;
}

/* "A", "A,B,…" or a prefix. */
static bool read_address(struct device_row *row, const char *text)
{
    size_t length = strcspn(text, ",");
    char first[NET_ADDRESS_TEXT];
    bool legal = true;

    while (length < sizeof(first)) {
        memcpy(first, text, length);
        first[length] = 0;
        if (row->address_count > 0)
            legal = read_further(row, first);
        else if ((legal = net_prefix_parse(&row->address, first)))
            row->address_count = 1;
        if (!legal || !text[length])
            return legal;
        text += length + 1;
        length = strcspn(text, ",");
    }
    return false;
}

static bool read_status(struct device_row *row, const char *text)
{
    row->active = strcmp(text, "active") == 0;
    return row->active || strcmp(text, "inactive") == 0;
}

static bool read_imsi(struct device_row *row, const char *text)
{
    return consists_of(text, DEVICE_IMSI_MIN, DEVICE_IMSI_MAX, isdigit) && keep(row->imsi, text);
}

/* What is legal depends on the format, which may stand in a later column. */
static bool read_psk(struct device_row *row, const char *text)
{
    return strlen(text) <= DEVICE_PSK_TEXT_MAX && keep(row->psk, text);
}

static bool read_psk_format(struct device_row *row, const char *text)
{
    row->psk_is_hex = strcmp(text, "hex") == 0;
    return row->psk_is_hex || strcmp(text, "text") == 0;
}

static bool read_location_allowed(struct device_row *row, const char *text)
{
    row->location_allowed = !strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "yes");
    return row->location_allowed || !strcmp(text, "false") || !strcmp(text, "0") ||
           !strcmp(text, "no");
}

static bool read_longitude(struct device_row *row, const char *text)
{
    return location_longitude_is_legal(text) && keep(row->location.longitude, text);
}

static bool read_latitude(struct device_row *row, const char *text)
{
    return location_latitude_is_legal(text) && keep(row->location.latitude, text);
}

static bool read_source(struct device_row *row, const char *text)
{
    return location_source_is_legal(text) && keep(row->location.source, text);
}

static bool read_sample_time(struct device_row *row, const char *text)
{
    return location_time_is_legal(text) && keep(row->location.sample_time, text);
}

static bool read_template(struct device_row *row, const char *text)
{
    return template_name_is_legal(text, strlen(text)) && keep(row->template, text);
}

struct column {
    const char *name;
    const char *legal;
    bool (*read)(struct device_row *row, const char *text);
    bool required;
    bool secret; /* a wrong value is not shown */
};

static const struct column columns[DEVICE_COLUMNS] = {
    [DEVICE_COLUMN_ICCID] = {"iccid", "18 to 22 digits are", read_iccid, true, false},
    [DEVICE_COLUMN_ADDRESS] = {"address",
                               "an IPv4 or IPv6 address is, or a prefix such as 10.0.0.0/8 "
                               "whose bits behind the length are 0",
                               read_address, true, false},
    [DEVICE_COLUMN_STATUS] = {"status", "active and inactive are", read_status, true, false},
    [DEVICE_COLUMN_IMSI] = {"imsi", "6 to 15 digits are", read_imsi, false, false},
    [DEVICE_COLUMN_PSK] = {"psk", "at most 256 characters are", read_psk, false, true},
    [DEVICE_COLUMN_PSK_FORMAT] = {"psk_format", "text and hex are", read_psk_format, false, false},
    [DEVICE_COLUMN_LOCATION_ALLOWED] = {"location_allowed", "true, false, 1, 0, yes and no are",
                                        read_location_allowed, false, false},
    [DEVICE_COLUMN_LONGITUDE] = {"longitude", "a decimal number from -180 to 180 is",
                                 read_longitude, false, false},
    [DEVICE_COLUMN_LATITUDE] = {"latitude", "a decimal number from -90 to 90 is", read_latitude,
                                false, false},
    [DEVICE_COLUMN_SOURCE] = {"source", "1 to 15 letters, digits, '.', '_' and '-' are",
                              read_source, false, false},
    [DEVICE_COLUMN_SAMPLE_TIME] = {"sample_time", "seconds since 1970 in at most 12 digits are",
                                   read_sample_time, false, false},
    [DEVICE_COLUMN_TEMPLATE] = {"template",
                                "1 to 64 letters, digits, '.', '_' and '-', not '.' first, are",
                                read_template, false, false},
};

const char *device_column_name(enum device_column column)
{
    return columns[column].name;
}

const char *device_column_legal(enum device_column column)
{
    return columns[column].legal;
}

bool device_column_is_required(enum device_column column)
{
    return columns[column].required;
}

/* The value as it can be shown on a terminal, cut to a sensible length. */
static const char *shown(const char *text, char buffer[SHOWN_MAX + 1])
{
    size_t length = strnlen(text, SHOWN_MAX);

    for (size_t i = 0; i < length; i++)
        buffer[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
    buffer[length] = 0;
    return buffer;
}

bool device_row_read(struct device_row *row, enum device_column column, const char *text)
{
    row->given |= DEVICE_COLUMN_BIT(column);
    if (!*text && (!columns[column].required || column == DEVICE_COLUMN_ADDRESS))
        return true;
    return columns[column].read(row, text);
}

void device_row_set(struct device_row *row, enum device_column column, const char *text,
                    struct problems *problems)
{
    const struct column *c = &columns[column];
    char buffer[SHOWN_MAX + 1];

    if (device_row_read(row, column, text))
        return;
    if (c->secret)
        problems_add(problems, row->line, c->name, "the value is not legal: %s", c->legal);
    else
        problems_add(problems, row->line, c->name, "\"%s\" is not legal: %s", shown(text, buffer),
                     c->legal);
}

static void check_psk(const struct device_row *row, struct problems *problems)
{
    size_t length = strlen(row->psk);
    bool legal = row->psk_is_hex
                     ? length % 2 == 0 && consists_of(row->psk, 16, DEVICE_PSK_HEX_MAX, isxdigit)
                     : consists_of(row->psk, 8, DEVICE_PSK_TEXT_MAX, is_psk_character);

    if (!legal)
        problems_add(problems, row->line, "psk", "the value is not legal: %s",
                     row->psk_is_hex ? "8 to 128 bytes as pairs of hexadecimal digits are"
                                     : "8 to 256 printable ASCII characters without a comma are");
}

void device_row_check(const struct device_row *row, struct problems *problems)
{
    if (*row->psk)
        check_psk(row, problems);
    if (!*row->location.longitude != !*row->location.latitude)
        problems_add(problems, row->line, *row->location.longitude ? "latitude" : "longitude",
                     "no value: longitude and latitude are legal together only");
}
