#include "loadtest/operation.h"

#include "base/clock.h"
#include "loadtest/traffic.h"

#include <errno.h>

/* The handshake's own retransmission (RFC 6347 §4.2.4.1): 1 s, doubling. */
#define FLIGHT_TIMEOUT CLOCK_SECOND
#define FLIGHTS_MAX    5 /* transmissions of the same flight, and then it is given up */

#define RECORD_ROOM 2048

/* How an operation ends. */
enum outcome {
    OUTCOME_SUCCEEDED,
    OUTCOME_REFUSED,
    OUTCOME_REJECTED,
    OUTCOME_BROKEN,
    OUTCOME_TIMEOUT
};

static void begin_step(struct driver *d, struct device *device, enum results_step step,
                       uint64_t since, uint64_t now);

static struct results_step_totals *step_totals(struct driver *d, const struct device *device)
{
    return &d->results->steps[device->step];
}

/* ---- the end ---- */

static void count_outcome(struct driver *d, const struct device *device, enum outcome outcome,
                          uint64_t now)
{
    struct results_totals *t = &d->results->totals;
    uint64_t latency = now - device->since;

    switch (outcome) {
    case OUTCOME_SUCCEEDED:
    case OUTCOME_REFUSED:
        t->answered++;
        *(outcome == OUTCOME_SUCCEEDED ? &t->succeeded : &t->refused) += 1;
        histogram_record(&d->second, latency);
        if (latency > d->second_max)
            d->second_max = latency;
        d->last_answer = now;
        return;
    case OUTCOME_REJECTED:
        t->rejected++;
        return;
    case OUTCOME_BROKEN:
        t->failed_handshakes++;
        return;
    case OUTCOME_TIMEOUT:
        t->timeouts++;
        return;
    }
}

/* Whether another request is open by the association of this one. */
static bool has_open_sibling(const struct driver *d, const struct device *device)
{
    for (uint32_t i = driver_number(d, device); i < d->device_count; i += d->options->devices)
        if (&d->devices[i] != device && d->devices[i].state != DEVICE_IDLE)
            return true;
    return false;
}

static void finish(struct driver *d, struct device *device, enum outcome outcome, uint64_t now)
{
    if (d->preparing)
        d->prepared += outcome == OUTCOME_SUCCEEDED;
    else
        count_outcome(d, device, outcome, now);
    device->state = DEVICE_IDLE;
    if (d->options->secure && driver_association(d, device)->suspect &&
        !has_open_sibling(d, device))
        associations_drop(&d->associations, driver_number(d, device));
    timer_disarm(&d->timers, &device->timer);
    list_append(&d->idle, &device->idle);
    d->results->in_flight--;
}

static enum results_step last_step(const struct driver *d)
{
    switch (d->options->scenario) {
    case SCENARIO_BOOTSTRAP:
        return RESULTS_BOOTSTRAP;
    case SCENARIO_LOCATION:
        return RESULTS_LOCATION;
    case SCENARIO_TELEMETRY:
    case SCENARIO_COLD:
    case SCENARIO_RESUME:
        break;
    }
    return RESULTS_MESSAGE;
}

static void record_step(struct results_step_totals *s, uint64_t latency)
{
    histogram_record(&s->latency, latency);
    if (latency > s->latency_max)
        s->latency_max = latency;
}

static void end_making(struct driver *d, const struct device *device)
{
    struct association *a = d->options->secure ? driver_association(d, device) : NULL;

    if (a && a->maker == (uint32_t)(device - d->devices))
        a->in_making = false;
}

/* The step is through, well or not; the next one begins where there is one. */
static void end_step(struct driver *d, struct device *device, enum outcome outcome, uint64_t now)
{
    struct results_step_totals *s = step_totals(d, device);
    enum results_step last = d->preparing ? RESULTS_HANDSHAKE : last_step(d);

    if (device->step == RESULTS_HANDSHAKE || outcome != OUTCOME_SUCCEEDED)
        end_making(d, device);
    if (outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_REFUSED)
        record_step(s, now - device->step_since);
    if (outcome != OUTCOME_SUCCEEDED) {
        *(outcome == OUTCOME_TIMEOUT ? &s->timeouts : &s->failed) += 1;
        finish(d, device, outcome, now);
        return;
    }
    s->succeeded++;
    if (device->step == last)
        finish(d, device, OUTCOME_SUCCEEDED, now);
    else
        begin_step(d, device, device->step == RESULTS_BOOTSTRAP ? RESULTS_HANDSHAKE : last, now,
                   now);
}

