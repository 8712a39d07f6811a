/*
 * What the commands about keys have in common. Nothing of a key is printed unless --reveal asks for
 * it. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_PSK_COMMANDS_H
#define SIMGATE_STORAGE_CTL_PSK_COMMANDS_H

#include "storage/ctl/output.h"
#include "storage/psk.h"

/* How many bytes it has, and in JSON as a member of its own; the key only where it may be seen. */
void ctl_print_key(struct ctl_output *o, const char *name, const struct psk *key, bool reveal);

#endif
