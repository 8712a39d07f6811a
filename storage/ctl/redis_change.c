/* Changes of devices where the store is Redis. */
#include "storage/ctl/device_commands.h"

#include "storage/ctl/ctl.h"

#include <stdio.h>
#include <string.h>

static int refuse(const struct device_change *c, const struct device_change_result *result)
{
    if (result->outcome == DEVICE_CHANGE_WRONG_TYPE) {
        fprintf(stderr,
                "simgatectl: Redis refused: a key has another type than docs/redis.md says (%s)\n",
                result->key);
        return CTL_STORE;
    }
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
    ctl_print_change(c, result.outcome);
    return CTL_OK;
}
