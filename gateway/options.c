#include "gateway/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: simgate [OPTION]...\n"
    "Takes CoAP messages from SIM-equipped devices and publishes them to an MQTT broker.\n"
    "\n"
    "  -c, --config FILE          read the configuration from FILE (INI)\n"
    "  -s, --set SECTION.KEY=VAL  set one key; may be given many times, the last one wins\n"
    "      --check-config         check the configuration, print every error, and exit\n"
    "      --print-config[=FORM]  print the configuration in force and exit; FORM is ini (the\n"
    "                             default) or markdown (a description of every key)\n"
    "      --takeover             start even if another process has the ports already, and share\n"
    "                             them with it\n"
    "  -V, --version              print the version and exit\n"
    "  -h, --help                 print this and exit\n"
    "\n"
    "A key's value comes from --set, else from the environment (SIMGATE_SECTION_KEY, such as\n"
    "SIMGATE_MQTT_URL), else from FILE, else it is the default. Only store.url has none.\n"
    "\n"
    "Example, with a broker on this host:\n"
    "  simgate --set store.url=memory:devices.csv --set mqtt.url=mqtt://127.0.0.1:1883\n"
    "\n"
    "Signals: TERM and INT finish what is in flight and exit; HUP reads the files of a memory\n"
    "store again (with an error in them nothing changes, and the log says why).\n"
    "\n"
    "Exit status: 0 stopped as asked, 1 failed to start or to go on, 2 wrong options or\n"
    "configuration.\n";

enum { OPTION_CHECK_CONFIG = 256, OPTION_PRINT_CONFIG, OPTION_TAKEOVER };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"set", required_argument, NULL, 's'},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
    {"print-config", optional_argument, NULL, OPTION_PRINT_CONFIG},
    {"takeover", no_argument, NULL, OPTION_TAKEOVER},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int misused(FILE *err, const char *what, const char *argument)
{
    fprintf(err, "simgate: %s \"%s\" (see simgate --help)\n", what, argument);
    return -EINVAL;
}

static int set_print_action(struct options *options, const char *form, FILE *err)
{
    if (!form || strcmp(form, "ini") == 0)
        options->action = OPTIONS_PRINT_INI;
    else if (strcmp(form, "markdown") == 0)
        options->action = OPTIONS_PRINT_MARKDOWN;
    else
        return misused(err, "--print-config is ini or markdown, not", form);
    return 0;
}

/* getopt_long() said '?' or ':'. A long option that exists left its value in optopt, a short one
 * its letter. */
static int misused_option(FILE *err, int complaint, const char *argument)
{
    const char letter[] = {'-', (char)optopt, 0};

    if (complaint == ':')
        return misused(err, "a value is missing after", argument);
    if (optopt >= OPTION_CHECK_CONFIG || (optopt && strncmp(argument, "--", 2) == 0))
        return misused(err, "no value belongs to", argument);
    return misused(err, "no such option:", optopt ? letter : argument);
}

static int take_option(struct options *options, int option, const char *argument, FILE *err)
{
    switch (option) {
    case 'c':
        if (options->config_file)
            return misused(err, "a second --config:", optarg);
        options->config_file = optarg;
        return 0;
    case 's':
        options->settings[options->setting_count++] = optarg;
        return 0;
    case OPTION_PRINT_CONFIG:
        return set_print_action(options, optarg, err);
    case OPTION_CHECK_CONFIG:
        options->action = OPTIONS_CHECK_CONFIG;
        return 0;
    case OPTION_TAKEOVER:
        options->takeover = true;
        return 0;
    case 'V':
        options->action = OPTIONS_VERSION;
        return 0;
    case 'h':
        options->action = OPTIONS_HELP;
        return 0;
    default:
        return misused_option(err, option, argument);
    }
}

int options_parse(struct options *options, int argc, char **argv, FILE *err)
{
    int option, result = 0;

    *options = (struct options){0};
    options->settings = calloc((size_t)argc + 1, sizeof(*options->settings));
    if (!options->settings)
        return -ENOMEM;
    optind = 0; /* from the start, whoever called it before */
    opterr = 0;
    while (result == 0 && (option = getopt_long(argc, argv, ":c:s:Vh", long_options, NULL)) != -1)
        result = take_option(options, option, argv[optind - 1], err);
    if (result == 0 && optind < argc)
        return misused(err, "unexpected argument", argv[optind]);
    return result;
}

void options_deinit(struct options *options)
{
    free(options->settings);
    *options = (struct options){0};
}

/* Loads the configuration that the options name. False after printing its errors. */
static bool load(const struct options *options, const char *const *environment,
                 struct config *config, FILE *err)
{
    struct config_sources sources = {
        .file = options->config_file,
        .environment = environment,
        .settings = options->settings,
        .setting_count = options->setting_count,
        .incomplete_is_fine = options->action == OPTIONS_PRINT_INI,
    };
    char *errors;
    int result = config_load(config, &sources, &errors);

    if (result == 0)
        return true;
    fputs(errors ? errors : "out of memory\n", err);
    free(errors);
    return false;
}

static void print_answer(const struct options *options, const struct config *config, FILE *out)
{
    switch (options->action) {
    case OPTIONS_CHECK_CONFIG:
        fputs("configuration is valid\n", out);
        break;
    case OPTIONS_PRINT_INI:
        config_print_ini(out, config);
        break;
    case OPTIONS_PRINT_MARKDOWN:
        config_print_markdown(out);
        break;
    case OPTIONS_VERSION:
        fputs("simgate " SIMGATE_VERSION "\n", out);
        break;
    case OPTIONS_HELP:
        fputs(help, out);
        break;
    case OPTIONS_RUN:
        break;
    }
}

static bool needs_config(enum options_action action)
{
    return action == OPTIONS_RUN || action == OPTIONS_CHECK_CONFIG || action == OPTIONS_PRINT_INI;
}

bool options_prepare(const struct options *options, const char *const *environment,
                     struct config *config, int *status, FILE *out, FILE *err)
{
    *config = (struct config){0};
    *status = EXIT_SUCCESS;
    if (needs_config(options->action) && !load(options, environment, config, err)) {
        *status = EXIT_USAGE;
        return false;
    }
    print_answer(options, config, out);
    if (fflush(out) != 0 || ferror(out)) {
        fprintf(err, "simgate: cannot print: %s\n", strerror(errno));
        *status = EXIT_FAILURE;
        return false;
    }
    return options->action == OPTIONS_RUN;
}
