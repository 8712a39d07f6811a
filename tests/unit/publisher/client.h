/*
 * What the publisher's tests have in common: a publisher with its lanes used from one thread, and
 * ways to wait for what becomes of publications.
 */
#ifndef SIMGATE_TESTS_UNIT_PUBLISHER_CLIENT_H
#define SIMGATE_TESTS_UNIT_PUBLISHER_CLIENT_H

#include "base/clock.h"
#include "base/log.h"
#include "publisher/publisher.h"

#include <semaphore.h>

struct client {
    struct publisher *publisher;
    struct publisher_lane *lane; /* the first */
    struct log log;
    sem_t woken;
};

/* What most tests want: one connection. */
struct publisher_settings client_settings(const char *url);

/* Ends the test where it fails. */
void client_open(struct client *client, const struct publisher_settings *settings, unsigned lanes);

/* Stops and closes; whatever has not been collected is dropped. */
void client_close(struct client *client);

/* A publication with topic and payload, good for `life` nanoseconds. */
struct publication client_publication(const char *topic, const char *payload, uint64_t life);

/* Submits and flushes. */
enum publish_result client_submit(struct client *client, struct publication *publication);

/* The next publication that comes back, or NULL after `timeout` nanoseconds. */
struct publication *client_collect(struct client *client, uint64_t timeout);

/* Waits until publisher_ready() is `ready`; false when that takes longer than `timeout`. */
bool client_wait_ready(struct client *client, bool ready, uint64_t timeout);

uint64_t client_counter(const struct client *client, enum publisher_counter counter);

#endif
