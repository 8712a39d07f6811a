#include "storage/iccid_index.h"

#include "storage/device_range.h"
#include "storage/memory_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* 22 digits do not fit 64 bits. */
typedef unsigned __int128 iccid_number;

struct iccid_range {
    iccid_number first;
    const struct memory_row *row;
};

/* The digits with a 1 before them, so that the count of digits and leading zeros make a difference.
 */
static iccid_number number_of(const char *iccid)
{
    iccid_number number = 1;

    for (; *iccid; iccid++)
        number = number * 10 + (unsigned)(*iccid - '0');
    return number;
}

static iccid_number last_of(const struct iccid_range *range)
{
    return range->first + device_range_last(&range->row->prefix);
}

static int compare_first(const void *left, const void *right)
{
    const struct iccid_range *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

static void add_overlap(const struct memory_row *a, const struct memory_row *b,
                        struct problems *problems)
{
    const struct memory_row *later = a->line > b->line ? a : b, *earlier = later == a ? b : a;
    uint64_t last = device_range_last(&earlier->prefix);

    if (last)
        problems_add(problems, later->line, "iccid",
                     "line %" PRIu32 " has %s to %s: no device may have another's", earlier->line,
                     earlier->iccid, memory_row_device(earlier, last).iccid);
    else
        problems_add(problems, later->line, "iccid",
                     "line %" PRIu32 " has %s: no device may have another's", earlier->line,
                     earlier->iccid);
}

/* Sorted by their first numbers, a range overlaps an earlier one if it overlaps the one of those
 * that reaches furthest. */
static void sweep(const struct iccid_range *ranges, uint32_t count, struct problems *problems)
{
    const struct iccid_range *furthest = ranges;

    for (uint32_t i = 1; i < count; i++) {
        if (ranges[i].first <= last_of(furthest))
            add_overlap(ranges[i].row, furthest->row, problems);
        if (last_of(&ranges[i]) > last_of(furthest))
            furthest = &ranges[i];
    }
}

static struct iccid_range *sort(const struct memory_row *rows, uint32_t count)
{
    struct iccid_range *ranges = malloc(((size_t)count + 1) * sizeof(*ranges));

    if (!ranges)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        ranges[i] = (struct iccid_range){number_of(rows[i].iccid), &rows[i]};
    qsort(ranges, count, sizeof(*ranges), compare_first);
    return ranges;
}

int iccid_index_make(struct iccid_index *index, const struct memory_row *rows, uint32_t count,
                     struct problems *problems)
{
    struct iccid_range *ranges = sort(rows, count);
    int error = -ENOMEM;

    *index = (struct iccid_index){.rows = rows, .count = count};
    index->order = malloc(((size_t)count + 1) * sizeof(*index->order));
    if (ranges && index->order) {
        for (uint32_t i = 0; i < count; i++)
            index->order[i] = (uint32_t)(ranges[i].row - rows);
        sweep(ranges, count, problems);
        error = 0;
    }
    free(ranges);
    return error;
}

void iccid_index_free(struct iccid_index *index)
{
    free(index->order);
    *index = (struct iccid_index){0};
}

const struct memory_row *iccid_index_find(const struct iccid_index *index, const char *iccid,
                                          uint64_t *offset)
{
    iccid_number wanted = number_of(iccid), first;
    uint32_t low = 0, high = index->count; /* the rows below `low` begin at or before it */
    const struct memory_row *row;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (number_of(index->rows[index->order[middle]].iccid) <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    row = &index->rows[index->order[low - 1]];
    first = number_of(row->iccid);
    if (wanted - first > device_range_last(&row->prefix))
        return NULL;
    *offset = (uint64_t)(wanted - first);
    return row;
}
