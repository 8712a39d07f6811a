#include "loadtest/names.h"

#include "base/writer.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct message_name name = {.run = 0xabc123, .device = 0xf423f, .sequence = 0x1234567};

static bool find(struct message_name *found, const char *bytes)
{
    return names_find(found, name.run, (const uint8_t *)bytes, strlen(bytes));
}

static void expect_found(const char *bytes)
{
    struct message_name found;

    cr_assert(find(&found, bytes), "in %s", bytes);
    cr_assert_eq(found.device, name.device);
    cr_assert_eq(found.sequence, name.sequence);
}

/* As the gateway does. */
static void write_envelope(char text[2048], size_t length, enum payload_form form)
{
    struct writer w = writer_over(text, 2048);
    uint8_t payload[1024];

    names_write(&payload[names_fill(payload, length, form)], &name);
    writer_literal(&w, "{\"payload\":{\"type\":\"STRING\",\"encoding\":\"base64\",\"value\":\"");
    writer_base64(&w, payload, length);
    writer_literal(&w, "\",\"topic\":\"load\"},\"received\":\"1670598749915\"}");
    writer_terminate(&w);
}

Test(names, have_one_form)
{
    char text[NAMES_LENGTH + 1] = {0};

    names_write((uint8_t *)text, &name);
    cr_assert_str_eq(text, "abc123-f423f-1234567");
}

Test(names, are_found_as_they_are_and_in_json)
{
    expect_found("abc123-f423f-1234567");
    expect_found("abc123-f423f-1234567890123");
    expect_found("{\"payload\":{\"type\":\"JSON\",\"value\":\"abc123-f423f-123456790\"}}");
    expect_found("abc123-abc123-f423f-1234567");
}

Test(names, are_found_in_the_envelope_whatever_the_size)
{
    static const size_t lengths[] = {22, 23, 24, 25, 31, 100, 1024};
    char text[2048];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        write_envelope(text, lengths[i], PAYLOAD_TEXT);
        expect_found(text);
        write_envelope(text, lengths[i], PAYLOAD_JSON);
        expect_found(text);
    }
    write_envelope(text, NAMES_LENGTH, PAYLOAD_TEXT);
    expect_found(text);
}

Test(names, of_other_runs_and_other_things_are_not_found)
{
    static const char *others[] = {"",
                                   "abc124-f423f-1234567",
                                   "abc123-f423f-123456",
                                   "abc123-f423f-123456g",
                                   "abc123-f423f_1234567",
                                   "ABC123-f423f-1234567",
                                   "{\"value\":\"",
                                   "{\"value\":\"YWJjMTIzLWY0MjNmLTEyMzQ1Ng==\"}",
                                   "{\"value\":\"!!!!\"}"};
    struct message_name found;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_assert_not(find(&found, others[i]), "in %s", others[i]);
}

Test(names, leave_json_valid)
{
    uint8_t payload[30];

    names_write(&payload[names_fill(payload, sizeof(payload), PAYLOAD_JSON)], &name);
    cr_assert_eq(memcmp(payload, "\"abc123-f423f-123456712345678\"", 30), 0, "%.30s", payload);
}
