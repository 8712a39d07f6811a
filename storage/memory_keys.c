#include "storage/memory_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "ICCID called text|hex newest", or "ICCID proved text|hex key": a key may have spaces. */
#define LINE_MAX_LENGTH (DEVICE_ICCID_MAX + 32 + PSK_TEXT_MAX)
#define PROVED          "proved"

struct memory_key {
    char iccid[DEVICE_ICCID_MAX + 1];
    bool is_users;
    bool newest_is_hex;
    bool proved_is_hex;
    char *newest;
    char *proved; /* NULL: none */
    uint64_t called;
    uint32_t generated, kept; /* how many newest keys; the last of them that is on the disk */
};

int memory_keys_init(struct memory_keys *k, const char *path)
{
    *k = (struct memory_keys){.fd = -1, .mask = 1023};
    pthread_mutex_init(&k->lock, NULL);
    k->path = strdup(path);
    k->slots = calloc(k->mask + 1, sizeof(struct memory_key *));
    return k->path && k->slots ? hash_key_draw(&k->hash_key) : -ENOMEM;
}

void memory_keys_deinit(struct memory_keys *k)
{
    for (uint32_t i = 0; k->slots && i <= k->mask; i++) {
        struct memory_key *e = k->slots[i];

        if (e) {
            free(e->newest);
            free(e->proved);
        }
        free(e);
    }
    if (k->fd >= 0)
        close(k->fd);
    free(k->slots);
    free(k->path);
}

static struct memory_key **slot_of(const struct memory_keys *k, const char *iccid)
{
    uint64_t at = keyed_hash(&k->hash_key, iccid, strlen(iccid));

    while (k->slots[at & k->mask] && strcmp(k->slots[at & k->mask]->iccid, iccid) != 0)
        at++;
    return &k->slots[at & k->mask];
}

static int grow(struct memory_keys *k)
{
    struct memory_keys larger = *k;

    if (k->count < k->mask / 2)
        return 0;
    larger.mask = k->mask * 2 + 1;
    larger.slots = calloc((size_t)larger.mask + 1, sizeof(struct memory_key *));
    if (!larger.slots)
        return -ENOMEM;
    for (uint32_t i = 0; i <= k->mask; i++)
        if (k->slots[i])
            *slot_of(&larger, k->slots[i]->iccid) = k->slots[i];
    free(k->slots);
    k->slots = larger.slots;
    k->mask = larger.mask;
    return 0;
}

/* The device's entry, made where there is none; NULL when there is no memory. */
static struct memory_key *entry_of(struct memory_keys *k, const char *iccid)
{
    struct memory_key **slot;

    if (grow(k) < 0)
        return NULL;
    slot = slot_of(k, iccid);
    if (!*slot) {
        *slot = calloc(1, sizeof(**slot));
        if (!*slot)
            return NULL;
        snprintf((*slot)->iccid, sizeof((*slot)->iccid), "%s", iccid);
        k->count++;
    }
    return *slot;
}

static struct psk to_psk(const char *text, bool is_hex)
{
    struct psk key = {.is_hex = is_hex};

    snprintf(key.text, sizeof(key.text), "%s", text ? text : "");
    return key;
}

static struct psk_record to_record(const struct memory_key *e)
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

static int from_record(struct memory_key *e, const struct psk_record *r)
{
    e->is_users = r->is_users;
    e->called = r->called;
    if (set_text(&e->newest, &e->newest_is_hex, &r->newest) < 0)
        return -ENOMEM;
    return set_text(&e->proved, &e->proved_is_hex, &r->proved);
}

int memory_keys_set(struct memory_keys *k, const char *iccid, const struct psk *key)
{
    struct psk_record record = {.newest = *key, .is_users = true};
    struct memory_key *e = entry_of(k, iccid);

    return e ? from_record(e, &record) : -ENOMEM;
}

bool memory_keys_find(struct memory_keys *k, const char *iccid, struct psk_record *record)
{
    const struct memory_key *e;

    pthread_mutex_lock(&k->lock);
    e = *slot_of(k, iccid);
    if (e)
        *record = to_record(e);
    pthread_mutex_unlock(&k->lock);
    return e && *record->newest.text;
}

static int bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                     const struct psk *candidate, struct psk_record *record)
{
    struct memory_key *e = entry_of(k, iccid);
    struct psk before;
    int error;

    if (!e)
        return -ENOMEM;
    *record = to_record(e);
    before = record->newest;
    psk_record_bootstrap(record, wall_ms, candidate);
    error = from_record(e, record);
    if (error)
        return error;
    e->generated += !psk_equal(&before, &record->newest);
    return e->kept != e->generated;
}

int memory_keys_bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                          struct psk_record *record)
{
    struct psk candidate;
    int result = psk_generate(&candidate);

    if (result < 0)
        return result;
    pthread_mutex_lock(&k->lock);
    result = bootstrap(k, iccid, wall_ms, &candidate, record);
    pthread_mutex_unlock(&k->lock);
    return result;
}

