#include "tests/unit/energy_saver/templates.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text with @ before what is wrong with it, and why it is wrong. */
struct vector {
    const char *text;
    const char *reason;
};

/* A selector, within a template around it. */
#define VALUE(selector) "{'sense':[{'asset':'a','value':" selector "}]}"

/* A case of a switch. */
#define CASE(selector, value)                                                                      \
    "{'sense':[{'switch':{'byte':0," selector "},'on':[{'case':" value ",'do':[]}]}]}"

#define ON(entries) "{'sense':[{'switch':{'byte':0,'type':'int'},'on':" entries "}]}"

static const struct vector problems[] = {
    /* template */
    {"@[]", "a template is a JSON object"},
    {"@'x'", "a template is a JSON object"},
    {"@{}", "the template has no \"sense\""},
    {" \n\t@{'Sense':[]}", "the template has no \"sense\""},
    {"{'sense':@{}}", "a block is a list of statements"},
    {"{'x':'\xc3\xa9\xe2\x82\xac','sense':@null}", "a block is a list of statements"},
    {"{'n':{'sense':1},\n'sense':\n  @1}", "a block is a list of statements"},
    /* statements */
    {"{'sense':[@1]}", "a statement is an object with \"asset\" or \"switch\""},
    {"{'sense':[[],[[]],@'x']}", "a statement is an object with \"asset\" or \"switch\""},
    {"{'sense':[@{}]}", "a statement has either \"asset\" or \"switch\""},
    {"{'sense':[[@{'value':1}]]}", "a statement has either \"asset\" or \"switch\""},
    {"{'sense':[@{'asset':'a','switch':{}}]}", "a statement has either \"asset\" or \"switch\""},
    /* mappings */
    {"{'sense':[{'asset':@1,'value':1}]}", "\"asset\" is a string"},
    {"{'sense':[{'asset':@null}]}", "\"asset\" is a string"},
    {"{'sense':[@{'asset':'a'}]}", "the mapping has no \"value\""},
    {"{'sense':[{'asset':@'','value':1}]}",
     "\"asset\" is one name or more, with single dots between them"},
    {"{'sense':[{'asset':@'.','value':1}]}",
     "\"asset\" is one name or more, with single dots between them"},
    {"{'sense':[{'asset':@'a.','value':1}]}",
     "\"asset\" is one name or more, with single dots between them"},
    {"{'sense':[{'asset':@'a..b','value':1}]}",
     "\"asset\" is one name or more, with single dots between them"},
    {"{'sense':[{'asset':@'a.b.c.d.e.f.g.h.i','value':1}]}",
     "\"asset\" has more than 8 names with dots between them"},
    {"{'sense':[{'asset':@'a\\u0000b','value':1}]}", "\"asset\" cannot have \\u0000 in it"},
    {"{'sense':[{'asset':'a','value':1},\n{'asset':@'a.b','value':1}]}",
     "a part of \"a.b\" is an asset with a value of its own"},
    {"{'sense':[{'asset':'a.b.c','value':1},\n {'asset':@'a.b','value':1}]}",
     "\"a.b\" has other assets in it, so it can have no value"},
    {"{'sense':[{'asset':'a','value':@[]}]}",
     "\"value\" is a selector, a string, a number, true, false or null"},
    {"{'sense':[{'asset':'a','value':1,'custom_type':@1}]}", "\"custom_type\" is a string"},
    /* selectors */
    {VALUE("@{'byte':0}"), "the selector has no \"type\""},
    {VALUE("{'byte':0,'type':@'INT'}"),
     "\"type\" is one of int, uint, float, boolean, string and hex"},
    {VALUE("{'byte':0,'type':@3}"), "\"type\" is one of int, uint, float, boolean, string and hex"},
    {VALUE("{'byte':0,'type':'int','byteorder':@'middle'}"),
     "\"byteorder\" is \"big\" or \"little\""},
    {VALUE("{'byte':0,'type':'int','byteorder':@null}"), "\"byteorder\" is \"big\" or \"little\""},
    {VALUE("@{'type':'int'}"), "the selector has neither \"byte\" nor \"endbyte\""},
    {VALUE("{'byte':@-1,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@2147483648,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@99999999999999999999999,'type':'int'}"),
     "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@1.0,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@1e1,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@'1','type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':@null,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'byte':0,'endbyte':@1,'type':'hex'}"),
     "\"endbyte\" is a whole number from -2147483647 to 0"},
    {VALUE("{'endbyte':@-2147483648,'type':'hex'}"),
     "\"endbyte\" is a whole number from -2147483647 to 0"},
    {VALUE("{'byte':0,'bytelength':@0,'type':'hex'}"),
     "\"bytelength\" is a whole number from 1 to 2147483647"},
    {VALUE("{'byte':0,'bytelength':@-4,'type':'hex'}"),
     "\"bytelength\" is a whole number from 1 to 2147483647"},
    {VALUE("{'byte':0,'bytelength':@3,'type':'int'}"), "\"bytelength\" is 3; int has 1, 2, 4 or 8"},
    {VALUE("{'byte':0,'bytelength':@16,'type':'uint'}"),
     "\"bytelength\" is 16; uint has 1, 2, 4 or 8"},
    {VALUE("{'byte':0,'bytelength':@2,'type':'float'}"), "\"bytelength\" is 2; float has 4 or 8"},
    {VALUE("@{'byte':0,'type':'float'}"),
     "\"bytelength\" is 1 where it is not given; float has 4 or 8"},
    {VALUE("{'byte':0,'endbyte':0,'bytelength':@4,'type':'hex'}"),
     "a range, from \"byte\" to \"endbyte\", takes no \"bytelength\""},
    {VALUE("@{'endbyte':0,'type':'hex'}"),
     "from \"endbyte\" on, \"bytelength\" reaches beyond the end"},
    {VALUE("{'endbyte':-2,'bytelength':@3,'type':'hex'}"),
     "from \"endbyte\" on, \"bytelength\" reaches beyond the end"},
    /* the key is found behind escapes, and behind others that contain it */
    {VALUE("{'by\\u0074e':@-1,'type':'int'}"), "\"byte\" is a whole number from 0 to 2147483647"},
    {VALUE("{'x':{'byte':1},'byte2':[{'byte':2}],'y':'\\'byte\\':3','byte':@-1,'type':'int'}"),
     "\"byte\" is a whole number from 0 to 2147483647"},
    /* switches */
    {"{'sense':[{'switch':@1,'on':[]}]}", "a selector is an object"},
    {"{'sense':[@{'switch':{'byte':0,'type':'int'}}]}", "the switch has no \"on\""},
    {ON("@{}"), "\"on\" is a list of cases"},
    {ON("[@1]"), "an entry of \"on\" is an object"},
    {ON("[@{'do':[]}]"), "an entry of \"on\" has either a \"case\" or a \"default\""},
    {ON("[@{'case':1,'default':true,'do':[]}]"),
     "an entry of \"on\" has either a \"case\" or a \"default\""},
    {ON("[{'default':@false,'do':[]}]"), "\"default\" is true"},
    {ON("[{'default':true,'do':[]},{'case':1,'do':[]},{'default':@true,'do':[]}]"),
     "the switch has a \"default\" already"},
    {ON("[{'case':1,'do':[]},@{'case':2}]"), "the entry of \"on\" has no \"do\""},
    {ON("[@{'default':true}]"), "the entry of \"on\" has no \"do\""},
    {ON("[{'case':1,'do':@{}}]"), "a block is a list of statements"},
    /* cases */
    {CASE("'type':'int'", "@128"), "\"case\" of this int is a whole number from -128 to 127"},
    {CASE("'type':'int'", "@-129"), "\"case\" of this int is a whole number from -128 to 127"},
    {CASE("'type':'int'", "@1.5"), "\"case\" of this int is a whole number from -128 to 127"},
    {CASE("'type':'int'", "@'1'"), "\"case\" of this int is a whole number from -128 to 127"},
    {CASE("'type':'int','bytelength':8", "@9223372036854775808"),
     "\"case\" of this int is a whole number from -9223372036854775808 to 9223372036854775807"},
    {CASE("'type':'uint'", "@-1"), "\"case\" of this uint is a whole number from 0 to 255"},
    {CASE("'type':'uint'", "@256"), "\"case\" of this uint is a whole number from 0 to 255"},
    {CASE("'type':'uint'", "@true"), "\"case\" of this uint is a whole number from 0 to 255"},
    {CASE("'type':'uint','bytelength':2", "@65536"),
     "\"case\" of this uint is a whole number from 0 to 65535"},
    {CASE("'type':'uint','bytelength':8", "@18446744073709551616"),
     "\"case\" of this uint is a whole number from 0 to 18446744073709551615"},
    {CASE("'type':'uint','endbyte':0", "@18446744073709551616"),
     "\"case\" of this uint is a whole number from 0 to 18446744073709551615"},
    {CASE("'type':'float','bytelength':4", "@'1'"), "\"case\" of a float is a number"},
    {CASE("'type':'float','bytelength':4", "@3.4028236e38"),
     "\"case\" is no number that a float of 4 bytes can have"},
    {CASE("'type':'float','bytelength':4", "@-1e39"),
     "\"case\" is no number that a float of 4 bytes can have"},
    {CASE("'type':'boolean'", "@1"), "\"case\" of a boolean is true or false"},
    {CASE("'type':'string'", "@1"), "\"case\" of a string is a string"},
    {CASE("'type':'string','bytelength':2", "@'abc'"), "\"case\" has 3 bytes, the selector 2"},
    {CASE("'type':'hex'", "@1"), "\"case\" of a hex is a string"},
    {CASE("'type':'hex'", "@'xy'"), "\"case\" of a hex is pairs of hexadecimal digits"},
    {CASE("'type':'hex'", "@'abc'"), "\"case\" of a hex is pairs of hexadecimal digits"},
    {CASE("'type':'hex','endbyte':0", "@''"), "\"case\" of a hex is pairs of hexadecimal digits"},
    {CASE("'type':'hex'", "@'abcd'"), "\"case\" has 2 bytes, the selector 1"},
    {CASE("'type':'int'", "@null"), "\"case\" of this int is a whole number from -128 to 127"},
};

