#include "tests/unit/energy_saver/templates.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Statements, a payload, and what it becomes. */
struct vector {
    const char *statements;
    const char *payload;
    const char *json;
};

#define A_OF(case, value) "{'case':" case ",'do':[{'asset':'a','value':" value "}]}"
#define OTHERWISE(value)  "{'default':true,'do':[{'asset':'a','value':" value "}]}"

static const struct vector vectors[] = {
    /* constants are as they were written */
    {"", "00", "{}"},
    {"", "", "{}"},
    {"[],[[],[]]", "", "{}"},
    {"{'asset':'a','value':1}", "", "{'a':1}"},
    {"{'asset':'a','value':-0.10E+2}", "", "{'a':-0.10E+2}"},
    {"{'asset':'a','value':123456789012345678901234567890}", "",
     "{'a':123456789012345678901234567890}"},
    {"{'asset':'a','value':18446744073709551615}", "", "{'a':18446744073709551615}"},
    {"{'asset':'a','value':true},{'asset':'b','value':false},{'asset':'c','value':null}", "",
     "{'a':true,'b':false,'c':null}"},
    {"{'asset':'a','value':''}", "", "{'a':''}"},
    {"{'asset':'a','value':'\xc3\xa9\\n\\u0041\\u0000\\/'}", "",
     "{'a':'\xc3\xa9\\n\\u0041\\u0000\\/'}"},
    /* paths */
    {"{'asset':'gps.lat','value':1},{'asset':'x','value':2},{'asset':'gps.lon','value':3}", "",
     "{'gps':{'lat':1,'lon':3},'x':2}"},
    {"{'asset':'a.b.c','value':1},{'asset':'a.d','value':2},{'asset':'a.b.e','value':3}", "",
     "{'a':{'b':{'c':1,'e':3},'d':2}}"},
    {"{'asset':'a b','value':1},{'asset':'ab','value':2},{'asset':'a','value':3}", "",
     "{'a b':1,'ab':2,'a':3}"},
    {"{'asset':'q\\\\x\\n.\\u00e9','value':1}", "", "{'q\\\\x\\n':{'\xc3\xa9':1}}"},
    {"{'asset':'1.2.3.4.5.6.7.8','value':1}", "",
     "{'1':{'2':{'3':{'4':{'5':{'6':{'7':{'8':1}}}}}}}}"},
    /* the last value wins, in the place of the first */
    {"{'asset':'a','value':1},{'asset':'b','value':2},{'asset':'a','value':3}", "",
     "{'a':3,'b':2}"},
    {"{'asset':'a','value':{'byte':0,'type':'int'}},{'asset':'a','value':'x'}", "07", "{'a':'x'}"},
    {"{'asset':'a','value':'x'},{'asset':'a','value':{'byte':0,'type':'int'}}", "07", "{'a':7}"},
    /* nested blocks */
    {"[{'asset':'a','value':1},[[{'asset':'b','value':2}]]],{'asset':'c','value':3}", "",
     "{'a':1,'b':2,'c':3}"},
    /* switch: the first case that matches, the default wherever it stands, or nothing */
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("1", "1") "," A_OF("2", "2") "]}", "02",
     "{'a':2}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("1", "1") "," A_OF("1", "2") "]}", "01",
     "{'a':1}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("1", "1") "]}", "02", "{}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[]}", "02", "{}"},
    /* the largest number, and what is none, whatever the length of a range is */
    {"{'switch':{'byte':0,'bytelength':4,'type':'float'},'on':[" A_OF("3.4028235e38", "1") "]}",
     "7f7fffff", "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'float'},'on':[" A_OF("1e300", "1") "]}", "7f800000",
     "{}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" OTHERWISE("9") "," A_OF("1", "1") "]}", "01",
     "{'a':1}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" OTHERWISE("9") "," A_OF("1", "1") "]}", "02",
     "{'a':9}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[{'case':1,'do':[]}," OTHERWISE("9") "]}", "01", "{}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("-1", "1") "]}", "ff", "{'a':1}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("-0", "1") "]}", "00", "{'a':1}"},
    {"{'switch':{'byte':0,'bytelength':8,'type':'uint'},'on':[" A_OF(
         "18446744073709551614", "0") "," A_OF("18446744073709551615", "1") "]}",
     "ff ff ff ff ff ff ff ff", "{'a':1}"},
    {"{'switch':{'byte':0,'bytelength':8,'type':'int'},'on':[" A_OF(
         "-9223372036854775807", "0") "," A_OF("-9223372036854775808", "1") "]}",
     "80 00 00 00 00 00 00 00", "{'a':1}"},
    {"{'switch':{'byte':0,'bytelength':2,'byteorder':'little','type':'uint'},'on':[" A_OF("258",
                                                                                          "1") "]}",
     "02 01", "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'uint'},'on':[" A_OF("258", "1") "]}", "01 02",
     "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'uint'},'on':[" A_OF("258", "1") "]}", "02", "{}"},
    {"{'switch':{'byte':0,'bytelength':4,'type':'float'},'on':[" A_OF("0.1", "1") "]}",
     "3d cc cc cd", "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'float'},'on':[" A_OF("0.1", "1") "]}",
     "3f b9 99 99 99 99 99 9a", "{'a':1}"},
    {"{'switch':{'byte':0,'bytelength':4,'type':'float'},'on':[" A_OF("0", "1") "]}", "80 00 00 00",
     "{'a':1}"},
    {"{'switch':{'byte':0,'bytelength':4,'type':'float'},'on':[" A_OF("0",
                                                                      "1") "," OTHERWISE("9") "]}",
     "7f c0 00 00", "{'a':9}"},
    {"{'switch':{'byte':0,'type':'boolean'},'on':[" A_OF("true", "1") "," A_OF("false", "0") "]}",
     "20", "{'a':1}"},
    {"{'switch':{'byte':0,'type':'boolean'},'on':[" A_OF("true", "1") "," A_OF("false", "0") "]}",
     "00", "{'a':0}"},
    {"{'switch':{'byte':0,'bytelength':2,'type':'string'},'on':[" A_OF("'ab'", "1") "]}", "61 62",
     "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'string'},'on':[" A_OF("'ab\\u0000'", "1") "]}",
     "61 62 00", "{'a':1}"},
    {"{'switch':{'byte':0,'endbyte':0,'type':'string'},'on':[" A_OF("''", "0") "," A_OF("'a'",
                                                                                        "0") "]}",
     "61 62 00", "{}"},
    {"{'switch':{'byte':0,'bytelength':2,'type':'hex'},'on':[" A_OF("'AbCd'", "1") "]}", "ab cd",
     "{'a':1}"},
    {"{'switch':{'endbyte':-1,'type':'hex'},'on':[" A_OF("'09'", "1") "]}", "ab cd 09", "{'a':1}"},
    /* switches within switches, and what is behind them */
    {"{'switch':{'byte':0,'type':'int'},'on':[{'case':1,'do':[{'switch':{'byte':1,'type':'int'},"
     "'on':[" A_OF("2", "'12'") "," OTHERWISE(
         "'1x'") "]}]},{'default':true,'do':[[{'switch':"
                 "{'byte':1,'type':'int'},'on':[" A_OF(
                     "2", "'x2'") "]}]]}]},{'asset':'end','value':true}",
     "01 02", "{'a':'12','end':true}"},
    {"{'switch':{'byte':0,'type':'int'},'on':[{'case':1,'do':[{'switch':{'byte':1,'type':'int'},"
     "'on':[" A_OF("2", "'12'") "," OTHERWISE("'1x'") "]}]}]},{'asset':'end','value':true}",
     "01 03", "{'a':'1x','end':true}"},
    /* what is not chosen is not read */
    {"{'switch':{'byte':0,'type':'int'},'on':[" A_OF("1", "{'byte':99,'type':'int'}") "]}", "02",
     "{}"},
    /* a group of which nothing has a value is not there */
    {"{'switch':{'byte':0,'type':'int'},'on':[{'case':1,'do':[{'asset':'g.x','value':1}]}]},"
     "{'asset':'a','value':1}",
     "02", "{'a':1}"},
    /* the order is the template's, not that of an evaluation */
    {"{'switch':{'byte':0,'type':'int'},'on':["
     "{'case':1,'do':[{'asset':'x','value':1},{'asset':'y','value':1}]},"
     "{'case':2,'do':[{'asset':'y','value':2},{'asset':'x','value':2}]}]}",
     "02", "{'x':2,'y':2}"},
};

