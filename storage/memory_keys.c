#include "storage/memory_keys.h"

#include "storage/memory_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int memory_keys_init(struct memory_keys *k)
{
    *k = (struct memory_keys){0};
    pthread_mutex_init(&k->lock, NULL);
    list_init(&k->unkept);
    return iccid_map_init(&k->map);
}

static void release(struct iccid_entry *entry)
{
    memory_key_free((struct memory_key *)entry);
}

void memory_keys_deinit(struct memory_keys *k)
{
    iccid_map_deinit(&k->map, release);
}

static struct memory_key *find(const struct memory_keys *k, const char *iccid)
{
    return (struct memory_key *)iccid_map_find(&k->map, iccid);
}

/* The device's entry, made where there is none; NULL when there is no memory. */
static struct memory_key *entry_of(struct memory_keys *k, const char *iccid)
{
    struct memory_key *e = find(k, iccid);

    if (e)
        return e;
    e = memory_key_new(iccid);
    if (!e || iccid_map_add(&k->map, &e->entry) == 0)
        return e;
    memory_key_free(e);
    return NULL;
}

int memory_keys_set(struct memory_keys *k, const char *iccid, const struct psk *key)
{
    struct psk_record record = {.newest = *key, .is_users = true};
    struct memory_key *e = entry_of(k, iccid);

    return e ? memory_key_set(e, &record) : -ENOMEM;
}

bool memory_keys_take(struct memory_keys *k, const char *iccid, char *what, char *rest)
{
    struct memory_key *e = entry_of(k, iccid);

    return e && memory_key_take(e, what, rest);
}

size_t memory_keys_format_reset(const char *iccid, uint64_t wall_ms, char text[MEMORY_KEYS_LINES])
{
    struct memory_key e = {.is_users = true, .reset = wall_ms};

    memcpy(e.entry.iccid, iccid, strlen(iccid) + 1);
    return memory_key_format(&e, true, text, MEMORY_KEYS_LINES);
}

int memory_keys_each(struct memory_keys *k,
                     int (*take)(void *context, const char *text, size_t length), void *context)
{
    char text[MEMORY_KEYS_LINES];
    int result = 0;

    for (uint32_t i = 0; result >= 0 && i <= k->map.mask; i++) {
        const struct memory_key *e = (const struct memory_key *)k->map.slots[i];
        size_t length = e ? memory_key_format(e, true, text, sizeof(text)) : 0;

        if (length)
            result = take(context, text, length);
    }
    explicit_bzero(text, sizeof(text));
    return result < 0 ? result : 0;
}

bool memory_keys_find(struct memory_keys *k, const char *iccid, struct psk_record *record)
{
    const struct memory_key *e;

    pthread_mutex_lock(&k->lock);
    e = find(k, iccid);
    if (e)
        *record = memory_key_record(e);
    pthread_mutex_unlock(&k->lock);
    return e && *record->newest.text;
}

static void set_unkept(struct memory_keys *k, struct memory_key *e)
{
    if (!list_has(&e->unkept))
        list_append(&k->unkept, &e->unkept);
}

static int bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                     const struct psk *candidate, struct psk_record *record)
{
    struct memory_key *e = entry_of(k, iccid);
    struct psk before;
    int error;

    if (!e)
        return -ENOMEM;
    *record = memory_key_record(e);
    before = record->newest;
    psk_record_bootstrap(record, wall_ms, candidate);
    error = memory_key_set(e, record);
    if (error)
        return error;
    if (!psk_equal(&before, &record->newest)) {
        e->generated++;
        set_unkept(k, e);
    }
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
    e = find(k, iccid);
    if (e) {
        record = memory_key_record(e);
        result = psk_record_prove(&record, key);
    }
    if (result > 0 && memory_key_set(e, &record) < 0)
        result = -ENOMEM;
    if (result > 0) {
        e->proofs++;
        set_unkept(k, e);
    }
    pthread_mutex_unlock(&k->lock);
    return result;
}

/*
 * What was written of an entry is kept, unless there is something newer. False: a reset was read
 * meanwhile, which is over what was written, while the entry has it still.
 */
