#include "loadtest/report/format.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE (60 * CLOCK_SECOND)

const char *format_count(char text[static FORMAT_TEXT], uint64_t count)
{
    char digits[FORMAT_TEXT];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *to = text;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
    return text;
}

const char *format_number(char text[static FORMAT_TEXT], double number)
{
    if (!(number >= 0) || number > 1e18)
        number = number > 0 ? 1e18 : 0;
    if (number >= 99.95 || number == floor(number))
        return format_count(text, (uint64_t)(number + 0.5));
    snprintf(text, FORMAT_TEXT, number >= 9.995 ? "%.1f" : "%.2f", number);
    return text;
}

/* Three digits of a number below 1000. */
static const char *with_unit(char *text, double number, const char *unit)
{
    int decimals = number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;

    snprintf(text, FORMAT_TEXT, "%.*f %s", decimals, number, unit);
    return text;
}

static const char *long_duration(char *text, uint64_t nanoseconds)
{
    uint64_t seconds = (nanoseconds + CLOCK_SECOND / 2) / CLOCK_SECOND;

    if (seconds < 3600)
        snprintf(text, FORMAT_TEXT, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else if (seconds % 3600 < 60)
        snprintf(text, FORMAT_TEXT, "%" PRIu64 " h", seconds / 3600);
    else
        snprintf(text, FORMAT_TEXT, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                 seconds / 60 % 60);
    return text;
}

const char *format_duration(char text[static FORMAT_TEXT], uint64_t nanoseconds, const char *us)
{
    double value = (double)nanoseconds;

    if (nanoseconds < CLOCK_MICROSECOND) {
        snprintf(text, FORMAT_TEXT, nanoseconds ? "%" PRIu64 " ns" : "%" PRIu64, nanoseconds);
        return text;
    }
    /* 999.5 of a unit would print as 1000 of it */
    if (value < 999.5 * CLOCK_MICROSECOND)
        return with_unit(text, value / CLOCK_MICROSECOND, us);
    if (value < 999.5 * CLOCK_MILLISECOND)
        return with_unit(text, value / CLOCK_MILLISECOND, "ms");
    if (nanoseconds < 2 * MINUTE)
        return with_unit(text, value / CLOCK_SECOND, "s");
    return long_duration(text, nanoseconds);
}

const char *format_share(char text[static FORMAT_TEXT], double share)
{
    double percent = share * 100;

    if (!(share > 0))
        snprintf(text, FORMAT_TEXT, "0 %%");
    else if (share >= 1)
        snprintf(text, FORMAT_TEXT, "%.0f %%", percent);
    else if (percent < 0.01)
        snprintf(text, FORMAT_TEXT, "< 0.01 %%");
    else if (percent > 99.99)
        snprintf(text, FORMAT_TEXT, "> 99.99 %%");
    else
        snprintf(text, FORMAT_TEXT, percent >= 9.995 && percent < 98.995 ? "%.1f %%" : "%.2f %%",
                 percent);
    return text;
}

const char *format_whole_duration(char text[static FORMAT_TEXT], double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, FORMAT_US_SIGN}, {1e-9, "ns"}};
    size_t i = 0;

    while (i < 3 && seconds < 0.999999 * units[i].seconds)
        i++;
    if (seconds > 0)
        snprintf(text, FORMAT_TEXT, "%.4g %s", seconds / units[i].seconds, units[i].unit);
    else
        snprintf(text, FORMAT_TEXT, "0");
    return text;
}

const char *format_whole_share(char text[static FORMAT_TEXT], double share)
{
    snprintf(text, FORMAT_TEXT, "%.4g %%", share * 100);
    return text;
}

static void in_utc(struct tm *tm, uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);

    if (!gmtime_r(&seconds, tm))
        *tm = (struct tm){.tm_mday = 1, .tm_year = 70};
}

const char *format_time(char text[static FORMAT_TEXT], uint64_t wall_ms)
{
    struct tm tm;

    in_utc(&tm, wall_ms);
    strftime(text, FORMAT_TEXT, "%Y-%m-%d %H:%M:%S UTC", &tm);
    return text;
}

const char *format_timestamp(char text[static FORMAT_TEXT], uint64_t wall_ms)
{
    struct tm tm;
    size_t length;

    in_utc(&tm, wall_ms);
    length = strftime(text, FORMAT_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + length, FORMAT_TEXT - length, ".%03uZ", (unsigned)(wall_ms % 1000));
    return text;
}
