#include "storage/memory_key.h"

#include "base/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVED "proved"
#define RESET  "reset"

struct memory_key *memory_key_new(const char *iccid)
{
    struct memory_key *e = calloc(1, sizeof(*e));

    if (e)
        snprintf(e->entry.iccid, sizeof(e->entry.iccid), "%s", iccid);
    return e;
}

void memory_key_free(struct memory_key *e)
{
    free(e->newest);
    free(e->proved);
    free(e);
}

static struct psk to_psk(const char *text, bool is_hex)
{
    struct psk key = {.is_hex = is_hex};

    if (text) /* it was a key's text before, or is known not to be longer */
        memcpy(key.text, text, strlen(text) + 1);
    return key;
}

struct psk_record memory_key_record(const struct memory_key *e)
{
    return (struct psk_record){.newest = to_psk(e->newest, e->newest_is_hex),
                               .proved = to_psk(e->proved, e->proved_is_hex),
                               .is_users = e->is_users,
                               .called = e->called};
}

/* Replaces a text of an entry. */
static int set_text(char **text, bool *is_hex, const struct psk *key)
{
    char *copy = *key->text ? strdup(key->text) : NULL;

    if (*key->text && !copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    *is_hex = key->is_hex;
    return 0;
}

int memory_key_set(struct memory_key *e, const struct psk_record *r)
{
    e->is_users = r->is_users;
    e->called = r->called;
    if (set_text(&e->newest, &e->newest_is_hex, &r->newest) < 0)
        return -ENOMEM;
    return set_text(&e->proved, &e->proved_is_hex, &r->proved);
}

static const char *form(bool is_hex)
{
    return is_hex ? "hex" : "text";
}

static bool is_number(const char *text)
{
    return *text && strlen(text) < 20 && strspn(text, "0123456789") == strlen(text);
}

static bool take_reset(struct memory_key *e, const char *time)
{
    const struct psk_record none = {0};

    if (!time || !is_number(time))
        return false;
    e->reset = strtoull(time, NULL, 10);
    return e->is_users || memory_key_set(e, &none) == 0;
}

/* Takes "/RESET" off the end of a word. Whether its writer knew of the device's last reset. */
static bool knew_of_reset(const struct memory_key *e, char *what)
{
    char *slash = strchr(what, '/');

    if (!slash)
        return e->reset == 0;
    *slash = 0;
    return is_number(slash + 1) && strtoull(slash + 1, NULL, 10) == e->reset;
}

static bool take_key(struct memory_key *e, char *what, const struct psk *key)
{
    struct psk_record record = memory_key_record(e);
    bool counts = knew_of_reset(e, what) && !e->is_users; /* a user's key ends earlier ones */

    if (strcmp(what, PROVED) == 0)
        record.proved = *key;
    else if (is_number(what))
        record.newest = *key, record.called = strtoull(what, NULL, 10);
    else
        return false;
    return !counts || memory_key_set(e, &record) == 0;
}

bool memory_key_take(struct memory_key *e, char *what, char *rest)
{
    const char *format;
    struct psk key;

    if (strcmp(what, RESET) == 0)
        return take_reset(e, rest);
    format = rest ? strsep(&rest, " ") : NULL;
    if (!rest || strlen(rest) > PSK_TEXT_MAX)
        return false;
    key = to_psk(rest, strcmp(format, form(true)) == 0);
    return psk_is_legal(&key) && take_key(e, what, &key);
}

static void write_key(struct writer *w, const struct memory_key *e, const char *what,
                      const char *key, bool is_hex)
{
    writer_format(w, "%s %s", e->entry.iccid, what);
    if (e->reset)
        writer_format(w, "/%" PRIu64, e->reset);
    writer_format(w, " %s %s\n", form(is_hex), key);
}

size_t memory_key_format(const struct memory_key *e, bool with_reset, char *text, size_t room)
{
    struct writer w = writer_over(text, room);
    char called[24];

    if (with_reset && e->reset)
        writer_format(&w, "%s " RESET " %" PRIu64 "\n", e->entry.iccid, e->reset);
    snprintf(called, sizeof(called), "%" PRIu64, e->called);
    if (!e->is_users && e->newest)
        write_key(&w, e, called, e->newest, e->newest_is_hex);
    if (e->proved)
        write_key(&w, e, PROVED, e->proved, e->proved_is_hex);
    return writer_length(&w);
}
