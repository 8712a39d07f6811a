#include "loadtest/options.h"

#include "base/clock.h"
#include "loadtest/broker_url.h"
#include "loadtest/names.h"
#include "loadtest/sources.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ROWS_MAX            64
#define DEFAULT_RATE        1000
#define DEFAULT_DEVICE_BITS 64

/* Of getopt_long(), beside the rows by their number. */
enum { GETOPT_HELP = 1000, GETOPT_VERSION };

static void print_help(void)
{
    struct option_group groups[OPTIONS_GROUPS];

    puts(
        "Usage: simgate-load [OPTIONS] coap://HOST[:PORT]\n"
        "       simgate-load [OPTIONS] coaps://HOST[:PORT]\n"
        "\n"
        "Simulates devices that speak to a gateway, each from its own source address, and\n"
        "measures how they are answered. HOST is an address ([::1]) or a name, PORT 5683, or 5684\n"
        "for CoAPS.");
    options_groups(groups);
    for (int g = 0; g < OPTIONS_GROUPS; g++) {
        printf("\n%s:\n", groups[g].title);
        for (size_t i = 0; i < groups[g].count; i++)
            option_row_print(&groups[g].rows[i]);
    }
    puts(
        "  --help, --version\n"
        "\n"
        "The first SIGINT ends the load, the second the waiting for what is open; results follow.\n"
        "\n"
        "Exit status: 0 all went well; 1 a threshold was missed (by default: anything was lost or\n"
        "failed), or an acknowledged message is missing; 2 wrong options; 3 it could not run.");
}

/* The rows for getopt_long(), which gives a row's number. */
static uint32_t list_rows(struct option names[ROWS_MAX + 3],
                          const struct option_row *rows[ROWS_MAX])
{
    struct option_group groups[OPTIONS_GROUPS];
    uint32_t count = 0;

    options_groups(groups);
    for (int g = 0; g < OPTIONS_GROUPS; g++)
        for (size_t i = 0; i < groups[g].count && count < ROWS_MAX; i++) {
            const struct option_row *row = &groups[g].rows[i];

            names[count] = (struct option){
                row->name, row->argument ? required_argument : no_argument, NULL, (int)count};
            rows[count++] = row;
        }
    names[count] = (struct option){"help", no_argument, NULL, GETOPT_HELP};
    names[count + 1] = (struct option){"version", no_argument, NULL, GETOPT_VERSION};
    names[count + 2] = (struct option){0};
    return count;
}

bool options_take_scenario(struct options *o, const char *name, const char *value)
{
    static const struct {
        const char *name;
        enum scenario scenario;
    } known[] = {{"telemetry", SCENARIO_TELEMETRY},   {"bootstrap", SCENARIO_BOOTSTRAP},
                 {"location", SCENARIO_LOCATION},     {"dtls-cold", SCENARIO_COLD},
                 {"dtls-steady", SCENARIO_TELEMETRY}, {"dtls-resume", SCENARIO_RESUME},
                 {"rebind", SCENARIO_TELEMETRY},      {"storm", SCENARIO_TELEMETRY}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].name, value) == 0) {
            o->scenario = known[i].scenario;
            o->scenario_name = known[i].name;
            return true;
        }
    return option_wrong("%s: there is no '%s' (--help has the list)", name, value);
}

/* What a scenario's name means besides what devices do. */
static bool apply_scenario(struct options *o)
{
    const char *name = o->scenario_name;

    if (!name)
        o->scenario_name = name = o->storm ? "storm" : o->secure ? "dtls-steady" : "telemetry";
    if (strcmp(name, "rebind") == 0) {
        o->cid = true;
        o->rebind = o->rebind > 0 ? o->rebind : 0.1;
    }
    if (strcmp(name, "storm") == 0) {
        o->storm = o->storm ? o->storm : 10 * CLOCK_SECOND;
        o->scenario = o->secure ? SCENARIO_COLD : SCENARIO_TELEMETRY;
    }
    if (!o->secure && (strncmp(name, "dtls", 4) == 0 || strcmp(name, "rebind") == 0))
        return option_wrong("scenario %s needs a target coaps://HOST[:PORT]", name);
    if (o->secure && o->scenario == SCENARIO_BOOTSTRAP)
        return option_wrong("/bootstrap is there by coap:// only");
    return true;
}

