#include "tests/unit/coap/sent_messages.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *room(void *context)
{
    struct sent_messages *s = context;

    return s->room;
}

static void keep(void *context, const struct coap_endpoint *to, const struct datagram_path *path,
                 size_t length)
{
    struct sent_messages *s = context;
    struct sent_message *m = &s->messages[s->count++];

    if (s->count > SENT_MESSAGES_MAX)
        abort();
    m->to = *to;
    m->path = *path;
    m->at = s->now;
    m->length = length;
    memcpy(m->bytes, s->room, length);
}

struct coap_output sent_messages_output(struct sent_messages *s)
{
    return (struct coap_output){.context = s, .room = room, .send = keep};
}

struct coap_message sent_parse(const struct sent_messages *s, uint32_t index)
{
    struct coap_message m;

    if (index >= s->count ||
        coap_message_parse(&m, s->messages[index].bytes, s->messages[index].length) != COAP_PARSED)
        abort();
    return m;
}
