#include "workers/resources/error_event.h"

#include "base/net_address.h"
#include "workers/resources/energy_saver/json_text.h"
#include "workers/resources/envelope.h"

#include <string.h>

#define JOBS_MAX   256
#define JOB_MEMORY 3072 /* the longest topic and two texts of which each character is escaped */

struct error_job {
    struct outbound outbound;
    uint8_t memory[JOB_MEMORY];
};

const char *error_topic_init(struct topic_template *t, const char *text)
{
    if (strstr(text, "{t}") || strstr(text, "{imsi}"))
        return "only {iccid} may stand in braces";
    if (!*text)
        return "empty";
    return topic_template_init(t, text, "");
}

int error_events_init(struct error_events *e, const struct error_event_settings *settings)
{
    *e = (struct error_events){.settings = *settings};
    return slab_init(&e->jobs, sizeof(struct error_job), JOBS_MAX);
}

void error_events_deinit(struct error_events *e)
{
    slab_deinit(&e->jobs);
}

/* What is no UTF-8 is taken for Latin-1. */
static void write_latin1(struct writer *w, const char *text)
{
    writer_u8(w, '"');
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;

        if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
            writer_u8(w, c);
        } else {
            writer_literal(w, "\\u");
            writer_hex(w, c, 4);
        }
    }
    writer_u8(w, '"');
}

/* A string (RFC 8259 §7) of any bytes. */
static void write_string(struct writer *w, const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t length = strlen(text);

    if (json_text_is_utf8(bytes, length))
        json_text_write(w, bytes, length);
    else
        write_latin1(w, text);
}

static void write_error(struct writer *w, const struct error_event *event)
{
    writer_literal(w, ",\"error\":{");
    if (event->code) {
        writer_literal(w, "\"code\":");
        write_string(w, event->code);
        writer_literal(w, ",");
    }
    writer_literal(w, "\"message\":");
    write_string(w, event->message);
    writer_literal(w, ",\"description\":");
    write_string(w, event->description);
    writer_literal(w, "}");
}

void error_event_write(struct writer *w, const struct error_event *event, const char *id,
                       const struct envelope_time *time)
{
    writer_literal(w, "{\"id\":\"");
    writer_text(w, id);
    writer_literal(w, "\",\"type\":\"ERROR\",\"received\":\"");
    writer_bytes(w, time->received, time->received_length);
    writer_literal(w, "\",");
    envelope_write_device(w, event->device, event->ip);
    write_error(w, event);
    writer_literal(w, ",\"version\":\"1.0.0\"}");
}

static void finish(struct resources *r, struct outbound *outbound, enum publish_result result)
{
    struct error_events *e = r->error_events;

    e->acknowledged += result == PUBLISH_ACKNOWLEDGED;
    e->failed += result != PUBLISH_ACKNOWLEDGED;
    slab_give(&e->jobs, container_of(outbound, struct error_job, outbound));
}

/* False: it does not fit. */
static bool prepare(struct resources *r, struct error_job *job, const struct error_event *event)
{
    const struct error_event_settings *settings = &r->error_events->settings;
    struct publication *p = &job->outbound.publication;
    struct writer w = writer_over(job->memory, sizeof(job->memory));
    static const struct coap_text none = {0};
    char id[ENVELOPE_ID_SIZE];

    job->outbound = (struct outbound){.publication = {.context = &job->outbound}, .finish = finish};
    p->deadline = r->now + settings->deadline;
    p->order_key = event->order_key;
    p->topic = (const char *)w.at;
    topic_expand(&settings->topic, &w, event->device, &none);
    writer_u8(&w, 0);
    p->payload = w.at;
    envelope_make_id(id, &r->wall, r->random);
    error_event_write(&w, event, id, &r->wall);
    p->payload_length = (uint32_t)(w.at - p->payload);
    return !w.failed;
}

void error_event_publish(struct resources *r, const struct error_event *event)
{
    struct error_events *e = r->error_events;
    struct error_job *job = slab_take(&e->jobs);
    enum publish_result result;

    if (!job) {
        e->dropped++;
        return;
    }
    if (!prepare(r, job, event)) {
        e->dropped++;
        slab_give(&e->jobs, job);
        return;
    }
    result = publisher_submit(r->publisher, &job->outbound.publication);
    if (result == PUBLISH_PENDING)
        return;
    e->dropped++;
    slab_give(&e->jobs, job);
}
