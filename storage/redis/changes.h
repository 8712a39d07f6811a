/*
 * What changed lately, as far as it matters to look-ups that are in flight: whether a name changed
 * since a look-up began. Of a fixed size, so two names may share a place, and the answer is then
 * yes once too often. One thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_CHANGES_H
#define SIMGATE_STORAGE_REDIS_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANGES_PLACES 1024 /* a power of two */

/* Begins as zeros. */
struct changes {
    uint64_t latest;     /* changes that were noted so far */
    uint64_t everything; /* the latest one that was of all names */
    uint64_t places[CHANGES_PLACES];
};

/* A name, which is any bytes, has changed. */
void changes_note(struct changes *c, const void *name, size_t length);

/* All names may have. */
void changes_note_all(struct changes *c);

/* Whether the name has changed since `latest` was this. */
bool changes_since(const struct changes *c, uint64_t latest, const void *name, size_t length);

#endif
