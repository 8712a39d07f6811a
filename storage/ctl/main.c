/* simgatectl looks at the store's devices and changes them: this file finds the command. */
#include "storage/ctl/ctl.h"
#include "storage/redis/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STORE_OPTIONS                                                                              \
    (OPTION_BIT(OPTION_STORE) | OPTION_BIT(OPTION_PREFIX) | OPTION_BIT(OPTION_USERNAME) |          \
     OPTION_BIT(OPTION_PASSWORD_FILE) | OPTION_BIT(OPTION_IPV6_PREFIX))
#define DEVICE_OPTIONS                                                                             \
    (OPTION_BIT(OPTION_ADDRESS) | OPTION_BIT(OPTION_STATUS) | OPTION_BIT(OPTION_IMSI) |            \
     OPTION_BIT(OPTION_LOCATION_ALLOWED) | OPTION_BIT(OPTION_TEMPLATE) |                           \
     OPTION_BIT(OPTION_TAKE_ADDRESS))
#define KEY_OPTIONS   (OPTION_BIT(OPTION_KEY) | OPTION_BIT(OPTION_KEY_FILE) | OPTION_BIT(OPTION_HEX))
#define OTHER_OPTIONS (OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

typedef int command_fn(const struct ctl_arguments *a);

struct command {
    const char *name;    /* one or two words */
    const char *operand; /* shown, "" where there is none */
    const char *help;
    unsigned options;   /* that are legal with it */
    command_fn *plain;  /* needs no store; else NULL, and one of these: */
    command_fn *memory; /* NULL where it is not for this store */
    command_fn *redis;
};

static const struct command commands[] = {
    {"check", "FILE.csv", "say what is wrong with a devices' file, or what it has", 0, ctl_check,
     NULL, NULL},
    {"device list", "", "list the devices", STORE_OPTIONS, NULL, ctl_memory_list, ctl_redis_list},
    {"device show", "ICCID|ADDRESS", "show a device, and where its keys in Redis disagree",
     STORE_OPTIONS, NULL, ctl_memory_show, ctl_redis_show},
    {"device add", "ICCID", "add a device, which needs --address", STORE_OPTIONS | DEVICE_OPTIONS,
     NULL, NULL, ctl_redis_add},
    {"device set", "ICCID", "change what the options say, and nothing else",
     STORE_OPTIONS | DEVICE_OPTIONS, NULL, NULL, ctl_redis_set},
    {"device activate", "ICCID", "let the device send", STORE_OPTIONS, NULL, NULL,
     ctl_redis_activate},
    {"device deactivate", "ICCID", "answer the device 4.01, on every gateway at once",
     STORE_OPTIONS, NULL, NULL, ctl_redis_deactivate},
    {"device remove", "ICCID", "remove the device and its addresses", STORE_OPTIONS, NULL, NULL,
     ctl_redis_remove},
    {"psk show", "ICCID", "say what keys a device has, without showing them",
     STORE_OPTIONS | OPTION_BIT(OPTION_REVEAL), NULL, NULL, ctl_redis_psk_show},
    {"psk set", "ICCID", "give a device a key, and end what was begun with others",
     STORE_OPTIONS | KEY_OPTIONS, NULL, NULL, ctl_redis_psk_set},
    {"psk reset", "ICCID", "take a device's keys away: its next bootstrap call makes one",
     STORE_OPTIONS, NULL, NULL, ctl_redis_psk_reset},
    {"import", "FILE.csv", "add and change the devices of a file; none is removed",
     STORE_OPTIONS | OPTION_BIT(OPTION_TAKE_ADDRESS), NULL, NULL, ctl_redis_import},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_help(FILE *to)
{
    fputs("Usage: simgatectl COMMAND [OPTION]...\n"
          "Looks at the devices of simgate's store, and changes them where the store is Redis.\n"
          "\ncommands:\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++) {
        int width = fprintf(to, "  %s %s", commands[i].name, commands[i].operand);

        fprintf(to, "%*s%s\n", width < 32 ? 32 - width : 1, "", commands[i].help);
    }
    fputs("\noptions, and the variable that counts where one is not given, as for the gateway:\n",
          to);
    ctl_options_print(to, STORE_OPTIONS);
    fputs("\noptions of device add and device set:\n", to);
    ctl_options_print(to, DEVICE_OPTIONS);
    fputs("\noptions of psk set and psk show:\n", to);
    ctl_options_print(to, KEY_OPTIONS | OPTION_BIT(OPTION_REVEAL));
    fputs("\nothers:\n", to);
    ctl_options_print(to, OTHER_OPTIONS);
    fputs("\nThe devices of a memory store are changed by editing its file, which the gateway "
          "reads at\n"
          "its start. Its columns, and those that import takes, are in docs/memory-store.md; the "
          "keys\n"
          "in Redis are in docs/redis.md.\n"
          "\nexit status: 0 fine; 1 the answer is no, or what was looked at is wrong; 2 wrong "
          "usage;\n"
          "3 the store was not reached, or refused\n"
          "\nexample:\n"
          "  simgatectl device add 8988280666000002864 --address 100.91.200.24 \\\n"
          "      --store redis://127.0.0.1:6379\n",
          to);
}

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "simgatectl: %s%s (see simgatectl --help)\n", what, which);
    return CTL_USAGE;
}