/* What jansson refuses, where it had read to then. */
static const struct {
    const char *text;
    unsigned line, column;
    const char *reason;
} syntax[] = {
    {"", 1, 1, "the text ends within the template"},
    {"{'sense':[\n", 2, 1, "the text ends within the template"},
    {"{'sense':[]}}", 1, 13, "there is more text behind the template near '}'"},
    {"{'sense' []}", 1, 10, "no valid JSON: ':' expected near '['"},
    {"{'sense':[\n  1,\n  2,]\n}", 3, 5, "no valid JSON: unexpected token near ']'"},
    {"{'sense':[foo]}", 1, 13, "no valid JSON: invalid token near 'foo'"},
    {"{'a':1,\n 'b':2,\n 'a':3}", 3, 4, "the key is there already near '\"a\"'"},
    {"{'a':1e999}", 1, 10, "the number is too large near '1e999'"},
    {"{'\xc3\xa9':\xff}", 1, 5, "this is no UTF-8"},
    {"{'a':'x\x1by'}", 1, 7, "no valid JSON: control character 0x1b near '\"x'"},
    {"{'\\u0000':1}", 1, 9, "a key cannot have \\u0000 in it near '\"\\u0000\"'"},
};

/* Where the @ is, which goes. */
static void take_marker(char *text, unsigned *line, unsigned *column)
{
    char *marker = strchr(text, '@');

    *line = *column = 1;
    for (const char *c = text; c < marker; c++) {
        *line += *c == '\n';
        *column = *c == '\n' ? 1 : *column + ((*c & 0xc0) != 0x80);
    }
    memmove(marker, marker + 1, strlen(marker));
}

