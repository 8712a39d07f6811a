#include "tests/unit/storage/conformance_client.h"

#include "base/net_address.h"

#include <time.h>

bool client_open(struct client *c, struct store *store)
{
    *c = (struct client){0};
    if (uv_loop_init(&c->loop) != 0)
        return false;
    c->session = store_session_open(store, &c->loop);
    return c->session != NULL;
}

void client_close(struct client *c)
{
    store_session_close(c->session);
    uv_run(&c->loop, UV_RUN_DEFAULT); /* handles that are closing */
    uv_loop_close(&c->loop);
}

bool client_drive(struct client *c, const unsigned *calls, unsigned wanted)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000};
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;

    while (*calls < wanted) {
        if (clock_now() > deadline)
            return false;
        if (!uv_run(&c->loop, UV_RUN_NOWAIT) || *calls < wanted)
            nanosleep(&pause, NULL);
    }
    return true;
}

void client_keep_device(void *context, enum store_result result, const struct device *device)
{
    struct answer *answer = context;

    answer->calls++;
    answer->result = result;
    if (device)
        answer->device = *device;
}

void client_keep_exchange(void *context, enum store_result result,
                          const struct store_exchange *exchange)
{
    struct answer *answer = context;

    answer->calls++;
    answer->result = result;
    if (exchange)
        answer->exchange = *exchange;
}

void client_ask(struct client *c, const char *address, struct answer *answer)
{
    uint8_t ip[16] = {0};

    net_ip_parse(ip, address);
    store_device_by_address(c->session, ip, client_keep_device, answer);
}

struct answer client_find(struct client *c, const char *address)
{
    struct answer answer = {0};

    client_ask(c, address, &answer);
    client_drive(c, &answer.calls, 1);
    return answer;
}

struct answer client_reserve(struct client *c, const struct store_exchange_key *key, uint64_t life)
{
    struct answer answer = {0};

    store_exchange_reserve(c->session, key, 0x1234, life, client_keep_exchange, &answer);
    client_drive(c, &answer.calls, 1);
    return answer;
}
