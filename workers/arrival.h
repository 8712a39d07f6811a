/*
 * A message that has arrived: a datagram as it came, or the plaintext of a record. What a worker
 * knows of where it is from, with the bytes borrowed. One thread.
 */
#ifndef SIMGATE_WORKERS_ARRIVAL_H
#define SIMGATE_WORKERS_ARRIVAL_H

#include "base/datagram.h"
#include "storage/store.h"
#include "workers/coap/endpoint.h"

struct arrival {
    struct coap_endpoint from;
    const struct datagram_path *path;
    const uint8_t *bytes;
    uint16_t length;
    uint32_t place; /* of its source address among the registered devices; of a datagram */
    bool truncated; /* there was more */
    char identity[DEVICE_ICCID_MAX + 1]; /* that DTLS proved, or "" */
    uint64_t psk_epoch;                  /* of the device, when its key was looked up for that */
};

#endif
