#include "storage/ctl/commands.h"

#include "storage/ctl/ctl.h"

#include <string.h>

#define STORE_OPTIONS                                                                              \
    (OPTION_BIT(OPTION_STORE) | OPTION_BIT(OPTION_PREFIX) | OPTION_BIT(OPTION_USERNAME) |          \
     OPTION_BIT(OPTION_PASSWORD_FILE) | OPTION_BIT(OPTION_IPV6_PREFIX))
#define SHOW_OPTIONS (STORE_OPTIONS | OPTION_BIT(OPTION_OUTPUT))
#define FILTER_OPTIONS                                                                             \
    (OPTION_BIT(OPTION_ADDRESS) | OPTION_BIT(OPTION_STATUS) |                                      \
     OPTION_BIT(OPTION_LOCATION_ALLOWED) | OPTION_BIT(OPTION_TEMPLATE) | OPTION_BIT(OPTION_LIMIT))
#define LOCATION_OPTIONS                                                                           \
    (OPTION_BIT(OPTION_LONGITUDE) | OPTION_BIT(OPTION_LATITUDE) | OPTION_BIT(OPTION_SOURCE) |      \
     OPTION_BIT(OPTION_TIME))
#define DEVICE_OPTIONS                                                                             \
    (OPTION_BIT(OPTION_ADDRESS) | OPTION_BIT(OPTION_STATUS) | OPTION_BIT(OPTION_IMSI) |            \
     OPTION_BIT(OPTION_LOCATION_ALLOWED) | OPTION_BIT(OPTION_TEMPLATE) |                           \
     OPTION_BIT(OPTION_TAKE_ADDRESS))
#define KEY_OPTIONS (OPTION_BIT(OPTION_KEY) | OPTION_BIT(OPTION_KEY_FILE) | OPTION_BIT(OPTION_HEX))
#define IMPORT_OPTIONS                                                                             \
    (OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_STRICT) | OPTION_BIT(OPTION_FROM_LINE) |        \
     OPTION_BIT(OPTION_TAKE_ADDRESS))
#define EXPORT_OPTIONS (OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_REVEAL))
#define OTHER_OPTIONS  (OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

static const struct ctl_command commands[] = {
    {"check", "FILE.csv", "say what is wrong with a devices' file, or what it has", 0, ctl_check,
     NULL, NULL},
    {"device list", "[ICCID-PREFIX]", "list the devices", SHOW_OPTIONS | FILTER_OPTIONS, NULL,
     ctl_memory_list, ctl_redis_list},
    {"device show", "ICCID|ADDRESS", "show a device, and where its keys in Redis disagree",
     SHOW_OPTIONS, NULL, ctl_memory_show, ctl_redis_show},
    {"device add", "ICCID", "add a device, which needs --address", STORE_OPTIONS | DEVICE_OPTIONS,
     NULL, ctl_device_add, ctl_device_add},
    {"device set", "ICCID", "change what the options say, and nothing else",
     STORE_OPTIONS | DEVICE_OPTIONS, NULL, ctl_device_set, ctl_device_set},
    {"device activate", "ICCID", "let the device send", STORE_OPTIONS, NULL, ctl_device_activate,
     ctl_device_activate},
    {"device deactivate", "ICCID", "answer the device 4.01; with Redis, on every gateway at once",
     STORE_OPTIONS, NULL, ctl_device_deactivate, ctl_device_deactivate},
    {"device remove", "ICCID", "remove the device and its addresses", STORE_OPTIONS, NULL,
     ctl_device_remove, ctl_device_remove},
    {"location set", "ICCID", "say where a device is", STORE_OPTIONS | LOCATION_OPTIONS, NULL,
     ctl_location_set, ctl_location_set},
    {"location show", "ICCID", "show where a device is", SHOW_OPTIONS, NULL, ctl_location_show,
     ctl_location_show},
    {"location clear", "ICCID", "forget where a device is", STORE_OPTIONS, NULL, ctl_location_clear,
     ctl_location_clear},
    {"template add", "NAME FILE", "keep a template that compiles; - is standard input",
     STORE_OPTIONS | OPTION_BIT(OPTION_REPLACE), NULL, ctl_template_add, ctl_template_add},
    {"template list", "", "list the templates, and which is active", SHOW_OPTIONS, NULL,
     ctl_template_list, ctl_template_list},
    {"template show", "NAME", "write the text of a template", STORE_OPTIONS, NULL,
     ctl_template_show, ctl_template_show},
    {"template activate", "NAME", "use it for all devices that name none", STORE_OPTIONS, NULL,
     ctl_template_activate, ctl_template_activate},
    {"template deactivate", "", "use none for devices that name none", STORE_OPTIONS, NULL,
     ctl_template_deactivate, ctl_template_deactivate},
    {"template remove", "NAME", "remove a template that is not the active one", STORE_OPTIONS, NULL,
     ctl_template_remove, ctl_template_remove},
    {"template test", "FILE HEX", "show what a payload becomes; for -, those of standard input",
     OPTION_BIT(OPTION_OUTPUT), ctl_template_test, NULL, NULL},
    {"psk show", "ICCID", "say what keys a device has, without showing them",
     SHOW_OPTIONS | OPTION_BIT(OPTION_REVEAL), NULL, ctl_memory_psk_show, ctl_redis_psk_show},
    {"psk set", "ICCID", "give a device a key, and end what was begun with others",
     STORE_OPTIONS | KEY_OPTIONS, NULL, ctl_psk_set, ctl_psk_set},
    {"psk reset", "ICCID", "take a device's keys away: its next bootstrap call makes one",
     STORE_OPTIONS, NULL, ctl_psk_reset, ctl_psk_reset},
    {"import", "FILE", "add and change the devices of a file; none is removed",
     STORE_OPTIONS | IMPORT_OPTIONS, NULL, ctl_memory_import, ctl_redis_import},
    {"export", "[FILE]", "write all devices as a file that import takes",
     STORE_OPTIONS | EXPORT_OPTIONS, NULL, ctl_memory_export, ctl_redis_export},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

const struct ctl_command *ctl_command_take(struct ctl_arguments *a)
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

unsigned ctl_command_operands(const struct ctl_command *command, unsigned *most)
{
    const char *at = command->operands;
    unsigned needed = 0;

    *most = 0;
    while (*at) {
        needed += *at != '[';
        ++*most;
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return needed;
}

static void print_commands(FILE *to)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        int width = fprintf(to, "  %s %s", commands[i].name, commands[i].operands);

        fprintf(to, "%*s%s\n", width < 32 ? 32 - width : 1, "", commands[i].help);
    }
}

