#include "storage/memory_table.h"

#include "storage/device_csv.h"
#include "storage/device_range.h"
#include "storage/memory_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct memory_row) == 64, "a row is a cache line's worth");
_Static_assert(sizeof(struct net_prefix) == 17, "prefixes are compared and hashed as bytes");

#define ROWS_MAX (UINT32_C(1) << 30)

/* The slot that has the prefix, or the free one where it would go. */
static uint32_t *find_slot(const struct memory_table *t, const struct net_prefix *prefix)
{
    uint32_t i = (uint32_t)keyed_hash(&t->key, prefix, sizeof(*prefix)) & t->mask;

    while (t->slots[i] && memcmp(&t->rows[t->slots[i] - 1].prefix, prefix, sizeof(*prefix)) != 0)
        i = (i + 1) & t->mask;
    return &t->slots[i];
}

const struct memory_row *memory_table_find(const struct memory_table *t, const uint8_t ip[16])
{
    const struct memory_lengths *lengths = &t->lengths[net_ip_is_v4(ip)];
    struct net_prefix prefix;
    uint32_t slot;

    memcpy(prefix.ip, ip, sizeof(prefix.ip));
    for (unsigned i = 0; i < lengths->count; i++) {
        prefix.bits = lengths->bits[i];
        net_ip_mask(prefix.ip, prefix.bits); /* each length is shorter than the last */
        slot = *find_slot(t, &prefix);
        if (slot)
            return &t->rows[slot - 1];
    }
    return NULL;
}

struct device memory_row_device(const struct memory_row *row, uint64_t offset)
{
    struct device device = {.active = row->active,
                            .location_allowed = row->location_allowed,
                            .template = row->template};

    memcpy(device.iccid, row->iccid, sizeof(device.iccid));
    memcpy(device.imsi, row->imsi, sizeof(device.imsi));
    device_range_add(device.iccid, offset);
    if (*device.imsi)
        device_range_add(device.imsi, offset);
    return device;
}

bool memory_table_location(const struct memory_table *t, const struct memory_row *row,
                           struct location *location)
{
    return memory_places_find(&t->places, (uint32_t)(row - t->rows), location);
}

struct loading {
    struct memory_table *table;
    struct memory_keys *keys;     /* or NULL */
    struct template_names *names; /* or NULL */
    struct problems problems;
};

