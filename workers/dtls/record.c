#include "workers/dtls/record.h"

#include <endian.h>
#include <string.h>

#define VERSION_1_0             0xfeff /* in a ClientHello and what goes before it, RFC 6347 §4.1 */
#define VERSION_1_2             0xfefd
#define RANDOM_LENGTH           32
#define EXTENSION_CONNECTION_ID 54 /* RFC 9146 §3 */

static uint32_t read_u24(struct cursor *c)
{
    return cursor_uint(c, 3);
}

static bool is_known(uint8_t type)
{
    return (type >= RECORD_CHANGE_CIPHER_SPEC && type <= RECORD_APPLICATION_DATA) ||
           type == RECORD_CID;
}

/* Epoch and sequence number, in one read: records are many. */
static void read_number(struct cursor *c, struct record *r)
{
    const uint8_t *bytes = cursor_bytes(c, 8);
    uint64_t number = 0;

    if (bytes)
        memcpy(&number, bytes, 8);
    number = be64toh(number);
    r->epoch = (uint16_t)(number >> 48);
    r->sequence = number & ((UINT64_C(1) << 48) - 1);
}

bool record_next(struct cursor *c, struct record *r)
{
    uint16_t version;

    if (c->failed || cursor_left(c) == 0)
        return false;
    r->start = c->at;
    r->type = cursor_u8(c);
    version = cursor_u16(c);
    read_number(c, r);
    r->cid = r->type == RECORD_CID ? cursor_bytes(c, DTLS_CID_LENGTH) : NULL;
    r->length = cursor_u16(c);
    r->body = cursor_bytes(c, r->length);
    r->size = (size_t)(c->at - r->start);
    if (!is_known(r->type) || r->length == 0 ||
        (version != VERSION_1_2 && !(version == VERSION_1_0 && r->type == RECORD_HANDSHAKE)))
        c->failed = true;
    return !c->failed;
}

bool records_open(struct records *all, const uint8_t *bytes, size_t length)
{
    all->bytes = bytes;
    all->length = length;
    all->rest = cursor_over(bytes, length);
    return record_next(&all->rest, &all->first);
}

bool handshake_parse(struct handshake_message *m, const struct record *r)
{
    struct cursor c = cursor_over(r->body, r->length);
    uint32_t length, offset, here;

    m->type = cursor_u8(&c);
    length = read_u24(&c);
    m->sequence = cursor_u16(&c);
    offset = read_u24(&c);
    here = read_u24(&c);
    m->body = c;
    return !c.failed && offset == 0 && here == length && cursor_left(&c) == length;
}

static bool parse_extensions(struct client_hello *h, struct cursor *c)
{
    struct cursor extensions;

    if (cursor_left(c) == 0) /* none at all: RFC 5246 §7.4.1.2 */
        return true;
    if (cursor_u16(c) != cursor_left(c))
        return false;
    extensions = *c;
    while (cursor_left(&extensions) > 0) {
        uint16_t type = cursor_u16(&extensions);

        cursor_bytes(&extensions, cursor_u16(&extensions));
        h->offers_cid |= type == EXTENSION_CONNECTION_ID;
    }
    return !extensions.failed;
}

static bool parse_suites(struct client_hello *h, struct cursor *c)
{
    uint16_t left = cursor_u16(c);

    if (left < 2 || left % 2 != 0)
        return false;
    for (; left > 0 && !c->failed; left -= 2) {
        uint16_t suite = cursor_u16(c);

        h->offers_aead |= suite == SUITE_AES_128_CCM_8 || suite == SUITE_AES_128_CCM ||
                          suite == SUITE_AES_128_GCM_SHA256;
    }
    return !c->failed;
}

bool client_hello_parse(struct client_hello *h, const struct handshake_message *m)
{
    struct cursor c = m->body;

    *h = (struct client_hello){.number = m->sequence};
    if (m->type != HANDSHAKE_CLIENT_HELLO)
        return false;
    cursor_u16(&c); /* its version: wolfSSL's to judge */
    h->random = cursor_bytes(&c, RANDOM_LENGTH);
    cursor_bytes(&c, cursor_u8(&c)); /* session id */
    h->cookie_length = cursor_u8(&c);
    cursor_bytes(&c, h->cookie_length);
    if (!parse_suites(h, &c))
        return false;
    cursor_bytes(&c, cursor_u8(&c)); /* compression methods */
    return !c.failed && parse_extensions(h, &c);
}

bool psk_identity_parse(char identity[PSK_IDENTITY_ROOM], const struct handshake_message *m)
{
    struct cursor c = m->body;
    uint16_t length = cursor_u16(&c);
    const uint8_t *bytes = cursor_bytes(&c, length);

    identity[0] = '\0';
    if (m->type != HANDSHAKE_CLIENT_KEY_EXCHANGE || !bytes || cursor_left(&c) > 0)
        return false;
    if (length >= PSK_IDENTITY_ROOM || memchr(bytes, '\0', length))
        return true;
    memcpy(identity, bytes, length);
    identity[length] = '\0';
    return true;
}
