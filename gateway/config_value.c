#include "gateway/config_value.h"

#include "base/clock.h"
#include "gateway/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct config_unit config_duration_units[] = {{"h", 3600 * CLOCK_SECOND},
                                                    {"m", 60 * CLOCK_SECOND},
                                                    {"s", CLOCK_SECOND},
                                                    {"ms", CLOCK_MILLISECOND},
                                                    {NULL, 0}};

const struct config_unit config_size_units[] = {
    {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {NULL, 0}};

char *config_strip(char *text)
{
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = 0;
    return text;
}

/* One line: so that it fits an INI file and is legal in MQTT (MQTT 5 §1.5.4). */
static int parse_text(const char *text, char **field)
{
    char *copy;

    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return CONFIG_VALUE_ILLEGAL;
    copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    free(*field);
    *field = copy;
    return 0;
}

static bool parse_bool(const struct config_kind *kind, const char *text, void *field)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1", NULL};

    for (unsigned i = 0; words[i]; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *(bool *)field = i % 2;
            return true;
        }
    return false;
}

static bool parse_choice(const struct config_kind *kind, const char *text, void *field)
{
    for (unsigned i = 0; kind->words[i]; i++)
        if (strcmp(text, kind->words[i]) == 0) {
            *(unsigned *)field = i;
            return true;
        }
    return false;
}

static bool in_range(const struct config_kind *kind, uint64_t number)
{
    return number >= kind->min && number <= kind->max;
}

/* The digits that `text` begins with. False when there are none or too many. */
static bool parse_digits(const char *text, uint64_t *number, const char **rest)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    *rest = end;
    return errno == 0;
}

static bool parse_unsigned(const struct config_kind *kind, const char *text, void *field)
{
    const char *rest;
    uint64_t number;

    if (!parse_digits(text, &number, &rest) || *rest || !in_range(kind, number))
        return false;
    *(uint32_t *)field = (uint32_t)number;
    return true;
}

/* Digits and a point alone: no exponent, "nan" or "0x". */
static bool parse_decimal(const struct config_kind *kind, const char *text, void *field)
{
    char *end;
    double decimal;

    if (!*text || text[strspn(text, "0123456789.")])
        return false;
    decimal = strtod(text, &end);
    if (*end || decimal < (double)kind->min || decimal > (double)kind->max)
        return false;
    *(double *)field = decimal;
    return true;
}

/* A number and its unit; 0 needs none. */
static bool parse_scaled(const struct config_unit *units, const char *text, uint64_t *number)
{
    const char *rest;

    if (!parse_digits(text, number, &rest))
        return false;
    if (*number == 0 && !*rest)
        return true;
    for (; units->name; units++)
        if (strcmp(rest, units->name) == 0)
            return !__builtin_mul_overflow(*number, units->factor, number);
    return false;
}

static bool parse_duration(const struct config_kind *kind, const char *text, void *field)
{
    uint64_t number;

    if (!parse_scaled(config_duration_units, text, &number) || !in_range(kind, number))
        return false;
    *(uint64_t *)field = number;
    return true;
}

static bool parse_seconds(const struct config_kind *kind, const char *text, void *field)
{
    uint64_t number;

    if (!parse_duration(kind, text, &number) || number % CLOCK_SECOND)
        return false;
    *(uint32_t *)field = (uint32_t)(number / CLOCK_SECOND);
    return true;
}

static bool parse_size(const struct config_kind *kind, const char *text, void *field)
{
    uint64_t number;

    if (!parse_scaled(config_size_units, text, &number) || !in_range(kind, number))
        return false;
    *(uint64_t *)field = number;
    return true;
}

/* Copies the next element of a list and moves `*at` behind it, to NULL after the last. What is too
 * long for an address comes out empty, which is no address either. */
static void next_element(const char **at, char element[NET_ADDRESS_TEXT])
{
    const char *start = *at + strspn(*at, " \t");
    size_t length = strcspn(start, ",");

    *at = start[length] ? start + length + 1 : NULL;
    if (length >= NET_ADDRESS_TEXT)
        length = 0;
    while (length && isblank((unsigned char)start[length - 1]))
        length--;
    memcpy(element, start, length);
    element[length] = 0;
}

static bool parse_addresses(const struct config_kind *kind, const char *text, void *field)
{
    struct config_addresses parsed = {0};
    char element[NET_ADDRESS_TEXT];

    for (const char *at = *text ? text : NULL; at;) {
        next_element(&at, element);
        if (parsed.count == kind->max || !net_address_parse(&parsed.list[parsed.count++], element))
            return false;
    }
    if (parsed.count < kind->min)
        return false;
    *(struct config_addresses *)field = parsed;
    return true;
}

static bool parse_prefixes(const struct config_kind *kind, const char *text, void *field)
{
    struct config_prefixes parsed = {0};
    char element[NET_ADDRESS_TEXT];

    for (const char *at = *text ? text : NULL; at;) {
        next_element(&at, element);
        if (parsed.count == kind->max || !net_prefix_parse(&parsed.list[parsed.count++], element))
            return false;
    }
    if (parsed.count < kind->min)
        return false;
    *(struct config_prefixes *)field = parsed;
    return true;
}

typedef bool parse_fn(const struct config_kind *kind, const char *text, void *field);

static parse_fn *const parsers[] = {
    [CONFIG_BOOL] = parse_bool,         [CONFIG_UNSIGNED] = parse_unsigned,
    [CONFIG_DECIMAL] = parse_decimal,   [CONFIG_DURATION] = parse_duration,
    [CONFIG_SECONDS] = parse_seconds,   [CONFIG_SIZE] = parse_size,
    [CONFIG_CHOICE] = parse_choice,     [CONFIG_ADDRESSES] = parse_addresses,
    [CONFIG_PREFIXES] = parse_prefixes,
};

int config_value_parse(const struct config_kind *kind, const char *text, void *field)
{
    if (kind->type == CONFIG_TEXT || kind->type == CONFIG_SECRET)
        return parse_text(text, field);
    return parsers[kind->type](kind, text, field) ? 0 : CONFIG_VALUE_ILLEGAL;
}

void config_value_free(const struct config_kind *kind, void *field)
{
    char **text = field;

    if (kind->type != CONFIG_TEXT && kind->type != CONFIG_SECRET)
        return;
    free(*text);
    *text = NULL;
}
