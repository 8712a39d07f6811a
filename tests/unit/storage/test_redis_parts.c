/* The Redis store's parts that need no Redis: replies, changes, addresses to choose from. */
#include "storage/redis/changes.h"
#include "storage/redis/reply.h"
#include "storage/redis/setup.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A reader that builds its replies in a place, as a session's does. */
struct reading {
    redisReader *reader;
    struct reply_place place;
};

static void begin(struct reading *r)
{
    memset(&r->place, 0xa5, sizeof(r->place));
    r->reader = redisReaderCreateWithFunctions(NULL);
    reply_place_attach(&r->place, r->reader);
}

/* The reply of these bytes, fed `step` at a time. */
static const redisReply *read_in_steps(struct reading *r, const char *bytes, size_t length,
                                       size_t step)
{
    void *reply = NULL;

    for (size_t i = 0; i < length; i += step) {
        cr_assert_null(reply, "it came too early");
        redisReaderFeed(r->reader, bytes + i, i + step < length ? step : length - i);
        cr_assert_eq(redisReaderGetReply(r->reader, &reply), REDIS_OK);
    }
    cr_assert_not_null(reply);
    return reply;
}

static const redisReply *read_whole(struct reading *r, const char *bytes)
{
    return read_in_steps(r, bytes, strlen(bytes), strlen(bytes));
}

Test(redis_reply, array_in_steps_of_all_sizes)
{
    static const char bytes[] = "*3\r\n$6\r\nactive\r\n$-1\r\n$4\r\ntrue\r\n";
    size_t length = strlen(bytes);
    struct reading r;

    begin(&r);
    for (size_t step = 1; step <= length; step++) {
        const redisReply *reply = read_in_steps(&r, bytes, length, step);

        cr_expect_eq(reply->type, REDIS_REPLY_ARRAY);
        cr_expect_eq(reply->elements, 3);
        cr_expect(reply_is_text(reply->element[0], "active"));
        cr_expect_eq(reply->element[1]->type, REDIS_REPLY_NIL);
        cr_expect_null((void *)reply_field(reply->element[1]).text);
        cr_expect_eq(reply_field(reply->element[2]).length, 4);
    }
    redisReaderFree(r.reader);
}

Test(redis_reply, texts)
{
    struct reading r;

    begin(&r);
    cr_expect(reply_is_text(read_whole(&r, "+OK\r\n"), "OK"));
    cr_expect_not(reply_is_text(read_whole(&r, "+OKAY\r\n"), "OK"));
    cr_expect_not(reply_is_text(read_whole(&r, "-OK\r\n"), "OK"));
    cr_expect_not(reply_is_text(read_whole(&r, ":1\r\n"), "1"));
    cr_expect_null((void *)reply_field(read_whole(&r, "+OK\r\n")).text, "no string");
    redisReaderFree(r.reader);
}

/* A reply of a long text, alone or in an array. */
static const redisReply *read_long(struct reading *r, const char *before, size_t length)
{
    char *bytes = calloc(1, length + 40);
    size_t header = (size_t)sprintf(bytes, "%s$%zu\r\n", before, length);
    const redisReply *reply;

    memset(bytes + header, 'x', length);
    memcpy(bytes + header + length, "\r\n", 2);
    reply = read_whole(r, bytes);
    free(bytes);
    return reply;
}

static const size_t lengths[] = {0,     REPLY_TEXT_MAX - 1, REPLY_TEXT_MAX,     REPLY_TEXT_MAX + 1,
                                 60000, REPLY_LONG_MAX,     REPLY_LONG_MAX + 1, 100000};

/* What is longer than its place is cut, and is no field. */
Test(redis_reply, long_texts)
{
    struct reading r;

    begin(&r);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        size_t length = lengths[i];
        const redisReply *reply = read_long(&r, "", length);

        cr_expect_eq(reply->len, length);
        cr_expect_eq(strlen(reply->str), length <= REPLY_LONG_MAX ? length : REPLY_LONG_MAX);
        cr_expect_eq(reply_field(reply).text != NULL, length <= REPLY_TEXT_MAX);
        cr_expect_eq(reply_long_field(reply).text != NULL, length <= REPLY_LONG_MAX);
    }
    redisReaderFree(r.reader);
}

