#include "tests/protocol/fake_store.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer_location(struct fake_store *s, const struct fake_question *q)
{
    if (q->result != STORE_OK)
        q->location_done(q->context, q->result, NULL);
    else if (*s->location.longitude)
        q->location_done(q->context, STORE_OK, &s->location);
    else
        q->location_done(q->context, STORE_ABSENT, NULL);
}

static void answer_template(struct fake_store *s, const struct fake_question *q)
{
    struct store_template found = {.name = "fake", .text = s->template_text};

    if (q->result != STORE_OK) {
        q->template_done(q->context, q->result, NULL);
    } else if (!s->template_text) {
        q->template_done(q->context, STORE_ABSENT, NULL);
    } else {
        found.length = strlen(found.text);
        q->template_done(q->context, STORE_OK, &found);
    }
}

static void answer(struct fake_store *s, struct fake_question *question)
{
    struct fake_question q = *question;
    struct device device = {.imsi = "901405100002864",
                            .active = !s->inactive,
                            .location_allowed = s->location_allowed,
                            .template = s->template,
                            .psk_epoch = s->psk_epoch};

    *question = (struct fake_question){.due = CLOCK_NEVER};
    if (q.device_done) {
        if (*q.iccid)
            memcpy(device.iccid, q.iccid, sizeof(q.iccid));
        else
            snprintf(device.iccid, sizeof(device.iccid), "8900%03u", q.ip[15]);
        q.device_done(q.context, q.result, q.result == STORE_OK ? &device : NULL);
    } else if (q.psk_done) {
        q.psk_done(q.context, q.result, q.result == STORE_OK ? &s->keys : NULL);
    } else if (q.location_done) {
        answer_location(s, &q);
    } else if (q.template_done) {
        answer_template(s, &q);
    } else if (q.exchange_done) {
        s->exchange.request_hash = q.request_hash ^ s->other_bytes;
        q.exchange_done(q.context, q.result, q.result == STORE_OK ? &s->exchange : NULL);
    }
}

static void ask(struct fake_store *s, struct fake_question q, uint64_t delay)
{
    if (delay == 0) {
        answer(s, &q);
        return;
    }
    if (s->count == FAKE_STORE_QUESTIONS)
        abort();
    q.due = delay == CLOCK_NEVER ? CLOCK_NEVER : s->now + delay;
    s->questions[s->count++] = q;
}

static void device_by_address(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {.result = s->result, .device_done = done, .context = context};

    memcpy(q.ip, ip, 16);
    s->lookups++;
    ask(s, q, s->delay);
}

static void device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                            void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {.result = s->result, .device_done = done, .context = context};

    snprintf(q.iccid, sizeof(q.iccid), "%s", iccid);
    s->lookups++;
    ask(s, q, s->delay);
}

static void exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                             uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                             void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {.result = s->reserve_result,
                              .request_hash = request_hash,
                              .exchange_done = done,
                              .context = context};

    (void)key, (void)life;
    ask(s, q, s->reserve_delay);
}

static void exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                            uint8_t code, uint32_t request_hash, uint64_t life)
{
    struct fake_store *s = (struct fake_store *)session;

    (void)key, (void)request_hash, (void)life;
    s->settled++;
    s->settled_code = code;
}

static void exchange_release(struct store_session *session, const struct store_exchange_key *key)
{
    struct fake_store *s = (struct fake_store *)session;

    (void)key;
    s->released++;
}

static void psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                          void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {.result = s->keys_result, .psk_done = done, .context = context};

    (void)iccid;
    s->bootstraps++;
    ask(s, q, s->keys_delay);
}

static void location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {.result = s->result, .location_done = done, .context = context};

    (void)iccid;
    ask(s, q, s->location_delay);
}

static void location_set(struct store_session *session, const char *iccid,
                         const struct location *location)
{
    struct fake_store *s = (struct fake_store *)session;

    (void)iccid;
    s->location = *location;
    s->locations_set++;
}

static void template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context)
{
    struct fake_store *s = (struct fake_store *)session;
    struct fake_question q = {
        .result = s->template_result, .template_done = done, .context = context};

    (void)number;
    s->template_lookups++;
    ask(s, q, s->template_delay);
}

static const struct store_ops fake_ops = {.shares_exchanges = true,
                                          .device_by_address = device_by_address,
                                          .device_by_iccid = device_by_iccid,
                                          .exchange_reserve = exchange_reserve,
                                          .exchange_settle = exchange_settle,
                                          .exchange_release = exchange_release,
                                          .psk_bootstrap = psk_bootstrap,
                                          .location_find = location_find,
                                          .location_set = location_set,
                                          .template_find = template_find};

struct fake_store *fake_store_open(void)
{
    struct fake_store *s = calloc(1, sizeof(*s));

    s->session.ops = &fake_ops;
    s->exchange.state = STORE_EXCHANGE_RESERVED;
    return s;
}

void fake_store_close(struct fake_store *s)
{
    free(s);
}

uint64_t fake_store_deadline(const struct fake_store *s)
{
    uint64_t earliest = CLOCK_NEVER;

    for (uint32_t i = 0; i < s->count; i++)
        if (s->questions[i].due < earliest)
            earliest = s->questions[i].due;
    return earliest;
}

void fake_store_answer(struct fake_store *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->questions[i].due <= s->now)
            answer(s, &s->questions[i]);
}

void fake_store_answer_all(struct fake_store *s, enum store_result result)
{
    for (uint32_t i = 0; i < s->count; i++) {
        s->questions[i].result = result;
        answer(s, &s->questions[i]);
    }
}
