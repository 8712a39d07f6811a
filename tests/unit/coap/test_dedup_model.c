#include "tests/unit/coap/dedup_table.h"

/* What the table should know, in the simplest form: one row for each key. */
#define MODEL_DEVICES 6
#define MODEL_IDS     12

struct model_row {
    enum { MODEL_NONE, MODEL_IN_PROGRESS, MODEL_SETTLED } state;
    uint64_t until;
    uint32_t entry;
    uint8_t code;
};

struct model {
    struct table t;
    struct model_row rows[MODEL_DEVICES][MODEL_IDS];
    uint64_t now;
};

static void model_check(struct model *m, uint32_t device, uint16_t id)
{
    struct coap_endpoint e = endpoint(device, 1);
    struct model_row *row = &m->rows[device][id];
    uint32_t found = find(&m->t, m->now, &e, id);

    if (row->state == MODEL_SETTLED && m->now >= row->until + CLOCK_SECOND)
        row->state = MODEL_NONE;
    if (row->state == MODEL_SETTLED && m->now >= row->until) { /* in its last second: either */
        row->state = found == DEDUP_NONE ? MODEL_NONE : MODEL_SETTLED;
        return;
    }
    cr_assert_eq(found != DEDUP_NONE, row->state != MODEL_NONE, "device %u, id %u", device, id);
    if (found == DEDUP_NONE)
        return;
    cr_assert_eq(dedup_entry(&m->t.d, found)->state == DEDUP_SETTLED, row->state == MODEL_SETTLED);
    if (row->state == MODEL_SETTLED)
        cr_assert_eq(dedup_entry(&m->t.d, found)->code, row->code);
}

static void model_step(struct model *m, uint32_t device, uint16_t id, uint32_t action)
{
    struct coap_endpoint e = endpoint(device, 1);
    struct model_row *row = &m->rows[device][id];
    uint32_t lifetime = action & 1 ? COAP_EXCHANGE_LIFETIME : COAP_NON_LIFETIME;

    model_check(m, device, id);
    if (row->state == MODEL_NONE && find(&m->t, m->now, &e, id) == DEDUP_NONE) {
        row->entry = insert_for(&m->t, m->now, &e, id, lifetime);
        cr_assert_neq(row->entry, DEDUP_NONE);
        row->state = MODEL_IN_PROGRESS;
        row->until = m->now + AT(lifetime);
    } else if (row->state == MODEL_IN_PROGRESS && action < 8) {
        row->code = (uint8_t)action;
        row->state = MODEL_SETTLED;
        dedup_settle(&m->t.d, row->entry, row->code);
    } else if (row->state == MODEL_IN_PROGRESS && action < 10) {
        row->state = MODEL_NONE;
        dedup_forget(&m->t.d, row->entry);
    }
}

/* Random operations over a day, in which every entry is inserted, settled, forgotten and expired
 * many times; the table is large enough that nothing is evicted. */
Test(dedup_model, behaves_as_its_model)
{
    struct random_source random;
    struct model *m = calloc(1, sizeof(*m));

    open_table(&m->t, 1 << 20, 4096);
    random_source_seed(&random, 3);
    for (uint64_t next_sweep = 0; m->now < AT(24 * HOUR);) {
        m->now += random_below(&random, 100) ? random_next(&random) % (2 * CLOCK_SECOND)
                                             : AT(random_below(&random, 600));
        if (m->now >= next_sweep) {
            dedup_sweep(&m->t.d, m->now);
            next_sweep = m->now + CLOCK_SECOND;
        }
        model_step(m, random_below(&random, MODEL_DEVICES),
                   (uint16_t)random_below(&random, MODEL_IDS), random_below(&random, 12));
        for (uint32_t i = 0; i < MODEL_DEVICES * MODEL_IDS; i++)
            model_check(m, i / MODEL_IDS, (uint16_t)(i % MODEL_IDS));
    }
    cr_assert_eq(m->t.d.evicted, 0);
    dedup_deinit(&m->t.d);
    free(m);
}

/* The same in a table that is always full: what is in progress is never lost, what is found is
 * right, and the structure holds. */
Test(dedup_model, keeps_what_is_in_progress_under_pressure)
{
    struct table t;
    struct random_source random;
    uint32_t open[24] = {0}, count = 0; /* device and id of what is in progress */

    open_table(&t, MEMORY_FOR(16), 8);
    random_source_seed(&random, 4);
    for (uint64_t round = 0; round < 200000; round++) {
        uint64_t now = round * 10 * CLOCK_MILLISECOND;
        uint32_t device = random_below(&random, 40), i;
        uint16_t id = (uint16_t)round;

        if (count < 24 && insert(&t, now, device, id) != DEDUP_NONE)
            open[count++] = device << 16 | id;
        for (i = 0; i < count; i++)
            cr_assert(knows(&t, now, open[i] >> 16, (uint16_t)open[i]));
        if (count && (count == 24 || random_below(&random, 2))) {
            struct coap_endpoint e;

            i = random_below(&random, count);
            e = endpoint(open[i] >> 16, 1);
            dedup_settle(&t.d, find(&t, now, &e, (uint16_t)open[i]), COAP_CHANGED);
            open[i] = open[--count];
        }
        cr_assert_leq(t.d.entries.used, 64);
        cr_assert_leq(t.d.devices.used, 16);
    }
    dedup_deinit(&t.d);
}
