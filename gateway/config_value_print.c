#include "base/clock.h"
#include "gateway/config.h"
#include "gateway/config_value.h"

#include <inttypes.h>
#include <stdlib.h>

/* In the largest unit that leaves a whole number. */
static void print_scaled(FILE *out, const struct config_unit *units, uint64_t number)
{
    while (number && number % units->factor)
        units++;
    fprintf(out, "%" PRIu64 "%s", number ? number / units->factor : 0, number ? units->name : "");
}

/* As short as it can be and still read back as the same number. */
static void print_decimal(FILE *out, double decimal)
{
    char text[32];

    for (int precision = 6; precision <= 17; precision++) {
        snprintf(text, sizeof(text), "%.*g", precision, decimal);
        if (strtod(text, NULL) == decimal)
            break;
    }
    fputs(text, out);
}

static void print_addresses(FILE *out, const struct config_addresses *addresses)
{
    char text[NET_ADDRESS_TEXT];

    for (uint32_t i = 0; i < addresses->count; i++)
        fprintf(out, "%s%s", i ? "," : "", net_address_format(&addresses->list[i], text));
}

static void print_prefixes(FILE *out, const struct config_prefixes *prefixes)
{
    const struct net_prefix *p;
    char text[NET_ADDRESS_TEXT];

    for (uint32_t i = 0; i < prefixes->count; i++) {
        p = &prefixes->list[i];
        fprintf(out, "%s%s/%d", i ? "," : "", net_ip_format(p->ip, text),
                p->bits - (net_ip_is_v4(p->ip) ? 96 : 0));
    }
}

void config_value_print(FILE *out, const struct config_kind *kind, const void *field)
{
    switch (kind->type) {
    case CONFIG_TEXT:
        fputs(*(const char *const *)field, out);
        break;
    case CONFIG_SECRET:
        break;
    case CONFIG_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case CONFIG_UNSIGNED:
        fprintf(out, "%" PRIu32, *(const uint32_t *)field);
        break;
    case CONFIG_DECIMAL:
        print_decimal(out, *(const double *)field);
        break;
    case CONFIG_DURATION:
        print_scaled(out, config_duration_units, *(const uint64_t *)field);
        break;
    case CONFIG_SECONDS:
        print_scaled(out, config_duration_units, *(const uint32_t *)field * CLOCK_SECOND);
        break;
    case CONFIG_SIZE:
        print_scaled(out, config_size_units, *(const uint64_t *)field);
        break;
    case CONFIG_CHOICE:
        fputs(kind->words[*(const unsigned *)field], out);
        break;
    case CONFIG_ADDRESSES:
        print_addresses(out, field);
        break;
    case CONFIG_PREFIXES:
        print_prefixes(out, field);
        break;
    }
}

static void print_range(FILE *out, const struct config_kind *kind, const struct config_unit *units)
{
    fputs(" from ", out);
    print_scaled(out, units, kind->min);
    fputs(" to ", out);
    print_scaled(out, units, kind->max);
}

static void print_words(FILE *out, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++)
        fprintf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static void print_count(FILE *out, const struct config_kind *kind)
{
    if (kind->min)
        fprintf(out, "%" PRIu64 " to %" PRIu64 " ", kind->min, kind->max);
    else
        fprintf(out, "at most %" PRIu64 " ", kind->max);
}

static const struct config_unit plain[] = {{"", 1}};

void config_kind_print(FILE *out, const struct config_kind *kind)
{
    switch (kind->type) {
    case CONFIG_TEXT:
        fputs(kind->min ? "a line of text, required" : "a line of text", out);
        break;
    case CONFIG_SECRET:
        fputs("a line of text, kept secret", out);
        break;
    case CONFIG_BOOL:
        fputs("true or false", out);
        break;
    case CONFIG_UNSIGNED:
        fputs("a whole number", out);
        print_range(out, kind, plain);
        break;
    case CONFIG_DECIMAL:
        fputs("a decimal number", out);
        print_range(out, kind, plain);
        break;
    case CONFIG_DURATION:
        fputs("a duration (ms, s, m, h)", out);
        print_range(out, kind, config_duration_units);
        break;
    case CONFIG_SECONDS:
        fputs("a duration of whole seconds (s, m, h)", out);
        print_range(out, kind, config_duration_units);
        break;
    case CONFIG_SIZE:
        fputs("a size (K, M, G)", out);
        print_range(out, kind, config_size_units);
        break;
    case CONFIG_CHOICE:
        print_words(out, kind->words);
        break;
    case CONFIG_ADDRESSES:
        print_count(out, kind);
        fputs(kind->max == 1 ? "address with port" : "addresses with ports", out);
        fputs(", such as 127.0.0.1:5683 or [::1]:5683", out);
        break;
    case CONFIG_PREFIXES:
        print_count(out, kind);
        fputs("prefixes, such as 10.0.0.0/8 or fc00::/7", out);
        break;
    }
}
