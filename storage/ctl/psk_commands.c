/* psk set and reset, whichever the store. */
#include "storage/ctl/psk_commands.h"

#include "base/secret_file.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_commands.h"
#include "storage/ctl/device_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* From a file, or standard input. False after a complaint. */
static bool read_secret(const struct ctl_arguments *a, char secret[SECRET_MAX + 1])
{
    const char *path = a->given[OPTION_KEY_FILE];

    if (!path || strcmp(path, "-") == 0)
        path = "/dev/stdin";
    if (secret_file_read(path, secret))
        return true;
    fprintf(stderr, "simgatectl: %s: %s\n", path, strerror(errno));
    return false;
}

static bool take_key(struct device_row *row, const char *text, bool is_hex)
{
    struct psk key = {.is_hex = is_hex};

    if (strlen(text) <= PSK_TEXT_MAX)
        memcpy(key.text, text, strlen(text));
    row->psk_is_hex = is_hex;
    memcpy(row->psk, key.text, sizeof(row->psk));
    row->given |= DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK);
    if (psk_is_legal(&key)) {
        explicit_bzero(&key, sizeof(key));
        return true;
    }
    fprintf(stderr, "simgatectl: the key is not legal: %s\n",
            is_hex ? "8 to 128 bytes as pairs of hexadecimal digits are"
                   : "8 to 256 printable ASCII characters without a comma are");
    return false;
}

/* False after a complaint. */
static bool read_key(struct device_row *row, const struct ctl_arguments *a)
{
    bool is_hex = a->given[OPTION_HEX] != NULL, fine;
    char secret[SECRET_MAX + 1];

    if (a->given[OPTION_KEY] && a->given[OPTION_KEY_FILE]) {
        fprintf(stderr, "simgatectl: %s and %s are two keys\n", ctl_option_name(OPTION_KEY),
                ctl_option_name(OPTION_KEY_FILE));
        return false;
    }
    if (a->given[OPTION_KEY])
        return take_key(row, a->given[OPTION_KEY], is_hex);
    fine = read_secret(a, secret) && take_key(row, secret, is_hex);
    explicit_bzero(secret, sizeof(secret));
    return fine;
}

int ctl_psk_set(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET};
    int code = CTL_USAGE;

    if (ctl_read_iccid(&c.row, a->words[0]) && read_key(&c.row, a))
        code = ctl_change(a, &c);
    explicit_bzero(&c, sizeof(c));
    return code;
}

int ctl_psk_reset(const struct ctl_arguments *a)
{
    struct device_change c = {.mode = DEVICE_CHANGE_SET, .reset_psk = true};

    return ctl_read_iccid(&c.row, a->words[0]) ? ctl_change(a, &c) : CTL_USAGE;
}

void ctl_print_key(struct ctl_output *o, const char *name, const struct psk *key, bool reveal)
{
    uint8_t bytes[PSK_BYTES_MAX];
    size_t length = psk_bytes(key, bytes);
    char text[64];

    explicit_bzero(bytes, sizeof(bytes));
    snprintf(text, sizeof(text), "(%zu bytes, shown by %s)", length,
             ctl_option_name(OPTION_REVEAL));
    ctl_output_text(o, name, reveal ? key->text : ctl_output_is_json(o) ? NULL : text);
    if (!ctl_output_is_json(o))
        return;
    snprintf(text, sizeof(text), "%s_bytes", name);
    ctl_output_number(o, text, length);
}
