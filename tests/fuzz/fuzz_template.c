/*
 * Any bytes as a template and, behind the first zero byte, a payload: what is refused has a reason
 * and a place in the text; what is translated is JSON, the same each time, and a location in it is
 * one that the store takes; what is not has a reason.
 */
#include "storage/device_row.h"
#include "tests/fuzz/fuzz.h"
#include "workers/resources/energy_saver/json_text.h"
#include "workers/resources/energy_saver/template.h"

#include <jansson.h>
#include <string.h>

#define ROOM 4096 /* of the JSON: some is too long */

static void check_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);

    CHECK(length > 0 && length < size);
    CHECK(json_text_is_utf8((const uint8_t *)text, length));
    CHECK(!memchr(text, '\n', length));
}

static void check_problem(const struct template_problem *p, const char *text, size_t length)
{
    const char *end = text + length;

    check_text(p->reason, sizeof(p->reason));
    CHECK(p->line >= 1 && p->column >= 1);
    for (uint32_t line = 1; line < p->line; line++) {
        const char *newline = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;

        CHECK(newline);
        text = newline + 1;
    }
    for (uint32_t column = 1; column < p->column; column++)
        CHECK(text < end && *text++ != '\n');
}

static void check_location(const struct template_result *result)
{
    struct device_row row = {0};

    CHECK(!*result->latitude == !*result->longitude);
    CHECK(!*result->latitude || !result->location_unusable);
    CHECK(device_row_read(&row, DEVICE_COLUMN_LATITUDE, result->latitude));
    CHECK(device_row_read(&row, DEVICE_COLUMN_LONGITUDE, result->longitude));
}

static void check_json(const char *text, size_t length)
{
    json_t *json = json_loadb(
        text, length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, NULL);

    CHECK(json_is_object(json));
    json_decref(json);
}

/* Returns the length of the JSON, or 0. */
static size_t translate(struct template *t, const uint8_t *payload, size_t length, char json[ROOM])
{
    struct writer w = writer_over(json, ROOM);
    struct template_result result;

    if (!template_translate(t, payload, length, &w, &result)) {
        check_text(result.failure, sizeof(result.failure));
        return 0;
    }
    CHECK(!result.failure[0]);
    check_location(&result);
    check_json(json, writer_length(&w));
    return writer_length(&w);
}

static void translate_often(struct template *t, const uint8_t *payload, size_t length)
{
    char json[ROOM], again[ROOM];
    size_t written = translate(t, payload, length, json);

    translate(t, payload, length / 2, again);
    CHECK(translate(t, payload, length, again) == written);
    CHECK(memcmp(json, again, written) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const uint8_t *zero = length ? memchr(bytes, 0, length) : NULL;
    size_t text_length = zero ? (size_t)(zero - bytes) : length;
    size_t payload_length = zero ? length - text_length - 1 : 0;
    const char *text = (const char *)bytes;
    struct template_problem problem;
    struct template *t;
    int result = template_compile(&t, text, text_length, &problem);

    CHECK((result == 0) == (t != NULL));
    if (result)
        check_problem(&problem, text, text_length);
    else
        translate_often(t, zero ? zero + 1 : NULL, payload_length);
    template_free(t);
    return 0;
}
