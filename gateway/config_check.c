#include "gateway/config_loading.h"
#include "workers/resources/topic.h"

static void check_topic(struct config_loading *l)
{
    const struct config_mqtt *mqtt = &l->config->mqtt;
    struct topic_template t;
    const char *wrong = topic_template_init(&t, mqtt->topic, mqtt->default_topic);

    if (wrong)
        fprintf(config_complain(l, "mqtt.topic"), "%s\n", wrong);
}

static void check_certificate(struct config_loading *l)
{
    const struct publisher_settings *p = &l->config->mqtt.publisher;

    if (!*p->cert_file != !*p->key_file)
        fprintf(config_complain(l, *p->cert_file ? "mqtt.cert_file" : "mqtt.key_file"),
                "a certificate and its key go together: set %s as well\n",
                *p->cert_file ? "mqtt.key_file" : "mqtt.cert_file");
}

void config_check(struct config_loading *l)
{
    check_topic(l);
    check_certificate(l);
    if (l->config->coaps.listen.count)
        fprintf(config_complain(l, "coaps.listen"), "this version has no DTLS: leave it empty\n");
}
