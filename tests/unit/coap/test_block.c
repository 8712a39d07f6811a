#include "base/clock.h"
#include "tests/unit/coap/message_builder.h"
#include "workers/coap/block.h"

#include <criterion/criterion.h>

#define MAX_PAYLOAD 4096

/* A payload in which every position is different from its neighbours. */
static const uint8_t *sample(void)
{
    static uint8_t bytes[2 * MAX_PAYLOAD];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    return bytes;
}

struct sender {
    struct block1 b;
    uint64_t now;
    uint64_t device;
    uint16_t port;
    const char *query;
    struct built_message last;
    struct block1_payload whole;
};

static struct sender *open_sender(uint64_t budget)
{
    struct sender *s = calloc(1, sizeof(*s));

    s->device = 7;
    s->query = "t=a";
    cr_assert_eq(block1_init(&s->b, budget, MAX_PAYLOAD), 0);
    return s;
}

static void close_sender(struct sender *s)
{
    block1_deinit(&s->b);
    cr_assert_eq(s->b.used, 0);
    free(s);
}

static uint8_t receive(struct sender *s)
{
    struct coap_endpoint from = {.network = s->device, .port = s->port, .kind = COAP_ENDPOINT_IPV4};
    struct coap_message m = built_parse(&s->last);
    struct coap_request r;

    coap_request_read(&r, &m);
    return block1_receive(&s->b, s->now, &from, &m, &r, &s->whole);
}

/* Sends `length` bytes of the sample from `offset` on as a block. */
static uint8_t send_part(struct sender *s, uint32_t number, bool more, uint8_t szx, size_t offset,
                         size_t length)
{
    s->last = build_message(COAP_CON, COAP_POST, 1, "");
    build_option_text(&s->last, COAP_OPTION_URI_QUERY, s->query);
    build_option_block(&s->last, COAP_OPTION_BLOCK1, number, more, szx);
    if (length)
        build_payload(&s->last, sample() + offset, length);
    return receive(s);
}

/* Sends the block of a payload of `total` bytes. */
static uint8_t send_block(struct sender *s, uint32_t number, uint8_t szx, size_t total)
{
    size_t size = (size_t)16 << szx, offset = number * size;
    bool more = total - offset > size;

    return send_part(s, number, more, szx, offset, more ? size : total - offset);
}

static void expect_whole(struct sender *s, size_t length)
{
    cr_assert_eq(s->whole.length, length);
    cr_assert_eq(memcmp(s->whole.bytes, sample(), length), 0);
    block1_release(&s->b, &s->whole);
}

Test(block1, a_request_without_it_is_whole)
{
    struct sender *s = open_sender(1 << 20);

    s->last = build_message(COAP_CON, COAP_POST, 1, "");
    build_payload(&s->last, sample(), 100);
    cr_assert_eq(receive(s), 0);
    cr_assert_null(s->whole.transfer);
    expect_whole(s, 100);
    close_sender(s);
}

Test(block1, a_first_and_last_block_is_whole)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_part(s, 0, false, 2, 0, 64), 0);
    expect_whole(s, 64);
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

Test(block1, blocks_of_every_size_are_put_together)
{
    struct sender *s = open_sender(1 << 20);

    for (uint8_t szx = 0; szx <= COAP_BLOCK_SZX_MAX; szx++)
        for (size_t extra = 0; extra < 3; extra++) {
            size_t size = (size_t)16 << szx, total = 2 * size + extra * size / 2;
            uint32_t last = (uint32_t)((total - 1) / size);

            for (uint32_t n = 0; n < last; n++)
                cr_assert_eq(send_block(s, n, szx, total), COAP_CONTINUE);
            cr_assert_eq(send_block(s, last, szx, total), 0);
            expect_whole(s, total);
        }
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

/* RFC 7959 §2.5: a client may go on with smaller blocks, numbered by their size. */
Test(block1, the_size_may_change_in_the_middle)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_block(s, 0, 6, 2100), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 2, 5, 2100), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 3, 5, 2100), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 2, 6, 2100), 0, "and back, where the offset allows");
    expect_whole(s, 2100);
    close_sender(s);
}

