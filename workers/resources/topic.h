/*
 * Topics: what a device may give as `t`, and the MQTT topic that comes of it. Any thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_TOPIC_H
#define SIMGATE_WORKERS_RESOURCES_TOPIC_H

#include "base/writer.h"
#include "storage/store.h"
#include "workers/coap/message.h"
#include "workers/coap/request.h"

#include <stdbool.h>

#define TOPIC_MAX          253 /* characters of `t` */
#define TOPIC_TEMPLATE_MAX 255

/* Reads `t` from Uri-Query or Location-Query options. `*topic` borrows the message's bytes and is
 * empty where the device gave none; a slash at its start or end is cut off. False: a bad
 * topic, 4.00. */
bool topic_read(struct coap_text *topic, const struct coap_message *m);

enum topic_part_kind { TOPIC_TEXT, TOPIC_SLASH, TOPIC_ICCID, TOPIC_IMSI, TOPIC_T };

/* Of a template's text. */
struct topic_part {
    uint8_t kind; /* enum topic_part_kind */
    uint8_t start;
    uint8_t length;
};

/* The operator's template, "{iccid}/{t}". */
struct topic_template {
    char text[TOPIC_TEMPLATE_MAX + 1];
    struct topic_part parts[TOPIC_TEMPLATE_MAX];
    uint32_t part_count;
    char fallback[TOPIC_TEMPLATE_MAX + 1]; /* where the template becomes empty without `t` */
    uint32_t longest;                      /* characters that it can become */
};

/* Returns NULL, or what is wrong with the template or the default topic. */
const char *topic_template_init(struct topic_template *t, const char *text, const char *fallback);

/* Writes the MQTT topic. Levels that stay empty are left out with their slash. */
void topic_expand(const struct topic_template *t, struct writer *w, const struct device *device,
                  const struct coap_text *topic);

#endif
