#include "base/clock.h"
#include "gateway/config.h"
#include "gateway/config_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "simgate.ini" /* each test has a folder of its own */

static struct config config;
static char *errors;
static char folder[] = "/tmp/simgate-config-XXXXXX";

static void enter_folder(void)
{
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    config_deinit(&config);
    free(errors);
    unlink(FILE_NAME);
    unlink("secret");
    rmdir(folder);
}

TestSuite(config, .init = enter_folder, .fini = leave_folder);

static void write_file(const char *name, const char *content, size_t length)
{
    FILE *file = fopen(name, "we");

    cr_assert(file);
    cr_assert_eq(fwrite(content, 1, length, file), length);
    fclose(file);
}

static int load(const struct config_sources *sources)
{
    config_deinit(&config);
    free(errors);
    return config_load(&config, sources, &errors);
}

static int load_settings(const char *first, const char *second)
{
    const char *settings[] = {"store.url=memory:x.csv", first, second};

    return load(&(struct config_sources){.settings = settings,
                                         .setting_count = second  ? 3
                                                          : first ? 2
                                                                  : 1});
}

/* Loads a file of this content, which need not name a store. */
static int load_file(const char *content)
{
    write_file(FILE_NAME, content, strlen(content));
    return load(&(struct config_sources){.file = FILE_NAME, .incomplete_is_fine = true});
}

static int load_variable(const char *variable)
{
    const char *environment[] = {"HOME=/root", variable, "SIMGATEX=1", NULL};

    return load(&(struct config_sources){.environment = environment, .incomplete_is_fine = true});
}

static void expect_errors(int result, const char *expected)
{
    cr_expect_eq(result, -EINVAL);
    cr_assert(errors);
    cr_expect_str_eq(errors, expected);
}

static void expect_fine(int result)
{
    cr_expect_eq(result, 0, "%s", errors ? errors : "");
    cr_expect(!errors);
}

Test(config, the_table_keeps_its_promises)
{
    const struct config_row *row;

    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        row = &config_rows[i];
        cr_assert(row->name, "CONFIG_ROWS is more than there are");
        cr_expect_eq(config_row_find(row->name), row, "%s", row->name);
        cr_expect(row->meaning[strlen(row->meaning) - 1] == '.', "%s", row->name);
        if (row->kind.type == CONFIG_SECRET) {
            cr_expect(strncmp(row[1].name, row->name, strlen(row->name)) == 0);
            cr_expect_str_eq(row[1].name + strlen(row->name), "_file");
        }
    }
    for (size_t i = 0; i < CONFIG_SECTIONS; i++)
        cr_expect(!strchr(config_sections[i].name, '_'));
}

Test(config, defaults_are_legal)
{
    expect_fine(load_settings(NULL, NULL));
    cr_expect_eq(config.coap.listen.count, 2);
    cr_expect_eq(config.coap.ack_delay, CLOCK_SECOND);
    cr_expect_eq(config.coap.ack_random_factor, 1.5);
    cr_expect_eq(config.coap.dedup_memory, UINT64_C(256) << 20);
    cr_expect_eq(config.coap.mid_conflict, CONFIG_MID_CONFLICT_RFC);
#ifdef SIMGATE_DTLS
    cr_expect_eq(config.coaps.listen.count, 2);
#else
    cr_expect_eq(config.coaps.listen.count, 0);
#endif
    cr_expect_eq(config.gateway.receive, RECEIVE_WORKER);
    cr_expect_eq(config.gateway.log_level, LOG_INFO);
    cr_expect_eq(config.identity.networks.count, 7);
    cr_expect_str_eq(config.mqtt.publisher.url, "mqtt://127.0.0.1:1883");
    cr_expect_eq(config.mqtt.publisher.keepalive, 30);
    cr_expect_str_eq(config.mqtt.topic, "{iccid}/{t}");
    cr_expect_str_eq(config.mqtt.publisher.password, "");
    cr_expect_eq(config.telemetry.ack, CONFIG_ACK_BROKER);
    cr_expect_eq(config.limits.device_burst, 10);
    cr_expect_eq(config.admin.listen.list[0].port, 9683);
}

