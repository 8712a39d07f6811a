/*
 * What it costs to translate a message with the Energy Saver: ten fields of all types, and the same
 * with one of them a float of 4 bytes. Payloads are random, so that each has other digits.
 *
 *     bench_template [MESSAGES]
 */
#include "base/clock.h"
#include "base/random.h"
#include "workers/resources/energy_saver/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOADS 1024
#define LENGTH   32
#define ROUNDS   5

#define NINE_FIELDS                                                                                \
    "{\"asset\":\"kind\",\"value\":\"sensor\"},"                                                   \
    "{\"asset\":\"serial\",\"value\":{\"byte\":0,\"bytelength\":4,\"type\":\"hex\"}},"             \
    "{\"asset\":\"on\",\"value\":{\"byte\":4,\"type\":\"boolean\"}},"                              \
    "{\"asset\":\"air.temperature\",\"value\":{\"byte\":5,\"bytelength\":2,\"type\":\"int\"}},"    \
    "{\"asset\":\"air.humidity\",\"value\":{\"byte\":7,\"type\":\"uint\"}},"                       \
    "{\"asset\":\"air.pressure\",\"value\":{\"byte\":8,\"bytelength\":4,\"type\":\"uint\"}},"      \
    "{\"asset\":\"uptime\",\"value\":{\"byte\":12,\"bytelength\":8,\"byteorder\":\"little\","      \
    "\"type\":\"uint\"}},"                                                                         \
    "{\"asset\":\"battery\",\"value\":{\"endbyte\":-2,\"bytelength\":2,\"type\":\"uint\"}},"       \
    "{\"asset\":\"note\",\"value\":{\"byte\":24,\"bytelength\":6,\"type\":\"string\"}}"

static const struct {
    const char *name;
    const char *text;
} templates[] = {
    {"ten fields",
     "{\"sense\":[" NINE_FIELDS ",{\"asset\":\"gps.alt\",\"value\":{\"byte\":20,\"bytelength\":4,"
     "\"type\":\"int\"}}]}"},
    {"ten fields, one a float of 4 bytes",
     "{\"sense\":[" NINE_FIELDS ",{\"asset\":\"gps.lat\",\"value\":{\"byte\":20,\"bytelength\":4,"
     "\"type\":\"float\"}}]}"},
};

/* Random bytes, but for a latitude and for text. */
static void fill(uint8_t payload[LENGTH], struct random_source *random)
{
    float latitude = (float)random_below(random, 180000000) / 1e6F - 90;
    uint32_t bits;

    for (int i = 0; i < LENGTH; i++)
        payload[i] = (uint8_t)random_next(random);
    memcpy(&bits, &latitude, sizeof(bits));
    for (int i = 0; i < 4; i++)
        payload[20 + i] = (uint8_t)(bits >> (24 - 8 * i));
    memcpy(payload + 24, "ok abc", 6);
}

/* Nanoseconds a message. */
static double run(struct template *t, uint8_t payloads[PAYLOADS][LENGTH], uint64_t messages,
                  char *json)
{
    struct template_result result;
    uint64_t from = clock_now();

    for (uint64_t i = 0; i < messages; i++) {
        struct writer w = writer_over(json, TEMPLATE_OUTPUT_MAX);

        if (!template_translate(t, payloads[i % PAYLOADS], LENGTH, &w, &result)) {
            fprintf(stderr, "%s\n", result.failure);
            exit(EXIT_FAILURE);
        }
        writer_terminate(&w);
    }
    return (double)(clock_now() - from) / (double)messages;
}

static void measure(const char *name, const char *text, uint8_t payloads[PAYLOADS][LENGTH],
                    uint64_t messages)
{
    struct template_problem problem;
    struct template *t;
    char *json = malloc(TEMPLATE_OUTPUT_MAX);
    double best = 1e9;

    if (!json || template_compile(&t, text, strlen(text), &problem)) {
        fprintf(stderr, "%s\n", json ? problem.reason : "no memory");
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < ROUNDS; i++) {
        double spent = run(t, payloads, messages / ROUNDS, json);

        best = spent < best ? spent : best;
    }
    printf("%-36s %6.0f ns a message   %s\n", name, best, json);
    template_free(t);
    free(json);
}

int main(int argc, char **argv)
{
    uint64_t messages = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
    static uint8_t payloads[PAYLOADS][LENGTH];
    struct random_source random;

    random_source_seed(&random, 1);
    for (int i = 0; i < PAYLOADS; i++)
        fill(payloads[i], &random);
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
        measure(templates[i].name, templates[i].text, payloads,
                messages < ROUNDS ? ROUNDS : messages);
    return EXIT_SUCCESS;
}