/* Which loop, and how fast. */
static bool apply_loop(struct options *o)
{
    int given = (o->rate > 0) + (o->every > 0) + (o->storm > 0) + (o->window > 0);

    if (given > 1)
        return option_wrong("--rate, --every, --storm (open loop) and --window (closed loop) "
                            "exclude each other");
    if (o->duration && o->count)
        return option_wrong("--duration and --count exclude each other");
    if (o->storm && (o->duration || o->count))
        return option_wrong("--storm is over when each device has started: no --duration, no "
                            "--count");
    if (o->storm) {
        o->rate = o->devices * (double)CLOCK_SECOND / (double)o->storm;
        o->count = o->devices;
    }
    if (o->every)
        o->rate = o->devices * (double)CLOCK_SECOND / (double)o->every;
    if (given == 0)
        o->rate = DEFAULT_RATE;
    if (!o->duration && !o->count)
        o->duration = 10 * CLOCK_SECOND;
    return true;
}

static bool apply_arrivals(struct options *o)
{
    uint32_t random = 0;

    if (o->window && o->poisson)
        return option_wrong("--arrivals is for the open loop, and --window is the closed one");
    if (o->seed && !o->poisson)
        return option_wrong("--seed is for --arrivals poisson");
    if (o->poisson && o->seed == 0) {
        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
            return option_wrong("no random numbers: %s", strerror(errno));
        o->seed = random;
    }
    return true;
}

static bool check_addresses(struct options *o)
{
    uint32_t wanted = o->rebind_address ? 2 * o->devices : o->devices;
    bool v4 = net_ip_is_v4(o->sources.ip);
    uint32_t there;

    if (v4 != net_ip_is_v4(o->target.ip))
        return option_wrong(
            v4 ? "an IPv6 target needs --sources, a prefix that is local here: ip -6 "
                 "route add local PREFIX dev lo"
               : "--sources is IPv6, and the target is not");
    if (v4 && o->device_bits)
        return option_wrong("--device-prefix is for IPv6");
    if (!o->device_bits)
        o->device_bits = v4 ? 128 : DEFAULT_DEVICE_BITS;
    there = sources_in(&o->sources, (uint8_t)o->device_bits).count;
    if (there >= wanted)
        return true;
    if (o->device_bits == 128)
        return option_wrong("--sources has %u addresses, and %u are needed", there, wanted);
    return option_wrong(
        "--sources has %u prefixes of /%u, and %u are needed (--device-prefix 128: an "
        "address each)",
        there, o->device_bits, wanted);
}

static bool check_keys(const struct options *o)
{
    if (!o->secure && (o->psk || o->keys || o->cid))
        return option_wrong("--psk, --keys and --cid are for coaps://");
    if (o->psk && o->keys)
        return option_wrong("--psk and --keys exclude each other");
    if (!o->psk != !o->first_iccid)
        return option_wrong("--psk and --first-iccid need each other");
    return true;
}

static bool check_verification(const struct options *o)
{
    struct broker_url url;

    if (!o->verify && (o->verify_ca || o->verify_user || o->verify_password_file))
        return option_wrong("--verify-ca, --verify-user and --verify-password-file need --verify");
    if (o->verify_password_file && !o->verify_user)
        return option_wrong("--verify-password-file needs --verify-user");
    if (!o->verify)
        return true;
    if (broker_url_parse(&url, o->verify) != 0)
        return option_wrong("--verify must be mqtt[s]://HOST[:PORT][/FILTER], not '%s'", o->verify);
    if (o->verify_ca && !url.tls)
        return option_wrong("--verify-ca is for mqtts://");
    return options_has_messages(o) || option_wrong("--verify is for scenarios that send messages");
}