Test(block1, a_reserved_size_is_a_bad_request)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_part(s, 0, true, 7, 0, 1024), COAP_BAD_REQUEST);
    cr_assert_eq(send_part(s, 0, false, 7, 0, 16), COAP_BAD_REQUEST);
    close_sender(s);
}

Test(block1, a_block_has_the_length_that_it_says)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_part(s, 0, true, 2, 0, 63), COAP_BAD_REQUEST);
    cr_assert_eq(send_part(s, 0, true, 2, 0, 65), COAP_BAD_REQUEST);
    cr_assert_eq(send_part(s, 0, true, 2, 0, 0), COAP_BAD_REQUEST);
    cr_assert_eq(send_part(s, 0, true, 2, 0, 64), COAP_CONTINUE);
    cr_assert_eq(send_part(s, 1, false, 2, 64, 65), COAP_BAD_REQUEST, "the last may be shorter");
    cr_assert_eq(send_part(s, 1, false, 2, 64, 1), 0);
    expect_whole(s, 65);
    close_sender(s);
}

Test(block1, a_last_block_may_be_empty)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_part(s, 0, true, 2, 0, 64), COAP_CONTINUE);
    cr_assert_eq(send_part(s, 1, false, 2, 64, 0), 0);
    expect_whole(s, 64);
    close_sender(s);
}

Test(block1, what_is_not_the_next_block_is_incomplete)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_block(s, 1, 2, 200), COAP_REQUEST_ENTITY_INCOMPLETE, "none before");
    cr_assert_eq(send_block(s, 0, 2, 200), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 2, 2, 200), COAP_REQUEST_ENTITY_INCOMPLETE, "a gap");
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_REQUEST_ENTITY_INCOMPLETE, "once more");
    cr_assert_eq(send_block(s, 2, 2, 200), COAP_CONTINUE, "which did no harm");
    cr_assert_eq(send_part(s, (1u << 20) - 1, false, 6, 0, 8), COAP_REQUEST_ENTITY_INCOMPLETE);
    cr_assert_eq(send_block(s, 3, 2, 200), 0);
    expect_whole(s, 200);
    cr_assert_eq(send_block(s, 3, 2, 200), COAP_REQUEST_ENTITY_INCOMPLETE, "it is over");
    close_sender(s);
}

Test(block1, blocks_with_other_options_or_of_others_do_not_mix)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_block(s, 0, 2, 100), COAP_CONTINUE);
    s->query = "t=b";
    cr_assert_eq(send_block(s, 1, 2, 100), COAP_REQUEST_ENTITY_INCOMPLETE, "another topic");
    s->query = "t=a";
    s->port = 2;
    cr_assert_eq(send_block(s, 1, 2, 100), COAP_REQUEST_ENTITY_INCOMPLETE, "another port");
    s->port = 0;
    s->device = 8;
    cr_assert_eq(send_block(s, 1, 2, 100), COAP_REQUEST_ENTITY_INCOMPLETE, "another device");
    s->device = 7;
    cr_assert_eq(send_block(s, 1, 2, 100), 0);
    expect_whole(s, 100);
    close_sender(s);
}

Test(block1, size1_does_not_tell_transfers_apart)
{
    struct sender *s = open_sender(1 << 20);

    s->last = build_message(COAP_CON, COAP_POST, 1, "");
    build_option_text(&s->last, COAP_OPTION_URI_QUERY, s->query);
    build_option_block(&s->last, COAP_OPTION_BLOCK1, 0, true, 2);
    build_option_uint(&s->last, COAP_OPTION_SIZE1, 100);
    build_payload(&s->last, sample(), 64);
    cr_assert_eq(receive(s), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 1, 2, 100), 0);
    expect_whole(s, 100);
    close_sender(s);
}

