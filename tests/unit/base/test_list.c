#include "base/list.h"

#include <criterion/criterion.h>

struct owner {
    int number;
    struct list_node node;
};

static int first_number(const struct list *l)
{
    return container_of(list_first(l), struct owner, node)->number;
}

Test(list, an_empty_one)
{
    struct list l;

    list_init(&l);
    cr_assert(list_is_empty(&l));
    cr_assert_null(list_first(&l));
}

Test(list, keeps_the_order_of_appending)
{
    struct owner owners[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list l;

    list_init(&l);
    for (int i = 0; i < 3; i++)
        list_append(&l, &owners[i].node);
    for (int i = 1; i <= 3; i++) {
        cr_assert_eq(first_number(&l), i);
        list_remove(list_first(&l));
    }
    cr_assert(list_is_empty(&l));
}

Test(list, removes_first_middle_and_last)
{
    struct owner owners[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct list l;

    list_init(&l);
    for (int i = 0; i < 4; i++)
        list_append(&l, &owners[i].node);
    list_remove(&owners[1].node);
    list_remove(&owners[3].node);
    list_remove(&owners[0].node);
    cr_assert_eq(first_number(&l), 3);
    list_append(&l, &owners[0].node);
    list_remove(&owners[2].node);
    cr_assert_eq(first_number(&l), 1);
    cr_assert_eq(list_first(&l)->next, &l.head);
}

Test(list, a_node_knows_whether_it_is_in_one)
{
    struct owner owner = {.number = 1};
    struct list l;

    list_init(&l);
    cr_assert_not(list_has(&owner.node));
    list_remove(&owner.node);
    list_append(&l, &owner.node);
    cr_assert(list_has(&owner.node));
    list_remove(&owner.node);
    cr_assert_not(list_has(&owner.node));
    list_remove(&owner.node);
    cr_assert(list_is_empty(&l));
}