static void expect_refused(const char *text, size_t length, unsigned line, unsigned column,
                           const char *reason)
{
    struct template_problem p = {0};
    struct template *t;

    cr_expect_eq(template_compile(&t, text, length, &p), -EINVAL, "%s", text);
    cr_expect_null(t);
    cr_expect_str_eq(p.reason, reason, "%s: %s", text, p.reason);
    cr_expect(p.line == line && p.column == column, "%s: %u:%u", text, p.line, p.column);
}

Test(compile, problems)
{
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        char *text = templates_quoted(problems[i].text);
        unsigned line, column;

        take_marker(text, &line, &column);
        expect_refused(text, strlen(text), line, column, problems[i].reason);
        free(text);
    }
}

/* The marker's place is counted by the test itself: so here are some in figures. */
Test(compile, lines_and_columns)
{
    static const char third_line[] =
        "{\n \"sense\": [\n  {\"asset\": \"\xc3\xa9\xe2\x82\xac\", \"value\": []}]}";

    expect_refused("[]", 2, 1, 1, "a template is a JSON object");
    expect_refused("{\"sense\":1}", 11, 1, 10, "a block is a list of statements");
    expect_refused(third_line, strlen(third_line), 3, 28,
                   "\"value\" is a selector, a string, a number, true, false or null");
}

Test(compile, syntax)
{
    for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++) {
        char *text = templates_quoted(syntax[i].text);

        expect_refused(text, strlen(text), syntax[i].line, syntax[i].column, syntax[i].reason);
        free(text);
    }
}