Test(redis_reply, long_texts_in_an_array)
{
    struct reading r;

    begin(&r);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        size_t length = lengths[i];
        const redisReply *element = read_long(&r, "*1\r\n", length)->element[0];

        cr_expect_eq(element->len, length);
        cr_expect_eq(strlen(element->str), length <= REPLY_TEXT_MAX ? length : REPLY_TEXT_MAX);
        cr_expect_eq(reply_field(element).text != NULL, length <= REPLY_TEXT_MAX);
    }
    redisReaderFree(r.reader);
}

Test(redis_reply, more_elements_than_there_is_room_for)
{
    struct reading r;
    const redisReply *reply;

    begin(&r);
    reply = read_whole(&r, "*6\r\n:0\r\n:1\r\n:2\r\n:3\r\n:4\r\n*2\r\n$1\r\na\r\n*0\r\n");
    cr_expect_eq(reply->elements, 6);
    for (int i = 0; i < REPLY_ELEMENTS_MAX; i++)
        cr_expect_eq(reply->element[i]->integer, i);
    reply = read_whole(&r, "*2\r\n*2\r\n:7\r\n:8\r\n:9\r\n");
    cr_expect_eq(reply->element[0]->type, REDIS_REPLY_ARRAY);
    cr_expect_eq(reply->element[1]->integer, 9);
    redisReaderFree(r.reader);
}

Test(redis_reply, numbers)
{
    static const struct {
        const char *bytes;
        bool legal;
        uint64_t number;
    } cases[] = {
        {":0\r\n", true, 0},
        {":1000\r\n", true, 1000},
        {":1001\r\n", false, 0},
        {":-1\r\n", false, 0},
        {"$1\r\n0\r\n", true, 0},
        {"$4\r\n1000\r\n", true, 1000},
        {"$4\r\n1001\r\n", false, 0},
        {"$0\r\n\r\n", false, 0},
        {"$2\r\n-1\r\n", false, 0},
        {"$3\r\n1 2\r\n", false, 0},
        {"$20\r\n18446744073709551617\r\n", false, 0},
        {"+1\r\n", false, 0},
        {"$-1\r\n", false, 0},
        {"*0\r\n", false, 0},
    };
    struct reading r;

    begin(&r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint64_t number = 0;

        cr_expect_eq(reply_number(read_whole(&r, cases[i].bytes), 1000, &number), cases[i].legal,
                     "%s", cases[i].bytes);
        cr_expect(!cases[i].legal || number == cases[i].number);
    }
    redisReaderFree(r.reader);
}

Test(redis_changes, of_a_name)
{
    static struct changes c;
    uint64_t before = c.latest;

    cr_expect_not(changes_since(&c, before, "a", 1));
    changes_note(&c, "a", 1);
    cr_expect(changes_since(&c, before, "a", 1));
    cr_expect_not(changes_since(&c, before, "b", 1));
    before = c.latest;
    cr_expect_not(changes_since(&c, before, "a", 1));
    changes_note_all(&c);
    cr_expect(changes_since(&c, before, "a", 1));
    cr_expect(changes_since(&c, before, "b", 1));
    cr_expect_not(changes_since(&c, c.latest, "a", 1));
}

/* Names may share a place, but no change is missed for that. */
Test(redis_changes, of_many_names)
{
    static struct changes c;
    uint32_t falsely = 0;

    for (uint32_t i = 0; i < 500; i++)
        changes_note(&c, &i, sizeof(i));
    for (uint32_t i = 0; i < 500; i++)
        cr_expect(changes_since(&c, i, &i, sizeof(i)));
    for (uint32_t i = 500; i < 1500; i++)
        falsely += changes_since(&c, 0, &i, sizeof(i));
    cr_expect_lt(falsely, 600, "%u of 1000", falsely);
}

Test(redis_setup, every_address_has_its_turn)
{
    struct addrinfo third = {0}, second = {.ai_next = &third}, first = {.ai_next = &second};
    unsigned chosen[3] = {0};

    for (uint32_t attempt = UINT32_MAX - 2; attempt != 7; attempt++) {
        const struct addrinfo *a = setup_choose(&first, attempt);

        chosen[a == &first ? 0 : a == &second ? 1 : 2]++;
        cr_expect(a != setup_choose(&first, attempt + 1) || attempt == UINT32_MAX);
    }
    for (int i = 0; i < 3; i++)
        cr_expect_geq(chosen[i], 3);
    cr_expect_eq((void *)setup_choose(&third, 5), &third);
}
