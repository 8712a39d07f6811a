#include "tests/protocol/dtls/forgery.h"

#include <string.h>

#define HIGH_SEQUENCE 0xfffffff0u

static void header(struct writer *w, uint8_t type, uint16_t epoch, uint32_t sequence,
                   uint16_t length)
{
    writer_u8(w, type);
    writer_u16(w, 0xfefd);
    writer_u16(w, epoch);
    writer_u16(w, 0);
    writer_u16(w, (uint16_t)(sequence >> 16));
    writer_u16(w, (uint16_t)sequence);
    if (type == RECORD_CID)
        writer_literal(w, "\x12\x34\x05\x00\x00\x00\x00\x01");
    writer_u16(w, length);
}

static void handshake(struct writer *w, uint8_t type, uint16_t sequence, uint16_t length)
{
    writer_u8(w, type);
    writer_u8(w, 0);
    writer_u16(w, length);
    writer_u16(w, sequence);
    writer_u8(w, 0);
    writer_u16(w, 0);
    writer_u8(w, 0);
    writer_u16(w, length);
}

static void filler(struct writer *w, size_t length)
{
    while (length-- > 0)
        writer_u8(w, 0xa5);
}

static void alert(struct writer *w, const struct world *world)
{
    header(w, RECORD_ALERT, 0, 9, 2);
    writer_u8(w, 2);
    writer_u8(w, 40);
}

static void close_notify(struct writer *w, const struct world *world)
{
    header(w, RECORD_ALERT, 0, 9, 2);
    writer_u8(w, 1);
    writer_u8(w, 0);
}

static void change_cipher_spec(struct writer *w, uint32_t sequence)
{
    header(w, RECORD_CHANGE_CIPHER_SPEC, 0, sequence, 1);
    writer_u8(w, 1);
}

static void early_change(struct writer *w, const struct world *world)
{
    change_cipher_spec(w, 9);
}

static void early_high_change(struct writer *w, const struct world *world)
{
    change_cipher_spec(w, HIGH_SEQUENCE);
}

static void bad_change(struct writer *w, const struct world *world)
{
    header(w, RECORD_CHANGE_CIPHER_SPEC, 0, 9, 2);
    writer_u16(w, 0x0101);
}

static void unknown_handshake(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 16);
    handshake(w, 99, 2, 4);
    filler(w, 4);
}

static void hello_request(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 12);
    handshake(w, 0, 2, 0);
}

static void plaintext_finished(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 24);
    handshake(w, 20, 3, 12);
    filler(w, 12);
}

static void empty_handshake(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 0);
}

static void empty_encrypted(struct writer *w, const struct world *world)
{
    header(w, RECORD_APPLICATION_DATA, 1, 9, 0);
}

static void too_long(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 400);
    filler(w, 20);
}

static void trailing_bytes(struct writer *w, const struct world *world)
{
    change_cipher_spec(w, 9);
    filler(w, 5);
}

static void numbered_key_exchange(struct writer *w, uint16_t number, uint32_t sequence,
                                  const char *identity)
{
    uint16_t length = (uint16_t)strlen(identity);

    header(w, RECORD_HANDSHAKE, 0, sequence, 14 + length);
    handshake(w, HANDSHAKE_CLIENT_KEY_EXCHANGE, number, 2 + length);
    writer_u16(w, length);
    writer_text(w, identity);
}

static void key_exchange(struct writer *w, uint32_t sequence, const char *identity)
{
    numbered_key_exchange(w, 2, sequence, identity);
}

/* The number that Finished will have, and one beyond. */
static void own_later_key_exchange(struct writer *w, const struct world *world)
{
    numbered_key_exchange(w, 3, 9, "1");
}

static void own_far_key_exchange(struct writer *w, const struct world *world)
{
    numbered_key_exchange(w, 4, 9, "1");
}

static void own_earlier_key_exchange(struct writer *w, const struct world *world)
{
    numbered_key_exchange(w, 1, 9, "1");
}

static void foreign_key_exchange(struct writer *w, const struct world *world)
{
    key_exchange(w, 9, "7");
}

static void own_high_key_exchange(struct writer *w, const struct world *world)
{
    key_exchange(w, HIGH_SEQUENCE, "1");
}

static void own_key_exchange(struct writer *w, const struct world *world)
{
    key_exchange(w, 9, "1");
}

static void lying_key_exchange(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 16);
    handshake(w, HANDSHAKE_CLIENT_KEY_EXCHANGE, 2, 4);
    writer_u16(w, 900);
    filler(w, 2);
}

static void split_key_exchange(struct writer *w, const struct world *world)
{
    header(w, RECORD_HANDSHAKE, 0, 9, 13);
    writer_literal(w, "\x10\x00\x00\x03\x00\x02\x00\x00\x01\x00\x00\x01\x01");
}

static void hello(struct writer *w, uint32_t sequence, uint8_t cookie)
{
    uint16_t length = (uint16_t)(42 + cookie);

    header(w, RECORD_HANDSHAKE, 0, sequence, 12 + length);
    handshake(w, HANDSHAKE_CLIENT_HELLO, cookie ? 1 : 0, length);
    writer_u16(w, 0xfefd);
    filler(w, 32);
    writer_u8(w, 0);
    writer_u8(w, cookie);
    filler(w, cookie);
    writer_u16(w, 2);
    writer_u16(w, SUITE_AES_128_CCM_8);
    writer_u8(w, 1);
    writer_u8(w, 0);
    writer_u16(w, 0);
}

