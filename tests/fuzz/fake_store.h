/*
 * A store that answers when and how a test says. Devices are the IPv4 addresses 10.0.0.1 to .4, of
 * which .4 is inactive. One thread; one session.
 */
#ifndef SIMGATE_TESTS_FUZZ_FAKE_STORE_H
#define SIMGATE_TESTS_FUZZ_FAKE_STORE_H

#include "storage/store.h"

#define FAKE_STORE_QUESTIONS 64

struct fake_question {
    store_device_fn *device_done; /* one of these is not NULL */
    store_exchange_fn *exchange_done;
    store_location_fn *location_done;
    store_template_fn *template_done;
    void *context;
    uint8_t ip[16];
};

struct fake_store {
    struct store store;
    struct store_session session;
    bool answers_late;                  /* what is asked waits for fake_store_answer() */
    enum store_result result;           /* of the next answers; STORE_OK is the true one */
    enum store_exchange_state exchange; /* of the next reservations */
    struct fake_question questions[FAKE_STORE_QUESTIONS];
    uint32_t count;
    uint64_t changed_elsewhere; /* reservations that were answered with 2.04 */
};

void fake_store_init(struct fake_store *s);

/* Answers the question with this number, counted modulo how many there are, if any. */
void fake_store_answer(struct fake_store *s, uint32_t number);

void fake_store_answer_all(struct fake_store *s);

#endif
