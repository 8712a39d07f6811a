#include "loadtest/facts.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / (double)CLOCK_SECOND;
}

static void set_loop(struct results *r, const struct options *o)
{
    if (options_open_loop(o)) {
        results_set(r, "loop", "open");
        results_set(r, "rate", "%.10g/s", o->rate);
        if (o->poisson)
            results_set(r, "arrivals", "Poisson, seed %" PRIu64, o->seed);
        else
            results_set(r, "arrivals", "even");
    } else {
        results_set(r, "loop", "closed");
        results_set(r, "window", "%u", o->window);
    }
    if (o->every)
        results_set(r, "each device", "once in %g s", seconds(o->every));
    if (o->storm)
        results_set(r, "storm", "all devices within %g s", seconds(o->storm));
    if (o->duration)
        results_set(r, "duration", "%g s", seconds(o->duration));
    else
        results_set(r, "count", "%llu", (unsigned long long)o->count);
}

static void set_share(struct results *r, const char *name, double share)
{
    if (share > 0)
        results_set(r, name, "%g%%", share * 100);
}

static const char *key_source(const struct options *o)
{
    return o->psk ? "one for all" : o->keys ? "file" : "bootstrap";
}

void facts_settings(struct results *r, const struct options *o)
{
    char text[NET_ADDRESS_TEXT];

    results_set(r, "target", "%s://%s", o->secure ? "coaps" : "coap",
                net_address_format(&o->target, text));
    results_set(r, "scenario", "%s", o->scenario_name);
    results_set(r, "devices", "%u", o->devices);
    results_set(r, "sources", "%s/%d", net_ip_format(o->sources.ip, text),
                o->sources.bits - (net_ip_is_v4(o->sources.ip) ? 96 : 0));
    if (!net_ip_is_v4(o->sources.ip))
        results_set(r, "each device has", o->device_bits == 128 ? "an address" : "a /%u",
                    o->device_bits);
    set_loop(r, o);
    results_set(r, "requests", "%s", o->non ? "NON" : "CON");
    if (o->nstart > 1)
        results_set(r, "open per device", "%u", o->nstart);
    if (options_has_messages(o)) {
        results_set(r, "payload", "%u bytes, %s", o->payload,
                    o->payload_form == PAYLOAD_JSON ? "JSON" : "text");
        results_set(r, "topic", "%s", *o->topic ? o->topic : "(none)");
    }
    if (o->secure) {
        results_set(r, "cipher suite", "PSK-AES128-CCM-8");
        results_set(r, "keys", "%s", key_source(o));
        results_set(r, "connection ids", "%s", o->cid ? "yes" : "no");
    }
    set_share(r, "duplicates", o->duplicates);
    set_share(r, "malformed", o->malformed);
    set_share(r, o->rebind_address ? "rebinds, address too" : "rebinds", o->rebind);
    set_share(r, "loss, each way", o->loss);
    set_share(r, "reordered", o->reorder);
    if (o->echo)
        results_set(r, "server", "a bare echo");
    if (o->verify)
        results_set(r, "verified at", "%s", o->verify);
}

/* The value of the first line of a file that begins with `key`, behind its colon. */
static bool find_line(const char *path, const char *key, char value[120])
{
    char line[256];
    FILE *f = fopen(path, "re");
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, key, strlen(key)) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(value, 120, "%.*s", (int)strcspn(colon, "\n"), colon);
        found = true;
    }
    if (f)
        fclose(f);
    return found;
}

void facts_machine(struct results *r)
{
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    struct utsname system;
    char text[120];

    results_fact(r, "generator", "simgate-load %s", SIMGATE_VERSION);
    if (find_line("/proc/cpuinfo", "model name", text))
        results_fact(r, "processor", "%s", text);
    results_fact(r, "processors", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    results_fact(r, "memory", "%.1f GiB", memory / (double)(1 << 30));
    if (uname(&system) == 0) {
        results_fact(r, "system", "%s %s", system.sysname, system.release);
        results_fact(r, "architecture", "%s", system.machine);
    }
}
