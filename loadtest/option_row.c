#include "loadtest/option_row.h"

#include "base/clock.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX    (24 * 3600 * CLOCK_SECOND)
#define EXACT_MAX   0x1p53 /* up to here a double has all whole numbers */
#define HELP_INDENT 22     /* columns */

bool option_wrong(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("simgate-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n(--help lists the options)\n", stderr);
    va_end(arguments);
    return false;
}

static bool parse_number(const struct option_row *row, const char *text, double *number)
{
    char *end;

    *number = strtod(text, &end);
    if (end == text || *end || !(*number >= row->least && *number <= row->most))
        return option_wrong("%s must be a number from %.10g to %.10g, not '%s'", row->name,
                            row->least, row->most, text);
    return true;
}

/* Digits are read as such: a double has no room for those of an ICCID. */
static bool parse_whole(const struct option_row *row, const char *text, uint64_t *number)
{
    double value;
    char *end;

    if (!parse_number(row, text, &value))
        return false;
    *number = strtoull(text, &end, 10);
    if (*end && (value != floor(value) || value > EXACT_MAX))
        return option_wrong("%s must be a whole number, not '%s'", row->name, text);
    if (*end) /* such as 1e6 */
        *number = (uint64_t)value;
    return true;
}

static bool parse_share(const struct option_row *row, const char *text, double *share)
{
    char *end;

    *share = strtod(text, &end);
    if (end != text && strcmp(end, "%") == 0) {
        *share /= 100;
        end++;
    }
    if (end == text || *end || !(*share >= 0 && *share <= 1))
        return option_wrong("%s must be a share such as 0.1%% or 0.001, not '%s'", row->name, text);
    return true;
}

static bool parse_time(const struct option_row *row, const char *text, uint64_t *nanoseconds)
{
    static const struct {
        const char *suffix;
        uint64_t nanoseconds;
    } units[] = {{"", CLOCK_SECOND},        {"s", CLOCK_SECOND},      {"us", CLOCK_MICROSECOND},
                 {"ms", CLOCK_MILLISECOND}, {"m", 60 * CLOCK_SECOND}, {"h", 3600 * CLOCK_SECOND}};
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end != text && i < sizeof(units) / sizeof(units[0]); i++) {
        double product = value * (double)units[i].nanoseconds;

        if (strcmp(end, units[i].suffix) != 0 || !(product >= row->least && product <= TIME_MAX))
            continue;
        *nanoseconds = (uint64_t)product;
        return true;
    }
    return option_wrong("%s must be a time of up to 24 hours such as 500ms, 10s or 5m, not '%s'",
                        row->name, text);
}

static bool parse_flag(const struct option_row *row, const char *text, bool *flag)
{
    *flag = strcmp(text, "true") == 0;
    if (!*flag && strcmp(text, "false") != 0)
        return option_wrong("%s must be true or false, not '%s'", row->name, text);
    return true;
}

static bool take_text(const struct option_row *row, const char *text, const char **into)
{
    *into = text;
    if (row->most > 0 && (double)strlen(text) > row->most)
        return option_wrong("%s must have at most %.0f characters", row->name, row->most);
    return true;
}

bool option_row_take(const struct option_row *row, struct options *o, const char *value)
{
    void *into = (uint8_t *)o + row->offset;
    uint64_t whole = 0;

    switch (row->kind) {
    case OPTION_FLAG:
        return parse_flag(row, value, into);
    case OPTION_COUNT:
        if (!parse_whole(row, value, &whole))
            return false;
        *(uint32_t *)into = (uint32_t)whole;
        return true;
    case OPTION_AMOUNT:
        return parse_whole(row, value, into);
    case OPTION_NUMBER:
        return parse_number(row, value, into);
    case OPTION_SHARE:
        return parse_share(row, value, into);
    case OPTION_TIME:
        return parse_time(row, value, into);
    case OPTION_TEXT:
        return take_text(row, value, into);
    case OPTION_OTHER:
        break;
    }
    return row->take(o, row->name, value);
}

void option_row_print(const struct option_row *row)
{
    const char *line = row->help;
    char name[64];
    int length = snprintf(name, sizeof(name), "  --%s%s%s", row->name, row->argument ? " " : "",
                          row->argument ? row->argument : "");

    printf("%-*s", HELP_INDENT, name);
    if (length >= HELP_INDENT - 1)
        printf("\n%*s", HELP_INDENT, "");
    while (*line) {
        size_t end = strcspn(line, "\n");

        printf("%.*s\n", (int)end, line);
        line += end + (line[end] != 0);
        if (*line)
            printf("%*s", HELP_INDENT, "");
    }
}
