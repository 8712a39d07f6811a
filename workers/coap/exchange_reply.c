#include "workers/coap/exchange_reply.h"

static void count(struct exchanges *e, enum coap_counter counter)
{
    counter_add(&e->counters[counter], 1);
}

/* Room for one message of ours. */
static struct writer begin(struct exchanges *e)
{
    return writer_over(e->output.room(e->output.context), COAP_MESSAGE_MAX);
}

static void transmit(struct exchanges *e, const struct coap_endpoint *to,
                     const struct datagram_path *path, const struct writer *w)
{
    e->output.send(e->output.context, to, path, writer_length(w));
}

void exchange_send_empty(struct exchanges *e, const struct coap_endpoint *to,
                         const struct datagram_path *path, enum coap_type type, uint16_t id)
{
    struct writer w = begin(e);

    coap_write_empty(&w, type, id);
    transmit(e, to, path, &w);
    count(e, type == COAP_RST ? COAP_RESETS_SENT : COAP_EMPTY_ACKS_SENT);
}

void exchange_complete(const struct exchanges *e, struct coap_response *response, uint32_t block1)
{
    if (response->code == COAP_REQUEST_ENTITY_TOO_LARGE)
        response->size1 = e->settings.max_payload; /* RFC 7959 §2.9.3 */
    if (response->code == COAP_SERVICE_UNAVAILABLE || response->code == COAP_TOO_MANY_REQUESTS)
        response->max_age = EXCHANGE_RETRY_AFTER;
    if (COAP_CODE_CLASS(response->code) == 2 || response->code == COAP_REQUEST_ENTITY_INCOMPLETE)
        response->block1 = block1; /* RFC 7959 §2.3 */
}

/* Writes a response in a message of the given type. */
static void write_message(struct writer *w, enum coap_type type, uint16_t id,
                          const struct coap_token *token, const struct coap_response *response)
{
    coap_write_header(w, type, response->code, id, token);
    coap_write_response(w, response);
}

void exchange_piggyback(struct exchanges *e, const struct coap_endpoint *to,
                        const struct datagram_path *path, uint16_t id,
                        const struct coap_token *token, const struct coap_response *response)
{
    struct writer w = begin(e);

    write_message(&w, COAP_ACK, id, token, response);
    transmit(e, to, path, &w);
}

/* In a message of our own: a separate response to a confirmable request (RFC 7252 §5.2.2), the
 * response to any other (§5.2.3). */
static void respond_in_new_message(struct exchanges *e, uint64_t now, const struct exchange *x,
                                   const struct coap_response *response)
{
    uint16_t id = dedup_next_message_id(&e->dedup, &x->from);
    uint8_t bytes[COAP_MESSAGE_MAX];
    struct writer w;

    if (x->type == COAP_NON) {
        w = begin(e);
        write_message(&w, COAP_NON, id, &x->token, response);
        transmit(e, &x->from, &x->path, &w);
        return;
    }
    w = writer_over(bytes, sizeof(bytes));
    write_message(&w, COAP_CON, id, &x->token, response);
    count(e, COAP_SEPARATE_RESPONSES);
    separates_send(&e->separates, now, &x->from, &x->path, id, bytes, writer_length(&w));
}

static void deliver(struct exchanges *e, uint64_t now, const struct exchange *x,
                    const struct coap_response *response)
{
    bool suppressed = coap_suppresses(x->no_response, response->code);

    if (x->type != COAP_CON || x->acknowledged) {
        if (!suppressed)
            respond_in_new_message(e, now, x, response);
    } else if (suppressed) {
        exchange_send_empty(e, &x->from, &x->path, COAP_ACK, x->id);
    } else {
        exchange_piggyback(e, &x->from, &x->path, x->id, &x->token, response);
    }
}

static void end(struct exchanges *e, struct exchange *x)
{
    if (e->current == x)
        e->current = NULL;
    timer_disarm(&e->timers, &x->timer);
    slab_give(&e->slab, x);
}

void exchange_respond(struct exchanges *e, uint64_t now, struct exchange *x,
                      const struct coap_response *response)
{
    struct coap_response completed = *response;

    exchange_complete(e, &completed, x->block1);
    counter_add(&e->responses[response->code], 1);
    if (x->remembered != DEDUP_NONE)
        dedup_settle(&e->dedup, x->remembered, response->code);
    deliver(e, now, x, &completed);
    end(e, x);
}

void exchange_discard(struct exchanges *e, struct exchange *x)
{
    if (x->remembered != DEDUP_NONE)
        dedup_forget(&e->dedup, x->remembered);
    end(e, x);
}

void exchange_repeat(struct exchanges *e, uint64_t now, struct exchange *x, uint8_t code)
{
    struct coap_response response = coap_response_of(code);

    count(e, x->type == COAP_CON ? COAP_DUPLICATES_ANSWERED : COAP_DUPLICATES_NON);
    exchange_complete(e, &response, x->block1);
    if (x->remembered != DEDUP_NONE)
        dedup_settle(&e->dedup, x->remembered, code);
    if (x->type == COAP_CON)
        deliver(e, now, x, &response);
    end(e, x);
}

void exchange_leave(struct exchanges *e, struct exchange *x)
{
    count(e, x->type == COAP_CON ? COAP_DUPLICATES_IN_PROGRESS : COAP_DUPLICATES_NON);
    exchange_discard(e, x);
}

bool exchange_conflicts(struct exchanges *e, const struct exchange *x)
{
    if (!x->conflicts) {
        count(e, COAP_MID_CONFLICTS);
        e->handler.conflict(e->handler.context, &x->path);
    }
    return e->settings.mid_conflict == MID_CONFLICT_PROCESS;
}
