#include "base/cursor.h"

#include <criterion/criterion.h>

static const uint8_t bytes[] = {0x01, 0xff, 0x02, 0x80, 0x00, 0x00, 0x2a};

Test(cursor, reads_network_byte_order)
{
    struct cursor c = cursor_over(bytes, sizeof(bytes));

    cr_assert_eq(cursor_u8(&c), 0x01);
    cr_assert_eq(cursor_u16(&c), 0xff02);
    cr_assert_eq(cursor_uint(&c, 4), UINT32_C(0x8000002a));
    cr_assert_eq(cursor_left(&c), 0);
    cr_assert_not(c.failed);
}

Test(cursor, integers_have_any_length_up_to_four)
{
    static const uint32_t values[] = {0, 0x01, 0x01ff, 0x01ff02, 0x01ff0280};

    for (size_t length = 0; length <= 4; length++) {
        struct cursor c = cursor_over(bytes, sizeof(bytes));

        cr_assert_eq(cursor_uint(&c, length), values[length], "of %zu bytes", length);
        cr_assert_eq(cursor_left(&c), sizeof(bytes) - length);
        cr_assert_not(c.failed);
    }
}

Test(cursor, a_longer_integer_fails_and_leaves_nothing_to_loop_over)
{
    struct cursor c = cursor_over(bytes, sizeof(bytes));

    cr_assert_eq(cursor_uint(&c, 5), 0);
    cr_assert(c.failed);
    cr_assert_eq(cursor_left(&c), 0);
}

Test(cursor, lends_bytes_up_to_the_end_and_no_further)
{
    struct cursor c = cursor_over(bytes, sizeof(bytes));

    cr_assert_eq(cursor_bytes(&c, sizeof(bytes)), bytes);
    cr_assert_eq(cursor_bytes(&c, 0), bytes + sizeof(bytes));
    cr_assert_not(c.failed);
    cr_assert_null(cursor_bytes(&c, 1));
    cr_assert(c.failed);
}

Test(cursor, an_error_sticks)
{
    struct cursor c = cursor_over(bytes, 3);

    cr_assert_eq(cursor_u16(&c), 0x01ff);
    cr_assert_eq(cursor_u16(&c), 0, "one byte is left");
    cr_assert(c.failed);
    cr_assert_eq(cursor_u8(&c), 0, "and is out of reach now");
    cr_assert_null(cursor_bytes(&c, 0));
    cr_assert_eq(cursor_uint(&c, 0), 0);
    cr_assert_eq(cursor_left(&c), 0);
}

Test(cursor, a_length_near_the_top_does_not_wrap)
{
    struct cursor c = cursor_over(bytes, sizeof(bytes));

    cr_assert_null(cursor_bytes(&c, SIZE_MAX));
    cr_assert(c.failed);
}

Test(cursor, nothing_to_read)
{
    struct cursor c = cursor_over(bytes, 0);

    cr_assert_eq(cursor_left(&c), 0);
    cr_assert_eq(cursor_u8(&c), 0);
    cr_assert(c.failed);
}
