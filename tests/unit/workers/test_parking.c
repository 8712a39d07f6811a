#include "workers/parking.h"

#include <criterion/criterion.h>

static const uint8_t *identity(uint32_t n)
{
    static uint8_t bytes[16];

    memcpy(bytes, &n, 4);
    return bytes;
}

/* A message of one byte. */
static struct arrival numbered(uint8_t n, uint16_t port)
{
    static const struct datagram_path path;
    static uint8_t bytes[256];
    struct arrival a = {.path = &path, .bytes = &bytes[n], .length = 1};

    bytes[n] = n;
    a.from.port = port;
    return a;
}

static bool add(struct parking *p, struct lookup *l, uint8_t n)
{
    struct arrival a = numbered(n, 1);

    return parking_add(p, l, &a);
}

static uint32_t take_all(struct parking *p, struct lookup *l)
{
    struct arrival *a;
    uint32_t count = 0;

    for (; (a = parking_next(p, l)); count++) {
        cr_assert_eq(a->bytes[0], count, "the oldest first");
        parking_give(p, a);
    }
    return count;
}

Test(parking, keeps_messages_with_their_look_up)
{
    struct parking p;
    struct lookup *a, *b;

    cr_assert_eq(parking_init(&p), 0);
    cr_assert_null(parking_find(&p, identity(1)));
    a = parking_start(&p, identity(1), NULL);
    b = parking_start(&p, identity(2), NULL);
    cr_assert_eq(parking_find(&p, identity(1)), a);
    cr_assert_eq(parking_find(&p, identity(2)), b);
    cr_assert(add(&p, a, 0) && add(&p, b, 0) && add(&p, a, 1));
    cr_assert_eq(take_all(&p, a), 2);
    cr_assert_eq(take_all(&p, b), 1);
    parking_end(&p, a);
    parking_end(&p, b);
    cr_assert_null(parking_find(&p, identity(1)));
    cr_assert_eq(p.lookup_slab.used, 0);
    cr_assert_eq(p.message_slab.used, 0);
    parking_deinit(&p);
}

Test(parking, knows_what_waits_already)
{
    struct arrival same = numbered(1, 1), other = numbered(2, 1), from_elsewhere = numbered(1, 2);
    struct parking p;
    struct lookup *l;

    cr_assert_eq(parking_init(&p), 0);
    l = parking_start(&p, identity(1), NULL);
    cr_assert_not(parking_holds(l, &same));
    cr_assert(add(&p, l, 1));
    cr_assert(parking_holds(l, &same));
    cr_assert_not(parking_holds(l, &other));
    cr_assert_not(parking_holds(l, &from_elsewhere));
    parking_deinit(&p);
}

Test(parking, is_bounded)
{
    struct parking p;
    uint32_t waiting = 0, refused = 0;

    cr_assert_eq(parking_init(&p), 0);
    for (uint32_t i = 0; i < PARKING_LOOKUPS; i++) {
        struct lookup *l = parking_start(&p, identity(i), NULL);

        cr_assert_not_null(l);
        for (uint8_t n = 0; n <= PARKING_PER_IDENTITY; n++) {
            bool fits = add(&p, l, n);

            cr_assert(!fits || n < PARKING_PER_IDENTITY);
            waiting += fits;
            refused += !fits;
        }
    }
    cr_assert_null(parking_start(&p, identity(PARKING_LOOKUPS), NULL));
    cr_assert_eq(waiting, PARKING_MESSAGES);
    cr_assert_eq(p.refused, refused + 1);
    parking_deinit(&p);
}
