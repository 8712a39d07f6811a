#include "storage/ctl/device_filter.h"

#include "storage/ctl/device_options.h"
#include "storage/device_range.h"
#include "storage/device_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(enum ctl_option option, const char *text, const char *legal)
{
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: %s\n", ctl_option_name(option), text,
            legal);
    return false;
}

static bool read_iccid(struct device_filter *f, const struct ctl_arguments *a)
{
    f->iccid = a->count ? a->words[0] : "";
    if (strspn(f->iccid, "0123456789") == strlen(f->iccid) && strlen(f->iccid) <= DEVICE_ICCID_MAX)
        return true;
    fprintf(stderr,
            "simgatectl: \"%s\" is nothing that an ICCID begins with: up to %d digits are\n",
            f->iccid, DEVICE_ICCID_MAX);
    return false;
}

static bool read_limit(struct device_filter *f, const struct ctl_arguments *a)
{
    const char *text = a->given[OPTION_LIMIT];
    size_t digits = text ? strspn(text, "0123456789") : 0;

    f->limit = UINT64_MAX;
    if (!text)
        return true;
    f->limit = strtoull(text, NULL, 10);
    if (digits >= 1 && digits <= 18 && !text[digits])
        return true;
    return complain(OPTION_LIMIT, text, "a number is");
}

static bool read_network(struct device_filter *f, const struct ctl_arguments *a)
{
    const char *text = a->given[OPTION_ADDRESS];

    f->has_network = text != NULL;
    if (!text || net_prefix_parse(&f->network, text))
        return true;
    return complain(OPTION_ADDRESS, text, device_column_legal(DEVICE_COLUMN_ADDRESS));
}

/* Legal values are those of the column. The text that is compared with is put into `*value`. */
static bool read_value(const char **value, const struct ctl_arguments *a, enum ctl_option option,
                       enum device_column column)
{
    struct device_row row = {0};

    *value = a->given[option];
    if (!*value || device_row_read(&row, column, *value))
        return true;
    return complain(option, *value, device_column_legal(column));
}

bool device_filter_read(struct device_filter *f, const struct ctl_arguments *a)
{
    struct device_row row = {0};

    *f = (struct device_filter){0};
    if (!read_iccid(f, a) || !read_limit(f, a) || !read_network(f, a) ||
        !ctl_ipv6_prefix(a, &f->ipv6_prefix) ||
        !read_value(&f->status, a, OPTION_STATUS, DEVICE_COLUMN_STATUS) ||
        !read_value(&f->template, a, OPTION_TEMPLATE, DEVICE_COLUMN_TEMPLATE) ||
        !read_value(&f->allowed, a, OPTION_LOCATION_ALLOWED, DEVICE_COLUMN_LOCATION_ALLOWED))
        return false;
    if (f->allowed && device_row_read(&row, DEVICE_COLUMN_LOCATION_ALLOWED, f->allowed))
        f->allowed = row.location_allowed ? "true" : "false";
    return true;
}

/* Whether the prefixes have an address in common. ::/0 has none of IPv4. */
static bool overlaps(const struct net_prefix *a, const struct net_prefix *b)
{
    return net_ip_is_v4(a->ip) == net_ip_is_v4(b->ip) &&
           (a->bits <= b->bits ? net_prefix_contains(a, b->ip) : net_prefix_contains(b, a->ip));
}

static bool equals(const struct redis_field *field, const char *text)
{
    return field->text && field->length == strlen(text) &&
           memcmp(field->text, text, field->length) == 0;
}

static bool takes_values(const struct device_filter *f, bool active, bool allowed,
                         const struct redis_field *template)
{
    if (f->status && active != (strcmp(f->status, "active") == 0))
        return false;
    if (f->allowed && allowed != (strcmp(f->allowed, "true") == 0))
        return false;
    if (f->template && !*f->template)
        return template->length == 0;
    return !f->template || equals(template, f->template);
}

/* Numbers of as many digits compare as texts do. */
static bool takes_iccids(const struct device_filter *f, const struct device_row *row)
{
    char last[DEVICE_ICCID_MAX + 1];
    size_t length = strlen(f->iccid);

    memcpy(last, row->iccid, sizeof(last));
    device_range_add(last, device_range_last(&row->address));
    return strncmp(row->iccid, f->iccid, length) <= 0 && strncmp(last, f->iccid, length) >= 0;
}

bool device_filter_takes_row(const struct device_filter *f, const struct device_row *row)
{
    const struct redis_field template = {row->template, strlen(row->template)};

    return takes_values(f, row->active, row->location_allowed, &template) &&
           (!f->has_network || overlaps(&f->network, &row->address)) && takes_iccids(f, row);
}

/* Whether one of the addresses is in the network. */
static bool takes_addresses(const struct device_filter *f, const struct redis_field *addresses)
{
    const char *at = addresses->text, *end = at + addresses->length;
    char text[NET_ADDRESS_TEXT];
    struct net_prefix address;

    while (at && at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t length = (size_t)((comma ? comma : end) - at);

        snprintf(text, sizeof(text), "%.*s", (int)(length < sizeof(text) ? length : 0), at);
        if (net_prefix_parse(&address, text) && address.bits == 128) {
            if (!net_ip_is_v4(address.ip))
                address.bits = (uint8_t)f->ipv6_prefix;
            net_ip_mask(address.ip, address.bits);
            if (overlaps(&f->network, &address))
                return true;
        }
        at += length + 1;
    }
    return false;
}

bool device_filter_takes_fields(const struct device_filter *f,
                                const struct redis_field fields[DEVICE_FIELDS])
{
    return takes_values(f, equals(&fields[DEVICE_FIELD_STATUS], "active"),
                        equals(&fields[DEVICE_FIELD_LOCATION_ALLOWED], "true"),
                        &fields[DEVICE_FIELD_TEMPLATE]) &&
           (!f->has_network || takes_addresses(f, &fields[DEVICE_FIELD_ADDRESSES]));
}
