#include "loadtest/options.h"

#include "base/clock.h"
#include "loadtest/sources.h"

#include <getopt.h>
#include <math.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT   5683 /* RFC 7252 §6.1 */
#define DEVICES_MAX    1000000
#define RATE_MAX       1e7
#define DURATION_MAX   (24 * 3600 * CLOCK_SECOND)
#define DEFAULT_WINDOW 64

static const char help[] =
    "Usage: simgate-load [OPTIONS] coap://HOST[:PORT]\n"
    "\n"
    "Simulates devices that POST telemetry to /data, each from its own source address, and\n"
    "measures how they are answered. HOST is an IPv4 address or a name; PORT is 5683.\n"
    "\n"
    "Load:\n"
    "  --devices N       simulated devices, 1 to 1000000 (1000)\n"
    "  --sources CIDR    their source addresses, all of this machine (127.0.0.0/8); the first 256\n"
    "                    of a prefix wider than /16 are left out\n"
    "  --window N        closed loop, the default: keep N requests open (64). A device has at\n"
    "                    most one (NSTART = 1), so there are never more than devices\n"
    "  --rate N          open loop: start N requests a second, whatever the server does. Latency\n"
    "                    counts from the scheduled instant, also for a request that starts late\n"
    "  --duration TIME   for how long: 500ms, 10s, 5m (10s)\n"
    "  --count N         send N requests, instead of --duration\n"
    "  --drain TIME      how long to wait in the end for what is open (5s)\n"
    "\n"
    "Requests:\n"
    "  --topic TEXT      the topic, sent as t=TEXT; '' for none (load)\n"
    "  --size N          bytes of payload, 0 to 1024 (20)\n"
    "  --non             non-confirmable; such a request, like one that got an empty\n"
    "                    acknowledgement, is given up after 20 s\n"
    "  --echo            the server is a bare echo: what comes back with Message ID and token of\n"
    "                    the request is the answer\n"
    "\n"
    "Report:\n"
    "  --server-pid PID  also measure the processor time of the server\n"
    "  --json FILE       also write the results to FILE\n"
    "  --help, --version\n"
    "\n"
    "Exits with 0 when every request was answered with 2.xx, 1 otherwise, 2 after a wrong "
    "option.\n";

enum option_name {
    OPTION_DEVICES = 1,
    OPTION_SOURCES,
    OPTION_WINDOW,
    OPTION_RATE,
    OPTION_DURATION,
    OPTION_COUNT,
    OPTION_DRAIN,
    OPTION_TOPIC,
    OPTION_SIZE,
    OPTION_NON,
    OPTION_ECHO,
    OPTION_SERVER_PID,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option names[] = {
    {"devices", required_argument, NULL, OPTION_DEVICES},
    {"sources", required_argument, NULL, OPTION_SOURCES},
    {"window", required_argument, NULL, OPTION_WINDOW},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"drain", required_argument, NULL, OPTION_DRAIN},
    {"topic", required_argument, NULL, OPTION_TOPIC},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"non", no_argument, NULL, OPTION_NON},
    {"echo", no_argument, NULL, OPTION_ECHO},
    {"server-pid", required_argument, NULL, OPTION_SERVER_PID},
    {"json", required_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

/* Prints what is wrong. Always false. */
__attribute__((format(printf, 1, 2))) static bool wrong(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("simgate-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n(--help lists the options)\n", stderr);
    va_end(arguments);
    return false;
}

static bool parse_number(const char *name, const char *text, double least, double most,
                         double *number)
{
    char *end;

    *number = strtod(text, &end);
    if (end == text || *end || !(*number >= least && *number <= most))
        return wrong("%s must be a number from %.10g to %.10g, not '%s'", name, least, most, text);
    return true;
}

static bool parse_whole(const char *name, const char *text, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    double value;

    if (!parse_number(name, text, (double)least, (double)most, &value))
        return false;
    if (value != floor(value))
        return wrong("%s must be a whole number, not '%s'", name, text);
    *number = (uint64_t)value;
    return true;
}

static bool parse_u32(const char *name, const char *text, uint32_t least, uint32_t most,
                      uint32_t *number)
{
    uint64_t value = 0;
    bool good = parse_whole(name, text, least, most, &value);

    *number = (uint32_t)value;
    return good;
}

static bool parse_time(const char *name, const char *text, uint64_t *nanoseconds)
{
    static const struct {
        const char *suffix;
        uint64_t nanoseconds;
    } units[] = {{"", CLOCK_SECOND},
                 {"s", CLOCK_SECOND},
                 {"ms", CLOCK_MILLISECOND},
                 {"m", 60 * CLOCK_SECOND},
                 {"h", 3600 * CLOCK_SECOND}};
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end != text && i < sizeof(units) / sizeof(units[0]); i++) {
        double product = value * (double)units[i].nanoseconds;

        if (strcmp(end, units[i].suffix) != 0 || !(product >= 0 && product <= DURATION_MAX))
            continue;
        *nanoseconds = (uint64_t)product;
        return true;
    }
    return wrong("--%s must be a time of up to 24 hours such as 500ms, 10s or 5m, not '%s'", name,
                 text);
}

