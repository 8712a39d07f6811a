#include "tests/unit/storage/redis_server.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE  (10 * CLOCK_SECOND)
#define ARGUMENTS 32

static void run_server(const struct redis_server *r, const char *const *options)
{
    const char *arguments[ARGUMENTS] = {
        "redis-server", "--port",       "0",       "--save", "",          "--appendonly",
        "no",           "--unixsocket", r->socket, "--dir",  r->directory};
    int count = 11, null = open("/dev/null", O_RDWR);

    for (; options && *options && count < ARGUMENTS - 1; options++)
        arguments[count++] = *options;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    execvp(arguments[0], (char **)arguments);
    _exit(127);
}

/* Waits for the pipe's other end to be closed, be it by the end of the test's process. */
static void keep(const struct redis_server *r, int end_of_pipe, pid_t server)
{
    char nothing;

    setsid(); /* a signal to the test's group is not for this process */
    while (read(end_of_pipe, &nothing, 1) > 0)
        ;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(r->socket);
    rmdir(r->directory);
    _exit(0);
}

/* The keeper is the server's parent, and says its number. */
static bool start_keeper(struct redis_server *r, const char *const *options)
{
    int from_us[2], to_us[2];
    pid_t keeper;
    bool told;

    if (pipe2(from_us, O_CLOEXEC) != 0 || pipe2(to_us, O_CLOEXEC) != 0)
        return false;
    keeper = fork();
    if (keeper == 0) {
        pid_t server = fork();

        if (server == 0)
            run_server(r, options);
        close(from_us[1]);
        if (write(to_us[1], &server, sizeof(server)) != sizeof(server))
            _exit(1);
        keep(r, from_us[0], server);
    }
    close(from_us[0]);
    close(to_us[1]);
    r->keeper = from_us[1];
    told = read(to_us[0], &r->pid, sizeof(r->pid)) == sizeof(r->pid);
    close(to_us[0]);
    return told && keeper > 0;
}

static bool connect_to(struct redis_server *r)
{
    const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
    uint64_t deadline = clock_now() + PATIENCE;

    while (clock_now() < deadline) {
        r->connection = redisConnectUnix(r->socket);
        if (r->connection && !r->connection->err)
            return true;
        redisFree(r->connection);
        r->connection = NULL;
        nanosleep(&pause, NULL);
    }
    return false;
}

bool redis_server_start(struct redis_server *r, const char *const *options)
{
    *r = (struct redis_server){.keeper = -1};
    signal(SIGPIPE, SIG_IGN); /* hiredis writes with write(2) */
    snprintf(r->directory, sizeof(r->directory), "/tmp/simgate-redis-XXXXXX");
    if (!mkdtemp(r->directory))
        return false;
    snprintf(r->socket, sizeof(r->socket), "%s/socket", r->directory);
    snprintf(r->url, sizeof(r->url), "redis+unix://%s", r->socket);
    return start_keeper(r, options) && connect_to(r);
}

void redis_server_stop(struct redis_server *r)
{
    if (r->connection)
        redisFree(r->connection);
    close(r->keeper);
    while (wait(NULL) > 0)
        ; /* for the keeper, which has no other children */
    *r = (struct redis_server){.keeper = -1};
}

static redisReply *ask(struct redis_server *r, const char *format, va_list arguments)
{
    redisReply *reply = redisvCommand(r->connection, format, arguments);

    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fprintf(stderr, "%s: %s\n", format, reply ? reply->str : r->connection->errstr);
    return reply;
}

redisReply *redis_server_ask(struct redis_server *r, const char *format, ...)
{
    va_list arguments;
    redisReply *reply;

    va_start(arguments, format);
    reply = ask(r, format, arguments);
    va_end(arguments);
    return reply;
}

bool redis_server_do(struct redis_server *r, const char *format, ...)
{
    va_list arguments;
    redisReply *reply;
    bool done;

    va_start(arguments, format);
    reply = ask(r, format, arguments);
    va_end(arguments);
    done = reply && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return done;
}
