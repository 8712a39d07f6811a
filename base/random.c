#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

int random_source_init(struct random_source *r)
{
    return getrandom(r, sizeof(*r), 0) == sizeof(*r) ? 0 : -errno;
}

void random_source_seed(struct random_source *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        r->s[i] = z ^ z >> 31;
    }
}

uint32_t random_below(struct random_source *r, uint32_t bound)
{
    return (uint32_t)((random_next(r) >> 32) * bound >> 32);
}
