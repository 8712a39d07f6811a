/*
 * Which worker a source address belongs to. The formula is so simple that the kernel's program and
 * ours compute the same: the IPv4 address, or the first 64 bits of an IPv6 one folded to 32, times
 * a random odd number, the upper half of that modulo the number of workers. Any thread.
 */
#ifndef SIMGATE_GATEWAY_SHARD_H
#define SIMGATE_GATEWAY_SHARD_H

#include "base/net_address.h"

#include <stdint.h>

struct shard {
    uint32_t multiplier; /* odd */
    uint32_t workers;
};

/* Draws the multiplier. Returns 0 or -errno. */
int shard_init(struct shard *s, uint32_t workers);

/* The worker that serves the address. */
uint32_t shard_worker(const struct shard *s, const uint8_t ip[16]);

/* The worker that gave out the connection id of a DTLS record (RFC 9146 §4), which follows its
 * association to any address. False when there is no such id of this node. */
bool shard_worker_by_cid(const struct shard *s, uint16_t node, const uint8_t *bytes, size_t length,
                         uint32_t *worker);

/* Has the kernel choose among the sockets of a SO_REUSEPORT group by the same formula: the n-th
 * socket that was bound is worker n's (SO_ATTACH_REUSEPORT_CBPF). Returns 0 or -errno. */
int shard_attach(const struct shard *s, int fd, sa_family_t family);

#endif
