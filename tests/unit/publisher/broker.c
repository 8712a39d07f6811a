#include "tests/unit/publisher/broker.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOSQUITTO "/usr/sbin/mosquitto"

bool broker_is_there(void)
{
    return access(MOSQUITTO, X_OK) == 0;
}

static int bound_socket(struct sockaddr_in *address, uint16_t port)
{
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    cr_assert_eq(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

uint16_t broker_free_port(void)
{
    struct sockaddr_in address;

    close(bound_socket(&address, 0));
    return ntohs(address.sin_port);
}

const char *broker_file(struct broker *broker, const char *name, const char *text, char path[96])
{
    FILE *file;

    snprintf(path, 96, "%s/%s", broker->directory, name);
    file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

void broker_init(struct broker *broker, const char *options)
{
    char text[1024], path[96];

    *broker =
        (struct broker){.directory = "/tmp/simgate-broker-XXXXXX", .port = broker_free_port()};
    cr_assert_not_null(mkdtemp(broker->directory));
    snprintf(broker->url, sizeof(broker->url), "mqtt://127.0.0.1:%u", broker->port);
    snprintf(text, sizeof(text), "listener %u 127.0.0.1\nuser root\n%s", broker->port, options);
    broker_file(broker, "mosquitto.conf", text, path);
}

static bool answers(const struct broker *broker)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons(broker->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    return connected;
}

void broker_start(struct broker *broker)
{
    char path[96];
    uint64_t end = clock_now() + 5 * CLOCK_SECOND;

    snprintf(path, sizeof(path), "%s/mosquitto.conf", broker->directory);
    broker->pid = fork();
    cr_assert_geq(broker->pid, 0);
    if (broker->pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test crashes */
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execl(MOSQUITTO, "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    while (!answers(broker) && clock_now() < end)
        usleep(10000);
    cr_assert_lt(clock_now(), end, "mosquitto does not answer");
}

void broker_stop(struct broker *broker, int signal)
{
    if (broker->pid == 0)
        return;
    kill(broker->pid, signal);
    waitpid(broker->pid, NULL, 0);
    broker->pid = 0;
}

void broker_deinit(struct broker *broker)
{
    static const char *const names[] = {"mosquitto.conf", "acl", "passwords"};
    char path[96];

    broker_stop(broker, SIGKILL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", broker->directory, names[i]);
        unlink(path);
    }
    rmdir(broker->directory);
}
