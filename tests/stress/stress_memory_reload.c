/*
 * A memory store that is read again and again while sessions on several threads look devices up,
 * tell locations and get keys, for ThreadSanitizer. There are two versions of the devices' file and
 * of a template, which agree on nothing: each answer has to be of one version as a whole, and what
 * is asked after a reload of the new one. Exits with 0 when all of that holds.
 */
#include "base/log.h"
#include "base/net_address.h"
#include "storage/memory.h"
#include "storage/memory_edit.h"
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/temp_directory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define DEVICES 200
#define RELOADS 60

struct stress {
    struct temp_directory directory;
    char path[100];
    struct store *store;
    _Atomic unsigned version; /* that is in force */
    _Atomic bool done;
};

struct on_thread {
    pthread_t thread;
    struct stress *stress;
    unsigned index;
    const char *failure;
};

static const char *template_text(unsigned version)
{
    return version % 2 ? "{\"sense\": [], \"name\": \"one\"}" : "{}";
}

/* In odd versions all devices are active and have a longer number of a subscriber. */
static bool write_version(const struct stress *s, unsigned version)
{
    char *text = NULL, *error;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    int result;

    fputs("iccid,address,status,imsi,template,psk\n", file);
    for (unsigned i = 0; i < DEVICES; i++)
        fprintf(file, "8988280666%09u,10.0.0.%u,%s,%s%09u,%s,%s\n", i, i,
                version % 2 ? "active" : "inactive", version % 2 ? "901405" : "90140", i,
                version % 2 ? "meter" : "",
                i % 2         ? ""
                : version % 2 ? "a first key"
                              : "another key");
    fclose(file);
    result = temp_directory_write(&s->directory, "d.csv", text, length);
    free(text);
    text = (char *)template_text(version);
    if (result == 0)
        result = memory_edit_put_template(s->path, "meter", text, strlen(text), &error);
    return result >= 0;
}

static bool has_text(const struct client *c, const struct answer *answer, const char *text)
{
    return answer->template_length == strlen(text) && memcmp(c->text, text, strlen(text)) == 0;
}

static const char *check_device(const struct stress *s, struct client *c, unsigned i)
{
    unsigned before = s->version, after;
    char address[24];
    struct answer answer;

    snprintf(address, sizeof(address), "10.0.0.%u", i);
    answer = client_find(c, address);
    after = s->version;
    REQUIRE(answer.result == STORE_OK);
    REQUIRE(answer.device.active == (strlen(answer.device.imsi) == 15));
    REQUIRE(answer.device.active == (answer.device.template != STORE_TEMPLATE_ACTIVE));
    if (before == after && before % 2 == 0) /* see reload(): nothing is in between */
        REQUIRE(answer.device.active == (before / 2 % 2 == 1));
    if (answer.device.template != STORE_TEMPLATE_ACTIVE) {
        answer = client_find_template(c, answer.device.template);
        REQUIRE(answer.result == STORE_OK);
        REQUIRE(has_text(c, &answer, template_text(0)) || has_text(c, &answer, template_text(1)));
    }
    return NULL;
}

static const char *check_keys(struct client *c, unsigned i)
{
    struct answer given, found;
    char iccid[24];

    snprintf(iccid, sizeof(iccid), "8988280666%09u", i);
    given = client_bootstrap(c, iccid);
    REQUIRE(given.result == STORE_OK);
    found = client_find_keys(c, iccid);
    REQUIRE(found.result == STORE_OK);
    if (i % 2) /* nobody else asks for it, and no time passes: it is the same for ever */
        REQUIRE(psk_equal(&given.keys.newest, &found.keys.newest));
    store_psk_prove(c->session, iccid, &found.keys.newest);
    return NULL;
}

static const char *use_session(const struct on_thread *t)
{
    struct location location = {"1.5", "2.5", "GPS", ""};
    struct client client;
    const char *failure = NULL;
    char iccid[24];

    REQUIRE(client_open(&client, t->stress->store));
    for (unsigned n = 0; !failure && !t->stress->done; n++) {
        unsigned i = (n * THREADS + t->index) % DEVICES; /* each thread has its own */

        snprintf(iccid, sizeof(iccid), "8988280666%09u", i);
        snprintf(location.sample_time, sizeof(location.sample_time), "%u", n);
        failure = check_device(t->stress, &client, n % DEVICES);
        store_location_set(client.session, iccid, &location);
        REQUIRE(strcmp(client_find_location(&client, iccid).location.sample_time,
                       location.sample_time) == 0);
        if (!failure && n % 8 == 0)
            failure = check_keys(&client, i);
        uv_run(&client.loop, UV_RUN_NOWAIT);
    }
    REQUIRE(client_close(&client));
    return failure;
}

static void *run(void *context)
{
    struct on_thread *t = context;

    t->failure = use_session(t);
    return NULL;
}

static bool reload(struct stress *s, unsigned version)
{
    char *error;
    bool fine = write_version(s, version);

    s->version++; /* odd: either may be in force */
    fine = fine && store_reload(s->store, &error) == 0;
    s->version = 2 * version;
    return fine;
}

static const char *run_all(struct stress *s)
{
    struct on_thread threads[THREADS];
    const char *failure = NULL;
    bool fine = true;

    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct on_thread){.stress = s, .index = i};
        if (pthread_create(&threads[i].thread, NULL, run, &threads[i]) != 0)
            abort();
    }
    for (unsigned version = 1; fine && version <= RELOADS; version++)
        fine = reload(s, version);
    s->done = true;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        failure = failure ? failure : threads[i].failure;
    }
    REQUIRE(fine);
    return failure;
}

int main(void)
{
    static const struct log log = {.level = LOG_ERROR, .fd = 2};
    struct stress s = {.version = 0};
    const char *failure;
    char *error;

    if (temp_directory_make(&s.directory) != 0)
        return 1;
    snprintf(s.path, sizeof(s.path), "%s/d.csv", s.directory.path);
    if (!write_version(&s, 0))
        return 1;
    if (memory_store_open(&s.store, s.path, &log, &error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    failure = run_all(&s);
    if (failure)
        fprintf(stderr, "%s\n", failure);
    store_close(s.store);
    temp_directory_remove(&s.directory);
    return failure != NULL;
}
