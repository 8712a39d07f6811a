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
    {"{'sense':[{'asset':@'','value':1}]}", "\"asset\" is names with single dots between them"},
    {"{'sense':[{'asset':@'.','value':1}]}", "\"asset\" is names with single dots between them"},
    {"{'sense':[{'asset':@'a.','value':1}]}", "\"asset\" is names with single dots between them"},
    {"{'sense':[{'asset':@'a..b','value':1}]}", "\"asset\" is names with single dots between them"},
    {"{'sense':[{'asset':@'a.b.c.d.e.f.g.h.i','value':1}]}",
     "\"asset\" has more than 8 names with dots between them"},
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
    {CASE("'type':'float','bytelength':4", "@1e39"),
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

static const struct vector syntax[] = {
    {"@", "no valid JSON: '[' or '{' expected near end of file"},
    {"{'sense':[]@}}", "there is more text behind the template near '}'"},
    {"{'sense'@ []}", "no valid JSON: ':' expected near '['"},
    {"{'sense':[\n  1,\n  2@,]\n}", "no valid JSON: unexpected token near ']'"},
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

static void expect_problem(const struct vector *v, bool exact)
{
    char *text = templates_quoted(v->text);
    struct template_problem problem = {0};
    struct template *t;
    unsigned line, column;

    take_marker(text, &line, &column);
    cr_expect_eq(template_compile(&t, text, strlen(text), &problem), -EINVAL, "%s", v->text);
    cr_expect_null(t);
    cr_expect_str_eq(problem.reason, v->reason, "%s: %s", v->text, problem.reason);
    cr_expect_eq(problem.line, line, "%s: line %u", v->text, problem.line);
    if (exact)
        cr_expect_eq(problem.column, column, "%s: column %u", v->text, problem.column);
    free(text);
}

Test(compile, problems)
{
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
        expect_problem(&problems[i], true);
}

Test(compile, syntax)
{
    for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
        expect_problem(&syntax[i], false);
}
