#include "loadtest/sources.h"

#include <endian.h>
#include <string.h>

#define LEFT_OUT     256
#define WIDE_IF_OVER (UINT64_C(1) << 16)

static uint64_t read_half(const uint8_t bytes[8])
{
    uint64_t half;

    memcpy(&half, bytes, sizeof(half));
    return be64toh(half);
}

static void write_half(uint8_t bytes[8], uint64_t half)
{
    half = htobe64(half);
    memcpy(bytes, &half, sizeof(half));
}

struct sources sources_in(const struct net_prefix *prefix, uint8_t bits)
{
    unsigned width = bits > prefix->bits ? bits - prefix->bits : 0;
    uint64_t count = width < 32 ? UINT64_C(1) << width : SOURCES_NONE;
    struct sources s = {.high = read_half(prefix->ip),
                        .low = read_half(prefix->ip + 8),
                        .count = (uint32_t)count,
                        .shift = (uint8_t)(128 - bits)};

    if (bits < 128)
        s.low |= 1;
    if (net_ip_is_v4(prefix->ip) && count > WIDE_IF_OVER) {
        s.low += LEFT_OUT;
        s.count -= LEFT_OUT;
    }
    return s;
}

/* The bits of a device are 0 in the first address, but in IPv4, which has room above them: so none
 * is carried from the low half to the high one. */
void sources_address(const struct sources *s, uint32_t device, uint8_t ip[16])
{
    uint64_t high = s->high, low = s->low;

    if (s->shift >= 64) {
        high += (uint64_t)device << (s->shift - 64);
    } else {
        low += (uint64_t)device << s->shift;
        high += s->shift ? (uint64_t)device >> (64 - s->shift) : 0;
    }
    write_half(ip, high);
    write_half(ip + 8, low);
}

uint32_t sources_device(const struct sources *s, const uint8_t ip[16])
{
    uint64_t high = read_half(ip) - s->high, low = read_half(ip + 8) - s->low;
    uint64_t offset;
    uint8_t own[16];

    if (s->shift >= 64)
        offset = high >> (s->shift - 64);
    else
        offset = low >> s->shift | (s->shift ? high << (64 - s->shift) : 0);
    if (offset >= s->count)
        return SOURCES_NONE;
    sources_address(s, (uint32_t)offset, own);
    return memcmp(own, ip, sizeof(own)) == 0 ? (uint32_t)offset : SOURCES_NONE;
}