Test(config, later_sources_override_earlier_ones)
{
    const char *environment[] = {"SIMGATE_MQTT_QUEUE=200", "SIMGATE_GATEWAY_WORKERS=2", NULL};
    const char *settings[] = {"gateway.workers=3", "gateway.workers = 4", "store.url=memory:x"};
    const char file[] = "[mqtt]\nqueue = 100\nconnections = 7\n[gateway]\nworkers = 1\n";

    write_file(FILE_NAME, file, strlen(file));
    expect_fine(load(&(struct config_sources){
        .file = FILE_NAME, .environment = environment, .settings = settings, .setting_count = 3}));
    cr_expect_eq(config.mqtt.publisher.connections, 7, "from the file");
    cr_expect_eq(config.mqtt.publisher.queue, 200, "from the environment");
    cr_expect_eq(config.gateway.workers, 4, "from the last --set");
}

Test(config, the_store_is_required)
{
    expect_errors(load(&(struct config_sources){0}),
                  "store.url: required, and not set. Where the devices are: memory:FILE.csv reads "
                  "them from a CSV file, for one gateway; redis://HOST:PORT/DB and "
                  "redis+unix:///PATH?db=DB are a Redis that gateways share.\n");
    expect_fine(load(&(struct config_sources){.incomplete_is_fine = true}));
    expect_fine(load_settings(NULL, NULL));
}

Test(config, unknown_keys_are_named_with_their_place)
{
    expect_errors(load_file("# one\n[mqtt]\n\nulr = x\n"),
                  "simgate.ini:4: unknown key mqtt.ulr (did you mean mqtt.url?)\n");
    expect_errors(load_file("[mqtt]\nincomparable = x\n"),
                  "simgate.ini:2: unknown key mqtt.incomparable\n");
    expect_errors(load_file("[mqqt]\nurl = x\nqueue = 3\n"),
                  "simgate.ini:1: unknown section [mqqt] (did you mean [mqtt]?)\n");
    expect_errors(load_file("[foo]\n"), "simgate.ini:1: unknown section [foo]\n");
    expect_errors(load_file("url = x\n"), "simgate.ini:1: url stands before the first [section]\n");
    expect_errors(load_variable("SIMGATE_MQTT_ULR=x"),
                  "environment SIMGATE_MQTT_ULR: unknown variable (did you mean "
                  "SIMGATE_MQTT_URL?)\n");
    expect_errors(load_variable("SIMGATE_=x"), "environment SIMGATE_: unknown variable\n");
    expect_errors(load_settings("mqtt.pasword=hunter2", NULL),
                  "--set mqtt.pasword: unknown key mqtt.pasword (did you mean mqtt.password?)\n");
    expect_errors(load_settings("mqtt.url", NULL),
                  "--set: \"mqtt.url\" is not section.key=value\n");
}

Test(config, illegal_values_are_named_with_their_place_and_what_is_legal)
{
    expect_errors(load_file("[mqtt]\nconnections = 65\n"),
                  "simgate.ini:2: mqtt.connections: \"65\" is not a whole number from 1 to 64\n");
    expect_errors(load_variable("SIMGATE_TELEMETRY_ACK=never"),
                  "environment SIMGATE_TELEMETRY_ACK: telemetry.ack: \"never\" is not broker or "
                  "queued\n");
    expect_errors(load_settings("coap.ack_delay=10", NULL),
                  "--set coap.ack_delay: coap.ack_delay: \"10\" is not a duration (ms, s, m, h) "
                  "from 1ms to 1m\n");
    expect_errors(load_settings("mqtt.username=a\nb", NULL),
                  "--set mqtt.username: mqtt.username: \"a?b\" is not a line of text\n");
    expect_errors(load_settings("mqtt.password=a\nb", NULL),
                  "--set mqtt.password: mqtt.password: the value is not a line of text, kept "
                  "secret\n");
}

