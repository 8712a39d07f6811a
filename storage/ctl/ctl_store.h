/*
 * Locations and templates of a store as simgatectl reads and changes them: the same questions for
 * both kinds of store, so that a command is written once. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_CTL_CTL_STORE_H
#define SIMGATE_STORAGE_CTL_CTL_STORE_H

#include "storage/ctl/connection.h"
#include "storage/ctl/template_list.h"
#include "storage/ctl/template_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than is legal, so that what others wrote is not cut to something that is. */
#define CTL_ACTIVE_MAX        80
#define CTL_LOCATION_TEXT_MAX 80

/* The fields of a location as others may have written them: printable, "" where there is none. */
struct ctl_location {
    char longitude[CTL_LOCATION_TEXT_MAX];
    char latitude[CTL_LOCATION_TEXT_MAX];
    char source[CTL_LOCATION_TEXT_MAX];
    char sample_time[CTL_LOCATION_TEXT_MAX];
};

struct location;
struct memory_files;
struct memory_templates;
struct ctl_store;

#define CTL_ABSENT (-1) /* of what these return: no enum ctl_exit, and no complaint */

/* All of these return CTL_OK, CTL_ABSENT as it says here, or another enum ctl_exit after a
 * complaint. */
struct ctl_location_ops {
    /* CTL_ABSENT: there is no such device. */
    int (*find_device)(struct ctl_store *s, const char *iccid);
    /* CTL_ABSENT: it has none. */
    int (*read)(struct ctl_store *s, const char *iccid, struct ctl_location *location);
    int (*write)(struct ctl_store *s, const char *iccid, const struct location *location);
    /* CTL_ABSENT: it has none. */
    int (*remove)(struct ctl_store *s, const char *iccid);
};

struct ctl_template_ops {
    /* CTL_ABSENT: there is none. */
    int (*read)(struct ctl_store *s, const char *name, struct template_text *text);
    /* CTL_ABSENT: there is one, and `replace` is false. */
    int (*write)(struct ctl_store *s, const char *name, const struct template_text *text,
                 bool replace);
    /* CTL_ABSENT: there was none. */
    int (*remove)(struct ctl_store *s, const char *name);
    /* In any order, the same name possibly twice. */
    int (*list)(struct ctl_store *s, struct template_list *list);
    /* How many devices name the template. */
    int (*count_users)(struct ctl_store *s, const char *name, uint64_t *users);
    /* "" where none is active. */
    int (*read_active)(struct ctl_store *s, char active[CTL_ACTIVE_MAX]);
    /* "" is none. */
    int (*write_active)(struct ctl_store *s, const char *name);
};

extern const struct ctl_location_ops ctl_memory_locations, ctl_redis_locations;
extern const struct ctl_template_ops ctl_memory_templates, ctl_redis_templates;

struct ctl_store {
    const struct ctl_location_ops *locations;
    const struct ctl_template_ops *templates;
    struct ctl_connection connection; /* where it is Redis */
    const char *path;                 /* of the devices' file, borrowed, where it is not */
    struct memory_files *files;       /* all that it has, once somebody asked for it */
    struct memory_templates *loaded;  /* the same of templates alone */
};

/* Opens the store that the arguments name, which is of a legal kind. Returns an enum ctl_exit,
 * after a complaint where that is not CTL_OK. */
int ctl_store_open(struct ctl_store *s, const struct ctl_arguments *a);

/* What is kept as the active one, in a form that can be shown: for read_active(). */
void ctl_store_keep_active(char active[CTL_ACTIVE_MAX], const struct template_text *text);

/* Says what was done to a device or a template: "NAME activated". */
void ctl_store_tell(const struct ctl_store *s, const char *name, const char *what);

/* Complains of what went wrong with a file. `text` may be NULL, and is freed. Returns an enum
 * ctl_exit. */
int ctl_store_complain(int error, char *text);

/* Accepts what a failed ctl_store_open() left behind. */
void ctl_store_close(struct ctl_store *s);

#endif
