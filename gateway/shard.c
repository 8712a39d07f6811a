#include "gateway/shard.h"

#include "base/cursor.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/random.h>
#include <sys/socket.h>

/* Offsets of the source address in the headers (RFC 791 §3.1, RFC 8200 §3). */
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8

#define TLS12_CID 25 /* content type of a record with a connection id (RFC 9146 §4) */

int shard_init(struct shard *s, uint32_t workers)
{
    s->workers = workers;
    if (getrandom(&s->multiplier, sizeof(s->multiplier), 0) != sizeof(s->multiplier))
        return -errno;
    s->multiplier |= 1;
    return 0;
}

static uint32_t read_word(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t worker_of(const struct shard *s, uint32_t word)
{
    return (word * s->multiplier >> 16) % s->workers;
}

uint32_t shard_worker(const struct shard *s, const uint8_t ip[16])
{
    if (net_ip_is_v4(ip))
        return worker_of(s, read_word(ip + 12));
    return worker_of(s, read_word(ip) ^ read_word(ip + 4));
}

bool shard_worker_by_cid(const struct shard *s, uint16_t node, const uint8_t *bytes, size_t length,
                         uint32_t *worker)
{
    struct cursor c = cursor_over(bytes, length);

    if (cursor_u8(&c) != TLS12_CID)
        return false;
    cursor_bytes(&c, 10); /* version, epoch, sequence number */
    if (cursor_u16(&c) != node)
        return false;
    *worker = cursor_u8(&c);
    return !c.failed && *worker < s->workers;
}

static int attach(int fd, struct sock_filter *program, uint16_t length)
{
    struct sock_fprog f = {.len = length, .filter = program};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &f, sizeof(f)) ? -errno : 0;
}

#define LENGTH(program) (sizeof(program) / sizeof((program)[0]))

int shard_attach(const struct shard *s, int fd, sa_family_t family)
{
    uint32_t net = (uint32_t)SKF_NET_OFF; /* the program sees the payload; the header is here */
    struct sock_filter v4[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, net + IPV4_SOURCE),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, s->multiplier),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, s->workers),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_filter v6[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, net + IPV6_SOURCE),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, net + IPV6_SOURCE + 4),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, s->multiplier),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, s->workers),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };

    if (family == AF_INET)
        return attach(fd, v4, LENGTH(v4));
    return attach(fd, v6, LENGTH(v6));
}