/* ---- the beginning ---- */

static void count_handshake(struct results_totals *t, const struct association *a)
{
    *(dtls_client_is_resumed(a->client) ? &t->handshakes_resumed : &t->handshakes_full) += 1;
    t->handshakes_offered += a->offered;
}

static void go_on_with_handshake(struct driver *d, struct device *device, const uint8_t *datagram,
                                 size_t length, uint64_t now)
{
    struct association *a = driver_association(d, device);

    switch (dtls_client_handshake(a->client, datagram, length)) {
    case DTLS_CLIENT_WAITS:
        return;
    case DTLS_CLIENT_DONE:
        count_handshake(&d->results->totals, a);
        associations_connect(&d->associations, driver_number(d, device));
        end_step(d, device, OUTCOME_SUCCEEDED, now);
        return;
    case DTLS_CLIENT_FAILED:
        associations_drop(&d->associations, driver_number(d, device));
        end_step(d, device, OUTCOME_BROKEN, now);
        return;
    }
}

static void begin_handshake(struct driver *d, struct device *device, uint64_t now)
{
    if (!associations_begin(&d->associations, driver_number(d, device))) {
        d->error = -ENOMEM;
        return;
    }
    device->state = DEVICE_SENT;
    device->retransmissions = 0;
    device->patience = FLIGHT_TIMEOUT;
    timer_arm(&d->timers, &device->timer, now + device->patience);
    go_on_with_handshake(d, device, NULL, 0, now);
}

static void begin_step(struct driver *d, struct device *device, enum results_step step,
                       uint64_t since, uint64_t now)
{
    device->step = (uint8_t)step;
    device->step_since = since;
    step_totals(d, device)->started++;
    if (step == RESULTS_HANDSHAKE) {
        begin_handshake(d, device, now);
        return;
    }
    device_begin(device, &d->random, d->requests.confirmable);
    device->messages += step == RESULTS_MESSAGE;
    timer_arm(&d->timers, &device->timer, now + device->patience);
    traffic_request(d, device);
}

/* What a device has, it does not get again: but for one that was switched off. */
static enum results_step first_step(struct driver *d, const struct device *device)
{
    struct association *a;

    if (!d->options->secure)
        return last_step(d);
    a = driver_association(d, device);
    if (d->options->scenario == SCENARIO_COLD || d->options->scenario == SCENARIO_RESUME)
        associations_drop(&d->associations, driver_number(d, device));
    else if (a->connected)
        return last_step(d);
    a->in_making = true;
    a->maker = (uint32_t)(device - d->devices);
    if (!a->key || (d->associations.bootstraps && d->options->scenario == SCENARIO_COLD))
        return RESULTS_BOOTSTRAP;
    return RESULTS_HANDSHAKE;
}

bool operation_can_start(const struct driver *d, const struct device *device)
{
    const struct association *a = d->options->secure ? driver_association(d, device) : NULL;

    return !a || !(a->in_making || a->suspect);
}

void operation_start(struct driver *d, struct device *device, uint64_t since, uint64_t now)
{
    d->results->in_flight++;
    device->since = since;
    if (!d->preparing) {
        d->results->totals.sent++;
        traffic_move(d, device);
        traffic_disturb(d, device);
    }
    begin_step(d, device, first_step(d, device), since, now);
}

/* ---- time passes ---- */

static void retransmit(struct driver *d, struct device *device, uint64_t now)
{
    step_totals(d, device)->retransmissions++;
    d->results->totals.retransmissions += !d->preparing;
    timer_arm(&d->timers, &device->timer, now + device->patience);
    if (device->step == RESULTS_HANDSHAKE)
        dtls_client_retransmit(driver_association(d, device)->client);
    else
        traffic_request(d, device);
}

static bool goes_on(const struct driver *d, struct device *device)
{
    if (device->step != RESULTS_HANDSHAKE)
        return device_expire(device, d->requests.confirmable);
    device->patience *= 2;
    return ++device->retransmissions < FLIGHTS_MAX;
}

void operation_expire(struct driver *d, struct device *device, uint64_t now)
{
    if (goes_on(d, device)) {
        retransmit(d, device, now);
        return;
    }
    /* a device that is not answered suspects its association: finish() drops it */
    if (d->options->secure)
        driver_association(d, device)->suspect = true;
    end_step(d, device, OUTCOME_TIMEOUT, now);
}