static int grow(struct memory_table *t)
{
    uint32_t capacity = t->capacity ? t->capacity * 2 : 1024;
    struct memory_row *rows;

    if (t->count < t->capacity)
        return 0;
    if (capacity > ROWS_MAX)
        return -EFBIG;
    rows = realloc(t->rows, capacity * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    t->rows = rows;
    t->capacity = capacity;
    return 0;
}

/* The numbers of a row's last device must have as many digits as those of its first. */
static void check_digits(const struct device_row *row, const char *column, const char *digits,
                         struct problems *problems)
{
    char number[DEVICE_ICCID_MAX + 1];
    uint64_t last = device_range_last(&row->address);

    memcpy(number, digits, strlen(digits) + 1);
    if (!device_range_add(number, last))
        problems_add(problems, row->line, column,
                     "%s plus %" PRIu64 ", the prefix's last offset, is not legal: "
                     "the sum must not have more digits",
                     digits, last);
}

static int take_key(struct loading *loading, const struct device_row *row)
{
    struct psk key = {.is_hex = row->psk_is_hex};

    if (device_range_last(&row->address) > 0)
        problems_add(&loading->problems, row->line, "psk",
                     "a prefix is many devices, and each has a key of its own: not legal here");
    if (!loading->keys)
        return 0;
    memcpy(key.text, row->psk, sizeof(key.text));
    return memory_keys_set(loading->keys, row->iccid, &key);
}

static uint16_t number_template(struct loading *loading, const struct device_row *row)
{
    uint16_t number = STORE_TEMPLATE_ACTIVE;

    if (loading->names &&
        !template_names_number(loading->names, row->template, strlen(row->template), &number))
        problems_add(&loading->problems, row->line, "template",
                     "there are more than %d names of templates", TEMPLATE_NAMES_MAX);
    return number;
}

/* What a row has besides the row. */
static int take_rest(struct loading *loading, const struct device_row *row, uint32_t index)
{
    int error = 0;

    if (*row->location.longitude)
        error = memory_places_add(&loading->table->places, index, &row->location);
    return !error && *row->psk ? take_key(loading, row) : error;
}

static int take_row(void *context, const struct device_row *row)
{
    struct loading *loading = context;
    struct memory_table *t = loading->table;
    struct memory_row *kept;
    int result = grow(t);

    if (result < 0)
        return result;
    check_digits(row, "iccid", row->iccid, &loading->problems);
    if (*row->imsi)
        check_digits(row, "imsi", row->imsi, &loading->problems);
    kept = &t->rows[t->count++];
    *kept = (struct memory_row){.prefix = row->address,
                                .active = row->active,
                                .location_allowed = row->location_allowed,
                                .template = number_template(loading, row),
                                .line = row->line};
    memcpy(kept->iccid, row->iccid, sizeof(kept->iccid));
    memcpy(kept->imsi, row->imsi, sizeof(kept->imsi));
    return take_rest(loading, row, t->count - 1);
}

/* At most half of the slots are used, so a probe soon comes to a free one. */
static int make_slots(struct memory_table *t)
{
    uint32_t count = 16;

    while (count / 2 < t->count)
        count *= 2;
    t->slots = calloc(count, sizeof(*t->slots));
    t->mask = count - 1;
    return t->slots ? hash_key_draw(&t->key) : -ENOMEM;
}

static void fill_slots(struct memory_table *t, struct problems *problems)
{
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t *slot = find_slot(t, &t->rows[i].prefix);

        if (*slot)
            problems_add(problems, t->rows[i].line, "address",
                         "line %" PRIu32 " has the same: each is legal once",
                         t->rows[*slot - 1].line);
        else
            *slot = i + 1;
    }
}

static void note_lengths(struct memory_table *t)
{
    bool seen[2][129] = {{false}};

    for (uint32_t i = 0; i < t->count; i++)
        seen[net_ip_is_v4(t->rows[i].prefix.ip)][t->rows[i].prefix.bits] = true;
    for (unsigned family = 0; family < 2; family++)
        for (unsigned bits = 129; bits-- > 0;)
            if (seen[family][bits])
                t->lengths[family].bits[t->lengths[family].count++] = (uint8_t)bits;
}

static int load(struct loading *loading, const char *path)
{
    struct memory_table *t = loading->table;
    int result = device_csv_read(path, take_row, loading, &loading->problems);

    if (result < 0)
        return result;
    result = make_slots(t);
    if (result < 0)
        return result;
    fill_slots(t, &loading->problems);
    note_lengths(t);
    result = iccid_index_make(&t->by_iccid, t->rows, t->count, &loading->problems);
    if (result < 0)
        return result;
    return loading->problems.count ? -EINVAL : 0;
}

int memory_table_load(struct memory_table *t, const char *path, struct memory_keys *keys,
                      struct template_names *names, char **error)
{
    struct loading loading = {.table = t, .keys = keys, .names = names};
    int result = problems_init(&loading.problems, path);

    *t = (struct memory_table){0};
    *error = NULL;
    if (result == 0)
        result = load(&loading, path);
    if (result == -EINVAL)
        *error = problems_take(&loading.problems);
    else if (result < 0 && asprintf(error, "%s: %s", path, strerror(-result)) < 0)
        *error = NULL;
    problems_deinit(&loading.problems);
    return result;
}

void memory_table_deinit(struct memory_table *t)
{
    free(t->rows);
    free(t->slots);
    iccid_index_free(&t->by_iccid);
    memory_places_deinit(&t->places);
    *t = (struct memory_table){0};
}
