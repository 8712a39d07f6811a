#include "gateway/config_table.h"

#include "base/clock.h"
#include "gateway/config.h"

#define MS  CLOCK_MILLISECOND
#define SEC CLOCK_SECOND
#define MIN (60 * CLOCK_SECOND)

#ifdef SIMGATE_DTLS
#define COAPS_LISTEN "0.0.0.0:5684,[::]:5684"
#else
#define COAPS_LISTEN ""
#endif

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* The offset of a member, which must have the type that values of the row are stored in. */
#define AT(member, type)                                                                           \
    (offsetof(struct config, member) +                                                             \
     0 * sizeof(char[__builtin_types_compatible_p(type, __typeof__(((struct config *)0)->member))  \
                         ? 1                                                                       \
                         : -1]))

/* Kind and offset of a row. */
#define TEXT(member)                {CONFIG_TEXT, 0, 0, NULL}, AT(member, const char *)
#define REQUIRED_TEXT(member)       {CONFIG_TEXT, 1, 0, NULL}, AT(member, const char *)
#define SECRET(member)              {CONFIG_SECRET, 0, 0, NULL}, AT(member, const char *)
#define BOOL(member)                {CONFIG_BOOL, 0, 0, NULL}, AT(member, bool)
#define UNSIGNED(member, min, max)  {CONFIG_UNSIGNED, min, max, NULL}, AT(member, uint32_t)
#define DECIMAL(member, min, max)   {CONFIG_DECIMAL, min, max, NULL}, AT(member, double)
#define DURATION(member, min, max)  {CONFIG_DURATION, min, max, NULL}, AT(member, uint64_t)
#define SECONDS(member, min, max)   {CONFIG_SECONDS, min, max, NULL}, AT(member, uint32_t)
#define SIZE(member, min, max)      {CONFIG_SIZE, min, max, NULL}, AT(member, uint64_t)
#define CHOICE(member, type, words) {CONFIG_CHOICE, 0, 0, words}, AT(member, type)
#define ADDRESSES(member, min, max)                                                                \
    {CONFIG_ADDRESSES, min, max, NULL}, AT(member, struct config_addresses)
#define PREFIXES(member, min, max)                                                                 \
    {CONFIG_PREFIXES, min, max, NULL}, AT(member, struct config_prefixes)

_Static_assert(sizeof(enum receive_placement) == sizeof(unsigned), "choices are kept as unsigned");

static const char *const mid_conflicts[] = {
    [CONFIG_MID_CONFLICT_RFC] = "rfc", [CONFIG_MID_CONFLICT_PROCESS] = "process", NULL};
static const char *const degraded_modes[] = {
    [CONFIG_DEGRADED_SERVE] = "serve", [CONFIG_DEGRADED_REFUSE] = "refuse", NULL};
static const char *const identity_checks[] = {[CONFIG_IDENTITY_ENFORCE] = "enforce",
                                              [CONFIG_IDENTITY_ALARM] = "alarm",
                                              [CONFIG_IDENTITY_OFF] = "off",
                                              NULL};
static const char *const receive_placements[] = {
    [RECEIVE_DEDICATED] = "dedicated", [RECEIVE_WORKER] = "worker", NULL};
static const char *const log_levels[] = {[LOG_ERROR] = "error",
                                         [LOG_WARNING] = "warning",
                                         [LOG_INFO] = "info",
                                         [LOG_DEBUG] = "debug",
                                         NULL};
static const char *const telemetry_formats[] = {
    [CONFIG_TELEMETRY_ENVELOPE] = "envelope", [CONFIG_TELEMETRY_RAW] = "raw", NULL};
static const char *const telemetry_acks[] = {
    [CONFIG_ACK_BROKER] = "broker", [CONFIG_ACK_QUEUED] = "queued", NULL};

const struct config_section config_sections[CONFIG_SECTIONS] = {
    {"coap", "CoAP over UDP (RFC 7252)."},
    {"coaps", "CoAP over DTLS."},
    {"gateway", "The process: threads, sockets, stopping, logging."},
    {"identity", "How a source address becomes the identity of a device."},
    {"store", "The devices, and what was already answered."},
    {"redis", "The store that gateways share, where store.url is redis://… or redis+unix://…."},
    {"mqtt", "The broker that telemetry is published to."},
    {"telemetry", "What is published, and what a device is told about it."},
    {"limits", "What a single device may ask for."},
    {"admin", "Metrics and health over HTTP."},
};