static bool parse_sources(struct options *o, const char *text)
{
    if (!net_prefix_parse(&o->sources, text) || !net_ip_is_v4(o->sources.ip))
        return wrong("--sources must be an IPv4 prefix such as 10.0.0.0/8, not '%s'", text);
    return true;
}

static bool resolve(struct options *o, const char *host, uint16_t port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;
    union net_sockaddr address;
    int error = getaddrinfo(host, NULL, &hints, &found);

    if (error)
        return wrong("no IPv4 address for '%s': %s", host, gai_strerror(error));
    memcpy(&address.v4, found->ai_addr, sizeof(address.v4));
    freeaddrinfo(found);
    net_address_from_sockaddr(&o->target, &address);
    o->target.port = port;
    return true;
}

/* coap://HOST[:PORT][/] */
static bool parse_target(struct options *o, const char *url)
{
    static const char scheme[] = "coap://";
    char host[256];
    char *colon;
    uint32_t port = DEFAULT_PORT;
    size_t length;

    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
        return wrong("the target must be coap://HOST[:PORT], not '%s'", url);
    url += sizeof(scheme) - 1;
    length = strcspn(url, "/");
    if (length == 0 || length >= sizeof(host) || (url[length] && url[length + 1]))
        return wrong("the target must be coap://HOST[:PORT] without a path: it is always /data");
    memcpy(host, url, length);
    host[length] = 0;
    colon = strchr(host, ':');
    if (host[0] == '[')
        return wrong("'%s': IPv6 is not simulated yet", host);
    if (colon)
        *colon++ = 0;
    if (colon && !parse_u32("the port", colon, 1, UINT16_MAX, &port))
        return false;
    return resolve(o, host, (uint16_t)port);
}

static bool parse_option(struct options *o, enum option_name name, const char *value)
{
    uint64_t pid = 0;
    bool good;

    switch (name) {
    case OPTION_DEVICES:
        return parse_u32("--devices", value, 1, DEVICES_MAX, &o->devices);
    case OPTION_SOURCES:
        return parse_sources(o, value);
    case OPTION_WINDOW:
        return parse_u32("--window", value, 1, DEVICES_MAX, &o->window);
    case OPTION_RATE:
        return parse_number("--rate", value, 0.001, RATE_MAX, &o->rate);
    case OPTION_DURATION:
        return parse_time("duration", value, &o->duration) &&
               (o->duration > 0 || wrong("--duration must be longer than 0"));
    case OPTION_COUNT:
        return parse_whole("--count", value, 1, UINT64_C(1000000000000), &o->count);
    case OPTION_DRAIN:
        return parse_time("drain", value, &o->drain);
    case OPTION_TOPIC:
        o->topic = value;
        return strlen(value) <= OPTIONS_TOPIC_MAX ||
               wrong("--topic must have at most %d characters", OPTIONS_TOPIC_MAX);
    case OPTION_SIZE:
        return parse_u32("--size", value, 0, OPTIONS_PAYLOAD_MAX, &o->payload);
    case OPTION_NON:
        o->confirmable = false;
        return true;
    case OPTION_ECHO:
        o->echo = true;
        return true;
    case OPTION_SERVER_PID:
        good = parse_whole("--server-pid", value, 1, INT32_MAX, &pid);
        o->server = (pid_t)pid;
        return good;
    case OPTION_JSON:
        o->json = value;
        return true;
    case OPTION_HELP:
    case OPTION_VERSION:
        break;
    }
    return false;
}

/* What getopt_long() found, in its last argument. */
static bool take_option(struct options *o, int name, const char *argument)
{
    if (name == ':')
        return wrong("%s needs a value", argument);
    if (name == '?')
        return wrong("no such option: %s", argument);
    return parse_option(o, (enum option_name)name, optarg);
}

/* What goes wrong between options, and the defaults that depend on others. */
static bool check_together(struct options *o)
{
    uint32_t addresses = sources_in(&o->sources).count;

    if (o->rate > 0 && o->window)
        return wrong("--rate (open loop) and --window (closed loop) exclude each other");
    if (o->duration && o->count)
        return wrong("--duration and --count exclude each other");
    if (addresses < o->devices)
        return wrong("--sources has %u addresses for %u devices", addresses, o->devices);
    if (!o->duration && !o->count)
        o->duration = 10 * CLOCK_SECOND;
    if (!o->window)
        o->window = DEFAULT_WINDOW;
    return true;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    int name;

    *o = (struct options){.devices = 1000,
                          .drain = 5 * CLOCK_SECOND,
                          .topic = "load",
                          .payload = 20,
                          .confirmable = true};
    parse_sources(o, "127.0.0.0/8");
    opterr = 0;
    while ((name = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (name == OPTION_HELP || name == OPTION_VERSION) {
            fputs(name == OPTION_HELP ? help : "simgate-load " SIMGATE_VERSION "\n", stdout);
            return OPTIONS_DONE;
        }
        if (!take_option(o, name, argv[optind - 1]))
            return OPTIONS_WRONG;
    }
    if (argc - optind != 1) {
        wrong("one target is needed: coap://HOST[:PORT]");
        return OPTIONS_WRONG;
    }
    return parse_target(o, argv[optind]) && check_together(o) ? OPTIONS_RUN : OPTIONS_WRONG;
}
