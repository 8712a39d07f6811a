#include "loadtest/report/warnings.h"

#include "loadtest/report/format.h"

#include <stdio.h>

/* From here on they can move the p99. */
#define LATE_SHARE 0.01

/* Whether so much of the p99 may be ours that it says little of the server. */
static bool reads_late(const struct results *r)
{
    uint64_t own = results_quantile(&r->read_late.times, 0.99, r->read_late.max);

    return own > RESULTS_LATE && own > results_quantile(&r->latency, 0.99, r->latency_max) / 2;
}

unsigned warnings_of(const struct results *r, char texts[static WARNINGS_MAX][WARNINGS_TEXT])
{
    const struct results_totals *t = &r->totals;
    char number[FORMAT_TEXT], time[FORMAT_TEXT];
    unsigned count = 0;

    if ((double)t->late > LATE_SHARE * (double)t->sent)
        snprintf(texts[count++], WARNINGS_TEXT,
                 "%s operations were started late by simgate-load itself, by %s at most, and their "
                 "latency has that in it: it needs more of the machine, or less load",
                 format_count(number, t->late),
                 format_duration(time, t->lateness_max, FORMAT_US_ASCII));
    if (reads_late(r))
        snprintf(texts[count++], WARNINGS_TEXT,
                 "simgate-load itself was late to read the answers (%s p99), which is much of the "
                 "p99 latency: it needs more of the machine, or less load",
                 format_duration(time,
                                 results_quantile(&r->read_late.times, 0.99, r->read_late.max),
                                 FORMAT_US_ASCII));
    if (t->kernel_drops)
        snprintf(texts[count++], WARNINGS_TEXT,
                 "%s answers were dropped at the sockets of simgate-load, which could not keep up: "
                 "what they answered counts as retransmitted or lost",
                 format_count(number, t->kernel_drops));
    if (t->ids_overused)
        snprintf(texts[count++], WARNINGS_TEXT,
                 "%s devices used a Message ID again within 247 s, so that the server may have "
                 "taken new requests for duplicates: use more devices",
                 format_count(number, t->ids_overused));
    if (r->devices_ready < r->devices)
        snprintf(texts[count++], WARNINGS_TEXT,
                 "only %s of the devices were ready after the preparation: the others took no part",
                 format_count(number, r->devices_ready));
    return count;
}
