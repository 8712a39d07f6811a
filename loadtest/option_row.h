/*
 * The options as data: one row for each gives its name on the command line (--name) and in a
 * scenario file (name = value), what it may hold, where in struct options that goes, and its words
 * in --help. One thread.
 */
#ifndef SIMGATE_LOADTEST_OPTION_ROW_H
#define SIMGATE_LOADTEST_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

enum option_kind {
    OPTION_FLAG,   /* bool; has no value on the command line */
    OPTION_COUNT,  /* uint32_t */
    OPTION_AMOUNT, /* uint64_t */
    OPTION_NUMBER, /* double */
    OPTION_SHARE,  /* double, 0 to 1: "0.1%" or "0.001" */
    OPTION_TIME,   /* uint64_t nanoseconds: "500ms", "10s", "5m" */
    OPTION_TEXT,   /* const char * */
    OPTION_OTHER   /* `take` does it */
};

struct option_row {
    const char *name;
    const char *argument; /* in --help: "N"; NULL for a flag */
    const char *help;     /* lines are broken with \n */
    enum option_kind kind;
    size_t offset;      /* in struct options, of what the kind says */
    double least, most; /* of numbers; a TEXT's `most` is its longest, 0: any */
    bool (*take)(struct options *o, const char *name, const char *value);
};

struct option_group {
    const char *title;
    const struct option_row *rows;
    size_t count;
};

/* Prints what is wrong. Always false. */
__attribute__((format(printf, 1, 2))) bool option_wrong(const char *format, ...);

/* Puts a value where its row says. `value` is borrowed. False: it is wrong, which was printed. */
bool option_row_take(const struct option_row *row, struct options *o, const char *value);

/* Prints a row for --help. */
void option_row_print(const struct option_row *row);

#endif
