#include "storage/ctl/device_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPV6_PREFIX_DEFAULT 64 /* these are those of identity.ipv6_prefix */
#define IPV6_PREFIX_MIN     48
#define IPV6_PREFIX_MAX     128

bool ctl_ipv6_prefix(const struct ctl_arguments *a, unsigned *bits)
{
    const char *text = ctl_option_value(a, OPTION_IPV6_PREFIX);
    size_t digits = text ? strspn(text, "0123456789") : 0;

    *bits = IPV6_PREFIX_DEFAULT;
    if (!text)
        return true;
    if (digits >= 1 && digits <= 3 && !text[digits])
        *bits = (unsigned)strtoul(text, NULL, 10);
    else
        *bits = 0;
    if (*bits >= IPV6_PREFIX_MIN && *bits <= IPV6_PREFIX_MAX)
        return true;
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: %d to %d are\n",
            ctl_option_name(OPTION_IPV6_PREFIX), text, IPV6_PREFIX_MIN, IPV6_PREFIX_MAX);
    return false;
}

bool ctl_cut_address(uint8_t ip[16], unsigned bits)
{
    uint8_t whole[16];

    if (net_ip_is_v4(ip))
        return false;
    memcpy(whole, ip, sizeof(whole));
    net_ip_mask(ip, bits);
    return memcmp(whole, ip, sizeof(whole)) != 0;
}

bool ctl_read_iccid(struct device_row *row, const char *word)
{
    if (device_row_read(row, DEVICE_COLUMN_ICCID, word))
        return true;
    fprintf(stderr, "simgatectl: \"%s\" is no ICCID: %s legal\n", word,
            device_column_legal(DEVICE_COLUMN_ICCID));
    return false;
}

/* One address, or the prefix that is one device. */
static bool read_address(struct device_change *c, const char *text, unsigned bits)
{
    struct net_prefix prefix;
    char kept[NET_ADDRESS_TEXT];
    bool is_legal = net_prefix_parse(&prefix, text) &&
                    (prefix.bits == 128 || (prefix.bits == bits && !net_ip_is_v4(prefix.ip)));

    if (!is_legal) {
        fprintf(stderr, "simgatectl: --address: \"%s\" is not legal: an IPv4 or IPv6 address is\n",
                text);
        return false;
    }
    if (ctl_cut_address(prefix.ip, bits))
        fprintf(stderr, "simgatectl: %s is kept as %s, which stands for its whole /%u\n", text,
                net_ip_format(prefix.ip, kept), bits);
    if (device_change_add_address(c, prefix.ip))
        return true;
    fprintf(stderr, "simgatectl: --address: a device has at most %d\n", DEVICE_ADDRESSES_MAX);
    return false;
}

/* "A,B,…"; "" is none. */
static bool read_addresses(struct device_change *c, const char *list, unsigned bits)
{
    char *texts = strdup(list), *rest = texts, *text;
    bool fine = texts != NULL;

    while (fine && *list && (text = strsep(&rest, ",")))
        fine = read_address(c, text, bits);
    free(texts);
    return fine;
}

bool ctl_read_column(struct device_row *row, const struct ctl_arguments *a, enum ctl_option option,
                     enum device_column column)
{
    const char *text = a->given[option];

    if (!text || device_row_read(row, column, text))
        return true;
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: %s\n", ctl_option_name(option), text,
            device_column_legal(column));
    return false;
}

bool ctl_read_device(const struct ctl_arguments *a, struct device_change *c)
{
    unsigned bits;

    c->take_addresses = a->given[OPTION_TAKE_ADDRESS] != NULL;
    if (!ctl_ipv6_prefix(a, &bits))
        return false;
    if (a->given[OPTION_ADDRESS]) {
        c->row.given |= DEVICE_COLUMN_BIT(DEVICE_COLUMN_ADDRESS);
        if (!read_addresses(c, a->given[OPTION_ADDRESS], bits))
            return false;
    }
    return ctl_read_column(&c->row, a, OPTION_STATUS, DEVICE_COLUMN_STATUS) &&
           ctl_read_column(&c->row, a, OPTION_IMSI, DEVICE_COLUMN_IMSI) &&
           ctl_read_column(&c->row, a, OPTION_LOCATION_ALLOWED, DEVICE_COLUMN_LOCATION_ALLOWED) &&
           ctl_read_column(&c->row, a, OPTION_TEMPLATE, DEVICE_COLUMN_TEMPLATE);
}
