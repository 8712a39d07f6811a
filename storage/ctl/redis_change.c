/* device add, set, activate, deactivate and remove. */
#include "storage/ctl/redis_change.h"

#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"

#include <stdio.h>
#include <string.h>

static int refuse(const struct device_change *c, const struct device_change_result *result)
{
    if (result->outcome == DEVICE_CHANGE_EXISTS)
        fprintf(stderr, "simgatectl: there is a device %s already: device set changes it\n",
                c->row.iccid);
    else if (result->outcome == DEVICE_CHANGE_ABSENT)
        fprintf(stderr, "simgatectl: there is no device %s\n", c->row.iccid);
    else
        fprintf(stderr, "simgatectl: %s is an address of %s: %s takes it from there\n",
                result->address, result->owner, ctl_option_name(OPTION_TAKE_ADDRESS));
    return CTL_NO;
}

int ctl_redis_change(const struct ctl_arguments *a, const struct device_change *c)
{
    static const char *const done[] = {[DEVICE_CHANGE_ADDED] = "added",
                                       [DEVICE_CHANGE_UPDATED] = "updated",
                                       [DEVICE_CHANGE_UNCHANGED] = "unchanged",
                                       [DEVICE_CHANGE_REMOVED] = "removed"};
    struct device_change_result result;
    struct ctl_connection connection;
    size_t count;
    int code = ctl_connection_open(&connection, a);

    if (code == CTL_OK && !device_changes_run(&connection, c, &result, 1, &count))
        code = CTL_STORE;
    ctl_connection_close(&connection);
    if (code != CTL_OK)
        return code;
    if (result.outcome >= DEVICE_CHANGE_EXISTS)
        return refuse(c, &result);
    printf("%s %s\n", c->row.iccid, done[result.outcome]);
    return CTL_OK;
}

static void set_status(struct device_change *c, bool active)
{
    c->row.active = active;
    c->row.given |= DEVICE_COLUMN_BIT(DEVICE_COLUMN_STATUS);
}

int ctl_redis_add(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_ADD};

    set_status(&c, true);
    if (!ctl_read_iccid(&c.row, a->words[0]) || !ctl_read_device(a, &c))
        return CTL_USAGE;
    if (c.address_count == 0) {
        fputs("simgatectl: device add needs --address\n", stderr);
        return CTL_USAGE;
    }
    return ctl_redis_change(a, &c);
}

int ctl_redis_set(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    if (!ctl_read_device(a, &c))
        return CTL_USAGE;
    if (!c.row.given) {
        fputs("simgatectl: device set needs something to set (see simgatectl --help)\n", stderr);
        return CTL_USAGE;
    }
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_redis_change(a, &c) : CTL_USAGE;
}

int ctl_redis_activate(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    set_status(&c, true);
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_redis_change(a, &c) : CTL_USAGE;
}

int ctl_redis_deactivate(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};

    set_status(&c, false);
    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_redis_change(a, &c) : CTL_USAGE;
}

int ctl_redis_remove(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_REMOVE};

    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_redis_change(a, &c) : CTL_USAGE;
}
