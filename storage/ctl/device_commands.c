/* device add, set, activate, deactivate and remove, whichever the store. */
#include "storage/ctl/device_commands.h"

#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"

#include <stdio.h>
#include <string.h>

int ctl_change(const struct ctl_arguments *a, const struct device_change *c)
{
    const char *url = ctl_option_value(a, OPTION_STORE);

    if (strncmp(url, CTL_MEMORY_SCHEME, strlen(CTL_MEMORY_SCHEME)) == 0)
        return ctl_memory_change(a, c);
    return ctl_redis_change(a, c);
}

void ctl_print_change(const struct device_change *c, enum device_change_outcome outcome)
{
    static const char *const done[] = {[DEVICE_CHANGE_ADDED] = "added",
                                       [DEVICE_CHANGE_UPDATED] = "updated",
                                       [DEVICE_CHANGE_UNCHANGED] = "unchanged",
                                       [DEVICE_CHANGE_REMOVED] = "removed"};

    printf("%s %s\n", c->row.iccid, done[outcome]);
}

static void set_status(struct device_change *c, bool active)
{
    c->row.active = active;
    c->row.given |= DEVICE_COLUMN_BIT(DEVICE_COLUMN_STATUS);
}

int ctl_device_add(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_ADD};

    set_status(&c, true);
    if (!ctl_read_iccid(&c.row, a->words[0]) || !ctl_read_device(a, &c))
        return CTL_USAGE;
    if (c.address_count == 0) {
        fputs("simgatectl: device add needs --address\n", stderr);
        return CTL_USAGE;
    }
    return ctl_change(a, &c);
}

int ctl_device_set(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    if (!ctl_read_device(a, &c))
        return CTL_USAGE;
    if (!c.row.given) {
        fputs("simgatectl: device set needs something to set (see simgatectl --help)\n", stderr);
        return CTL_USAGE;
    }
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_change(a, &c) : CTL_USAGE;
}

int ctl_device_activate(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    set_status(&c, true);
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_change(a, &c) : CTL_USAGE;
}

int ctl_device_deactivate(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    set_status(&c, false);
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_change(a, &c) : CTL_USAGE;
}

int ctl_device_remove(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_REMOVE};

    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_change(a, &c) : CTL_USAGE;
}
