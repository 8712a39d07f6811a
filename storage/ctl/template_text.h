/*
 * The text of a template on its way between a file, the compiler and the store. One thread; who has
 * one frees it.
 */
#ifndef SIMGATE_STORAGE_CTL_TEMPLATE_TEXT_H
#define SIMGATE_STORAGE_CTL_TEMPLATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEMPLATE_REASON_MAX 256 /* with a line and a column */

struct template;

struct template_text {
    char *bytes; /* a NUL follows */
    size_t length;
    bool is_other; /* the store has something there that is no text, and this is empty */
};

/* Copies bytes. False where there is no memory. */
bool template_text_copy(struct template_text *t, const char *bytes, size_t length);

/* Reads a file, or standard input where that is "-": at most one byte more than is legal. False
 * after a complaint. */
bool template_text_read(struct template_text *t, const char *path);

/* Accepts zeros. */
void template_text_free(struct template_text *t);

/* Compiles it. NULL where that fails, with "LINE:COLUMN: reason". */
struct template *template_text_compile(const struct template_text *t,
                                       char reason[TEMPLATE_REASON_MAX]);

/* Whether it compiles, after a complaint where it does not: "FILE:LINE:COLUMN: reason". */
bool template_text_check(const struct template_text *t, const char *file);

#endif
