/* Strings as JSON has them. Any thread. */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_JSON_TEXT_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_JSON_TEXT_H

#include "base/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are UTF-8 (RFC 3629): nothing cut, overlong, beyond U+10FFFF or a surrogate. */
bool json_text_is_utf8(const uint8_t *bytes, size_t length);

/* Writes UTF-8 as a string in quotes (RFC 8259 §7). */
void json_text_write(struct writer *w, const uint8_t *bytes, size_t length);

/* Copies as much of a text as there is room for, with a NUL, so that it can be shown: whole
 * characters only, and '?' for control characters. */
void json_text_show(char *to, size_t size, const char *text, size_t length);

#endif