void ctl_commands_help(FILE *to)
{
    fputs("Usage: simgatectl COMMAND [OPTION]...\n"
          "Looks at the devices of simgate's store, and changes them.\n"
          "\ncommands:\n",
          to);
    print_commands(to);
    fputs("\noptions, and the variable that counts where one is not given, as for the gateway:\n",
          to);
    ctl_options_print(to, STORE_OPTIONS);
    fputs("\noptions of commands that list and show:\n", to);
    ctl_options_print(to, OPTION_BIT(OPTION_OUTPUT));
    fputs("\noptions of device list; each one given has to be so:\n"
          "  --address NETWORK         one of its addresses is in it (10.0.0.0/8, fd00::/8)\n"
          "  --status active|inactive  --location-allowed yes|no\n"
          "  --template NAME           names it; - is to have none; \"\" names none\n",
          to);
    ctl_options_print(to, OPTION_BIT(OPTION_LIMIT));
    fputs("\noptions of device add and device set:\n", to);
    ctl_options_print(to, DEVICE_OPTIONS);
    fputs("\noptions of location set:\n", to);
    ctl_options_print(to, LOCATION_OPTIONS);
    fputs("\noptions of template add:\n", to);
    ctl_options_print(to, OPTION_BIT(OPTION_REPLACE));
    fputs("\noptions of psk set and psk show:\n", to);
    ctl_options_print(to, KEY_OPTIONS | OPTION_BIT(OPTION_REVEAL));
    fputs("\noptions of import, which has --take-address as well:\n", to);
    ctl_options_print(to, IMPORT_OPTIONS & ~OPTION_BIT(OPTION_TAKE_ADDRESS));
    fputs("\noptions of export:\n", to);
    ctl_options_print(to, EXPORT_OPTIONS);
    fputs("\nothers:\n", to);
    ctl_options_print(to, OTHER_OPTIONS);
    fputs("\nThe files of a memory store may be edited as well; a running gateway reads them on "
          "SIGHUP.\n"
          "Their columns, and those that import takes, are in docs/memory-store.md; the keys in "
          "Redis\n"
          "are in docs/redis.md.\n"
          "\nexit status: 0 fine; 1 the answer is no, or what was looked at is wrong; 2 wrong "
          "usage;\n"
          "3 the store was not reached, or refused\n"
          "\nexample:\n"
          "  simgatectl device add 8988280666000002864 --address 100.91.200.24 \\\n"
          "      --store redis://127.0.0.1:6379\n",
          to);
}
