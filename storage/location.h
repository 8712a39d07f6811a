/*
 * Where a device is, as texts: coordinates come out as they were written, without a detour through
 * floating point. Data and computation, any thread.
 */
#ifndef SIMGATE_STORAGE_LOCATION_H
#define SIMGATE_STORAGE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#define LOCATION_COORDINATE_MAX 24 /* characters */
#define LOCATION_SOURCE_MAX     15
#define LOCATION_TIME_MAX       12 /* digits */

struct location {
    char longitude[LOCATION_COORDINATE_MAX + 1]; /* plain decimal numbers, degrees */
    char latitude[LOCATION_COORDINATE_MAX + 1];
    char source[LOCATION_SOURCE_MAX + 1];    /* "": not known */
    char sample_time[LOCATION_TIME_MAX + 1]; /* seconds since the Unix epoch; "": not known */
};

/* A plain decimal number from -180 to 180, or from -90 to 90. */
bool location_longitude_is_legal(const char *text);
bool location_latitude_is_legal(const char *text);

/* 1 to 15 letters, digits, '.', '_' and '-'. */
bool location_source_is_legal(const char *text);

/* 1 to 12 digits. */
bool location_time_is_legal(const char *text);

/* Both coordinates, and a source and a time that are legal or not known. */
bool location_is_legal(const struct location *l);

#endif