/* What goes wrong between options, and the defaults that depend on others. */
static bool check_together(struct options *o)
{
    uint32_t room = names_room(o->payload_form);

    if (!apply_scenario(o) || !apply_loop(o) || !apply_arrivals(o) || !check_addresses(o) ||
        !check_keys(o) || !check_verification(o))
        return false;
    if (o->rebind_address && !(o->rebind > 0))
        return option_wrong("--rebind-address needs --rebind");
    if (o->nstart > 1 && (o->scenario == SCENARIO_COLD || o->scenario == SCENARIO_RESUME))
        return option_wrong("--nstart is for scenarios whose associations stay");
    if (o->echo && o->secure)
        return option_wrong("--echo is for coap:// only");
    if ((o->verify || o->payload_form == PAYLOAD_JSON) && o->payload < room)
        return option_wrong("--size must be %u or more for a payload with a name", room);
    o->plain = o->target;
    if (o->secure)
        o->plain.port = (uint16_t)o->plain_port;
    return true;
}

static const char *value_of(const struct option_row *row, const char *argument)
{
    return row->argument ? argument : "true";
}

/* What excludes each other: one on the command line takes the place of another in the file. */
static void replace_others(struct options *o, const char *name, bool *loop, bool *end)
{
    static const char *const loops[] = {"rate", "every", "storm", "window"};

    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        if (*loop || strcmp(name, loops[i]) != 0)
            continue;
        o->rate = 0;
        o->every = o->storm = o->window = 0;
        *loop = true;
    }
    if (!*end && (strcmp(name, "duration") == 0 || strcmp(name, "count") == 0)) {
        o->duration = o->count = 0;
        *end = true;
    }
}

/* Goes through the command line. The first time only for the name of the scenario file, help and
 * version; the second time for all, so that the command line wins over the file. */
static enum options_result take_arguments(struct options *o, int argc, char **argv, bool all)
{
    const struct option_row *rows[ROWS_MAX];
    struct option names[ROWS_MAX + 3];
    bool loop = false, end = false;
    int name;

    list_rows(names, rows);
    optind = 0; /* begins anew, with its state of before forgotten */
    opterr = 0;
    while ((name = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (name == GETOPT_HELP || name == GETOPT_VERSION) {
            if (name == GETOPT_HELP)
                print_help();
            else
                puts("simgate-load " SIMGATE_VERSION);
            return OPTIONS_DONE;
        }
        if (name == ':' || name == '?') {
            option_wrong(name == ':' ? "%s needs a value" : "no such option: %s", argv[optind - 1]);
            return OPTIONS_WRONG;
        }
        replace_others(o, rows[name]->name, &loop, &end);
        if ((all || strcmp(rows[name]->name, "file") == 0) &&
            !option_row_take(rows[name], o, value_of(rows[name], optarg)))
            return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}

static bool take_target(struct options *o, int argc, char **argv)
{
    if (argc - optind > 1)
        return option_wrong("one target, not '%s' as well", argv[optind + 1]);
    if (argc - optind == 1)
        return options_take_target(o, "the target", argv[optind]);
    return o->target_url != NULL ||
           option_wrong("a target is needed: coap://HOST[:PORT] or coaps://HOST[:PORT]");
}

static void set_defaults(struct options *o)
{
    *o = (struct options){.devices = 1000,
                          .nstart = 1,
                          .drain = 5 * CLOCK_SECOND,
                          .topic = "load",
                          .payload = NAMES_LENGTH,
                          .plain_port = 5683,
                          .preparing = 64,
                          .verify_wait = 11 * CLOCK_SECOND};
    net_prefix_parse(&o->sources, "127.0.0.0/8");
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    enum options_result result;

    set_defaults(o);
    result = take_arguments(o, argc, argv, false);
    if (result == OPTIONS_RUN && o->file && !options_file_read(o, o->file))
        result = OPTIONS_WRONG;
    if (result == OPTIONS_RUN)
        result = take_arguments(o, argc, argv, true);
    if (result == OPTIONS_RUN && !(take_target(o, argc, argv) && check_together(o)))
        result = OPTIONS_WRONG;
    return result;
}

void options_deinit(struct options *o)
{
    while (o->text_count > 0)
        free(o->texts[--o->text_count]);
}