static char *template_of(const char *statements)
{
    static char text[4096];

    snprintf(text, sizeof(text), "{'sense':[%s]}", statements);
    return text;
}

Test(translate, vectors)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        struct translated made = templates_try(template_of(v->statements), v->payload);
        char *json = templates_quoted(v->json);

        cr_expect(made.ok, "%s: %s", v->statements, made.result.failure);
        cr_expect_str_eq(made.json, json, "%s of %s: %s", v->statements, v->payload, made.json);
        cr_expect_str_eq(made.result.latitude, "");
        cr_expect_not(made.result.location_unusable);
        free(json);
    }
}

Test(translate, climate)
{
    struct template *t = templates_load("climate");
    struct translated made = templates_translate(t, "00 1A 00 37 00");

    cr_expect(made.ok);
    cr_expect_str_eq(made.json, "{\"Temperature\":26,\"Humidity\":55,\"Switch\":false}");
    made = templates_translate(t, "ff f6 00 64 01");
    cr_expect_str_eq(made.json, "{\"Temperature\":-10,\"Humidity\":100,\"Switch\":true}");
    template_free(t);
}

Test(translate, tracker)
{
    struct template *t = templates_load("tracker");
    struct translated made = templates_translate(t, "00 42 4b bc f9 40 de 98 1c 00 78");

    cr_expect(made.ok);
    cr_expect_str_eq(made.json, "{\"gps\":{\"lat\":50.934544,\"lon\":6.956068},\"speed\":120}");
    cr_expect_str_eq(made.result.latitude, "50.934544");
    cr_expect_str_eq(made.result.longitude, "6.956068");
    made = templates_translate(t, "01 ff ff ff");
    cr_expect(made.ok);
    cr_expect_str_eq(made.json, "{\"error\":\"unknown payload\"}");
    cr_expect_str_eq(made.result.latitude, "");
    cr_expect_not(made.result.location_unusable);
    template_free(t);
}

