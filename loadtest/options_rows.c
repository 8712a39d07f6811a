#include "loadtest/options.h"

#include <stdint.h>
#include <string.h>

#define AT(member)  .offset = offsetof(struct options, member)
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RATE_MAX    1e7
#define COUNT_MAX   1e12

static bool take_sources(struct options *o, const char *name, const char *value)
{
    if (net_prefix_parse(&o->sources, value))
        return true;
    return option_wrong("%s must be a prefix such as 10.0.0.0/8 or fd00::/32, not '%s'", name,
                        value);
}

static bool take_payload_form(struct options *o, const char *name, const char *value)
{
    o->payload_form = strcmp(value, "json") == 0 ? PAYLOAD_JSON : PAYLOAD_TEXT;
    if (o->payload_form == PAYLOAD_JSON || strcmp(value, "text") == 0)
        return true;
    return option_wrong("%s must be text or json, not '%s'", name, value);
}

static bool take_arrivals(struct options *o, const char *name, const char *value)
{
    o->poisson = strcmp(value, "poisson") == 0;
    if (o->poisson || strcmp(value, "even") == 0)
        return true;
    return option_wrong("%s must be even or poisson, not '%s'", name, value);
}

static bool take_nstart(struct options *o, const char *name, const char *value)
{
    static const struct option_row row = {
        .name = "nstart", .kind = OPTION_COUNT, AT(nstart), .least = 1, .most = 64};

    if (!option_row_take(&row, o, value))
        return false;
    if (o->nstart & (o->nstart - 1))
        return option_wrong("%s must be a power of two, not '%s'", name, value);
    return true;
}

static const struct option_row load[] = {
    {"devices", "N", "simulated devices, 1 to 1000000 (1000)", OPTION_COUNT, AT(devices), 1,
     OPTIONS_DEVICES_MAX, NULL},
    {"sources", "CIDR",
     "their source addresses, all of this machine (127.0.0.0/8);\n"
     "the first 256 of an IPv4 one wider than /16 are left out",
     OPTION_OTHER, .take = take_sources},
    {"device-prefix", "N",
     "IPv6: each device has a prefix of N bits for its own, and in it the\n"
     "address ::1 (64); 128 for an address each",
     OPTION_COUNT, AT(device_bits), 1, 128, NULL},
    {"rate", "N",
     "open loop, the default: N starts a second in all (1000), whatever\n"
     "the server does. Latency counts from the scheduled instant, also\n"
     "for what starts late",
     OPTION_NUMBER, AT(rate), 0.001, RATE_MAX, NULL},
    {"every", "TIME", "open loop: each device starts once in TIME", OPTION_TIME, AT(every), 1, 0,
     NULL},
    {"storm", "TIME", "open loop: all devices start once, within TIME, and that is all",
     OPTION_TIME, AT(storm), 1, 0, NULL},
    {"arrivals", "KIND",
     "open loop: even or poisson (even): at random, as those of devices that\n"
     "know nothing of each other; --rate and so on are then averages",
     OPTION_OTHER, .take = take_arrivals},
    {"seed", "N", "of poisson: the same number repeats a run's instants (random)", OPTION_AMOUNT,
     AT(seed), 1, UINT32_MAX, NULL},
    {"window", "N", "closed loop: keep N open, and start the next when one ends", OPTION_COUNT,
     AT(window), 1, OPTIONS_DEVICES_MAX, NULL},
    {"nstart", "N",
     "open requests a device may have, a power of two (1: RFC 7252 §4.7);\n"
     "not with dtls-cold, dtls-resume and, with coaps://, storm",
     OPTION_OTHER, .take = take_nstart},
    {"duration", "TIME", "for how long: 500ms, 10s, 5m (10s)", OPTION_TIME, AT(duration), 1, 0,
     NULL},
    {"count", "N", "start N times, instead of --duration", OPTION_AMOUNT, AT(count), 1, COUNT_MAX,
     NULL},
    {"drain", "TIME", "how long to wait in the end for what is open (5s)", OPTION_TIME, AT(drain),
     0, 0, NULL},
};

