#include "loadtest/associations.h"

#include "base/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int use_one_key(struct associations *a, const struct options *o)
{
    for (uint32_t i = 0; i < a->count; i++) {
        char identity[24];
        int length =
            snprintf(identity, sizeof(identity), "%llu", (unsigned long long)o->first_iccid + i);

        a->list[i].key = keys_new(identity, (size_t)length, o->psk, strlen(o->psk));
        if (!a->list[i].key)
            return -ENOMEM;
    }
    return 0;
}

static void take_key(void *owner, uint32_t row, struct dtls_client_key *key)
{
    struct associations *a = owner;

    a->list[row].key = key;
}

static int use_file(struct associations *a, const struct options *o, char problem[160])
{
    char reason[160] = "";
    int error = keys_read(o->keys, a->count, take_key, a, reason);

    if (error)
        snprintf(problem, 160, "%.80s: %.70s", o->keys, *reason ? reason : strerror(-error));
    return error;
}

int associations_open(struct associations *a, const struct options *o, dtls_client_send send,
                      void *owner, char problem[160])
{
    *a = (struct associations){.count = o->devices,
                               .bootstraps = !o->psk && !o->keys,
                               .resumes = o->scenario == SCENARIO_RESUME};
    if (!o->secure)
        return 0;
    a->list = pages_map(a->count * sizeof(*a->list));
    a->context = dtls_client_context_open(send, owner, o->cid);
    if (!a->list || !a->context)
        return -ENOMEM;
    if (o->keys)
        return use_file(a, o, problem);
    return o->psk ? use_one_key(a, o) : 0;
}

void associations_close(struct associations *a)
{
    for (uint32_t i = 0; a->list && i < a->count; i++) {
        dtls_client_close(a->list[i].client);
        dtls_client_session_free(a->list[i].session);
        free(a->list[i].key);
    }
    dtls_client_context_close(a->context);
    pages_unmap(a->list, a->count * sizeof(*a->list));
    *a = (struct associations){0};
}

void associations_drop(struct associations *a, uint32_t device)
{
    struct association *one = &a->list[device];

    dtls_client_close(one->client);
    one->client = NULL;
    one->connected = one->suspect = false;
}

bool associations_begin(struct associations *a, uint32_t device)
{
    struct association *one = &a->list[device];

    associations_drop(a, device);
    one->client = dtls_client_open(a->context, device, one->key);
    one->offered = one->client && one->session && dtls_client_offer(one->client, one->session);
    return one->client != NULL;
}

void associations_connect(struct associations *a, uint32_t device)
{
    struct association *one = &a->list[device];

    one->connected = true;
    if (!a->resumes)
        return;
    dtls_client_session_free(one->session);
    one->session = dtls_client_session(one->client);
}

bool associations_learn(struct associations *a, uint32_t device, const uint8_t *payload,
                        size_t length)
{
    struct dtls_client_key *key = keys_from_bootstrap(payload, length);

    if (!key)
        return false;
    free(a->list[device].key);
    a->list[device].key = key;
    return true;
}
