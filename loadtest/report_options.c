#include "loadtest/report_options.h"

#include "loadtest/options.h"

static bool take_threshold(struct options *o, const char *name, const char *value)
{
    if (thresholds_set(&o->report.thresholds, name, value) == 0)
        return true;
    return option_wrong("%s must be %s, not '%s'", name, thresholds_form(name), value);
}

#define THRESHOLD(NAME, ARGUMENT, HELP)                                                            \
    {                                                                                              \
        .name = NAME, .argument = ARGUMENT, .help = HELP, .kind = OPTION_OTHER,                    \
        .take = take_threshold                                                                     \
    }

static const struct option_row rows[] = {
    {.name = "json",
     .argument = "FILE",
     .help = "also write the results to FILE, for programs",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct options, report.json)},
    {.name = "html",
     .argument = "FILE",
     .help = "also write them as a page with charts",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct options, report.html)},
    THRESHOLD("max-loss", "SHARE",
              "fail when more is lost: never started, without an answer, or open\n"
              "at the end (0); 0.1% or 0.001"),
    THRESHOLD("max-errors", "SHARE",
              "fail when more ends with another code than 2.xx, a reset or a\n"
              "failed handshake (0)"),
    THRESHOLD("max-retransmissions", "SHARE", "fail when there are more, by what was sent"),
    THRESHOLD("min-rate", "N", "fail when fewer are answered a second"),
    THRESHOLD("max-p50", "TIME", "fail when that percentile of latency is longer: 5ms, 200us"),
    THRESHOLD("max-p90", "TIME", ""),
    THRESHOLD("max-p99", "TIME", ""),
    THRESHOLD("max-p99.9", "TIME", ""),
    THRESHOLD("max-latency", "TIME", "fail when any latency is longer"),
    THRESHOLD("max-cpu", "TIME",
              "fail when an operation costs the server more processor time; needs\n"
              "--server-pid"),
};

struct option_group report_option_group(void)
{
    return (struct option_group){"Report, and what makes a run fail", rows,
                                 sizeof(rows) / sizeof(rows[0])};
}
