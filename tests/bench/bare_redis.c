/*
 * The bare hiredis pipeline that the Redis store is compared with. For each message two commands as
 * the store sends them, written in advance but for the key: SET … NX GET PX and SET … PX. So many
 * messages at a time, and no others before these are answered.
 *
 *     bare_redis SOCKET SECONDS WINDOW
 *
 * Prints a JSON object: messages, the seconds they took, and this process's CPU time.
 */
#include "base/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COMMAND_ROOM 160

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void append_reservation(redisContext *redis, uint64_t number)
{
    char command[COMMAND_ROOM];
    int length =
        snprintf(command, sizeof(command),
                 "*7\r\n$3\r\nSET\r\n$19\r\nsimgate:ex:%08" PRIx64
                 "\r\n$13\r\n1099511627776\r\n$2\r\nNX\r\n$3\r\nGET\r\n$2\r\nPX\r\n$5\r\n12000\r\n",
                 number & UINT32_MAX);

    redisAppendFormattedCommand(redis, command, (size_t)length);
}

static void append_outcome(redisContext *redis, uint64_t number)
{
    char command[COMMAND_ROOM];
    int length = snprintf(command, sizeof(command),
                          "*5\r\n$3\r\nSET\r\n$19\r\nsimgate:ex:%08" PRIx64
                          "\r\n$13\r\n1099511627844\r\n$2\r\nPX\r\n$6\r\n247000\r\n",
                          number & UINT32_MAX);

    redisAppendFormattedCommand(redis, command, (size_t)length);
}

static bool take_replies(redisContext *redis, unsigned count)
{
    void *reply;

    for (; count; count--) {
        if (redisGetReply(redis, &reply) != REDIS_OK || !reply ||
            ((redisReply *)reply)->type == REDIS_REPLY_ERROR)
            return false;
        freeReplyObject(reply);
    }
    return true;
}

/* A batch of messages: all reservations, and when these are answered all outcomes. */
static bool run_batch(redisContext *redis, uint64_t first, unsigned window)
{
    for (unsigned i = 0; i < window; i++)
        append_reservation(redis, first + i);
    if (!take_replies(redis, window))
        return false;
    for (unsigned i = 0; i < window; i++)
        append_outcome(redis, first + i);
    return take_replies(redis, window);
}

static bool measure(redisContext *redis, double seconds, unsigned window)
{
    uint64_t begin = clock_now(), end = begin + (uint64_t)(seconds * (double)CLOCK_SECOND);
    double cpu = cpu_seconds();
    uint64_t done = 0;

    for (; clock_now() < end; done += window)
        if (!run_batch(redis, done, window))
            return false;
    printf("{\"done\": %" PRIu64 ", \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", done,
           (double)(clock_now() - begin) / (double)CLOCK_SECOND, cpu_seconds() - cpu);
    return true;
}

int main(int argc, char **argv)
{
    redisContext *redis = argc == 4 ? redisConnectUnix(argv[1]) : NULL;
    bool good;

    if (!redis) {
        fputs("Usage: bare_redis SOCKET SECONDS WINDOW\n", stderr);
        return 2;
    }
    good = !redis->err && measure(redis, strtod(argv[2], NULL), (unsigned)atoi(argv[3]));
    if (!good)
        fprintf(stderr, "bare_redis: %s\n", redis->err ? redis->errstr : "Redis refuses");
    redisFree(redis);
    return good ? 0 : 1;
}
