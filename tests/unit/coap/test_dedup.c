#include "tests/unit/coap/dedup_table.h"

Test(dedup, finds_what_was_inserted_with_its_outcome)
{
    struct table t;
    uint32_t entry;

    open_table(&t, 1 << 20, 64);
    cr_assert_not(knows(&t, AT(1), 7, 100));
    entry = insert(&t, AT(1), 7, 100);
    cr_assert_eq(dedup_entry(&t.d, entry)->state, DEDUP_IN_PROGRESS);
    cr_assert(knows(&t, AT(1), 7, 100));
    dedup_settle(&t.d, entry, COAP_BAD_GATEWAY);
    cr_assert_eq(dedup_entry(&t.d, entry)->state, DEDUP_SETTLED);
    cr_assert_eq(dedup_entry(&t.d, entry)->code, COAP_BAD_GATEWAY);
    cr_assert_eq(dedup_entry(&t.d, entry)->request_hash, 100);
    dedup_deinit(&t.d);
}

Test(dedup, every_part_of_the_endpoint_counts)
{
    struct coap_endpoint e = endpoint(7, 1), other;
    struct table t;

    open_table(&t, 1 << 20, 64);
    dedup_settle(&t.d, insert_for(&t, 0, &e, 100, 247), COAP_CHANGED);
    cr_assert_neq(find(&t, 0, &e, 100), DEDUP_NONE);
    cr_assert_eq(find(&t, 0, &e, 101), DEDUP_NONE);
    other = e, other.port++;
    cr_assert_eq(find(&t, 0, &other, 100), DEDUP_NONE);
    other = e, other.network++;
    cr_assert_eq(find(&t, 0, &other, 100), DEDUP_NONE);
    other = e, other.interface++;
    cr_assert_eq(find(&t, 0, &other, 100), DEDUP_NONE);
    other = e, other.kind = COAP_ENDPOINT_IPV6;
    cr_assert_eq(find(&t, 0, &other, 100), DEDUP_NONE);
    dedup_deinit(&t.d);
}

Test(dedup, what_is_forgotten_is_new_again)
{
    struct table t;

    open_table(&t, 1 << 20, 64);
    dedup_forget(&t.d, insert(&t, AT(1), 7, 100));
    cr_assert_not(knows(&t, AT(1), 7, 100));
    insert_settled(&t, AT(1), 7, 100);
    cr_assert(knows(&t, AT(1), 7, 100));
    dedup_sweep(&t.d, AT(400));
    cr_assert_eq(t.d.entries.used, 0);
    cr_assert_eq(t.d.devices.used, 0);
    dedup_deinit(&t.d);
}

Test(dedup, what_is_forgotten_leaves_with_the_next_request)
{
    struct table t;
    uint32_t forgotten;

    open_table(&t, 1 << 20, 64);
    forgotten = insert(&t, AT(1), 7, 100);
    insert_settled(&t, AT(1), 7, 101);
    dedup_forget(&t.d, forgotten);
    insert_settled(&t, AT(2), 7, 102);
    cr_assert_eq(t.d.entries.used, 2);
    dedup_deinit(&t.d);
}

/* It may come to the front by an eviction, when a request has already looked for it there. */
Test(dedup, what_is_forgotten_leaves_when_the_older_ones_have_left)
{
    struct table t;

    open_table(&t, 1 << 20, 3);
    insert_settled(&t, AT(1), 7, 100);
    dedup_forget(&t.d, insert(&t, AT(1), 7, 101));
    insert_settled(&t, AT(2), 7, 102);
    insert_settled(&t, AT(2), 7, 103);
    cr_assert_eq(t.d.evicted, 1);
    cr_assert_eq(t.d.entries.used, 3);
    dedup_sweep(&t.d, AT(2));
    cr_assert_eq(t.d.entries.used, 2);
    dedup_deinit(&t.d);
}

/* Of two lifetimes, the shorter one comes to the front before its time. */
Test(dedup, what_comes_to_the_front_goes_in_its_own_time)
{
    struct coap_endpoint e = endpoint(7, 1);
    struct table t;

    open_table(&t, 1 << 20, 2);
    insert_settled(&t, AT(1), 7, 100);
    dedup_settle(&t.d, insert_for(&t, AT(1), &e, 101, COAP_NON_LIFETIME), COAP_CHANGED);
    insert_settled(&t, AT(2), 7, 102);
    cr_assert_eq(t.d.evicted, 1);
    dedup_sweep(&t.d, AT(1 + COAP_NON_LIFETIME));
    cr_assert_eq(t.d.entries.used, 1);
    cr_assert(knows(&t, AT(1 + COAP_NON_LIFETIME), 7, 102));
    dedup_deinit(&t.d);
}

