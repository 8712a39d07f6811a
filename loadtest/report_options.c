#include "loadtest/report_options.h"

#include "loadtest/options.h"

static const struct option_row rows[] = {
    {.name = "json",
     .argument = "FILE",
     .help = "also write the results to FILE",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct options, report.json)},
};

struct option_group report_option_group(void)
{
    return (struct option_group){"Report", rows, sizeof(rows) / sizeof(rows[0])};
}
