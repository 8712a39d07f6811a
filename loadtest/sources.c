#include "loadtest/sources.h"

#include "base/cursor.h"

#define LEFT_OUT     256
#define WIDE_IF_OVER (UINT64_C(1) << 16)

struct sources sources_in(const struct net_prefix *prefix)
{
    struct cursor c = cursor_over(prefix->ip + 12, 4);
    uint32_t first = cursor_uint(&c, 4);
    uint64_t count = UINT64_C(1) << (128 - prefix->bits);
    uint32_t skip = count > WIDE_IF_OVER ? LEFT_OUT : 0;

    return (struct sources){.first = first + skip, .count = (uint32_t)(count - skip)};
}
