/*
 * Whose a request is: the device of its source address, or the one whose key its association was
 * made with, as identity.check says; and the look-ups that tell. Part of struct service. Worker's
 * thread, in a batch.
 */
#ifndef SIMGATE_WORKERS_REQUESTER_H
#define SIMGATE_WORKERS_REQUESTER_H

#include "workers/service.h"

/* The device that sent the request which is being received, registered or not. NULL: the request is
 * dealt with: it waits for the store as a message, is answered, or ended its association, whose key
 * is not good any more. */
struct device_entry *requester_find(struct service *s, struct exchange *x);

#endif