Test(block1, a_first_block_starts_again)
{
    struct sender *s = open_sender(1 << 20);

    cr_assert_eq(send_block(s, 0, 2, 200), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 0, 2, 100), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 1, 2, 100), 0);
    expect_whole(s, 100);
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

Test(block1, too_large_a_payload_is_refused_at_once_when_announced)
{
    struct sender *s = open_sender(1 << 20);

    s->last = build_message(COAP_CON, COAP_POST, 1, "");
    build_option_block(&s->last, COAP_OPTION_BLOCK1, 0, true, 6);
    build_option_uint(&s->last, COAP_OPTION_SIZE1, MAX_PAYLOAD + 1);
    build_payload(&s->last, sample(), 1024);
    cr_assert_eq(receive(s), COAP_REQUEST_ENTITY_TOO_LARGE);
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

Test(block1, too_large_a_payload_is_refused_when_it_gets_there)
{
    struct sender *s = open_sender(1 << 20);

    for (uint32_t n = 0; n < 3; n++)
        cr_assert_eq(send_block(s, n, 6, 2 * MAX_PAYLOAD), COAP_CONTINUE);
    cr_assert_eq(send_part(s, 3, true, 6, 3072, 1024), COAP_CONTINUE, "the limit itself");
    cr_assert_eq(send_part(s, 4, false, 6, 4096, 1), COAP_REQUEST_ENTITY_TOO_LARGE);
    cr_assert_eq(s->b.used, 0, "and the transfer is over");
    close_sender(s);
}

Test(block1, too_large_a_payload_in_one_message_is_refused)
{
    struct sender *s = open_sender(1 << 20);

    s->b.max_payload = 100;
    s->last = build_message(COAP_CON, COAP_POST, 1, "");
    build_payload(&s->last, sample(), 101);
    cr_assert_eq(receive(s), COAP_REQUEST_ENTITY_TOO_LARGE);
    close_sender(s);
}

Test(block1, a_device_has_four_transfers)
{
    static const char *const queries[] = {"t=a", "t=b", "t=c", "t=d", "t=e"};
    struct sender *s = open_sender(1 << 20);

    for (int i = 0; i < 5; i++) {
        s->query = queries[i];
        s->port = (uint16_t)i; /* of whichever of its endpoints */
        cr_assert_eq(send_block(s, 0, 2, 100), COAP_CONTINUE);
    }
    for (int i = 4; i >= 0; i--) {
        s->query = queries[i];
        s->port = (uint16_t)i;
        cr_assert_eq(send_block(s, 1, 2, 100), i ? 0 : COAP_REQUEST_ENTITY_INCOMPLETE, "%s",
                     queries[i]);
        block1_release(&s->b, &s->whole);
    }
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

Test(block1, the_budget_ends_what_has_stood_still_longest)
{
    struct sender *s = open_sender(4000);

    for (s->device = 1; s->device <= 3; s->device++)
        cr_assert_eq(send_block(s, 0, 2, 200), COAP_CONTINUE);
    s->device = 1;
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_CONTINUE);
    s->device = 4;
    cr_assert_eq(send_block(s, 0, 2, 200), COAP_CONTINUE);
    cr_assert_eq(s->b.evicted, 1);
    cr_assert_leq(s->b.used, 4000);
    s->device = 2;
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_REQUEST_ENTITY_INCOMPLETE);
    s->device = 1;
    cr_assert_eq(send_block(s, 2, 2, 200), COAP_CONTINUE);
    close_sender(s);
}

Test(block1, a_budget_that_is_not_enough_for_one_refuses_it)
{
    struct sender *s = open_sender(3000);

    cr_assert_eq(send_block(s, 0, 6, 4000), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 1, 6, 4000), COAP_CONTINUE);
    cr_assert_eq(send_block(s, 2, 6, 4000), COAP_SERVICE_UNAVAILABLE);
    cr_assert_eq(s->b.used, 0);
    close_sender(s);
}

