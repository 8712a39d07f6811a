/*
 * An output of the message layer that keeps what was sent, for tests. One thread.
 */
#ifndef SIMGATE_TESTS_UNIT_COAP_SENT_MESSAGES_H
#define SIMGATE_TESTS_UNIT_COAP_SENT_MESSAGES_H

#include "workers/coap/message.h"
#include "workers/coap/output.h"

#define SENT_MESSAGES_MAX 256

struct sent_message {
    struct coap_endpoint to;
    struct datagram_path path;
    uint64_t at; /* nanoseconds */
    size_t length;
    uint8_t bytes[COAP_MESSAGE_MAX];
};

struct sent_messages {
    uint64_t now; /* set by the test */
    uint32_t count;
    uint8_t room[COAP_MESSAGE_MAX];
    struct sent_message messages[SENT_MESSAGES_MAX];
};

struct coap_output sent_messages_output(struct sent_messages *s);

/* The message, which has to be well formed. */
struct coap_message sent_parse(const struct sent_messages *s, uint32_t index);

#endif
