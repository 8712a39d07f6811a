#include "storage/location.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_coordinate(const char *text, unsigned long limit)
{
    const char *whole = text + (*text == '-');
    size_t digits = strspn(whole, "0123456789");
    const char *point = whole + digits;
    size_t decimals = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    unsigned long degrees = strtoul(whole, NULL, 10);

    if (digits < 1 || digits > 3 || strlen(text) > LOCATION_COORDINATE_MAX)
        return false;
    if (*point && (decimals < 1 || point[1 + decimals]))
        return false;
    return degrees < limit || (degrees == limit && strspn(point, ".0") == strlen(point));
}

bool location_longitude_is_legal(const char *text)
{
    return is_coordinate(text, 180);
}

bool location_latitude_is_legal(const char *text)
{
    return is_coordinate(text, 90);
}

bool location_source_is_legal(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
            return false;
    return length >= 1 && length <= LOCATION_SOURCE_MAX;
}

bool location_time_is_legal(const char *text)
{
    size_t length = strlen(text);

    return length >= 1 && length <= LOCATION_TIME_MAX && strspn(text, "0123456789") == length;
}

bool location_is_legal(const struct location *l)
{
    return location_longitude_is_legal(l->longitude) && location_latitude_is_legal(l->latitude) &&
           (!*l->source || location_source_is_legal(l->source)) &&
           (!*l->sample_time || location_time_is_legal(l->sample_time));
}
