/* A memory store whose files change under it: what is in force, and what devices are told. */
#include "base/log.h"
#include "storage/memory.h"
#include "storage/memory_edit.h"
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/temp_directory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER "iccid,address,status,psk\n"
#define ICCID  "8988280666000002864"
#define OTHER  "8988280666000002865"
#define IN_ROW "8988280600000000007"
#define PREFIX "8988280600000000000,10.1.0.0/16,active,\n"

struct scene {
    struct temp_directory directory;
    char path[100];
    struct store *store;
    struct client client;
};

static void write_file(const struct scene *s, const char *name, const char *text)
{
    cr_assert_eq(temp_directory_write(&s->directory, name, text, strlen(text)), 0);
}

static void open_scene(struct scene *s, const char *devices)
{
    static const struct log log = {.level = LOG_ERROR, .fd = 2};
    char *error;

    cr_assert_eq(temp_directory_make(&s->directory), 0);
    snprintf(s->path, sizeof(s->path), "%s/d.csv", s->directory.path);
    write_file(s, "d.csv", devices);
    cr_assert_eq(memory_store_open(&s->store, s->path, &log, &error), 0, "%s", error);
    cr_assert(client_open(&s->client, s->store));
}

static void close_scene(struct scene *s)
{
    cr_expect(client_close(&s->client));
    store_close(s->store);
    temp_directory_remove(&s->directory);
}

/* Reads the files again, and waits until the session knows. */
static void reload(struct scene *s)
{
    unsigned doubts = s->client.doubts, changes = s->client.template_changes;
    char *error;

    cr_assert_eq(store_reload(s->store, &error), 0, "%s", error);
    cr_expect(client_drive(&s->client, &s->client.doubts, doubts + 1));
    cr_expect_eq(s->client.template_changes, changes + 1);
}

static uint64_t epoch(struct scene *s, const char *iccid)
{
    struct answer answer = client_find_by_iccid(&s->client, iccid);

    cr_assert_eq(answer.result, STORE_OK);
    return answer.device.psk_epoch;
}

Test(memory_reload, devices_come_change_and_go)
{
    struct scene s;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n" OTHER ",10.0.0.2,active,\n");
    write_file(&s, "d.csv", HEADER ICCID ",10.0.0.1,inactive,\n" PREFIX);
    cr_expect(client_find(&s.client, "10.0.0.1").device.active);
    reload(&s);
    cr_expect_not(client_find(&s.client, "10.0.0.1").device.active);
    cr_expect_eq(client_find(&s.client, "10.0.0.2").result, STORE_ABSENT);
    cr_expect_str_eq(client_find(&s.client, "10.1.0.7").device.iccid, IN_ROW);
    close_scene(&s);
}

/* With any error, everything stays; and it is told where it is. */
Test(memory_reload, what_is_wrong_changes_nothing)
{
    static const struct {
        const char *file, *text, *told;
    } cases[] = {
        {"d.csv", HEADER ICCID ",10.0.0.9,aktive,\n", "d.csv:2: column status: "},
        {"d.csv.state", ICCID " nowhere\nwhat\n", "d.csv.state:2: this is no line"},
        {"d.csv.templates/bad name.json", "{}", "d.csv.templates/bad name.json: a template's name"},
        {"d.csv.templates/meter.jsn", "{}", "d.csv.templates/meter.jsn: a template's file"},
        {"d.csv.templates/active", "meter\n", "d.csv.templates/active: there is no template"},
    };
    struct scene s;
    char path[160];

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    snprintf(path, sizeof(path), "%s.templates", s.path);
    cr_assert_eq(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *error;

        write_file(&s, "d.csv", HEADER ICCID ",10.0.0.9,active,\n");
        write_file(&s, cases[i].file, cases[i].text);
        cr_expect_eq(store_reload(s.store, &error), -EINVAL);
        cr_expect_neq((void *)strstr(error, cases[i].told), NULL, "%s", error);
        free(error);
        cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
        cr_expect_eq(client_find(&s.client, "10.0.0.9").result, STORE_ABSENT);
        snprintf(path, sizeof(path), "%s/%s", s.directory.path, cases[i].file);
        remove(path);
    }
    write_file(&s, "d.csv", HEADER ICCID ",10.0.0.9,active,\n");
    reload(&s);
    cr_expect_eq(client_find(&s.client, "10.0.0.9").result, STORE_OK);
    close_scene(&s);
}

