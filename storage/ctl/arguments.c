#include "storage/ctl/arguments.h"

#include <stdlib.h>
#include <string.h>

struct option {
    const char *name;
    const char *operand;     /* NULL: a mere flag */
    const char *environment; /* NULL: none */
    const char *help;
};

/* The environment is the gateway's, so that one set of variables serves both. */
static const struct option options[OPTIONS] = {
    [OPTION_STORE] = {"--store", "URL", "SIMGATE_STORE_URL",
                      "memory:FILE.csv, redis://HOST:PORT/DB or redis+unix:///PATH?db=DB"},
    [OPTION_PREFIX] = {"--prefix", "TEXT", "SIMGATE_REDIS_PREFIX",
                       "what every key in Redis begins with; else simgate:"},
    [OPTION_USERNAME] = {"--username", "NAME", "SIMGATE_REDIS_USERNAME", "the user of Redis"},
    [OPTION_PASSWORD_FILE] = {"--password-file", "FILE", "SIMGATE_REDIS_PASSWORD_FILE",
                              "has the user's password, or SIMGATE_REDIS_PASSWORD has"},
    [OPTION_IPV6_PREFIX] = {"--ipv6-prefix", "N", "SIMGATE_IDENTITY_IPV6_PREFIX",
                            "bits of an IPv6 address that identify a device; else 64"},
    [OPTION_ADDRESS] = {"--address", "A[,B...]", NULL,
                        "all its addresses, also instead of those that it had; \"\" is none"},
    [OPTION_STATUS] = {"--status", "active|inactive", NULL, "else a new device is active"},
    [OPTION_IMSI] = {"--imsi", "N", NULL, "6 to 15 digits; \"\" is none"},
    [OPTION_LOCATION_ALLOWED] = {"--location-allowed", "yes|no", NULL,
                                 "whether it may read its location; else a new one may not"},
    [OPTION_TEMPLATE] = {"--template", "NAME", NULL, "its template; \"\" is none"},
    [OPTION_TAKE_ADDRESS] = {"--take-address", NULL, NULL,
                             "also for import: where another device has an address, take it"},
    [OPTION_KEY] = {"--key", "TEXT", NULL,
                    "the key; everybody on this machine can see it meanwhile"},
    [OPTION_KEY_FILE] = {"--key-file", "FILE", NULL,
                         "has the key; without it, and for -, standard input has"},
    [OPTION_HEX] = {"--hex", NULL, NULL, "the key is 8 to 128 bytes in hexadecimal digits"},
    [OPTION_REVEAL] = {"--reveal", NULL, NULL, "show the keys themselves"},
    [OPTION_OUTPUT] = {"--output", "table|json", NULL, "else a table; JSON is an object a line"},
    [OPTION_LIMIT] = {"--limit", "N", NULL, "at most so many devices"},
    [OPTION_FORMAT] = {"--format", "csv|jsonl", NULL,
                       "else as the file's name ends; without a name CSV"},
    [OPTION_STRICT] = {"--strict", NULL, NULL, "change nothing if anything in the file is wrong"},
    [OPTION_FROM_LINE] =
        {"--from-line", "N", NULL,
         "pass over the lines before this one, as an import says that ended early"},
    [OPTION_LONGITUDE] = {"--longitude", "X", NULL, "a decimal number from -180 to 180"},
    [OPTION_LATITUDE] = {"--latitude", "Y", NULL, "a decimal number from -90 to 90"},
    [OPTION_SOURCE] = {"--source", "S", NULL,
                       "where it comes from, else manual; \"\" is not known"},
    [OPTION_TIME] = {"--time", "SECONDS|now", NULL,
                     "when it was so, since 1970, else now; \"\" is not known"},
    [OPTION_REPLACE] = {"--replace", NULL, NULL, "put it in the place of another text"},
    [OPTION_HELP] = {"--help", NULL, NULL, "show this text"},
    [OPTION_VERSION] = {"--version", NULL, NULL, "show the version"},
};

static bool complain(const char *what, const char *which)
{
    fprintf(stderr, "simgatectl: %s%s (see simgatectl --help)\n", what, which);
    return false;
}

/* The option that an argument names, with its value behind "=" where it has one. */
static enum ctl_option find_option(const char *argument, const char **value)
{
    unsigned i = 0;

    *value = NULL;
    for (; i < OPTIONS; i++) {
        size_t length = strlen(options[i].name);

        if (strncmp(argument, options[i].name, length) != 0)
            continue;
        if (argument[length] == '=')
            *value = argument + length + 1;
        if (argument[length] == '=' || !argument[length])
            break;
    }
    return i;
}

/* Takes the option at argv[*i], and moves on to its value where that stands behind it. */
static bool take_option(struct ctl_arguments *a, int argc, char **argv, int *i)
{
    const char *argument = argv[*i], *value;
    enum ctl_option option = find_option(argument, &value);

    if (option == OPTIONS)
        return complain("no such option: ", argument);
    if (a->given[option])
        return complain("given twice: ", options[option].name);
    if (!options[option].operand && value)
        return complain("no value belongs to ", options[option].name);
    if (!options[option].operand)
        value = "";
    else if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return complain("a value is missing after ", argument);
    a->given[option] = value;
    return true;
}

bool ctl_arguments_read(struct ctl_arguments *a, int argc, char **argv)
{
    *a = (struct ctl_arguments){0};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1]) {
            if (!take_option(a, argc, argv, &i))
                return false;
        } else if (a->count == CTL_WORDS_MAX) {
            return complain("too many words", "");
        } else {
            a->words[a->count++] = argv[i];
        }
    }
    return true;
}

const char *ctl_option_name(enum ctl_option option)
{
    return options[option].name;
}

uint64_t ctl_options_given(const struct ctl_arguments *a)
{
    uint64_t given = 0;

    for (unsigned i = 0; i < OPTIONS; i++)
        if (a->given[i])
            given |= OPTION_BIT(i);
    return given;
}

const char *ctl_option_value(const struct ctl_arguments *a, enum ctl_option option)
{
    const char *value = a->given[option];

    if (!value && options[option].environment)
        value = getenv(options[option].environment);
    return value;
}

void ctl_options_print(FILE *to, uint64_t bits)
{
    for (unsigned i = 0; i < OPTIONS; i++) {
        const struct option *o = &options[i];
        int width;

        if (!(bits & OPTION_BIT(i)))
            continue;
        width =
            fprintf(to, "  %s%s%s", o->name, o->operand ? " " : "", o->operand ? o->operand : "");
        fprintf(to, "%*s%s\n", width < 28 ? 28 - width : 1, "", o->help);
        if (o->environment)
            fprintf(to, "%28s(%s)\n", "", o->environment);
    }
}