Test(config, an_illegal_value_is_an_error_even_where_it_is_overridden)
{
    const char *settings[] = {"gateway.workers=1"};
    const char file[] = "[gateway]\nworkers = many\n";

    write_file(FILE_NAME, file, strlen(file));
    cr_expect_eq(load(&(struct config_sources){.file = FILE_NAME,
                                               .settings = settings,
                                               .setting_count = 1,
                                               .incomplete_is_fine = true}),
                 -EINVAL);
}

Test(config, all_errors_are_collected)
{
    expect_errors(load_file("[mqtt]\nurl\nqueue = 1\n[mqtt\n[admin] # no\n  [coap]\n  listen = x\n"
                            "  max_retransmit = 11\nmore\n"),
                  "simgate.ini:2: neither [section] nor key = value nor # comment\n"
                  "simgate.ini:3: mqtt.queue: \"1\" is not a whole number from 16 to 16777216\n"
                  "simgate.ini:4: neither [section] nor key = value nor # comment\n"
                  "simgate.ini:5: neither [section] nor key = value nor # comment\n"
                  "simgate.ini:7: coap.listen: \"x\" is not 1 to 8 addresses with ports, such as "
                  "127.0.0.1:5683 or [::1]:5683\n"
                  "simgate.ini:8: coap.max_retransmit: \"11\" is not a whole number from 0 to 10\n"
                  "simgate.ini:9: neither [section] nor key = value nor # comment\n");
}

Test(config, a_key_given_twice_in_the_file_is_an_error)
{
    expect_errors(load_file("[mqtt]\nqueue = 16\n[coap]\n[mqtt]\nqueue = 17\n"),
                  "simgate.ini:5: mqtt.queue is given twice (first in line 2)\n");
}

Test(config, a_file_that_cannot_be_read_is_an_error)
{
    expect_errors(load(&(struct config_sources){.file = "absent", .incomplete_is_fine = true}),
                  "absent: No such file or directory\n");
    expect_errors(load(&(struct config_sources){.file = ".", .incomplete_is_fine = true}),
                  ".: Is a directory\n");
}

Test(config, values_are_whole_lines)
{
    expect_fine(load_file("\xEF\xBB\xBF[mqtt]\r\n  username = a ; b # c = d  \r\n"
                          "  topic: x/{t}\n; comment\n # comment\npassword =\n"));
    cr_expect_str_eq(config.mqtt.publisher.username, "a ; b # c = d");
    cr_expect_str_eq(config.mqtt.topic, "x/{t}");
}

Test(config, lines_may_be_long)
{
    char name[2000], content[4096];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    snprintf(content, sizeof(content), "[mqtt]\nusername = %s\n# %s = x\nqueue = 1\n", name, name);
    expect_errors(load_file(content), "simgate.ini:4: mqtt.queue: \"1\" is not a whole number from "
                                      "16 to 16777216\n");
    cr_expect_str_eq(config.mqtt.publisher.username, name);
}

Test(config, a_secret_comes_from_its_file_less_one_newline)
{
    write_file("secret", "hunter2 \n\n", 10);
    expect_errors(load_settings("mqtt.password_file=secret", NULL),
                  "secret: mqtt.password: the value is not a line of text, kept secret\n");
    write_file("secret", "hunter2 \n", 9);
    expect_fine(load_settings("mqtt.password_file=secret", NULL));
    cr_expect_str_eq(config.mqtt.publisher.password, "hunter2 ");
    cr_expect_str_eq(config.mqtt.password_file, "secret");
    write_file("secret", "hunter3", 7);
    expect_fine(load_variable("SIMGATE_MQTT_PASSWORD_FILE=secret"));
    cr_expect_str_eq(config.mqtt.publisher.password, "hunter3");
}

