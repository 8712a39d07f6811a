#include "base/slab.h"

#include <criterion/criterion.h>
#include <string.h>

struct object {
    uint64_t first;
    char rest[9];
};

Test(slab, gives_each_object_once_and_then_none)
{
    struct object *objects[5];
    struct slab s;

    cr_assert_eq(slab_init(&s, sizeof(struct object), 5), 0);
    for (uint32_t i = 0; i < 5; i++) {
        objects[i] = slab_take(&s);
        cr_assert_not_null(objects[i]);
        cr_assert_eq((uintptr_t)objects[i] % 8, 0);
        cr_assert_eq(slab_index(&s, objects[i]), i);
        cr_assert_eq(slab_at(&s, i), objects[i]);
        memset(objects[i], (int)i, sizeof(struct object));
    }
    cr_assert_null(slab_take(&s));
    cr_assert_eq(s.used, 5);
    for (uint32_t i = 0; i < 5; i++)
        cr_assert_eq(objects[i]->rest[8], (char)i, "its neighbours left it alone");
    slab_deinit(&s);
}

Test(slab, fresh_objects_are_zeroed)
{
    static const struct object zero;
    struct slab s;

    cr_assert_eq(slab_init(&s, sizeof(struct object), 2), 0);
    cr_assert_arr_eq(slab_take(&s), &zero, sizeof(zero));
    slab_deinit(&s);
}

Test(slab, takes_again_what_was_given_back)
{
    struct object *a, *b;
    struct slab s;

    cr_assert_eq(slab_init(&s, sizeof(struct object), 2), 0);
    a = slab_take(&s);
    b = slab_take(&s);
    strcpy(a->rest, "kept");
    slab_give(&s, a);
    slab_give(&s, b);
    cr_assert_eq(s.used, 0);
    cr_assert_eq(slab_take(&s), b);
    cr_assert_eq(slab_take(&s), a);
    cr_assert_str_eq(a->rest, "kept", "all but the first eight bytes");
    cr_assert_null(slab_take(&s));
    slab_deinit(&s);
}

/* The budget is address space: nothing here is touched, so nothing is paid for. */
Test(slab, a_generous_capacity_costs_nothing)
{
    struct slab s;

    cr_assert_eq(slab_init(&s, 4096, 1 << 22), 0);
    cr_assert_not_null(slab_take(&s));
    slab_deinit(&s);
}

Test(slab, says_when_there_is_no_address_space)
{
    struct slab s;

    cr_assert_lt(slab_init(&s, UINT32_C(1) << 31, UINT32_MAX), 0);
    slab_deinit(&s);
}

Test(slab, of_nothing_and_deinited_twice)
{
    struct slab s;

    cr_assert_eq(slab_init(&s, 16, 0), 0);
    cr_assert_null(slab_take(&s));
    slab_deinit(&s);
    slab_deinit(&s);
    cr_assert_null(slab_take(&s));
}
