#include "workers/dtls/handshake.h"

#include "base/clock.h"
#include "base/writer.h"
#include "workers/dtls/held.h"
#include "workers/dtls/living.h"

#include <string.h>

#define RETRANSMIT_TIMEOUT_MAX (60 * CLOCK_SECOND) /* RFC 6347 §4.2.4.1 */
#define LOOKUPS_MAX            4                   /* of one handshake */

/* How often a wrong identity is passed over: it may be forged, and the client's own follows. After
 * that it is the client's, which waits for an answer. */
#define WRONG_IDENTITIES_MAX 2

/* RFC 5246 §7.2.2 */
#define ALERT_HANDSHAKE_FAILURE 40
#define ALERT_DECRYPT_ERROR     51 /* "unable to … validate a Finished message" */
#define ALERT_INTERNAL_ERROR    80

static void rearm(struct dtls *d, struct handshake *h)
{
    timer_arm(&d->timers, &h->timer, h->retransmit < h->expires ? h->retransmit : h->expires);
}

static void fail(struct dtls *d, struct association *a)
{
    association_end(d, a, DTLS_HANDSHAKES_FAILED);
}

/* Tells the client that its key or its suites are not ours, where wolfSSL would be silent and the
 * client go on to its own time limit. In plaintext, since we have not changed ciphers. */
static void send_alert(struct association *a, uint8_t alert)
{
    uint8_t bytes[16];
    struct writer w = writer_over(bytes, sizeof(bytes));
    uint64_t sequence = ++a->handshake->sequence;

    writer_u8(&w, RECORD_ALERT);
    writer_u16(&w, 0xfefd);
    writer_u16(&w, 0); /* epoch */
    writer_u16(&w, (uint16_t)(sequence >> 32));
    writer_u16(&w, (uint16_t)(sequence >> 16));
    writer_u16(&w, (uint16_t)sequence);
    writer_u16(&w, 2); /* length */
    writer_u8(&w, 2);  /* fatal */
    writer_u8(&w, alert);
    association_emit(a, bytes, writer_length(&w));
}

/* A Finished that does not decrypt was made with another key: the device's other one is next. */
static void check_finished(struct dtls *d, struct association *a)
{
    struct handshake *h = a->handshake;
    uint32_t undecrypted = session_undecrypted(a->session);

    if (undecrypted == h->undecrypted)
        return;
    h->undecrypted = undecrypted;
    if (!h->bad_finished) {
        h->bad_finished = true;
        counter_add(&d->counters[DTLS_HANDSHAKES_BAD_FINISHED], 1);
        key_choice_set(&d->key_choice, a->identity, h->has_other_key && h->key_index == 0);
    } else if (h->key_exchanges > 1) { /* the client sent its flight again */
        send_alert(a, ALERT_DECRYPT_ERROR);
        fail(d, a);
    }
}

/* There are several where one moved to the address of another. */
static void end_predecessors(struct dtls *d, struct association *a)
{
    struct association *old, *first;

    while ((old = table_find(&d->table, &a->path.peer, true)))
        association_end(d, old, DTLS_ENDED_REPLACED);
    if (table_count_source(&d->table, &a->path.peer, true, &first) >=
        d->settings.associations_of_source)
        association_end(d, first, DTLS_ENDED_EVICTED);
}

static enum dtls_counter counter_of_suite(uint16_t suite)
{
    switch (suite) {
    case SUITE_AES_128_CCM_8:
        return DTLS_SUITE_CCM_8;
    case SUITE_AES_128_CCM:
        return DTLS_SUITE_CCM;
    case SUITE_AES_128_GCM_SHA256:
        return DTLS_SUITE_GCM;
    default:
        return DTLS_SUITE_CBC;
    }
}

static void complete(struct dtls *d, struct association *a)
{
    uint32_t key_index = a->handshake->key_index;

    key_choice_set(&d->key_choice, a->identity, false);
    end_predecessors(d, a);
    table_delist(&d->table, a);
    handshake_free(d, a);
    a->last_used = d->now;
    a->filter.stage = FILTER_DONE;
    table_enlist(&d->table, a);
    counter_add(&d->counters[DTLS_HANDSHAKES_DONE], 1);
    counter_add(&d->counters[counter_of_suite(session_suite(a->session))], 1);
    d->handler.established(d->handler.context, a, key_index);
}

enum verdict { VERDICT_FEED, VERDICT_DROP, VERDICT_ASK };

/* What to do with a client that names itself. */
static enum verdict judge(struct dtls *d, struct association *a, const char *identity)
{
    struct handshake *h = a->handshake;
    bool same = strcmp(identity, a->identity) == 0;

    if (h->psk_state == PSK_ABSENT || (h->psk_state == PSK_KNOWN && same))
        return VERDICT_FEED;
    if (h->psk_state == PSK_NONE) {
        if (h->refused > 0 && same) /* the same again: no forgery. wolfSSL tells the client. */
            return VERDICT_FEED;
        if (h->refused >= LOOKUPS_MAX || identity[0] == '\0')
            return VERDICT_DROP;
        memcpy(a->identity, identity, strlen(identity) + 1);
        return VERDICT_ASK;
    }
    if (h->refused++ == 0) {
        counter_add(&d->counters[DTLS_IDENTITY_MISMATCHES], 1);
        d->handler.mismatch(d->handler.context, a, identity);
    }
    return h->refused > WRONG_IDENTITIES_MAX ? VERDICT_FEED : VERDICT_DROP;
}

