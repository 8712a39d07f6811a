/*
 * A lane of a publisher for tests: keeps what is submitted, and gives each publication back with
 * the result and at the time that the test chooses. Stands in for publisher/publisher.c. One
 * thread, virtual time.
 */
#ifndef SIMGATE_TESTS_UNIT_RESOURCES_FAKE_PUBLISHER_H
#define SIMGATE_TESTS_UNIT_RESOURCES_FAKE_PUBLISHER_H

#include "publisher/publisher.h"

#define FAKE_SUBMISSIONS 2048
#define FAKE_TOPIC       320
#define FAKE_PAYLOAD     2048

struct fake_submission {
    struct publication *publication; /* NULL when it was collected */
    enum publish_result result;
    uint64_t due; /* nanoseconds; when it may be collected */
    char topic[FAKE_TOPIC];
    char payload[FAKE_PAYLOAD]; /* as far as it fits, with a NUL behind it */
    uint32_t payload_length;
    char properties[PUBLICATION_PROPERTIES][96]; /* "name=value" */
};

struct publisher_lane {
    uint64_t now; /* nanoseconds, set by the test */
    bool ready;
    enum publish_result at_once; /* what publisher_submit() says; PUBLISH_PENDING as a rule */
    enum publish_result result;  /* of the next submissions */
    uint64_t delay;              /* of the next submissions, nanoseconds; CLOCK_NEVER: held back */
    uint32_t count;
    uint32_t outstanding;
    uint32_t first; /* submissions before it are collected */
    struct fake_submission *submissions;
};

/* Ready; every publication is acknowledged at once. */
struct publisher_lane *fake_publisher_open(void);

void fake_publisher_close(struct publisher_lane *lane);

/* The next time at which there is something to collect, or CLOCK_NEVER. */
uint64_t fake_publisher_deadline(const struct publisher_lane *lane);

/* From now on everything that is outstanding may be collected, with this result. */
void fake_publisher_give_back(struct publisher_lane *lane, enum publish_result result);

#endif
