#include "tests/unit/publisher/client.h"

#include <criterion/criterion.h>
#include <time.h>

static void wake(void *context, unsigned lane)
{
    sem_post(context);
}

struct publisher_settings client_settings(const char *url)
{
    return (struct publisher_settings){
        .url = url, .connections = 1, .queue = 1024, .keepalive = 60};
}

void client_open(struct client *client, const struct publisher_settings *settings, unsigned lanes)
{
    char *error;

    *client = (struct client){.log = log_to_stderr(LOG_ERROR)};
    sem_init(&client->woken, 0, 0);
    cr_assert_eq(publisher_open(&client->publisher, settings, lanes, wake, &client->woken,
                                &client->log, &error),
                 0);
    client->lane = publisher_lane(client->publisher, 0);
}

void client_close(struct client *client)
{
    publisher_stop(client->publisher, CLOCK_SECOND);
    publisher_close(client->publisher);
    sem_destroy(&client->woken);
}

struct publication client_publication(const char *topic, const char *payload, uint64_t life)
{
    return (struct publication){.topic = topic,
                                .payload = (const uint8_t *)payload,
                                .payload_length = (uint32_t)strlen(payload),
                                .deadline = clock_now() + life};
}

enum publish_result client_submit(struct client *client, struct publication *publication)
{
    enum publish_result result = publisher_submit(client->lane, publication);

    publisher_flush(client->lane);
    return result;
}

struct publication *client_collect(struct client *client, uint64_t timeout)
{
    uint64_t end = clock_now() + timeout;
    struct publication *publication;

    while (!(publication = publisher_collect(client->lane)) && clock_now() < end) {
        struct timespec until;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 10000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        sem_timedwait(&client->woken, &until);
    }
    return publication;
}

bool client_wait_ready(struct client *client, bool ready, uint64_t timeout)
{
    uint64_t end = clock_now() + timeout;

    while (publisher_ready(client->publisher) != ready && clock_now() < end)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return publisher_ready(client->publisher) == ready;
}

uint64_t client_counter(const struct client *client, enum publisher_counter counter)
{
    uint64_t sums[PUBLISHER_COUNTERS] = {0};

    publisher_count(client->publisher, sums);
    return sums[counter];
}