Test(config, a_secret_has_one_source)
{
    write_file("secret", "hunter2", 7);
    expect_errors(load_settings("mqtt.password_file=secret", "mqtt.password=x"),
                  "mqtt.password_file: mqtt.password is set as well, keep one\n");
    expect_fine(load_settings("mqtt.password_file=", "mqtt.password=x"));
    cr_expect_str_eq(config.mqtt.publisher.password, "x");
}

Test(config, a_secret_file_that_cannot_be_used_is_an_error)
{
    char large[5000];

    memset(large, 'x', sizeof(large));
    expect_errors(load_settings("mqtt.password_file=absent", NULL),
                  "mqtt.password_file: absent: No such file or directory\n");
    write_file("secret", large, 4096);
    expect_fine(load_settings("mqtt.password_file=secret", NULL));
    cr_expect_eq(strlen(config.mqtt.publisher.password), 4096);
    write_file("secret", large, 4097);
    expect_errors(load_settings("mqtt.password_file=secret", NULL),
                  "mqtt.password_file: secret: File too large\n");
    write_file("secret", "a\0b", 3);
    cr_expect_eq(load_settings("mqtt.password_file=secret", NULL), -EINVAL);
}

Test(config, an_empty_list_is_a_value)
{
    expect_fine(load_settings("admin.listen=", "coaps.listen="));
    cr_expect_eq(config.admin.listen.count, 0);
    cr_expect_eq(config.coaps.listen.count, 0);
}

Test(config, keys_have_to_fit_each_other)
{
    expect_errors(load_settings("mqtt.topic={t}", "mqtt.cert_file=a.pem"),
                  "mqtt.topic: becomes empty without t: set mqtt.default_topic\n"
                  "mqtt.cert_file: a certificate and its key go together: set mqtt.key_file as "
                  "well\n");
}

Test(config, what_cannot_work_is_refused)
{
    expect_errors(load_settings("gateway.workers=4", "coap.block_memory=256K"),
                  "coap.block_memory: too small for telemetry.max_payload: each worker's share has "
                  "to be twice that\n");
}

Test(config, the_brokers_url_is_checked)
{
    expect_fine(load_settings("mqtt.url=stdout:", NULL));
    expect_fine(load_settings("mqtt.url=mqtts://[::1]", NULL));
    cr_expect_eq(load_settings("mqtt.url=foo:", NULL), -EINVAL);
    cr_expect(errors && strncmp(errors, "mqtt.url: ", 10) == 0);
}

Test(config, a_wrong_topic_and_what_is_not_built_are_refused)
{
    int result = load_settings("mqtt.topic=a/#", "coaps.listen=[::]:5684");
    const char *wrong = "mqtt.topic: '+' and '#' are wildcards and not allowed in a topic\n"
#ifndef SIMGATE_DTLS
                        "coaps.listen: this build has no DTLS: leave it empty\n"
#endif
        ;

    expect_errors(result, wrong);
}

Test(config, a_redis_is_checked_without_being_asked)
{
    expect_fine(load_settings("store.url=redis://redis.example:6380/3", "redis.prefix="));
    expect_fine(load_settings("store.url=redis+unix:///run/redis.sock?db=3", "redis.prefix=a:b:"));
    cr_expect_eq(load_settings("store.url=redis://user:word@host", NULL), -EINVAL);
    cr_expect(errors && strncmp(errors, "store.url: user and password", 28) == 0);
    expect_errors(load_settings("redis.timeout=5s", "telemetry.deadline=2s"),
                  "redis.timeout: too long for telemetry.deadline: an answer would come when its "
                  "reservation is over\n");
    cr_expect_eq(load_settings("redis.prefix=a b", NULL), -EINVAL);
    cr_expect(errors && strncmp(errors, "redis.prefix: ", 14) == 0);
}
