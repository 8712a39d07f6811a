#include "publisher/lane.h"

void lane_init(struct publisher_lane *lane, uint32_t index, struct sink **sinks,
               uint32_t sink_count)
{
    *lane = (struct publisher_lane){.index = index, .sinks = sinks, .sink_count = sink_count};
}

static inline struct sink *sink_for(const struct publisher_lane *lane, uint64_t order_key)
{
    return lane->sinks[order_key % lane->sink_count];
}

static inline struct channel *channel_to(const struct publisher_lane *lane, struct sink *sink)
{
    return &sink->channels[lane->index];
}

static enum publish_result at_once(struct publisher_lane *lane, enum publish_result result)
{
    counter_add(&lane->counters[result], 1);
    return result;
}

bool publisher_lane_ready(const struct publisher_lane *lane, uint64_t order_key)
{
    return lane->sink_count == 0 ||
           atomic_load_explicit(&sink_for(lane, order_key)->up, memory_order_relaxed);
}

enum publish_result publisher_submit(struct publisher_lane *lane, struct publication *publication)
{
    struct channel *channel;

    if (lane->sink_count == 0)
        return at_once(lane, PUBLISH_ACKNOWLEDGED);
    if (!publisher_lane_ready(lane, publication->order_key))
        return at_once(lane, PUBLISH_UNREACHABLE);
    channel = channel_to(lane, sink_for(lane, publication->order_key));
    publication->lane = lane->index;
    if (channel->submitted > channel->back.mask || !ring_push(&channel->out, publication))
        return at_once(lane, PUBLISH_OVERLOADED);
    channel->submitted++;
    return PUBLISH_PENDING;
}

void publisher_flush(struct publisher_lane *lane)
{
    for (uint32_t i = 0; i < lane->sink_count; i++)
        if (ring_commit(&channel_to(lane, lane->sinks[i])->out))
            uv_async_send(&lane->sinks[i]->wake);
}

/* What was submitted too late for the sink: its thread has ended, so both rings are the lane's. */
static struct publication *collect_unsent(struct publisher_lane *lane, struct sink *sink)
{
    struct publication *publication;

    if (!atomic_load_explicit(&sink->ended, memory_order_acquire))
        return NULL;
    ring_commit(&channel_to(lane, sink)->out);
    publication = ring_pop(&channel_to(lane, sink)->out);
    if (publication)
        publication->result = at_once(lane, PUBLISH_UNREACHABLE);
    return publication;
}

struct publication *publisher_collect(struct publisher_lane *lane)
{
    for (uint32_t i = 0; i < lane->sink_count; i++) {
        struct sink *sink = lane->sinks[i];
        struct channel *channel = channel_to(lane, sink);
        struct publication *publication = ring_pop(&channel->back);

        if (!publication)
            publication = collect_unsent(lane, sink);
        if (publication) {
            channel->submitted--;
            return publication;
        }
    }
    return NULL;
}