/* Whatever the fraction of a second at which it begins. */
Test(dedup, a_lifetime_is_whole_and_at_most_a_second_longer)
{
    static const uint64_t starts[] = {0, 1, CLOCK_SECOND / 2, CLOCK_SECOND - 1};
    static const uint32_t lifetimes[] = {COAP_EXCHANGE_LIFETIME, COAP_NON_LIFETIME};

    for (int i = 0; i < 8; i++) {
        struct coap_endpoint e = endpoint(7, 1);
        uint64_t start = AT(1000) + starts[i % 4];
        uint32_t lifetime = lifetimes[i / 4];
        struct table t;

        open_table(&t, 1 << 20, 64);
        dedup_settle(&t.d, insert_for(&t, start, &e, 1, lifetime), COAP_CHANGED);
        cr_assert_neq(find(&t, start + AT(lifetime) - 1, &e, 1), DEDUP_NONE, "case %d", i);
        cr_assert_eq(find(&t, start + AT(lifetime + 1), &e, 1), DEDUP_NONE, "case %d", i);
        dedup_deinit(&t.d);
    }
}

Test(dedup, a_sweep_leaves_nothing_of_silent_devices)
{
    struct table t;

    open_table(&t, 1 << 20, 64);
    for (uint16_t i = 0; i < 1000; i++)
        insert_settled(&t, AT(i / 10), i % 100, i);
    cr_assert_not(dedup_sweep(&t.d, AT(99)));
    cr_assert_eq(t.d.entries.used, 1000);
    cr_assert_not(dedup_sweep(&t.d, AT(100 + COAP_EXCHANGE_LIFETIME)));
    cr_assert_eq(t.d.entries.used, 0);
    cr_assert_eq(t.d.devices.used, 0);
    cr_assert_eq(t.d.evicted, 0);
    dedup_deinit(&t.d);
}

Test(dedup, a_sweep_is_bounded_and_says_that_there_is_more)
{
    struct table t;
    int sweeps = 0;

    open_table(&t, MEMORY_FOR(10000), 64);
    for (uint32_t i = 0; i < 10000; i++)
        insert_settled(&t, AT(1), i, 1);
    while (dedup_sweep(&t.d, AT(300)))
        sweeps++;
    cr_assert_eq(sweeps, 2, "of 4,096 each");
    cr_assert_eq(t.d.entries.used, 0);
    dedup_deinit(&t.d);
}

Test(dedup, a_device_loses_its_oldest_when_it_has_too_many)
{
    struct table t;

    open_table(&t, 1 << 20, 16);
    for (uint16_t id = 0; id < 20; id++)
        insert_settled(&t, AT(1), 7, id);
    for (uint16_t id = 0; id < 20; id++)
        cr_assert_eq(knows(&t, AT(1), 7, id), id >= 4, "id %u", id);
    cr_assert_eq(t.d.evicted, 4);
    dedup_deinit(&t.d);
}

Test(dedup, a_budget_of_one_for_a_device_is_two)
{
    struct table t;

    open_table(&t, 1 << 20, 1);
    for (uint16_t id = 0; id < 100; id++)
        insert_settled(&t, AT(1), 7, id);
    cr_assert(knows(&t, AT(1), 7, 99));
    cr_assert(knows(&t, AT(1), 7, 98));
    cr_assert_eq(t.d.entries.used, 2);
    cr_assert_eq(t.d.devices.used, 1);
    dedup_deinit(&t.d);
}

Test(dedup, a_request_in_progress_is_not_evicted_for_its_own_device)
{
    struct table t;
    uint32_t first;

    open_table(&t, 1 << 20, 16);
    first = insert(&t, AT(1), 7, 0);
    for (uint16_t id = 1; id < 16; id++)
        insert_settled(&t, AT(1), 7, id);
    cr_assert_eq(insert(&t, AT(1), 7, 16), DEDUP_NONE);
    cr_assert(knows(&t, AT(1), 7, 0));
    dedup_settle(&t.d, first, COAP_CHANGED);
    cr_assert_neq(insert(&t, AT(1), 7, 16), DEDUP_NONE);
    cr_assert_not(knows(&t, AT(1), 7, 0));
    dedup_deinit(&t.d);
}

Test(dedup, the_device_that_was_silent_longest_goes_first)
{
    struct table t;

    open_table(&t, MEMORY_FOR(8), 64);
    for (uint16_t i = 0; i < 8; i++)
        insert_settled(&t, AT(1 + i), i, 1);
    insert_settled(&t, AT(10), 0, 2); /* now it was device 1 */
    insert_settled(&t, AT(11), 8, 1);
    cr_assert(knows(&t, AT(11), 0, 1));
    cr_assert_not(knows(&t, AT(11), 1, 1));
    cr_assert(knows(&t, AT(11), 2, 1));
    cr_assert_eq(t.d.evicted, 1);
    dedup_deinit(&t.d);
}

