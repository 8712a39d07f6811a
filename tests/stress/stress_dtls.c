/*
 * Workers do DTLS side by side: each thread has a struct dtls of its own, and clients that connect,
 * talk, sleep and connect again. They share nothing but what wolfSSL shares behind their backs. As
 * in the gateway, all are opened and closed by the main thread.
 */
#include "base/clock.h"
#include "tests/protocol/dtls/world.h"

#include <pthread.h>
#include <stdio.h>

#define THREADS 4
#define ROUNDS  10
#define CLIENTS 30

static bool run_round(struct world *w)
{
    for (uint32_t i = 0; i < CLIENTS; i++)
        world_connect(w, i, &(struct world_client_settings){.cid = i % 2, .ungrouped = i % 3});
    world_run_for(w, 20 * CLOCK_SECOND); /* they sleep after 10 */
    for (uint32_t i = 0; i < CLIENTS; i++)
        world_message(&w->clients[i]);
    world_run_for(w, 5 * CLOCK_SECOND);
    for (uint32_t i = 0; i < CLIENTS; i++)
        if (!world_is_served(&w->clients[i]))
            return false;
    return true;
}

struct worker {
    pthread_t thread;
    struct world *world;
    bool good;
};

static void *work(void *argument)
{
    struct worker *worker = argument;

    worker->good = true;
    for (int i = 0; i < ROUNDS && worker->good; i++)
        worker->good = run_round(worker->world);
    return NULL;
}

int main(void)
{
    struct dtls_settings settings = world_settings();
    struct worker workers[THREADS];
    int failed = 0;

    settings.sleep_after = 10 * CLOCK_SECOND;
    for (int i = 0; i < THREADS; i++)
        workers[i].world = world_open(&settings);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (!workers[i].good || workers[i].world->dtls.counters[DTLS_THAWED] == 0) {
            fprintf(stderr, "thread %d: a client was not served\n", i);
            failed = 1;
        }
    }
    for (int i = 0; i < THREADS; i++)
        world_close(workers[i].world);
    return failed;
}
