/*
 * Block-wise transfers (RFC 7959). Block1: the payload of a request is put together from its blocks
 * and handed up whole (atomic processing, §2.5). Block2: a part of a response's payload is cut out.
 *
 * Transfers under way have a budget of bytes; when it is used up, the one that has stood still
 * longest goes, and its device starts again after a 4.08. A device has at most BLOCK1_PER_DEVICE of
 * them. One thread. Unlike the rest of the message layer this allocates: a transfer's payload.
 */
#ifndef SIMGATE_WORKERS_COAP_BLOCK_H
#define SIMGATE_WORKERS_COAP_BLOCK_H

#include "base/keyed_hash.h"
#include "base/list.h"
#include "workers/coap/endpoint.h"
#include "workers/coap/message.h"
#include "workers/coap/request.h"
#include "workers/coap/response.h"

#include <stdint.h>

#define BLOCK1_PER_DEVICE 4
#define BLOCK1_BUCKETS    1024

struct block1 {
    struct list transfers;               /* the one that has stood still longest first */
    struct list buckets[BLOCK1_BUCKETS]; /* by device */
    struct hash_key key;
    uint64_t budget;      /* bytes */
    uint64_t used;        /* bytes */
    uint32_t max_payload; /* bytes */
    uint64_t evicted;     /* transfers that the budget ended */
};

/* Returns 0 or -errno. */
int block1_init(struct block1 *b, uint64_t budget, uint32_t max_payload);

void block1_deinit(struct block1 *b);

/* A payload that is whole. */
struct block1_payload {
    const uint8_t *bytes;
    size_t length;
    struct block1_transfer *transfer; /* where the bytes live, or NULL: in the message */
};

/*
 * Takes the payload of a request, a block or all of it. Returns 0 when `*whole` has it: then
 * block1_release() follows. Otherwise the code to answer with: 2.31, 4.00 (a reserved size, a block
 * of a wrong length), 4.08 (not the next block of a transfer that we know), 4.13, 5.03 (no memory).
 */
uint8_t block1_receive(struct block1 *b, uint64_t now, const struct coap_endpoint *from,
                       const struct coap_message *m, const struct coap_request *r,
                       struct block1_payload *whole);

void block1_release(struct block1 *b, struct block1_payload *whole);

/* When block1_advance() is due, or CLOCK_NEVER. */
uint64_t block1_deadline(const struct block1 *b);

/* Ends transfers that have stood still for EXCHANGE_LIFETIME. */
void block1_advance(struct block1 *b, uint64_t now);

/*
 * Cuts the block that the request asks for, or the first of COAP_BLOCK_SZX_MAX where the payload is
 * larger, out of a 2.05 response's payload (RFC 7959 §2.4), and sets Block2 and, in the first,
 * Size2. False when there is no such block: 4.00.
 */
bool block2_cut(struct coap_response *response, const struct coap_block *wanted);

#endif
