#include "storage/ctl/import_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. False when there is no memory. */
static bool grow(void *list, size_t *capacity, size_t count, size_t size)
{
    void **items = list;
    size_t wanted = *capacity ? *capacity * 2 : 1024;
    void *larger;

    if (count < *capacity)
        return true;
    larger = realloc(*items, wanted * size);
    if (!larger)
        return false;
    *items = larger;
    *capacity = wanted;
    return true;
}

static bool add_address(struct import_check *c, const uint8_t ip[16], uint8_t bits, uint32_t line)
{
    struct import_address *a;

    if (!grow(&c->addresses, &c->address_capacity, c->address_count, sizeof(*c->addresses)))
        return false;
    a = &c->addresses[c->address_count++];
    memcpy(a->first, ip, 16);
    a->bits = bits;
    a->line = line;
    return true;
}

int import_check_add(struct import_check *c, const struct device_row *row, bool with_iccids)
{
    if (row->address_count > 0 && !add_address(c, row->address.ip, row->address.bits, row->line))
        return -ENOMEM;
    for (unsigned i = 0; i + 1 < row->address_count; i++)
        if (!add_address(c, row->further[i], 128, row->line))
            return -ENOMEM;
    if (!with_iccids)
        return 0;
    if (!grow(&c->rows, &c->row_capacity, c->row_count, sizeof(*c->rows)))
        return -ENOMEM;
    c->rows[c->row_count] = (struct memory_row){.prefix = row->address, .line = row->line};
    if (row->address_count == 0)
        c->rows[c->row_count].prefix.bits = 128;
    memcpy(c->rows[c->row_count++].iccid, row->iccid, sizeof(row->iccid));
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct import_address *a = left, *b = right;
    int order = memcmp(a->first, b->first, 16);

    if (order == 0)
        order = (int)a->bits - (int)b->bits;
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

void import_check_sort(struct import_check *c)
{
    if (c->address_count)
        qsort(c->addresses, c->address_count, sizeof(*c->addresses), compare);
}

int import_check_twice(const struct import_check *c, struct problems *problems)
{
    struct iccid_index index;
    int result;

    for (size_t i = 1; i < c->address_count; i++) {
        const struct import_address *a = &c->addresses[i - 1], *b = &c->addresses[i];

        if (a->bits == b->bits && memcmp(a->first, b->first, 16) == 0)
            problems_add(problems, b->line, "address",
                         "line %" PRIu32 " has the same: each is legal once", a->line);
    }
    if (c->row_count == 0)
        return 0;
    result = iccid_index_make(&index, c->rows, (uint32_t)c->row_count, problems);
    iccid_index_free(&index);
    return result;
}

void import_check_free(struct import_check *c)
{
    free(c->addresses);
    free(c->rows);
    *c = (struct import_check){0};
}

void import_holes_begin(struct import_holes *h, const struct import_check *c,
                        const struct net_prefix *prefix)
{
    size_t low = 0, high = c->address_count;

    *h = (struct import_holes){.check = c, .prefix = *prefix};
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(c->addresses[middle].first, prefix->ip, 16) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    h->next = low;
}

/* Where the hole is that begins here, unless it is within one that reaches further. */
static void enter(struct import_holes *h, const struct import_address *a)
{
    uint8_t last[16];

    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = a->bits > 8 * i ? a->bits - 8 * i : 0; /* bits of this byte */

        last[i] = (uint8_t)(a->first[i] | (kept < 8 ? 0xff >> kept : 0));
    }
    if (!h->is_in_hole || memcmp(last, h->last, 16) > 0)
        memcpy(h->last, last, 16);
    h->is_in_hole = true;
}

bool import_holes_have(struct import_holes *h, const uint8_t ip[16])
{
    const struct import_check *c = h->check;

    for (; h->next < c->address_count; h->next++) {
        const struct import_address *a = &c->addresses[h->next];

        if (memcmp(a->first, ip, 16) > 0)
            break;
        if (a->bits > h->prefix.bits)
            enter(h, a);
    }
    return h->is_in_hole && memcmp(ip, h->last, 16) <= 0;
}
