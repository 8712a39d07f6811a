/*
 * A store for tests that answers when the test says, with what the test says. Every address has a
 * device whose ICCID is "8900" and the last byte of the address, and every ICCID is a device's. One
 * thread, virtual time.
 */
#ifndef SIMGATE_TESTS_PROTOCOL_FAKE_STORE_H
#define SIMGATE_TESTS_PROTOCOL_FAKE_STORE_H

#include "storage/store.h"

#define FAKE_STORE_QUESTIONS 2048

struct fake_question {
    uint64_t due; /* nanoseconds; CLOCK_NEVER: held back */
    enum store_result result;
    uint8_t ip[16];
    char iccid[DEVICE_ICCID_MAX + 1]; /* instead of the address, or "" */
    uint32_t request_hash;
    store_device_fn *device_done; /* one of these, or none when it was answered */
    store_exchange_fn *exchange_done;
    store_psk_fn *psk_done;
    store_location_fn *location_done;
    store_template_fn *template_done;
    void *context;
};

struct fake_store {
    struct store_session session; /* first: the contract casts */
    uint64_t now;                 /* nanoseconds, set by the test */
    uint64_t delay;               /* of look-ups; 0: before the call returns */
    enum store_result result;     /* of look-ups */
    bool inactive;                /* what devices are */
    uint64_t psk_epoch;           /* of all devices */
    uint64_t reserve_delay;       /* of reservations; 0: before the call returns */
    enum store_result reserve_result;
    struct store_exchange exchange; /* what reservations find */
    bool other_bytes;               /* and whether it is of another request */
    struct psk_record keys;         /* of every device */
    enum store_result keys_result;
    uint64_t keys_delay;
    bool location_allowed;
    struct location location; /* of every device; longitude "": none */
    uint64_t location_delay;
    uint16_t template;         /* of every device */
    const char *template_text; /* of any number; NULL: there is none */
    enum store_result template_result;
    uint64_t template_delay;
    uint32_t lookups, settled, released, bootstraps, template_lookups, locations_set;
    uint8_t settled_code; /* the last one */
    uint32_t count;       /* questions that were not answered at once */
    struct fake_question questions[FAKE_STORE_QUESTIONS];
};

/* Answers every question at once: registered, active, reserved. */
struct fake_store *fake_store_open(void);

void fake_store_close(struct fake_store *s);

/* The next time at which there is something to answer, or CLOCK_NEVER. */
uint64_t fake_store_deadline(const struct fake_store *s);

/* Answers what is due. */
void fake_store_answer(struct fake_store *s);

/* Answers everything, with this result. */
void fake_store_answer_all(struct fake_store *s, enum store_result result);

#endif
