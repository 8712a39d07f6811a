/*
 * Any bytes as a configuration file, and each of its lines as a --set: a configuration is refused
 * with errors that name their place, or loads; and what loads prints a file that loads again and
 * prints the same.
 */
#include "gateway/config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input_file.h"

#include <string.h>

/* Larger inputs are slow and no more interesting. */
#define LENGTH_MAX   4096
#define SETTINGS_MAX 16

/* Loading a secret reads the file that it names: not here. */
static int names_a_file(const uint8_t *bytes, size_t length)
{
    return memmem(bytes, length, "_file", 5) != NULL;
}

static char *print(const struct config *config)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    CHECK(out);
    config_print_ini(out, config);
    CHECK(fclose(out) == 0);
    return text;
}

static int load(struct config *config, const struct config_sources *sources)
{
    char *errors;
    int result = config_load(config, sources, &errors);

    CHECK((result != 0) == (errors != NULL));
    CHECK(!errors || (*errors && errors[strlen(errors) - 1] == '\n'));
    free(errors);
    return result;
}

static void check_prints_the_same(const struct config *config)
{
    char *first = print(config), *second;
    struct config_sources sources = {.incomplete_is_fine = true};
    struct config again;

    sources.file = input_file_write((const uint8_t *)first, strlen(first));
    CHECK(load(&again, &sources) == 0);
    second = print(&again);
    CHECK(strcmp(first, second) == 0);
    config_deinit(&again);
    free(first);
    free(second);
}

static void load_and_check(const struct config_sources *sources)
{
    struct config config;

    /* a secret is not printed */
    if (load(&config, sources) == 0 && !*config.mqtt.publisher.password)
        check_prints_the_same(&config);
    config_deinit(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct config_sources as_file = {.incomplete_is_fine = true};
    const char *settings[SETTINGS_MAX];
    struct config_sources as_settings = {.incomplete_is_fine = true, .settings = settings};
    char text[LENGTH_MAX + 1], *rest = text, *line;

    if (length > LENGTH_MAX || names_a_file(bytes, length))
        return 0;
    as_file.file = input_file_write(bytes, length);
    load_and_check(&as_file);
    memcpy(text, bytes, length);
    text[length] = 0;
    while (as_settings.setting_count < SETTINGS_MAX && (line = strsep(&rest, "\n")))
        settings[as_settings.setting_count++] = line;
    load_and_check(&as_settings);
    return 0;
}