Test(translate, meter)
{
    struct template *t = templates_load("meter");
    struct translated made = templates_translate(t, "0a f0 01 00 39 30 00 00 6f 6b");

    cr_expect(made.ok, "%s", made.result.failure);
    cr_expect_str_eq(made.json, "{\"meter\":{\"serial\":\"0af001\",\"kind\":\"water\"},"
                                "\"alarm\":false,\"litres\":12345,\"note\":\"ok\"}");
    template_free(t);
}

/* Nothing of one evaluation is seen in the next, whatever became of it. */
Test(translate, evaluations_are_independent)
{
    struct template *t = templates_load("tracker");

    for (int i = 0; i < 3; i++) {
        struct translated made = templates_translate(t, "00 42 4b bc f9 40 de 98 1c 00 78");

        cr_expect(made.ok);
        made = templates_translate(t, "00 42 4b bc f9");
        cr_expect_not(made.ok);
        cr_expect_str_eq(made.result.failure, "asset \"gps.lon\": bytes 5 to 8 of a payload of 5");
        cr_expect_str_eq(made.result.latitude, "");
        made = templates_translate(t, "02");
        cr_expect_str_eq(made.json, "{\"error\":\"unknown payload\"}");
    }
    template_free(t);
}

Test(translate, failures)
{
    static const struct {
        const char *statements, *payload, *failure;
    } failures[] = {
        {"{'switch':{'byte':3,'type':'int'},'on':[]}", "00", "switch: byte 3 of a payload of 1"},
        {"{'asset':'gps.lat','value':{'byte':3,'bytelength':4,'type':'float'}}", "00 01 02 03",
         "asset \"gps.lat\": bytes 3 to 6 of a payload of 4"},
        /* although the value would be replaced */
        {"{'asset':'a','value':{'byte':3,'type':'int'}},{'asset':'a','value':1}", "00",
         "asset \"a\": byte 3 of a payload of 1"},
        {"{'asset':'a\\nb','value':{'byte':3,'type':'int'}}", "00",
         "asset \"a?b\": byte 3 of a payload of 1"},
        {"{'asset':'0123456789012345678901234567890123456789012345678901234567890123456789','value'"
         ":"
         "{'byte':0,'endbyte':-2147483647,'type':'string'}}",
         "00",
         "asset \"0123456789012345678901234567890123456789012345678901234567890123\": "
         "no bytes between byte 0 and endbyte -2147483647 in a payload of 1"},
    };

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct translated made =
            templates_try(template_of(failures[i].statements), failures[i].payload);

        cr_expect_not(made.ok, "%s", made.json);
        cr_expect_str_eq(made.result.failure, failures[i].failure, "%s", made.result.failure);
    }
}

#define LOCATION(latitude, longitude)                                                              \
    "{'asset':'lat','value':" latitude ",'custom_type':'location_lat'},"                           \
    "{'asset':'lon','value':" longitude ",'custom_type':'location_long'}"

