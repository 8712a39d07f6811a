#include "loadtest/ledger.h"

#include "base/pages.h"
#include "loadtest/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t bytes_of(const struct ledger *l)
{
    return (size_t)(l->messages / 64 + 1) * sizeof(uint64_t);
}

int ledger_init(struct ledger *l, uint32_t run, uint32_t devices, uint64_t messages)
{
    *l = (struct ledger){.run = run, .devices = devices, .messages = messages};
    l->acknowledged = pages_map(bytes_of(l));
    l->delivered = pages_map(bytes_of(l));
    return l->acknowledged && l->delivered ? 0 : -ENOMEM;
}

void ledger_deinit(struct ledger *l)
{
    pages_unmap(l->acknowledged, bytes_of(l));
    pages_unmap(l->delivered, bytes_of(l));
    l->acknowledged = l->delivered = NULL;
}

static uint64_t bit_of(const struct ledger *l, uint32_t device, uint32_t sequence)
{
    return (uint64_t)sequence * l->devices + device;
}

static bool is_set(const uint64_t *bits, uint64_t bit)
{
    return counter_read(&bits[bit / 64]) >> bit % 64 & 1;
}

/* Words have one writer each way, as counters have. */
static void set(uint64_t *bits, uint64_t bit)
{
    uint64_t *word = &bits[bit / 64];

    counter_set(word, counter_read(word) | UINT64_C(1) << bit % 64);
}

static void format_name(const struct ledger *l, uint64_t bit, char text[RESULTS_NAME])
{
    struct message_name name = {.run = l->run,
                                .device = (uint32_t)(bit % l->devices),
                                .sequence = (uint32_t)(bit / l->devices)};

    names_write((uint8_t *)text, &name);
    text[NAMES_LENGTH] = 0;
}

void ledger_acknowledge(struct ledger *l, uint32_t device, uint32_t sequence)
{
    uint64_t bit = bit_of(l, device, sequence);

    if (bit >= l->messages) {
        l->beyond++;
        return;
    }
    set(l->acknowledged, bit);
    if (bit >= l->last)
        l->last = bit + 1;
}

void ledger_deliver(struct ledger *l, uint32_t device, uint32_t sequence)
{
    uint64_t bit = bit_of(l, device, sequence);

    if (device >= l->devices || bit >= l->messages) {
        l->unknown++;
        return;
    }
    if (is_set(l->delivered, bit)) {
        l->duplicated++;
        if (l->duplicated_names < RESULTS_NAMES)
            format_name(l, bit, l->duplicated_name[l->duplicated_names++]);
        return;
    }
    set(l->delivered, bit);
    counter_add(&l->fresh, 1);
}

static uint64_t missing_in(const struct ledger *l, uint64_t word)
{
    return counter_read(&l->acknowledged[word]) & ~counter_read(&l->delivered[word]);
}

bool ledger_is_missing(struct ledger *l)
{
    while (l->settled * 64 < l->last) {
        if (missing_in(l, l->settled))
            return true;
        l->settled++;
    }
    return false;
}

static void name_missing(const struct ledger *l, uint64_t word, struct results_verification *v)
{
    for (uint64_t left = missing_in(l, word); left; left &= left - 1) {
        uint64_t bit = word * 64 + (uint64_t)__builtin_ctzll(left);

        if (v->lost_names < RESULTS_NAMES)
            format_name(l, bit, v->lost_name[v->lost_names++]);
    }
}

/* What was delivered and not acknowledged may have been sent, or be made up. */
static void count_others(const struct ledger *l, uint64_t word, struct results_verification *v,
                         uint32_t (*sent)(const void *owner, uint32_t device), const void *owner)
{
    uint64_t left = counter_read(&l->delivered[word]) & ~counter_read(&l->acknowledged[word]);

    for (; left; left &= left - 1) {
        uint64_t bit = word * 64 + (uint64_t)__builtin_ctzll(left);

        if (bit / l->devices < sent(owner, (uint32_t)(bit % l->devices)))
            v->unacknowledged++;
        else
            v->unknown++;
    }
}

void ledger_settle(struct ledger *l, struct results_verification *v,
                   uint32_t (*sent)(const void *owner, uint32_t device), const void *owner)
{
    uint64_t end = l->messages;
    uint32_t rows = 0;

    for (uint32_t device = 0; device < l->devices; device++)
        if (sent(owner, device) > rows)
            rows = sent(owner, device);
    /* one row more: a name that is made up is most likely the next */
    if (((uint64_t)rows + 1) * l->devices < end)
        end = ((uint64_t)rows + 1) * l->devices;
    for (uint64_t word = 0; word * 64 < end; word++) {
        uint64_t acknowledged = counter_read(&l->acknowledged[word]);

        v->acknowledged += (uint64_t)__builtin_popcountll(acknowledged);
        v->lost += (uint64_t)__builtin_popcountll(missing_in(l, word));
        name_missing(l, word, v);
        count_others(l, word, v, sent, owner);
    }
    v->delivered = v->acknowledged - v->lost;
    v->duplicated = l->duplicated;
    v->foreign = l->foreign;
    v->unknown += l->unknown;
    v->duplicated_names = l->duplicated_names;
    memcpy(v->duplicated_name, l->duplicated_name, sizeof(v->duplicated_name));
}