static void take_record(struct dtls *d, struct association *a, const struct record *r)
{
    enum session_progress progress;

    if (r->epoch == 0 && r->type == RECORD_HANDSHAKE && r->body[0] == HANDSHAKE_CLIENT_KEY_EXCHANGE)
        a->handshake->key_exchanges += a->handshake->key_exchanges < UINT8_MAX;
    progress = session_handshake(a->session, r->start, r->size);
    filter_took(&a->filter, r);
    if (progress == SESSION_FAILED)
        fail(d, a);
    else if (progress == SESSION_DONE)
        complete(d, a);
    else
        check_finished(d, a);
}

static enum verdict verdict_of(struct dtls *d, struct association *a, const struct record *r)
{
    struct handshake_message m;
    char identity[PSK_IDENTITY_ROOM];

    if (r->epoch != 0 || r->type != RECORD_HANDSHAKE || !handshake_parse(&m, r) ||
        !psk_identity_parse(identity, &m))
        return VERDICT_FEED;
    return judge(d, a, identity);
}

static void ask(struct dtls *d, struct association *a, const char *identity)
{
    struct handshake *h = a->handshake;

    h->psk_state = PSK_ASKED;
    h->retransmit = CLOCK_NEVER; /* what the client sent is in our hands */
    rearm(d, h);
    d->handler.lookup(d->handler.context, a, identity);
}

/* False: the rest of the datagram has to wait, or is dropped. */
static bool receive_record(struct dtls *d, struct association *a, const struct datagram_path *path,
                           const struct records *all, const struct record *r)
{
    switch (verdict_of(d, a, r)) {
    case VERDICT_DROP:
        counter_add(&d->counters[DTLS_DROPPED_FILTERED], 1);
        return false;
    case VERDICT_ASK:
        held_add(d, a, path, all->bytes, all->length);
        ask(d, a, a->identity);
        return false;
    case VERDICT_FEED:
        take_record(d, a, r);
    }
    return true;
}

void handshake_receive(struct dtls *d, struct association *a, const struct datagram_path *path,
                       const struct records *all)
{
    struct cursor c = all->rest;
    struct record r = all->first;
    uint64_t id = a->id;

    if (a->handshake->psk_state == PSK_ASKED || a->handshake->psk_state == PSK_GONE) {
        held_add(d, a, path, all->bytes, all->length);
        return;
    }
    do {
        if (!a->handshake)
            living_record(d, a, path, &r);
        else if (!receive_record(d, a, path, all, &r))
            return;
    } while (a->id == id && record_next(&c, &r));
}

static void learn(struct dtls *d, struct association *a, const struct dtls_psk *psk)
{
    struct handshake *h = a->handshake;

    if (psk && psk->count > 0) {
        h->psk_state = PSK_KNOWN;
        h->has_other_key = psk->count > 1;
        h->key_index = h->has_other_key && key_choice_is_other(&d->key_choice, psk->identity);
        h->key = psk->keys[h->key_index];
        memcpy(a->identity, psk->identity, sizeof(a->identity));
        a->key_epoch = psk->epoch;
        return;
    }
    counter_add(&d->counters[DTLS_IDENTITY_UNKNOWN], 1);
    h->psk_state = d->settings.lookup_by_identity ? PSK_NONE : PSK_ABSENT;
    h->refused++;
}

void handshake_answer(struct dtls *d, struct association *a, const struct dtls_psk *psk)
{
    struct handshake *h = a->handshake;

    if (h->psk_state != PSK_ASKED)
        return;
    learn(d, a, psk);
    h->retransmit = d->now + h->timeout;
    rearm(d, h);
    if (h->psk_state == PSK_NONE) /* what asked was perhaps forged */
        held_drop(d, h);
    held_resume(d, a);
}

/* Not at once, since this may come from within the question. */
void handshake_abandon(struct dtls *d, struct association *a)
{
    struct handshake *h = a->handshake;

    if (h->psk_state != PSK_ASKED)
        return;
    h->psk_state = PSK_GONE;
    h->expires = d->now;
    rearm(d, h);
}

void handshake_begun(struct dtls *d, struct association *a, enum session_progress progress)
{
    struct handshake *h = a->handshake;

    if (progress == SESSION_FAILED) { /* there is no suite in common */
        send_alert(a, ALERT_HANDSHAKE_FAILURE);
        fail(d, a);
        return;
    }
    a->filter.cid = session_has_cid(a->session);
    filter_expect(&a->filter, session_suite(a->session));
    h->retransmit = d->now + h->timeout;
    rearm(d, h);
    if (!d->settings.lookup_by_identity)
        ask(d, a, NULL);
}

void handshake_expire(struct dtls *d, struct handshake *h)
{
    if (h->psk_state == PSK_GONE) {
        send_alert(h->association, ALERT_INTERNAL_ERROR);
        association_end(d, h->association, DTLS_HANDSHAKES_UNAVAILABLE);
        return;
    }
    if (d->now >= h->expires) {
        association_end(d, h->association, DTLS_HANDSHAKES_TIMED_OUT);
        return;
    }
    counter_add(&d->counters[DTLS_RETRANSMISSIONS], 1);
    session_retransmit(h->association->session);
    h->timeout = h->timeout * 2 < RETRANSMIT_TIMEOUT_MAX ? h->timeout * 2 : RETRANSMIT_TIMEOUT_MAX;
    h->retransmit = d->now + h->timeout;
    rearm(d, h);
}
