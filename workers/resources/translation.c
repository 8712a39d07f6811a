#include "workers/resources/translation.h"

#include "workers/resources/error_event.h"
#include "workers/resources/telemetry.h"
#include "workers/resources/templates.h"

#include <stdio.h>
#include <string.h>

#define LOCATION_SOURCE "GPS"

#define ROOM_MIN 1024 /* bytes of JSON that need no memory but a job's own */

static struct translation_sequel *sequel_of(struct translation *t,
                                            const struct resource_request *request)
{
    if (!t->has_sequel)
        t->sequel = (struct translation_sequel){.device = *request->device,
                                                .order_key = request->order_key};
    t->has_sequel = true;
    return &t->sequel;
}

static void complain(struct translation *t, const struct resource_request *request,
                     const char *message, const char *description)
{
    struct translation_sequel *sequel = sequel_of(t, request);

    sequel->message = message;
    snprintf(sequel->description, sizeof(sequel->description), "%s", description);
}

static void complain_of_lack(struct translation *t, struct resources *r,
                             const struct resource_request *request, enum template_lack lack)
{
    r->translations.lacking++;
    complain(t, request, "the template cannot be used",
             lack == TEMPLATE_MISSING
                 ? "the device is to have a template that does not exist"
                 : "the template makes no sense, and none was in force before; the gateway's log "
                   "says what is wrong");
}

/* A location counts from the moment at which the gateway received it. */
static void take_location(struct translation *t, struct resources *r,
                          const struct resource_request *request,
                          const struct template_result *result)
{
    struct writer time;
    struct location *l;

    if (result->location_unusable) {
        r->translations.locations_unusable++;
        complain(t, request, "the location cannot be used",
                 "the template gave half a location, or one out of range");
    }
    if (!*result->longitude)
        return;
    r->translations.locations++;
    l = &sequel_of(t, request)->location;
    memcpy(l->longitude, result->longitude, sizeof(l->longitude));
    memcpy(l->latitude, result->latitude, sizeof(l->latitude));
    memcpy(l->source, LOCATION_SOURCE, sizeof(LOCATION_SOURCE));
    time = writer_over(l->sample_time, sizeof(l->sample_time));
    writer_decimal(&time, r->wall.wall_ms / 1000);
    writer_terminate(&time);
}

/* What could never be published, even if nothing else waited for the broker, is too long; the other
 * half is for what comes around it. */
static size_t room_for_json(const struct resources *r)
{
    uint64_t half = r->telemetry->settings.payload_memory / 2;

    if (half > TEMPLATE_OUTPUT_MAX)
        return TEMPLATE_OUTPUT_MAX;
    return half < ROOM_MIN ? ROOM_MIN : (size_t)half;
}

void translate(struct translation *t, struct resources *r, const struct resource_request *request,
               const uint8_t *payload, size_t length)
{
    enum template_lack lack;
    struct template *template = templates_find(r->templates, request->device->template, &lack);
    struct template_result result;
    struct writer w;

    t->json = NULL;
    t->has_sequel = false;
    if (!template) {
        if (lack != TEMPLATE_NOT_LACKING)
            complain_of_lack(t, r, request, lack);
        return;
    }
    w = writer_over(r->templates->output, room_for_json(r));
    if (!template_translate(template, payload, length, &w, &result)) {
        r->translations.unreadable++;
        complain(t, request, "the payload could not be translated", result.failure);
        return;
    }
    r->translations.translated++;
    t->json = w.start;
    t->length = writer_length(&w);
    take_location(t, r, request, &result);
}

void translation_follow(struct resources *r, const struct translation_sequel *sequel,
                        const uint8_t *ip)
{
    if (*sequel->location.longitude)
        store_location_set(r->store, sequel->device.iccid, &sequel->location);
    if (sequel->message)
        error_event_publish(r, &(struct error_event){.device = &sequel->device,
                                                     .order_key = sequel->order_key,
                                                     .ip = ip,
                                                     .code = "TRANSLATION",
                                                     .message = sequel->message,
                                                     .description = sequel->description});
}
