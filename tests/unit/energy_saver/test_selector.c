#include "tests/unit/energy_saver/templates.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A selector, a payload, and what is selected as JSON; or, below, why it cannot be read. */
struct vector {
    const char *selector;
    const char *payload;
    const char *expected;
};

static const struct vector values[] = {
    /* int, of each length and byte order */
    {"{'byte':0,'type':'int'}", "00", "0"},
    {"{'byte':0,'type':'int'}", "7f", "127"},
    {"{'byte':0,'type':'int'}", "80", "-128"},
    {"{'byte':0,'type':'int'}", "ff", "-1"},
    {"{'byte':0,'bytelength':1,'type':'int'}", "fe 01", "-2"},
    {"{'byte':0,'bytelength':2,'type':'int'}", "00 1a", "26"},
    {"{'byte':0,'bytelength':2,'type':'int'}", "80 00", "-32768"},
    {"{'byte':0,'bytelength':2,'byteorder':'big','type':'int'}", "ff fe", "-2"},
    {"{'byte':0,'bytelength':2,'byteorder':'little','type':'int'}", "fe ff", "-2"},
    {"{'byte':0,'bytelength':2,'byteorder':'little','type':'int'}", "01 02", "513"},
    {"{'byte':0,'bytelength':4,'type':'int'}", "7f ff ff ff", "2147483647"},
    {"{'byte':0,'bytelength':4,'type':'int'}", "80 00 00 00", "-2147483648"},
    {"{'byte':0,'bytelength':4,'byteorder':'little','type':'int'}", "ff ff ff 7f", "2147483647"},
    {"{'byte':0,'bytelength':8,'type':'int'}", "7f ff ff ff ff ff ff ff", "9223372036854775807"},
    {"{'byte':0,'bytelength':8,'type':'int'}", "80 00 00 00 00 00 00 00", "-9223372036854775808"},
    {"{'byte':0,'bytelength':8,'type':'int'}", "00 20 00 00 00 00 00 01", "9007199254740993"},
    {"{'byte':0,'bytelength':8,'byteorder':'little','type':'int'}", "fe ff ff ff ff ff ff ff",
     "-2"},
    /* uint */
    {"{'byte':0,'type':'uint'}", "ff", "255"},
    {"{'byte':0,'bytelength':2,'type':'uint'}", "ff fe", "65534"},
    {"{'byte':0,'bytelength':2,'byteorder':'little','type':'uint'}", "ff fe", "65279"},
    {"{'byte':0,'bytelength':4,'type':'uint'}", "ff ff ff ff", "4294967295"},
    {"{'byte':0,'bytelength':4,'byteorder':'little','type':'uint'}", "01 00 00 80", "2147483649"},
    {"{'byte':0,'bytelength':8,'type':'uint'}", "ff ff ff ff ff ff ff ff", "18446744073709551615"},
    {"{'byte':0,'bytelength':8,'byteorder':'little','type':'uint'}", "01 00 00 00 00 00 00 80",
     "9223372036854775809"},
    /* float */
    {"{'byte':0,'bytelength':4,'type':'float'}", "42 4b bc f9", "50.934544"},
    {"{'byte':0,'bytelength':4,'byteorder':'little','type':'float'}", "f9 bc 4b 42", "50.934544"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "3d cc cc cd", "0.1"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "42 f0 00 00", "120"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "c2 f1 00 00", "-120.5"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "00 00 00 00", "0"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "80 00 00 00", "-0"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "7f 7f ff ff", "3.4028235e+38"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "00 00 00 01", "1e-45"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "7f c0 00 00", "null"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "7f 80 00 00", "null"},
    {"{'byte':0,'bytelength':4,'type':'float'}", "ff 80 00 00", "null"},
    {"{'byte':0,'bytelength':8,'type':'float'}", "3f b9 99 99 99 99 99 9a", "0.1"},
    {"{'byte':0,'bytelength':8,'type':'float'}", "3f d3 33 33 33 33 33 34", "0.30000000000000004"},
    {"{'byte':0,'bytelength':8,'byteorder':'little','type':'float'}", "00 00 00 00 00 00 f8 bf",
     "-1.5"},
    {"{'byte':0,'bytelength':8,'type':'float'}", "7f ef ff ff ff ff ff ff",
     "1.7976931348623157e+308"},
    {"{'byte':0,'bytelength':8,'type':'float'}", "7f f8 00 00 00 00 00 00", "null"},
    /* boolean: false where all bytes are 0 */
    {"{'byte':0,'type':'boolean'}", "00", "false"},
    {"{'byte':0,'type':'boolean'}", "01", "true"},
    {"{'byte':0,'type':'boolean'}", "80", "true"},
    {"{'byte':0,'bytelength':3,'type':'boolean'}", "00 00 00", "false"},
    {"{'byte':0,'bytelength':3,'type':'boolean'}", "00 40 00", "true"},
    {"{'byte':1,'endbyte':0,'type':'boolean'}", "01 00 00 00 00", "false"},
    /* string */
    {"{'byte':0,'type':'string'}", "41 42", "'A'"},
    {"{'byte':0,'bytelength':3,'type':'string'}", "41 42 43", "'ABC'"},
    {"{'byte':0,'bytelength':3,'byteorder':'little','type':'string'}", "41 42 43", "'ABC'"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "c3 a9 e2 82 ac f0 9f 98 80",
     "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "61 00 62", "'a\\u0000b'"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "08 0c 0a 0d 09 01 1f 7f",
     "'\\b\\f\\n\\r\\t\\u0001\\u001f\x7f'"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "5c 2f", "'\\\\/'"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "ed 9f bf ee 80 80 f4 8f bf bf",
     "'\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf'"},
    /* hex */
    {"{'byte':0,'type':'hex'}", "AB", "'ab'"},
    {"{'byte':1,'bytelength':3,'type':'hex'}", "00 0f F0 9C ff", "'0ff09c'"},
    {"{'byte':0,'bytelength':3,'byteorder':'little','type':'hex'}", "01 02 03", "'010203'"},
    /* from the start */
    {"{'byte':3,'type':'uint'}", "00 01 02 03", "3"},
    {"{'byte':2,'bytelength':2,'type':'uint'}", "00 01 02 03", "515"},
    /* ranges */
    {"{'byte':0,'endbyte':0,'type':'hex'}", "01 02 03", "'010203'"},
    {"{'byte':1,'endbyte':0,'type':'hex'}", "01 02 03", "'0203'"},
    {"{'byte':0,'endbyte':-1,'type':'hex'}", "01 02 03", "'0102'"},
    {"{'byte':1,'endbyte':-1,'type':'hex'}", "01 02 03", "'02'"},
    {"{'byte':1,'endbyte':-1,'type':'uint'}", "01 02 03 04", "515"},
    {"{'byte':0,'endbyte':0,'type':'int'}", "ff ff ff fe", "-2"},
    {"{'byte':0,'endbyte':0,'byteorder':'little','type':'uint'}", "01 00 00 00 00 00 00 00", "1"},
    {"{'byte':0,'endbyte':0,'type':'float'}", "3f 80 00 00", "1"},
    {"{'byte':1,'endbyte':0,'type':'float'}", "00 3f f8 00 00 00 00 00 00", "1.5"},
    {"{'byte':0,'endbyte':-0,'type':'uint'}", "07", "7"},
    /* from the end */
    {"{'endbyte':-1,'type':'uint'}", "01 02 03", "3"},
    {"{'endbyte':-3,'type':'uint'}", "01 02 03", "1"},
    {"{'endbyte':-2,'bytelength':2,'type':'uint'}", "01 02 03", "515"},
    {"{'endbyte':-4,'bytelength':4,'type':'hex'}", "01 02 03 04 05", "'02030405'"},
    {"{'endbyte':-3,'bytelength':2,'type':'hex'}", "01 02 03 04 05", "'0304'"},
    {"{'endbyte':-2,'bytelength':2,'byteorder':'little','type':'int'}", "00 fe ff", "-2"},
    /* keys that mean nothing */
    {"{'byte':0,'type':'uint','unit':'m','comment':[{'type':'int'}]}", "ff", "255"},
};

