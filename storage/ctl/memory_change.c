/* Changes of devices and keys where the store is a devices' file. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_commands.h"
#include "storage/ctl/memory_devices.h"
#include "storage/memory_edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ctl_memory_note(void)
{
    fflush(stdout); /* what was done comes first, also where both go to a file */
    fputs("note: a running gateway reads it on SIGHUP\n", stderr);
}

int ctl_memory_changed(int result, char *error)
{
    if (result >= 0 && result != MEMORY_EDIT_UNCHANGED)
        ctl_memory_note();
    else if (result < 0)
        fprintf(stderr, "%s\n", error ? error : strerror(-result));
    free(error);
    if (result >= 0)
        return CTL_OK;
    return result == -EINVAL || result == -ENOENT || result == -EEXIST ? CTL_NO : CTL_STORE;
}

/* A row has one address, as the gateway asks for it. False after a complaint. */
static bool take_address(struct device_row *row, const struct device_change *c)
{
    uint8_t cut[16];

    if (!(c->row.given & DEVICE_COLUMN_BIT(DEVICE_COLUMN_ADDRESS)))
        return true;
    if (c->address_count != 1) {
        fprintf(stderr, "simgatectl: %s: a device of a devices' file has one address\n",
                ctl_option_name(OPTION_ADDRESS));
        return false;
    }
    memcpy(row->address.ip, c->addresses[0], sizeof(row->address.ip));
    memcpy(cut, c->addresses[0], sizeof(cut));
    net_ip_mask(cut, 64);
    row->address.bits = !net_ip_is_v4(cut) && memcmp(cut, row->address.ip, 16) == 0 ? 64 : 128;
    return true;
}

static int change(const char *path, const struct device_change *c, struct device_row *row,
                  char **error)
{
    static const enum memory_edit_mode modes[] = {[DEVICE_CHANGE_ADD] = MEMORY_EDIT_ADD,
                                                  [DEVICE_CHANGE_SET] = MEMORY_EDIT_SET,
                                                  [DEVICE_CHANGE_REMOVE] = MEMORY_EDIT_REMOVE};

    if (c->reset_psk)
        return memory_edit_reset_psk(path, row->iccid, error);
    return memory_edit_device(path, modes[c->mode], row, error);
}

int ctl_memory_change(const struct ctl_arguments *a, const struct device_change *c)
{
    static const enum device_change_outcome outcomes[] = {
        [MEMORY_EDIT_ADDED] = DEVICE_CHANGE_ADDED,
        [MEMORY_EDIT_UPDATED] = DEVICE_CHANGE_UPDATED,
        [MEMORY_EDIT_UNCHANGED] = DEVICE_CHANGE_UNCHANGED,
        [MEMORY_EDIT_REMOVED] = DEVICE_CHANGE_REMOVED};
    const char *path = ctl_memory_path(a);
    struct device_row row = c->row;
    char *error;
    int result;

    if (!path || !take_address(&row, c))
        return CTL_USAGE;
    if (c->take_addresses) {
        fprintf(stderr, "simgatectl: %s is for Redis: give the other device another address\n",
                ctl_option_name(OPTION_TAKE_ADDRESS));
        return CTL_USAGE;
    }
    result = change(path, c, &row, &error);
    explicit_bzero(&row, sizeof(row));
    if (result >= 0)
        ctl_print_change(c, outcomes[result]);
    return ctl_memory_changed(result, error);
}