Test(translate, locations)
{
    static const char single[] = "{'byte':0,'bytelength':4,'type':'float'}";
    static const struct {
        const char *statements, *payload, *latitude, *longitude;
        bool unusable;
    } locations[] = {
        {LOCATION("50.1", "-180"), "", "50.1", "-180", false},
        {LOCATION("-9e1", "1e-3"), "", "-90", "0.001", false},
        {LOCATION("90.1", "1"), "", "", "", true},
        {LOCATION("1", "-180.5"), "", "", "", true},
        {LOCATION("'50.1'", "1"), "", "", "", true},
        {LOCATION("null", "1"), "", "", "", true},
        {"{'asset':'lat','value':1,'custom_type':'location_lat'}", "", "", "", true},
        {"{'asset':'lon','value':1,'custom_type':'location_long'}", "", "", "", true},
        {"{'asset':'lat','value':1,'custom_type':'location'}", "", "", "", false},
        {LOCATION("1", "2") "," LOCATION("3", "4"), "", "3", "4", false},
        {LOCATION("1", "2") ",{'asset':'lat','value':3}", "", "", "", true},
        /* the last one of the output */
        {LOCATION("1", "2") ",{'asset':'other','value':3,'custom_type':'location_lat'}", "", "3",
         "2", false},
        {LOCATION("{'byte':0,'type':'int'}", "{'byte':1,'type':'int'}"), "a6 80", "-90", "-128",
         false},
        {LOCATION("{'byte':0,'type':'int'}", "{'byte':1,'type':'int'}"), "a5 80", "", "", true},
    };
    char text[512];
    struct translated made;

    for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
        made = templates_try(template_of(locations[i].statements), locations[i].payload);
        cr_expect(made.ok, "%s", made.result.failure);
        cr_expect_str_eq(made.result.latitude, locations[i].latitude, "%s",
                         locations[i].statements);
        cr_expect_str_eq(made.result.longitude, locations[i].longitude, "%s",
                         locations[i].statements);
        cr_expect_eq(made.result.location_unusable, locations[i].unusable, "%s",
                     locations[i].statements);
    }
    snprintf(text, sizeof(text),
             "{'asset':'lat','value':%s,'custom_type':'location_lat'},"
             "{'asset':'lon','value':0,'custom_type':'location_long'}",
             single);
    made = templates_try(template_of(text), "33 d6 bf 95"); /* 1e-7 */
    cr_expect_str_eq(made.json, "{\"lat\":1e-7,\"lon\":0}");
    cr_expect_str_eq(made.result.latitude, "0.0000001");
    made = templates_try(template_of(text), "7f c0 00 00");
    cr_expect(made.ok && made.result.location_unusable);
}

/* Whatever the room: the whole JSON or a failure, and nothing behind the room. */
Test(translate, room)
{
    struct template *t = templates_load("tracker");
    const uint8_t payload[] = {0x00, 0x42, 0x4b, 0xbc, 0xf9, 0x40, 0xde, 0x98, 0x1c, 0x00, 0x78};
    struct template_result result;
    size_t needed = strlen("{\"gps\":{\"lat\":50.934544,\"lon\":6.956068},\"speed\":120}");

    for (size_t room = 0; room <= needed; room++) {
        uint8_t *buffer = malloc(room ? room : 1);
        struct writer w = writer_over(buffer, room);
        bool ok = template_translate(t, payload, sizeof(payload), &w, &result);

        cr_expect_eq(ok, room == needed);
        cr_expect_str_eq(result.failure, ok ? "" : "the JSON is too long");
        cr_expect_eq(result.latitude[0] != 0, ok);
        free(buffer);
    }
    template_free(t);
}

/* What the caller's buffer has already stays. */
Test(translate, appends)
{
    struct template *t = templates_load("tracker");
    char text[200] = "";
    struct writer w = writer_over(text, sizeof(text));
    const uint8_t payload[] = {0x00, 0x42, 0x4b, 0xbc, 0xf9, 0x40, 0xde, 0x98, 0x1c, 0x00, 0x78};
    struct template_result result;

    writer_literal(&w, "before ");
    cr_expect(template_translate(t, payload, sizeof(payload), &w, &result));
    cr_expect_str_eq(text, "before {\"gps\":{\"lat\":50.934544,\"lon\":6.956068},\"speed\":120}");
    cr_expect_str_eq(result.latitude, "50.934544");
    template_free(t);
}
