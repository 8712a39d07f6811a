/*
 * A session on a loop of its own that asks one question at a time, as the conformance checks do.
 * The thread that opens it uses it.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_CONFORMANCE_CLIENT_H
#define SIMGATE_TESTS_UNIT_STORAGE_CONFORMANCE_CLIENT_H

#include "base/clock.h"
#include "storage/store.h"
#include "storage/template_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define CONFORMANCE_PATIENCE (10 * CLOCK_SECOND)

/* Ends a check at what does not hold. */
#define CONFORMANCE_TEXT_(line) #line
#define CONFORMANCE_TEXT(line)  CONFORMANCE_TEXT_(line)
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __FILE__ ":" CONFORMANCE_TEXT(__LINE__) ": " #condition;                        \
    } while (0)

struct client {
    struct store_session *session;
    struct uv_loop_s loop;
    bool in_call;  /* of a session's function */
    bool in_batch; /* between the observer's begin() and end() */
    bool disorder; /* an answer or a notice came outside of both, or batches were not closed */
    /* that the observer was told of */
    unsigned address_changes, device_changes, template_changes, doubts;
    uint8_t changed_ip[16];
    char changed_iccid[DEVICE_ICCID_MAX + 1];
    char text[STORE_TEMPLATE_TEXT_MAX]; /* of the template that came last */
};

/* What came of a question; a copy, since what the callback is given is borrowed. */
struct answer {
    struct client *client; /* for who asks without the functions below: NULL will do */
    unsigned calls;
    enum store_result result;
    struct device device;
    struct store_exchange exchange;
    struct psk_record keys;
    struct location location;
    char template_name[TEMPLATE_NAME_MAX + 1];
    size_t template_length; /* of the client's text */
};

/* Opens a session; the second waits until it has reached the store. */
bool client_begin(struct client *c, struct store *store);
bool client_open(struct client *c, struct store *store);

/* Whether everything came in its place. */
bool client_close(struct client *c);

/* Runs the loop until `*calls` are `wanted`. False when that takes too long. */
bool client_drive(struct client *c, const unsigned *calls, unsigned wanted);

store_device_fn client_keep_device;     /* `context` is a struct answer */
store_exchange_fn client_keep_exchange; /* likewise */
store_psk_fn client_keep_keys;          /* likewise */
store_location_fn client_keep_location; /* likewise */
store_template_fn client_keep_template; /* likewise, and its client is given */

void client_ask(struct client *c, const char *address, struct answer *answer);

/* Asks and waits. `calls` is 0 when no answer came. */
struct answer client_find(struct client *c, const char *address);
struct answer client_find_by_iccid(struct client *c, const char *iccid);
struct answer client_bootstrap(struct client *c, const char *iccid);
struct answer client_find_keys(struct client *c, const char *iccid);
struct answer client_find_location(struct client *c, const char *iccid);
struct answer client_find_template(struct client *c, uint16_t number);
struct answer client_reserve(struct client *c, const struct store_exchange_key *key, uint64_t life);

#endif