static const struct option_row what[] = {
    {"scenario", "NAME",
     "what a device does at each start:\n"
     "telemetry    POST /data; with coaps:// by the association that it has\n"
     "bootstrap    GET /bootstrap\n"
     "location     GET /location\n"
     "dtls-steady  telemetry by coaps://\n"
     "dtls-cold    GET /bootstrap, a new handshake, POST /data\n"
     "dtls-resume  from a new port: a handshake that offers to resume the last\n"
     "             one's session, POST /data\n"
     "rebind       dtls-steady with --cid, one request in ten from another port\n"
     "storm        all devices once within 10 s; with coaps:// all of dtls-cold\n"
     "(telemetry)",
     OPTION_OTHER, .take = options_take_scenario},
    {"topic", "TEXT", "the topic, sent as t=TEXT; '' for none (load)", OPTION_TEXT, AT(topic), 0,
     OPTIONS_TOPIC_MAX, NULL},
    {"size", "N", "bytes of payload, 0 to 1024 (20); with 20 or more it holds the\nmessage's name",
     OPTION_COUNT, AT(payload), 0, OPTIONS_PAYLOAD_MAX, NULL},
    {"payload", "FORM", "text or json (text); a JSON string has 22 bytes at least", OPTION_OTHER,
     .take = take_payload_form},
    {"non", NULL,
     "non-confirmable; such a request, like one that got an empty\n"
     "acknowledgement, is given up after 20 s",
     OPTION_FLAG, AT(non), 0, 0, NULL},
    {"echo", NULL,
     "the server is a bare echo: what comes back with Message ID and\n"
     "token of the request is the answer",
     OPTION_FLAG, AT(echo), 0, 0, NULL},
    {"duplicates", "SHARE", "of requests that are sent twice: 1% or 0.01", OPTION_SHARE,
     AT(duplicates), 0, 1, NULL},
    {"malformed", "SHARE",
     "malformed datagrams mixed in, as a share of requests; what answers\n"
     "them is no answer to a request",
     OPTION_SHARE, AT(malformed), 0, 1, NULL},
    {"rebind", "SHARE",
     "of requests before which the device gets another port, as behind a\n"
     "NAT; with coaps:// use --cid, or associations are lost",
     OPTION_SHARE, AT(rebind), 0, 1, NULL},
    {"rebind-address", NULL,
     "with --rebind: another address too, one that no other device has; a\n"
     "gateway needs identity.check = off or alarm",
     OPTION_FLAG, AT(rebind_address), 0, 0, NULL},
    {"loss", "SHARE", "of datagrams that are lost on our side, each way", OPTION_SHARE, AT(loss), 0,
     1, NULL},
    {"reorder", "SHARE", "of datagrams that leave after the one behind them", OPTION_SHARE,
     AT(reorder), 0, 1, NULL},
};

static const struct option_row dtls[] = {
    {"psk", "KEY", "the key of all devices (default: each asks by GET /bootstrap)", OPTION_TEXT,
     AT(psk), 0, 128, NULL},
    {"first-iccid", "N", "with --psk: the identity of the first device; the next has N + 1",
     OPTION_AMOUNT, AT(first_iccid), 0, UINT64_MAX, NULL},
    {"keys", "FILE",
     "identities and keys, as a devices' file has them: CSV with columns\n"
     "iccid, psk and perhaps psk_format. One row for each device, in order",
     OPTION_TEXT, AT(keys), 0, 0, NULL},
    {"plain-port", "N", "the CoAP port for GET /bootstrap (5683)", OPTION_COUNT, AT(plain_port), 1,
     65535, NULL},
    {"cid", NULL, "devices offer connection ids (RFC 9146)", OPTION_FLAG, AT(cid), 0, 0, NULL},
    {"preparing", "N",
     "handshakes at a time before a run that begins with associations\n"
     "(64)",
     OPTION_COUNT, AT(preparing), 1, OPTIONS_DEVICES_MAX, NULL},
};

static const struct option_row verification[] = {
    {"verify", "URL",
     "mqtt[s]://HOST[:PORT][/FILTER]: subscribes (to #), and looks for\n"
     "each acknowledged message; one that is missing fails the run",
     OPTION_TEXT, AT(verify), 0, 0, NULL},
    {"verify-wait", "TIME",
     "how long to wait in the end for more, while nothing comes that is\n"
     "missing (11s: mosquitto tells each 10 s what it dropped)",
     OPTION_TIME, AT(verify_wait), 0, 0, NULL},
    {"verify-ca", "FILE",
     "mqtts://: certificates, by one of which the broker's has to be signed\n"
     "(those of the system); it has to be for HOST, too",
     OPTION_TEXT, AT(verify_ca), 0, 0, NULL},
    {"verify-user", "NAME", "user name for the broker", OPTION_TEXT, AT(verify_user), 0, 0, NULL},
    {"verify-password-file", "FILE", "whose first line is the password", OPTION_TEXT,
     AT(verify_password_file), 0, 0, NULL},
};

static const struct option_row others[] = {
    {"file", "FILE", "a scenario: any of these options as lines \"name = value\", and\ntarget",
     OPTION_TEXT, AT(file), 0, 0, NULL},
    {"target", "URL", "the same as the argument", OPTION_OTHER, .take = options_take_target},
    {"server-pid", "PID", "also measure the processor time of the server", OPTION_AMOUNT,
     AT(server_pid), 1, INT32_MAX, NULL},
};

void options_groups(struct option_group groups[OPTIONS_GROUPS])
{
    groups[0] = (struct option_group){"Load", load, COUNT(load)};
    groups[1] = (struct option_group){"What devices do", what, COUNT(what)};
    groups[2] = (struct option_group){"CoAPS", dtls, COUNT(dtls)};
    groups[3] = (struct option_group){"Verification", verification, COUNT(verification)};
    groups[4] = report_option_group();
    groups[5] = (struct option_group){"Other", others, COUNT(others)};
}

const struct option_row *options_find(const char *name)
{
    struct option_group groups[OPTIONS_GROUPS];

    options_groups(groups);
    for (int g = 0; g < OPTIONS_GROUPS; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (strcmp(groups[g].rows[i].name, name) == 0)
                return &groups[g].rows[i];
    return NULL;
}
