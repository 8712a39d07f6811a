#include "gateway/config_loading.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "SIMGATE_"

/* "MQTT_URL" becomes "mqtt.url": no section's name has an underscore. */
static void name_from_variable(const char *variable, char name[CONFIG_NAME_SIZE])
{
    char *separator;

    snprintf(name, CONFIG_NAME_SIZE, "%s", variable);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    separator = strchr(name, '_');
    if (separator)
        *separator = '.';
}

static void name_to_variable(const char *name, char variable[CONFIG_NAME_SIZE])
{
    snprintf(variable, CONFIG_NAME_SIZE, PREFIX "%s", name);
    for (char *c = variable; *c; c++)
        *c = (char)(*c == '.' ? '_' : toupper((unsigned char)*c));
}

static void take_variable(struct config_loading *l, const char *variable, const char *value)
{
    const struct config_row *row, *nearest;
    char name[CONFIG_NAME_SIZE], expected[CONFIG_NAME_SIZE], origin[CONFIG_ORIGIN_SIZE];

    snprintf(origin, sizeof(origin), "environment %s", variable);
    name_from_variable(variable + strlen(PREFIX), name);
    row = config_row_find(name);
    if (row) {
        config_assign(l, origin, row, value);
        return;
    }
    nearest = config_row_nearest(name);
    if (nearest)
        name_to_variable(nearest->name, expected);
    fputs("unknown variable", config_complain(l, origin));
    config_complain_end(l, nearest ? expected : NULL);
}

static void take_setting(struct config_loading *l, const char *name, const char *value)
{
    const struct config_row *row = config_row_find(name);
    char origin[CONFIG_ORIGIN_SIZE];

    /* without the value, which may be a secret */
    snprintf(origin, sizeof(origin), "--set %s", name);
    if (row)
        config_assign(l, origin, row, value);
    else
        config_complain_unknown_key(l, origin, name);
}

/* Cuts "name=value" apart. `*value` is NULL where there is no "=". To be freed, or NULL. */
static char *split(struct config_loading *l, const char *text, char **value)
{
    char *copy = strdup(text), *equals;

    if (!copy) {
        l->status = -ENOMEM;
        return NULL;
    }
    equals = strchr(copy, '=');
    *value = equals ? config_strip(equals + 1) : NULL;
    if (equals)
        *equals = 0;
    return copy;
}

void config_load_environment(struct config_loading *l, const char *const *environment)
{
    char *variable, *value;

    for (; *environment; environment++) {
        if (strncmp(*environment, PREFIX, strlen(PREFIX)) != 0)
            continue;
        variable = split(l, *environment, &value);
        if (variable && value)
            take_variable(l, variable, value);
        free(variable);
    }
}

void config_load_settings(struct config_loading *l, const char *const *settings, size_t count)
{
    char *name, *value;

    for (size_t i = 0; i < count; i++) {
        name = split(l, settings[i], &value);
        if (name && value)
            take_setting(l, config_strip(name), value);
        else if (name)
            fprintf(config_complain(l, "--set"), "\"%s\" is not section.key=value\n", name);
        free(name);
    }
}
