#include "gateway/options.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What one start of the program came to. */
struct outcome {
    struct options options;
    struct config config;
    bool runs;
    int status;
    char *out, *err;
};

static void discard(struct outcome *o)
{
    config_deinit(&o->config);
    options_deinit(&o->options);
    free(o->out);
    free(o->err);
}

/* `arguments` end with NULL. */
static struct outcome start(const char *const *arguments)
{
    static const char *const environment[] = {NULL};
    struct outcome o = {.status = EXIT_USAGE};
    char *argv[16] = {(char *)"simgate"};
    size_t out_length, err_length;
    FILE *out = open_memstream(&o.out, &out_length), *err = open_memstream(&o.err, &err_length);
    int argc = 1;

    while (arguments[argc - 1]) {
        argv[argc] = (char *)arguments[argc - 1];
        argc++;
    }
    if (options_parse(&o.options, argc, argv, err) == 0)
        o.runs = options_prepare(&o.options, environment, &o.config, &o.status, out, err);
    fclose(out);
    fclose(err);
    return o;
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void expect_misused(struct outcome o, const char *error)
{
    cr_expect(!(o.runs));
    cr_expect_eq(o.status, EXIT_USAGE);
    cr_expect_str_eq(o.out, "");
    cr_expect_str_eq(o.err, error);
    discard(&o);
}

static void expect_answers(struct outcome o, const char *beginning)
{
    cr_expect(!(o.runs));
    cr_expect_eq(o.status, 0);
    cr_expect(strncmp(o.out, beginning, strlen(beginning)) == 0, "%s", o.out);
    cr_expect_str_eq(o.err, "");
    discard(&o);
}

Test(options, a_complete_configuration_runs)
{
    struct outcome o = START("--set", "store.url=memory:x", "--takeover", "-s", "mqtt.queue=99");

    cr_expect(o.runs);
    cr_expect(o.options.takeover);
    cr_expect_str_eq(o.config.store.settings.url, "memory:x");
    cr_expect_eq(o.config.mqtt.publisher.queue, 99);
    cr_expect_str_eq(o.out, "");
    discard(&o);
}

Test(options, wrong_use_is_named_with_a_hint)
{
    expect_misused(START("--foo"), "simgate: no such option: \"--foo\" (see simgate --help)\n");
    expect_misused(START("-x"), "simgate: no such option: \"-x\" (see simgate --help)\n");
    expect_misused(START("-xh"), "simgate: no such option: \"-x\" (see simgate --help)\n");
    expect_misused(START("--takeover=yes"),
                   "simgate: no value belongs to \"--takeover=yes\" (see simgate --help)\n");
    expect_misused(START("--set"), "simgate: a value is missing after \"--set\" (see simgate "
                                   "--help)\n");
    expect_misused(START("simgate.ini"), "simgate: unexpected argument \"simgate.ini\" (see "
                                         "simgate --help)\n");
    expect_misused(START("--print-config=xml"), "simgate: --print-config is ini or markdown, not "
                                                "\"xml\" (see simgate --help)\n");
    expect_misused(START("-c", "a", "-c", "b"),
                   "simgate: a second --config: \"b\" (see simgate --help)\n");
}

Test(options, questions_are_answered_without_a_store)
{
    expect_answers(START("--help"), "Usage: simgate ");
    expect_answers(START("--version"), "simgate " SIMGATE_VERSION "\n");
    expect_answers(START("--print-config"), "# simgate's configuration");
    expect_answers(START("--print-config=ini"), "# simgate's configuration");
    expect_answers(START("--print-config=markdown"), "# Configuration\n");
}

Test(options, a_configuration_is_checked)
{
    expect_answers(START("--check-config", "--set", "store.url=memory:x"),
                   "configuration is valid\n");
    expect_misused(
        START("--check-config", "--set", "mqtt.queue=1", "-c", "/nonexistent.ini"),
        "/nonexistent.ini: No such file or directory\n"
        "--set mqtt.queue: mqtt.queue: \"1\" is not a whole number from 16 to 16777216\n");
    expect_misused(START("--check-config"),
                   "store.url: required, and not set. Where the devices are: memory:FILE.csv reads "
                   "them from a CSV file, for one gateway; redis://HOST:PORT/DB and "
                   "redis+unix:///PATH?db=DB are a Redis that gateways share.\n");
}

Test(options, output_that_goes_nowhere_is_a_failure)
{
    char *argv[] = {(char *)"simgate", (char *)"--help", NULL};
    FILE *full = fopen("/dev/full", "we"), *err = fopen("/dev/null", "we");
    struct options options;
    struct config config;
    int status = 0;

    cr_assert_eq(options_parse(&options, 2, argv, err), 0);
    cr_expect(!options_prepare(&options, NULL, &config, &status, full, err));
    cr_expect_eq(status, EXIT_FAILURE);
    options_deinit(&options);
    fclose(err);
    fclose(full);
}
