/*
 * What is wrong with a file, gathered so that its author sees all of it at once: the first few
 * problems as text, "FILE:LINE: column NAME: what", and a count of the rest; or each of them
 * written as soon as it is found. One thread.
 */
#ifndef SIMGATE_STORAGE_PROBLEMS_H
#define SIMGATE_STORAGE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROBLEMS_SHOWN 20

struct problems {
    const char *file; /* borrowed */
    uint64_t count;   /* all of them */
    FILE *stream;     /* writes `text`, or is the caller's */
    bool at_once;     /* the latter */
    char *text;
    size_t length;
};

/* Returns 0 or -ENOMEM. */
int problems_init(struct problems *p, const char *file);

/* Each problem is written to `stream`, which is borrowed, as a line. */
void problems_init_at_once(struct problems *p, const char *file, FILE *stream);

/* Accepts zeros. */
void problems_deinit(struct problems *p);

/* `line` counts from 1, or is 0 for the file as a whole; `column` may be NULL. */
void problems_add(struct problems *p, uint32_t line, const char *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The text that was gathered, a line a problem and none after the last, which the caller frees.
 * NULL when there is no memory. Ends the gathering: only problems_deinit() may follow. */
char *problems_take(struct problems *p);

#endif