Test(block1, a_transfer_that_stands_still_ends)
{
    struct sender *s = open_sender(1 << 20);
    uint64_t lifetime = COAP_EXCHANGE_LIFETIME * CLOCK_SECOND;

    cr_assert_eq(block1_deadline(&s->b), CLOCK_NEVER);
    cr_assert_eq(send_block(s, 0, 2, 200), COAP_CONTINUE);
    s->now = 100 * CLOCK_SECOND;
    cr_assert_eq(send_block(s, 1, 2, 200), COAP_CONTINUE);
    cr_assert_eq(block1_deadline(&s->b), s->now + lifetime);
    block1_advance(&s->b, s->now + lifetime - 1);
    cr_assert_neq(s->b.used, 0);
    block1_advance(&s->b, s->now + lifetime);
    cr_assert_eq(s->b.used, 0);
    cr_assert_eq(s->b.evicted, 0);
    cr_assert_eq(block1_deadline(&s->b), CLOCK_NEVER);
    close_sender(s);
}

/* A response of `length` bytes of the sample, cut as asked for. */
static bool cut(struct coap_response *r, uint32_t length, const struct coap_block *wanted)
{
    *r = coap_response_of(COAP_CONTENT);
    r->payload = sample();
    r->payload_length = length;
    return block2_cut(r, wanted);
}

Test(block2, what_fits_is_left_whole)
{
    struct coap_block none = {0};
    struct coap_response r;

    cr_assert(cut(&r, 1024, &none));
    cr_assert_eq(r.payload_length, 1024);
    cr_assert_eq(r.block2, COAP_ABSENT);
    cr_assert_eq(r.size2, COAP_ABSENT);
}

Test(block2, what_does_not_fit_is_cut_unasked)
{
    struct coap_block none = {0};
    struct coap_response r;

    cr_assert(cut(&r, 1025, &none));
    cr_assert_eq(r.payload_length, 1024);
    cr_assert_eq(r.block2, 0 << 4 | 8 | 6);
    cr_assert_eq(r.size2, 1025);
}

Test(block2, every_block_of_every_size)
{
    for (uint8_t szx = 0; szx <= COAP_BLOCK_SZX_MAX; szx++)
        for (uint32_t total = 1; total < 3000; total += 97) {
            uint32_t size = 16u << szx, last = (total - 1) / size, seen = 0;

            for (uint32_t n = 0; n <= last; n++) {
                struct coap_block wanted = {
                    .present = true, .more = n % 2, .szx = szx, .number = n};
                struct coap_response r;

                cr_assert(cut(&r, total, &wanted));
                cr_assert_eq(r.payload, sample() + n * size);
                cr_assert_eq(r.block2, n << 4 | (n < last) << 3 | szx, "M is ours");
                cr_assert_eq(r.size2 == total, n == 0);
                seen += r.payload_length;
            }
            cr_assert_eq(seen, total);
        }
}

Test(block2, there_is_no_block_behind_the_end)
{
    struct coap_block wanted = {.present = true, .szx = 2, .number = 2};
    struct coap_response r;

    cr_assert_not(cut(&r, 128, &wanted));
    wanted.number = 1;
    cr_assert(cut(&r, 128, &wanted));
    wanted = (struct coap_block){.present = true, .szx = 6, .number = (1u << 20) - 1};
    cr_assert_not(cut(&r, 128, &wanted));
    wanted.number = 0;
    cr_assert(cut(&r, 0, &wanted), "but the first of nothing");
}

Test(block2, a_reserved_size_has_no_block)
{
    struct coap_block wanted = {.present = true, .szx = 7};
    struct coap_response r;

    cr_assert_not(cut(&r, 128, &wanted));
}
