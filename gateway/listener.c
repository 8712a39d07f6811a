#include "gateway/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* What is received tells which of our addresses it was sent to, where that is not known anyway. */
static int set_packet_info(int fd, const struct listener *l)
{
    if (!l->wildcard)
        return 0;
    if (net_ip_is_v4(l->address.ip))
        return set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* Sends IPv4 datagrams with "don't fragment", as IPv6 ones are anyway: what we send is short, and
 * the kernel need not find a fragment identification for each (RFC 6864 §4.1), which is a twentieth
 * of what it does for a datagram. A path MTU that somebody reports changes nothing. A kernel that
 * does not know it sends as well. */
static void forbid_fragments(int fd, const struct listener *l)
{
    if (net_ip_is_v4(l->address.ip))
        set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

/* More than net.core.rmem_max takes privileges; what the kernel grants has to do. */
static void set_receive_buffer(int fd, uint64_t bytes)
{
    int value = bytes > INT32_MAX ? INT32_MAX : (int)bytes;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof(value)))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value));
}

static int configure(int fd, const struct listener *l, const struct listener_settings *settings)
{
    int error = 0;

    if (!net_ip_is_v4(l->address.ip))
        error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!error)
        error = set_packet_info(fd, l);
    forbid_fragments(fd, l);
    set_receive_buffer(fd, settings->receive_buffer);
    return error;
}

static int bind_to(int fd, const struct net_address *address)
{
    union net_sockaddr s;
    socklen_t length = net_address_to_sockaddr(address, &s);

    return bind(fd, &s.any, length) ? -errno : 0;
}

static int new_socket(const struct net_address *address)
{
    int family = net_ip_is_v4(address->ip) ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd < 0 ? -errno : fd;
}

static int read_port(struct listener *l, int fd)
{
    union net_sockaddr s;
    socklen_t length = sizeof(s);
    struct net_address bound;

    if (getsockname(fd, &s.any, &length))
        return -errno;
    net_address_from_sockaddr(&bound, &s);
    l->address.port = bound.port;
    return 0;
}

/* With SO_REUSEPORT a second process would take part of the traffic and nobody would notice, and
 * what is given for port 0 may be another gateway's: so the address is tried without it first. */
static int probe(struct listener *l)
{
    int fd = new_socket(&l->address);
    int error;

    if (fd < 0)
        return fd;
    error = net_ip_is_v4(l->address.ip) ? 0 : set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!error)
        error = bind_to(fd, &l->address);
    if (!error)
        error = read_port(l, fd);
    close(fd);
    return error;
}

static int add_socket(struct listener *l, const struct listener_settings *settings)
{
    int fd = new_socket(&l->address);
    int error;

    if (fd < 0)
        return fd;
    l->sockets[l->socket_count++] = fd;
    error = configure(fd, l, settings);
    if (!error) /* also a lone one: --takeover works only where the owner allows it */
        error = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (!error)
        error = bind_to(fd, &l->address);
    return error ? error : read_port(l, fd);
}

int listener_open(struct listener *l, const struct net_address *address,
                  const struct listener_settings *settings)
{
    static const uint8_t any_v4[16] = {[10] = 0xff, [11] = 0xff}, any_v6[16];
    sa_family_t family = net_ip_is_v4(address->ip) ? AF_INET : AF_INET6;
    int error = 0;

    *l = (struct listener){.address = *address};
    l->wildcard = memcmp(address->ip, any_v4, 16) == 0 || memcmp(address->ip, any_v6, 16) == 0;
    if (!settings->takeover || address->port == 0)
        error = probe(l);
    while (!error && l->socket_count < settings->sockets)
        error = add_socket(l, settings);
    if (!error && settings->shard && settings->sockets > 1)
        error = shard_attach(settings->shard, l->sockets[0], family);
    if (error)
        listener_close(l);
    return error;
}

void listener_close(struct listener *l)
{
    for (uint32_t i = 0; i < l->socket_count; i++)
        close(l->sockets[i]);
    l->socket_count = 0;
}
