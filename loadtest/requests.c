#include "loadtest/requests.h"

#include <stdio.h>
#include <string.h>

/* Between the Message ID of a request and that of something malformed. */
#define MALFORMED_OFFSET 0x8000

/* How long ago, in Message IDs, something malformed may have been sent that is answered now. */
#define MALFORMED_WINDOW 1024

static void write_path(struct request_body *b, struct writer *w, uint16_t *last, const char *path,
                       enum coap_code code)
{
    b->code = code;
    *w = writer_over(b->bytes, sizeof(b->bytes));
    *last = 0;
    coap_write_option(w, last, COAP_OPTION_URI_PATH, path, strlen(path));
    b->length = (uint16_t)writer_length(w);
}

static void write_message(struct request_body *b, const struct options *o)
{
    char query[OPTIONS_TOPIC_MAX + 3];
    struct writer w;
    uint16_t last;
    uint8_t *payload;
    size_t name_at;

    write_path(b, &w, &last, "data", COAP_POST);
    snprintf(query, sizeof(query), "t=%s", o->topic);
    if (*o->topic)
        coap_write_option(&w, &last, COAP_OPTION_URI_QUERY, query, strlen(query));
    if (o->payload > 0)
        writer_u8(&w, COAP_PAYLOAD_MARKER);
    payload = writer_reserve(&w, o->payload);
    if (!payload)
        return; /* it always fits */
    name_at = writer_length(&w) - o->payload + names_fill(payload, o->payload, o->payload_form);
    b->name_at = o->payload >= names_room(o->payload_form) ? (uint16_t)name_at : 0;
    b->length = (uint16_t)writer_length(&w);
}

void requests_init(struct requests *r, const struct options *o)
{
    struct writer w;
    uint16_t last;

    *r = (struct requests){.confirmable = !o->non};
    write_path(&r->bodies[RESULTS_BOOTSTRAP], &w, &last, "bootstrap", COAP_GET);
    write_path(&r->bodies[RESULTS_LOCATION], &w, &last, "location", COAP_GET);
    write_message(&r->bodies[RESULTS_MESSAGE], o);
}

size_t requests_write(const struct requests *r, const struct device *device,
                      const struct message_name *name, uint8_t *room, size_t size)
{
    const struct request_body *b = &r->bodies[device->step];
    struct writer w = writer_over(room, size);
    uint8_t *body;

    device_write_header(device, &w, r->confirmable ? COAP_CON : COAP_NON, b->code);
    body = writer_reserve(&w, b->length);
    if (!body)
        return 0; /* it always fits */
    memcpy(body, b->bytes, b->length);
    if (b->name_at)
        names_write(&body[b->name_at], name);
    return writer_length(&w);
}

/* A header, and what makes it wrong. */
static void write_wrong(struct writer *w, uint32_t kind, enum coap_type type, uint16_t id)
{
    static const struct {
        uint8_t first, code; /* the type is put in */
        uint8_t length;
        uint8_t rest[4];
    } kinds[] = {
        {0x4f, COAP_POST, 0, {0}},                       /* a token of 15 bytes: RFC 7252 §3 */
        {0x40, COAP_POST, 1, {COAP_PAYLOAD_MARKER}},     /* a marker, and no payload */
        {0x40, COAP_POST, 2, {0xf0, 'x'}},               /* an option delta of 15 */
        {0x40, COAP_POST, 2, {0xb9, 'd'}},               /* an option that is cut off */
        {0x42, COAP_POST, 1, {'t'}},                     /* a token that is cut off */
        {0x40, COAP_EMPTY, 2, {COAP_PAYLOAD_MARKER, 1}}, /* an empty message that is not */
        {0x80, COAP_POST, 0, {0}},                       /* version 2 */
    };

    kind %= sizeof(kinds) / sizeof(kinds[0]);
    writer_u8(w, (uint8_t)(kinds[kind].first | type << 4));
    writer_u8(w, kinds[kind].code);
    writer_u16(w, id);
    writer_bytes(w, kinds[kind].rest, kinds[kind].length);
}

size_t requests_write_malformed(const struct device *device, uint32_t random, uint8_t *room,
                                size_t size)
{
    struct writer w = writer_over(room, size);

    write_wrong(&w, random >> 1, random & 1 ? COAP_CON : COAP_NON,
                (uint16_t)(device->id + MALFORMED_OFFSET));
    return writer_length(&w);
}

bool requests_is_malformed_reset(const struct device *device, const struct coap_message *m)
{
    uint16_t age = (uint16_t)(device->id + MALFORMED_OFFSET - m->id);

    return m->type == COAP_RST && age < MALFORMED_WINDOW;
}
