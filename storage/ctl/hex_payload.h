/*
 * A payload as people write it down: hexadecimal digits, with blanks and colons anywhere between
 * bytes. Computation, any thread.
 */
#ifndef SIMGATE_STORAGE_CTL_HEX_PAYLOAD_H
#define SIMGATE_STORAGE_CTL_HEX_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes at most strlen(text) / 2 bytes. False where it is something else, or half a byte. */
bool hex_payload_read(const char *text, uint8_t *bytes, size_t *length);

#endif
