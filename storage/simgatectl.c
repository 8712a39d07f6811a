/* simgatectl looks at the store's devices: this file finds the command, the others are commands. */
#include "storage/simgatectl.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;    /* one or two words */
    const char *operand; /* shown, "" where there is none */
    unsigned operands;
    const char *help;
    int (*run)(const struct ctl_arguments *arguments);
};

static const struct command commands[] = {
    {"check", "FILE.csv", 1, "say what is wrong with a devices' file, or what it has", ctl_check},
    {"device list", "", 0, "list the devices of a store", ctl_device_list},
    {"device show", "ADDRESS|ICCID", 1, "show one device of a store", ctl_device_show},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_help(FILE *to)
{
    fputs("Usage: simgatectl COMMAND [--store URL]\n\ncommands:\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-11s %-14s %s\n", commands[i].name, commands[i].operand, commands[i].help);
    fputs("\noptions:\n"
          "  --store URL                the store: memory:FILE.csv\n"
          "  --help                     show this text\n"
          "  --version                  show the version\n"
          "\nexit code: 0 fine; 1 the answer is no, or a file is wrong; 2 wrong usage\n",
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

static int run(struct ctl_arguments *a)
{
    const struct command *command = take_command(a);

    if (!command && a->count)
        return complain("unknown command: ", a->words[0]);
    if (!command)
        return complain("no command", "");
    if (a->count != command->operands)
        return complain(a->count < command->operands ? "missing: " : "too many words for ",
                        a->count < command->operands ? command->operand : command->name);
    return command->run(a);
}

/* Sorts the command line into words and options. Returns -1, or the exit code to end with. */
static int read_arguments(struct ctl_arguments *a, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(stdout);
            return CTL_OK;
        }
        if (strcmp(argv[i], "--version") == 0) {
            puts("simgatectl " SIMGATE_VERSION);
            return CTL_OK;
        }
        if (strncmp(argv[i], "--store=", 8) == 0)
            a->store = argv[i] + 8;
        else if (strcmp(argv[i], "--store") == 0 && i + 1 < argc)
            a->store = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1])
            return complain("unknown option, or its value is missing: ", argv[i]);
        else if (a->count == CTL_WORDS_MAX)
            return complain("too many words", "");
        else
            a->words[a->count++] = argv[i];
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct ctl_arguments arguments = {0};
    int code = read_arguments(&arguments, argc, argv);

    if (code < 0)
        code = run(&arguments);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("simgatectl: standard output");
        return CTL_NO;
    }
    return code;
}