Test(memory_reload, a_template_that_is_too_large)
{
    char *large = calloc(1, STORE_TEMPLATE_TEXT_MAX + 2), path[160], *error;
    struct scene s;

    open_scene(&s, HEADER);
    snprintf(path, sizeof(path), "%s.templates", s.path);
    cr_assert_eq(mkdir(path, 0700), 0);
    memset(large, ' ', STORE_TEMPLATE_TEXT_MAX + 1);
    write_file(&s, "d.csv.templates/meter.json", large);
    cr_expect_eq(store_reload(s.store, &error), -EINVAL);
    cr_expect_neq((void *)strstr(error, "meter.json: 65536 bytes are the most"), NULL, "%s", error);
    free(error);
    large[STORE_TEMPLATE_TEXT_MAX] = 0;
    write_file(&s, "d.csv.templates/meter.json", large);
    reload(&s);
    free(large);
    close_scene(&s);
}

/* A key that a user changes or takes away is another epoch; nothing else is. */
Test(memory_reload, epochs)
{
    uint64_t first, second;
    struct scene s;
    char *error;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,users first key\n" OTHER
                                ",10.0.0.2,active,\n" PREFIX);
    client_bootstrap(&s.client, OTHER);
    client_bootstrap(&s.client, IN_ROW);
    reload(&s);
    cr_expect_eq(epoch(&s, ICCID), 0);
    cr_expect_eq(epoch(&s, OTHER), 0, "a generated key is read again as it was");
    write_file(&s, "d.csv",
               HEADER ICCID ",10.0.0.1,inactive,users other key\n" OTHER
                            ",10.0.0.2,active,\n" PREFIX);
    reload(&s);
    first = epoch(&s, ICCID);
    cr_expect_neq(first, 0);
    cr_expect_eq(epoch(&s, OTHER), 0);
    cr_expect_str_eq(client_find_keys(&s.client, ICCID).keys.newest.text, "users other key");
    cr_expect_eq(memory_edit_reset_psk(s.path, IN_ROW, &error), MEMORY_EDIT_UPDATED);
    cr_expect_eq(client_find_keys(&s.client, IN_ROW).result, STORE_OK, "not before SIGHUP");
    reload(&s);
    cr_expect_eq(epoch(&s, ICCID), first, "it stays");
    cr_expect_neq(epoch(&s, IN_ROW), 0);
    cr_expect_eq(client_find_keys(&s.client, IN_ROW).result, STORE_ABSENT);
    write_file(&s, "d.csv",
               HEADER ICCID ",10.0.0.1,inactive,\n" OTHER
                            ",10.0.0.2,active,a users key too\n" PREFIX);
    reload(&s);
    second = epoch(&s, ICCID);
    cr_expect_neq(second, first);
    cr_expect_neq(second, 0);
    cr_expect_neq(epoch(&s, OTHER), 0, "a user's key in the place of a generated one");
    close_scene(&s);
}

/* A user may set the key that the device has anyway. */
Test(memory_reload, the_same_key_is_the_same_epoch)
{
    struct answer answer;
    struct scene s;
    char text[400];

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    answer = client_bootstrap(&s.client, ICCID);
    snprintf(text, sizeof(text), HEADER ICCID ",10.0.0.1,active,%s\n", answer.keys.newest.text);
    write_file(&s, "d.csv", text);
    reload(&s);
    cr_expect_eq(epoch(&s, ICCID), 0);
    cr_expect(client_find_keys(&s.client, ICCID).keys.is_users);
    close_scene(&s);
}

static bool has_key(struct client *c, const char *iccid, const struct psk *key)
{
    const struct answer answer = client_find_keys(c, iccid);

    return answer.result == STORE_OK && psk_equal(&answer.keys.newest, key);
}

/* Keys and locations that are on their way to the disk are not lost, and get there. */
Test(memory_reload, what_is_not_written_yet_stays)
{
    const struct location here = {"1", "2", "GPS", "1700000000"};
    struct answer answer = {.client = NULL};
    struct scene s;
    char *error;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    for (int i = 0; i < 50; i++) {
        char iccid[24];

        snprintf(iccid, sizeof(iccid), "898828060000%07d", i);
        answer.calls = 0;
        store_psk_bootstrap(s.client.session, iccid, client_keep_keys, &answer);
        store_location_set(s.client.session, iccid, &here);
        cr_assert_eq(store_reload(s.store, &error), 0, "%s", error);
        cr_expect(client_drive(&s.client, &answer.calls, 1));
        cr_expect_eq(answer.result, STORE_OK);
        cr_expect(has_key(&s.client, iccid, &answer.keys.newest));
        cr_expect_eq(client_find_location(&s.client, iccid).result, STORE_OK);
        reload(&s);
        cr_expect(has_key(&s.client, iccid, &answer.keys.newest));
        cr_expect_eq(client_find_location(&s.client, iccid).result, STORE_OK);
    }
    close_scene(&s);
}

struct asking {
    struct client *client;
    struct answer keys, device, further;
};

