/*
 * Templates for tests: written in C with ' for ", payloads in hexadecimal. What goes wrong on the
 * way fails the test. One thread.
 */
#ifndef SIMGATE_TESTS_UNIT_ENERGY_SAVER_TEMPLATES_H
#define SIMGATE_TESTS_UNIT_ENERGY_SAVER_TEMPLATES_H

#include "workers/resources/energy_saver/template.h"

#include <stddef.h>
#include <stdint.h>

/* What a payload became. */
struct translated {
    bool ok;
    char json[4096];
    struct template_result result;
};

/* The text with " for ', in memory that the caller frees. */
char *templates_quoted(const char *text);

/* Compiles a text in that form, which has to be right. */
struct template *templates_compile(const char *text);

/* Compiles a file of docs/examples/templates/. */
struct template *templates_load(const char *name);

/* The bytes of "00 1a ff", at most `room`. */
size_t templates_bytes(const char *hex, uint8_t *bytes, size_t room);

/* What a payload becomes. Where that is JSON, jansson can read it. */
struct translated templates_translate(struct template *t, const char *hex);

/* What it becomes with a template that is used for this only. */
struct translated templates_try(const char *text, const char *hex);

#endif