Test(dedup, a_full_table_takes_the_oldest_entries_and_counts_them)
{
    struct table t;

    open_table(&t, MEMORY_FOR(8), 64);
    for (uint16_t i = 0; i < 40; i++)
        insert_settled(&t, AT(1), i % 4, i);
    cr_assert_eq(t.d.entries.used, 32);
    cr_assert_eq(t.d.evicted, 8);
    cr_assert(knows(&t, AT(1), 3, 39));
    cr_assert_not(knows(&t, AT(1), 0, 0));
    dedup_deinit(&t.d);
}

Test(dedup, what_is_evicted_after_its_time_does_not_count)
{
    struct table t;

    open_table(&t, MEMORY_FOR(8), 64);
    for (uint16_t i = 0; i < 8; i++)
        insert_settled(&t, AT(1), i, 1);
    for (uint16_t i = 8; i < 16; i++)
        insert_settled(&t, AT(300), i, 1);
    cr_assert_eq(t.d.devices.used, 8);
    cr_assert_eq(t.d.evicted, 0);
    dedup_deinit(&t.d);
}

Test(dedup, there_is_no_room_when_all_are_in_progress)
{
    struct table t;

    open_table(&t, MEMORY_FOR(8), 64);
    for (uint16_t i = 0; i < 32; i++)
        cr_assert_neq(insert(&t, AT(1), i % 8, i), DEDUP_NONE);
    cr_assert_eq(insert(&t, AT(1), 0, 100), DEDUP_NONE, "of a known device");
    cr_assert_eq(insert(&t, AT(1), 99, 100), DEDUP_NONE, "of a new one");
    for (uint16_t i = 0; i < 32; i++)
        cr_assert(knows(&t, AT(1), i % 8, i));
    cr_assert_eq(t.d.evicted, 0);
    cr_assert_eq(t.d.devices.used, 8);
    dedup_deinit(&t.d);
}

Test(dedup, the_tables_stay_within_the_memory)
{
    for (uint64_t memory = 1 << 20; memory < 100 << 20; memory += 777777) {
        struct table t;
        uint64_t bytes;

        open_table(&t, memory, 64);
        bytes = (uint64_t)t.d.entries.capacity * t.d.entries.stride +
                (uint64_t)t.d.devices.capacity * t.d.devices.stride +
                (t.d.entry_mask + 1 + t.d.device_mask + 1) * sizeof(uint32_t);
        cr_assert_leq(bytes, memory);
        cr_assert_geq(bytes, memory / 4 * 3);
        dedup_deinit(&t.d);
    }
}

/* The clock of an entry has 16 bits of seconds. A device that always sends, and one that falls
 * silent, for two days. */
Test(dedup, the_clock_of_an_entry_may_wrap)
{
    struct table t;

    open_table(&t, 1 << 20, 64);
    for (uint64_t second = 0; second < 48 * HOUR; second++) {
        uint16_t id = (uint16_t)(second / 100);

        if (second % 100 == 0)
            insert_settled(&t, AT(second), 7, id);
        if (second % (5 * HOUR) == 0)
            insert_settled(&t, AT(second), 8, id);
        dedup_sweep(&t.d, AT(second));
        cr_assert(knows(&t, AT(second), 7, id));
        cr_assert_eq(knows(&t, AT(second), 8, (uint16_t)(second / (5 * HOUR) * 5 * HOUR / 100)),
                     second % (5 * HOUR) < COAP_EXCHANGE_LIFETIME, "second %lu", second);
        cr_assert_leq(t.d.entries.used, 5);
    }
    cr_assert_eq(t.d.evicted, 0);
    dedup_deinit(&t.d);
}

Test(dedup, message_ids_of_a_device_are_a_sequence)
{
    struct coap_endpoint e = endpoint(7, 1);
    struct table t;
    uint16_t id;

    open_table(&t, 1 << 20, 64);
    insert(&t, AT(1), 7, 1);
    id = dedup_next_message_id(&t.d, &e);
    for (uint32_t i = 1; i < 70000; i++) {
        do
            id++;
        while (!(id >> 8) || !(id & 0xff) || id == 0x3839); /* as text: a NUL, "89" */
        cr_assert_eq(dedup_next_message_id(&t.d, &e), id);
    }
    dedup_deinit(&t.d);
}

Test(dedup, message_ids_start_at_random)
{
    struct coap_endpoint a = endpoint(7, 1), b = endpoint(8, 1), unknown = endpoint(9, 1);
    struct table t;

    open_table(&t, 1 << 20, 64);
    insert(&t, AT(1), 7, 1);
    insert(&t, AT(1), 8, 1);
    cr_assert_neq(dedup_next_message_id(&t.d, &a), dedup_next_message_id(&t.d, &b));
    cr_assert_neq(dedup_next_message_id(&t.d, &unknown), dedup_next_message_id(&t.d, &unknown));
    dedup_deinit(&t.d);
}
