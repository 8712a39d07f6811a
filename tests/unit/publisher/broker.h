/*
 * A mosquitto of the test's own, on a free port of the loopback interface. Ends the test where
 * something fails.
 */
#ifndef SIMGATE_TESTS_UNIT_PUBLISHER_BROKER_H
#define SIMGATE_TESTS_UNIT_PUBLISHER_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct broker {
    char directory[64];
    char url[64];
    uint16_t port;
    pid_t pid; /* 0: does not run */
};

/* Whether mosquitto is installed; tests that need it pass without it. */
bool broker_is_there(void);

/* `options` are lines of mosquitto.conf besides the listener. Does not start it. */
void broker_init(struct broker *broker, const char *options);

void broker_start(struct broker *broker);

/* Ends it with `signal`, when it runs. */
void broker_stop(struct broker *broker, int signal);

/* Stops it and removes its files. */
void broker_deinit(struct broker *broker);

/* Writes a file into its directory. Returns its path, in `path`. */
const char *broker_file(struct broker *broker, const char *name, const char *text, char path[96]);

/* A port of the loopback interface that nobody listens on. */
uint16_t broker_free_port(void);

#endif
