#include "tests/fuzz/fake_publisher.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

bool publisher_lane_ready(const struct publisher_lane *lane, uint64_t order_key)
{
    return !lane->down;
}

/* What every publication has to be: a topic that MQTT allows, and a payload to read. */
static void check_publication(const struct publication *p)
{
    uint8_t sum = 0;

    CHECK(p->context && p->topic && *p->topic);
    CHECK(!strpbrk(p->topic, "+#") && !strstr(p->topic, "//"));
    CHECK(p->topic[0] != '/' && p->topic[strlen(p->topic) - 1] != '/');
    CHECK(p->property_count <= PUBLICATION_PROPERTIES);
    for (uint32_t i = 0; i < p->payload_length; i++)
        sum = (uint8_t)(sum + p->payload[i]);
    for (uint32_t i = 0; i < p->property_count; i++)
        sum = (uint8_t)(sum + strlen(p->properties[i].name) + strlen(p->properties[i].value));
    (void)sum; /* a sanitizer has seen that all of it can be read */
}

static void note_result(struct publisher_lane *lane, const struct publication *p,
                        enum publish_result result)
{
    bool is_event = strncmp(p->topic, FAKE_PUBLISHER_ERRORS, strlen(FAKE_PUBLISHER_ERRORS)) == 0;

    lane->acknowledged += result == PUBLISH_ACKNOWLEDGED && !is_event;
}

enum publish_result publisher_submit(struct publisher_lane *lane, struct publication *publication)
{
    check_publication(publication);
    if (lane->result != PUBLISH_PENDING) {
        note_result(lane, publication, lane->result);
        return lane->result;
    }
    if (lane->count + lane->ready_count == FAKE_PUBLISHER_PENDING)
        return PUBLISH_OVERLOADED;
    lane->pending[lane->count++] = publication;
    return PUBLISH_PENDING;
}

void publisher_flush(struct publisher_lane *lane)
{
}

struct publication *publisher_collect(struct publisher_lane *lane)
{
    struct publication *p;

    if (lane->ready_count == 0)
        return NULL;
    p = lane->ready[0];
    lane->ready_count--;
    memmove(&lane->ready[0], &lane->ready[1], lane->ready_count * sizeof(p));
    return p;
}

void fake_publisher_finish(struct publisher_lane *lane, uint32_t number, enum publish_result result)
{
    struct publication *p;

    if (lane->count == 0)
        return;
    number %= lane->count;
    p = lane->pending[number];
    lane->count--;
    memmove(&lane->pending[number], &lane->pending[number + 1], (lane->count - number) * sizeof(p));
    check_publication(p);
    p->result = result;
    note_result(lane, p, result);
    lane->ready[lane->ready_count++] = p;
}

void fake_publisher_finish_all(struct publisher_lane *lane, enum publish_result result)
{
    while (lane->count)
        fake_publisher_finish(lane, 0, result);
}
