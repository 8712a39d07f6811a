#include "tests/unit/storage/fake_redis.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SUBSCRIBED "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"

static const struct fake_answer good[] = {
    {.command = "CLIENT", .reply = ":7\r\n"},
    {.command = "SUBSCRIBE", .reply = SUBSCRIBED},
    {.command = "INFO", .reply = "$32\r\n# Server\r\nredis_version:7.0.15\r\n\r\n"},
    {.command = "PING", .reply = "+PONG\r\n"},
    {.command = "GET", .reply = "$-1\r\n"},
    {.reply = "+OK\r\n"},
};

static const struct fake_answer *find(const struct fake_answer *answers, const char *command)
{
    while (answers->command && strcasecmp(answers->command, command) != 0)
        answers++;
    return answers;
}

static void answer(struct fake_redis *f, int fd, const char *command)
{
    const struct fake_answer *a = find(f->answers, command);

    if (!a->command)
        a = find(good, command);
    else if (a->times && f->given[a - f->answers]++ >= a->times)
        return;
    if (write(fd, a->reply, strlen(a->reply)) < 0)
        return; /* it was closed meanwhile */
}

static void hang_up(struct fake_redis *f, int i)
{
    close(f->connections[i].fd);
    redisReaderFree(f->connections[i].reader);
    f->connections[i].fd = -1;
}

static void serve(struct fake_redis *f, int i)
{
    char bytes[4096];
    ssize_t count = read(f->connections[i].fd, bytes, sizeof(bytes));
    redisReply *command = NULL;

    if (count <= 0) {
        hang_up(f, i);
        return;
    }
    redisReaderFeed(f->connections[i].reader, bytes, (size_t)count);
    while (redisReaderGetReply(f->connections[i].reader, (void **)&command) == REDIS_OK &&
           command) {
        answer(f, f->connections[i].fd, command->element[0]->str);
        freeReplyObject(command);
    }
}

static void welcome(struct fake_redis *f)
{
    int fd = accept(f->listener, NULL, NULL);

    for (int i = 0; i < FAKE_REDIS_CONNECTIONS; i++) {
        if (f->connections[i].fd < 0) {
            f->connections[i].fd = fd;
            f->connections[i].reader = redisReaderCreate();
            return;
        }
    }
    close(fd);
}

static void *run(void *context)
{
    struct fake_redis *f = context;
    struct pollfd fds[FAKE_REDIS_CONNECTIONS + 2];

    for (;;) {
        for (int i = 0; i < FAKE_REDIS_CONNECTIONS; i++)
            fds[i] = (struct pollfd){.fd = f->connections[i].fd, .events = POLLIN};
        fds[FAKE_REDIS_CONNECTIONS] = (struct pollfd){.fd = f->listener, .events = POLLIN};
        fds[FAKE_REDIS_CONNECTIONS + 1] = (struct pollfd){.fd = f->ended, .events = POLLIN};
        poll(fds, FAKE_REDIS_CONNECTIONS + 2, -1);
        if (fds[FAKE_REDIS_CONNECTIONS + 1].revents)
            return NULL;
        for (int i = 0; i < FAKE_REDIS_CONNECTIONS; i++)
            if (fds[i].revents)
                serve(f, i);
        if (fds[FAKE_REDIS_CONNECTIONS].revents)
            welcome(f);
    }
}

static bool listen_at(struct fake_redis *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->socket);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bind(f->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(f->listener, FAKE_REDIS_CONNECTIONS) == 0;
}

bool fake_redis_start(struct fake_redis *f, const struct fake_answer *answers)
{
    int ends[2];

    *f = (struct fake_redis){.answers = answers};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < FAKE_REDIS_CONNECTIONS; i++)
        f->connections[i].fd = -1;
    snprintf(f->directory, sizeof(f->directory), "/tmp/simgate-fake-XXXXXX");
    if (!mkdtemp(f->directory) || pipe(ends) != 0)
        return false;
    f->ended = ends[0];
    f->ending = ends[1];
    snprintf(f->socket, sizeof(f->socket), "%s/socket", f->directory);
    snprintf(f->url, sizeof(f->url), "redis+unix://%s", f->socket);
    return listen_at(f) && pthread_create(&f->thread, NULL, run, f) == 0;
}

void fake_redis_stop(struct fake_redis *f)
{
    close(f->ending);
    pthread_join(f->thread, NULL);
    close(f->ended);
    close(f->listener);
    for (int i = 0; i < FAKE_REDIS_CONNECTIONS; i++)
        if (f->connections[i].fd >= 0)
            hang_up(f, i);
    unlink(f->socket);
    rmdir(f->directory);
}