static const struct vector failures[] = {
    {"{'byte':0,'type':'int'}", "", "byte 0 of a payload of 0"},
    {"{'byte':3,'type':'int'}", "00 01 02", "byte 3 of a payload of 3"},
    {"{'byte':3,'bytelength':4,'type':'float'}", "00 01 02 03", "bytes 3 to 6 of a payload of 4"},
    {"{'byte':2147483647,'bytelength':2147483647,'type':'hex'}", "00",
     "bytes 2147483647 to 4294967293 of a payload of 1"},
    {"{'endbyte':-1,'type':'int'}", "", "byte -1 of a payload of 0"},
    {"{'endbyte':-4,'bytelength':2,'type':'int'}", "00 01 02", "bytes -1 to 0 of a payload of 3"},
    {"{'byte':0,'endbyte':0,'type':'hex'}", "",
     "no bytes between byte 0 and endbyte 0 in a payload of 0"},
    {"{'byte':2,'endbyte':0,'type':'hex'}", "00 01",
     "no bytes between byte 2 and endbyte 0 in a payload of 2"},
    {"{'byte':3,'endbyte':0,'type':'hex'}", "00 01",
     "no bytes between byte 3 and endbyte 0 in a payload of 2"},
    {"{'byte':0,'endbyte':-3,'type':'hex'}", "00 01 02",
     "no bytes between byte 0 and endbyte -3 in a payload of 3"},
    {"{'byte':0,'endbyte':0,'type':'int'}", "00 01 02", "a range of 3 bytes; int has 1, 2, 4 or 8"},
    {"{'byte':0,'endbyte':0,'type':'uint'}", "00 01 02 03 04 05 06 07 08",
     "a range of 9 bytes; uint has 1, 2, 4 or 8"},
    {"{'byte':1,'endbyte':0,'type':'float'}", "00 01", "a range of 1 byte; float has 4 or 8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "41 80", "bytes 0 to 1 are no UTF-8"},
    {"{'byte':1,'endbyte':0,'type':'string'}", "41 c3", "bytes 1 to 1 are no UTF-8"},
    {"{'byte':0,'bytelength':2,'type':'string'}", "41 c3 a9", "bytes 0 to 1 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "c0 80", "bytes 0 to 1 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "c3 28", "bytes 0 to 1 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "e0 9f bf", "bytes 0 to 2 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "e2 82", "bytes 0 to 1 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "ed a0 80", "bytes 0 to 2 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "f0 8f bf bf", "bytes 0 to 3 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "f4 90 80 80", "bytes 0 to 3 are no UTF-8"},
    {"{'byte':0,'endbyte':0,'type':'string'}", "f5 80 80 80", "bytes 0 to 3 are no UTF-8"},
};

static struct translated try_selector(const char *selector, const char *payload)
{
    char text[512];

    snprintf(text, sizeof(text), "{'sense':[{'asset':'a','value':%s}]}", selector);
    return templates_try(text, payload);
}

Test(selector, values)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct vector *v = &values[i];
        struct translated made = try_selector(v->selector, v->payload);
        char *expected = templates_quoted(v->expected);
        char json[256];

        snprintf(json, sizeof(json), "{\"a\":%s}", expected);
        cr_expect(made.ok, "%s of %s: %s", v->selector, v->payload, made.result.failure);
        cr_expect_str_eq(made.json, json, "%s of %s: %s", v->selector, v->payload, made.json);
        cr_expect_str_eq(made.result.failure, "");
        free(expected);
    }
}

Test(selector, failures)
{
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        const struct vector *v = &failures[i];
        struct translated made = try_selector(v->selector, v->payload);
        char failure[256];

        snprintf(failure, sizeof(failure), "asset \"a\": %s", v->expected);
        cr_expect_not(made.ok, "%s of %s: %s", v->selector, v->payload, made.json);
        cr_expect_str_eq(made.result.failure, failure, "%s of %s: %s", v->selector, v->payload,
                         made.result.failure);
    }
}
