#include "loadtest/report/escape.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define FFFD "\357\277\275"

static void expect(void (*escape)(FILE *to, const char *text), const char *text,
                   const char *expected)
{
    char *written = NULL;
    size_t size;
    FILE *to = open_memstream(&written, &size);

    escape(to, text);
    fclose(to);
    cr_assert_str_eq(written, expected);
    free(written);
}

Test(escape, html)
{
    expect(escape_html, "<a href=\"x\" b='y'>&amp;</a>",
           "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    expect(escape_html, "a\tb\nc", "a b c");
    expect(escape_html, "\001\037\177", FFFD FFFD FFFD);
    expect(escape_html, "", "");
}

Test(escape, json)
{
    expect(escape_json, "a\"b\\c", "\"a\\\"b\\\\c\"");
    expect(escape_json, "\n\001\177", "\"\\u000a\\u0001\\u007f\"");
    expect(escape_json, "</script>", "\"</script>\"");
    expect(escape_json, "", "\"\"");
}

/* RFC 3629 §3 and §4 */
Test(escape, what_is_utf8_stays_and_the_rest_is_replaced)
{
    expect(escape_html, "\303\251\342\202\254\360\237\230\200",
           "\303\251\342\202\254\360\237\230\200");
    expect(escape_html, "\377a\200", FFFD "a" FFFD);
    expect(escape_html, "\303", FFFD);                            /* cut off */
    expect(escape_html, "\342\202<", FFFD FFFD "&lt;");           /* hides no bracket */
    expect(escape_html, "\300\274", FFFD FFFD);                   /* an overlong '<' */
    expect(escape_html, "\340\200\274", FFFD FFFD FFFD);          /* and another */
    expect(escape_html, "\355\240\200", FFFD FFFD FFFD);          /* a surrogate */
    expect(escape_html, "\364\220\200\200", FFFD FFFD FFFD FFFD); /* beyond U+10FFFF */
}