/* ---- something comes ---- */

static void acknowledge(struct driver *d, const struct device *device, uint8_t code)
{
    if (device->step == RESULTS_MESSAGE && COAP_CODE_CLASS(code) == 2)
        verify_acknowledge(&d->verify, driver_number(d, device), traffic_sequence(device));
}

static void take_response(struct driver *d, struct device *device, const struct coap_message *m,
                          uint64_t now)
{
    bool good = d->options->echo || COAP_CODE_CLASS(m->code) == 2;

    d->results->totals.codes[m->code]++;
    acknowledge(d, device, m->code);
    if (good && device->step == RESULTS_BOOTSTRAP && d->options->secure)
        good = associations_learn(&d->associations, driver_number(d, device), m->payload,
                                  m->payload_length);
    end_step(d, device, good ? OUTCOME_SUCCEEDED : OUTCOME_REFUSED, now);
}

static void take_event(struct driver *d, struct device *device, enum device_event event,
                       const struct coap_message *m, uint64_t now)
{
    struct results_totals *t = &d->results->totals;

    switch (event) {
    case DEVICE_STRAY:
        *(requests_is_malformed_reset(device, m) ? &t->malformed_resets : &t->strays) += 1;
        return;
    case DEVICE_REPEATED:
        t->repeated++;
        return;
    case DEVICE_LATE:
        t->late_answers++;
        acknowledge(d, device, m->code);
        return;
    case DEVICE_ACKED:
        t->acknowledged++;
        timer_arm(&d->timers, &device->timer, now + device->patience);
        return;
    case DEVICE_RESET:
        end_step(d, device, OUTCOME_REJECTED, now);
        return;
    case DEVICE_ANSWERED:
        take_response(d, device, m, now);
        return;
    }
}

static void receive_message(struct driver *d, uint32_t number, const uint8_t *bytes, size_t length,
                            bool secure, uint64_t now)
{
    struct coap_message m;
    struct device *device;
    struct device_reaction reaction;

    if (coap_message_parse(&m, bytes, length) != COAP_PARSED) {
        d->results->totals.strays++;
        return;
    }
    device =
        &d->devices[number + device_slot(&m, (uint8_t)d->options->nstart) * d->options->devices];
    if (device->step == RESULTS_HANDSHAKE && device->state != DEVICE_IDLE) {
        d->results->totals.strays++; /* the exchange is over, and not the operation */
        return;
    }
    reaction = d->options->echo ? device_receive_echo(device, &m) : device_receive(device, &m);
    traffic_reply(d, device, reaction.reply, m.id, secure);
    take_event(d, device, reaction.event, &m, now);
}

void operation_receive(struct driver *d, uint32_t number, const uint8_t *bytes, size_t length,
                       uint64_t now)
{
    receive_message(d, number, bytes, length, false, now);
}

/* The association is gone: what was under way by it fails now. */
static void break_association(struct driver *d, uint32_t number, uint64_t now)
{
    associations_drop(&d->associations, number);
    for (uint32_t i = number; i < d->device_count; i += d->options->devices)
        if (d->devices[i].state != DEVICE_IDLE && d->devices[i].step != RESULTS_BOOTSTRAP)
            end_step(d, &d->devices[i], OUTCOME_BROKEN, now);
}

static void read_records(struct driver *d, uint32_t number, const uint8_t *bytes, size_t length,
                         uint64_t now)
{
    struct association *a = &d->associations.list[number];
    uint8_t data[RECORD_ROOM];
    int got = 0;

    dtls_client_feed(a->client, bytes, length);
    /* what a message leads to may end the association */
    while (a->connected && (got = dtls_client_read(a->client, data, sizeof(data))) > 0)
        receive_message(d, number, data, (size_t)got, true, now);
    if (got == DTLS_CLIENT_CLOSED)
        break_association(d, number, now);
}

void operation_receive_record(struct driver *d, uint32_t number, const uint8_t *bytes,
                              size_t length, uint64_t now)
{
    struct association *a = &d->associations.list[number];

    if (a->connected)
        read_records(d, number, bytes, length, now);
    else if (a->client)
        go_on_with_handshake(d, &d->devices[a->maker], bytes, length, now);
    else
        d->results->totals.strays++;
}
