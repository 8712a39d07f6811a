#include "workers/dtls/table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

static struct datagram_path path_of(uint8_t host, uint16_t port)
{
    return (struct datagram_path){
        .peer = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = host}, .port = port}};
}

static void open_table(struct association_table *t, uint32_t capacity)
{
    cr_assert_eq(association_table_init(t, capacity, &(struct cid_prefix){0x0102, 3}), 0);
}

static struct association *add(struct association_table *t, uint64_t id, uint8_t host,
                               uint16_t port, uint64_t used)
{
    struct datagram_path path = path_of(host, port);
    struct association *a = table_add(t, id, &path);

    if (!a)
        return NULL;
    a->last_used = used;
    table_enlist(t, a);
    return a;
}

Test(dtls_table, found_by_everything)
{
    struct association_table t;
    struct association *a;
    struct datagram_path moved = path_of(2, 5);
    uint8_t cid[DTLS_CID_LENGTH];

    open_table(&t, 100);
    a = add(&t, 77, 1, 5, 0);
    table_write_cid(&t, a, cid);
    cr_expect_arr_eq(cid, "\x01\x02\x03\x00\x00\x00\x00\x01", 8);
    cr_expect_eq(table_find(&t, &a->path.peer, true), a);
    cr_expect_null(table_find(&t, &a->path.peer, false));
    cr_expect_eq(table_find_id(&t, 77), a);
    cr_expect_eq(table_find_cid(&t, cid), a);

    table_move(&t, a, &moved);
    cr_expect_eq(table_find(&t, &moved.peer, true), a);
    moved = path_of(1, 5);
    cr_expect_null(table_find(&t, &moved.peer, true));

    table_remove(&t, a);
    cr_expect_null(table_find_id(&t, 77));
    cr_expect_null(table_find_cid(&t, cid));
    a = add(&t, 78, 1, 5, 0);
    cr_expect_null(table_find_cid(&t, cid), "the slot's next user has another generation");
    association_table_deinit(&t);
}

Test(dtls_table, connection_ids_of_others)
{
    struct association_table t;
    static const char others[][9] = {
        "\x01\x02\x03\x00\x00\x01\x00\x01", "\x01\x02\x03\x00\x00\x00\x00\x02",
        "\x01\x02\x04\x00\x00\x00\x00\x01", "\x01\x03\x03\x00\x00\x00\x00\x01",
        "\x01\x02\x03\xff\xff\xff\x00\x01"};

    open_table(&t, 4);
    add(&t, 1, 1, 1, 0);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_null(table_find_cid(&t, (const uint8_t *)others[i]));
    association_table_deinit(&t);
}

Test(dtls_table, counts_a_source_and_finds_its_oldest)
{
    struct association_table t;
    struct association *first;
    struct datagram_path path = path_of(1, 0);

    open_table(&t, 100);
    for (uint16_t port = 1; port <= 20; port++) {
        add(&t, port, 1, port, (port + 13) % 20);
        add(&t, 100 + port, 2, port, 0);
    }
    cr_expect_eq(table_count_source(&t, &path.peer, true, &first), 20);
    cr_expect_eq(first->path.peer.port, 7);
    cr_expect_eq(first->path.peer.ip[15], 1);
    cr_expect_eq(table_count_source(&t, &path.peer, false, &first), 0);
    cr_expect_null(first);
    association_table_deinit(&t);
}

Test(dtls_table, who_moves_takes_no_records_of_another)
{
    struct association_table t;
    struct association *a, *b, *first;
    struct datagram_path path = path_of(1, 1);

    open_table(&t, 4);
    a = add(&t, 1, 1, 1, 0);
    b = add(&t, 2, 2, 1, 0);
    table_move(&t, b, &path);
    cr_expect_eq(table_find(&t, &path.peer, true), a);
    table_move(&t, a, &path);
    cr_expect_eq(table_find(&t, &path.peer, true), b);
    b->last_used++;
    cr_expect_eq(table_count_source(&t, &path.peer, true, &first), 2);
    cr_expect_eq(first, a);
    association_table_deinit(&t);
}

Test(dtls_table, ipv6_source_is_half_an_address)
{
    struct association_table t;
    struct datagram_path path = {.peer = {.ip = {0xfd, 0, 0, 0, 0, 0, 0, 1}}};
    struct association *first;

    open_table(&t, 100);
    for (uint8_t i = 0; i < 10; i++) {
        path.peer.ip[15] = i;
        table_add(&t, i + 1, &path);
    }
    cr_expect_eq(table_count_source(&t, &path.peer, true, &first), 10);
    path.peer.ip[7] = 2;
    cr_expect_eq(table_count_source(&t, &path.peer, true, &first), 0);
    association_table_deinit(&t);
}

Test(dtls_table, ordered_by_use_and_bounded)
{
    struct association_table t;
    struct association *a, *b;

    open_table(&t, 3);
    a = add(&t, 1, 1, 1, 0);
    b = add(&t, 2, 2, 1, 1);
    cr_assert(add(&t, 3, 3, 1, 2));
    cr_expect_null(add(&t, 4, 4, 1, 3));
    cr_expect_eq(container_of(list_first(&t.living), struct association, in_age), a);
    table_touch(&t, a, 9);
    cr_expect_eq(container_of(list_first(&t.living), struct association, in_age), b);
    cr_expect_eq(t.living_count, 3);
    table_remove(&t, b);
    cr_expect_eq(t.living_count, 2);
    cr_expect(add(&t, 5, 5, 1, 4));
    association_table_deinit(&t);
    cr_expect_eq(association_table_init(&t, TABLE_SLOTS_MAX + 1, &(struct cid_prefix){0}), -EINVAL);
}
