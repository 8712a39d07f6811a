#include "loadtest/report_options.h"

#include "loadtest/options.h"

static bool take_threshold(struct options *o, const char *name, const char *value)
{
    if (thresholds_set(&o->report.thresholds, name, value) == 0)
        return true;
    return option_wrong("%s must be %s, not '%s'", name, thresholds_form(name), value);
}

static const struct option_row rows[] = {
    {"json", "FILE", "also write the results to FILE, for programs", OPTION_TEXT,
     offsetof(struct options, report.json), 0, 0, NULL},
    {"html", "FILE", "also write them as a page with charts", OPTION_TEXT,
     offsetof(struct options, report.html), 0, 0, NULL},
    {"max-loss", "SHARE",
     "fail when more is lost: never started, without an answer, or open\n"
     "at the end (0); 0.1% or 0.001",
     OPTION_OTHER, .take = take_threshold},
    {"max-errors", "SHARE",
     "fail when more ends with another code than 2.xx, a reset or a\n"
     "failed handshake (0)",
     OPTION_OTHER, .take = take_threshold},
    {"max-retransmissions", "SHARE", "fail when there are more, by what was sent", OPTION_OTHER,
     .take = take_threshold},
    {"min-rate", "N", "fail when fewer are answered a second", OPTION_OTHER,
     .take = take_threshold},
    {"max-p50", "TIME", "fail when half of the operations take longer: 5ms, 200us", OPTION_OTHER,
     .take = take_threshold},
    {"max-p90", "TIME", "fail when one in 10 takes longer", OPTION_OTHER, .take = take_threshold},
    {"max-p99", "TIME", "fail when one in 100 takes longer", OPTION_OTHER, .take = take_threshold},
    {"max-p99.9", "TIME", "fail when one in 1000 takes longer", OPTION_OTHER,
     .take = take_threshold},
    {"max-latency", "TIME", "fail when any takes longer", OPTION_OTHER, .take = take_threshold},
    {"max-cpu", "TIME",
     "fail when an operation costs the server more processor time; needs\n"
     "--server-pid",
     OPTION_OTHER, .take = take_threshold},
};

struct option_group report_option_group(void)
{
    return (struct option_group){"Report, and what makes a run fail", rows,
                                 sizeof(rows) / sizeof(rows[0])};
}