int memory_keys_prove(struct memory_keys *k, const char *iccid, const struct psk *key)
{
    struct psk_record record;
    struct memory_key *e;
    int result = 0;

    pthread_mutex_lock(&k->lock);
    e = *slot_of(k, iccid);
    if (e) {
        record = to_record(e);
        result = psk_record_prove(&record, key);
    }
    if (result > 0 && from_record(e, &record) < 0)
        result = -ENOMEM;
    pthread_mutex_unlock(&k->lock);
    return result;
}

static const char *form(bool is_hex)
{
    return is_hex ? "hex" : "text";
}

/* The lines of a device. Users' keys are in the devices' file. Returns how many bytes. */
static size_t format(const struct memory_key *e, char *text, size_t room)
{
    int length = 0;

    if (!e->is_users)
        length = snprintf(text, room, "%s %" PRIu64 " %s %s\n", e->iccid, e->called,
                          form(e->newest_is_hex), e->newest);
    if (e->proved)
        length += snprintf(text + length, room - (size_t)length, "%s " PROVED " %s %s\n", e->iccid,
                           form(e->proved_is_hex), e->proved);
    return (size_t)length;
}

static int open_file(struct memory_keys *k, int create)
{
    if (k->fd < 0)
        k->fd = open(k->path, O_RDWR | O_APPEND | O_CLOEXEC | create, 0600);
    return k->fd < 0 ? -errno : 0;
}

/* Appends whole lines or nothing. */
static int append(int fd, const char *text, size_t length)
{
    ssize_t written = write(fd, text, length);

    if (written == (ssize_t)length)
        return 0;
    if (written > 0 && ftruncate(fd, lseek(fd, 0, SEEK_CUR) - written) < 0)
        return -errno;
    return written < 0 ? -errno : -ENOSPC;
}

int memory_keys_keep(struct memory_keys *k, const char *iccid, bool wait)
{
    char text[2 * LINE_MAX_LENGTH];
    struct memory_key *e;
    uint32_t written;
    int error;

    pthread_mutex_lock(&k->lock);
    e = *slot_of(k, iccid);
    written = e->generated;
    error = open_file(k, O_CREAT);
    if (!error)
        error = append(k->fd, text, format(e, text, sizeof(text)));
    pthread_mutex_unlock(&k->lock);
    explicit_bzero(text, sizeof(text));
    if (!error && wait && fdatasync(k->fd) < 0)
        error = -errno;
    if (error || !wait)
        return error;
    pthread_mutex_lock(&k->lock);
    e->kept = written;
    pthread_mutex_unlock(&k->lock);
    return 0;
}

/* Takes what a line says. False when it is none of ours. */
static bool take_line(struct memory_keys *k, char *line)
{
    char *rest = line, *iccid = strsep(&rest, " "), *what = strsep(&rest, " ");
    char *format_name = strsep(&rest, " ");
    struct psk_record record = {0};
    struct memory_key *e;
    struct psk key;

    if (!rest || strlen(rest) > PSK_TEXT_MAX || strlen(iccid) > DEVICE_ICCID_MAX ||
        strspn(iccid, "0123456789") != strlen(iccid))
        return false;
    key = to_psk(rest, strcmp(format_name, form(true)) == 0);
    e = entry_of(k, iccid);
    if (!e || !psk_is_legal(&key))
        return false;
    if (e->is_users) /* what was kept of earlier keys is over */
        return true;
    record = to_record(e);
    if (strcmp(what, PROVED) == 0)
        record.proved = key;
    else
        record.newest = key, record.called = strtoull(what, NULL, 10);
    return from_record(e, &record) == 0;
}

/* Reads whole lines, and tells where they end. */
static int take_lines(struct memory_keys *k, FILE *file, uint32_t *line, off_t *end)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    int result = 0;

    *line = 0;
    *end = 0;
    while (result == 0 && (length = getline(&text, &room, file)) > 0 && text[length - 1] == '\n') {
        ++*line;
        *end += length;
        text[length - 1] = 0;
        if (!take_line(k, text))
            result = -EINVAL;
    }
    if (result == 0 && !feof(file))
        result = -errno;
    if (text)
        explicit_bzero(text, room);
    free(text);
    return result;
}

int memory_keys_load(struct memory_keys *k, uint32_t *line)
{
    FILE *file = fopen(k->path, "re");
    int result, unwritable;
    bool whole;
    off_t end;

    if (!file)
        return errno == ENOENT ? 0 : -errno;
    result = take_lines(k, file, line, &end);
    whole = ftello(file) == end;
    fclose(file);
    unwritable = open_file(k, 0); /* matters when there is something to write */
    if (result < 0 || whole)
        return result;
    if (unwritable)
        return unwritable;
    return ftruncate(k->fd, end) < 0 ? -errno : 0;
}