static bool set_kept(struct memory_keys *k, const char *iccid, const struct memory_key *written,
                     bool waited)
{
    struct memory_key *e;
    bool counts;

    pthread_mutex_lock(&k->lock);
    e = find(k, iccid);
    counts = !e || e->reset == written->reset;
    if (e && counts && waited)
        e->kept = written->generated;
    if (e && counts && e->kept == e->generated && e->proofs == written->proofs)
        list_remove(&e->unkept);
    pthread_mutex_unlock(&k->lock);
    return counts;
}

/* Appends the entry's lines, and tells what they say. */
static int write_entry(struct memory_keys *k, struct memory_state *state, const char *iccid,
                       struct memory_key *written, size_t *length)
{
    char text[MEMORY_KEYS_LINES];
    const struct memory_key *e;
    int error = 0;

    *written = (struct memory_key){.generated = 0};
    *length = 0;
    memory_state_lock(state);
    pthread_mutex_lock(&k->lock);
    e = find(k, iccid);
    if (e) {
        *written = *e;
        *length = memory_key_format(e, false, text, sizeof(text));
    }
    pthread_mutex_unlock(&k->lock);
    if (*length)
        error = memory_state_append(state, text, *length);
    memory_state_unlock(state);
    explicit_bzero(text, sizeof(text));
    return error;
}

int memory_keys_keep(struct memory_keys *k, struct memory_state *state, const char *iccid,
                     bool wait)
{
    struct memory_key written;
    size_t length;
    int error;

    do {
        error = write_entry(k, state, iccid, &written, &length);
        if (!error && length && wait)
            error = memory_state_sync(state);
    } while (!error && !set_kept(k, iccid, &written, wait));
    return error;
}

/* Copies what is not kept yet to the later keys. */
static int carry(struct memory_keys *next, const struct memory_key *from)
{
    struct memory_key *to = entry_of(next, from->entry.iccid);
    struct psk_record record = memory_key_record(from);
    bool was_reset = to && to->reset != from->reset;

    if (!to)
        return -ENOMEM;
    if (to->is_users || (was_reset && from->kept == from->generated))
        return 0; /* that came to an end meanwhile */
    if (was_reset)
        record.proved = (struct psk){0};
    if (memory_key_set(to, &record) < 0)
        return -ENOMEM;
    to->generated = from->generated;
    to->kept = from->kept;
    to->proofs = from->proofs;
    set_unkept(next, to);
    return 0;
}

int memory_keys_replace(struct memory_keys *k, struct memory_keys *next)
{
    struct iccid_map map;
    struct list_node *node;
    int error = 0;

    pthread_mutex_lock(&k->lock);
    for (node = k->unkept.head.next; !error && node != &k->unkept.head; node = node->next)
        error = carry(next, container_of(node, struct memory_key, unkept));
    if (!error) {
        map = k->map;
        k->map = next->map;
        next->map = map;
        list_init(&k->unkept); /* the old entries are only freed */
        while ((node = list_first(&next->unkept))) {
            list_remove(node);
            list_append(&k->unkept, node);
        }
    }
    pthread_mutex_unlock(&k->lock);
    return error;
}

static bool is_good(const struct psk *key, const struct psk_record *r)
{
    return psk_equal(key, &r->newest) || psk_equal(key, &r->proved);
}

/* Whether a user's doing ended a key that was good. `now` is the entry in the later keys, or NULL.
 */
static bool is_rekeyed(const struct memory_key *e, const struct memory_key *now)
{
    const struct psk_record before = memory_key_record(e);
    const struct psk_record after = now ? memory_key_record(now) : (struct psk_record){0};

    if (!e->is_users && (!now || (!now->is_users && now->reset == e->reset)))
        return false; /* a rotation ends nothing */
    return (*before.newest.text && !is_good(&before.newest, &after)) ||
           (*before.proved.text && !is_good(&before.proved, &after));
}

int memory_keys_compare(const struct memory_keys *before, struct memory_keys *k,
                        int (*changed)(void *context, const char *iccid), void *context)
{
    int result = 0;

    for (uint32_t i = 0; result >= 0 && i <= before->map.mask; i++) {
        const struct memory_key *e = (const struct memory_key *)before->map.slots[i];
        bool rekeyed = false;

        if (e) {
            pthread_mutex_lock(&k->lock);
            rekeyed = is_rekeyed(e, find(k, e->entry.iccid));
            pthread_mutex_unlock(&k->lock);
        }
        if (rekeyed)
            result = changed(context, e->entry.iccid);
    }
    return result < 0 ? result : 0;
}
