#include "tests/unit/resources/fake_publisher.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct publisher_lane *fake_publisher_open(void)
{
    struct publisher_lane *lane = calloc(1, sizeof(*lane));

    lane->submissions = calloc(FAKE_SUBMISSIONS, sizeof(*lane->submissions));
    lane->ready = true;
    lane->at_once = PUBLISH_PENDING;
    return lane;
}

void fake_publisher_close(struct publisher_lane *lane)
{
    free(lane->submissions);
    free(lane);
}

bool publisher_lane_ready(const struct publisher_lane *lane, uint64_t order_key)
{
    (void)order_key;
    return lane->ready;
}

static void keep(struct fake_submission *s, const struct publication *p)
{
    size_t length = p->payload_length < FAKE_PAYLOAD ? p->payload_length : FAKE_PAYLOAD - 1;

    snprintf(s->topic, sizeof(s->topic), "%s", p->topic);
    memcpy(s->payload, p->payload, length);
    s->payload[length] = 0;
    s->payload_length = p->payload_length;
    for (uint32_t i = 0; i < p->property_count; i++)
        snprintf(s->properties[i], sizeof(s->properties[i]), "%s=%s", p->properties[i].name,
                 p->properties[i].value);
}

enum publish_result publisher_submit(struct publisher_lane *lane, struct publication *publication)
{
    struct fake_submission *s = &lane->submissions[lane->count++];

    if (lane->count == FAKE_SUBMISSIONS)
        abort();
    keep(s, publication);
    if (lane->at_once != PUBLISH_PENDING)
        return lane->at_once;
    s->publication = publication;
    s->result = lane->result;
    s->due = lane->delay == CLOCK_NEVER ? CLOCK_NEVER : lane->now + lane->delay;
    lane->outstanding++;
    return PUBLISH_PENDING;
}

void publisher_flush(struct publisher_lane *lane)
{
    (void)lane;
}

struct publication *publisher_collect(struct publisher_lane *lane)
{
    while (lane->first < lane->count && !lane->submissions[lane->first].publication)
        lane->first++;
    for (uint32_t i = lane->first; i < lane->count; i++) {
        struct fake_submission *s = &lane->submissions[i];
        struct publication *p = s->publication;

        if (!p || s->due > lane->now)
            continue;
        s->publication = NULL;
        lane->outstanding--;
        p->result = s->result;
        return p;
    }
    return NULL;
}

uint64_t fake_publisher_deadline(const struct publisher_lane *lane)
{
    uint64_t earliest = CLOCK_NEVER;

    for (uint32_t i = lane->first; i < lane->count; i++)
        if (lane->submissions[i].publication && lane->submissions[i].due < earliest)
            earliest = lane->submissions[i].due;
    return earliest;
}

void fake_publisher_give_back(struct publisher_lane *lane, enum publish_result result)
{
    for (uint32_t i = lane->first; i < lane->count; i++) {
        lane->submissions[i].result = result;
        lane->submissions[i].due = lane->now;
    }
}