const struct config_row config_rows[CONFIG_ROWS] = {
    {"coap.listen", ADDRESSES(coap.listen, 1, CONFIG_ADDRESSES_MAX), "0.0.0.0:5683,[::]:5683",
     "Addresses and ports that take CoAP; port 0 is any free port, which is printed at the start."},
    {"coap.ack_delay", DURATION(coap.ack_delay, MS, MIN), "1s",
     "Longest wait for the outcome of a confirmable request before an empty ACK goes out and the "
     "answer follows as a separate response (RFC 7252 §5.2.2)."},
    {"coap.ack_timeout", DURATION(coap.ack_timeout, 100 * MS, MIN), "2s",
     "Shortest wait before the first retransmission of a separate response, twice as long before "
     "each further one (ACK_TIMEOUT, RFC 7252 §4.8)."},
    {"coap.ack_random_factor", DECIMAL(coap.ack_random_factor, 1, 4), "1.5",
     "The first wait is drawn at random from coap.ack_timeout to this many times as long, so that "
     "devices do not answer in step (ACK_RANDOM_FACTOR, RFC 7252 §4.8)."},
    {"coap.max_retransmit", UNSIGNED(coap.max_retransmit, 0, 10), "4",
     "Retransmissions of a separate response before it is given up (MAX_RETRANSMIT, RFC 7252 "
     "§4.8)."},
    {"coap.mid_conflict", CHOICE(coap.mid_conflict, enum config_mid_conflict, mid_conflicts), "rfc",
     "What becomes of a different message under a Message ID that its device used shortly before: "
     "rfc answers as before and does not publish it, process treats it as a new message."},
    {"coap.dedup_memory", SIZE(coap.dedup_memory, MIB, 64 * GIB), "256M",
     "Memory for recognising repeated messages, all workers together; when it is used up, the "
     "oldest are forgotten early and a late repeat of one is published again."},
    {"coap.dedup_per_device", UNSIGNED(coap.dedup_per_device, 16, 262144), "16384",
     "Messages of one device that are remembered to recognise repeats, so that no device takes the "
     "memory of all; beyond it that device's oldest are forgotten early."},
    {"coap.max_exchanges", UNSIGNED(coap.max_exchanges, 64, 1048576), "16384",
     "Requests that each worker works on at a time; one beyond that is answered 5.03."},
    {"coap.block_memory", SIZE(coap.block_memory, 64 * KIB, 16 * GIB), "16M",
     "Memory for payloads that are still arriving in blocks (Block1, RFC 7959), all workers "
     "together."},

    {"coaps.listen", ADDRESSES(coaps.listen, 0, CONFIG_ADDRESSES_MAX), COAPS_LISTEN,
     "Addresses and ports that take CoAPS, as coap.listen; empty is none."},

    {"coaps.public_url", TEXT(coaps.public_url), "",
     "What GET /bootstrap tells devices to connect to, coaps://HOST:PORT; empty is the address "
     "that "
     "the device wrote to with the port of coaps.listen, which is wrong behind address "
     "translation."},

    {"coaps.max_associations", UNSIGNED(coaps.max_associations, 64, 16777216), "262144",
     "DTLS associations, all workers together; beyond it the one that was idle longest ends."},
    {"coaps.associations_of_source", UNSIGNED(coaps.associations_of_source, 1, 65536), "4",
     "Associations of one source address; beyond it that address's longest idle one ends."},
    {"coaps.max_handshakes", UNSIGNED(coaps.max_handshakes, 16, 65536), "4096",
     "Handshakes in progress that each worker has; beyond it the oldest is given up."},
    {"coaps.handshakes_of_source", UNSIGNED(coaps.handshakes_of_source, 1, 65536), "4",
     "Handshakes in progress of one source address."},
    {"coaps.retransmit_timeout", DURATION(coaps.retransmit_timeout, 100 * MS, MIN), "1s",
     "First wait before a flight of a handshake is sent again, twice as long before each further "
     "one; 9s suits narrow-band networks (RFC 7925 §11)."},
    {"coaps.handshake_timeout", DURATION(coaps.handshake_timeout, SEC, 10 * MIN), "60s",
     "Longest time that a handshake takes before it is given up."},
    {"coaps.freeze_after", DURATION(coaps.freeze_after, 0, 720 * 60 * MIN), "1m",
     "Time after which an unused association is frozen to some 400 bytes, from which its next "
     "record "
     "brings it back; 0 is never."},
    {"coaps.idle_timeout", DURATION(coaps.idle_timeout, SEC, 720 * 60 * MIN), "168h",
     "Longest time that an association is kept without a message from its device."},
    {"coaps.connection_ids", BOOL(coaps.connection_ids), "true",
     "Whether a device that offers it gets a connection id, by which its association survives a "
     "change of its address (RFC 9146)."},

    {"gateway.workers", UNSIGNED(gateway.workers, 0, CONFIG_WORKERS_MAX), "0",
     "Worker threads; 0 is one for each processor that simgate may run on."},
    {"gateway.receive", CHOICE(gateway.receive, enum receive_placement, receive_placements),
     "worker",
     "Which threads receive datagrams: worker has each worker receive from a socket of its own, "
     "dedicated has one thread that does nothing else."},
    {"gateway.receive_buffer", SIZE(gateway.receive_buffer, 64 * KIB, GIB), "4M",
     "Receive buffer asked of the kernel for each socket, for bursts; the kernel may grant less "
     "(sysctl net.core.rmem_max)."},
    {"gateway.drain_timeout", DURATION(gateway.drain_timeout, 0, 10 * MIN), "15s",
     "Longest time that a stopping gateway takes to finish what is in flight; 0 gives it up at "
     "once."},
    {"gateway.log_level", CHOICE(gateway.log_level, enum log_level, log_levels), "info",
     "Least urgent lines that are still logged, to standard error."},

    {"identity.networks", PREFIXES(identity.networks, 1, CONFIG_PREFIXES_MAX),
     "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7",
     "Networks in which a source address identifies a device; a request from elsewhere is answered "
     "4.01."},
    {"identity.ipv6_prefix", UNSIGNED(identity.ipv6_prefix, 48, 128), "64",
     "Leading bits of an IPv6 source address that identify a device: a mobile bearer is given a "
     "whole prefix, and the device picks the rest."},
    {"identity.check", CHOICE(identity.check, enum config_identity_check, identity_checks),
     "enforce",
     "Whether the PSK identity of CoAPS has to be the SIM of the source address: enforce refuses "
     "others; alarm serves the SIM whose key it is, and reports an address that is another's; off "
     "serves it wherever it is, also outside identity.networks."},

    {"store.url", REQUIRED_TEXT(store.settings.url), "",
     "Where the devices are: memory:FILE.csv reads them from a CSV file, for one gateway; "
     "redis://HOST:PORT/DB and redis+unix:///PATH?db=DB are a Redis that gateways share."},
    {"store.degraded", CHOICE(store.degraded, enum config_degraded, degraded_modes), "serve",
     "While the store does not answer: serve goes on for devices that this gateway knows, without "
     "recognising repeats that other gateways saw; refuse answers 5.02."},

    {"redis.prefix", TEXT(store.settings.prefix),
     "simgate:", "What every key in Redis begins with, so that several fleets can share one."},
    {"redis.username", TEXT(store.settings.username), "",
     "User name for Redis; empty is its default user."},
    {"redis.password", SECRET(store.settings.password), "",
     "Password for Redis; empty is none, and redis.password_file keeps it out of sight."},
    {"redis.password_file", TEXT(store.password_file), "",
     "File with the password for Redis, instead of redis.password; one newline at its end is cut."},
    {"redis.timeout", DURATION(store.settings.timeout, 50 * MS, MIN), "1s",
     "Longest wait for an answer of Redis, after which the connection counts as lost; an idle "
     "connection is probed as often."},
    {"redis.max_in_flight", UNSIGNED(store.settings.max_in_flight, 64, 1048576), "16384",
     "Commands of each worker that may wait for their answer; a message beyond that is answered "
     "5.03."},

    {"mqtt.url", REQUIRED_TEXT(mqtt.publisher.url), "mqtt://127.0.0.1:1883",
     "Where publications go: mqtt://HOST:PORT, mqtts://HOST:PORT with TLS, stdout: to print them, "
     "null: to drop them."},
    {"mqtt.connections", UNSIGNED(mqtt.publisher.connections, 1, 64), "2",
     "Connections to the broker; a device's publications all take the same one, which keeps their "
     "order."},
    {"mqtt.queue", UNSIGNED(mqtt.publisher.queue, 16, 16777216), "65536",
     "Publications that may wait for each connection; a message beyond that is answered 5.03."},
    {"mqtt.topic", REQUIRED_TEXT(mqtt.topic), "{iccid}/{t}",
     "Topic of a publication, in which {iccid} stands for the device's ICCID and {t} for the topic "
     "that came with the message; without one, {t} and the slash before it are left out."},
    {"mqtt.default_topic", TEXT(mqtt.default_topic), "",
     "Topic of a publication whose mqtt.topic comes out empty, as a {t} that stands alone can."},
    {"mqtt.error_topic", REQUIRED_TEXT(mqtt.error_topic), "simgate/error/{iccid}",
     "Topic of error events, in which {iccid} stands for the device's ICCID."},
    {"mqtt.username", TEXT(mqtt.publisher.username), "",
     "User name for the broker; empty is none."},
    {"mqtt.password", SECRET(mqtt.publisher.password), "",
     "Password for the broker; empty is none, and mqtt.password_file keeps it out of sight."},
    {"mqtt.password_file", TEXT(mqtt.password_file), "",
     "File with the password for the broker, instead of mqtt.password; one newline at its end is "
     "cut."},
    {"mqtt.ca_file", TEXT(mqtt.publisher.ca_file), "",
     "PEM file of the authorities that may have signed the broker's certificate; empty is the "
     "system's."},
    {"mqtt.cert_file", TEXT(mqtt.publisher.cert_file), "",
     "PEM file of the certificate that simgate shows to the broker; empty is none."},
    {"mqtt.key_file", TEXT(mqtt.publisher.key_file), "",
     "PEM file of the private key for mqtt.cert_file."},
    {"mqtt.keepalive", SECONDS(mqtt.publisher.keepalive, 5 * SEC, 65535 * SEC), "30s",
     "Silence on a connection after which the broker is probed (Keep Alive, MQTT 5 §3.1.2.10)."},

    {"telemetry.format", CHOICE(telemetry.format, enum config_telemetry_format, telemetry_formats),
     "envelope",
     "What is published: envelope is JSON with the payload and what is known of it, raw is the "
     "payload as it came and the rest in MQTT 5 user properties."},
    {"telemetry.ack", CHOICE(telemetry.ack, enum config_telemetry_ack, telemetry_acks), "broker",
     "When a device gets its 2.04: broker waits until the broker has acknowledged the publication, "
     "so that nothing acknowledged is lost; queued does not wait, and loses messages that were "
     "acknowledged to the device but are still in memory when the gateway dies or the broker stays "
     "away."},
    {"telemetry.deadline", DURATION(telemetry.deadline, 100 * MS, 10 * MIN), "10s",
     "Longest wait for the broker's acknowledgement; after it the device gets 5.04, and what was "
     "already sent to the broker may still be delivered."},
    {"telemetry.max_payload", SIZE(telemetry.max_payload, 16, 16 * MIB), "64K",
     "Largest payload, all of its blocks together; a larger one is answered 4.13."},
    {"telemetry.parse_json", BOOL(telemetry.parse_json), "false",
     "Whether a payload that is valid JSON stands in the envelope as JSON, byte for byte, instead "
     "of as base64."},
    {"telemetry.payload_memory", SIZE(telemetry.payload_memory, 64 * KIB, 64 * GIB), "64M",
     "Memory for publications of more than some 1,000 bytes of payload that wait for the broker, "
     "all "
     "workers together; one beyond that is answered 5.03."},

    {"limits.device_rate", UNSIGNED(limits.device_rate, 0, 1000000), "0",
     "Messages per second that each worker takes from one device, on average; one beyond that is "
     "answered 4.29, and 0 is no limit."},
    {"limits.device_burst", UNSIGNED(limits.device_burst, 1, 1000000), "10",
     "Messages that a device may send at once before limits.device_rate holds it back."},

    {"admin.listen", ADDRESSES(admin.listen, 0, 1), "127.0.0.1:9683",
     "Address and port of /metrics, /healthz and /readyz, which ask nobody who they are; empty is "
     "none."},
};
