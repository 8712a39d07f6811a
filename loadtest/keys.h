/*
 * Identities and pre-shared keys of devices: from --psk, from a CSV file, or from the gateway's
 * answers to GET /bootstrap. One thread; who makes a key frees it, with free().
 */
#ifndef SIMGATE_LOADTEST_KEYS_H
#define SIMGATE_LOADTEST_KEYS_H

#include "loadtest/dtls_client.h"

/* NULL: empty or too long, or no memory. */
struct dtls_client_key *keys_new(const char *identity, size_t identity_length, const char *key,
                                 size_t key_length);

/* What /bootstrap answers: "ICCID,PSK,coaps://host:port". NULL: it is something else. */
struct dtls_client_key *keys_from_bootstrap(const uint8_t *payload, size_t length);

/* Takes the key of a row, counted from 0, which is its own from then on. */
typedef void (*keys_take)(void *owner, uint32_t row, struct dtls_client_key *key);

/* Reads the first `count` rows of a CSV file whose first line names its columns, "iccid" and "psk"
 * among them, and perhaps "psk_format" ("text" or "hex"), as the memory store's file has them;
 * fields have no quotes. Returns 0; or -errno and in `problem` why, where it is -EINVAL. */
int keys_read(const char *path, uint32_t count, keys_take take, void *owner, char problem[160]);

#endif