static void other_hello(struct writer *w, const struct world *world)
{
    hello(w, 9, 0);
}

static void other_hello_bad_cookie(struct writer *w, const struct world *world)
{
    hello(w, 9, 20);
}

static void other_high_hello(struct writer *w, const struct world *world)
{
    hello(w, HIGH_SEQUENCE, 0);
}

static void few_bytes(struct writer *w, const struct world *world)
{
    filler(w, 13);
}

static void one_byte(struct writer *w, const struct world *world)
{
    filler(w, 1);
}

static void encrypted(struct writer *w, uint8_t type, uint16_t epoch, uint32_t sequence,
                      uint16_t length)
{
    header(w, type, epoch, sequence, length);
    filler(w, length);
}

static void encrypted_data(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 1, 9, 64);
}

static void encrypted_high_data(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 1, HIGH_SEQUENCE, 64);
}

static void encrypted_short_data(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 1, 9, 1);
}

static void encrypted_shorter_than_tag(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 1, 9, 15);
}

static void encrypted_alert(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_ALERT, 1, 9, 64);
}

static void encrypted_finished(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_HANDSHAKE, 1, 0, 64);
}

static void encrypted_change(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_CHANGE_CIPHER_SPEC, 1, 9, 64);
}

static void next_epoch(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 2, 0, 64);
}

static void with_cid(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_CID, 1, 9, 64);
}

static void with_cid_in_plaintext(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_CID, 0, 9, 64);
}

static void heartbeat(struct writer *w, const struct world *world)
{
    encrypted(w, 24, 0, 9, 20);
}

static void plaintext_data(struct writer *w, const struct world *world)
{
    encrypted(w, RECORD_APPLICATION_DATA, 0, 9, 20);
}

static void replayed(struct writer *w, const struct world *world)
{
    writer_bytes(w, world->last_to_server.bytes, world->last_to_server.length);
}

static void reflected(struct writer *w, const struct world *world)
{
    writer_bytes(w, world->last_to_client.bytes, world->last_to_client.length);
}

#define FORGERY(f)                                                                                 \
    {                                                                                              \
        .name = #f, .write = f                                                                     \
    }

const struct forgery forgeries[FORGERIES] = {
    FORGERY(alert),
    FORGERY(close_notify),
    FORGERY(early_change),
    FORGERY(early_high_change),
    FORGERY(bad_change),
    FORGERY(unknown_handshake),
    FORGERY(hello_request),
    FORGERY(plaintext_finished),
    FORGERY(empty_handshake),
    FORGERY(empty_encrypted),
    FORGERY(too_long),
    FORGERY(trailing_bytes),
    FORGERY(foreign_key_exchange),
    FORGERY(own_high_key_exchange),
    FORGERY(own_key_exchange),
    FORGERY(own_later_key_exchange),
    FORGERY(own_far_key_exchange),
    FORGERY(own_earlier_key_exchange),
    FORGERY(lying_key_exchange),
    FORGERY(split_key_exchange),
    FORGERY(other_hello),
    FORGERY(other_hello_bad_cookie),
    FORGERY(other_high_hello),
    FORGERY(few_bytes),
    FORGERY(one_byte),
    FORGERY(encrypted_data),
    FORGERY(encrypted_high_data),
    FORGERY(encrypted_short_data),
    FORGERY(encrypted_shorter_than_tag),
    FORGERY(encrypted_alert),
    FORGERY(encrypted_finished),
    FORGERY(encrypted_change),
    FORGERY(next_epoch),
    FORGERY(with_cid),
    FORGERY(with_cid_in_plaintext),
    FORGERY(heartbeat),
    FORGERY(plaintext_data),
    {.name = "replayed", .write = replayed, .replay = true},
    FORGERY(reflected),
};

static uint32_t pick(struct random_source *random, const uint32_t *values, uint32_t count)
{
    return values[random_below(random, count)];
}
#define PICK(random, ...)                                                                          \
    pick(random, (const uint32_t[]){__VA_ARGS__},                                                  \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw_handshake(struct writer *w, struct random_source *random, uint32_t sequence)
{
    uint16_t number = (uint16_t)random_below(random, 6);
    uint16_t length = (uint16_t)PICK(random, 0, 2, 12, 40);

    if (random_below(random, 2)) {
        numbered_key_exchange(w, number, sequence, "1");
        return;
    }
    header(w, RECORD_HANDSHAKE, 0, sequence, 12 + length);
    handshake(w, (uint8_t)PICK(random, 0, 2, 11, 14, 15, 16, 20, 99), number, length);
    filler(w, length);
}

void forgery_draw(struct writer *w, struct random_source *random)
{
    for (uint32_t count = 1 + random_below(random, 3); count > 0; count--) {
        uint32_t sequence = PICK(random, 0, 1, 2, 3, 4, 5, 9, 30, 40, 70, HIGH_SEQUENCE);
        uint16_t epoch = (uint16_t)PICK(random, 0, 0, 1, 1, 2);
        uint8_t type = (uint8_t)PICK(random, 20, 21, 22, 23, 25);

        if (epoch == 0 && type == RECORD_HANDSHAKE)
            draw_handshake(w, random, sequence);
        else if (epoch == 0 && type == RECORD_CHANGE_CIPHER_SPEC)
            change_cipher_spec(w, sequence);
        else
            encrypted(w, type, epoch, sequence, (uint16_t)PICK(random, 1, 2, 16, 24, 40, 64, 80));
    }
}
