/* What is legal in a location. */
#include "storage/location.h"

#include <criterion/criterion.h>

Test(location, coordinates_are_plain_decimals)
{
    static const char *const legal[] = {"0",       "-0.5", "13.404954", "180",
                                        "180.000", "-180", "013.40"};
    static const char *const wrong[] = {
        "",      "-",    ".5", "5.",         "1e1",
        "180.1", "181",  "+1", "1,5",        "13.4x",
        "nan",   "0x10", " 1", "-180.00001", "1.12345678901234567890123"};

    for (size_t i = 0; i < sizeof(legal) / sizeof(*legal); i++)
        cr_expect(location_longitude_is_legal(legal[i]), "%s", legal[i]);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        cr_expect_not(location_longitude_is_legal(wrong[i]), "%s", wrong[i]);
    cr_expect(location_latitude_is_legal("-90.0"));
    cr_expect_not(location_latitude_is_legal("90.01"));
}

Test(location, source_and_time_may_be_unknown)
{
    struct location l = {.longitude = "13.404954", .latitude = "52.520008"};

    cr_expect(location_is_legal(&l));
    l = (struct location){"13.404954", "52.520008", "GPS", "1700000000"};
    cr_expect(location_is_legal(&l));
    l = (struct location){"13.404954", "52.520008", "G,PS", "1700000000"};
    cr_expect_not(location_is_legal(&l));
    l = (struct location){"13.404954", "52.520008", "GPS", "today"};
    cr_expect_not(location_is_legal(&l));
    l = (struct location){.longitude = "13.404954"};
    cr_expect_not(location_is_legal(&l), "one coordinate is none");
}