static void ask_further(void *context, enum store_result result, const struct psk_record *record)
{
    struct asking *a = context;

    client_keep_keys(&a->keys, result, record);
    store_device_by_iccid(a->client->session, ICCID, client_keep_device, &a->device);
    store_psk_bootstrap(a->client->session, OTHER, client_keep_keys, &a->further);
}

/* Who is told that the session is being closed may ask something once more. */
Test(memory_reload, a_question_while_a_session_is_closed)
{
    struct asking a = {.client = NULL};
    struct scene s;
    char *error;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    a.client = &s.client;
    store_psk_bootstrap(s.client.session, ICCID, ask_further, &a);
    cr_assert_eq(store_reload(s.store, &error), 0, "%s", error);
    write_file(&s, "d.csv", HEADER ICCID ",10.0.0.1,inactive,\n");
    cr_assert_eq(store_reload(s.store, &error), 0, "%s", error);
    cr_expect(client_close(&s.client));
    cr_expect_eq(a.keys.calls, 1);
    cr_expect_eq(a.keys.result, STORE_CLOSING);
    cr_expect_eq(a.device.calls, 1);
    cr_expect_eq(a.device.result, STORE_OK);
    cr_expect_eq(a.further.calls, 1);
    store_close(s.store);
    temp_directory_remove(&s.directory);
}

Test(memory_reload, locations_of_rows_and_later_ones)
{
    const struct location said = {"5.0", "6", "GPS", "1700000000"};
    struct answer answer;
    struct scene s;
    char *error;

    open_scene(&s, "iccid,address,status,longitude,latitude\n" ICCID ",10.0.0.1,active,1.50,2\n"
                   "8988280600000000000,10.1.0.0/16,active,3,4\n");
    answer = client_find_location(&s.client, ICCID);
    cr_assert_eq(answer.result, STORE_OK);
    cr_expect_str_eq(answer.location.longitude, "1.50");
    cr_expect_str_eq(client_find_location(&s.client, IN_ROW).location.latitude, "4");
    cr_expect_eq(client_find_location(&s.client, OTHER).result, STORE_ABSENT);
    store_location_set(s.client.session, IN_ROW, &said);
    cr_expect_str_eq(client_find_location(&s.client, IN_ROW).location.longitude, "5.0");
    cr_expect_str_eq(client_find_location(&s.client, "8988280600000000008").location.longitude,
                     "3");
    cr_assert_eq(memory_edit_clear_location(s.path, ICCID, &error), MEMORY_EDIT_UPDATED);
    reload(&s);
    cr_expect_eq(client_find_location(&s.client, ICCID).result, STORE_ABSENT);
    cr_expect_str_eq(client_find_location(&s.client, IN_ROW).location.longitude, "5.0");
    close_scene(&s);
}

/* A device that says where it is every second does not fill the disk. */
Test(memory_reload, locations_do_not_fill_the_disk)
{
    struct location here = {"1", "2", "GPS", "1700000000"};
    struct stat status;
    struct scene s;
    char path[120];
    off_t largest = 0, size = 0;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    snprintf(path, sizeof(path), "%s.state", s.path);
    for (unsigned i = 0; size >= largest; i++) {
        snprintf(here.sample_time, sizeof(here.sample_time), "%u", i);
        store_location_set(s.client.session, ICCID, &here);
        uv_run(&s.client.loop, UV_RUN_NOWAIT);
        largest = size;
        size = stat(path, &status) == 0 ? status.st_size : 0;
        cr_assert_lt(size, 4 * 1024 * 1024);
    }
    cr_expect_gt(largest, 1024 * 1024);
    cr_expect_lt(size, 64 * 1024);
    close_scene(&s);
}

/* Also where each process was too short to notice. */
Test(memory_reload, a_file_that_grew_is_made_smaller_at_the_start)
{
    static const struct log log = {.level = LOG_ERROR, .fd = 2};
    struct stat status;
    struct scene s;
    char path[120], *error;
    FILE *file;

    open_scene(&s, HEADER ICCID ",10.0.0.1,active,\n");
    cr_expect(client_close(&s.client));
    store_close(s.store);
    snprintf(path, sizeof(path), "%s.state", s.path);
    file = fopen(path, "we");
    for (unsigned i = 0; i < 30000; i++)
        fprintf(file, ICCID " location 1.%05u 2 GPS 1700000000\n", i);
    fclose(file);
    cr_assert_eq(memory_store_open(&s.store, s.path, &log, &error), 0, "%s", error);
    cr_assert(client_open(&s.client, s.store));
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_lt(status.st_size, 100);
    cr_expect_str_eq(client_find_location(&s.client, ICCID).location.longitude, "1.29999");
    close_scene(&s);
}
