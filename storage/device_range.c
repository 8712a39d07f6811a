#include "storage/device_range.h"

#include <endian.h>
#include <string.h>

/* An address is two halves, and the bits that count devices never leave one of them. */
static unsigned counting_half(const struct net_prefix *prefix)
{
    return prefix->bits <= 64 ? 0 : 1;
}

static uint64_t read_half(const uint8_t ip[16], unsigned half)
{
    uint64_t value;

    memcpy(&value, ip + 8 * half, 8);
    return be64toh(value);
}

uint64_t device_range_last(const struct net_prefix *prefix)
{
    unsigned free_bits = 64 * (counting_half(prefix) + 1) - prefix->bits;

    return free_bits ? UINT64_MAX >> (64 - free_bits) : 0;
}

uint64_t device_range_offset(const struct net_prefix *prefix, const uint8_t ip[16])
{
    return read_half(ip, counting_half(prefix)) & device_range_last(prefix);
}

void device_range_address(const struct net_prefix *prefix, uint64_t offset, uint8_t ip[16])
{
    unsigned half = counting_half(prefix);
    uint64_t value = htobe64(read_half(prefix->ip, half) | offset);

    memcpy(ip, prefix->ip, 16);
    memcpy(ip + 8 * half, &value, 8);
}

bool device_range_add(char *digits, uint64_t offset)
{
    for (char *digit = digits + strlen(digits); digit > digits && offset;) {
        uint64_t sum = (uint64_t)(*--digit - '0') + offset % 10;

        *digit = (char)('0' + sum % 10);
        offset = offset / 10 + sum / 10;
    }
    return offset == 0;
}
