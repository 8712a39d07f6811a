/*
 * The command line, and the scenario file that it may name. One thread; texts are borrowed from
 * argv, or belong to the options when they come from the file.
 */
#ifndef SIMGATE_LOADTEST_OPTIONS_H
#define SIMGATE_LOADTEST_OPTIONS_H

#include "base/net_address.h"
#include "loadtest/report_options.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_TOPIC_MAX   253
#define OPTIONS_PAYLOAD_MAX 1024
#define OPTIONS_DEVICES_MAX 1000000
#define OPTIONS_TEXTS       64 /* of a scenario file */

/* What a device does at each start. */
enum scenario {
    SCENARIO_TELEMETRY, /* POST /data; over CoAPS with the association that it has */
    SCENARIO_BOOTSTRAP, /* GET /bootstrap */
    SCENARIO_LOCATION,  /* GET /location */
    SCENARIO_COLD,      /* bootstrap where that gives the key, handshake, message */
    SCENARIO_RESUME     /* from a new port: a handshake that offers the session, message */
};

enum payload_form { PAYLOAD_TEXT, PAYLOAD_JSON };

struct options {
    const char *target_url;
    struct net_address target;
    bool secure;              /* coaps:// */
    struct net_address plain; /* where a device gets its key: the same host's CoAP port */
    uint32_t plain_port;
    struct net_prefix sources; /* of the target's family */
    uint32_t device_bits;      /* the length of a device's own prefix: IPv4 128; 0: not given */
    uint32_t devices;
    uint32_t nstart;   /* open requests of a device, a power of two */
    double rate;       /* starts a second; 0: closed loop */
    bool poisson;      /* open loop: starts are independent of each other */
    uint64_t seed;     /* of their instants; 0: one is chosen */
    uint64_t every;    /* nanoseconds between two starts of a device, or 0 */
    uint64_t storm;    /* nanoseconds in which each device starts once, or 0 */
    uint32_t window;   /* closed loop: open requests; 0: open loop */
    uint64_t duration; /* nanoseconds; 0: until `count` */
    uint64_t count;    /* starts */
    uint64_t drain;    /* nanoseconds */

    enum scenario scenario;
    const char *scenario_name; /* as it was given, or NULL */
    const char *topic;         /* "": none */
    uint32_t payload;          /* bytes */
    enum payload_form payload_form;
    bool non;
    bool echo;
    double duplicates, malformed; /* shares of requests */
    double rebind;                /* share of requests that begin from another port */
    bool rebind_address;          /* and address */
    double loss;                  /* share of datagrams, each way */
    double reorder;               /* share of datagrams that the next one overtakes */

    const char *psk;      /* NULL: by bootstrap */
    uint64_t first_iccid; /* with `psk`: the identity of device 0 */
    const char *keys;     /* CSV file of identities and keys, or NULL */
    bool cid;
    uint32_t preparing; /* handshakes at a time before the run */

    const char *verify; /* URL of the broker, or NULL */
    uint64_t verify_wait;
    const char *verify_ca;            /* file of certificates, or NULL: the system's */
    const char *verify_user;          /* NULL: none */
    const char *verify_password_file; /* NULL: none */

    uint64_t server_pid; /* whose processor time is measured, or 0 */
    const char *file;    /* scenario, or NULL */
    struct report_options report;

    char *texts[OPTIONS_TEXTS];
    uint32_t text_count;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_DONE, /* help or version was printed */
    OPTIONS_WRONG /* what is wrong was printed to standard error */
};

enum options_result options_parse(struct options *o, int argc, char **argv);

void options_deinit(struct options *o);

/* All groups of rows; `count` is how many. */
#define OPTIONS_GROUPS 6
void options_groups(struct option_group groups[OPTIONS_GROUPS]);

/* The row of a name, or NULL. */
const struct option_row *options_find(const char *name);

/* Takes scenario names. */
bool options_take_scenario(struct options *o, const char *name, const char *value);

/* Takes coap://HOST[:PORT] and coaps://HOST[:PORT]. */
bool options_take_target(struct options *o, const char *name, const char *value);

/* Reads a scenario file. False: what is wrong was printed. */
bool options_file_read(struct options *o, const char *path);

/* Whether devices send messages, and do not only ask. */
static inline bool options_has_messages(const struct options *o)
{
    return o->scenario != SCENARIO_BOOTSTRAP && o->scenario != SCENARIO_LOCATION;
}

static inline bool options_open_loop(const struct options *o)
{
    return o->window == 0;
}

#endif
