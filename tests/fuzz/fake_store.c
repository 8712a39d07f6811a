#include "tests/fuzz/fake_store.h"

#include "base/list.h"
#include "tests/fuzz/fuzz.h"
#include "workers/coap/wire.h"

#include <string.h>

static struct fake_store *of_session(struct store_session *session)
{
    return container_of(session, struct fake_store, session);
}

static void answer_device(struct fake_store *s, const struct fake_question *q)
{
    struct device device = {.iccid = "8988280666000002860", .imsi = "901405100002860"};
    bool known = memcmp(q->ip + 12, "\x0a\0\0", 3) == 0 && q->ip[15] >= 1 && q->ip[15] <= 4;

    device.iccid[18] = (char)('0' + q->ip[15] % 10);
    device.active = q->ip[15] != 4;
    device.location_allowed = true;
    if (s->result != STORE_OK && s->result != STORE_ABSENT)
        q->device_done(q->context, s->result, NULL);
    else if (known)
        q->device_done(q->context, STORE_OK, &device);
    else
        q->device_done(q->context, STORE_ABSENT, NULL);
}

static void answer_location(struct fake_store *s, const struct fake_question *q)
{
    static const struct location location = {"13.404954", "52.520008", "GPS", "1700000000"};

    q->location_done(q->context, s->result, s->result == STORE_OK ? &location : NULL);
}

/* A template that reads few payloads. */
static void answer_template(struct fake_store *s, const struct fake_question *q)
{
    static const char text[] =
        "{\"sense\":[{\"asset\":\"gps.lat\",\"custom_type\":\"location_lat\",\"value\":{\"byte\":0,"
        "\"bytelength\":4,\"type\":\"float\"}},{\"asset\":\"gps.lon\",\"custom_type\":"
        "\"location_long\",\"value\":{\"byte\":4,\"bytelength\":4,\"type\":\"float\"}},"
        "{\"asset\":\"rest\",\"value\":{\"byte\":8,\"endbyte\":0,\"type\":\"string\"}}]}";
    static const struct store_template found = {"fuzz", text, sizeof(text) - 1};

    q->template_done(q->context, s->result, s->result == STORE_OK ? &found : NULL);
}

static void answer_exchange(struct fake_store *s, const struct fake_question *q)
{
    struct store_exchange exchange = {.state = s->exchange, .code = COAP_CHANGED};

    if (s->result != STORE_OK && s->result != STORE_ABSENT) {
        q->exchange_done(q->context, s->result, NULL);
        return;
    }
    s->changed_elsewhere += s->exchange == STORE_EXCHANGE_SETTLED;
    q->exchange_done(q->context, STORE_OK, &exchange);
}

static void answer(struct fake_store *s, const struct fake_question *q)
{
    if (q->device_done)
        answer_device(s, q);
    else if (q->location_done)
        answer_location(s, q);
    else if (q->template_done)
        answer_template(s, q);
    else
        answer_exchange(s, q);
}

static void ask(struct fake_store *s, const struct fake_question *q)
{
    if (s->answers_late && s->count < FAKE_STORE_QUESTIONS)
        s->questions[s->count++] = *q;
    else
        answer(s, q);
}

static void device_by_address(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context)
{
    struct fake_question q = {.device_done = done, .context = context};

    memcpy(q.ip, ip, 16);
    ask(of_session(session), &q);
}

static void location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context)
{
    struct fake_question q = {.location_done = done, .context = context};

    CHECK(strlen(iccid) <= DEVICE_ICCID_MAX);
    ask(of_session(session), &q);
}

static void location_set(struct store_session *session, const char *iccid,
                         const struct location *location)
{
    CHECK(location_is_legal(location));
}

static void template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context)
{
    struct fake_question q = {.template_done = done, .context = context};

    CHECK(number == STORE_TEMPLATE_ACTIVE);
    ask(of_session(session), &q);
}

static void exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                             uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                             void *context)
{
    struct fake_question q = {.exchange_done = done, .context = context};

    CHECK(key->length <= sizeof(key->bytes) && life > 0);
    ask(of_session(session), &q);
}

static void exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                            uint8_t code, uint32_t request_hash, uint64_t life)
{
    CHECK(COAP_CODE_CLASS(code) >= 2 && COAP_CODE_CLASS(code) <= 5 && life > 0);
}

static void exchange_release(struct store_session *session, const struct store_exchange_key *key)
{
}

void fake_store_init(struct fake_store *s)
{
    static const struct store_ops ops = {
        .shares_exchanges = true,
        .device_by_address = device_by_address,
        .exchange_reserve = exchange_reserve,
        .exchange_settle = exchange_settle,
        .exchange_release = exchange_release,
        .location_find = location_find,
        .location_set = location_set,
        .template_find = template_find,
    };

    *s = (struct fake_store){.store = {.ops = &ops}, .session = {.ops = &ops}};
}

void fake_store_answer(struct fake_store *s, uint32_t number)
{
    struct fake_question q;

    if (s->count == 0)
        return;
    number %= s->count;
    q = s->questions[number];
    s->count--;
    memmove(&s->questions[number], &s->questions[number + 1], (s->count - number) * sizeof(q));
    answer(s, &q);
}

void fake_store_answer_all(struct fake_store *s)
{
    s->answers_late = false;
    while (s->count)
        fake_store_answer(s, 0);
}
