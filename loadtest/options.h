/*
 * The command line. One thread; texts are borrowed from argv.
 */
#ifndef SIMGATE_LOADTEST_OPTIONS_H
#define SIMGATE_LOADTEST_OPTIONS_H

#include "base/net_address.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OPTIONS_TOPIC_MAX   253
#define OPTIONS_PAYLOAD_MAX 1024

struct options {
    struct net_address target; /* IPv4 */
    struct net_prefix sources; /* IPv4 */
    uint32_t devices;
    double rate;       /* requests a second; 0: closed loop */
    uint32_t window;   /* closed loop: open requests */
    uint64_t duration; /* nanoseconds; 0: until `count` */
    uint64_t count;    /* requests */
    uint64_t drain;    /* nanoseconds */
    const char *topic; /* "": none */
    uint32_t payload;  /* bytes */
    bool confirmable;
    bool echo;
    pid_t server;     /* whose processor time is measured, or 0 */
    const char *json; /* file, or NULL */
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_DONE, /* help or version was printed */
    OPTIONS_WRONG /* what is wrong was printed to standard error */
};

enum options_result options_parse(struct options *o, int argc, char **argv);

#endif
