/*
 * The commands of simgatectl, as a table: what each is called, takes and runs. A new command is a
 * row in commands.c and its function in ctl.h.
 */
#ifndef SIMGATE_STORAGE_CTL_COMMANDS_H
#define SIMGATE_STORAGE_CTL_COMMANDS_H

#include "storage/ctl/arguments.h"

#include <stdint.h>
#include <stdio.h>

/* Returns the exit status. */
typedef int ctl_command_fn(const struct ctl_arguments *a);

struct ctl_command {
    const char *name;     /* one or two words */
    const char *operands; /* shown, with spaces between; those in brackets may be left out */
    const char *help;
    uint64_t options;      /* that are legal with it */
    ctl_command_fn *plain; /* needs no store; else NULL, and one of these: */
    ctl_command_fn *memory;
    ctl_command_fn *redis;
};

/* Takes the command's words off the front of the arguments. NULL when there is no such command. */
const struct ctl_command *ctl_command_take(struct ctl_arguments *a);

/* How many operands it needs, and may have at most. */
unsigned ctl_command_operands(const struct ctl_command *command, unsigned *most);

void ctl_commands_help(FILE *to);

#endif
