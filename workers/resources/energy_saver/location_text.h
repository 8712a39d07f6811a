/* Coordinates in the form that the store takes them in. Any thread. */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_LOCATION_TEXT_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_LOCATION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define LOCATION_TEXT_MAX 24 /* characters: DEVICE_COORDINATE_MAX of the store */

/*
 * Makes a JSON number a plain decimal without an exponent, digit for digit; decimals beyond
 * LOCATION_TEXT_MAX characters are cut. False where it is no number or not within -limit..limit
 * (degrees).
 */
bool location_text_make(char to[LOCATION_TEXT_MAX + 1], const char *json, size_t length,
                        unsigned limit);

#endif
