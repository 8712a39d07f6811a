#include "gateway/admin.h"

#include "gateway/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX    64
#define CONNECTION_TIMEOUT 10 /* seconds */

struct admin {
    struct MHD_Daemon *daemon;
    const struct gateway *gateway;
    uv_poll_t poll;   /* of the server's epoll descriptor */
    uv_timer_t timer; /* of its connections' time-outs */
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             char *text, size_t length)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) /* RFC 9110 §15.5.6 */
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_line(struct MHD_Connection *connection, unsigned status,
                                  const char *line)
{
    char *text = NULL;
    int length = asprintf(&text, "%s\n", line);

    if (length < 0)
        return MHD_NO;
    return reply(connection, status, "text/plain; charset=utf-8", text, (size_t)length);
}

static enum MHD_Result reply_metrics(struct MHD_Connection *connection, const struct gateway *g)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return MHD_NO;
    metrics_print(out, g);
    if (fclose(out) != 0) {
        free(text);
        return MHD_NO;
    }
    return reply(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, length);
}

static enum MHD_Result reply_ready(struct MHD_Connection *connection, const struct gateway *g)
{
    const char *why = gateway_not_ready(g);
    const char *but = gateway_degraded(g);

    if (why)
        return reply_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, why);
    return reply_line(connection, MHD_HTTP_OK, but ? but : "ready");
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_length, void **state)
{
    const struct admin *a = context;

    (void)version;
    (void)body;
    if (!*state || *body_length) { /* answered when all of it is here; a body is not wanted */
        *state = (void *)(uintptr_t)1;
        *body_length = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return reply_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is served here");
    if (strcmp(url, "/metrics") == 0)
        return reply_metrics(connection, a->gateway);
    if (strcmp(url, "/healthz") == 0)
        return reply_line(connection, MHD_HTTP_OK, "ok");
    if (strcmp(url, "/readyz") == 0)
        return reply_ready(connection, a->gateway);
    return reply_line(connection, MHD_HTTP_NOT_FOUND, "there are /metrics, /healthz and /readyz");
}

static void on_timer(uv_timer_t *timer);

/* Lets the server do what is due, and comes back in time for its next time-out. */
static void serve(struct admin *a)
{
    MHD_UNSIGNED_LONG_LONG wait;

    MHD_run(a->daemon);
    if (MHD_get_timeout(a->daemon, &wait) == MHD_YES)
        uv_timer_start(&a->timer, on_timer, wait, 0);
}

static void on_timer(uv_timer_t *timer)
{
    serve(timer->data);
}

static void on_activity(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    serve(poll->data);
}

static int start_daemon(struct admin *a, const struct net_address *address)
{
    union net_sockaddr s;
    unsigned flags = MHD_USE_EPOLL;

    net_address_to_sockaddr(address, &s);
    if (s.any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    a->daemon =
        MHD_start_daemon(flags, address->port, NULL, NULL, on_request, a, MHD_OPTION_SOCK_ADDR,
                         &s.any, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT, MHD_OPTION_END);
    if (!a->daemon)
        return errno ? -errno : -EINVAL;
    return 0;
}

static void announce(const struct admin *a, const struct net_address *address,
                     const struct log *log)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_BIND_PORT);
    struct net_address bound = *address;
    char text[NET_ADDRESS_TEXT];

    if (info)
        bound.port = info->port;
    log_info(log, "admin on http://%s", net_address_format(&bound, text));
}

int admin_open(struct admin **admin, uv_loop_t *loop, const struct net_address *address,
               const struct gateway *gateway, const struct log *log)
{
    const union MHD_DaemonInfo *info;
    struct admin *a = calloc(1, sizeof(*a));
    int error;

    if (!a)
        return -ENOMEM;
    a->gateway = gateway;
    error = start_daemon(a, address);
    if (error) {
        free(a);
        return error;
    }
    info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    error = uv_poll_init(loop, &a->poll, info->epoll_fd);
    if (error) { /* then there is no handle that admin_close() could close */
        MHD_stop_daemon(a->daemon);
        free(a);
        return error;
    }
    *admin = a;
    a->poll.data = a->timer.data = a;
    uv_timer_init(loop, &a->timer);
    error = uv_poll_start(&a->poll, UV_READABLE, on_activity);
    if (!error)
        announce(a, address, log);
    return error;
}

static void on_closed(uv_handle_t *handle)
{
    struct admin *a = handle->data;

    MHD_stop_daemon(a->daemon);
    free(a);
}

void admin_close(struct admin *a)
{
    if (!a)
        return;
    uv_close((uv_handle_t *)&a->timer, NULL);
    uv_close((uv_handle_t *)&a->poll, on_closed);
}
