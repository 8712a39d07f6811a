/*
 * What the sources of a configuration share while it is loaded (config_load.c). Main thread.
 */
#ifndef SIMGATE_GATEWAY_CONFIG_LOADING_H
#define SIMGATE_GATEWAY_CONFIG_LOADING_H

#include "gateway/config.h"
#include "gateway/config_table.h"

#include <limits.h>

/* Longer names are cut, and then unknown all the same. */
#define CONFIG_NAME_SIZE 128

/* Room for where a value came from: "simgate.ini:12". */
#define CONFIG_ORIGIN_SIZE (PATH_MAX + 64)

struct config_loading {
    struct config *config;
    FILE *errors; /* in memory */
    int status;   /* 0, -EINVAL or -ENOMEM */
};

/* Notes that there is an error, begins its line and returns where to write the rest, up to the
 * newline. */
FILE *config_complain(struct config_loading *l, const char *origin);

/* " (did you mean NAME?)" and a newline; the newline alone where `name` is NULL. */
void config_complain_end(struct config_loading *l, const char *name);

void config_complain_unknown_key(struct config_loading *l, const char *origin, const char *name);

/* Sets the row's field, or complains of the text. */
void config_assign(struct config_loading *l, const char *origin, const struct config_row *row,
                   const char *text);

/* The sources. False: the file cannot be read, which is said. */
bool config_load_file(struct config_loading *l, const char *path);
void config_load_environment(struct config_loading *l, const char *const *environment);
void config_load_settings(struct config_loading *l, const char *const *settings, size_t count);

/* What a key's own row cannot say: keys that have to fit each other. */
void config_check(struct config_loading *l);

#endif
