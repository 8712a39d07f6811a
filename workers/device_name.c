#include "workers/device_name.h"

#include "storage/store.h"

#include <string.h>

#define PREFIX_SIZE 5
#define NO_DIGIT    0xf

static const uint8_t prefix[PREFIX_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff};

_Static_assert(PREFIX_SIZE + DEVICE_ICCID_MAX / 2 == DEVICE_NAME_SIZE, "two digits in a byte");

bool device_name_of_iccid(uint8_t name[DEVICE_NAME_SIZE], const char *iccid)
{
    size_t digits = strspn(iccid, "0123456789");

    if (digits < 1 || digits > DEVICE_ICCID_MAX || iccid[digits])
        return false;
    memcpy(name, prefix, PREFIX_SIZE);
    for (size_t i = 0; i < DEVICE_ICCID_MAX; i++) {
        uint8_t digit = i < digits ? (uint8_t)(iccid[i] - '0') : NO_DIGIT;
        uint8_t *byte = &name[PREFIX_SIZE + i / 2];

        *byte = i % 2 ? (uint8_t)(*byte | digit) : (uint8_t)(digit << 4);
    }
    return true;
}

bool device_name_is_iccid(const uint8_t name[DEVICE_NAME_SIZE])
{
    return memcmp(name, prefix, PREFIX_SIZE) == 0;
}
