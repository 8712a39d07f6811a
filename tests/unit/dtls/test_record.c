#include "base/writer.h"
#include "workers/dtls/record.h"

#include <criterion/criterion.h>
#include <string.h>

struct built {
    uint8_t bytes[512];
    size_t length;
};

static struct built record(uint8_t type, uint16_t version, const void *body, uint16_t length)
{
    struct built b;
    struct writer w = writer_over(b.bytes, sizeof(b.bytes));

    writer_u8(&w, type);
    writer_u16(&w, version);
    writer_u16(&w, 1);
    writer_literal(&w, "\x00\x01\x02\x03\x04\x05");
    if (type == RECORD_CID)
        writer_literal(&w, "connecti");
    writer_u16(&w, length);
    writer_bytes(&w, body, length);
    b.length = writer_length(&w);
    return b;
}

static bool parses(const struct built *b)
{
    struct cursor c = cursor_over(b->bytes, b->length);
    struct record r;

    while (record_next(&c, &r))
        ;
    return !c.failed;
}

Test(dtls_record, fields)
{
    struct built b = record(RECORD_APPLICATION_DATA, 0xfefd, "body", 4);
    struct cursor c = cursor_over(b.bytes, b.length);
    struct record r;

    cr_assert(record_next(&c, &r));
    cr_expect_eq(r.type, RECORD_APPLICATION_DATA);
    cr_expect_eq(r.epoch, 1);
    cr_expect_eq(r.sequence, 0x000102030405);
    cr_expect_null(r.cid);
    cr_expect_eq(r.length, 4);
    cr_expect_arr_eq(r.body, "body", 4);
    cr_expect_eq(r.start, b.bytes);
    cr_expect_eq(r.size, b.length);
    cr_expect_not(record_next(&c, &r));
    cr_expect_not(c.failed);
}

Test(dtls_record, connection_id)
{
    struct built b = record(RECORD_CID, 0xfefd, "body", 4);
    struct cursor c = cursor_over(b.bytes, b.length);
    struct record r;

    cr_assert(record_next(&c, &r));
    cr_expect_arr_eq(r.cid, "connecti", 8);
    cr_expect_arr_eq(r.body, "body", 4);
}

Test(dtls_record, only_whole_ones_of_known_types_and_versions)
{
    for (unsigned type = 0; type < 256; type++) {
        struct built b = record((uint8_t)type, 0xfefd, "body", 4);

        cr_expect_eq(parses(&b), (type >= 20 && type <= 23) || type == 25, "%u", type);
        for (size_t cut = 1; cut < b.length; cut++) {
            struct built part = b;

            part.length = cut;
            cr_expect_not(parses(&part));
        }
    }
    for (unsigned version = 0; version < 65536; version++) {
        struct built b = record(RECORD_HANDSHAKE, (uint16_t)version, "body", 4);

        cr_expect_eq(parses(&b), version == 0xfefd || version == 0xfeff);
        b = record(RECORD_ALERT, (uint16_t)version, "body", 4);
        cr_expect_eq(parses(&b), version == 0xfefd);
    }
}

Test(dtls_record, empty_ones_are_none)
{
    struct built b = record(RECORD_APPLICATION_DATA, 0xfefd, "", 0);

    cr_expect_not(parses(&b));
}

static bool identity_of(char identity[PSK_IDENTITY_ROOM], const void *body, size_t length)
{
    struct handshake_message m = {.type = HANDSHAKE_CLIENT_KEY_EXCHANGE,
                                  .body = cursor_over(body, length)};

    return psk_identity_parse(identity, &m);
}

Test(dtls_record, identities)
{
    char identity[PSK_IDENTITY_ROOM];
    char longest[2 + 32] = "\x00\x1f";

    cr_expect(identity_of(identity, "\0\5abcde", 7));
    cr_expect_str_eq(identity, "abcde");
    cr_expect(identity_of(identity, "\0\0", 2));
    cr_expect_str_eq(identity, "");
    cr_expect(identity_of(identity, "\0\5ab\0de", 7));
    cr_expect_str_eq(identity, "");
    cr_expect_not(identity_of(identity, "\0\5abcdef", 8));
    cr_expect_not(identity_of(identity, "\0\5abcd", 6));
    cr_expect_not(identity_of(identity, "\0", 1));
    memset(longest + 2, 'x', 32);
    cr_expect(identity_of(identity, longest, 2 + 31));
    cr_expect_eq(strlen(identity), 31);
    longest[1] = 32;
    cr_expect(identity_of(identity, longest, 2 + 32));
    cr_expect_str_eq(identity, "");
}

/* version, random, session id, cookie "cc", suites, compression */
#define HELLO_START                                                                                \
    "\xfe\xfd"                                                                                     \
    "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"                                                             \
    "\x01s\x02"                                                                                    \
    "cc"

static bool hello_of(struct client_hello *h, const void *body, size_t length)
{
    struct handshake_message m = {.type = HANDSHAKE_CLIENT_HELLO,
                                  .body = cursor_over(body, length)};

    return client_hello_parse(h, &m);
}

#define HELLO(h, text) hello_of(h, HELLO_START text, sizeof(HELLO_START text) - 1)

Test(dtls_record, client_hellos)
{
    struct client_hello h;

    cr_expect(HELLO(&h, "\x00\x02\x00\xae\x01\x00"));
    cr_expect_eq(h.cookie_length, 2);
    cr_expect_eq(h.random[0], 'r');
    cr_expect_not(h.offers_cid);
    cr_expect_not(h.offers_aead);
    cr_expect(HELLO(&h, "\x00\x04\x00\xae\xc0\xa8\x01\x00\x00\x00"));
    cr_expect(h.offers_aead);
    cr_expect(HELLO(&h, "\x00\x02\xc0\xa4\x01\x00\x00\x09\x00\x17\x00\x00\x00\x36\x00\x01\x00"));
    cr_expect(h.offers_cid);
    cr_expect_not(HELLO(&h, "\x00\x00\x01\x00"), "no suites");
    cr_expect_not(HELLO(&h, "\x00\x03\x00\xae\x01\x00"), "half a suite");
    cr_expect_not(HELLO(&h, "\x00\x02\x00\xae\x01"), "cut");
    cr_expect_not(HELLO(&h, "\x00\x02\x00\xae\x01\x00\x00\x01"), "extensions cut");
    cr_expect_not(HELLO(&h, "\x00\x02\x00\xae\x01\x00\x00\x00x"), "more than extensions");
    cr_expect_not(HELLO(&h, "\x00\x02\x00\xae\x01\x00\x00\x05\x00\x36\x00\x02\x00"));
}
