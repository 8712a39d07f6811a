#include "workers/resources/envelope.h"

#include "base/net_address.h"

#include <jansson.h>
#include <string.h>

void envelope_time_set(struct envelope_time *t, uint64_t wall_ms)
{
    struct writer received = writer_over(t->received, sizeof(t->received));
    struct writer id = writer_over(t->id_start, sizeof(t->id_start));

    t->wall_ms = wall_ms;
    writer_decimal(&received, wall_ms);
    t->received_length = (uint8_t)writer_length(&received);
    writer_terminate(&received);
    writer_literal(&id, "1-");
    writer_hex(&id, wall_ms / 1000, 8);
    writer_literal(&id, "-");
}

void envelope_make_id(char id[ENVELOPE_ID_SIZE], const struct envelope_time *time,
                      struct random_source *random)
{
    struct writer w = writer_over(id, ENVELOPE_ID_SIZE);

    writer_bytes(&w, time->id_start, sizeof(time->id_start));
    writer_hex(&w, random_next(random), 16);
    writer_hex(&w, random_next(random), 8);
    writer_terminate(&w);
}

bool envelope_is_json(const uint8_t *bytes, size_t length)
{
    json_t *value;

    if (memchr(bytes, 0, length)) /* jansson overlooks one behind a number */
        return false;
    /* Numbers are passed on as text, so their range does not matter. */
    value = json_loadb((const char *)bytes, length,
                       JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    json_decref(value);
    return value != NULL;
}

/* The object is left open. */
static void write_payload(struct writer *w, const struct envelope *e)
{
    if (e->is_json) {
        writer_literal(w, "{\"payload\":{\"type\":\"JSON\",\"value\":");
        writer_bytes(w, e->payload, e->payload_length);
    } else {
        writer_literal(w, "{\"payload\":{\"type\":\"STRING\",\"encoding\":\"base64\",\"value\":\"");
        writer_base64(w, e->payload, e->payload_length);
        writer_literal(w, "\"");
    }
    if (e->topic->length) {
        writer_literal(w, ",\"topic\":\"");
        writer_bytes(w, e->topic->bytes, e->topic->length);
        writer_literal(w, "\"");
    }
}

void envelope_write_device(struct writer *w, const struct device *device, const uint8_t ip[16])
{
    char text[NET_ADDRESS_TEXT];

    writer_literal(w, "\"device\":{\"iccid\":\"");
    writer_text(w, device->iccid);
    writer_literal(w, "\",\"ip\":\"");
    writer_text(w, net_ip_format(ip, text));
    if (device->imsi[0]) {
        writer_literal(w, "\",\"imsi\":\"");
        writer_text(w, device->imsi);
    }
    writer_literal(w, "\"}");
}

/* No text in it needs escaping: digits, addresses, topics of a restricted alphabet, base64. */
void envelope_write(struct writer *w, const struct envelope *e)
{
    write_payload(w, e);
    writer_literal(w, "},\"received\":\"");
    writer_bytes(w, e->time->received, e->time->received_length);
    writer_literal(w, "\",\"id\":\"");
    writer_bytes(w, e->id, ENVELOPE_ID_SIZE - 1);
    writer_literal(w, "\",\"source\":\"COAP\",\"type\":\"TELEMETRY_DATA\",\"version\":\"1.0.0\",");
    envelope_write_device(w, e->device, e->ip);
    writer_literal(w, "}");
}
