#include "workers/resources/energy_saver/location_text.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *json;
    unsigned limit;
    const char *text; /* NULL: refused */
} vectors[] = {
    {"50.934544", 90, "50.934544"},
    {"-50.934544", 90, "-50.934544"},
    {"0", 90, "0"},
    {"-0", 90, "0"},
    {"0.000", 90, "0"},
    {"0e5", 90, "0"},
    {"5", 90, "5"},
    {"5.10", 90, "5.10"},
    {"90", 90, "90"},
    {"-90.000", 90, "-90.000"},
    {"90.001", 90, NULL},
    {"-91", 90, NULL},
    {"100", 90, NULL},
    {"100", 180, "100"},
    {"180", 180, "180"},
    {"179.99999999", 180, "179.99999999"},
    {"180.00000001", 180, NULL},
    {"1e2", 180, "100"},
    {"1.25E+2", 180, "125"},
    {"1.2345e1", 180, "12.345"},
    {"12345e-3", 180, "12.345"},
    {"1e3", 180, NULL},
    {"1e999999999999", 180, NULL},
    {"0e999999999999", 180, "0"},
    {"1e-7", 90, "0.0000001"},
    {"-1.5e-7", 90, "-0.00000015"},
    {"1e-300", 90, "0"},
    {"-1e-999999999999", 90, "0"},
    {"-0.000012345678901234567", 90, "-0.000012345678901234567"},
    {"-0.0000123456789012345678", 90, "-0.000012345678901234567"},
    {"12.3456789012345678901234567890123456789", 90, "12.345678901234567890123"},
    {"0.001e2", 90, "0.1"},
    {"1000e-2", 90, "10.00"},
    {"18000000000000000000e-17", 180, "180.00000000000000000"},
    {"1.00000000000000000000000001", 90, "1"},
    {"null", 90, NULL},
    {"true", 90, NULL},
    {"\"50.1\"", 90, NULL},
    {"-", 90, NULL},
    {"", 90, NULL},
};

Test(location_text, vectors)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char text[LOCATION_TEXT_MAX + 1] = "untouched";
        bool legal =
            location_text_make(text, vectors[i].json, strlen(vectors[i].json), vectors[i].limit);

        cr_expect_eq(legal, vectors[i].text != NULL, "%s: %s", vectors[i].json, text);
        if (vectors[i].text)
            cr_expect_str_eq(text, vectors[i].text, "%s: %s", vectors[i].json, text);
    }
}
