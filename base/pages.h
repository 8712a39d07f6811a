/*
 * Zeroed memory straight from the kernel for the large tables: address space now, memory when it is
 * first touched. Any thread.
 */
#ifndef SIMGATE_BASE_PAGES_H
#define SIMGATE_BASE_PAGES_H

#include <stddef.h>

/* At least one byte. NULL when there is no address space left. */
void *pages_map(size_t bytes);

/* NULL is accepted. */
void pages_unmap(void *pages, size_t bytes);

#endif
