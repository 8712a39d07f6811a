/*
 * A Redis of one's own for a test: it listens on a Unix socket in a directory of its own, keeps
 * nothing, and is gone with its directory when the process that started it is, however that ends.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_REDIS_SERVER_H
#define SIMGATE_TESTS_UNIT_STORAGE_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    char directory[64];
    char socket[80];
    char url[100];            /* redis+unix://… */
    int keeper;               /* a pipe to the process that tidies up */
    pid_t pid;                /* of redis-server */
    redisContext *connection; /* of the test's own */
};

/* Starts one with further options ("--maxmemory", "1", …), up to a NULL, and waits until it
 * answers. `options` may be NULL. */
bool redis_server_start(struct redis_server *r, const char *const *options);

void redis_server_stop(struct redis_server *r);

/* Runs a command, as redisCommand() takes it. The reply is freed by the caller; NULL: it failed. */
redisReply *redis_server_ask(struct redis_server *r, const char *format, ...);

/* The same where only success matters. */
bool redis_server_do(struct redis_server *r, const char *format, ...);

#endif
