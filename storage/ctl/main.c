/* simgatectl looks at the store's devices and changes them: this file runs the command. */
#include "storage/ctl/commands.h"
#include "storage/ctl/ctl.h"
#include "storage/redis/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "simgatectl: %s%s (see simgatectl --help)\n", what, which);
    return CTL_USAGE;
}

/* Returns -1, or the exit status after a complaint. */
static int check_usage(const struct ctl_arguments *a, const struct ctl_command *command)
{
    unsigned most, needed = ctl_command_operands(command, &most);
    uint64_t wrong = ctl_options_given(a) & ~command->options;

    if (a->count < needed)
        return complain("missing: ", command->operands);
    if (a->count > most)
        return complain("too many words for ", command->name);
    for (unsigned i = 0; i < OPTIONS; i++)
        if (wrong & OPTION_BIT(i)) {
            fprintf(stderr, "simgatectl: %s does not belong to %s (see simgatectl --help)\n",
                    ctl_option_name(i), command->name);
            return CTL_USAGE;
        }
    return -1;
}

static int run_with_store(const struct ctl_arguments *a, const struct ctl_command *command)
{
    const char *url = ctl_option_value(a, OPTION_STORE);

    if (url && redis_url_is_one(url))
        return command->redis(a);
    if (url && strncmp(url, CTL_MEMORY_SCHEME, strlen(CTL_MEMORY_SCHEME)) == 0)
        return command->memory(a);
    fprintf(stderr,
            "simgatectl: --store is %s: legal are " CTL_MEMORY_SCHEME
            "FILE.csv, redis://HOST:PORT/DB and redis+unix:///PATH?db=DB\n",
            url && *url ? "of no such kind" : "needed");
    return CTL_USAGE;
}

static int run(struct ctl_arguments *a)
{
    const struct ctl_command *command = ctl_command_take(a);
    int code;

    if (!command && a->count)
        return complain("unknown command: ", a->words[0]);
    if (!command)
        return complain("no command", "");
    code = check_usage(a, command);
    if (code >= 0)
        return code;
    return command->plain ? command->plain(a) : run_with_store(a, command);
}

int main(int argc, char **argv)
{
    struct ctl_arguments a;
    int code = CTL_OK;

    if (!ctl_arguments_read(&a, argc, argv))
        return CTL_USAGE;
    if (a.given[OPTION_HELP])
        ctl_commands_help(stdout);
    else if (a.given[OPTION_VERSION])
        puts("simgatectl " SIMGATE_VERSION);
    else
        code = run(&a);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE) /* who read it has had enough */
        perror("simgatectl: standard output");
    return CTL_NO;
}
