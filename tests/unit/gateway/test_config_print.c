#include "gateway/config.h"
#include "gateway/config_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A legal value of every key that is not its default; none of the secret. */
static const char *const changed[] = {
    "coap.listen=10.1.2.3:0,[fe80::1%77777]:5683",
    "coap.ack_delay=250ms",
    "coap.ack_timeout=1m",
    "coap.ack_random_factor=1.23456789",
    "coap.max_retransmit=0",
    "coap.mid_conflict=process",
    "coap.dedup_memory=1025K",
    "coap.dedup_per_device=17",
    "coap.max_exchanges=64",
    "coap.block_memory=65537",
    "coaps.listen=0.0.0.0:5684",
    "coaps.public_url=coaps://example.org:5684",
    "coaps.max_associations=64",
    "coaps.associations_of_source=1",
    "coaps.max_handshakes=16",
    "coaps.handshakes_of_source=1",
    "coaps.retransmit_timeout=9s",
    "coaps.handshake_timeout=1s",
    "coaps.freeze_after=0",
    "coaps.idle_timeout=1s",
    "coaps.connection_ids=false",
    "gateway.workers=64",
    "gateway.receive=worker",
    "gateway.receive_buffer=1G",
    "gateway.drain_timeout=0",
    "gateway.log_level=debug",
    "identity.networks=0.0.0.0/0,2001:db8::/32",
    "identity.ipv6_prefix=128",
    "identity.check=alarm",
    "store.url=memory:a b.csv",
    "store.degraded=refuse",
    "redis.prefix=a:b:",
    "redis.username=gateway",
    "redis.timeout=250ms",
    "redis.max_in_flight=64",
    "mqtt.url=mqtts://broker:8883",
    "mqtt.connections=64",
    "mqtt.queue=16",
    "mqtt.topic={t}",
    "mqtt.error_topic=e/{iccid}",
    "mqtt.default_topic=none",
    "mqtt.username=a ;b #c = [d]",
    "mqtt.ca_file=/ca",
    "mqtt.cert_file=/cert",
    "mqtt.key_file=; /key",
    "mqtt.keepalive=65535s",
    "telemetry.format=raw",
    "telemetry.ack=queued",
    "telemetry.deadline=100ms",
    "telemetry.max_payload=17",
    "telemetry.parse_json=yes",
    "telemetry.payload_memory=32M",
    "limits.device_rate=1000000",
    "limits.device_burst=1",
    "admin.listen=",
};

#define CHANGED (sizeof(changed) / sizeof(changed[0]))

static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    cr_assert(out);
    config_print_ini(out, config);
    fclose(out);
    return text;
}

static void load(struct config *config, const struct config_sources *sources)
{
    char *errors;

    cr_assert_eq(config_load(config, sources, &errors), 0, "%s", errors ? errors : "");
}

/* Loads the text as a file. */
static void load_text(struct config *config, const char *text)
{
    char path[] = "/tmp/simgate-print-XXXXXX";
    int fd = mkstemp(path);

    cr_assert(fd >= 0);
    cr_assert_eq((size_t)write(fd, text, strlen(text)), strlen(text));
    close(fd);
    load(config, &(struct config_sources){.file = path, .incomplete_is_fine = true});
    unlink(path);
}

static void load_settings(struct config *config, const char *const *settings, size_t count)
{
    load(config, &(struct config_sources){
                     .settings = settings, .setting_count = count, .incomplete_is_fine = true});
}

static void expect_prints_the_same(struct config *config)
{
    struct config again;
    char *first = printed(config), *second;

    load_text(&again, first);
    second = printed(&again);
    cr_expect_str_eq(first, second);
    free(first);
    free(second);
    config_deinit(&again);
}

Test(config_print, defaults_load_back_to_the_same)
{
    struct config config;

    load_settings(&config, NULL, 0);
    expect_prints_the_same(&config);
    config_deinit(&config);
}

Test(config_print, every_key_loads_back_to_the_same)
{
    struct config config, defaults;
    char *changed_text, *default_text;

    cr_assert_eq(CHANGED, CONFIG_ROWS - 4, "a key is missing here");
    load_settings(&config, changed, CHANGED);
    load_settings(&defaults, NULL, 0);
    expect_prints_the_same(&config);
    changed_text = printed(&config);
    default_text = printed(&defaults);
    cr_expect_str_neq(changed_text, default_text);
    cr_expect(strstr(changed_text, "\nusername = a ;b #c = [d]\n") != NULL);
    cr_expect(strstr(changed_text, "\nkeepalive = 65535s\n") != NULL);
    cr_expect(strstr(changed_text, "\nack_random_factor = 1.23456789\n") != NULL);
    free(changed_text);
    free(default_text);
    config_deinit(&config);
    config_deinit(&defaults);
}

Test(config_print, no_secret_is_printed)
{
    const char *const settings[] = {"mqtt.password=hunter2"};
    struct config config;
    char *text;

    load_settings(&config, settings, 1);
    text = printed(&config);
    cr_expect(!strstr(text, "hunter2"));
    cr_expect(strstr(text, "\n# password = ********") != NULL);
    free(text);
    config_deinit(&config);
}

Test(config_print, a_secret_from_a_file_loads_back)
{
    char path[] = "/tmp/simgate-secret-XXXXXX", setting[64];
    const char *const settings[] = {setting};
    struct config config, again;
    int fd = mkstemp(path);
    char *text;

    cr_assert_eq(write(fd, "hunter2\n", 8), 8);
    close(fd);
    snprintf(setting, sizeof(setting), "mqtt.password_file=%s", path);
    load_settings(&config, settings, 1);
    text = printed(&config);
    cr_expect(!strstr(text, "hunter2"));
    load_text(&again, text);
    cr_expect_str_eq(again.mqtt.publisher.password, "hunter2");
    unlink(path);
    free(text);
    config_deinit(&config);
    config_deinit(&again);
}

Test(config_print, the_page_has_every_key)
{
    char *text = NULL, expected[128];
    size_t length;
    FILE *out = open_memstream(&text, &length);

    config_print_markdown(out);
    fclose(out);
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        snprintf(expected, sizeof(expected), "\n| `%s` | ", config_row_key(&config_rows[i]));
        cr_expect(strstr(text, expected) != NULL, "%s", config_rows[i].name);
        cr_expect(strstr(text, config_rows[i].meaning) != NULL, "%s", config_rows[i].name);
        cr_expect(!strchr(config_rows[i].meaning, '|'), "%s", config_rows[i].name);
    }
    free(text);
}
