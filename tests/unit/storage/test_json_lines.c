#include "storage/json_lines.h"
#include "tests/unit/storage/temp_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Reads `text` and gives each object as "LINE name=value name=[a,b];", each error as "LINE !why;".
 */
static char *read_bytes(const char *text, size_t length)
{
    struct json_lines *j = calloc(1, sizeof(*j));
    struct temp_file file;
    char *seen = NULL;
    size_t size;
    FILE *to = open_memstream(&seen, &size);
    int result;

    cr_assert_eq(temp_file_write(&file, text, length), 0);
    cr_assert_eq(json_lines_open(j, file.path), 0);
    while ((result = json_lines_next(j)) > 0) {
        fprintf(to, "%u", j->line);
        for (unsigned i = 0; i < j->count && result == JSON_LINES_OBJECT; i++)
            fprintf(to, j->members[i].is_array ? " %s=[%s]" : " %s=%s", j->members[i].name,
                    j->members[i].value);
        fprintf(to, "%s%s;", result == JSON_LINES_MALFORMED ? " !" : "",
                result == JSON_LINES_MALFORMED ? j->error : "");
    }
    cr_expect_eq(result, JSON_LINES_END);
    json_lines_close(j);
    temp_file_remove(&file);
    fclose(to);
    free(j);
    return seen;
}

static void expect(const char *text, const char *expected)
{
    char *seen = read_bytes(text, strlen(text));

    cr_expect_str_eq(seen, expected, "%s gave %s", text, seen);
    free(seen);
}

Test(json_lines, objects_and_lines)
{
    expect("", "");
    expect("\n \t\r\n\n", "");
    expect("{}", "1;");
    expect("{}\r\n\n{\"a\":\"b\"}", "1;3 a=b;");
    expect("\xef\xbb\xbf{\"a\":\"b\"}\n\xef\xbb\xbf{}", "1 a=b;2 !not an object;");
    expect(" { \"a\" : \"b\" , \"c\" : \"d\" } \n", "1 a=b c=d;");
}

Test(json_lines, values)
{
    expect("{\"a\":null,\"b\":true,\"c\":false,\"d\":\"\"}", "1 a= b=true c=false d=;");
    expect("{\"a\":[],\"b\":[\"x\"],\"c\":[ \"x\" , \"y\" ]}", "1 a=[] b=[x] c=[x,y];");
    expect("{\"a\":8988280666000002864,\"b\":-0.50,\"c\":0,\"d\":13.4049540}",
           "1 a=8988280666000002864 b=-0.50 c=0 d=13.4049540;");
}

Test(json_lines, texts)
{
    expect("{\"\\u0061\\n\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "1 a\n=\"\\/\b\f\n\r\t;");
    expect("{\"a\":\"\\u00e4\\u20ac\\ud83d\\ude00\xc3\xa4\"}",
           "1 a=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4;");
    expect("{\"a\":\"\\u00E4\\uABCD\\uabcd\"}", "1 a=\xc3\xa4\xea\xaf\x8d\xea\xaf\x8d;");
}

Test(json_lines, what_is_wrong)
{
    static const char *const wrong[] = {"{",
                                        "{\"a\"",
                                        "{\"a\":",
                                        "{\"a\":}",
                                        "{\"a\":1",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{a:1}",
                                        "[]",
                                        "1",
                                        "x",
                                        "{}x",
                                        "{}{}",
                                        "{\"a\":\"",
                                        "{\"a\":\"\\",
                                        "{\"a\":\"\\u",
                                        "{\"a\":\"\\u12\"}",
                                        "{\"a\":\"\\u12g4\"}",
                                        "{\"a\":\"\\x\"}",
                                        "{\"a\":\"\\u0000\"}",
                                        "{\"a\":\"\\ud800\"}",
                                        "{\"a\":\"\\ud800\\u0041\"}",
                                        "{\"a\":\"\\udc00\"}",
                                        "{\"a\":\"\t\"}",
                                        "{\"a\":01}",
                                        "{\"a\":-}",
                                        "{\"a\":1.}",
                                        "{\"a\":.5}",
                                        "{\"a\":1e5}",
                                        "{\"a\":+1}",
                                        "{\"a\":nul}",
                                        "{\"a\":TRUE}",
                                        "{\"a\":{}}",
                                        "{\"a\":[1]}",
                                        "{\"a\":[\"x\"}",
                                        "{\"a\":[\"x\",]}",
                                        "{\"a\":[\"x,y\"]}",
                                        "{\"a\":[\"\"]}",
                                        "{\"a\":[[]]}",
                                        "{\"a\" 1}",
                                        "{\"a\":1 \"b\":2}"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char text[64], *seen;

        snprintf(text, sizeof(text), "%s\n{\"b\":1}\n", wrong[i]);
        seen = read_bytes(text, strlen(text));
        cr_expect(strncmp(seen, "1 !", 3) == 0 && strstr(seen, ";2 b=1;"), "%s gave %s", wrong[i],
                  seen);
        free(seen);
    }
}

Test(json_lines, nul_bytes)
{
    static const char text[] = "{\"a\":\"\0\"}\n{\"a\0\":1}\n\0{}\n{}\n";
    char *seen = read_bytes(text, sizeof(text) - 1);

    cr_expect_str_eq(seen, "1 !a control character in a text;2 !a control character in a text;"
                           "3 !not an object;4;");
    free(seen);
}

Test(json_lines, limits)
{
    static char text[8192];
    char *seen;

    snprintf(text, sizeof(text), "{\"a\":\"%04000d\"}", 0);
    seen = read_bytes(text, strlen(text));
    cr_expect_eq(strlen(seen), strlen("1 a=;") + 4000);
    free(seen);
    snprintf(text, sizeof(text), "{\"a\":\"%04096d\"}\n{}", 0);
    expect(text, "1 !the line has more than 4096 bytes;2;");
    strcpy(text, "{\"a\":1");
    for (unsigned i = 0; i < 32; i++)
        strcat(text, ",\"a\":1");
    strcat(text, "}");
    expect(text, "1 !the object has more than 32 members;");
}
