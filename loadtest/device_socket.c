#include "loadtest/device_socket.h"

#include "base/clock.h"
#include "base/net_address.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RECEIVE_BUFFER (16 << 20)

/* Loopback delivers at once. */
#define PROBE_WAIT 500 /* milliseconds */

/* The kernel grants a large buffer to the privileged and its own maximum to others. */
static void widen_receive_buffer(int fd)
{
    int bytes = RECEIVE_BUFFER;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

/* With DF and no notion of the path's MTU a datagram needs no IP identification, which the kernel
 * would choose with care. */
static void never_fragment(int fd, bool v6)
{
    int probe = IP_PMTUDISC_PROBE; /* IPv6 has the same number for it */

    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &probe,
               sizeof(probe));
}

static bool turn_on(int fd, int level, int option)
{
    int on = 1;

    return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* IPV6_FREEBIND: an address of a local prefix need not be an interface's, as IPv6 demands. */
static bool set_options(int fd, bool v6)
{
    widen_receive_buffer(fd);
    never_fragment(fd, v6);
    if (!turn_on(fd, SOL_SOCKET, SO_RXQ_OVFL))
        return false;
    if (!v6)
        return turn_on(fd, IPPROTO_IP, IP_PKTINFO);
    return turn_on(fd, IPPROTO_IPV6, IPV6_V6ONLY) && turn_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
           turn_on(fd, IPPROTO_IPV6, IPV6_FREEBIND);
}

int device_socket_open(bool v6)
{
    union net_sockaddr any = {.any.sa_family = v6 ? AF_INET6 : AF_INET};
    int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    if (set_options(fd, v6) && bind(fd, &any.any, v6 ? sizeof(any.v6) : sizeof(any.v4)) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int device_socket_tell_times(int fd)
{
    return turn_on(fd, SOL_SOCKET, SO_TIMESTAMPNS) ? 0 : -errno;
}

void device_socket_prepare(struct msghdr *h, void *control, bool v6)
{
    size_t length = v6 ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);
    struct cmsghdr *c = control;

    c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(length);
    h->msg_control = control;
    h->msg_controllen = CMSG_SPACE(length);
}

void device_socket_from(struct msghdr *h, const uint8_t ip[16], bool v6)
{
    void *data = CMSG_DATA((struct cmsghdr *)h->msg_control);
    struct in6_pktinfo info6 = {0};
    struct in_pktinfo info = {0};

    if (v6) {
        memcpy(&info6.ipi6_addr, ip, 16);
        memcpy(data, &info6, sizeof(info6));
    } else {
        memcpy(&info.ipi_spec_dst, ip + 12, 4);
        memcpy(data, &info, sizeof(info));
    }
}

static void read_socket_level(struct device_socket_arrival *a, const struct cmsghdr *c)
{
    struct timespec at;

    if (c->cmsg_type == SO_RXQ_OVFL) {
        memcpy(&a->dropped, CMSG_DATA(c), sizeof(a->dropped));
        a->has_dropped = true;
    } else if (c->cmsg_type == SO_TIMESTAMPNS) {
        memcpy(&at, CMSG_DATA(c), sizeof(at));
        a->wall = (uint64_t)at.tv_sec * CLOCK_SECOND + (uint64_t)at.tv_nsec;
    }
}

void device_socket_arrival(struct msghdr *h, struct device_socket_arrival *a)
{
    struct in6_pktinfo info6;
    struct in_pktinfo info;

    *a = (struct device_socket_arrival){0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level == SOL_SOCKET) {
            read_socket_level(a, c);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            net_ip_from_v4(a->to, &info.ipi_addr);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&info6, CMSG_DATA(c), sizeof(info6));
            memcpy(a->to, &info6.ipi6_addr, 16);
        }
    }
}

/* Sends a datagram to our own port there, which no router passes on. */
static bool comes_back(int fd, const uint8_t ip[16])
{
    union net_sockaddr to = {.any.sa_family = AF_INET6};
    socklen_t length = sizeof(to.v6);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int hops = 1;

    if (getsockname(fd, &to.any, &length) != 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) != 0)
        return false;
    memcpy(&to.v6.sin6_addr, ip, 16);
    return sendto(fd, "", 0, 0, &to.any, sizeof(to.v6)) == 0 && poll(&wait, 1, PROBE_WAIT) == 1;
}

bool device_socket_is_local(const uint8_t ip[16])
{
    int fd = device_socket_open(true);
    bool is_local = fd >= 0 && comes_back(fd, ip);

    if (fd >= 0)
        close(fd);
    return is_local;
}
