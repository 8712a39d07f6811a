/*
 * What simgatectl answers, to standard output: for people as a table or as lines of "name value",
 * for programs as JSON, an object a line. A record is begun, given its members one after the other,
 * and ended. What others wrote into a store may be among them: nothing reaches a terminal raw. One
 * thread.
 */
#ifndef SIMGATE_STORAGE_CTL_OUTPUT_H
#define SIMGATE_STORAGE_CTL_OUTPUT_H

#include "storage/ctl/arguments.h"
#include "storage/location.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A member of a list's records, and the table's column for it. */
struct ctl_column {
    const char *name;    /* of the member */
    const char *heading; /* of the column; NULL: the table has none */
    int width;           /* in characters; a longer text shifts its line */
};

struct ctl_output {
    FILE *to;
    bool is_json;
    const struct ctl_column *columns; /* of a list, else NULL */
    int name_width;                   /* of lines of "name value" */
    unsigned count;                   /* members of the record until now */
    int owed;                         /* blanks before the next column */
};

/* As --output says: a table or JSON. False after a complaint. */
bool ctl_output_open(struct ctl_output *o, const struct ctl_arguments *a);

/* The records that follow are rows, and all have these members in this order; prints the table's
 * header. The columns are borrowed, and end with one that has no name. */
void ctl_output_list(struct ctl_output *o, const struct ctl_column *columns);

/* The record that follows is shown alone, with as much room for its members' names. */
void ctl_output_show(struct ctl_output *o, int name_width);

void ctl_output_begin(struct ctl_output *o);
void ctl_output_end(struct ctl_output *o);

/* A text of any bytes. NULL and "" are "-", and null in JSON. */
void ctl_output_bytes(struct ctl_output *o, const char *name, const char *text, size_t length);
void ctl_output_text(struct ctl_output *o, const char *name, const char *text);

/* Texts with commas between, which become an array of texts in JSON. */
void ctl_output_texts(struct ctl_output *o, const char *name, const char *list, size_t length);

void ctl_output_number(struct ctl_output *o, const char *name, uint64_t value);
void ctl_output_bool(struct ctl_output *o, const char *name, bool value);

/* As a boolean where the text is "true" or "false", else as a text. */
void ctl_output_choice(struct ctl_output *o, const char *name, const char *text, size_t length);

/* As a number where the text is one, digit by digit; else as a text. */
void ctl_output_decimal(struct ctl_output *o, const char *name, const char *text, size_t length);

/* A device's member "template". A table has "(none)" for a device that is to have none, since "-"
 * is one that names none there. */
void ctl_output_template(struct ctl_output *o, const char *text, size_t length);

/* Where a device is: its four members. */
void ctl_output_location(struct ctl_output *o, const struct location *l);

/* Says on a terminal how many there were: "3 devices". */
void ctl_output_count(uint64_t count, const char *what);

/* Whether the member is for this output: what is written for one of the two alone asks first. */
static inline bool ctl_output_is_json(const struct ctl_output *o)
{
    return o->is_json;
}

/* Writes a text as JSON has it, with quotes. What is no UTF-8 becomes U+FFFD. */
void ctl_write_json_text(FILE *to, const char *text, size_t length);

#endif