Test(compile, what_is_no_text)
{
    expect_refused(NULL, 0, 1, 1, "the text ends within the template");
    expect_refused("{\"sense\":[]}\0", 13, 1, 1, "there is a byte 0 in the template");
}

/* A template of a given length, by way of a comment. */
static char *long_template(size_t length)
{
    static const char start[] = "{\"comment\":\"", end[] = "\",\"sense\":[]}";
    char *text = malloc(length);

    memset(text, 'x', length);
    memcpy(text, start, strlen(start));
    memcpy(text + length - strlen(end), end, strlen(end));
    return text;
}

Test(compile, size)
{
    char *text = long_template(TEMPLATE_TEXT_MAX + 1);
    struct template_problem problem;
    struct template *t;

    expect_refused(text, TEMPLATE_TEXT_MAX + 1, 1, 1, "the template is longer than 64 KiB");
    free(text);
    text = long_template(TEMPLATE_TEXT_MAX);
    cr_expect_eq(template_compile(&t, text, TEMPLATE_TEXT_MAX, &problem), 0);
    template_free(t);
    free(text);
}

/* `depth` blocks within each other, by arrays or by switches in turn. */
static int compile_nested(unsigned depth, bool with_switches, struct template_problem *problem)
{
    static const char open[] =
        "[{\"switch\":{\"byte\":0,\"type\":\"int\"},\"on\":[{\"case\":1,\"do\":";
    char text[8192] = "{\"sense\":";
    struct template *t;
    int result;

    for (unsigned i = 1; i < depth; i++)
        strcat(text, with_switches && i % 2 ? open : "[");
    strcat(text, "[]");
    for (unsigned i = depth - 1; i > 0; i--)
        strcat(text, with_switches && i % 2 ? "}]}]" : "]");
    strcat(text, "}");
    result = template_compile(&t, text, strlen(text), problem);
    template_free(t);
    return result;
}

Test(compile, depth)
{
    struct template_problem problem;

    for (int with_switches = 0; with_switches <= 1; with_switches++) {
        cr_expect_eq(compile_nested(32, with_switches, &problem), 0, "%s", problem.reason);
        cr_expect_eq(compile_nested(33, with_switches, &problem), -EINVAL);
        cr_expect_str_eq(problem.reason, "blocks within blocks: more than 32");
        cr_expect_eq(compile_nested(100, with_switches, &problem), -EINVAL);
    }
    cr_expect_eq(problem.line, 1);
}

/* A long name is cut, between characters, and control characters are not shown. */
Test(compile, reasons_can_be_shown)
{
    char text[1024] = "{\"sense\":[{\"asset\":\"x\",\"value\":1},{\"asset\":\"x.\\n";
    struct template_problem problem;
    struct template *t;

    for (int i = 0; i < 100; i++)
        strcat(text, "\xe2\x82\xac");
    strcat(text, "\",\"value\":1}]}");
    cr_expect_eq(template_compile(&t, text, strlen(text), &problem), -EINVAL);
    cr_expect_eq(strncmp(problem.reason, "a part of \"x.?\xe2\x82\xac", 16), 0, "%s",
                 problem.reason);
    cr_expect(strstr(problem.reason, "\xe2\x82\xac\" is an asset"), "%s", problem.reason);
}

Test(compile, what_is_tolerated)
{
    static const char *const texts[] = {
        "{'sense':[]}",
        "{'sense':[[],[[]]]}",
        "\xef\xbb\xbf{'sense':[]}",
        "\r\n\t {'name':1,'comment':null,'version':{},'else':[1,2],'sense':[]} \n",
        "{'sense':[{'asset':'a','value':1,'custom_type':'other','comment':3}]}",
        "{'sense':[{'asset':'a.b.c.d.e.f.g.h','value':1}]}",
        "{'\\u0073ense':[{'asset':'a','value':{'byte':0,'endbyte':-2147483647,'type':'int'}}]}",
        CASE("'type':'int','bytelength':8", "-9223372036854775808"),
        CASE("'type':'uint','bytelength':8", "18446744073709551615"),
        CASE("'type':'float','bytelength':4", "-3.4028235e38"), /* as the least one is written */
        CASE("'type':'float','bytelength':8", "1e300"),
        CASE("'type':'float','endbyte':0", "1e300"),
        CASE("'type':'string','endbyte':0", "''"),
        ON("[]"),
        ON("[{'default':true,'do':[]},{'case':1,'do':[]},{'case':1,'do':[]}]"),
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        template_free(templates_compile(texts[i]));
    template_free(NULL);
}
