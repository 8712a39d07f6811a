/*
 * What a template is compiled to: a tree of statements. The compiler makes it, the evaluator walks
 * it, and nothing changes it but for the scratch in its assets. All of it is in the template's
 * arena.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_PROGRAM_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_PROGRAM_H

#include "workers/resources/energy_saver/arena.h"
#include "workers/resources/energy_saver/asset.h"
#include "workers/resources/energy_saver/selector.h"

#include <stddef.h>
#include <stdint.h>

/* Blocks within blocks, and so what an evaluation may recurse. */
#define PROGRAM_DEPTH_MAX 32

enum mapping_location {
    MAPPING_NO_LOCATION,
    MAPPING_LATITUDE,
    MAPPING_LONGITUDE,
};

struct mapping {
    struct asset *asset;
    const char *shown;    /* the asset's path, or as much of it as fits into a message */
    const char *constant; /* as JSON; NULL: there is a selector */
    size_t constant_length;
    struct selector selector;
    enum mapping_location location;
};

/* What one selector of a switch is compared with, and what is done then. */
struct choice {
    struct choice *next;
    struct selector_case value;
    const struct statement *block;
};

struct control {
    struct selector selector;
    struct choice *choices;
    const struct statement *otherwise; /* the default's block */
};

/* A block is a list of statements; those of a block within a block are in the same list. */
struct statement {
    struct statement *next;
    struct mapping *mapping; /* or */
    struct control *control;
};

struct template
{
    struct arena arena;
    struct statement *block;
    struct asset root;
    uint64_t evaluation; /* number of the latest */
};

#endif
