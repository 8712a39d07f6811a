/* A build without DTLS. */
#include "workers/coaps.h"

#include "base/clock.h"

#include <errno.h>

int coaps_open(struct coaps **coaps, const struct dtls_settings *settings,
               const struct coaps_parts *parts)
{
    *coaps = NULL;
    return -ENOTSUP;
}

void coaps_close(struct coaps *c)
{
}

struct coap_output coaps_output(struct coaps *c)
{
    return (struct coap_output){0};
}

void coaps_receive(struct coaps *c, const struct datagram *const *batch, uint32_t count)
{
}

void coaps_end(struct coaps *c, uint64_t id)
{
}

uint64_t coaps_deadline(const struct coaps *c)
{
    return CLOCK_NEVER;
}

void coaps_advance(struct coaps *c)
{
}

void coaps_gather(struct coaps *c)
{
}

void coaps_count(const struct coaps *c, uint64_t sums[DTLS_COUNTERS])
{
}

const struct counter_description *coaps_counters(uint32_t *count)
{
    *count = 0;
    return NULL;
}
