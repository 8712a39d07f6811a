/* Template names and their numbers. */
#include "storage/store.h"
#include "storage/template_names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct template_names names;

static void begin(void)
{
    template_names_init(&names);
}

static void end(void)
{
    template_names_deinit(&names);
}

TestSuite(template_names, .init = begin, .fini = end);

static bool number_of(const char *name, uint16_t *number)
{
    return template_names_number(&names, name, strlen(name), number);
}

Test(template_names, a_name_keeps_its_number)
{
    uint16_t tracker, meter, again;

    cr_assert(number_of("tracker", &tracker) && number_of("meter", &meter));
    cr_assert(number_of("tracker", &again));
    cr_expect_eq(tracker, again);
    cr_expect_neq(tracker, meter);
    cr_expect_str_eq(template_names_name(&names, tracker), "tracker");
    cr_expect_str_eq(template_names_name(&names, meter), "meter");
}

Test(template_names, none_is_not_the_active_one)
{
    uint16_t number;

    cr_assert(number_of("", &number));
    cr_expect_eq(number, STORE_TEMPLATE_ACTIVE);
    cr_assert(number_of("-", &number));
    cr_expect_eq(number, STORE_TEMPLATE_NONE);
    cr_expect_str_eq(template_names_name(&names, STORE_TEMPLATE_NONE), "-");
    cr_expect_eq(names.count, 0);
}

Test(template_names, what_is_no_name_has_no_number)
{
    static const char *const wrong[] = {"a b", "../x", ".hidden", "a/b", "\xc3\xa4"};
    char longest[TEMPLATE_NAME_MAX + 2] = "";
    uint16_t number;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        cr_expect_not(number_of(wrong[i], &number), "%s", wrong[i]);
        cr_expect_eq(number, STORE_TEMPLATE_ACTIVE);
    }
    memset(longest, 'a', TEMPLATE_NAME_MAX + 1);
    cr_expect_not(number_of(longest, &number));
    longest[TEMPLATE_NAME_MAX] = 0;
    cr_expect(number_of(longest, &number));
}

Test(template_names, there_is_an_end_to_names)
{
    char name[16];
    uint16_t number;

    for (unsigned i = 0; i < TEMPLATE_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "t%u", i);
        cr_assert(number_of(name, &number));
    }
    cr_expect_not(number_of("one-more", &number));
    cr_expect_eq(number, STORE_TEMPLATE_ACTIVE);
    cr_expect(number_of("t17", &number), "known ones stay");
}
