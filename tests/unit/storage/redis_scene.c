#include "tests/unit/storage/redis_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const struct conformance_device devices[] = {
    {"10.0.0.1", {REDIS_SCENE_ICCID, "901405100002864", true, true, 0, 0}, NULL},
    {"fd00:0:0:1::", {REDIS_SCENE_ICCID, "901405100002864", true, true, 0, 0}, NULL},
    {"10.0.0.2", {"8988280666000002865", "", true, false, 0, 0}, NULL},
};

void redis_scene_start(struct redis_scene *s, const char *const *options)
{
    *s = (struct redis_scene){.settings = {.username = "",
                                           .password = "",
                                           .prefix = "simgate:",
                                           .timeout = 5 * CLOCK_SECOND,
                                           .max_in_flight = 1024}};
    s->log = (struct log){.level = LOG_DEBUG, .fd = memfd_create("log", MFD_CLOEXEC)};
    cr_assert(redis_server_start(&s->server, options));
    s->settings.url = s->server.url;
}

void redis_scene_open(struct redis_scene *s)
{
    char *error = NULL;

    cr_assert(redis_factory_fill(&s->server, devices, sizeof(devices) / sizeof(*devices)));
    cr_assert_eq(store_open(&s->store, &s->settings, &s->log, &error), 0, "%s", error);
    cr_assert(client_open(&s->client, s->store));
}

void redis_scene_close(struct redis_scene *s)
{
    cr_expect(client_close(&s->client), "something came outside of a batch");
    store_close(s->store);
    redis_server_stop(&s->server);
    close(s->log.fd);
}

void redis_scene_turn(struct redis_scene *s)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000};

    s->client.in_call = true;
    store_session_flush(s->client.session);
    s->client.in_call = false;
    uv_run(&s->client.loop, UV_RUN_NOWAIT);
    nanosleep(&pause, NULL);
}

uint64_t redis_scene_count(const struct redis_scene *s, enum store_counter counter)
{
    uint64_t sums[STORE_COUNTERS] = {0};

    store_count(s->store, sums);
    return sums[counter];
}

bool redis_scene_logged(const struct redis_scene *s, const char *text)
{
    char log[8192];
    ssize_t length = pread(s->log.fd, log, sizeof(log) - 1, 0);

    log[length > 0 ? length : 0] = 0;
    return strstr(log, text) != NULL;
}
