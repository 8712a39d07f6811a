#include "tests/unit/storage/conformance_client.h"

#include "base/net_address.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void on_begin(void *context)
{
    struct client *c = context;

    c->disorder |= c->in_batch || c->in_call;
    c->in_batch = true;
}

static void on_end(void *context)
{
    struct client *c = context;

    c->disorder |= !c->in_batch;
    store_session_flush(c->session); /* may answer, as a part of the batch */
    c->in_batch = false;
}

static void on_address_changed(void *context, const uint8_t ip[16])
{
    struct client *c = context;

    c->disorder |= !c->in_batch;
    c->address_changes++;
    memcpy(c->changed_ip, ip, 16);
}

static void on_device_changed(void *context, const char *iccid)
{
    struct client *c = context;

    c->disorder |= !c->in_batch;
    c->device_changes++;
    snprintf(c->changed_iccid, sizeof(c->changed_iccid), "%s", iccid);
}

static void on_templates_changed(void *context)
{
    struct client *c = context;

    c->disorder |= !c->in_batch;
    c->template_changes++;
}

static void on_doubtful(void *context)
{
    struct client *c = context;

    c->doubts++;
}

static const struct timespec pause_between_looks = {.tv_nsec = 50 * 1000};

static bool reach(struct client *c, struct store *store)
{
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;

    while (store_state(store) == STORE_STARTING && clock_now() < deadline)
        if (!uv_run(&c->loop, UV_RUN_NOWAIT) || store_state(store) == STORE_STARTING)
            nanosleep(&pause_between_looks, NULL);
    return store_state(store) == STORE_UP;
}

bool client_begin(struct client *c, struct store *store)
{
    struct store_observer observer = {.context = c,
                                      .begin = on_begin,
                                      .end = on_end,
                                      .address_changed = on_address_changed,
                                      .device_changed = on_device_changed,
                                      .templates_changed = on_templates_changed,
                                      .doubtful = on_doubtful};

    *c = (struct client){0};
    if (uv_loop_init(&c->loop) != 0)
        return false;
    c->session = store_session_open(store, &c->loop, &observer);
    return c->session != NULL;
}

bool client_open(struct client *c, struct store *store)
{
    return client_begin(c, store) && reach(c, store);
}

bool client_close(struct client *c)
{
    c->in_call = true;
    store_session_close(c->session);
    uv_run(&c->loop, UV_RUN_DEFAULT); /* handles that are closing */
    return uv_loop_close(&c->loop) == 0 && !c->disorder;
}

bool client_drive(struct client *c, const unsigned *calls, unsigned wanted)
{
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;

    while (*calls < wanted) {
        if (clock_now() > deadline)
            return false;
        c->in_call = true;
        store_session_flush(c->session);
        c->in_call = false;
        if (!uv_run(&c->loop, UV_RUN_NOWAIT) || *calls < wanted)
            nanosleep(&pause_between_looks, NULL);
    }
    return true;
}

static void keep(struct answer *answer, enum store_result result)
{
    struct client *c = answer->client;

    answer->calls++;
    answer->result = result;
    if (c)
        c->disorder |= !c->in_call && !c->in_batch;
}

void client_keep_device(void *context, enum store_result result, const struct device *device)
{
    struct answer *answer = context;

    keep(answer, result);
    if (device)
        answer->device = *device;
}

void client_keep_exchange(void *context, enum store_result result,
                          const struct store_exchange *exchange)
{
    struct answer *answer = context;

    keep(answer, result);
    if (exchange)
        answer->exchange = *exchange;
}

void client_ask(struct client *c, const char *address, struct answer *answer)
{
    uint8_t ip[16] = {0};

    net_ip_parse(ip, address);
    answer->client = c;
    c->in_call = true;
    store_device_by_address(c->session, ip, client_keep_device, answer);
    c->in_call = false;
}

struct answer client_find(struct client *c, const char *address)
{
    struct answer answer = {0};

    client_ask(c, address, &answer);
    client_drive(c, &answer.calls, 1);
    return answer;
}

struct answer client_find_by_iccid(struct client *c, const char *iccid)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_device_by_iccid(c->session, iccid, client_keep_device, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}

struct answer client_reserve(struct client *c, const struct store_exchange_key *key, uint64_t life)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_exchange_reserve(c->session, key, 0x1234, life, client_keep_exchange, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}

void client_keep_keys(void *context, enum store_result result, const struct psk_record *record)
{
    struct answer *answer = context;

    keep(answer, result);
    if (record)
        answer->keys = *record;
}

struct answer client_bootstrap(struct client *c, const char *iccid)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_psk_bootstrap(c->session, iccid, client_keep_keys, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}

struct answer client_find_keys(struct client *c, const char *iccid)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_psk_find(c->session, iccid, client_keep_keys, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}

void client_keep_location(void *context, enum store_result result, const struct location *location)
{
    struct answer *answer = context;

    keep(answer, result);
    if (location)
        answer->location = *location;
}

struct answer client_find_location(struct client *c, const char *iccid)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_location_find(c->session, iccid, client_keep_location, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}

void client_keep_template(void *context, enum store_result result,
                          const struct store_template *template)
{
    struct answer *answer = context;

    keep(answer, result);
    if (!template)
        return;
    snprintf(answer->template_name, sizeof(answer->template_name), "%s", template->name);
    answer->template_length = template->length;
    memcpy(answer->client->text, template->text, template->length);
}

struct answer client_find_template(struct client *c, uint16_t number)
{
    struct answer answer = {.client = c};

    c->in_call = true;
    store_template_find(c->session, number, client_keep_template, &answer);
    c->in_call = false;
    client_drive(c, &answer.calls, 1);
    return answer;
}