/* Takes the command's words off the front of the arguments. NULL when there is no such command. */
static const struct command *take_command(struct ctl_arguments *a)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *second = strchr(commands[i].name, ' ');
        size_t first = second ? (size_t)(second - commands[i].name) : strlen(commands[i].name);
        unsigned words = second ? 2 : 1;

        if (a->count < words || strlen(a->words[0]) != first ||
            memcmp(a->words[0], commands[i].name, first) != 0)
            continue;
        if (second && strcmp(a->words[1], second + 1) != 0)
            continue;
        a->count -= words;
        memmove(a->words, a->words + words, a->count * sizeof(*a->words));
        return &commands[i];
    }
    return NULL;
}

/* Returns -1, or the exit status after a complaint. */
static int check_usage(const struct ctl_arguments *a, const struct command *command)
{
    unsigned operands = *command->operand ? 1 : 0;
    unsigned wrong = ctl_options_given(a) & ~command->options;

    if (a->count < operands)
        return complain("missing: ", command->operand);
    if (a->count > operands)
        return complain("too many words for ", command->name);
    for (unsigned i = 0; i < OPTIONS; i++)
        if (wrong & OPTION_BIT(i)) {
            fprintf(stderr, "simgatectl: %s does not belong to %s (see simgatectl --help)\n",
                    ctl_option_name(i), command->name);
            return CTL_USAGE;
        }
    return -1;
}

static int run_with_store(const struct ctl_arguments *a, const struct command *command)
{
    const char *url = ctl_option_value(a, OPTION_STORE);
    const char *memory = command->memory ? CTL_MEMORY_SCHEME "FILE.csv, " : "";

    if (url && redis_url_is_one(url))
        return command->redis(a);
    if (url && strncmp(url, CTL_MEMORY_SCHEME, strlen(CTL_MEMORY_SCHEME)) == 0) {
        if (command->memory)
            return command->memory(a);
        fprintf(stderr,
                "simgatectl: %s is for Redis: the devices of a memory store are changed by editing "
                "its file, which the gateway reads at its start\n",
                command->name);
        return CTL_USAGE;
    }
    fprintf(stderr,
            "simgatectl: --store is %s: legal are %sredis://HOST:PORT/DB and "
            "redis+unix:///PATH?db=DB\n",
            url && *url ? "of no such kind" : "needed", memory);
    return CTL_USAGE;
}

static int run(struct ctl_arguments *a)
{
    const struct command *command = take_command(a);
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
        print_help(stdout);
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
