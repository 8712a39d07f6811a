#include "tests/unit/coap/message_builder.h"
#include "workers/resources/topic.h"

#include <criterion/criterion.h>

/* The topic of a request with these queries, NULL for none: its text, or "4.00". */
static const char *topic_of(const char *uri, const char *second, const char *location)
{
    static char text[TOPIC_MAX + 1];
    static struct built_message b;
    struct coap_message m;
    struct coap_text topic;

    b = build_message(COAP_CON, COAP_POST, 1, "");
    if (uri)
        build_option_text(&b, COAP_OPTION_URI_QUERY, uri);
    if (second)
        build_option_text(&b, COAP_OPTION_URI_QUERY, second);
    if (location)
        build_option_text(&b, COAP_OPTION_LOCATION_QUERY, location);
    m = built_parse(&b);
    if (!topic_read(&topic, &m))
        return "4.00";
    memcpy(text, topic.bytes ? (const char *)topic.bytes : "", topic.length);
    text[topic.length] = 0;
    return text;
}

Test(topic, comes_from_either_query_option)
{
    cr_assert_str_eq(topic_of(NULL, NULL, NULL), "");
    cr_assert_str_eq(topic_of("t=a/b_C9", NULL, NULL), "a/b_C9");
    cr_assert_str_eq(topic_of(NULL, NULL, "t=a"), "a");
    cr_assert_str_eq(topic_of("x=1", "t=a", NULL), "a", "other queries are let be");
    cr_assert_str_eq(topic_of("topic=a", "T=b", NULL), "");
    cr_assert_str_eq(topic_of("", NULL, NULL), "");
}

Test(topic, is_given_once)
{
    cr_assert_str_eq(topic_of("t=a", "t=a", "t=a"), "a", "or the same again");
    cr_assert_str_eq(topic_of("t=a", "t=b", NULL), "4.00");
    cr_assert_str_eq(topic_of("t=a", NULL, "t=b"), "4.00");
    cr_assert_str_eq(topic_of("t=a", NULL, "t=ab"), "4.00");
}

Test(topic, has_no_empty_level)
{
    cr_assert_str_eq(topic_of("t=/a", NULL, NULL), "a");
    cr_assert_str_eq(topic_of("t=a/", NULL, NULL), "a");
    cr_assert_str_eq(topic_of("t=/a/b/", NULL, NULL), "a/b");
    cr_assert_str_eq(topic_of("t=a//b", NULL, NULL), "4.00");
    cr_assert_str_eq(topic_of("t=//a", NULL, NULL), "4.00");
    cr_assert_str_eq(topic_of("t=/", NULL, NULL), "4.00");
    cr_assert_str_eq(topic_of("t=", NULL, NULL), "4.00");
    cr_assert_str_eq(topic_of("t", NULL, NULL), "4.00");
}

Test(topic, has_letters_digits_underscores_and_slashes)
{
    char query[] = "t=a?b";

    for (unsigned c = 1; c < 256; c++) {
        bool legal = (c < 128 && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_/",
                                        (int)c));

        query[3] = (char)c;
        cr_assert_eq(strcmp(topic_of(query, NULL, NULL), "4.00") != 0, legal, "character %u", c);
    }
}

Test(topic, has_up_to_253_characters)
{
    char query[2 + TOPIC_MAX + 2] = "t=";

    memset(query + 2, 'a', TOPIC_MAX);
    cr_assert_eq(strlen(topic_of(query, NULL, NULL)), TOPIC_MAX);
    query[2 + TOPIC_MAX] = 'a';
    cr_assert_str_eq(topic_of(query, NULL, NULL), "4.00");
}

static const struct device device = {.iccid = "8988280666000002864", .imsi = "901405100002864"};
static const struct device without_imsi = {.iccid = "8988280666000002864"};

static const char *expand(const char *template, const char *fallback, const struct device *d,
                          const char *given)
{
    static char text[1024];
    struct coap_text topic = {(const uint8_t *)given, (uint32_t)strlen(given)};
    struct writer w = writer_over(text, sizeof(text));
    struct topic_template t;

    cr_assert_null(topic_template_init(&t, template, fallback));
    topic_expand(&t, &w, d, &topic);
    writer_terminate(&w);
    cr_assert_not(w.failed);
    cr_assert_leq(writer_length(&w), t.longest);
    return text;
}

Test(topic_template, puts_values_in)
{
    cr_assert_str_eq(expand("{iccid}/{t}", "", &device, "a/b"), "8988280666000002864/a/b");
    cr_assert_str_eq(expand("x/{imsi}/{t}/y", "", &device, "a"), "x/901405100002864/a/y");
    cr_assert_str_eq(expand("{t}", "else", &device, "a"), "a");
}

Test(topic_template, leaves_out_empty_levels)
{
    cr_assert_str_eq(expand("{iccid}/{t}", "", &device, ""), "8988280666000002864");
    cr_assert_str_eq(expand("x/{t}/y", "", &device, ""), "x/y");
    cr_assert_str_eq(expand("/x//{imsi}/{t}/", "", &without_imsi, "a"), "x/a");
    cr_assert_str_eq(expand("{t}", "else", &device, ""), "else");
    cr_assert_str_eq(expand("{imsi}", "else", &without_imsi, "a"), "else");
}

Test(topic_template, knows_how_long_it_can_become)
{
    char topic[TOPIC_MAX + 1] = "";

    memset(topic, 'a', TOPIC_MAX);
    cr_assert_eq(strlen(expand("{t}/{t}/{t}", "else", &device, topic)), 3 * TOPIC_MAX + 2);
}

static bool is_refused(const char *template, const char *fallback)
{
    struct topic_template t;

    return topic_template_init(&t, template, fallback) != NULL;
}

Test(topic_template, is_checked)
{
    char longest[TOPIC_TEMPLATE_MAX + 2] = "";

    memset(longest, 'a', TOPIC_TEMPLATE_MAX);
    cr_assert_not(is_refused(longest, ""));
    longest[TOPIC_TEMPLATE_MAX] = 'a';
    cr_assert(is_refused(longest, ""));
    cr_assert(is_refused("{t}", ""), "it can become empty");
    cr_assert(is_refused("{imsi}/{t}", ""));
    cr_assert(is_refused("a/+", ""));
    cr_assert(is_refused("a/#", ""));
    cr_assert(is_refused("{name}", ""));
    cr_assert(is_refused("{t}", "a/#"));
}
