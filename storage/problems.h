/*
 * What is wrong with a file, gathered so that its author sees all of it at once: the first few
 * problems as text, "FILE:LINE: column NAME: what", and a count of the rest. One thread.
 */
#ifndef SIMGATE_STORAGE_PROBLEMS_H
#define SIMGATE_STORAGE_PROBLEMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROBLEMS_SHOWN 20

struct problems {
    const char *file; /* borrowed */
    uint64_t count;   /* all of them */
    FILE *stream;     /* writes `text` */
    char *text;
    size_t length;
};

/* Returns 0 or -ENOMEM. */
int problems_init(struct problems *p, const char *file);

/* Accepts zeros. */
void problems_deinit(struct problems *p);

/* `line` counts from 1, or is 0 for the file as a whole; `column` may be NULL. */
void problems_add(struct problems *p, uint32_t line, const char *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The text, a line a problem and none after the last, which the caller frees. NULL when there is no
 * memory. Ends the gathering: only problems_deinit() may follow. */
char *problems_take(struct problems *p);

#endif
