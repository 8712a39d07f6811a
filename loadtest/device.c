#include "loadtest/device.h"

#include "base/clock.h"

#include <string.h>

/* RFC 7252 §4.8 */
#define ACK_TIMEOUT    (2 * CLOCK_SECOND)
#define MAX_RETRANSMIT 4

/* How long a NON, or a CON that was acknowledged, waits for its response. The RFC leaves it open;
 * a gateway's own deadline should be well within it. */
#define RESPONSE_PATIENCE (20 * CLOCK_SECOND)

/* The number with the device's own lowest bits. */
static uint32_t mark(const struct device *d, uint32_t number)
{
    return (number & ~(uint32_t)(d->stride - 1)) | d->slot;
}

void device_init(struct device *d, struct random_source *random, uint8_t slot, uint8_t stride)
{
    *d = (struct device){.slot = slot, .stride = stride};
    d->id = (uint16_t)mark(d, (uint32_t)random_next(random));
}

/* ACK_TIMEOUT to ACK_TIMEOUT * ACK_RANDOM_FACTOR (RFC 7252 §4.2). */
static uint64_t draw_timeout(struct random_source *random)
{
    return ACK_TIMEOUT + random_below(random, (uint32_t)(ACK_TIMEOUT / 2) + 1);
}

void device_begin(struct device *d, struct random_source *random, bool confirmable)
{
    uint32_t token = (uint32_t)(random_next(random) >> 32);

    memcpy(d->token, &token, DEVICE_TOKEN);
    d->token[0] = (uint8_t)mark(d, d->token[0]);
    d->id = (uint16_t)(d->id + d->stride);
    d->requests++;
    d->retransmissions = 0;
    d->gave_up = false;
    d->state = DEVICE_SENT;
    d->patience = confirmable ? draw_timeout(random) : RESPONSE_PATIENCE;
}

bool device_expire(struct device *d, bool confirmable)
{
    if (!confirmable || d->state != DEVICE_SENT || d->retransmissions == MAX_RETRANSMIT) {
        d->state = DEVICE_IDLE;
        d->gave_up = true;
        return false;
    }
    d->retransmissions++;
    d->patience *= 2;
    return true;
}

static bool has_our_token(const struct device *d, const struct coap_message *m)
{
    return m->token.length == DEVICE_TOKEN && memcmp(m->token.bytes, d->token, DEVICE_TOKEN) == 0;
}

static struct device_reaction react(enum device_event event, enum device_reply reply)
{
    return (struct device_reaction){.event = event, .reply = reply};
}

static struct device_reaction end_exchange(struct device *d, enum device_event event,
                                           enum device_reply reply)
{
    d->state = DEVICE_IDLE;
    return react(event, reply);
}

/* A response to the last request, which is over. */
static struct device_reaction receive_again(struct device *d, enum device_reply reply)
{
    enum device_event event = d->gave_up ? DEVICE_LATE : DEVICE_REPEATED;

    d->gave_up = false;
    return react(event, reply);
}

/* An acknowledgement that belongs to no open request. That of the request before is known by its
 * Message ID alone. */
static struct device_reaction receive_old_ack(struct device *d, const struct coap_message *m)
{
    bool is_response = m->type == COAP_ACK && COAP_CODE_CLASS(m->code) >= 2;

    if (is_response && d->state == DEVICE_IDLE && m->id == d->id && has_our_token(d, m))
        return receive_again(d, DEVICE_SILENT);
    if (is_response && m->id == (uint16_t)(d->id - d->stride) && d->requests > 1)
        return react(DEVICE_REPEATED, DEVICE_SILENT);
    return react(DEVICE_STRAY, DEVICE_SILENT);
}

/* An acknowledgement or reset belongs to the request by its Message ID alone (RFC 7252 §4.2), a
 * piggybacked response by its token, too (§5.3.2). */
static struct device_reaction receive_ack(struct device *d, const struct coap_message *m)
{
    if (d->state == DEVICE_IDLE || m->id != d->id)
        return receive_old_ack(d, m);
    if (m->type == COAP_RST)
        return end_exchange(d, DEVICE_RESET, DEVICE_SILENT);
    if (m->code != COAP_EMPTY && has_our_token(d, m) && COAP_CODE_CLASS(m->code) != 0)
        return end_exchange(d, DEVICE_ANSWERED, DEVICE_SILENT);
    if (m->code != COAP_EMPTY || d->state == DEVICE_ACKNOWLEDGED)
        return react(DEVICE_STRAY, DEVICE_SILENT);
    d->state = DEVICE_ACKNOWLEDGED;
    d->patience = RESPONSE_PATIENCE;
    return react(DEVICE_ACKED, DEVICE_SILENT);
}

/* A separate response, or the one to a NON. It acknowledges the request when it comes first (RFC
 * 7252 §5.2.2), and is acknowledged again when our acknowledgement was lost (§4.2). */
static struct device_reaction receive_response(struct device *d, const struct coap_message *m)
{
    bool confirmable = m->type == COAP_CON;
    enum device_reply ack = confirmable ? DEVICE_SENDS_ACK : DEVICE_SILENT;

    if (confirmable && d->separate && m->id == d->separate_id)
        return react(DEVICE_REPEATED, ack);
    if (COAP_CODE_CLASS(m->code) == 0 || d->requests == 0 || !has_our_token(d, m))
        return react(DEVICE_STRAY, confirmable ? DEVICE_SENDS_RST : DEVICE_SILENT);
    if (d->state == DEVICE_IDLE)
        return receive_again(d, ack);
    if (confirmable) {
        d->separate = true;
        d->separate_id = m->id;
    }
    return end_exchange(d, DEVICE_ANSWERED, ack);
}

struct device_reaction device_receive(struct device *d, const struct coap_message *m)
{
    if (m->type == COAP_ACK || m->type == COAP_RST)
        return receive_ack(d, m);
    return receive_response(d, m);
}

struct device_reaction device_receive_echo(struct device *d, const struct coap_message *m)
{
    if (d->requests == 0 || m->id != d->id || !has_our_token(d, m))
        return react(DEVICE_STRAY, DEVICE_SILENT);
    if (d->state == DEVICE_IDLE)
        return receive_again(d, DEVICE_SILENT);
    return end_exchange(d, DEVICE_ANSWERED, DEVICE_SILENT);
}

void device_write_header(const struct device *d, struct writer *w, enum coap_type type,
                         enum coap_code code)
{
    struct coap_token token = {.length = DEVICE_TOKEN};

    memcpy(token.bytes, d->token, DEVICE_TOKEN);
    coap_write_header(w, type, (uint8_t)code, d->id, &token);
}
