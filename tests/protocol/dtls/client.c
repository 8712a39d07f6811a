#include "tests/protocol/dtls/client.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define ALL_SUITES       "PSK-AES128-CBC-SHA256:PSK-AES128-GCM-SHA256:PSK-AES128-CCM:PSK-AES128-CCM-8"
#define MESSAGE_INTERVAL (2 * CLOCK_SECOND)

static int take_input(WOLFSSL *tls, char *buffer, int room, void *context)
{
    struct world_client *c = context;
    size_t length = c->input_length;

    if (!c->input || length > (size_t)room)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    memcpy(buffer, c->input, length);
    c->input = NULL;
    return (int)length;
}

static int give_output(WOLFSSL *tls, char *bytes, int length, void *context)
{
    struct world_client *c = context;
    struct datagram_path path = {.peer = c->address};

    world_send(c->world, true, &path, (const uint8_t *)bytes, (size_t)length);
    return length;
}

static unsigned int give_key(WOLFSSL *tls, const char *hint, char *identity, unsigned int room,
                             unsigned char *key, unsigned int key_room)
{
    const struct world_client *c = wolfSSL_get_psk_callback_ctx(tls);

    snprintf(identity, room, "%s", c->identity);
    memcpy(key, c->key, c->key_length);
    return c->key_length;
}

void *client_context_open(void)
{
    WOLFSSL_CTX *context;

    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());
    wolfSSL_CTX_SetIORecv(context, take_input);
    wolfSSL_CTX_SetIOSend(context, give_output);
    wolfSSL_CTX_set_psk_client_callback(context, give_key);
    return context;
}

void client_context_close(void *context)
{
    wolfSSL_CTX_free(context);
    wolfSSL_Cleanup();
}

static void progress(struct world_client *c)
{
    uint8_t room[2048];
    int error, result;

    if (c->failed)
        return;
    result = c->connected ? wolfSSL_read(c->tls, room, sizeof(room)) : wolfSSL_connect(c->tls);
    if (c->connected && result > 0) {
        c->echoes++;
        if (c->echoes >= c->wanted)
            c->next_message = CLOCK_NEVER;
        return;
    }
    if (!c->connected && result == WOLFSSL_SUCCESS) {
        c->connected = true;
        c->connected_at = c->world->now;
        c->retransmit = CLOCK_NEVER;
        c->next_message = c->world->now;
        return;
    }
    error = wolfSSL_get_error(c->tls, result);
    if (error == WOLFSSL_ERROR_WANT_READ)
        return;
    c->failed = true;
    c->error = error;
    c->retransmit = c->next_message = CLOCK_NEVER;
}

static void choose_key(struct world_client *c)
{
    const struct dtls_key *right = &c->world->keys[c->number].keys[0];

    snprintf(c->identity, sizeof(c->identity), "%u", c->number);
    if (c->settings.identity)
        snprintf(c->identity, sizeof(c->identity), "%s", c->settings.identity);
    if (c->settings.key) {
        c->key_length = (uint32_t)strlen(c->settings.key);
        memcpy(c->key, c->settings.key, c->key_length);
    } else {
        c->key_length = right->length;
        memcpy(c->key, right->bytes, right->length);
    }
}

void client_open(struct world_client *c)
{
    WOLFSSL *tls = wolfSSL_new(c->world->context);
    const char *suites = c->settings.suites ? c->settings.suites : ALL_SUITES;

    if (!tls)
        abort();
    c->tls = tls;
    choose_key(c);
    wolfSSL_SetIOReadCtx(tls, c);
    wolfSSL_SetIOWriteCtx(tls, c);
    wolfSSL_set_psk_callback_ctx(tls, c);
    wolfSSL_dtls_set_using_nonblock(tls, 1);
    if (wolfSSL_set_cipher_list(tls, suites) != WOLFSSL_SUCCESS)
        abort();
    if (c->settings.no_extended_master_secret)
        wolfSSL_DisableExtendedMasterSecret(tls);
    if (c->settings.no_encrypt_then_mac)
        wolfSSL_AllowEncryptThenMac(tls, 0);
    if (c->settings.cid)
        wolfSSL_dtls_cid_use(tls);
    if (!c->settings.ungrouped)
        wolfSSL_set_group_messages(tls);
    c->timeout = CLOCK_SECOND;
    c->retransmit = c->world->now + c->timeout;
    c->next_message = CLOCK_NEVER;
    progress(c);
}

void client_close(struct world_client *c)
{
    wolfSSL_free(c->tls);
    c->tls = NULL;
}

void client_receive(struct world_client *c, const uint8_t *bytes, size_t length)
{
    c->input = bytes;
    c->input_length = length;
    while (c->input && !c->failed) {
        const uint8_t *before = c->input;
        bool was_connected = c->connected;

        progress(c);
        if (c->input == before && c->connected == was_connected)
            break;
    }
    c->input = NULL;
    if (c->connected && !c->failed)
        progress(c); /* a second record of the datagram */
}

void client_advance(struct world_client *c)
{
    uint64_t now = c->world->now;
    char text[DATAGRAM_MAX] = {0};

    if (now >= c->retransmit) {
        c->timeout *= 2;
        c->retransmit = now + c->timeout;
        wolfSSL_dtls_retransmit(c->tls);
    }
    if (now >= c->next_message && c->connected) {
        int length = snprintf(text, sizeof(text), "message %u", c->echoes);

        c->next_message = now + MESSAGE_INTERVAL;
        if (c->settings.message_size > 0)
            length = (int)c->settings.message_size;
        wolfSSL_write(c->tls, text, length);
    }
}

void world_abandon(struct world_client *c)
{
    c->retransmit = c->next_message = CLOCK_NEVER;
}

void world_shutdown(struct world_client *c)
{
    wolfSSL_shutdown(c->tls);
    world_abandon(c);
}
