/*
 * Something that answers like a Redis, but for what a test wants otherwise: an old one, one that is
 * loading, one that falls silent. It runs on a thread of its own.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_FAKE_REDIS_H
#define SIMGATE_TESTS_UNIT_STORAGE_FAKE_REDIS_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdbool.h>

#define FAKE_REDIS_CONNECTIONS 8
#define FAKE_REDIS_ANSWERS     4

/* What to answer to a command, as it is sent: "-ERR no\r\n". "": nothing. */
struct fake_answer {
    const char *command; /* its first word */
    const char *reply;
    unsigned times; /* then nothing; 0: always */
};

struct fake_redis {
    char directory[64];
    char socket[80];
    char url[100];
    int listener;
    int ending; /* a pipe: closed when it is to end */
    int ended;  /* its other end */
    struct {
        int fd; /* -1: none */
        redisReader *reader;
    } connections[FAKE_REDIS_CONNECTIONS];
    const struct fake_answer *answers;  /* up to one without a command */
    unsigned given[FAKE_REDIS_ANSWERS]; /* of each of them */
    pthread_t thread;
};

/* `answers` are borrowed; those to other commands are a good Redis's. */
bool fake_redis_start(struct fake_redis *f, const struct fake_answer *answers);

void fake_redis_stop(struct fake_redis *f);

#endif
